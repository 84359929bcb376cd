/* operator_health.h: store, courier and keys in words. Parts of the operator's page. */
#ifndef ACCOUNT_OPERATOR_HEALTH_H
#define ACCOUNT_OPERATOR_HEALTH_H

#include "db/store.h"

struct app;
struct arena;
struct json;
struct operator_walk;

/* Put "store", "courier" and "keys" into the page's data. */
enum store_result operator_health(struct app *, struct arena *, const struct operator_walk *, struct json *data);

#endif
