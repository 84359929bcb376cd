/* sight.h: a device as others are shown it: its records, and what was made of them the last time, which stays right as long as
 * they stay the same. */
#ifndef DEVICE_SIGHT_H
#define DEVICE_SIGHT_H

#include <stdbool.h>
#include <stdint.h>

#include "db/store.h"

struct arena;
struct catalogue;
struct device;
struct json;

struct sight {
	const struct json	*record;
	const struct json	*state;		/* NULL: it was not asked for */
	uint64_t		 which[2];	/* of both (db/recall.h) */
};

/* Look at what a device is. STORE_ABSENT if there is none. Good until the arena's reset. */
enum store_result sight_find(struct store *, struct arena *, const char *user, const char *id, struct sight *);

/* Look at how it is, too. */
enum store_result sight_find_state(struct store *, struct arena *, const char *user, const char *id, struct sight *);

/* The caller looks at these devices next, ids being an array of texts: at what each is, or also at how it is (store_expect). */
void		 sight_expect(struct store *, struct arena *, const char *user, const struct json *ids, bool states);

/* What sight_keep printed for the same purpose, when all that was looked at and the catalogue were the same: a value of arena's, for
 * json_print alone. NULL: that is not remembered. purpose: an address that stands for one way of showing a device. */
struct json	*sight_shown(struct store *, struct arena *, const struct catalogue *, const struct sight *, const void *purpose);

/* Print what was made, remember that, and answer with it as sight_shown does. It must follow from what was looked at, the
 * catalogue and the purpose, and from nothing else: the user is among them, the time and the request are not. */
struct json	*sight_keep(struct store *, struct arena *, const struct catalogue *, const struct sight *, const void *purpose,
		    const struct json *made);

#endif
