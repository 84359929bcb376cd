/* delivery_keep.h: what a call and its answer leave for the owner of the link to look at. */
#ifndef SCHEMA_DELIVERY_KEEP_H
#define SCHEMA_DELIVERY_KEEP_H

#include "db/store.h"

struct call;
struct callback;
struct json;

/* Part of the transaction that ends the call. error NULL: it went well. answer: NULL if it is no JSON; status 0 = none came. */
enum store_result delivery_keep(struct store_tx *, const struct call *, const struct callback *, const char *error,
		    int status, const struct json *answer);

#endif
