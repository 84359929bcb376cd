/* sender.h: one kind of work that the courier does, and what the courier does for it.
 *
 * A sender remembers in memory what is due when; what it knows stands in records, and comes back by see and hear. Its
 * functions never wait: they begin calls, and leave what is to be written to the end of the round, when all of it is one
 * transaction. */
#ifndef COURIER_SENDER_H
#define COURIER_SENDER_H

#include <stdbool.h>
#include <stdint.h>

#include "courier/hosts.h"
#include "db/store.h"

struct arena;
struct catalogue;
struct config;
struct courier_loop;
struct fetch_answer;
struct fetch_request;
struct keyring;

/* A sender's door to the courier. */
struct courier {
	const struct config	*config;
	struct store		*store;
	const struct keyring	*keyring;
	const struct catalogue	*catalogue;
	struct arena		*arena;		/* for the round: wiped when its writes are done */
	struct courier_loop	*loop;
	unsigned		 calls;		/* its own in flight */
};

struct sender {
	const char	*name;		/* for the log */
	const void	*about;		/* for the sender itself: open is given it */
	/* What the other functions are given. NULL if it cannot be made. */
	void		*(*open)(struct courier *, const void *about);
	/* The right to send was won: each record of the store, once. Others may have changed what it knew before. */
	void		 (*see)(void *, const char *key, const char *value);
	/* A word by base/wake.h or courier/box.h: a user's id, or words of its own. */
	void		 (*hear)(void *, const char *word);
	/* Words may have got lost: look at whoever one may have been about. NULL: all its words lie in boxes, too. */
	void		 (*missed)(void *);
	/* Begin what is due, in small portions. When to be called again, in ms of the clock, if no answer and no word comes. */
	int64_t		 (*work)(void *);
	void		 (*close)(void *);
};

#define COURIER_CALLS 64	/* of one sender in flight */
#define COURIER_STEPS 200	/* of work in one go: so much a sender should do before it returns */

/* May it begin one more call? And one to this URL's host? */
bool	 courier_has_room(const struct courier *);
bool	 courier_may_call(const struct courier *, const char *url);

/* Have w->ready called once there may be room at this URL's host. */
bool	 courier_wait(struct courier *, const char *url, struct host_waiter *w);

/* Begin a call. done is called once, in a later round. False if it cannot begin: done is not called then. */
bool	 courier_call(struct courier *, const struct fetch_request *,
	    void (*done)(void *arg, const struct fetch_answer *), void *arg);

/* Have fn write at the end of this round, in one transaction with what others have to write; then (may be NULL) is told
 * what came of it: STORE_OK means that it is on disk. Nothing is written by a courier that has lost the right to send.
 * arg must live until then. */
void	 courier_write(struct courier *, store_fn fn, void (*then)(void *arg, enum store_result), void *arg);

#endif
