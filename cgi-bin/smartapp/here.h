/* here.h: SmartThings' devices beside ours: a value is put into a device here, and a value of ours becomes a command there. */
#ifndef SMARTAPP_HERE_H
#define SMARTAPP_HERE_H

#include <stdbool.h>

#include "db/store.h"

struct arena;
struct catalogue;
struct json;
struct set_wish;

/* Origins of changes (device/change.h): what a rule or a handler has set; what an installed app's device has said, with the
 * installed app's id behind it. */
#define HERE_ORIGIN "smartapp"
#define HERE_MIRRORED "smartapp "

/* Put a value into a device's state. *why (never a reason to give up the transaction): what cannot be about it; NULL = it is done. */
enum store_result here_tx_set(struct store_tx *, const struct catalogue *, const struct set_wish *, const char **why);

/* A value of a device here, by user name; NULL if there is none. */
const struct json *here_get(struct store *, struct arena *, const struct catalogue *, const char *user, const char *device,
		    const char *attribute);

#endif
