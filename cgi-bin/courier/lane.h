/* lane.h: records of the outbox: "outbox/<user>/<lane>", which counts, and "outbox-call/<user>/<lane>/<n>". For
 * courier/outbox*.c. */
#ifndef COURIER_LANE_H
#define COURIER_LANE_H

#include <stdint.h>

#include "courier/outbox.h"

#define LANE_NOBODY "-"		/* the user of what is nobody's */
#define LANE_WORD "outbox "	/* stands before "user/lane" where the courier is told of one */

struct lane {
	const char	*user, *name;
	const char	*id;		/* of this life of it: a lane that has run empty is gone */
	long long	 first, last;	/* numbers of what waits */
	long long	 failures;	/* in a row */
	int64_t		 since;		/* seconds: ... since when */
	int64_t		 next;		/* ms: not before */
	const char	*why;		/* of the last failure; NULL = none */
};

enum store_result lane_find(struct store *, struct arena *, const char *user, const char *name, struct lane *);
enum store_result lane_tx_find(struct store_tx *, const char *user, const char *name, struct lane *);
enum store_result lane_tx_put(struct store_tx *, const struct lane *);

/* A call of a lane. STORE_ABSENT also if it cannot be opened: call->kind and what is in clear are filled in all the same,
 * or NULL. */
enum store_result lane_call(struct store *, struct arena *, const struct keyring *, const struct lane *, long long number,
		    struct outbox_call *);

/* The first call is through: the next one, or the end of the lane. */
enum store_result lane_tx_pop(struct store_tx *, struct lane *);

#endif
