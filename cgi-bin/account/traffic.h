/* traffic.h: what SmartThings asked and was told, as events beside those of the account's journal. */
#ifndef ACCOUNT_TRAFFIC_H
#define ACCOUNT_TRAFFIC_H

#include <stdbool.h>

#include "db/store.h"

struct arena;
struct json;

/* The journal (array of activity_list) of a user and what went over the links, newest first: what schema/told.h kept, and
 * "asked_..." and "failed_..." {event, time, grant, error}: of each kind of message the last that oauth/exchange.h has. */
enum store_result traffic_list(struct store *, struct arena *, const char *user, const struct json *journal,
		    struct json **events);

/* Is an event one of those that this adds? (NULL: no.) Their texts name the client. */
bool		 traffic_is(const char *event);

#endif
