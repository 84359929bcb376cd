/* token.c: the token endpoint (RFC 6749 3.2), server metadata (RFC 8414) and the public keys (RFC 7517). */
#include <string.h>

#include "app.h"
#include "base/arena.h"
#include "base/config.h"
#include "base/json.h"
#include "base/log.h"
#include "oauth/client.h"
#include "oauth/client_auth.h"
#include "oauth/error.h"
#include "oauth/keyring.h"
#include "oauth/token.h"
#include "web/form.h"
#include "web/request.h"
#include "web/response.h"
#include "web/serve.h"
#include "base/banned.h"

#define MAX_BODY 65536

static void
answer_error(const struct request *rq, struct response *rs, enum oauth_error e, const char *description)
{
	response_json(rs, oauth_error_status(e), oauth_error_json(rq->arena, e, description));
	response_header(rs, "Pragma", "no-cache");
	if (e == OAUTH_INVALID_CLIENT)
		response_header(rs, "WWW-Authenticate", "Basic realm=\"gatehouse\", charset=\"UTF-8\"");
	if (e == OAUTH_TEMPORARILY_UNAVAILABLE)
		response_header(rs, "Retry-After", "5");
}

static void
refuse(struct app *app, const struct request *rq, struct response *rs, int status, const char *why)
{
	(void)app;
	response_json(rs, status, oauth_error_json(rq->arena, OAUTH_INVALID_REQUEST, why));
}

/* RFC 6749 3.2: parameters must not stand twice. The name of one that does; NULL if none does. */
static const char *
repeated(const struct pair *list)
{
	for (const struct pair *p = list; p != NULL; p = p->next)
		if (form_count(p->next, p->name) > 0)
			return p->name;
	return NULL;
}

/* --- one function a grant type --- */

typedef enum oauth_error (*grant_type)(const struct token_context *, const struct client *, const struct request *,
    struct json **answer, const char **why);

static enum oauth_error
authorization_code(const struct token_context *x, const struct client *c, const struct request *rq,
    struct json **answer, const char **why)
{
	const char *code = request_form(rq, "code");

	if (code == NULL) {
		*why = "code is missing";
		return OAUTH_INVALID_REQUEST;
	}
	*why = "the code is unknown, used, expired, or belongs to another client, redirect_uri or code_verifier";
	return token_from_code(x, c, code, request_form(rq, "redirect_uri"), request_form(rq, "code_verifier"), answer);
}

static enum oauth_error
refresh_token(const struct token_context *x, const struct client *c, const struct request *rq,
    struct json **answer, const char **why)
{
	const char *token = request_form(rq, "refresh_token");

	if (token == NULL) {
		*why = "refresh_token is missing";
		return OAUTH_INVALID_REQUEST;
	}
	*why = "the refresh token is unknown, used, expired, revoked, or belongs to another client";
	enum oauth_error e = token_from_refresh(x, c, token, request_form(rq, "scope"), answer);
	if (e == OAUTH_INVALID_SCOPE)
		*why = "the scope is wider than what was granted";
	return e;
}

static const struct { const char *name; grant_type run; } grant_types[] = {
	{ "authorization_code", authorization_code },
	{ "refresh_token", refresh_token },
};

static enum oauth_error
run_grant(const struct token_context *x, const struct client *c, const struct request *rq, struct json **answer,
    const char **why)
{
	const char *name = request_form(rq, "grant_type");

	for (size_t i = 0; i < sizeof(grant_types) / sizeof(grant_types[0]); i++) {
		if (strcmp(grant_types[i].name, name) != 0)
			continue;
		if (!client_may(c, name)) {
			*why = "the client may not use this grant type";
			return OAUTH_UNAUTHORIZED_CLIENT;
		}
		return grant_types[i].run(x, c, rq, answer, why);
	}
	*why = "this grant type is not supported";
	return OAUTH_UNSUPPORTED_GRANT_TYPE;
}

/* What is wrong with the request whoever sends it; NULL if nothing is. */
static const char *
form_fault(const struct request *rq)
{
	const char *twice;

	if (strcmp(rq->content_type, "application/x-www-form-urlencoded") != 0)
		return "the body must be application/x-www-form-urlencoded";
	if ((twice = repeated(rq->form)) != NULL)
		return arena_printf(rq->arena, "a parameter stands twice: %.40s", twice);
	if (request_form(rq, "grant_type") == NULL)
		return "grant_type is missing";
	return NULL;
}

static void
token(struct app *app, const struct request *rq, struct response *rs)
{
	const struct client_credentials given = {
		request_header(rq, "Authorization"), request_form(rq, "client_id"), request_form(rq, "client_secret"),
	};
	const struct token_context x = { app->config, app->store, app->keyring, rq->arena };
	const char *why = form_fault(rq);
	struct json *answer = NULL;
	struct client c;
	enum oauth_error e = OAUTH_INVALID_REQUEST;

	if (why == NULL && (e = client_authenticate(app->store, rq->arena, &given, &c)) == OAUTH_INVALID_REQUEST)
		why = "the client is named twice in ways that do not agree or that it may not mix";
	else if (e == OAUTH_INVALID_CLIENT) {
		why = "the client is unknown or its credentials are wrong";
		log_event(LOG_LEVEL_WARN, "client_refused", "remote=%s", rq->remote);
	} else if (e == OAUTH_OK)
		e = run_grant(&x, &c, rq, &answer, &why);
	if (e != OAUTH_OK) {
		answer_error(rq, rs, e, e == OAUTH_TEMPORARILY_UNAVAILABLE ? "try again shortly" : why);
		return;
	}
	response_json(rs, 200, answer);
	response_header(rs, "Pragma", "no-cache");
}

/* --- public documents --- */

static void
publish(struct response *rs, const struct json *document)
{
	const char *text = json_print(rs->arena, document);

	response_body(rs, 200, "application/json", text, strlen(text));
	response_cache(rs, "public, max-age=3600");
	response_header(rs, "Access-Control-Allow-Origin", "*");
}

static struct json *
words(struct arena *a, const char *const *list)
{
	struct json *array = json_array(a);

	for (; *list != NULL; list++)
		json_append_string(a, array, *list);
	return array;
}

static void
metadata(struct app *app, const struct request *rq, struct response *rs)
{
	static const struct { const char *name, *path; } urls[] = {
		{ "authorization_endpoint", "/authorize" }, { "token_endpoint", "/token" },
		{ "jwks_uri", "/.well-known/jwks.json" },
	};
	static const struct { const char *name, *values[4]; } lists[] = {
		{ "scopes_supported", { "devices:read", "devices:control" } },
		{ "response_types_supported", { "code" } },
		{ "response_modes_supported", { "query" } },
		{ "grant_types_supported", { "authorization_code", "refresh_token" } },
		{ "token_endpoint_auth_methods_supported", { "client_secret_basic", "client_secret_post", "none" } },
		{ "code_challenge_methods_supported", { "S256" } },
		{ "ui_locales_supported", { "en", "ko" } },
	};
	struct arena *a = rq->arena;
	struct json *m = json_object(a);

	json_set_string(a, m, "issuer", app->config->public_url);
	for (size_t i = 0; i < sizeof(urls) / sizeof(urls[0]); i++)
		json_set_string(a, m, urls[i].name, arena_printf(a, "%s%s", app->config->public_url, urls[i].path));
	for (size_t i = 0; i < sizeof(lists) / sizeof(lists[0]); i++)
		json_set(a, m, lists[i].name, words(a, lists[i].values));
	json_set_bool(a, m, "authorization_response_iss_parameter_supported", true);
	publish(rs, m);
}

static void
jwks(struct app *app, const struct request *rq, struct response *rs)
{
	publish(rs, keyring_jwks(rq->arena, app->keyring));
}

int
main(void)
{
	static const struct route routes[] = {
		{ "/token", "POST", token, refuse },
		{ "/oauth/token", "POST", token, refuse },
		{ "/.well-known/oauth-authorization-server", "GET", metadata, refuse },
		{ "/.well-known/jwks.json", "GET", jwks, refuse },
		{ NULL, NULL, NULL, serve_refuse_json },
	};
	static const struct program program = { "token", routes, MAX_BODY };
	struct app app;

	app_open(&app, program.name, NULL, APP_STORE | APP_KEYS);
	int rc = serve(&program, &app);
	app_close(&app);
	return rc;
}
