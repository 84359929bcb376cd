/* envelope.h: what is common to all Schema messages: headers, authentication, errors (schema protocol 1.1, 2). */
#ifndef SCHEMA_ENVELOPE_H
#define SCHEMA_ENVELOPE_H

#include <stdbool.h>
#include <stddef.h>

#include "oauth/grant.h"
#include "oauth/token.h"

struct arena;
struct json;
struct schema_context;

/* Global errors: all but the last are SmartThings' own words. */
enum schema_error {
	SCHEMA_OK,
	SCHEMA_BAD_REQUEST,
	SCHEMA_INVALID_INTERACTION_TYPE,
	SCHEMA_INVALID_TOKEN,
	SCHEMA_TOKEN_EXPIRED,
	SCHEMA_INTEGRATION_DELETED,
	SCHEMA_INVALID_CLIENT,
	SCHEMA_INVALID_CODE,
	SCHEMA_UNAVAILABLE,	/* the store cannot be read or written now: UNKNOWN-ERROR with HTTP 503 */
};

/* What goes wrong with one device. */
enum schema_device_error {
	SCHEMA_DEVICE_DELETED,
	SCHEMA_DEVICE_OFFLINE,
	SCHEMA_DEVICE_UNAVAILABLE,
	SCHEMA_CAPABILITY_NOT_SUPPORTED,
	SCHEMA_RESOURCE_CONSTRAINT_VIOLATION,
};

/* A message on its way through. */
struct schema_message {
	const struct schema_context *context;
	struct arena		*arena;		/* the request's: for what is answered */
	struct arena		*scratch;	/* for what one device needs; reset before the next */
	const struct json	*root;
	const char		*type, *request_id;	/* NULL if there is none */
	const struct json	*devices;	/* checked, where the type has them */
	enum token_verdict	 verdict;	/* where a token was asked for */
	struct access_token	 access;
	struct grant		 grant;		/* with TOKEN_OK, TOKEN_EXPIRED, TOKEN_REVOKED */
	const char		*detail;	/* of an error, for a person: never a secret */
};

const char	*schema_error_name(enum schema_error);

/* An answer: headers with this type (NULL = none) and the request's id (NULL = none). */
struct json	*schema_envelope(struct arena *, const char *type, const char *request_id);

/* Put a globalError into an answer. */
void		 schema_set_error(struct arena *, struct json *answer, enum schema_error, const char *detail);

/* The error of one device in its deviceState entry: an array of one. */
void		 schema_set_device_error(struct arena *, struct json *entry, enum schema_device_error, const char *detail);

/* The entry of one device, appended to the answer's list deviceState. */
struct json	*schema_add_device_state(struct arena *, struct json *list, const char *id);

/* Read headers into the message; detail on an error. INVALID_INTERACTION_TYPE is the caller's to find. */
enum schema_error schema_read_headers(struct schema_message *);
enum schema_error schema_check_request_id(struct schema_message *);

/* Verify the token. late: also expired, revoked and unknown ones pass, and the verdict says which. */
enum schema_error schema_authenticate(struct schema_message *, bool late);

/* Does the token give this scope? */
bool		 schema_has_scope(const struct schema_message *, const char *scope);

/* Check the list of devices; commands: each must carry well-formed commands too. */
enum schema_error schema_check_devices(struct schema_message *, bool commands);

#endif
