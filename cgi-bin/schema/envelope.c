/* envelope.c: reads what all messages begin with, in the order of the protocol's decisions (2.3). */
#include "schema/envelope.h"

#include <string.h>
#include <strings.h>

#include "base/arena.h"
#include "base/json.h"
#include "base/text.h"
#include "schema/dispatch.h"
#include "base/banned.h"

#define DEVICES_MAX	500	/* of one message */
#define COMMANDS_MAX	50	/* of one device */

/* --- answers --- */

const char *
schema_error_name(enum schema_error e)
{
	static const char *const names[] = {
		[SCHEMA_OK] = "ok",
		[SCHEMA_BAD_REQUEST] = "BAD-REQUEST",
		[SCHEMA_INVALID_INTERACTION_TYPE] = "INVALID-INTERACTION-TYPE",
		[SCHEMA_INVALID_TOKEN] = "INVALID-TOKEN",
		[SCHEMA_TOKEN_EXPIRED] = "TOKEN-EXPIRED",
		[SCHEMA_INTEGRATION_DELETED] = "INTEGRATION-DELETED",
		[SCHEMA_INVALID_CLIENT] = "INVALID-CLIENT",
		[SCHEMA_INVALID_CODE] = "INVALID-CODE",
		[SCHEMA_UNAVAILABLE] = "UNKNOWN-ERROR",
	};

	return names[e];
}

struct json *
schema_envelope(struct arena *a, const char *type, const char *request_id)
{
	struct json *answer = json_object(a), *headers = json_set(a, answer, "headers", json_object(a));

	json_set_string(a, headers, "schema", "st-schema");
	json_set_string(a, headers, "version", "1.0");
	if (type != NULL)
		json_set_string(a, headers, "interactionType", type);
	if (request_id != NULL)
		json_set_string(a, headers, "requestId", request_id);
	return answer;
}

static struct json *
error_object(struct arena *a, const char *name, const char *detail)
{
	struct json *error = json_object(a);

	json_set_string(a, error, "errorEnum", name);
	json_set_string(a, error, "detail", detail);
	return error;
}

void
schema_set_error(struct arena *a, struct json *answer, enum schema_error e, const char *detail)
{
	json_set(a, answer, "globalError", error_object(a, schema_error_name(e), detail));
}

void
schema_set_device_error(struct arena *a, struct json *entry, enum schema_device_error e, const char *detail)
{
	static const char *const names[] = {
		[SCHEMA_DEVICE_DELETED] = "DEVICE-DELETED",
		[SCHEMA_DEVICE_OFFLINE] = "DEVICE-OFFLINE",
		[SCHEMA_DEVICE_UNAVAILABLE] = "DEVICE-UNAVAILABLE",
		[SCHEMA_CAPABILITY_NOT_SUPPORTED] = "CAPABILITY-NOT-SUPPORTED",
		[SCHEMA_RESOURCE_CONSTRAINT_VIOLATION] = "RESOURCE-CONSTRAINT-VIOLATION",
	};

	json_append(a, json_set(a, entry, "deviceError", json_array(a)), error_object(a, names[e], detail));
}

struct json *
schema_add_device_state(struct arena *a, struct json *list, const char *id)
{
	struct json *entry = json_append(a, list, json_object(a));

	json_set_string(a, entry, "externalDeviceId", id);
	return entry;
}

/* --- reading --- */

static enum schema_error
fail(struct schema_message *m, enum schema_error e, const char *detail)
{
	m->detail = detail;
	return e;
}

enum schema_error
schema_read_headers(struct schema_message *m)
{
	const struct json *headers = json_get(m->root, "headers"), *schema = json_get(headers, "schema");

	m->type = json_get_string(headers, "interactionType");
	m->request_id = json_get_string(headers, "requestId");
	if (json_type(headers) != JSON_OBJECT)
		return fail(m, SCHEMA_BAD_REQUEST, "headers must be an object");
	if (schema != NULL && (json_string(schema) == NULL || strcmp(json_string(schema), "st-schema") != 0))
		return fail(m, SCHEMA_BAD_REQUEST, "headers.schema must be st-schema");
	return SCHEMA_OK;
}

enum schema_error
schema_check_request_id(struct schema_message *m)
{
	return m->request_id != NULL ? SCHEMA_OK : fail(m, SCHEMA_BAD_REQUEST, "headers.requestId must be a text");
}

/* Why a grant was revoked decides what becomes of the link: one that its owner, we or SmartThings ended is gone; one
 * that we cut because a code or token was used twice may be made again by logging in. */
static enum schema_error
revoked(struct schema_message *m)
{
	const char *why = m->grant.revoked;

	if (why != NULL && (strcmp(why, "reuse") == 0 || strcmp(why, "code_replay") == 0))
		return fail(m, SCHEMA_INVALID_TOKEN, "the link was cut for safety: log in again");
	return fail(m, SCHEMA_INTEGRATION_DELETED, "the link was removed");
}

static enum schema_error
judge(struct schema_message *m, bool late)
{
	switch (m->verdict) {
	case TOKEN_UNAVAILABLE:
		return fail(m, SCHEMA_UNAVAILABLE, "the token cannot be checked now");
	case TOKEN_EXPIRED:
		return late ? SCHEMA_OK : fail(m, SCHEMA_TOKEN_EXPIRED, "the access token has expired");
	case TOKEN_REVOKED:
		return late ? SCHEMA_OK : revoked(m);
	case TOKEN_INVALID:
		return late ? SCHEMA_OK : fail(m, SCHEMA_INVALID_TOKEN, "the access token is not valid");
	case TOKEN_OK:
		break;
	}
	return SCHEMA_OK;
}

enum schema_error
schema_authenticate(struct schema_message *m, bool late)
{
	const struct schema_context *x = m->context;
	const struct token_context tokens = { x->config, x->store, x->keyring, m->arena };
	const struct json *authentication = json_get(m->root, "authentication");
	const struct json *type = json_get(authentication, "tokenType");
	const char *token = json_get_string(authentication, "token");

	if (json_type(authentication) != JSON_OBJECT)
		return fail(m, SCHEMA_BAD_REQUEST, "authentication must be an object");
	if (type != NULL && (json_string(type) == NULL || strcasecmp(json_string(type), "bearer") != 0))
		return fail(m, SCHEMA_INVALID_TOKEN, "authentication.tokenType must be Bearer");
	if (token == NULL || *token == '\0')
		return fail(m, SCHEMA_INVALID_TOKEN, "authentication.token must be a text");
	m->verdict = token_verify(&tokens, token, &m->access, &m->grant);
	return judge(m, late);
}

bool
schema_has_scope(const struct schema_message *m, const char *scope)
{
	return text_list_has(m->access.scope, " ", scope) || text_list_has(m->access.scope, " ", "app");
}

/* --- devices --- */

static const char *
command_fault(const struct json *c)
{
	const struct json *component = json_get(c, "component");

	if (json_type(c) != JSON_OBJECT)
		return "a command must be an object";
	if (component != NULL && json_string(component) == NULL)
		return "component must be a text";
	if (json_get_string(c, "capability") == NULL || json_get_string(c, "command") == NULL)
		return "a command needs capability and command, both texts";
	return NULL;
}

static const char *
commands_fault(const struct json *commands)
{
	const char *why = NULL;

	if (json_type(commands) != JSON_ARRAY)
		return "commands must be a list";
	if (json_count(commands) > COMMANDS_MAX)
		return "too many commands for one device";
	for (const struct json *c = json_first(commands); c != NULL && why == NULL; c = json_next(c))
		why = command_fault(c);
	return why;
}

enum schema_error
schema_check_devices(struct schema_message *m, bool commands)
{
	const char *why = NULL;

	m->devices = json_get(m->root, "devices");
	if (json_type(m->devices) != JSON_ARRAY)
		return fail(m, SCHEMA_BAD_REQUEST, "devices must be a list");
	if (json_count(m->devices) > DEVICES_MAX)
		return fail(m, SCHEMA_BAD_REQUEST, "too many devices in one message");
	for (const struct json *d = json_first(m->devices); d != NULL && why == NULL; d = json_next(d)) {
		if (json_get_string(d, "externalDeviceId") == NULL)
			why = "a device needs externalDeviceId, a text";
		else if (commands)
			why = commands_fault(json_get(d, "commands"));
	}
	return why != NULL ? fail(m, SCHEMA_BAD_REQUEST, why) : SCHEMA_OK;
}
