/* login.c: out to the vendor and back. */
#include "connect/login.h"

#include <string.h>

#include "account/visitor.h"
#include "app.h"
#include "base/arena.h"
#include "base/buf.h"
#include "base/clock.h"
#include "base/config.h"
#include "base/json.h"
#include "base/text.h"
#include "link/connector.h"
#include "link/link.h"
#include "link/login.h"
#include "oauth/seal.h"
#include "web/form.h"
#include "web/request.h"
#include "web/response.h"
#include "base/banned.h"

#define PURPOSE		"link-login"
#define EXTRA_MAX	2048	/* bytes of further parameters that are kept */
#define FINISH_MS	8000	/* all calls to the vendor: somebody is waiting */
#define SHOWN_MAX	100	/* bytes of a vendor's word that a page shows */

const char *
login_address(struct app *app, struct arena *a, const struct link *l)
{
	struct json *data = json_object(a);
	char *query = form_add(a, "", "appId", l->id);

	json_set_string(a, data, "user", l->user);
	json_set_string(a, data, "link", l->id);
	query = form_add(a, query, "access_token", seal_make(a, app->keyring, PURPOSE, data, clock_sec() + LOGIN_LIFE));
	query = form_add(a, query, "apiServerUrl", app->config->public_url);
	return arena_printf(a, "%s/oauth/initialize?%s", visitor_base(app), query);
}

/* --- out --- */

/* Whatever else came with the request is kept beside the state. NULL if it is too much. */
static const struct json *
extra_of(const struct request *rq)
{
	struct json *extra = json_object(rq->arena);

	for (const struct pair *p = rq->query; p != NULL; p = p->next)
		if (strcmp(p->name, "appId") != 0 && strcmp(p->name, "access_token") != 0 && strcmp(p->name, "apiServerUrl") != 0)
			json_set_string(rq->arena, extra, p->name, p->value);
	return strlen(json_print(rq->arena, extra)) <= EXTRA_MAX ? extra : NULL;
}

/* The three parameters, each there once and right. False: the answer is made. */
static bool
initialize_ok(struct app *app, const struct request *rq, struct response *rs, const struct json **token)
{
	static const char *const needed[] = { "appId", "access_token", "apiServerUrl" };

	for (size_t i = 0; i < sizeof(needed) / sizeof(needed[0]); i++)
		if (request_query(rq, needed[i]) == NULL) {
			visitor_error(app, rq, rs, 400, "connect_missing", needed[i]);
			return false;
		}
	if (strcmp(request_query(rq, "apiServerUrl"), app->config->public_url) != 0) {
		visitor_error(app, rq, rs, 400, "connect_server", "apiServerUrl");
		return false;
	}
	*token = seal_open(rq->arena, app->keyring, PURPOSE, request_query(rq, "access_token"), clock_sec());
	if (*token == NULL || strcmp(json_get_string(*token, "link"), request_query(rq, "appId")) != 0) {
		visitor_error(app, rq, rs, 403, "connect_token", NULL);
		return false;
	}
	return true;
}

void
login_initialize(struct app *app, const struct request *rq, struct response *rs)
{
	struct visitor v = visitor_find(app, rq, rs);
	const struct json *token;
	const struct connector *c = NULL;
	struct link l;
	char *url;

	if (!initialize_ok(app, rq, rs, &token))
		return;
	const struct login login = { .user = json_get_string(token, "user"), .link = json_get_string(token, "link"),
	    .session = v.signed_in ? v.session.id : NULL, .extra = extra_of(rq) };
	enum store_result r = link_find(app->store, rq->arena, login.user, login.link, &l);
	if (v.unavailable || (r != STORE_OK && r != STORE_ABSENT)) {
		visitor_unavailable(app, rq, rs);
		return;
	}
	if (r == STORE_OK)
		c = connectors_find(app->links->connectors, l.connector);
	/* An address alone must not tie a stranger's login to somebody's link: it counts for its owner's browser only. */
	if (!v.signed_in || strcmp(v.session.user.id, login.user) != 0)
		visitor_error(app, rq, rs, 403, "connect_session", NULL);
	else if (c == NULL)
		visitor_error(app, rq, rs, 404, "connect_gone", NULL);
	else if (login.extra == NULL)
		visitor_error(app, rq, rs, 400, "error_400", NULL);
	else if (login_begin(app->links, rq->arena, c, &login, &url) != STORE_OK)
		visitor_unavailable(app, rq, rs);
	else {
		response_redirect(rs, url);
		rs->status = 302;
		response_header(rs, "Referrer-Policy", "no-referrer");
	}
}

/* --- and back --- */

static void
fail(struct app *app, const struct request *rq, struct response *rs, const char *why, const char *refused)
{
	const char *shown = refused != NULL ? arena_strndup(rq->arena, refused, (size_t)text_cut(refused, SHOWN_MAX)) : NULL;

	visitor_error(app, rq, rs, 400, why, shown);
}

/* A state that was found: is it this browser's, and did the vendor say yes? */
static void
finish(struct app *app, const struct request *rq, struct response *rs, const struct visitor *v, const struct login *login)
{
	const char *code = request_query(rq, "code"), *error = request_query(rq, "error"), *refused, *why;
	struct json *data = json_object(rq->arena);

	if (!v->signed_in || login->session == NULL || strcmp(v->session.id, login->session) != 0) {
		visitor_error(app, rq, rs, 403, "connect_session", NULL);
		return;
	}
	if (error != NULL || code == NULL) {
		fail(app, rq, rs, error != NULL && strcmp(error, "access_denied") == 0 ? "connect_denied" : "connect_failed", error);
		return;
	}
	if ((why = login_finish(app->links, rq->arena, login, code, request_query(rq, "iss"), FINISH_MS, &refused)) != NULL) {
		fail(app, rq, rs, why, refused);
		return;
	}
	json_set_string(rq->arena, data, "link", login->link);
	visitor_page(app, rq, rs, v, 200, "connect-done", data, NULL);
}

void
login_callback(struct app *app, const struct request *rq, struct response *rs)
{
	struct visitor v = visitor_find(app, rq, rs);
	const char *state = request_query(rq, "state");
	struct login login;

	response_header(rs, "Referrer-Policy", "no-referrer");
	if (v.unavailable) {
		visitor_unavailable(app, rq, rs);
		return;
	}
	enum store_result r = state != NULL ? login_take(app->store, rq->arena, state, &login) : STORE_ABSENT;
	if (r == STORE_ABSENT)
		fail(app, rq, rs, "connect_state", NULL);
	else if (r != STORE_OK)
		visitor_unavailable(app, rq, rs);
	else
		finish(app, rq, rs, &v, &login);
}
