/* api.c: the same as pages.c, in JSON. */
#include "connect/api.h"

#include <string.h>

#include "app.h"
#include "base/arena.h"
#include "base/json.h"
#include "connect/exchange.h"
#include "connect/login.h"
#include "connect/show.h"
#include "link/all.h"
#include "link/connector.h"
#include "link/end.h"
#include "link/link.h"
#include "link/mirror.h"
#include "web/request.h"
#include "web/response.h"
#include "base/banned.h"

#define HERE "/api/links/"

/* {id, connector, name, status, devices: {theirs: ours}, looked (ms), fault}. */
static enum store_result
row(const struct exchange *e, const struct link *l, struct json **out)
{
	struct arena *a = e->rq->arena;
	const struct connector *c = connectors_find(e->app->links->connectors, l->connector);
	struct json *v = *out = json_object(a);
	struct link_look look;

	json_set_string(a, v, "id", l->id);
	json_set_string(a, v, "connector", l->connector);
	json_set_string(a, v, "name", c != NULL ? c->name : l->connector);
	json_set_string(a, v, "status", link_status_name(l->status));
	json_set_int(a, v, "created", l->created);
	json_set(a, v, "devices", json_copy(a, l->chosen));
	enum store_result r = link_look_get(e->app->store, a, l->user, l->id, &look);
	if (look.time > 0)
		json_set_int(a, v, "looked", look.time);
	if (look.fault != NULL)
		json_set_string(a, v, "fault", look.fault);
	return r;
}

/* --- all of them --- */

static void
list(const struct exchange *e)
{
	struct arena *a = e->rq->arena;
	struct json *answer = json_object(a), *links = json_set(a, answer, "links", json_array(a)), *ids, *v;
	enum store_result r = link_ids(e->app->store, a, e->user, &ids);
	struct link l;

	for (const struct json *id = json_first(ids); id != NULL && r == STORE_OK; id = json_next(id)) {
		r = link_find(e->app->store, a, e->user, json_string(id), &l);
		if (r == STORE_OK && (r = row(e, &l, &v)) == STORE_OK)
			json_append(a, links, v);
		else if (r == STORE_ABSENT)	/* it has just ended */
			r = STORE_OK;
	}
	json_set(a, answer, "connectors", show_connectors(e->app, a));
	if (r == STORE_OK)
		response_json(e->rs, 200, answer);
	else
		exchange_unavailable(e);
}

/* {"connector": "acme"}: a link, and where its owner's browser goes to log in. */
static void
make(const struct exchange *e)
{
	const struct connector *c = connectors_find(e->app->links->connectors, json_get_string(e->body, "connector"));
	struct json *answer;
	struct link l;
	enum store_result r = c != NULL ? link_make(e->app->store, e->rq->arena, e->user, c, &l) : STORE_ABSENT;

	if (r == STORE_ABSENT)
		exchange_refuse(e, 404, "connector", "connect_gone");
	else if (r == STORE_LIMIT)
		exchange_refuse(e, 409, "links", "connect_many");
	else if (r != STORE_OK || row(e, &l, &answer) != STORE_OK)
		exchange_unavailable(e);
	else {
		json_set_string(e->rq->arena, answer, "login", login_address(e->app, e->rq->arena, &l));
		response_json(e->rs, 201, answer);
	}
}

void
api_links(struct app *app, const struct request *rq, struct response *rs)
{
	struct exchange e;

	if (!exchange_begin(&e, app, rq, rs))
		return;
	if (strcmp(rq->method, "POST") == 0)
		make(&e);
	else
		list(&e);
}

/* --- one --- */

static void
show(struct exchange *e)
{
	struct json *v;

	if (row(e, &e->link, &v) == STORE_OK)
		response_json(e->rs, 200, v);
	else
		exchange_unavailable(e);
}

static void
end(struct exchange *e)
{
	if (link_end(e->app->links, e->rq->arena, &e->link) == STORE_OK)
		e->rs->status = 204;
	else
		exchange_unavailable(e);
}

static void
poll(struct exchange *e)
{
	if (link_wake(e->app->store, e->rq->arena, e->user, e->link.id) == STORE_OK)
		e->rs->status = 202;
	else
		exchange_unavailable(e);
}

/* What the vendor has. NULL: the answer is made. */
static struct json *
their_devices(struct exchange *e, struct json **items)
{
	const char *why = NULL;
	struct json *devices = e->link.status == LINK_LINKED && connectors_find(e->app->links->connectors, e->link.connector) != NULL ?
	    show_devices(e->app, e->rq->arena, &e->link, items, &why) : NULL;

	if (devices == NULL)
		exchange_refuse(e, e->link.status == LINK_LINKED ? 502 : 409, "vendor", e->link.status == LINK_LINKED ? "connect_unread" :
		    e->link.status == LINK_NEW ? "connect_state_new" : "connect_state_login");
	return devices;
}

static void
show_choice(struct exchange *e)
{
	struct json *answer = json_object(e->rq->arena), *items, *devices = their_devices(e, &items);

	if (devices == NULL)
		return;
	json_set(e->rq->arena, answer, "devices", devices);
	response_json(e->rs, 200, answer);
}

/* Exactly these. The vendor is asked only if one of them is new. The answer has what could not be, too. */
static void
choose_these(struct exchange *e, const struct json *wanted)
{
	struct arena *a = e->rq->arena;
	struct json *answer, *items = json_array(a), *faults;
	const struct connector *c = connectors_find(e->app->links->connectors, e->link.connector);
	bool fresh = false;

	for (const struct json *id = json_first(wanted); id != NULL; id = json_next(id))
		fresh = fresh || json_get(e->link.chosen, json_string(id)) == NULL;
	if (fresh && their_devices(e, &items) == NULL)
		return;
	enum store_result r = all_forget(e->app->links, a, &e->link);
	if (r == STORE_OK)
		r = mirror_choose(e->app->links, a, c, &e->link, wanted, items, &faults);
	if (r == STORE_OK)
		r = link_wake(e->app->store, a, e->user, e->link.id);
	if (r == STORE_OK)
		r = link_find(e->app->store, a, e->user, e->link.id, &e->link);
	if (r != STORE_OK || row(e, &e->link, &answer) != STORE_OK) {
		exchange_unavailable(e);
		return;
	}
	json_set(a, answer, "faults", faults);
	response_json(e->rs, 200, answer);
}

/* {"devices": ["a1"]} */
static void
choose(struct exchange *e)
{
	struct json *wanted = json_array(e->rq->arena);
	const struct json *ids = json_get(e->body, "devices");

	for (const struct json *id = json_first(ids); id != NULL; id = json_next(id))
		if (json_string(id) != NULL && !json_array_has(wanted, json_string(id)))
			json_append_string(e->rq->arena, wanted, json_string(id));
	if (json_type(ids) == JSON_ARRAY)
		choose_these(e, wanted);
	else
		exchange_refuse(e, 400, "json", "fault_json");
}

/* {"devices": {"a1": true, "c3": null}}: RFC 7396 on what GET shows: null takes one away, anything else adds one. */
static void
change(struct exchange *e)
{
	struct arena *a = e->rq->arena;
	struct json *wanted = json_array(a);
	const struct json *changes = json_get(e->body, "devices");

	if (json_type(changes) != JSON_OBJECT || json_count(e->body) != 1) {
		exchange_refuse(e, 400, "json", "fault_json");
		return;
	}
	for (const struct json *d = json_first(e->link.chosen); d != NULL; d = json_next(d))
		if (json_type(json_get(changes, json_name(d))) != JSON_NULL)
			json_append_string(a, wanted, json_name(d));
	for (const struct json *d = json_first(changes); d != NULL; d = json_next(d))
		if (json_type(d) != JSON_NULL && json_get(e->link.chosen, json_name(d)) == NULL)
			json_append_string(a, wanted, json_name(d));
	choose_these(e, wanted);
}

static const struct action {
	const char	*what, *method;
	void		(*run)(struct exchange *);
} actions[] = {
	{ "", "GET", show },
	{ "", "PATCH", change },
	{ "", "DELETE", end },
	{ "devices", "GET", show_choice },
	{ "devices", "PUT", choose },
	{ "poll", "POST", poll },
};

/* What is asked for; NULL: the answer is made. */
static const struct action *
find_action(const struct exchange *e, const char *what)
{
	const char *allow = NULL;

	for (size_t i = 0; i < sizeof(actions) / sizeof(actions[0]); i++) {
		if (strcmp(actions[i].what, what) != 0)
			continue;
		if (strcmp(actions[i].method, e->rq->method) == 0)
			return &actions[i];
		allow = allow == NULL ? actions[i].method : arena_printf(e->rq->arena, "%s, %s", allow, actions[i].method);
	}
	exchange_refuse(e, allow != NULL ? 405 : 404, allow != NULL ? "method" : "unknown", allow != NULL ? "error_405" : "error_404");
	if (allow != NULL)
		response_header(e->rs, "Allow", allow);
	return NULL;
}

void
api_one_link(struct app *app, const struct request *rq, struct response *rs)
{
	const char *name = rq->path + sizeof(HERE) - 1, *slash = strchr(name, '/');
	struct exchange e;
	const struct action *action;

	if (!exchange_begin(&e, app, rq, rs))
		return;
	/* Under the visitor's own key: nobody else's link can be named. */
	enum store_result r = link_find(app->store, rq->arena, e.user,
	    slash != NULL ? arena_strndup(rq->arena, name, (size_t)(slash - name)) : name, &e.link);
	if (r == STORE_ABSENT)
		exchange_refuse(&e, 404, "unknown", "error_404");
	else if (r != STORE_OK)
		exchange_unavailable(&e);
	else if ((action = find_action(&e, slash != NULL ? slash + 1 : "")) != NULL)
		action->run(&e);
}
