/* visitor.c: cookies, form tokens and the frame of every page. */
#include "account/visitor.h"

#include <string.h>

#include "account/agent.h"
#include "app.h"
#include "base/arena.h"
#include "base/clock.h"
#include "base/config.h"
#include "base/json.h"
#include "base/secret.h"
#include "oauth/seal.h"
#include "oauth/second_factor.h"
#include "web/cookie.h"
#include "web/origin.h"
#include "web/page.h"
#include "web/request.h"
#include "web/response.h"
#include "base/banned.h"

#define FORM_COOKIE "gatehouse-form"
#define KNOWN_COOKIE "gatehouse-known"
#define KNOWN_KEPT (90 * 86400)	/* seconds that a browser is known after a login */

bool
visitor_secure(const struct app *app)
{
	return origin_is_secure(app->config);
}

/* Somebody without a session needs a secret of their own, or another site could log them in as somebody else. */
static const char *
form_cookie(struct app *app, const struct request *rq, struct response *rs)
{
	const char *name = cookie_name(rq, FORM_COOKIE, visitor_secure(app)), *value = cookie_get(rq, name);

	if (value == NULL) {
		value = secret_token(rq->arena, 16);
		cookie_set(rs, name, value, visitor_secure(app), 0);
	}
	return value;
}

struct visitor
visitor_find(struct app *app, const struct request *rq, struct response *rs)
{
	struct visitor v = { 0 };
	const char *cookie = cookie_get(rq, cookie_name(rq, SESSION_COOKIE, visitor_secure(app)));
	enum store_result r = session_find(app->store, rq->arena, app->config, cookie, &v.session);

	app_refresh(app);
	/* Where a second factor has become a must, whoever has none must sign in anew, and make one there. */
	if (r == STORE_OK && !v.session.user.second_factor && second_factor_required(app->config))
		r = STORE_ABSENT;
	v.signed_in = r == STORE_OK;
	v.unavailable = r != STORE_OK && r != STORE_ABSENT;
	v.csrf = seal_form_token(rq->arena, app->keyring, v.signed_in ? cookie : form_cookie(app, rq, rs));
	return v;
}

/* --- forms --- */

bool
visitor_believed(struct app *app, const struct request *rq, const struct visitor *v, const char *token)
{
	if (token != NULL && secret_text_equal(token, v->csrf) && origin_is_ours(app->config, rq))
		return true;
	activity_log(&(struct activity){ .event = "malicious_csrf", .detail = rq->path, .remote = rq->remote,
	    .user = v->signed_in ? v->session.user.id : NULL });
	return false;
}

bool
visitor_form_ok(struct app *app, const struct request *rq, struct response *rs, const struct visitor *v)
{
	if (visitor_believed(app, rq, v, request_form(rq, "csrf")))
		return true;
	visitor_error(app, rq, rs, 403, "error_form", NULL);
	return false;
}

/* --- sessions --- */

static void
remember(struct app *app, const struct request *rq, struct response *rs, const char *user)
{
	struct json *data = json_object(rq->arena);

	json_set_string(rq->arena, data, "user", user);
	cookie_set(rs, cookie_name(rq, KNOWN_COOKIE, visitor_secure(app)),
	    seal_make(rq->arena, app->keyring, "known", data, clock_sec() + KNOWN_KEPT), visitor_secure(app), KNOWN_KEPT);
}

bool
visitor_known(struct app *app, const struct request *rq, const char *user)
{
	const char *cookie = cookie_get(rq, cookie_name(rq, KNOWN_COOKIE, visitor_secure(app)));
	const char *known = json_get_string(seal_open(rq->arena, app->keyring, "known", cookie, clock_sec()), "user");

	return user != NULL && known != NULL && strcmp(known, user) == 0;
}

bool
visitor_sign_in(struct app *app, const struct request *rq, struct response *rs, const struct user *u)
{
	struct session s;
	bool secure = visitor_secure(app);

	const char *agent = agent_rough(rq->arena, request_header(rq, "User-Agent"));
	if (session_begin(app->store, rq->arena, app->config, u, agent, rq->remote, &s) != STORE_OK)
		return false;
	/* What was known before the login counts no more: neither an older session nor the form's secret. */
	const char *old = cookie_get(rq, cookie_name(rq, SESSION_COOKIE, secure));
	if (old != NULL)
		session_end(app->store, rq->arena, old);
	cookie_set(rs, cookie_name(rq, SESSION_COOKIE, secure), s.cookie, secure, app->config->oauth.session_max_ttl);
	cookie_set(rs, cookie_name(rq, FORM_COOKIE, secure), "", secure, -1);
	remember(app, rq, rs, u->id);
	if (u->language != NULL)
		visitor_language(app, rs, u->language);
	return true;
}

void
visitor_language(struct app *app, struct response *rs, const char *language)
{
	cookie_set(rs, PAGE_LANGUAGE_COOKIE, language != NULL ? language : "", visitor_secure(app),
	    language != NULL ? KNOWN_KEPT : -1);
}

void
visitor_sign_out(struct app *app, const struct request *rq, struct response *rs, const struct visitor *v)
{
	bool secure = visitor_secure(app);

	if (v->signed_in)
		session_end(app->store, rq->arena, v->session.cookie);
	cookie_set(rs, cookie_name(rq, SESSION_COOKIE, secure), "", secure, -1);
}

void
visitor_note(struct app *app, const struct request *rq, const struct visitor *v, struct activity e)
{
	if (e.user == NULL && v != NULL && v->signed_in)
		e.user = v->session.user.id;
	e.remote = rq->remote;
	e.request = rq->id;
	activity_note(app->store, rq->arena, &e);
}

/* --- pages --- */

/* The owner's pages, and the one of the menu that each belongs to. Pages of a linking in progress lead nowhere else. */
static const char *
place_of(const char *name)
{
	static const char *const places[][2] = {
		{ "home", "at_devices" }, { "devices", "at_devices" }, { "device-one", "at_devices" }, { "device-new", "at_devices" },
		{ "device-delete", "at_devices" }, { "links", "at_links" }, { "link", "at_links" },
		{ "link-preferences", "at_links" }, { "activity", "at_activity" }, { "account", "at_account" },
		{ "second-factor", "at_account" }, { "recovery-codes", "at_account" },
		{ "operator", "at_operator" }, { "connect", "at_links" }, { "connect-vendor", "at_links" },
		{ "nodeservers", "at_nodeservers" }, { "nodeserver", "at_nodeservers" },
		{ "connect-link", "at_links" }, { "connect-devices", "at_links" }, { "connect-done", "at_links" },
	};

	for (size_t i = 0; i < sizeof(places) / sizeof(places[0]); i++)
		if (strcmp(places[i][0], name) == 0)
			return places[i][1];
	return NULL;
}

void
visitor_page(struct app *app, const struct request *rq, struct response *rs, const struct visitor *v, int status,
    const char *name, struct json *data, const char *send_to)
{
	struct arena *a = rq->arena;
	const char *place = place_of(name);

	if (v != NULL) {
		json_set_string(a, data, "csrf", v->csrf);
		json_set_bool(a, data, "signed_in", v->signed_in);
		json_set_string(a, data, "user", v->signed_in ? v->session.user.name : NULL);
		json_set_bool(a, data, "nav", v->signed_in && place != NULL);
		if (place != NULL)
			json_set_bool(a, data, place, true);
		json_set_bool(a, data, "is_operator", v->signed_in && v->session.user.is_operator);
		if (v->signed_in && v->session.user.language != NULL)
			json_set_string(a, data, "lang", v->session.user.language);
	}
	if (json_get(data, "title") == NULL)
		json_set_string(a, data, "title", arena_printf(a, "title_%s", name));
	json_set_string(a, data, "base", visitor_base(app));
	json_set_bool(a, data, "simulator", app->config->simulator);
	page_respond(app->pages, rq, rs, status, name, data, send_to, visitor_secure(app));
}

void
visitor_error(struct app *app, const struct request *rq, struct response *rs, int status, const char *text,
    const char *refused)
{
	struct json *data = json_object(rq->arena);

	json_set_string(rq->arena, data, "title", "error_title");
	json_set_string(rq->arena, data, "message", text);
	json_set_string(rq->arena, data, "refused", refused);
	json_set_string(rq->arena, data, "request_id", rq->id);
	visitor_page(app, rq, rs, NULL, status, "error", data, NULL);
}

void
visitor_wait(struct app *app, const struct request *rq, struct response *rs, int64_t seconds)
{
	visitor_error(app, rq, rs, 429, "error_wait", arena_printf(rq->arena, "%lld s", (long long)seconds));
	response_header(rs, "Retry-After", arena_printf(rq->arena, "%lld", (long long)seconds));
}

void
visitor_unavailable(struct app *app, const struct request *rq, struct response *rs)
{
	visitor_error(app, rq, rs, 503, "error_unavailable", NULL);
	response_header(rs, "Retry-After", "5");
}

void
visitor_refuse(struct app *app, const struct request *rq, struct response *rs, int status, const char *why)
{
	static const struct { int status; const char *text; } texts[] = {
		{ 404, "error_404" }, { 405, "error_405" }, { 413, "error_413" },
	};
	const char *text = "error_400";

	(void)why;
	for (size_t i = 0; i < sizeof(texts) / sizeof(texts[0]); i++)
		if (texts[i].status == status)
			text = texts[i].text;
	visitor_error(app, rq, rs, status, text, NULL);
}

const char *
visitor_base(const struct app *app)
{
	return origin_base(app->config);
}
