/* service.h: what an owner and the outside do with a node server: ask, stop, change, delete; and what it is told then. */
#ifndef NODESERVER_SERVICE_H
#define NODESERVER_SERVICE_H

#include <stdbool.h>

#include "db/store.h"
#include "nodeserver/inbox.h"

struct json;
struct nodeserver;
struct nodeserver_context;

#define SERVICE_WEBHOOKS 100	/* messages that may wait when one more comes from outside */

/* Messages for it, with its config where that is told. */
enum store_result service_read(const struct nodeserver_context *, const struct nodeserver *, long long after,
		    struct inbox_read *);

/* Carry out an action of its owner: "stop", "start", "restart", "rotate", "watch" (trace.h); about {"address"?}: "query" (of all nodes, if
 * there is none); about {"address", "cmd", "value"?, "uom"?}: "command". STORE_ABSENT: there is no such action, or node. */
enum store_result service_act(const struct nodeserver_context *, struct nodeserver *, const char *action,
		    const struct json *about);

/* Its owner changes {"customParams"?, "notices"?, "polls"?, "oauth"?, "nodedefs"?}. *why (a fault) and *status as HTTP has them. */
enum store_result service_change(const struct nodeserver_context *, struct nodeserver *, const struct json *change,
		    int *status, const char **why);

/* Tell it what came for it: an OAuth callback, a webhook; both kept encrypted until it has them. *full: it does not read. */
enum store_result service_tell(const struct nodeserver_context *, const struct nodeserver *, const char *word,
		    const struct json *value, bool *full);

/* Delete it with nodes, devices (unless they are kept: then they stay, offline), messages and profile. Who waits for messages
 * is told so by the absence of everything. */
enum store_result service_delete(const struct nodeserver_context *, struct nodeserver *, bool keep_devices);

/* All of a user's: before the account goes. */
enum store_result service_delete_all(const struct nodeserver_context *, const char *user);

#endif
