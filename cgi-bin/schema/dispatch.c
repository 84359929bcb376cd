/* dispatch.c: one table says which messages there are and what each needs before it is answered. */
#include "schema/dispatch.h"

#include <string.h>

#include "base/arena.h"
#include "base/json.h"
#include "base/log.h"
#include "base/text.h"
#include "oauth/exchange.h"
#include "schema/envelope.h"
#include "schema/interactions.h"
#include "base/banned.h"

#define SCRATCH ((size_t)128 << 20)	/* far above what one device can come to, with a transaction tried 16 times */

static struct arena *scratch;	/* of the last message, empty, for the next one */

struct interaction {
	const char	*type, *answer_type;
	enum schema_error (*answer)(struct schema_message *, struct json *);
	const char	*scope;		/* without it the token counts as invalid; NULL = whatever it is */
	bool		 token;		/* must be shown */
	bool		 late;		/* an expired, revoked or unknown one will do */
	bool		 devices, commands;	/* lists that must be well-formed */
	enum exchange_step step;	/* of the handshake; EXCHANGE_STEPS = none */
};

static const struct interaction interactions[] = {
	{ "discoveryRequest", "discoveryResponse", schema_discovery, "devices:read", .token = true,
	    .step = EXCHANGE_DISCOVERY },
	{ "stateRefreshRequest", "stateRefreshResponse", schema_state_refresh, "devices:read", .token = true,
	    .devices = true, .step = EXCHANGE_REFRESH },
	{ "commandRequest", "commandResponse", schema_command, NULL, .token = true, .devices = true, .commands = true,
	    .step = EXCHANGE_COMMAND },
	{ "grantCallbackAccess", "grantCallbackAccess", schema_callback_grant, NULL, .token = true,
	    .step = EXCHANGE_GRANT },
	{ "integrationDeleted", "integrationDeleted", schema_integration_deleted, NULL, .token = true, .late = true,
	    .step = EXCHANGE_STEPS },
	{ "interactionResult", "interactionResult", schema_interaction_result, NULL, .token = false,
	    .step = EXCHANGE_RESULT },
};

static const struct interaction *
find(const char *type)
{
	for (size_t i = 0; type != NULL && i < sizeof(interactions) / sizeof(interactions[0]); i++)
		if (strcmp(interactions[i].type, type) == 0)
			return &interactions[i];
	return NULL;
}

/* What must hold before the message is answered. */
static enum schema_error
check(struct schema_message *m, const struct interaction *it)
{
	enum schema_error e = schema_check_request_id(m);

	if (e == SCHEMA_OK && it->token)
		e = schema_authenticate(m, it->late);
	if (e == SCHEMA_OK && it->scope != NULL && !schema_has_scope(m, it->scope)) {
		m->detail = arena_printf(m->arena, "the link was made without the scope %s", it->scope);
		e = SCHEMA_INVALID_TOKEN;
	}
	if (e == SCHEMA_OK && it->devices)
		e = schema_check_devices(m, it->commands);
	return e;
}

static void
log_answer(const struct schema_message *m, const struct interaction *it, enum schema_error e)
{
	/* What was only read is a line for who wants each: the web server has one for it already. */
	bool read = it != NULL && it->scope != NULL;
	log_event(e == SCHEMA_OK ? (read ? LOG_LEVEL_DEBUG : LOG_LEVEL_INFO) : e == SCHEMA_UNAVAILABLE ? LOG_LEVEL_ERROR : LOG_LEVEL_WARN, "schema",
	    "type=%s user=%s devices=%zu result=%s detail=\"%s\"", it != NULL ? it->type : "-",
	    m->grant.user != NULL ? m->grant.user : "-", json_count(m->devices), schema_error_name(e),
	    m->detail != NULL ? m->detail : "");
}

struct json *
schema_refusal(struct arena *a, enum schema_error e, const char *why)
{
	struct json *answer = schema_envelope(a, NULL, NULL);

	schema_set_error(a, answer, e, why);
	return answer;
}

/* --- for the owner --- */

static const char *
first_error(const struct json *device)
{
	const char *word = json_get_string(json_first(json_get(device, "deviceError")), "errorEnum");

	return word != NULL ? word : "UNKNOWN-ERROR";
}

/* What went wrong, in a word: with all, or with each of the devices. NULL: it went well, with one of them at least. */
static const char *
failure(const struct json *answer)
{
	const struct json *global = json_get(answer, "globalError"), *devices = json_get(answer, "deviceState");
	const char *word = json_get_string(global, "errorEnum");

	if (global != NULL)
		return word != NULL ? word : "UNKNOWN-ERROR";
	for (const struct json *d = json_first(devices); d != NULL; d = json_next(d))
		if (json_get(d, "deviceError") == NULL)
			return NULL;
	return json_first(devices) != NULL ? first_error(json_first(devices)) : NULL;
}

/* The link's owner may look at this exchange. What SmartThings disliked stands in its message, else in our answer. */
static void
keep(struct schema_message *m, const struct interaction *it, const struct json *answer, int status)
{
	const char *agent = m->context->agent;
	struct json *headers = json_object(m->arena);
	bool ours = m->verdict == TOKEN_OK || m->verdict == TOKEN_EXPIRED;

	if (it == NULL || it->step == EXCHANGE_STEPS || !ours || m->grant.id == NULL)
		return;
	if (agent != NULL)
		json_set_string(m->arena, headers, "User-Agent", arena_strndup(m->arena, agent, (size_t)text_cut(agent, 200)));
	arena_reset(m->scratch);
	exchange_keep(m->context->store, m->scratch, &(struct exchange){ .grant = &m->grant, .step = it->step,
	    .error = failure(it->step == EXCHANGE_RESULT ? m->root : answer), .line = "POST /schema", .headers = headers,
	    .request = m->root, .answer = answer, .status = status });
}

/* A message whose JSON is sound. */
static struct json *
answer_message(struct schema_message *m, int *status)
{
	enum schema_error e = schema_read_headers(m);
	const struct interaction *it = find(m->type);
	const char *type = it != NULL ? it->answer_type : m->type;
	struct json *answer = schema_envelope(m->arena, type, m->request_id);

	if (e == SCHEMA_OK && it == NULL) {
		m->detail = "no such interaction type";
		e = SCHEMA_INVALID_INTERACTION_TYPE;
	}
	if (e == SCHEMA_OK && (e = check(m, it)) == SCHEMA_OK)
		e = it->answer(m, answer);
	if (e != SCHEMA_OK) {
		answer = schema_envelope(m->arena, type, m->request_id);
		schema_set_error(m->arena, answer, e, m->detail);
	}
	*status = e == SCHEMA_UNAVAILABLE ? 503 : 200;
	if (e != SCHEMA_UNAVAILABLE)
		keep(m, it, answer, *status);
	log_answer(m, it, e);
	return answer;
}

struct json *
schema_answer(const struct schema_context *x, const char *body, size_t len, int *status)
{
	struct schema_message m = { .context = x, .arena = x->arena };
	struct json_error err = { "the body must be an object", 1 };

	*status = 400;
	m.root = json_parse(x->arena, body, len, &err);
	if (m.root == NULL || json_type(m.root) != JSON_OBJECT)
		return schema_refusal(x->arena, SCHEMA_BAD_REQUEST, err.what);
	m.scratch = scratch != NULL ? scratch : arena_new(SCRATCH);
	struct json *answer = answer_message(&m, status);
	arena_reset(scratch = m.scratch);
	return answer;
}
