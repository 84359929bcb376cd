/* api.c: one device in JSON, and everything that a page can do with it. */
#include "console/api.h"

#include <string.h>

#include "app.h"
#include "base/arena.h"
#include "base/json.h"
#include "console/act.h"
#include "console/call.h"
#include "console/one_page.h"
#include "device/history.h"
#include "device/state.h"
#include "web/request.h"
#include "web/response.h"
#include "web/serve.h"
#include "base/banned.h"

#define HERE "/console/devices/"
#define SETS_MAX 32
#define HISTORY_MAX 200

void
api_unknown(struct app *app, const struct request *rq, struct response *rs)
{
	serve_refuse_json(app, rq, rs, 404, "There is nothing at this address.");
}

static void
get_device(const struct call *c)
{
	call_answer(c, NULL, 200);
}

static void
get_history(const struct call *c)
{
	struct arena *a = c->rq->arena;
	const struct history_range range = { c->user, c->id, 0, 0, HISTORY_MAX };
	struct history h;
	struct json *v = json_object(a), *values = json_set(a, v, "values", json_array(a));
	enum store_result r = history_read(c->app->store, a, &range, &h);

	if (r != STORE_OK) {
		struct act_result gone = act_stored(r);
		call_refuse(c, gone.status, gone.text, NULL, NULL);
		return;
	}
	for (size_t i = 0; i < h.n; i++)
		json_append(a, values, state_show(a, &h.values[i]));
	json_set_bool(a, v, "more", h.more);
	response_json(c->rs, 200, v);
}

static void
post_command(const struct call *c)
{
	const struct json *arguments = json_get(c->body, "arguments");
	const char *component = json_get_string(c->body, "component");
	const struct command command = { component != NULL ? component : "main", json_get_string(c->body, "capability"),
	    json_get_string(c->body, "command"), arguments };
	struct act_result result;

	if (command.capability == NULL || command.name == NULL ||
	    (arguments != NULL && json_type(arguments) != JSON_ARRAY)) {
		call_refuse(c, 400, "fault_json", NULL, NULL);
		return;
	}
	result = act_command(c->app, c->rq->arena, c->user, c->id, &command);
	call_answer(c, &result, 200);
}

static void
post_set(const struct call *c)
{
	const struct json *set = json_get(c->body, "set");
	const char *texts[SETS_MAX];
	struct act_result result;
	size_t n = 0;

	if (json_type(set) != JSON_OBJECT || json_count(set) == 0 || json_count(set) > SETS_MAX) {
		call_refuse(c, 400, "fault_json", NULL, NULL);
		return;
	}
	for (const struct json *m = json_first(set); m != NULL; m = json_next(m)) {
		const char *text = json_string(m);
		texts[n++] = arena_printf(c->rq->arena, "%s=%s", json_name(m), text != NULL ? text : json_print(c->rq->arena, m));
	}
	result = act_set(c->app, c->rq->arena, c->user, c->id, texts, n);
	call_answer(c, &result, 200);
}

/* {"name"?, "room"?, "online"?}: what is named is changed. */
static void
post_device(const struct call *c)
{
	const struct json *online = json_get(c->body, "online"), *name = json_get(c->body, "name"), *room = json_get(c->body, "room");
	struct act_result result = { .status = 200 };

	if ((online != NULL && json_type(online) != JSON_BOOL) || (name != NULL && json_string(name) == NULL) ||
	    (room != NULL && json_string(room) == NULL)) {
		call_refuse(c, 400, "fault_json", NULL, NULL);
		return;
	}
	if (name != NULL || room != NULL)
		result = act_label(c->app, c->rq->arena, c->user, c->id, json_string(name), json_string(room));
	if (result.text == NULL && online != NULL)
		result = act_online(c->app, c->rq->arena, c->user, c->id, json_bool(online, true));
	call_answer(c, &result, 200);
}

static void
delete_device(const struct call *c)
{
	struct act_result result = act_delete(c->app, c->rq->arena, c->user, c->id);
	struct json *v = json_object(c->rq->arena);

	if (result.text != NULL) {
		call_refuse(c, result.status, result.text, NULL, NULL);
		return;
	}
	json_set_string(c->rq->arena, v, "deleted", c->id);
	response_json(c->rs, 200, v);
}

static const struct {
	const char	*method, *rest;
	void		 (*handler)(const struct call *);
} ways[] = {
	{ "GET", "", get_device }, { "POST", "", post_device }, { "DELETE", "", delete_device },
	{ "GET", "history", get_history }, { "POST", "command", post_command }, { "POST", "set", post_set },
};

void
api_device(struct app *app, const struct request *rq, struct response *rs)
{
	struct call c;
	const char *rest;
	bool known = false;

	if (!call_begin(&c, app, rq, rs))
		return;
	if (!one_page_place(rq, HERE, &c.id, &rest)) {
		api_unknown(app, rq, rs);
		return;
	}
	for (size_t i = 0; i < sizeof(ways) / sizeof(ways[0]); i++) {
		if (strcmp(ways[i].rest, rest) != 0)
			continue;
		known = true;
		if (strcmp(ways[i].method, rq->method) == 0) {
			ways[i].handler(&c);
			return;
		}
	}
	if (known)
		serve_refuse_json(app, rq, rs, 405, "This address does not take that method.");
	else
		api_unknown(app, rq, rs);
}
