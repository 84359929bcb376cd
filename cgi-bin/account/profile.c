/* profile.c: one page, a form a matter; what cannot be undone needs the password.
 * long because: a short function a form, and the table of them. */
#include "account/profile.h"

#include <string.h>

#include "account/moment.h"
#include "account/second_page.h"
#include "account/sessions.h"
#include "account/visitor.h"
#include "app.h"
#include "base/arena.h"
#include "base/json.h"
#include "device/device.h"
#include "link/end.h"
#include "nodeserver/registry.h"
#include "nodeserver/service.h"
#include "oauth/activity.h"
#include "oauth/exchange.h"
#include "oauth/grant.h"
#include "oauth/second_factor.h"
#include "oauth/throttle.h"
#include "oauth/user.h"
#include "schema/told.h"
#include "web/page.h"
#include "web/request.h"
#include "web/response.h"
#include "base/banned.h"

#define RECOVERY_FEW 3	/* codes that are left: time for new ones */

/* Languages by their own names: whoever looks for one reads it. */
static const struct { const char *id, *name; } languages[] = { { "en", "English" }, { "ko", "한국어" } };

static struct json *
list_languages(struct arena *a, const char *chosen)
{
	struct json *list = json_array(a);

	for (size_t i = 0; i < sizeof(languages) / sizeof(languages[0]); i++) {
		struct json *v = json_append(a, list, json_object(a));
		json_set_string(a, v, "id", languages[i].id);
		json_set_string(a, v, "name", languages[i].name);
		json_set_bool(a, v, "chosen", chosen != NULL && strcmp(chosen, languages[i].id) == 0);
	}
	return list;
}

/* The second factor as the page shows it. */
static enum store_result
show_second(struct app *app, struct arena *a, const struct user *u, struct json *data)
{
	struct second_factor f;
	enum store_result r = u->second_factor ? second_factor_look(app->store, a, u->id, &f) : STORE_ABSENT;

	if (r != STORE_OK)
		return r == STORE_ABSENT ? STORE_OK : r;
	struct json *second = json_set(a, data, "second", json_object(a));
	json_set(a, second, "since", moment(a, f.since * 1000));
	json_set_int(a, second, "left", f.recovery);
	json_set_bool(a, second, "few", f.recovery <= RECOVERY_FEW);
	json_set_bool(a, second, "required", second_factor_required(app->config));
	return STORE_OK;
}

static void
show(struct app *app, const struct request *rq, struct response *rs, const struct visitor *v, int status,
    const char *fault, const char *done)
{
	struct json *data = json_object(rq->arena), *sessions;

	if (sessions_list(app, rq->arena, v, &sessions) != STORE_OK ||
	    show_second(app, rq->arena, &v->session.user, data) != STORE_OK) {
		visitor_unavailable(app, rq, rs);
		return;
	}
	json_set_string(rq->arena, data, "fault", fault);
	json_set_string(rq->arena, data, "done", done);
	json_set(rq->arena, data, "languages", list_languages(rq->arena, v->session.user.language));
	json_set_bool(rq->arena, data, "others", json_count(sessions) > 1);
	json_set(rq->arena, data, "sessions", sessions);
	visitor_page(app, rq, rs, v, status, "account", data, NULL);
}

/* Is "current" the visitor's password, and "code" a code of the second factor, if there is one? False: the answer is made. */
static bool
proves(struct app *app, const struct request *rq, struct response *rs, const struct visitor *v)
{
	const char *password = request_form(rq, "current");
	int64_t wait;
	enum second_factor_found found;
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
	if (r != STORE_OK || !ok || !u.second_factor)
		return r == STORE_OK && ok;
	if (!second_page_try(app, rq, rs, &u, &found))
		return false;
	if (found == SECOND_FACTOR_WRONG)
		show(app, rq, rs, v, 403, "second_wrong", NULL);
	return found != SECOND_FACTOR_WRONG;
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

	if ((fault = user_password_fault(app->breached, u->name, password != NULL ? password : "")) != NULL) {
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
	    (r = link_end_all(app->links, rq->arena, id)) == STORE_OK &&
	    (r = service_delete_all(&(struct nodeserver_context){ app->config, app->store, app->keyring, app->catalogue,
	    rq->arena }, id)) == STORE_OK &&
	    (r = device_delete_all(app->store, rq->arena, id)) == STORE_OK &&
	    (r = told_forget(app->store, rq->arena, id)) == STORE_OK &&
	    (r = exchange_forget(app->store, rq->arena, id)) == STORE_OK &&
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

/* --- the second factor --- */

static void
second_start(struct app *app, const struct request *rq, struct response *rs, const struct visitor *v)
{
	if (v->session.user.second_factor)
		visitor_refuse(app, rq, rs, 400, "");
	else if (proves(app, rq, rs, v))
		second_page_enrol(app, rq, rs, v, &v->session.user, json_object(rq->arena));
}

static void
show_codes(struct app *app, const struct request *rq, struct response *rs, const struct visitor *v, struct json *codes)
{
	second_page_recovery(app, rq, rs, v, codes, arena_printf(rq->arena, "%s/account", visitor_base(app)));
}

/* Every session has ended; this browser gets a new one. */
static void
second_confirm(struct app *app, const struct request *rq, struct response *rs, const struct visitor *v)
{
	struct user now;
	struct json *codes;

	if (!second_page_enrolled(app, rq, rs, v, &v->session.user, json_object(rq->arena), &now, &codes))
		return;
	if (visitor_sign_in(app, rq, rs, &now))
		show_codes(app, rq, rs, v, codes);
	else
		visitor_unavailable(app, rq, rs);
}

static void
second_codes(struct app *app, const struct request *rq, struct response *rs, const struct visitor *v)
{
	struct json *codes;

	if (!proves(app, rq, rs, v))
		return;
	enum store_result r = second_factor_renew(app->store, rq->arena, v->session.user.id, &codes);
	if (r == STORE_ABSENT)
		visitor_refuse(app, rq, rs, 400, "");
	else if (r != STORE_OK)
		visitor_unavailable(app, rq, rs);
	else {
		visitor_note(app, rq, v, (struct activity){ .event = "authn_recovery_new" });
		show_codes(app, rq, rs, v, codes);
	}
}

static void
second_off(struct app *app, const struct request *rq, struct response *rs, const struct visitor *v)
{
	if (!proves(app, rq, rs, v))
		return;
	if (second_factor_off(app->store, rq->arena, v->session.user.id, NULL) != STORE_OK) {
		visitor_unavailable(app, rq, rs);
		return;
	}
	visitor_note(app, rq, v, (struct activity){ .event = "authn_second_factor_off" });
	response_redirect(rs, arena_printf(rq->arena, "%s/account?done=second-off", visitor_base(app)));
}

/* "" stands for the browser's own. */
static void
choose_language(struct app *app, const struct request *rq, struct response *rs, const struct visitor *v)
{
	const char *language = request_form(rq, "language");

	if (language != NULL && !page_has_language(app->pages, language)) {
		visitor_refuse(app, rq, rs, 400, "");
		return;
	}
	if (user_set_language(app->store, rq->arena, v->session.user.id, language) != STORE_OK) {
		visitor_unavailable(app, rq, rs);
		return;
	}
	visitor_language(app, rs, language);
	response_redirect(rs, arena_printf(rq->arena, "%s/account?done=language", visitor_base(app)));
}

/* The forms of the page, and what is said when one is done: the page comes again with ?done=. */
static const struct {
	const char	*action, *done;
	void		(*run)(struct app *, const struct request *, struct response *, const struct visitor *);
} forms[] = {
	{ "password", "account_done", change_password },
	{ "language", "account_language_done", choose_language },
	{ "session", "account_session_done", sessions_end },
	{ "sessions", "account_sessions_done", sessions_end_others },
	{ "second-start", NULL, second_start },
	{ "second-confirm", NULL, second_confirm },
	{ "second-codes", NULL, second_codes },
	{ "second-off", "second_off_done", second_off },
	{ "delete", NULL, delete_account },
};
#define FORMS (sizeof(forms) / sizeof(forms[0]))

static size_t
form_of(const char *action)
{
	size_t i = 0;

	while (i < FORMS && (action == NULL || strcmp(forms[i].action, action) != 0))
		i++;
	return i;
}

void
profile_account(struct app *app, const struct request *rq, struct response *rs)
{
	struct visitor v = visitor_find(app, rq, rs);
	size_t done = form_of(request_query(rq, "done")), form = form_of(request_form(rq, "action"));

	if (v.unavailable)
		visitor_unavailable(app, rq, rs);
	else if (!v.signed_in)
		response_redirect(rs, arena_printf(rq->arena, "%s/login", visitor_base(app)));
	else if (strcmp(rq->method, "GET") == 0)
		show(app, rq, rs, &v, 200, NULL, done < FORMS ? forms[done].done : NULL);
	else if (!visitor_form_ok(app, rq, rs, &v))
		return;
	else if (form < FORMS)
		forms[form].run(app, rq, rs, &v);
	else
		visitor_refuse(app, rq, rs, 400, "");
}
