/* pg.h: one connection to PostgreSQL: kept up, asked with a time limit, heard. The only file that knows libpq stands behind it.
 *
 * Nothing here waits longer than it says, and nothing of what the server says leaves it but a code and one line of text: the
 * address may hold a password, a statement's details may hold records. */
#ifndef DB_PG_H
#define DB_PG_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct pg;

enum pg_fault {
	PG_OK,
	PG_AWAY,	/* no connection, and none was to be had: nothing was asked */
	PG_LOST,	/* the connection ended, or no answer came in time: it may have been done or not */
	PG_AGAIN,	/* others were in the way (40001, 40P01): nothing was done */
	PG_FULL,	/* no room on the server's disk: nothing was done */
	PG_REFUSED,	/* any other error: nothing was done; pg_state says which */
};

/* A statement of ours, prepared when it is first used on a connection. */
struct pg_statement {
	const char	*name, *text;
};

/* A value for a statement in PostgreSQL's binary form; data NULL for null. */
struct pg_value {
	const void	*data;
	size_t		 len;
};

/* A connection to come: url as libpq knows it ("postgresql://user@host1,host2/name?..."), setup the statements that each new
 * connection begins with. Both must live as long as it. NULL if there is no memory, or with *wrong if url is no address. */
struct pg	*pg_new(const char *url, const char *setup, bool *wrong);
void		 pg_free(struct pg *);	/* NULL is allowed */

/* Have a connection, and nothing to come on it, so that the next call asks on just this one. One that was lost is tried again until a second has passed since; then one call in a while
 * tries, and all others are told PG_AWAY at once, so that nobody stands in a queue for a server that is not there. */
enum pg_fault	 pg_ready(struct pg *);

/* Does a server answer there, if only to say no? Where it does, another try changes nothing. */
bool		 pg_answers(const struct pg *);

/* Give the connection up: the next call makes a new one. */
void		 pg_drop(struct pg *);

/* Counts connections: what was read on another one may have been taken back since. 0: there has never been one. */
unsigned	 pg_number(const struct pg *);

/* Run one statement, by ms at most; its rows are there until the next call. PG_LOST drops the connection. */
enum pg_fault	 pg_run(struct pg *, const struct pg_statement *, const struct pg_value *, size_t count, int ms);

/* The same, for statements that nobody asks twice: any number of them, no values, no rows. */
enum pg_fault	 pg_script(struct pg *, const char *text, int ms);

/* Begin one statement and do not wait for what comes of it: the next call does. Never fails; for what may be lost. */
void		 pg_send(struct pg *, const struct pg_statement *, const struct pg_value *, size_t count);

/* Of the last call: how many rows; a column's bytes (with a NUL behind them; NULL for null); of an int8 or a bool. */
size_t		 pg_rows(const struct pg *);
const char	*pg_bytes(const struct pg *, size_t row, int column, size_t *len);
int64_t		 pg_int(const struct pg *, size_t row, int column);
bool		 pg_true(const struct pg *, size_t row, int column);

/* Of the last call that failed: SQLSTATE ("" where the server said none), and a line for a person, without secrets. */
const char	*pg_state(const struct pg *);
const char	*pg_why(const struct pg *);

/* The server has warned during the last call (as: a commit did not reach a standby). */
bool		 pg_warned(const struct pg *);

/* What was notified (LISTEN is a statement as others): to poll, -1 while there is no connection; the next text that came,
 * until the next call; NULL: there is none. */
int		 pg_fd(const struct pg *);
const char	*pg_heard(struct pg *);

#endif
