/* consent.c: check, ask, answer. Only the request that was sealed into the page counts, whatever the form says. */
#include "account/consent.h"

#include <string.h>

#include "account/choice.h"
#include "account/moment.h"
#include "account/preferences.h"
#include "account/onward.h"
#include "account/signin.h"
#include "account/visitor.h"
#include "app.h"
#include "base/arena.h"
#include "base/clock.h"
#include "base/config.h"
#include "base/json.h"
#include "base/secret.h"
#include "base/text.h"
#include "device/device.h"
#include "oauth/authorize_request.h"
#include "oauth/code.h"
#include "oauth/seal.h"
#include "oauth/token.h"
#include "web/form.h"
#include "web/request.h"
#include "web/response.h"
#include "base/banned.h"

#define PAGE_KEPT 900	/* seconds in which the page must be answered */

/* A consent page as it comes back. */
struct consent {
	const char			*id;	/* each page is answered once */
	struct authorize_request	 request;
};

/* --- asking --- */

void
consent_ends(const struct app *app, struct arena *a, struct json *data)
{
	int64_t soon = clock_ms() + 60000;	/* so that 180 days are not "in 179 days" a moment later */

	json_set(a, data, "ends", moment(a, soon + (int64_t)app->config->oauth.refresh_max_ttl * 1000));
	json_set(a, data, "ends_unused", moment(a, soon + (int64_t)app->config->oauth.refresh_idle_ttl * 1000));
}

static void
show(struct app *app, const struct request *rq, struct response *rs, const struct visitor *v,
    const struct authorize_request *request, const char *fault)
{
	struct arena *a = rq->arena;
	struct json *devices, *data = json_object(a), *sealed = authorize_to_json(a, request);

	if (choice_list(app, a, v->session.user.id, fault != NULL ? json_array(a) : NULL, &devices) != STORE_OK) {
		visitor_unavailable(app, rq, rs);
		return;
	}
	json_set_string(a, sealed, "id", secret_token(a, 16));
	json_set_string(a, sealed, "session", secret_digest(a, v->session.cookie));
	json_set_string(a, data, "request", seal_make(a, app->keyring, "consent", sealed, clock_sec() + PAGE_KEPT));
	json_set_string(a, data, "carry", onward_carry(app, rq, &(struct onward){ .authorize = true, .request = *request }));
	json_set_string(a, data, "client", request->client.name);
	json_set_string(a, data, "about", request->client.about);
	json_set_string(a, data, "link", request->client.link);
	json_set_bool(a, data, "may_read", strstr(request->scope, "devices:read") != NULL);
	json_set_bool(a, data, "may_control", strstr(request->scope, "devices:control") != NULL);
	json_set_bool(a, data, "may_links", text_list_has(request->scope, " ", "links"));
	consent_ends(app, a, data);
	json_set(a, data, "devices", devices);
	json_set_string(a, data, "fault", fault);
	visitor_page(app, rq, rs, v, fault == NULL ? 200 : 400, "consent", data, authorize_origin(a, request));
}

/* --- answering --- */

/* The page that this form belongs to, if it was shown in this session and is not too old. */
static bool
open_page(struct app *app, const struct request *rq, const struct visitor *v, struct consent *c)
{
	struct json *data = seal_open(rq->arena, app->keyring, "consent", request_form(rq, "request"), clock_sec());
	const char *session = json_get_string(data, "session");

	c->id = json_get_string(data, "id");
	return session != NULL && c->id != NULL &&
	    strcmp(session, secret_digest(rq->arena, v->session.cookie)) == 0 &&
	    authorize_from_json(app->store, rq->arena, data, &c->request);
}

static void
allow(struct app *app, const struct request *rq, struct response *rs, const struct visitor *v, const struct consent *c)
{
	const char *text, *user = v->session.user.id;
	bool again = false;
	struct json *all, *devices;

	if (device_ids(app->store, rq->arena, user, &all) != STORE_OK) {
		visitor_unavailable(app, rq, rs);
		return;
	}
	if ((devices = choice_made(rq, user, all)) == NULL) {
		visitor_error(app, rq, rs, 403, "error_device", NULL);
		return;
	}
	bool include_new = request_form(rq, "include_new") != NULL;
	if (json_first(devices) == NULL && !include_new) {
		show(app, rq, rs, v, &c->request, "consent_none");
		return;
	}
	const struct code code = { .client = c->request.client.id, .user = user, .redirect_uri = c->request.redirect_uri,
	    .challenge = c->request.challenge, .scope = c->request.scope, .devices = devices, .include_new = include_new,
	    .left_out = choice_not_made(rq->arena, all, devices) };
	if (code_issue(app->store, rq->arena, app->config, &code, c->id, &text, &again) != STORE_OK) {
		visitor_unavailable(app, rq, rs);
		return;
	}
	if (again) {
		visitor_error(app, rq, rs, 400, "error_answered", NULL);
		return;
	}
	visitor_note(app, rq, v, (struct activity){ .event = "authz_granted", .client = code.client });
	response_redirect(rs, authorize_answer(rq->arena, &c->request, app->config->public_url, text));
}

static void
decide(struct app *app, const struct request *rq, struct response *rs, const struct visitor *v)
{
	const char *decision = request_form(rq, "decision");
	struct consent c;

	if (!v->signed_in) {
		visitor_error(app, rq, rs, 403, "error_session", NULL);
		return;
	}
	if (!visitor_form_ok(app, rq, rs, v))
		return;
	if (preferences_answer(app, rq, rs, v))
		return;
	if (!open_page(app, rq, v, &c))
		visitor_error(app, rq, rs, 403, "error_page_old", NULL);
	else if (decision != NULL && strcmp(decision, "allow") == 0)
		allow(app, rq, rs, v, &c);
	else if (decision != NULL && strcmp(decision, "deny") == 0) {
		visitor_note(app, rq, v, (struct activity){ .event = "authz_denied", .client = c.request.client.id });
		response_redirect(rs, authorize_refusal(rq->arena, &c.request, app->config->public_url, OAUTH_ACCESS_DENIED,
		    "the owner said no"));
	} else
		show(app, rq, rs, v, &c.request, "consent_undecided");
}

static const char *
parameter(const void *from, const char *name, size_t *count)
{
	*count = form_count(from, name);
	return form_get(from, name);
}

/* RFC 8707 2: there is one resource here. Several may be named. */
static bool
names_other_resource(const struct app *app, const struct pair *list)
{
	for (const struct pair *p = list; p != NULL; p = p->next)
		if (strcmp(p->name, "resource") == 0 && *p->value != '\0' && !token_resource_ok(app->config, p->value))
			return true;
	return false;
}

void
consent_authorize(struct app *app, const struct request *rq, struct response *rs)
{
	bool post = strcmp(rq->method, "POST") == 0;
	struct visitor v = visitor_find(app, rq, rs);
	struct authorize_request request;

	if (v.unavailable) {
		visitor_unavailable(app, rq, rs);
		return;
	}
	if (post && (form_count(rq->form, "decision") > 0 || form_count(rq->form, "csrf") > 0)) {
		decide(app, rq, rs, &v);
		return;
	}
	const struct pair *from = post ? rq->form : rq->query;
	struct authorize_outcome o = authorize_check(app->store, rq->arena, parameter, from, &request);
	if (o.verdict == AUTHORIZE_OK && names_other_resource(app, from))
		o = (struct authorize_outcome){ .verdict = AUTHORIZE_BACK, .error = OAUTH_INVALID_TARGET,
		    .description = "there are no tokens for this resource here" };
	switch (o.verdict) {
	case AUTHORIZE_STAY:
		activity_log(&(struct activity){ .event = "input_validation_fail", .detail = o.text, .remote = rq->remote });
		if (request.client.app != NULL && strcmp(o.text, "error_bad_redirect") == 0)
			preferences_refuse_redirect(app, rq, rs, &request);
		else
			visitor_error(app, rq, rs, 400, o.text, o.refused);
		break;
	case AUTHORIZE_BACK:
		response_redirect(rs, authorize_refusal(rq->arena, &request, app->config->public_url, o.error, o.description));
		break;
	case AUTHORIZE_UNAVAILABLE:
		visitor_unavailable(app, rq, rs);
		break;
	case AUTHORIZE_OK:
		if (!v.signed_in)
			signin_ask(app, rq, rs, &v, &(struct onward){ .authorize = true, .request = request });
		else if (request.client.app != NULL)
			preferences_ask(app, rq, rs, &v, &request);
		else
			show(app, rq, rs, &v, &request, NULL);
	}
}
