/* pg_engine.h: a store on a PostgreSQL server that this process has open; what the parts of that engine hand each other. */
#ifndef DB_PG_ENGINE_H
#define DB_PG_ENGINE_H

#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>

#include "db/engine.h"
#include "db/pg.h"

struct arena;
struct metric;
struct pg_ahead;

#define PG_CALL	2000	/* ms that a server has to answer; a webhook has three seconds in all */
#define PG_LONG	600000	/* ms for a piece of a walk, or of making the tables */

struct engine {
	struct pg	*pg;
	struct arena	*scratch;
	const char	*setup;
	char		*url;
	bool		 read_only, locks;
	int64_t		 writer, turn;	/* our place in the table writer; 0: none yet */
	unsigned	 read_on;	/* the connection of the first read since the last commit; 0: none */
	bool		 soon_seen;	/* something was read that may not be on disk yet */
	struct pg_ahead	*ahead;		/* what was read before it was asked for; NULL: nothing */
	unsigned	 ear;		/* the connection that listens */
	struct metric	*conflicts;
};

/* The store's result for what came of a question; an error that says something new is logged. */
enum store_result pg_result_of(const struct engine *, enum pg_fault);

/* What was read ahead is void from here on. */
void		 pg_read_forget(struct engine *);

/* A question that may be asked twice is, where the connection was lost: a server that was started anew goes unnoticed. */
enum pg_fault	 pg_ask(struct engine *, const struct pg_statement *, const struct pg_value *, size_t count);

/* db/engine.h has what these do. */
enum store_result pg_read_one(struct engine *, struct arena *, const char *key, struct engine_record *);
void		 pg_read_expect(struct engine *, struct arena *, const char *const *keys, size_t n);
enum store_result pg_commit_run(struct engine *, const struct engine_read *, size_t n_reads, const struct engine_write *,
		    size_t n_writes, enum engine_when);
enum store_result pg_commit_settle(struct engine *);
enum store_result pg_tools_each(struct engine *, store_each_fn, void *arg);
enum store_result pg_tools_fold(struct engine *);
void		 pg_tools_tend(struct engine *);
enum store_result pg_tools_check(struct engine *, FILE *out);
size_t		 pg_tools_stats(struct engine *, struct store_stat *out);
void		 pg_tools_tell(struct engine *, const char *news);
int		 pg_tools_hear(struct engine *, void (*fn)(const char *news));

#endif
