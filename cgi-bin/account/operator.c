/* operator.c: the page, and the two things that can be done on it. */
#include "account/operator.h"

#include <string.h>

#include "account/moment.h"
#include "account/operator_health.h"
#include "account/operator_walk.h"
#include "account/visitor.h"
#include "app.h"
#include "base/arena.h"
#include "base/json.h"
#include "device/device.h"
#include "oauth/grant.h"
#include "oauth/session.h"
#include "oauth/user.h"
#include "web/request.h"
#include "web/response.h"
#include "base/banned.h"

/* --- accounts --- */

struct counting {
	size_t		 links;
	int64_t		 seen;	/* seconds */
};

static void
count_link(void *arg, const struct grant *g)
{
	struct counting *c = arg;

	c->links += g->revoked == NULL;
}

static void
see_session(void *arg, const struct session *s)
{
	struct counting *c = arg;

	c->seen = s->seen > c->seen ? s->seen : c->seen;
}

static enum store_result
add_user(struct app *app, struct arena *a, const struct visitor *v, const struct user *u, struct json *list)
{
	struct counting c = { 0, 0 };
	struct json *devices, *row;
	enum store_result r = grant_each(app->store, a, u->id, count_link, &c);

	if (r == STORE_OK)
		r = session_each(app->store, a, u, see_session, &c);
	if (r == STORE_OK)
		r = device_ids(app->store, a, u->id, &devices);
	if (r != STORE_OK)
		return r;
	row = json_append(a, list, json_object(a));
	json_set_string(a, row, "id", u->id);
	json_set_string(a, row, "name", u->name);
	json_set_bool(a, row, "disabled", u->disabled);
	json_set_bool(a, row, "operates", u->is_operator);
	json_set_bool(a, row, "self", strcmp(u->id, v->session.user.id) == 0);
	json_set_int(a, row, "links", (long long)c.links);
	json_set_int(a, row, "devices", (long long)json_count(devices));
	json_set(a, row, "created", moment(a, u->created * 1000));
	json_set(a, row, "seen", moment(a, c.seen * 1000));
	return STORE_OK;
}

/* Those that the walk found, or the one that is looked for by name. */
static enum store_result
show_users(struct app *app, struct arena *a, const struct visitor *v, const struct operator_walk *w, const char *name,
    struct json *data)
{
	struct json *list = json_set(a, data, "users", json_array(a));
	enum store_result r = STORE_OK;
	struct user u;

	json_set_string(a, data, "search", name);
	json_set_int(a, data, "users_count", (long long)w->users);
	json_set_bool(a, data, "users_more", name == NULL && w->users > w->listed_count);
	if (name != NULL) {
		r = user_by_name(app->store, a, name, &u);
		return r == STORE_OK ? add_user(app, a, v, &u, list) : r == STORE_ABSENT ? STORE_OK : r;
	}
	for (size_t i = 0; i < w->listed_count && r == STORE_OK; i++)
		r = add_user(app, a, v, &w->listed[i], list);
	return r;
}

/* --- the page --- */

static void
show(struct app *app, const struct request *rq, struct response *rs, const struct visitor *v, const char *fault)
{
	struct arena *a = rq->arena;
	struct json *data = json_object(a);
	const char *done = request_query(rq, "done");
	struct operator_walk w;

	if (operator_walk(app->store, a, &w) != STORE_OK ||
	    show_users(app, a, v, &w, request_query(rq, "name"), data) != STORE_OK ||
	    operator_health(app, a, &w, data) != STORE_OK) {
		visitor_unavailable(app, rq, rs);
		return;
	}
	json_set_bool(a, data, "cut", w.cut);
	json_set(a, data, "clients", w.clients);
	json_set_string(a, data, "fault", fault);
	json_set_string(a, data, "done", done != NULL && strcmp(done, "disable") == 0 ? "operator_disabled" :
	    done != NULL && strcmp(done, "enable") == 0 ? "operator_enabled" : NULL);
	visitor_page(app, rq, rs, v, fault != NULL ? 400 : 200, "operator", data, NULL);
}

static void
change(struct app *app, const struct request *rq, struct response *rs, const struct visitor *v)
{
	const char *action = request_form(rq, "action"), *id = request_form(rq, "user");
	bool disable = action != NULL && strcmp(action, "disable") == 0;

	if (id == NULL || (!disable && (action == NULL || strcmp(action, "enable") != 0))) {
		visitor_refuse(app, rq, rs, 400, "");
		return;
	}
	if (strcmp(id, v->session.user.id) == 0) {	/* nobody locks the last one out */
		show(app, rq, rs, v, "operator_self");
		return;
	}
	enum store_result r = user_set_disabled(app->store, rq->arena, id, disable);
	if (r == STORE_ABSENT)
		visitor_refuse(app, rq, rs, 404, "");
	else if (r != STORE_OK)
		visitor_unavailable(app, rq, rs);
	else {
		visitor_note(app, rq, v, (struct activity){ .event = disable ? "user_disabled" : "user_enabled", .user = id,
		    .detail = "operator" });
		response_redirect(rs, arena_printf(rq->arena, "%s/operator?done=%s", visitor_base(app), action));
	}
}

void
operator_page(struct app *app, const struct request *rq, struct response *rs)
{
	struct visitor v = visitor_find(app, rq, rs);

	if (v.unavailable)
		visitor_unavailable(app, rq, rs);
	else if (!v.signed_in)
		response_redirect(rs, arena_printf(rq->arena, "%s/login", visitor_base(app)));
	else if (!v.session.user.is_operator)
		visitor_refuse(app, rq, rs, 404, "");
	else if (strcmp(rq->method, "GET") == 0)
		show(app, rq, rs, &v, NULL);
	else if (visitor_form_ok(app, rq, rs, &v))
		change(app, rq, rs, &v);
}
