/* link_health.h: how a link is, in a sentence: are changes told to SmartThings, and if not, why and what to do. */
#ifndef ACCOUNT_LINK_HEALTH_H
#define ACCOUNT_LINK_HEALTH_H

#include "db/store.h"

struct app;
struct arena;
struct exchange_seen;
struct grant;
struct json;

/* {state, good | waiting | bad, text, n, when, next, advice}: texts' keys, and what they need. */
enum store_result link_health(struct app *, struct arena *, const struct grant *, const struct exchange_seen *seen,
		    struct json **health);

#endif
