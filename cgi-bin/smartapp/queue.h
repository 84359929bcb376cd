/* queue.h: the calls that wait to be made, in order: for SmartThings' API in the record "smartapp-calls/<id>", for web hooks in
 * "smartapp-posts/<id>", one of each an installed app.
 *
 * An element: {"n", "method", "path" or "url", "body"?, "setup"?, "made" (ms)}. The courier takes them out when they are done. */
#ifndef SMARTAPP_QUEUE_H
#define SMARTAPP_QUEUE_H

#include "db/store.h"

struct arena;
struct json;
struct wish;

#define SMARTAPP_WORD "smartapp "	/* begins words for the courier */
#define QUEUE_MAX 400	/* calls that may wait in one record */
#define QUEUE_BYTES (240u << 10)	/* and what they may take there */
#define QUEUE_SHARE (100u << 10)	/* of that, what one request may add: setups of the last one and this leave no less */
#define QUEUE_KEPT 86400	/* seconds after which a call that could not be made is given up */

enum queue { QUEUE_CALLS, QUEUE_POSTS };

/* Append those of wishes that belong there. What waits and becomes moot by them goes: setups where one of them is one, what was
 * wished for a schedule that they make anew or take away. Where too many wait, the oldest that are no setup go, and the log says
 * so: an app whose calls cannot be made must not end what its events do here. The courier hears SMARTAPP_WORD and the id. */
enum store_result queue_tx_add(struct store_tx *, enum queue, const char *id, const struct wish *wishes, int64_t now);

/* What waits: an array, never NULL. */
enum store_result queue_get(struct store *, struct arena *, enum queue, const char *id, const struct json **calls);

/* Take out the call with number n, if it is still there. */
enum store_result queue_tx_remove(struct store_tx *, enum queue, const char *id, long long n);

/* Drop all of both. */
enum store_result queue_tx_delete(struct store_tx *, const char *id);

/* The installed app that a record of the store belongs to, if it is one of these queues; else NULL. */
const char	*queue_owner(const char *key);

#endif
