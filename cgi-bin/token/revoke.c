/* revoke.c: taking tokens back (RFC 7009) and asking what they are worth (RFC 7662). */
#include <string.h>

#include "app.h"
#include "base/arena.h"
#include "base/config.h"
#include "base/json.h"
#include "base/log.h"
#include "oauth/grant.h"
#include "token/endpoint.h"
#include "web/request.h"
#include "web/response.h"
#include "base/banned.h"

void
token_revoke(struct app *app, const struct request *rq, struct response *rs)
{
	const struct token_context x = endpoint_context(app, rq);
	struct client c;

	if (!endpoint_open(app, rq, rs, "token", &c))
		return;
	/* token_type_hint is a hint: both kinds are told apart by themselves (RFC 7009 2.1). */
	if (token_take_back(&x, &c, request_form(rq, "token")) == OAUTH_TEMPORARILY_UNAVAILABLE)
		endpoint_error(rq, rs, OAUTH_TEMPORARILY_UNAVAILABLE, "try again shortly");
	else
		response_json(rs, 200, json_object(rq->arena));	/* also for unknown ones (2.2) */
}

static struct json *
inactive(struct arena *a)
{
	struct json *answer = json_object(a);

	json_set_bool(a, answer, "active", false);
	return answer;
}

static struct json *
active(struct app *app, struct arena *a, const struct access_token *t)
{
	struct json *answer = json_object(a);

	json_set_bool(a, answer, "active", true);
	json_set_string(a, answer, "scope", t->scope);
	json_set_string(a, answer, "client_id", t->client);
	json_set_string(a, answer, "token_type", "Bearer");
	json_set_int(a, answer, "exp", t->expires);
	json_set_int(a, answer, "iat", t->issued);
	json_set_string(a, answer, "sub", t->subject);
	json_set_string(a, answer, "aud", app->config->oauth.audience);
	json_set_string(a, answer, "iss", app->config->public_url);
	json_set_string(a, answer, "jti", t->id);
	json_set_string(a, answer, "sid", t->grant);
	return answer;
}

void
token_introspect(struct app *app, const struct request *rq, struct response *rs)
{
	const struct token_context x = endpoint_context(app, rq);
	struct access_token t;
	struct client c;

	if (!endpoint_open(app, rq, rs, "token", &c))
		return;
	if (c.auth == CLIENT_AUTH_NONE) {	/* RFC 7662 2.1: who asks must have proven who it is */
		endpoint_error(rq, rs, OAUTH_INVALID_CLIENT, "a public client may not introspect");
		return;
	}
	enum token_verdict v = token_inspect(&x, &c, request_form(rq, "token"), &t);
	if (v == TOKEN_UNAVAILABLE)
		endpoint_error(rq, rs, OAUTH_TEMPORARILY_UNAVAILABLE, "try again shortly");
	else
		response_json(rs, 200, v == TOKEN_OK ? active(app, rq->arena, &t) : inactive(rq->arena));
}
