/* presence.h: whether a node server is there: it counts as connected until some time after it was last heard of.
 *
 * "nodeserver-presence/<worker>" says until when. What follows from it (connected, the controller's ST, its devices offline
 * or online) is written when it changes: by whoever hears it, or by the courier when the time is over. */
#ifndef NODESERVER_PRESENCE_H
#define NODESERVER_PRESENCE_H

#include <stdbool.h>
#include <stdint.h>

#include "db/store.h"

struct nodeserver;
struct nodeserver_context;
struct sender;

#define PRESENCE_WORD	"nodeserver "	/* and the worker: for the courier, when one has come */
#define PRESENCE_SLACK	30	/* seconds beyond two polls */

/* It was heard of: it counts as connected for so many seconds more. Not if it is stopped. */
enum store_result presence_heard(const struct nodeserver_context *, struct nodeserver *, int64_t seconds);

/* It says so itself, or is gone: connected or not from now on. started: it has begun anew. */
enum store_result presence_turn(const struct nodeserver_context *, struct nodeserver *, bool connected, bool started);

/* Its time seems to be over: off, unless it was heard of meanwhile. */
enum store_result presence_expire(const struct nodeserver_context *, struct nodeserver *);

/* Its owner stops or starts it. */
enum store_result presence_stop(const struct nodeserver_context *, struct nodeserver *, bool stopped);

/* Is it connected, by the clock? */
enum store_result presence_is_there(const struct nodeserver_context *, const struct nodeserver *, bool *there);

/* Seconds that a message of it counts: for two of its long polls. */
int64_t		 presence_of_message(const struct nodeserver *);

/* Forget it. */
enum store_result presence_tx_forget(struct store_tx *, const struct nodeserver *);

/* The courier's part: turns them off when their time is over. */
extern const struct sender presence_watch;

#endif
