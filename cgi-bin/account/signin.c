/* signin.c: forms in, sessions out. */
#include "account/signin.h"

#include <string.h>

#include "account/visitor.h"
#include "app.h"
#include "base/arena.h"
#include "base/clock.h"
#include "base/config.h"
#include "base/json.h"
#include "device/device.h"
#include "oauth/authorize_request.h"
#include "oauth/seal.h"
#include "oauth/throttle.h"
#include "oauth/user.h"
#include "web/form.h"
#include "web/request.h"
#include "web/response.h"
#include "base/banned.h"

#define REQUEST_KEPT 1800	/* seconds in which somebody must have logged in */

/* What the visitor carries, from the query or the form. */
static struct onward
carried(struct app *app, const struct request *rq)
{
	const char *text = request_form(rq, "request") != NULL ? request_form(rq, "request") : request_query(rq, "request");
	struct json *data = seal_open(rq->arena, app->keyring, "carry", text, clock_sec());
	struct onward on = { .user_code = json_get_string(data, "user_code") };

	on.authorize = data != NULL && on.user_code == NULL &&
	    authorize_from_json(app->store, rq->arena, data, &on.request);
	return on;
}

char *
signin_carry(struct app *app, const struct request *rq, const struct onward *on)
{
	struct arena *a = rq->arena;
	struct json *data = on->authorize ? authorize_to_json(a, &on->request) : json_object(a);

	if (!on->authorize && on->user_code == NULL)
		return NULL;
	json_set_string(a, data, "user_code", on->user_code);
	return seal_make(a, app->keyring, "carry", data, clock_sec() + REQUEST_KEPT);
}

/* What every page here shows: what is carried, and for whom it is. */
static struct json *
page_data(struct app *app, const struct request *rq, const struct onward *on)
{
	struct json *data = json_object(rq->arena);

	json_set_bool(rq->arena, data, "registration", app->config->oauth.registration);
	json_set_string(rq->arena, data, "request", signin_carry(app, rq, on));
	json_set_string(rq->arena, data, "client", on->authorize ? on->request.client.name : NULL);
	return data;
}

/* Signed in: onward, without a host, so that one who came by another name of this machine stays there. */
static void
go_on(struct app *app, const struct request *rq, struct response *rs, const struct onward *on)
{
	const char *base = visitor_base(app), *to = "/";

	if (on->authorize)
		to = arena_printf(rq->arena, "/authorize?%s", authorize_query(rq->arena, &on->request));
	else if (on->user_code != NULL)
		to = arena_printf(rq->arena, "/device?%s", form_add(rq->arena, "", "user_code", on->user_code));
	response_redirect(rs, arena_printf(rq->arena, "%s%s", base, to));
}

/* Show a form again, with what was wrong and the name that was typed. */
static void
show(struct app *app, const struct request *rq, struct response *rs, const struct visitor *v, int status,
    const char *page, const struct onward *on, const char *fault)
{
	struct json *data = page_data(app, rq, on);
	const char *name = request_form(rq, "username");

	json_set_string(rq->arena, data, "fault", fault);
	json_set_string(rq->arena, data, "username", name != NULL && strlen(name) <= USER_NAME_MAX ? name : NULL);
	visitor_page(app, rq, rs, v, status, page, data, NULL);
}

void
signin_ask(struct app *app, const struct request *rq, struct response *rs, const struct visitor *v,
    const struct onward *on)
{
	show(app, rq, rs, v, 200, "login", on, NULL);
}

static void
enter(struct app *app, const struct request *rq, struct response *rs, const struct user *u,
    const struct onward *on)
{
	if (visitor_sign_in(app, rq, rs, u))
		go_on(app, rq, rs, on);
	else
		visitor_unavailable(app, rq, rs);
}

/* --- login --- */

/* Count the try before it is made. False: the answer (429, 503) is made. */
static bool
may_try(struct app *app, const struct request *rq, struct response *rs, enum throttle_kind kind, const char *id)
{
	int64_t wait;

	if (throttle_take(app->store, rq->arena, kind, id, &wait) != STORE_OK) {
		visitor_unavailable(app, rq, rs);
		return false;
	}
	if (wait == 0)
		return true;
	activity_log(&(struct activity){ .event = kind == THROTTLE_ADDRESS ? "excess_rate_limit_exceeded" : "authn_login_lock",
	    .remote = rq->remote });
	visitor_wait(app, rq, rs, wait);
	return false;
}

/* What the tries for this name are counted under: for everybody, or for the owner's own browser. */
static enum throttle_kind
account_throttle(struct app *app, const struct request *rq, const char *name)
{
	struct user u;

	if (user_by_name(app->store, rq->arena, name, &u) == STORE_OK && visitor_known(app, rq, u.id))
		return THROTTLE_KNOWN;
	return THROTTLE_ACCOUNT;
}

static void
login_by_password(struct app *app, const struct request *rq, struct response *rs, const struct visitor *v,
    const struct onward *on)
{
	const char *name = request_form(rq, "username"), *password = request_form(rq, "password"), *folded;
	struct user u;
	bool ok = false;

	if (name == NULL || password == NULL) {
		show(app, rq, rs, v, 403, "login", on, "login_missing");
		return;
	}
	if ((folded = user_fold(rq->arena, name)) == NULL)
		folded = name;
	enum throttle_kind kind = account_throttle(app, rq, name);
	if (!may_try(app, rq, rs, kind, folded) || (kind == THROTTLE_ACCOUNT &&
	    !may_try(app, rq, rs, THROTTLE_ADDRESS, request_network(rq))))
		return;
	if (user_login(app->store, rq->arena, name, password, &u, &ok) != STORE_OK) {
		visitor_unavailable(app, rq, rs);
		return;
	}
	visitor_note(app, rq, v, (struct activity){ .event = ok ? "authn_login_success" : "authn_login_fail", .user = u.id });
	if (ok) {
		throttle_clear(app->store, rq->arena, kind, folded);
		enter(app, rq, rs, &u, on);
	} else
		show(app, rq, rs, v, 403, "login", on, "login_wrong");
}

static void
login_by_link(struct app *app, const struct request *rq, struct response *rs, const struct visitor *v, const char *token)
{
	struct user u;
	enum store_result r = user_link_use(app->store, rq->arena, token, &u);

	if (r == STORE_OK && !u.disabled) {
		visitor_note(app, rq, v, (struct activity){ .event = "authn_login_success", .user = u.id, .detail = "by link" });
		enter(app, rq, rs, &u, &(struct onward){ 0 });
	} else if (r == STORE_OK || r == STORE_ABSENT)
		visitor_error(app, rq, rs, 403, "error_link", NULL);
	else
		visitor_unavailable(app, rq, rs);
}

/* The page behind a one-time link only asks: whatever looks at links before people do must not use it up. */
static void
show_link(struct app *app, const struct request *rq, struct response *rs, const struct visitor *v, const char *token)
{
	struct user u;
	enum store_result r = user_link_peek(app->store, rq->arena, token, &u);

	if (r != STORE_OK) {
		visitor_error(app, rq, rs, 403, r == STORE_ABSENT ? "error_link" : "error_unavailable", NULL);
		return;
	}
	struct json *data = json_object(rq->arena);
	json_set_string(rq->arena, data, "link", token);
	json_set_string(rq->arena, data, "username", u.name);
	visitor_page(app, rq, rs, v, 200, "signin-link", data, NULL);
}

void
signin_login(struct app *app, const struct request *rq, struct response *rs)
{
	struct visitor v = visitor_find(app, rq, rs);
	const struct onward on = carried(app, rq);

	if (v.unavailable)
		visitor_unavailable(app, rq, rs);
	else if (strcmp(rq->method, "GET") == 0) {
		if (form_count(rq->query, "password") > 0) {	/* never by GET: addresses are logged everywhere */
			response_header(rs, "Allow", "POST");
			visitor_error(app, rq, rs, 405, "error_405", NULL);
		} else if (request_query(rq, "link") != NULL)
			show_link(app, rq, rs, &v, request_query(rq, "link"));
		else if (v.signed_in)
			go_on(app, rq, rs, &on);
		else
			signin_ask(app, rq, rs, &v, &on);
	} else if (!visitor_form_ok(app, rq, rs, &v))
		return;
	else if (request_form(rq, "link") != NULL)
		login_by_link(app, rq, rs, &v, request_form(rq, "link"));
	else
		login_by_password(app, rq, rs, &v, &on);
}

/* --- registration --- */

static void
make_account(struct app *app, const struct request *rq, struct response *rs, const struct visitor *v,
    const struct onward *on)
{
	const char *name = request_form(rq, "username"), *password = request_form(rq, "password"), *fault, *why = NULL;
	struct user u;
	bool taken;

	name = name != NULL ? name : "";
	password = password != NULL ? password : "";
	if ((fault = user_name_fault(rq->arena, name)) != NULL || (fault = user_password_fault(name, password)) != NULL) {
		show(app, rq, rs, v, 400, "register", on, fault);
		return;
	}
	if (!may_try(app, rq, rs, THROTTLE_REGISTER, request_network(rq)))
		return;
	enum store_result r = user_add(app->store, rq->arena, name, password, &u, &taken);
	if (r == STORE_OK && taken) {
		show(app, rq, rs, v, 400, "register", on, "name_taken");
		return;
	}
	if (r == STORE_OK)
		r = device_add_all(app->store, rq->arena, app->catalogue, u.id, app->config->starter_devices,
		    (size_t)app->config->limits.devices_per_user, &why);
	if (r != STORE_OK) {
		visitor_unavailable(app, rq, rs);
		return;
	}
	visitor_note(app, rq, v, (struct activity){ .event = "user_created", .user = u.id });
	enter(app, rq, rs, &u, on);
}

void
signin_register(struct app *app, const struct request *rq, struct response *rs)
{
	struct visitor v = visitor_find(app, rq, rs);
	const struct onward on = carried(app, rq);

	if (v.unavailable)
		visitor_unavailable(app, rq, rs);
	else if (!app->config->oauth.registration)
		visitor_error(app, rq, rs, 403, "error_registration", NULL);
	else if (strcmp(rq->method, "GET") == 0)
		show(app, rq, rs, &v, 200, "register", &on, NULL);
	else if (visitor_form_ok(app, rq, rs, &v))
		make_account(app, rq, rs, &v, &on);
}

/* --- logout --- */

void
signin_logout(struct app *app, const struct request *rq, struct response *rs)
{
	struct visitor v = visitor_find(app, rq, rs);
	const struct onward on = carried(app, rq);

	if (v.unavailable)
		visitor_unavailable(app, rq, rs);
	else if (strcmp(rq->method, "GET") == 0)
		visitor_page(app, rq, rs, &v, 200, "logout", page_data(app, rq, &on), NULL);
	else if (visitor_form_ok(app, rq, rs, &v)) {
		visitor_sign_out(app, rq, rs, &v);
		go_on(app, rq, rs, &on);
	}
}
