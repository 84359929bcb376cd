/* loop.h: what the loop holds. For courier.c and door.c alone. */
#ifndef COURIER_LOOP_H
#define COURIER_LOOP_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "courier/courier.h"
#include "courier/lease.h"
#include "courier/round.h"
#include "courier/sender.h"

struct fetcher;
struct metric;
struct wake;

struct courier_loop {
	const struct courier_context *x;
	struct arena	*arena;
	struct fetcher	*fetcher;
	struct hosts	*hosts;
	struct round	 round;
	struct lease	 lease;
	struct seat {
		const struct sender *sender;
		void		*self;
		struct courier	 door;
		struct metric	*late;
	} seats[COURIER_SENDERS];
	size_t		 count;		/* of seats */
	struct metric	*in_flight;
	struct wake	*wake;		/* NULL: it cannot be heard */
	int		 folder;	/* the store's, opened; -1: it has none */
	int64_t		 heard;		/* ms: when words came last */
	int64_t		 boxes;		/* ms: when to look into them */
	int64_t		 tended;	/* ms: when the store's housekeeping was last done */
	bool		 loaded;
};

#endif
