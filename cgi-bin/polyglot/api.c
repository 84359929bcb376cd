/* api.c: create, look, change, act, delete. */
#include "polyglot/api.h"

#include <string.h>

#include "account/visitor.h"
#include "app.h"
#include "base/arena.h"
#include "base/json.h"
#include "base/text.h"
#include "nodeserver/nodes.h"
#include "nodeserver/profile.h"
#include "nodeserver/service.h"
#include "polyglot/ask.h"
#include "web/request.h"
#include "web/response.h"
#include "base/banned.h"

#define HERE "/polyglot/api/nodeservers/"

struct call {
	struct app		*app;
	const struct request	*rq;
	struct response		*rs;
	struct nodeserver_context x;
	const char		*user;
	const struct json	*body;
	struct nodeserver	 ns;
};

/* Who asks, and may they be believed? False: it is answered. */
static bool
begin(struct call *c, struct app *app, const struct request *rq, struct response *rs)
{
	struct visitor v = visitor_find(app, rq, rs);
	bool changes = strcmp(rq->method, "GET") != 0, has_body = changes && rq->body_len > 0;
	struct json_error err;

	*c = (struct call){ .app = app, .rq = rq, .rs = rs, .x = ask_context(app, rq), .user = v.session.user.id };
	app_refresh(app);
	if (v.unavailable)
		ask_stored(rs, STORE_FAILED);
	else if (!v.signed_in)
		ask_refuse(rs, 401, "login", "Sign in first.");
	else if (changes && !visitor_believed(app, rq, &v, request_header(rq, "X-CSRF-Token")))
		ask_refuse(rs, 403, "form", "The header X-CSRF-Token must hold the form token of a page.");
	else if (has_body && json_type(c->body = json_parse(rq->arena, rq->body, rq->body_len, &err)) != JSON_OBJECT)
		ask_refuse(rs, 400, "invalid_request", "The body must be a JSON object.");
	else
		return true;
	return false;
}

struct json *
api_show(const struct nodeserver_context *x, const struct nodeserver *ns)
{
	static const char *const kept[] = { "profileNum", "name", "worker", "language", "connected", "stopped", "firstRun",
	    "shortPoll", "longPoll", "notices", "timeAdded", "timeStarted", "lastDisconnect", "development" };
	struct arena *a = x->arena;
	struct json *v = json_object(a);

	json_set_string(a, v, "id", registry_controller(a, ns->user));
	for (size_t i = 0; i < sizeof(kept) / sizeof(kept[0]); i++)
		if (json_get(ns->record, kept[i]) != NULL)
			json_set(a, v, kept[i], json_copy(a, json_get(ns->record, kept[i])));
	json_set(a, v, "customParams", registry_hidden(x->keyring, a, ns, "customParams"));
	return v;
}

static void
add_row(void *arg, const struct nodeserver *ns)
{
	const struct call *c = ((void **)arg)[0];

	json_append(c->x.arena, ((void **)arg)[1], api_show(&c->x, ns));
}

static void
list(struct call *c)
{
	struct json *v = json_object(c->x.arena), *rows = json_set(c->x.arena, v, "nodeservers", json_array(c->x.arena));
	void *arg[] = { c, rows };
	enum store_result r = registry_each(&c->x, c->user, add_row, arg);

	if (r == STORE_OK)
		response_json(c->rs, 200, v);
	else
		ask_stored(c->rs, r);
}

/* The record with what is shown once. */
static void
answer_secrets(struct call *c, int status)
{
	struct json *v = api_show(&c->x, &c->ns);

	json_set_string(c->x.arena, v, "token", registry_token(&c->x, &c->ns));
	json_set_string(c->x.arena, v, "pgUrl", registry_pgurl(&c->x, &c->ns));
	response_json(c->rs, status, v);
}

static void
create(struct call *c)
{
	const char *why;
	int status;
	enum store_result r = registry_create(&c->x, c->user, c->body, &c->ns, &why, &status);

	if (r == STORE_OK)
		answer_secrets(c, 201);
	else if (r == STORE_LIMIT && why != NULL)
		ask_refuse(c->rs, status, status == 409 ? "conflict" : "invalid_request", why);
	else
		ask_stored(c->rs, r);
}

void
api_nodeservers(struct app *app, const struct request *rq, struct response *rs)
{
	struct call c;

	if (!begin(&c, app, rq, rs))
		return;
	if (strcmp(rq->method, "GET") == 0)
		list(&c);
	else
		create(&c);
}

/* --- one --- */

static void
show(struct call *c, const char *rest)
{
	struct json *v = api_show(&c->x, &c->ns), *nodes, *names;
	enum store_result r = nodes_show(&c->x, &c->ns, &nodes);

	(void)rest;
	if (r == STORE_OK)
		r = profile_list(&c->x, &c->ns, &names);
	if (r != STORE_OK) {
		ask_stored(c->rs, r);
		return;
	}
	json_set(c->x.arena, v, "nodes", nodes);
	json_set(c->x.arena, v, "profile", names);
	response_json(c->rs, 200, v);
}

static void
profile(struct call *c, const char *rest)
{
	const char *data;
	size_t len;
	enum store_result r = profile_get(&c->x, &c->ns, rest + strlen("profile/"), &data, &len);

	if (r == STORE_OK) {
		response_body(c->rs, 200, "application/octet-stream", data, len);
		/* A plain name: it was found, and nothing else is kept. */
		response_header(c->rs, "Content-Disposition", arena_printf(c->rs->arena, "attachment; filename=\"%s\"", strrchr(rest, '/') + 1));
	} else
		ask_stored(c->rs, r);
}

static void
change(struct call *c, const char *rest)
{
	int status = 400;
	const char *why = NULL;
	enum store_result r = service_change(&c->x, &c->ns, c->body, &status, &why);

	if (r == STORE_OK && status == 200)
		r = registry_find(&c->x, c->user, c->ns.n, &c->ns);
	if (r != STORE_OK)
		ask_stored(c->rs, r);
	else if (status == 200)
		show(c, rest);
	else
		ask_refuse(c->rs, status, "invalid_request", why != NULL ? why : "This cannot be.");
}

static void
act(struct call *c, const char *rest)
{
	enum store_result r = service_act(&c->x, &c->ns, rest, c->body);

	if (r != STORE_OK)
		ask_stored(c->rs, r);
	else if (strcmp(rest, "rotate") == 0)
		answer_secrets(c, 202);
	else
		response_json(c->rs, 202, json_object(c->x.arena));
}

static void
delete(struct call *c, const char *rest)
{
	const char *keep = request_query(c->rq, "keepDevices");
	enum store_result r = service_delete(&c->x, &c->ns, keep != NULL && strcmp(keep, "1") == 0);

	(void)rest;
	if (r == STORE_OK)
		response_json(c->rs, 200, json_object(c->x.arena));
	else
		ask_stored(c->rs, r);
}

void
api_nodeserver(struct app *app, const struct request *rq, struct response *rs)
{
	static const struct {
		const char	*method, *rest;	/* rest ending in "/": what begins so; NULL: anything */
		void		 (*handler)(struct call *, const char *rest);
	} ways[] = {
		{ "GET", "", show }, { "GET", "profile/", profile }, { "PATCH", "", change }, { "DELETE", "", delete },
		{ "POST", NULL, act },
	};
	const char *rest = rq->path + sizeof(HERE) - 1, *slot = ask_part(rq, &rest);
	struct call c;
	long long n;

	if (!begin(&c, app, rq, rs))
		return;
	enum store_result r = slot != NULL && text_to_int(slot, 1, REGISTRY_SLOTS, &n) ?
	    registry_find(&c.x, c.user, (int)n, &c.ns) : STORE_ABSENT;
	for (size_t i = 0; r == STORE_OK && i < sizeof(ways) / sizeof(ways[0]); i++)
		if (strcmp(ways[i].method, rq->method) == 0 && (ways[i].rest == NULL || strcmp(ways[i].rest, rest) == 0 ||
		    (*ways[i].rest != '\0' && strncmp(ways[i].rest, rest, strlen(ways[i].rest)) == 0))) {
			ways[i].handler(&c, rest);
			return;
		}
	ask_stored(rs, r == STORE_OK ? STORE_ABSENT : r);
}
