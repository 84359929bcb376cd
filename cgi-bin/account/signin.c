/* signin.c: forms in, sessions out. */
#include "account/signin.h"

#include <string.h>

#include "account/onward.h"
#include "account/second_step.h"
#include "account/visitor.h"
#include "app.h"
#include "base/arena.h"
#include "base/config.h"
#include "base/json.h"
#include "device/device.h"
#include "oauth/throttle.h"
#include "oauth/user.h"
#include "web/form.h"
#include "web/request.h"
#include "web/response.h"
#include "base/banned.h"

/* Show a form again, with what was wrong and the name that was typed. */
static void
show(struct app *app, const struct request *rq, struct response *rs, const struct visitor *v, int status,
    const char *page, const struct onward *on, const char *fault)
{
	struct json *data = onward_data(app, rq, on);
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
	if (ok) {
		throttle_clear(app->store, rq->arena, kind, folded);
		second_step_begin(app, rq, rs, v, &u, FIRST_PASSWORD, on);
		return;
	}
	visitor_note(app, rq, v, (struct activity){ .event = "authn_login_fail", .user = u.id });
	show(app, rq, rs, v, 403, "login", on, "login_wrong");
}

static void
login_by_link(struct app *app, const struct request *rq, struct response *rs, const struct visitor *v, const char *token)
{
	struct user u;
	enum store_result r = user_link_use(app->store, rq->arena, token, &u);

	if (r == STORE_OK && !u.disabled)
		second_step_begin(app, rq, rs, v, &u, FIRST_LINK, &(struct onward){ 0 });
	else if (r == STORE_OK || r == STORE_ABSENT)
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
	const struct onward on = onward_read(app, rq);

	if (v.unavailable)
		visitor_unavailable(app, rq, rs);
	else if (strcmp(rq->method, "GET") == 0) {
		if (form_count(rq->query, "password") > 0) {	/* never by GET: addresses are logged everywhere */
			response_header(rs, "Allow", "POST");
			visitor_error(app, rq, rs, 405, "error_405", NULL);
		} else if (request_query(rq, "link") != NULL)
			show_link(app, rq, rs, &v, request_query(rq, "link"));
		else if (v.signed_in)
			response_redirect(rs, onward_path(app, rq, &on));
		else
			signin_ask(app, rq, rs, &v, &on);
	} else if (!visitor_form_ok(app, rq, rs, &v))
		return;
	else if (request_form(rq, "step") != NULL)
		second_step_answer(app, rq, rs, &v, &on);
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
	if ((fault = user_name_fault(rq->arena, name)) != NULL || (fault = user_password_fault(app->breached, name, password)) != NULL) {
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
	second_step_begin(app, rq, rs, v, &u, FIRST_REGISTRATION, on);
}

void
signin_register(struct app *app, const struct request *rq, struct response *rs)
{
	struct visitor v = visitor_find(app, rq, rs);
	const struct onward on = onward_read(app, rq);

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
	const struct onward on = onward_read(app, rq);

	if (v.unavailable)
		visitor_unavailable(app, rq, rs);
	else if (strcmp(rq->method, "GET") == 0)
		visitor_page(app, rq, rs, &v, 200, "logout", onward_data(app, rq, &on), NULL);
	else if (visitor_form_ok(app, rq, rs, &v)) {
		visitor_sign_out(app, rq, rs, &v);
		response_redirect(rs, onward_path(app, rq, &on));
	}
}
