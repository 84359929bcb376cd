/* history.h: what a device's values were: its changes of the last day, walked back from the newest.
 *
 * Each change names the device's change before it, so that nobody else's are read; nothing is written for it. */
#ifndef DEVICE_HISTORY_H
#define DEVICE_HISTORY_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "db/store.h"

struct arena;
struct state_value;

#define HISTORY_STEPS 500	/* changes that one reading walks back at most */

struct history_range {
	const char	*user, *device;
	int64_t		 since, until;	/* ms: since <= time < until; until 0 = now and later */
	size_t		 max;		/* values; 0 = as many as there are */
};

struct history {
	const struct state_value *values;	/* newest first; healthCheck's healthStatus among them */
	size_t		 n;
	bool		 more;		/* older ones in the range were left out: max or HISTORY_STEPS was reached */
};

/* STORE_ABSENT if the user has no such device. What is older than CHANGE_KEPT is gone. */
enum store_result history_read(struct store *, struct arena *, const struct history_range *, struct history *);

#endif
