/* preferences.c: page after page, each answer sealed into the next, and a code at the end. */
#include "account/preferences.h"

#include <string.h>

#include "account/answers.h"
#include "account/consent.h"
#include "account/onward.h"
#include "account/visitor.h"
#include "app.h"
#include "base/arena.h"
#include "base/clock.h"
#include "base/config.h"
#include "base/json.h"
#include "base/secret.h"
#include "endpoints/subscription.h"
#include "endpoints/webapp.h"
#include "oauth/authorize_request.h"
#include "oauth/code.h"
#include "oauth/grant.h"
#include "oauth/seal.h"
#include "web/request.h"
#include "web/response.h"
#include "base/banned.h"

#define PURPOSE "preferences"
#define PAGES_KEPT 1800		/* seconds in which the pages must be answered */

/* An authorization on its way through the pages. */
struct walk {
	const struct webapp		*webapp;
	struct authorize_request	 request;
	const char			*id;	/* it is answered once */
	size_t				 page;
	struct answers			 answers;
};

/* --- asking --- */

static struct json *
frame(struct app *app, const struct request *rq, const struct visitor *v, const struct walk *w)
{
	struct arena *a = rq->arena;
	struct json *data = json_object(a), *sealed = authorize_to_json(a, &w->request);

	json_set_string(a, sealed, "id", w->id);
	json_set_string(a, sealed, "session", secret_digest(a, v->session.cookie));
	json_set_int(a, sealed, "page", (long long)w->page);
	json_set(a, sealed, "kept", json_copy(a, w->answers.kept));
	json_set_string(a, data, "request", seal_make(a, app->keyring, PURPOSE, sealed, clock_sec() + PAGES_KEPT));
	json_set_string(a, data, "carry",
	    onward_carry(app, rq, &(struct onward){ .authorize = true, .request = w->request }));
	json_set_string(a, data, "client", w->request.client.name);
	json_set_string(a, data, "about", w->request.client.about);
	json_set_string(a, data, "link", w->request.client.link);
	return data;
}

static void
show(struct app *app, const struct request *rq, struct response *rs, const struct visitor *v, const struct walk *w,
    const char *fault)
{
	struct arena *a = rq->arena;
	const struct page *p = &w->webapp->pages[w->page];
	struct json *data = frame(app, rq, v, w);

	consent_ends(app, a, data);
	json_set_bool(a, data, "may_read", true);
	json_set_bool(a, data, "may_control", strcmp(w->request.scope, WEBAPP_SCOPE) == 0);
	json_set_string(a, data, "page_title", p->title);
	json_set(a, data, "sections", answers_show(&w->answers, a, p));
	json_set_bool(a, data, "is_first", w->page == 0);
	json_set_bool(a, data, "is_later", w->page > 0);
	json_set_bool(a, data, "is_last", w->page + 1 == w->webapp->n_pages);
	json_set_bool(a, data, "goes_on", w->page + 1 < w->webapp->n_pages);
	if (w->webapp->n_pages > 1) {
		json_set_int(a, data, "step", (long long)w->page + 1);
		json_set_int(a, data, "steps", (long long)w->webapp->n_pages);
	}
	json_set_string(a, data, "fault", fault);
	visitor_page(app, rq, rs, v, fault == NULL ? 200 : 400, "preferences", data, authorize_origin(a, &w->request));
}

void
preferences_ask(struct app *app, const struct request *rq, struct response *rs, const struct visitor *v,
    const struct authorize_request *request)
{
	struct walk w = { .webapp = webapps_find(app->webapps, request->client.app), .request = *request,
	    .id = secret_token(rq->arena, 16) };

	if (w.webapp == NULL)
		visitor_error(app, rq, rs, 400, "error_app_gone", request->client.id);
	else if (answers_begin(app, rq->arena, v->session.user.id, NULL, &w.answers) != STORE_OK)
		visitor_unavailable(app, rq, rs);
	else
		show(app, rq, rs, v, &w, NULL);
}

void
preferences_refuse_redirect(struct app *app, const struct request *rq, struct response *rs,
    const struct authorize_request *request)
{
	struct arena *a = rq->arena;
	struct json *data = json_object(a);
	const char *list = "";

	for (const struct json *u = json_first(request->client.redirect_uris); u != NULL; u = json_next(u))
		list = arena_printf(a, "%s%s%s", list, *list != '\0' ? ", " : "", json_string(u));
	json_set_string(a, data, "message", arena_printf(a, "error=\"invalid_grant\", error_description=\"Invalid redirect: %s "
	    "does not match one of the registered values: [%s]\"", request->redirect_uri, list));
	visitor_page(app, rq, rs, NULL, 400, "oauth2-error", data, NULL);
}

/* --- answering --- */

static void
allow(struct app *app, const struct request *rq, struct response *rs, const struct visitor *v, const struct walk *w,
    const struct json *devices)
{
	const struct code code = { .client = w->request.client.id, .user = v->session.user.id,
	    .redirect_uri = w->request.redirect_uri, .challenge = w->request.challenge, .scope = w->request.scope,
	    .devices = devices, .preferences = w->answers.kept };
	const char *text;
	bool again = false;

	if (code_issue(app->store, rq->arena, app->config, &code, w->id, &text, &again) != STORE_OK)
		visitor_unavailable(app, rq, rs);
	else if (again)
		visitor_error(app, rq, rs, 400, "error_answered", NULL);
	else {
		visitor_note(app, rq, v, (struct activity){ .event = "authz_granted", .client = code.client });
		response_redirect(rs, authorize_answer(rq->arena, &w->request, app->config->public_url, text));
	}
}

/* Next, or Allow on the last page: what the page asked for must be there. */
static void
go_on(struct app *app, const struct request *rq, struct response *rs, const struct visitor *v, struct walk *w)
{
	if (!answers_take(&w->answers, rq, v->session.user.id, &w->webapp->pages[w->page])) {
		visitor_error(app, rq, rs, 403, "error_device", NULL);
		return;
	}
	const struct json *devices = answers_devices(&w->answers, rq->arena);
	if (json_first(devices) == NULL)
		show(app, rq, rs, v, w, "preferences_none");
	else if (json_first(w->answers.faults) != NULL)
		show(app, rq, rs, v, w, "preferences_missing");
	else if (++w->page < w->webapp->n_pages)
		show(app, rq, rs, v, w, NULL);
	else
		allow(app, rq, rs, v, w, devices);
}

static void
go_back(struct app *app, const struct request *rq, struct response *rs, const struct visitor *v, struct walk *w)
{
	if (w->page > 0)
		w->page--;
	show(app, rq, rs, v, w, NULL);
}

static void
deny(struct app *app, const struct request *rq, struct response *rs, const struct visitor *v, const struct walk *w)
{
	visitor_note(app, rq, v, (struct activity){ .event = "authz_denied", .client = w->request.client.id });
	response_redirect(rs, authorize_refusal(rq->arena, &w->request, app->config->public_url, OAUTH_ACCESS_DENIED,
	    "the owner said no"));
}

/* What was sealed into the page, if it was shown in this session and the app is still what it was. */
static bool
open_walk(struct app *app, const struct request *rq, const struct visitor *v, const struct json *data, struct walk *w)
{
	const char *session = json_get_string(data, "session");

	*w = (struct walk){ .id = json_get_string(data, "id"), .page = (size_t)json_get_int(data, "page", 0) };
	if (session == NULL || w->id == NULL || strcmp(session, secret_digest(rq->arena, v->session.cookie)) != 0 ||
	    !authorize_from_json(app->store, rq->arena, data, &w->request))
		return false;
	w->webapp = webapps_find(app->webapps, w->request.client.app);
	return w->webapp != NULL && w->page < w->webapp->n_pages;
}

bool
preferences_answer(struct app *app, const struct request *rq, struct response *rs, const struct visitor *v)
{
	static const struct {
		const char *word;
		void (*act)(struct app *, const struct request *, struct response *, const struct visitor *, struct walk *);
	} acts[] = { { "allow", go_on }, { "next", go_on }, { "back", go_back } };
	const struct json *data = seal_open(rq->arena, app->keyring, PURPOSE, request_form(rq, "request"), clock_sec());
	const char *decision = request_form(rq, "decision");
	struct walk w;

	if (data == NULL)
		return false;
	if (!open_walk(app, rq, v, data, &w)) {
		visitor_error(app, rq, rs, 403, "error_page_old", NULL);
		return true;
	}
	if (decision != NULL && strcmp(decision, "deny") == 0) {
		deny(app, rq, rs, v, &w);
		return true;
	}
	if (answers_begin(app, rq->arena, v->session.user.id, json_get(data, "kept"), &w.answers) != STORE_OK) {
		visitor_unavailable(app, rq, rs);
		return true;
	}
	for (size_t i = 0; i < sizeof(acts) / sizeof(acts[0]); i++)
		if (decision != NULL && strcmp(decision, acts[i].word) == 0) {
			acts[i].act(app, rq, rs, v, &w);
			return true;
		}
	show(app, rq, rs, v, &w, "consent_undecided");
	return true;
}

/* --- an app that is in --- */

bool
preferences_of(const struct app *app, const struct grant *g)
{
	return app->webapps != NULL && webapps_of_client(app->webapps, g->client) != NULL;
}

static void
show_link(struct app *app, const struct request *rq, struct response *rs, const struct visitor *v, const struct grant *g,
    const struct answers *answers, const char *fault)
{
	const struct webapp *webapp = webapps_of_client(app->webapps, g->client);
	struct arena *a = rq->arena;
	struct json *data = json_object(a), *link = json_set(a, data, "link", json_object(a));
	struct json *pages = json_set(a, data, "pages", json_array(a));

	json_set_string(a, link, "id", g->id);
	json_set_string(a, link, "client", webapp->display_name);
	for (size_t i = 0; i < webapp->n_pages; i++) {
		struct json *p = json_append(a, pages, json_object(a));
		json_set_string(a, p, "page_title", webapp->pages[i].title);
		json_set(a, p, "sections", answers_show(answers, a, &webapp->pages[i]));
	}
	json_set_string(a, data, "title", "title_link");
	json_set_string(a, data, "fault", fault);
	visitor_page(app, rq, rs, v, fault == NULL ? 200 : 400, "link-preferences", data, NULL);
}

void
preferences_show_link(struct app *app, const struct request *rq, struct response *rs, const struct visitor *v,
    const struct grant *g)
{
	struct answers answers;

	if (answers_begin(app, rq->arena, g->user, g->preferences, &answers) == STORE_OK)
		show_link(app, rq, rs, v, g, &answers, NULL);
	else
		visitor_unavailable(app, rq, rs);
}

bool
preferences_save_link(struct app *app, const struct request *rq, struct response *rs, const struct visitor *v,
    const struct grant *g)
{
	const struct webapp *webapp = webapps_of_client(app->webapps, g->client);
	struct answers answers;

	if (answers_begin(app, rq->arena, g->user, g->preferences, &answers) != STORE_OK) {
		visitor_unavailable(app, rq, rs);
		return false;
	}
	for (size_t i = 0; i < webapp->n_pages; i++)
		if (!answers_take(&answers, rq, g->user, &webapp->pages[i])) {
			visitor_error(app, rq, rs, 403, "error_device", NULL);
			return false;
		}
	const struct json *devices = answers_devices(&answers, rq->arena);
	if (json_first(devices) == NULL || json_first(answers.faults) != NULL) {
		show_link(app, rq, rs, v, g, &answers, json_first(devices) == NULL ? "preferences_none" : "preferences_missing");
		return false;
	}
	enum store_result r = grant_prefer(app->store, rq->arena, g->user, g->id, devices, answers.kept);
	if (r == STORE_OK)
		r = subscription_prune(app->store, rq->arena, g->user, g->id);
	if (r != STORE_OK && r != STORE_ABSENT) {
		visitor_unavailable(app, rq, rs);
		return false;
	}
	return true;
}
