/* profile.c: one page, two forms, each needs the password; and what happened to the account. */
#include "account/profile.h"

#include <string.h>

#include "account/visitor.h"
#include "app.h"
#include "base/arena.h"
#include "base/json.h"
#include "device/device.h"
#include "oauth/activity.h"
#include "oauth/grant.h"
#include "oauth/throttle.h"
#include "oauth/user.h"
#include "web/request.h"
#include "web/response.h"
#include "base/banned.h"

#define SHOWN 100	/* events on the page */

static void
show(struct app *app, const struct request *rq, struct response *rs, const struct visitor *v, int status,
    const char *fault, const char *done)
{
	struct json *data = json_object(rq->arena);

	json_set_string(rq->arena, data, "fault", fault);
	json_set_string(rq->arena, data, "done", done);
	visitor_page(app, rq, rs, v, status, "account", data, NULL);
}

/* Is "current" the visitor's password? False: the answer is made. */
static bool
proves(struct app *app, const struct request *rq, struct response *rs, const struct visitor *v)
{
	const char *password = request_form(rq, "current");
	int64_t wait;
	struct user u;
	bool ok = false;

	enum store_result r = throttle_take(app->store, rq->arena, THROTTLE_KNOWN, v->session.user.id, &wait);
	if (r == STORE_OK && wait > 0) {
		visitor_wait(app, rq, rs, wait);
		return false;
	}
	if (r == STORE_OK)
		r = user_login(app->store, rq->arena, v->session.user.name, password != NULL ? password : "", &u, &ok);
	if (r != STORE_OK)
		visitor_unavailable(app, rq, rs);
	else if (ok)
		throttle_clear(app->store, rq->arena, THROTTLE_KNOWN, v->session.user.id);
	else
		show(app, rq, rs, v, 403, "account_wrong", NULL);
	return r == STORE_OK && ok;
}

struct revoking {
	struct app		*app;
	struct arena		*arena;
	enum store_result	 result;
};

static void
revoke(void *arg, const struct grant *g)
{
	struct revoking *k = arg;

	if (g->revoked != NULL || k->result != STORE_OK)
		return;
	enum store_result r = grant_revoke(k->app->store, k->arena, g->user, g->id, "user");
	k->result = r == STORE_ABSENT ? STORE_OK : r;
}

static enum store_result
end_links(struct app *app, struct arena *a, const char *user)
{
	struct revoking k = { app, a, STORE_OK };
	enum store_result r = grant_each(app->store, a, user, revoke, &k);

	return r != STORE_OK ? r : k.result;
}

static void
change_password(struct app *app, const struct request *rq, struct response *rs, const struct visitor *v)
{
	const struct user *u = &v->session.user;
	struct user now;
	const char *password = request_form(rq, "new"), *fault;

	if ((fault = user_password_fault(u->name, password != NULL ? password : "")) != NULL) {
		show(app, rq, rs, v, 400, fault, NULL);
		return;
	}
	if (!proves(app, rq, rs, v))
		return;
	enum store_result r = user_set_password(app->store, rq->arena, u->id, password);
	if (r == STORE_OK && request_form(rq, "links") != NULL)
		r = end_links(app, rq->arena, u->id);
	/* Every session has ended with the old password; this browser gets a new one. */
	if (r == STORE_OK)
		r = user_by_id(app->store, rq->arena, u->id, &now);
	if (r != STORE_OK || !visitor_sign_in(app, rq, rs, &now)) {
		visitor_unavailable(app, rq, rs);
		return;
	}
	visitor_note(app, rq, v, (struct activity){ .event = "authn_password_change" });
	response_redirect(rs, arena_printf(rq->arena, "%s/account?done=password", visitor_base(app)));
}

/* Nobody can sign in any more first; then everything that hangs on the account goes, and the account last: broken off
 * anywhere, it can be done again by the tool. */
static void
delete_account(struct app *app, const struct request *rq, struct response *rs, const struct visitor *v)
{
	const char *id = v->session.user.id;
	enum store_result r;

	if (!proves(app, rq, rs, v))
		return;
	if ((r = user_set_disabled(app->store, rq->arena, id, true)) == STORE_OK &&
	    (r = end_links(app, rq->arena, id)) == STORE_OK &&
	    (r = device_delete_all(app->store, rq->arena, id)) == STORE_OK &&
	    (r = activity_forget(app->store, rq->arena, id)) == STORE_OK)
		r = user_delete(app->store, rq->arena, id);
	if (r != STORE_OK) {
		visitor_unavailable(app, rq, rs);
		return;
	}
	activity_log(&(struct activity){ .event = "user_deleted", .user = id, .remote = rq->remote });
	visitor_sign_out(app, rq, rs, v);
	response_redirect(rs, arena_printf(rq->arena, "%s/", visitor_base(app)));
}

void
profile_account(struct app *app, const struct request *rq, struct response *rs)
{
	struct visitor v = visitor_find(app, rq, rs);
	const char *action = request_form(rq, "action"), *done = request_query(rq, "done");

	if (v.unavailable)
		visitor_unavailable(app, rq, rs);
	else if (!v.signed_in)
		response_redirect(rs, arena_printf(rq->arena, "%s/login", visitor_base(app)));
	else if (strcmp(rq->method, "GET") == 0)
		show(app, rq, rs, &v, 200, NULL, done != NULL && strcmp(done, "password") == 0 ? "account_done" : NULL);
	else if (!visitor_form_ok(app, rq, rs, &v))
		return;
	else if (action != NULL && strcmp(action, "password") == 0)
		change_password(app, rq, rs, &v);
	else if (action != NULL && strcmp(action, "delete") == 0)
		delete_account(app, rq, rs, &v);
	else
		visitor_refuse(app, rq, rs, 400, "");
}

/* --- activity --- */

void
profile_activity(struct app *app, const struct request *rq, struct response *rs)
{
	struct arena *a = rq->arena;
	struct visitor v = visitor_find(app, rq, rs);
	struct json *list, *data = json_object(a), *events = json_set(a, data, "events", json_array(a));

	if (v.unavailable || (v.signed_in &&
	    activity_list(app->store, a, v.session.user.id, SHOWN, 0, &list) != STORE_OK)) {
		visitor_unavailable(app, rq, rs);
		return;
	}
	if (!v.signed_in) {
		response_redirect(rs, arena_printf(a, "%s/login", visitor_base(app)));
		return;
	}
	for (const struct json *e = json_first(list); e != NULL; e = json_next(e)) {
		struct json *shown = json_append(a, events, json_copy(a, e));
		json_set_string(a, shown, "when", visitor_moment(a, json_get_int(e, "time", 0)));
		json_set_string(a, shown, "text", arena_printf(a, "event_%s", json_get_string(e, "event")));
	}
	visitor_page(app, rq, rs, &v, 200, "activity", data, NULL);
}
