/* issue.c: the token endpoint (RFC 6749 3.2): one function a grant type. */
#include <string.h>

#include "app.h"
#include "token/endpoint.h"
#include "web/request.h"
#include "web/response.h"
#include "base/banned.h"

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

	if (token == NULL && c->legacy_groovy)	/* ecobee's way, which SmartThings' old apps learned */
		token = request_form(rq, "code");
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

static enum oauth_error
client_credentials(const struct token_context *x, const struct client *c, const struct request *rq,
    struct json **answer, const char **why)
{
	*why = "a scope is unknown or not registered for the client";
	return token_for_client(x, c, request_form(rq, "scope"), answer);
}

static enum oauth_error
device_code(const struct token_context *x, const struct client *c, const struct request *rq,
    struct json **answer, const char **why)
{
	const char *code = request_form(rq, "device_code");

	if (code == NULL) {
		*why = "device_code is missing";
		return OAUTH_INVALID_REQUEST;
	}
	*why = NULL;	/* the error's name says it all */
	return token_from_device_code(x, c, code, answer);
}

#define DEVICE_CODE "urn:ietf:params:oauth:grant-type:device_code"

static const struct { const char *name; grant_type run; } grant_types[] = {
	{ "authorization_code", authorization_code },
	{ "refresh_token", refresh_token },
	{ "client_credentials", client_credentials },
	{ DEVICE_CODE, device_code },
};

static enum oauth_error
run(const struct token_context *x, const struct client *c, const struct request *rq, struct json **answer,
    const char **why)
{
	const char *name = request_form(rq, "grant_type");

	for (size_t i = 0; i < sizeof(grant_types) / sizeof(grant_types[0]); i++) {
		if (strcmp(grant_types[i].name, name) != 0)
			continue;
		/* Registered by its short name. */
		if (!client_may(c, strcmp(name, DEVICE_CODE) == 0 ? "device_code" : name)) {
			*why = "the client may not use this grant type";
			return OAUTH_UNAUTHORIZED_CLIENT;
		}
		if (!token_resource_ok(x->config, request_form(rq, "resource"))) {
			*why = "there are no tokens for this resource here";
			return OAUTH_INVALID_TARGET;
		}
		return grant_types[i].run(x, c, rq, answer, why);
	}
	*why = "this grant type is not supported";
	return OAUTH_UNSUPPORTED_GRANT_TYPE;
}

void
token_issue(struct app *app, const struct request *sent, struct response *rs)
{
	struct request copy;
	const struct request *rq = endpoint_legacy(app, sent, &copy);
	const struct token_context x = endpoint_context(app, rq);
	struct json *answer = NULL;
	const char *why = NULL;
	struct client c;

	if (!endpoint_open(app, rq, rs, "grant_type", &c))
		return;
	enum oauth_error e = run(&x, &c, rq, &answer, &why);
	if (e != OAUTH_OK) {
		endpoint_error(rq, rs, e, e == OAUTH_TEMPORARILY_UNAVAILABLE ? "try again shortly" : why);
		return;
	}
	response_json(rs, 200, answer);
	response_header(rs, "Pragma", "no-cache");
}
