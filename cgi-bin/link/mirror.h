/* mirror.h: a vendor's devices as devices of ours: those that their owner chose are added, follow what the vendor says, and
 * go when they are no longer wanted.
 *
 * A device's id is made of its link's place and the vendor's id: who links again finds the same devices. */
#ifndef LINK_MIRROR_H
#define LINK_MIRROR_H

#include "db/store.h"
#include "link/link.h"

struct json;

/* Our id for a vendor's device. */
char		*mirror_id(struct arena *, const char *place, const char *remote);

/* Make the chosen devices those of wanted (array of the vendor's ids), by what the vendor says of them (items). faults: array of
 * {id, fault}, for those that cannot be: the others are done all the same. fault is a text's key. */
enum store_result mirror_choose(const struct links *, struct arena *, const struct connector *, const struct link *,
		    const struct json *wanted, const struct json *items, struct json **faults);

/* Bring the chosen devices up to date with what the vendor says. Who is not in items is offline. */
enum store_result mirror_update(const struct links *, struct arena *, const struct connector *, const struct link *,
		    const struct json *items);

/* Devices that their owner has deleted here are not chosen any more. *last: there were some, and none is left. */
enum store_result mirror_forget_deleted(const struct links *, struct arena *, const struct link *, bool *last);

#endif
