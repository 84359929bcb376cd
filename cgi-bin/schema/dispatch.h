/* dispatch.h: the Schema connector: one message in, one answer out, no HTTP inside. */
#ifndef SCHEMA_DISPATCH_H
#define SCHEMA_DISPATCH_H

#include <stddef.h>

#include "schema/envelope.h"

struct arena;
struct catalogue;
struct config;
struct json;
struct keyring;
struct store;

/* Everything that answering needs. */
struct schema_context {
	const struct config	*config;
	struct store		*store;
	struct keyring		*keyring;
	const struct catalogue	*catalogue;
	struct arena		*arena;		/* the request's */
	const char		*agent;		/* User-Agent header; NULL if there is none */
};

/* Answer the message in body: never NULL. *status: 200 for all that was understood, errors included; 400 for what is no
 * JSON object; 503 if the store cannot be used now (schema protocol 2.3, 3). */
struct json	*schema_answer(const struct schema_context *, const char *body, size_t len, int *status);

/* What is answered to a request that is no message (SCHEMA_BAD_REQUEST), or to any, in Schema's form. */
struct json	*schema_refusal(struct arena *, enum schema_error, const char *why);

#endif
