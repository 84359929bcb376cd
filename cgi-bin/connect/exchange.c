/* exchange.c: a cookie or an access token, never both. */
#include "connect/exchange.h"

#include <string.h>
#include <strings.h>

#include "account/visitor.h"
#include "app.h"
#include "base/arena.h"
#include "base/json.h"
#include "oauth/grant.h"
#include "oauth/token.h"
#include "web/page.h"
#include "web/request.h"
#include "web/response.h"
#include "base/banned.h"

void
exchange_refuse(const struct exchange *e, int status, const char *error, const char *text)
{
	struct json *v = json_object(e->rq->arena);

	json_set_string(e->rq->arena, v, "error", error);
	json_set_string(e->rq->arena, v, "error_description", page_text(e->app->pages, page_language(e->app->pages, e->rq), text));
	response_json(e->rs, status, v);
	if (status == 503)
		response_header(e->rs, "Retry-After", "5");
}

void
exchange_unavailable(const struct exchange *e)
{
	exchange_refuse(e, 503, "unavailable", "error_unavailable");
}

/* A token says it all: no page of another site can send one along, so it needs no form token. (RFC 6750 3.1 for the answers.) */
static bool
by_token(struct exchange *e, const char *text)
{
	const struct token_context x = { e->app->config, e->app->store, e->app->keyring, e->rq->arena };
	struct access_token t;
	struct grant g;
	enum token_verdict v = token_verify(&x, text, &t, &g);

	if (v == TOKEN_UNAVAILABLE)
		exchange_unavailable(e);
	else if (v != TOKEN_OK) {
		exchange_refuse(e, 401, "invalid_token", "fault_token");
		response_header(e->rs, "WWW-Authenticate", "Bearer error=\"invalid_token\"");
	} else if (!grant_has_scope(&g, LINKS_SCOPE)) {
		exchange_refuse(e, 403, "insufficient_scope", "fault_scope");
		response_header(e->rs, "WWW-Authenticate", "Bearer error=\"insufficient_scope\", scope=\"" LINKS_SCOPE "\"");
	} else {
		e->user = g.user;
		return true;
	}
	return false;
}

static bool
by_cookie(struct exchange *e)
{
	struct visitor v = visitor_find(e->app, e->rq, e->rs);

	e->user = v.session.user.id;
	if (v.unavailable)
		exchange_unavailable(e);
	else if (!v.signed_in)
		exchange_refuse(e, 401, "login", "fault_login");
	else if (strcmp(e->rq->method, "GET") != 0 && !visitor_believed(e->app, e->rq, &v, request_header(e->rq, "X-CSRF-Token")))
		exchange_refuse(e, 403, "form", "error_form");
	else
		return true;
	return false;
}

bool
exchange_begin(struct exchange *e, struct app *app, const struct request *rq, struct response *rs)
{
	const char *header = request_header(rq, "Authorization");

	*e = (struct exchange){ .app = app, .rq = rq, .rs = rs };
	if (rq->body_len > 0)
		e->body = json_parse(rq->arena, rq->body, rq->body_len, NULL);
	if (!(header != NULL && strncasecmp(header, "Bearer ", 7) == 0 ? by_token(e, header + 7) : by_cookie(e)))
		return false;
	if (rq->body_len == 0 || json_type(e->body) == JSON_OBJECT)
		return true;
	exchange_refuse(e, 400, "json", "fault_json");
	return false;
}
