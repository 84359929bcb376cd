/* endpoints.c: the checks in their order, then the app's own. */
#include "endpoints/endpoints.h"

#include <string.h>

#include "base/arena.h"
#include "base/clock.h"
#include "base/config.h"
#include "base/json.h"
#include "base/xml.h"
#include "device/device.h"
#include "endpoints/handler.h"
#include "endpoints/installation.h"
#include "endpoints/mapping.h"
#include "endpoints/webapp.h"
#include "oauth/client.h"
#include "base/banned.h"

#define JSON_TYPE	"application/json;charset=utf-8"

static void
put(struct arena *a, struct endpoints_answer *answer, int status, const struct json *v)
{
	answer->status = status;
	answer->content_type = JSON_TYPE;
	answer->body = json_print(a, v);
	answer->len = strlen(answer->body);
}

static void
refuse_as(struct arena *a, struct endpoints_answer *answer, int status, const char *type, const char *message)
{
	struct json *v = json_object(a);

	json_set_bool(a, v, "error", true);
	json_set_string(a, v, "type", type);
	json_set_string(a, v, "message", message);
	put(a, answer, status, v);
}

void
endpoints_refuse(struct arena *a, struct endpoints_answer *answer, int status, const char *message)
{
	refuse_as(a, answer, status, "SmartAppException", message);
}

/* --- 401, 403 --- */

/* In the words of OAuth; challenge: what WWW-Authenticate says of it, if that may be said. */
static bool
unauthorized(struct execution *x, int status, const char *error, const char *description, const char *challenge)
{
	struct json *v = json_object(x->arena);

	json_set_string(x->arena, v, "error", error);
	json_set_string(x->arena, v, "error_description", description);
	put(x->arena, x->answer, status, v);
	if (status == 401)
		x->answer->authenticate = challenge;
	return false;
}

static bool
denied(struct execution *x)
{
	refuse_as(x->arena, x->answer, 403, "AccessDenied",
	    "This request is not authorized by the specified access token");
	return false;
}

/* Is the token good, and where the app wants it? An owner who has let the app go has not taken its token back: then it is
 * the installation that is gone. */
static bool
authenticate(struct execution *x)
{
	const struct endpoints_call *call = x->call;
	const struct token_context t = { x->context->config, x->context->store, x->context->keyring, x->arena };

	if (call->token_in != 0 && (call->token_in & (call->token_in - 1)) != 0)
		return unauthorized(x, 400, "invalid_request", "a request has one token, in one place", NULL);
	if (call->token == NULL)
		return unauthorized(x, 401, "unauthorized", "An access token is required to access this resource", "Bearer");
	enum token_verdict v = token_verify(&t, call->token, &x->token, &x->grant);
	if (v == TOKEN_UNAVAILABLE)
		return handler_fail(x, STORE_FAILED), false;
	bool uninstalled = v == TOKEN_REVOKED && x->token.expires > clock_sec() &&
	    (strcmp(x->grant.revoked, "user") == 0 || strcmp(x->grant.revoked, GRANT_APP_GONE) == 0);
	if (v != TOKEN_OK && !uninstalled)
		return unauthorized(x, 401, "invalid_token", "The access token is not good", "Bearer error=\"invalid_token\"");
	x->app = webapps_of_client(x->context->apps, x->token.client);
	if (x->app != NULL && (x->app->token_in & call->token_in) == 0)
		return unauthorized(x, 401, "invalid_request", "this app does not take its token in that place",
		    "Bearer error=\"invalid_request\"");
	if (uninstalled || x->app == NULL)
		return denied(x);
	return true;
}

/* --- 400 --- */

static bool
is_type(const char *type, const char *name, const char *suffix)
{
	size_t len = strlen(type), n = strlen(suffix);

	return strcmp(type, name) == 0 || (len > n && strcmp(type + len - n, suffix) == 0);
}

/* A body is an object in JSON, or XML; a content type must say which. Without one it is taken for JSON. */
static bool
read_body(struct execution *x)
{
	const struct endpoints_call *call = x->call;
	const char *why = NULL;
	struct json_error err = { NULL, 0 };

	if (call->body_len == 0)
		return true;
	if (*call->content_type == '\0' || is_type(call->content_type, "application/json", "+json")) {
		x->json = json_parse(x->arena, call->body, call->body_len, &err);
		if (x->json == NULL)
			handler_refuse(x, 400, "The body is not right: line %zu: %s", err.line, err.what);
		else if (json_type(x->json) != JSON_OBJECT)
			handler_refuse(x, 400, "The body must be a JSON object");
		return json_type(x->json) == JSON_OBJECT;
	}
	if (is_type(call->content_type, "application/xml", "+xml") || strcmp(call->content_type, "text/xml") == 0) {
		x->xml = xml_parse(x->arena, call->body, call->body_len, &why);
		if (x->xml == NULL)
			handler_refuse(x, 400, "The body is not right: %s", why);
		return x->xml != NULL;
	}
	handler_refuse(x, 415, "The body must be application/json or application/xml");
	return false;
}

/* --- what is asked --- */

static const struct action *
find_action(const struct mapping *m, const char *method)
{
	for (size_t i = 0; i < MAPPING_METHODS; i++)
		if (strcmp(mapping_methods[i], method) == 0)
			return m->actions[i].handler != NULL ? &m->actions[i] : NULL;
	return NULL;
}

static void
limit(struct execution *x)
{
	refuse_as(x->arena, x->answer, 429, "RateLimit", "Please try again later");
}

static bool
find_devices(struct execution *x)
{
	struct json *all;
	enum store_result r = device_ids(x->context->store, x->arena, x->grant.user, &all);

	if (r != STORE_OK)
		return handler_fail(x, r), false;
	x->devices = grant_devices(x->arena, &x->grant, all);
	return true;
}

static bool
may(const struct execution *x, bool controls)
{
	return grant_has_scope(&x->grant, WEBAPP_SCOPE) ? true : !controls && grant_has_scope(&x->grant, "devices:read");
}

/* The installation is the token's, and may be called: which of its addresses, and what is to be done? */
static void
execute(struct execution *x)
{
	struct json *variables;
	const struct mapping *m = mapping_find(x->arena, x->app, x->call->path, &variables);

	if (m == NULL) {
		handler_refuse(x, 404, "Not Found");
		return;
	}
	const struct action *action = find_action(m, x->call->method);
	if (action == NULL) {
		if (strcmp(x->call->method, "OPTIONS") == 0)
			x->answer->status = 204;
		else
			handler_refuse(x, 405, "Method Not Allowed");
		x->answer->allow = mapping_allow(x->arena, m);
		return;
	}
	x->params = variables;
	if (!may(x, action->handler->controls))
		denied(x);
	else if (read_body(x) && find_devices(x))
		action->handler->run(x, action->spec);
}

static void
begin(struct execution *x, const struct endpoints_context *c, const struct endpoints_call *call,
    struct endpoints_answer *answer)
{
	*answer = (struct endpoints_answer){ .status = 500, .body = "", .rate = rate_fresh };
	*x = (struct execution){ .context = c, .arena = c->arena, .call = call, .answer = answer };
}

void
endpoints_call(const struct endpoints_context *c, const struct endpoints_call *call, struct endpoints_answer *answer)
{
	struct execution x;

	begin(&x, c, call, answer);
	if (!authenticate(&x))
		return;
	if (strcmp(x.grant.id, call->installation) != 0) {
		denied(&x);
		return;
	}
	answer->rate = rate_take(c->rate, x.grant.user, x.grant.id);
	if (answer->rate.allowed)
		execute(&x);
	else
		limit(&x);
}

/* A token belongs to one installation: so the list has one element, whoever else let the same app in. */
void
endpoints_list(const struct endpoints_context *c, const struct endpoints_call *call, const char *client,
    struct endpoints_answer *answer)
{
	struct arena *a = c->arena;
	struct json *list = json_array(a);
	struct execution x;

	begin(&x, c, call, answer);
	if (!authenticate(&x))
		return;
	if (client == NULL || strcmp(client, x.token.client) == 0) {
		struct json *v = json_append(a, list, json_object(a)), *who = json_object(a);
		const char *base = x.context->config->public_url, *uri = installation_uri(a, c->config, x.grant.id);
		json_set_string(a, who, "clientId", x.token.client);
		json_set(a, v, "oauthClient", who);
		json_set(a, v, "location", installation_location(a, &x.grant));
		json_set_string(a, v, "uri", uri);
		json_set_string(a, v, "base_url", base);
		json_set_string(a, v, "url", uri + strlen(base));
	}
	put(a, answer, 200, list);
}
