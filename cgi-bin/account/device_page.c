/* device_page.c: type the code; see who asks, and for what; decide. */
#include "account/device_page.h"

#include <string.h>

#include "account/choice.h"
#include "account/consent.h"
#include "account/onward.h"
#include "account/signin.h"
#include "account/visitor.h"
#include "app.h"
#include "base/arena.h"
#include "base/clock.h"
#include "base/json.h"
#include "base/secret.h"
#include "base/text.h"
#include "device/device.h"
#include "oauth/client.h"
#include "oauth/device_code.h"
#include "oauth/seal.h"
#include "oauth/throttle.h"
#include "web/request.h"
#include "web/response.h"
#include "base/banned.h"

#define TYPED_MAX 40	/* characters; whatever is longer is no code */

static void
ask_code(struct app *app, const struct request *rq, struct response *rs, const struct visitor *v, const char *typed,
    const char *fault)
{
	struct json *data = json_object(rq->arena);

	json_set_string(rq->arena, data, "user_code", typed);
	json_set_string(rq->arena, data, "fault", fault);
	visitor_page(app, rq, rs, v, fault == NULL ? 200 : 400, "device", data, NULL);
}

/* Show what the code stands for. The page is bound to this session and this request. */
static void
ask_decision(struct app *app, const struct request *rq, struct response *rs, const struct visitor *v,
    const struct device_request *d, const char *fault)
{
	struct arena *a = rq->arena;
	struct json *devices, *data = json_object(a), *sealed = json_object(a);
	struct client c;
	enum store_result r = client_find(app->store, a, d->client, &c);

	if (r == STORE_OK)
		r = choice_list(app, a, v->session.user.id, fault != NULL ? json_array(a) : NULL, &devices);
	if (r != STORE_OK) {
		visitor_unavailable(app, rq, rs);
		return;
	}
	json_set_string(a, sealed, "code", d->user_code);
	json_set_string(a, sealed, "session", secret_digest(a, v->session.cookie));
	json_set_string(a, data, "request", seal_make(a, app->keyring, "device", sealed, clock_sec() + DEVICE_CODE_TTL));
	json_set_string(a, data, "user_code", d->user_code);
	json_set_string(a, data, "client", c.name);
	json_set_bool(a, data, "may_read", strstr(d->scope, "devices:read") != NULL);
	json_set_bool(a, data, "may_control", strstr(d->scope, "devices:control") != NULL);
	json_set_bool(a, data, "may_links", text_list_has(d->scope, " ", "links"));
	consent_ends(app, a, data);
	json_set(a, data, "devices", devices);
	json_set_string(a, data, "fault", fault);
	visitor_page(app, rq, rs, v, fault == NULL ? 200 : 400, "device-consent", data, NULL);
}

/* A code was typed: each is a guess, and counted (RFC 8628 5.1). */
static void
typed(struct app *app, const struct request *rq, struct response *rs, const struct visitor *v, const char *code)
{
	struct device_request d;
	int64_t wait;
	enum store_result r = throttle_take(app->store, rq->arena, THROTTLE_USER_CODE, v->session.user.id, &wait);

	if (r == STORE_OK && wait > 0) {
		visitor_wait(app, rq, rs, wait);
		return;
	}
	if (r == STORE_OK)
		r = strlen(code) > TYPED_MAX ? STORE_ABSENT : device_code_find(app->store, rq->arena, code, &d);
	if (r == STORE_ABSENT)
		ask_code(app, rq, rs, v, NULL, "device_unknown");
	else if (r != STORE_OK)
		visitor_unavailable(app, rq, rs);
	else {
		throttle_clear(app->store, rq->arena, THROTTLE_USER_CODE, v->session.user.id);
		ask_decision(app, rq, rs, v, &d, NULL);
	}
}

static void
done(struct app *app, const struct request *rq, struct response *rs, const struct visitor *v, const char *text)
{
	struct json *data = json_object(rq->arena);

	json_set_string(rq->arena, data, "message", text);
	visitor_page(app, rq, rs, v, 200, "device-done", data, NULL);
}

static void
decide(struct app *app, const struct request *rq, struct response *rs, const struct visitor *v,
    const struct device_request *d, bool allow)
{
	const char *user = v->session.user.id;
	struct device_decision decision = { .allow = allow, .user = user };
	struct json *all, *devices;

	if (device_ids(app->store, rq->arena, user, &all) != STORE_OK) {
		visitor_unavailable(app, rq, rs);
		return;
	}
	if ((devices = choice_made(rq, user, all)) == NULL) {
		visitor_error(app, rq, rs, 403, "error_device", NULL);
		return;
	}
	decision.devices = devices;
	decision.left_out = choice_not_made(rq->arena, all, devices);
	decision.include_new = request_form(rq, "include_new") != NULL;
	if (allow && json_first(devices) == NULL && !decision.include_new) {
		ask_decision(app, rq, rs, v, d, "consent_none");
		return;
	}
	enum store_result r = device_code_decide(app->store, rq->arena, d->key, &decision);
	if (r == STORE_ABSENT)
		visitor_error(app, rq, rs, 400, "error_answered", NULL);
	else if (r != STORE_OK)
		visitor_unavailable(app, rq, rs);
	else {
		visitor_note(app, rq, v, (struct activity){ .event = allow ? "authz_granted" : "authz_denied", .client = d->client });
		done(app, rq, rs, v, allow ? "device_allowed" : "device_denied");
	}
}

/* The decision page, come back: only the code that was sealed into it, in the session that saw it, counts. */
static void
decided(struct app *app, const struct request *rq, struct response *rs, const struct visitor *v)
{
	struct json *data = seal_open(rq->arena, app->keyring, "device", request_form(rq, "request"), clock_sec());
	const char *session = json_get_string(data, "session"), *decision = request_form(rq, "decision");
	struct device_request d;

	if (session == NULL || strcmp(session, secret_digest(rq->arena, v->session.cookie)) != 0) {
		visitor_error(app, rq, rs, 403, "error_page_old", NULL);
		return;
	}
	enum store_result r = device_code_find(app->store, rq->arena, json_get_string(data, "code"), &d);
	if (r == STORE_ABSENT)
		visitor_error(app, rq, rs, 400, "error_answered", NULL);
	else if (r != STORE_OK)
		visitor_unavailable(app, rq, rs);
	else if (decision == NULL || (strcmp(decision, "allow") != 0 && strcmp(decision, "deny") != 0))
		ask_decision(app, rq, rs, v, &d, "consent_undecided");
	else
		decide(app, rq, rs, v, &d, strcmp(decision, "allow") == 0);
}

void
device_page(struct app *app, const struct request *rq, struct response *rs)
{
	struct visitor v = visitor_find(app, rq, rs);
	const char *code = request_query(rq, "user_code");

	if (code != NULL && strlen(code) > TYPED_MAX)
		code = NULL;
	if (v.unavailable)
		visitor_unavailable(app, rq, rs);
	else if (!v.signed_in)
		signin_ask(app, rq, rs, &v, &(struct onward){ .user_code = code != NULL ? code : "" });
	else if (strcmp(rq->method, "GET") == 0)
		ask_code(app, rq, rs, &v, code, NULL);	/* a link fills the code in, it does not press (RFC 8628 5.4) */
	else if (!visitor_form_ok(app, rq, rs, &v))
		return;
	else if (request_form(rq, "request") != NULL)
		decided(app, rq, rs, &v);
	else
		typed(app, rq, rs, &v, request_form(rq, "user_code") != NULL ? request_form(rq, "user_code") : "");
}
