/* try.h: a call of the outbox on its way: what the sender remembers of it. For courier/outbox_*.c. */
#ifndef COURIER_TRY_H
#define COURIER_TRY_H

#include "courier/outbox.h"
#include "courier/roster.h"

struct fetch_answer;

#define TRY_LATER 5000	/* ms: after trouble of our own */

struct outbox {
	struct courier	*courier;
	const struct outbox_kind *const *kinds;
	struct roster	*lanes;
	struct metric		*waiting;	/* how many lanes there are: for figures */
};

/* A lane as we remember it between two looks at its record. */
struct place {
	struct member	 is;
	struct host_waiter waiter;
	int64_t		 waits;		/* ms: it waits for room at its host since then */
	bool		 busy;		/* a call, or a write, is under way */
};

/* A try, from its beginning until its outcome is written. */
struct try {
	struct outbox	*outbox;
	struct place	*place;
	const struct outbox_kind *kind;	/* NULL: nobody knows it any more */
	char		 id[32];	/* of the lane */
	long long	 number;
	/* Of the round in which it ends. */
	struct outbox_call call;
	struct outbox_outcome usual, outcome;
	long		 retry_after;
};

/* Look at a lane again after so many ms. */
void	 try_later(struct place *, int64_t after);

/* It was answered, or not; it was never made, and why. Frees it once that is written down. */
void	 try_end(struct try *, const struct fetch_answer *);
void	 try_refuse(struct try *, const char *why);

#endif
