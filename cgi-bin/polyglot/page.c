/* page.c: a list with a form for one more, and a page for one. */
#include "polyglot/page.h"

#include <string.h>

#include "account/visitor.h"
#include "app.h"
#include "base/arena.h"
#include "base/json.h"
#include "base/text.h"
#include "nodeserver/service.h"
#include "polyglot/ask.h"
#include "polyglot/show.h"
#include "web/request.h"
#include "web/response.h"
#include "base/banned.h"

#define HERE "/nodeservers/"

struct call {
	struct app		*app;
	const struct request	*rq;
	struct response		*rs;
	struct visitor		 visitor;
	struct nodeserver_context x;
	const char		*user;
	struct nodeserver	 ns;
};

/* False: it is answered. */
static bool
begin(struct call *c, struct app *app, const struct request *rq, struct response *rs)
{
	*c = (struct call){ .app = app, .rq = rq, .rs = rs, .visitor = visitor_find(app, rq, rs), .x = ask_context(app, rq) };
	c->user = c->visitor.session.user.id;
	app_refresh(app);
	if (c->visitor.unavailable)
		visitor_unavailable(app, rq, rs);
	else if (!c->visitor.signed_in)
		response_redirect(rs, arena_printf(rq->arena, "%s/login", visitor_base(app)));
	else
		return strcmp(rq->method, "GET") == 0 || visitor_form_ok(app, rq, rs, &c->visitor);
	return false;
}

/* --- one --- */

/* Texts for ?done=. */
static const char *
done_said(const struct request *rq)
{
	static const struct { const char *done, *text; } all[] = {
		{ "stop", "nodeserver_done_stop" }, { "start", "nodeserver_done_start" }, { "restart", "nodeserver_done_restart" },
		{ "query", "nodeserver_done_query" }, { "params", "nodeserver_done_params" }, { "polls", "nodeserver_done_polls" },
		{ "oauth", "nodeserver_done_oauth" }, { "develop", "nodeserver_done_develop" }, { "watch", "nodeserver_done_watch" },
	};
	const char *done = request_query(rq, "done");

	for (size_t i = 0; done != NULL && i < sizeof(all) / sizeof(all[0]); i++)
		if (strcmp(all[i].done, done) == 0)
			return all[i].text;
	return NULL;
}

/* What was typed, if that was wrong; else what there is. */
static const char *
typed(const struct call *c, const char *name, const char *there)
{
	const char *text = request_form(c->rq, name);

	return text != NULL ? text : there;
}

static void
show(struct call *c, int status, const char *fault, const char *detail, bool secrets)
{
	struct arena *a = c->x.arena;
	struct json *data = json_object(a), *nodes, *trace, *one;

	if (show_nodes(&c->x, &c->ns, &nodes) != STORE_OK || show_trace(&c->x, &c->ns, &trace) != STORE_OK) {
		visitor_unavailable(c->app, c->rq, c->rs);
		return;
	}
	one = json_set(a, data, "nodeserver", show_row(&c->x, &c->ns));
	json_set_string(a, one, "worker", c->ns.worker);
	json_set(a, one, "notices", show_notices(a, json_get(c->ns.record, "notices")));
	json_set(a, one, "nodes", nodes);
	json_set_string(a, one, "params", show_params(a, registry_hidden(c->x.keyring, a, &c->ns, "customParams")));
	json_set(a, one, "trace", trace);
	json_set_string(a, one, "nodedefs", typed(c, "nodedefs", json_print(a, json_get(c->ns.record, "nodedefs"))));
	json_set_bool(a, one, "oauth_set", json_first(registry_hidden(c->x.keyring, a, &c->ns, "oauth")) != NULL);
	if (secrets) {
		struct json *v = json_set(a, one, "secrets", json_object(a));
		json_set_string(a, v, "token", registry_token(&c->x, &c->ns));
		json_set_string(a, v, "pgurl", registry_pgurl(&c->x, &c->ns));
	}
	json_set_string(a, data, "fault", fault);
	json_set_string(a, data, "fault_detail", detail);
	json_set_string(a, data, "done", fault == NULL ? done_said(c->rq) : NULL);
	visitor_page(c->app, c->rq, c->rs, &c->visitor, status, "nodeserver", data, NULL);
}

static void
done(const struct call *c, const char *what)
{
	response_redirect(c->rs, arena_printf(c->x.arena, "%s" HERE "%d?done=%s", visitor_base(c->app), c->ns.n, what));
}

/* A form that changes something which it keeps. */
static void
change(struct call *c, struct json *change, const char *what)
{
	const char *why = NULL;
	int status;
	enum store_result r = service_change(&c->x, &c->ns, change, &status, &why);

	if (r != STORE_OK)
		visitor_unavailable(c->app, c->rq, c->rs);
	else if (status != 200)
		show(c, status, "nodeserver_fault", why, false);
	else
		done(c, what);
}

static void
save_params(struct call *c)
{
	struct arena *a = c->x.arena;
	const char *lines = request_form(c->rq, "params");
	struct json *params = show_read_params(a, lines != NULL ? lines : "",
	    registry_hidden(c->x.keyring, a, &c->ns, "customParams")), *v = json_object(a);

	if (params == NULL) {
		show(c, 400, "nodeserver_fault_params", NULL, false);
		return;
	}
	json_set(a, v, "customParams", params);
	change(c, v, "params");
}

static void
save_polls(struct call *c)
{
	struct arena *a = c->x.arena;
	struct json *v = json_object(a), *polls = json_set(a, v, "polls", json_object(a));
	static const char *const names[][2] = { { "short", "shortPoll" }, { "long", "longPoll" } };
	long long n;

	for (size_t i = 0; i < 2; i++) {
		const char *text = request_form(c->rq, names[i][0]);
		if (text != NULL && text_to_int(text, 0, REGISTRY_POLL_MAX, &n))
			json_set_int(a, polls, names[i][1], n);
	}
	change(c, v, "polls");
}

/* What its developer sets: maps of nodes, settings of OAuth. The latter are not shown, as secrets are among them: what is
 * empty stays as it is. */
static void
save_develop(struct call *c)
{
	static const char *const names[] = { "nodedefs", "oauth" };
	struct json *v = json_object(c->x.arena);

	for (size_t i = 0; i < 2; i++) {
		const char *text = request_form(c->rq, names[i]);
		struct json_error err;
		if (text == NULL || text[strspn(text, " \t\r\n")] == '\0')
			continue;
		struct json *said = json_parse(c->x.arena, text, strlen(text), &err);
		if (said == NULL) {
			show(c, 400, "nodeserver_fault_json", arena_printf(c->x.arena, "%s: %s (%zu)", names[i], err.what, err.line), false);
			return;
		}
		json_set(c->x.arena, v, names[i], said);
	}
	change(c, v, "develop");
}

static void
delete(struct call *c)
{
	if (service_delete(&c->x, &c->ns, request_form(c->rq, "keep") != NULL) != STORE_OK)
		visitor_unavailable(c->app, c->rq, c->rs);
	else
		response_redirect(c->rs, arena_printf(c->x.arena, "%s/nodeservers?done=deleted", visitor_base(c->app)));
}

static void
act(struct call *c, const char *action)
{
	enum store_result r = service_act(&c->x, &c->ns, action, NULL);

	if (r == STORE_ABSENT)
		visitor_refuse(c->app, c->rq, c->rs, 400, "");
	else if (r != STORE_OK)
		visitor_unavailable(c->app, c->rq, c->rs);
	else if (strcmp(action, "rotate") == 0)
		show(c, 200, NULL, NULL, true);
	else
		done(c, action);
}

void
page_one(struct app *app, const struct request *rq, struct response *rs)
{
	const char *slot = rq->path + sizeof(HERE) - 1, *action = request_form(rq, "action");
	struct call c;
	long long n;

	if (!begin(&c, app, rq, rs))
		return;
	enum store_result r = text_to_int(slot, 1, REGISTRY_SLOTS, &n) ? registry_find(&c.x, c.user, (int)n, &c.ns) : STORE_ABSENT;
	if (r == STORE_ABSENT)
		visitor_error(app, rq, rs, 404, "nodeserver_none", NULL);
	else if (r != STORE_OK)
		visitor_unavailable(app, rq, rs);
	else if (strcmp(rq->method, "GET") == 0)
		show(&c, 200, NULL, NULL, false);
	else if (action == NULL)
		visitor_refuse(app, rq, rs, 400, "");
	else if (strcmp(action, "params") == 0)
		save_params(&c);
	else if (strcmp(action, "polls") == 0)
		save_polls(&c);
	else if (strcmp(action, "develop") == 0)
		save_develop(&c);
	else if (strcmp(action, "delete") == 0)
		delete(&c);
	else
		act(&c, action);
}

/* --- all --- */

static void
add_row(void *arg, const struct nodeserver *ns)
{
	void *const *to = arg;
	const struct call *c = to[0];

	json_append(c->x.arena, to[1], show_row(&c->x, ns));
}

static void
show_all(struct call *c, int status, const char *fault, const char *detail)
{
	struct arena *a = c->x.arena;
	struct json *data = json_object(a), *rows = json_set(a, data, "nodeservers", json_array(a));
	const char *said = request_query(c->rq, "done");
	void *to[] = { c, rows };

	if (registry_each(&c->x, c->user, add_row, to) != STORE_OK) {
		visitor_unavailable(c->app, c->rq, c->rs);
		return;
	}
	json_set_string(a, data, "fault", fault);
	json_set_string(a, data, "fault_detail", detail);
	json_set_string(a, data, "typed_name", request_form(c->rq, "name"));
	json_set_string(a, data, "done", said != NULL && strcmp(said, "deleted") == 0 ? "nodeserver_done_deleted" : NULL);
	visitor_page(c->app, c->rq, c->rs, &c->visitor, status, "nodeservers", data, NULL);
}

static void
create(struct call *c)
{
	struct arena *a = c->x.arena;
	struct json *spec = json_object(a);
	const char *slot = request_form(c->rq, "slot"), *why;
	long long n;
	int status;

	json_set_string(a, spec, "name", request_form(c->rq, "name"));
	if (slot != NULL && text_to_int(slot, 0, 999, &n))
		json_set_int(a, spec, "profileNum", n);
	enum store_result r = registry_create(&c->x, c->user, spec, &c->ns, &why, &status);
	if (r == STORE_OK)
		show(c, 201, NULL, NULL, true);
	else if (r == STORE_LIMIT && why != NULL)
		show_all(c, status, "nodeserver_fault", why);
	else
		visitor_unavailable(c->app, c->rq, c->rs);
}

void
page_list(struct app *app, const struct request *rq, struct response *rs)
{
	struct call c;

	if (!begin(&c, app, rq, rs))
		return;
	if (strcmp(rq->method, "GET") == 0)
		show_all(&c, 200, NULL, NULL);
	else
		create(&c);
}
