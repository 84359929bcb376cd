/* one_page.c: one device, and the forms about it. */
#include "console/one_page.h"

#include <string.h>

#include "account/moment.h"
#include "account/visitor.h"
#include "account/words.h"
#include "app.h"
#include "base/arena.h"
#include "base/json.h"
#include "console/act.h"
#include "console/chart.h"
#include "console/control.h"
#include "console/detail.h"
#include "console/done.h"
#include "console/list.h"
#include "console/show.h"
#include "device/change.h"
#include "web/form.h"
#include "web/request.h"
#include "web/response.h"
#include "base/banned.h"

#define HERE "/devices/"

bool
one_page_place(const struct request *rq, const char *prefix, const char **id, const char **rest)
{
	const char *place = rq->path + strlen(prefix), *slash = strchr(place, '/');
	size_t n = slash != NULL ? (size_t)(slash - place) : strlen(place);
	char *query = arena_printf(rq->arena, "id=%.*s", (int)n, place);
	struct pair *pairs;

	/* These two mean something in a query, and stand in no id. */
	if (strpbrk(query, "&+") != NULL || !form_decode(rq->arena, query, strlen(query), &pairs))
		return false;
	*id = form_get(pairs, "id");
	*rest = slash != NULL ? slash + 1 : "";
	return *id != NULL && (slash == NULL || slash[1] != '\0');
}

/* What one request is about. */
struct call {
	struct app		*app;
	const struct request	*rq;
	struct response		*rs;
	const struct visitor	*visitor;
	const char		*user, *id;
	struct words		 words;
};

static void
answer_absent(const struct call *c)
{
	visitor_error(c->app, c->rq, c->rs, 404, "fault_no_device", NULL);
}

/* Rooms that there are, to choose from while typing one. */
static enum store_result
add_rooms(const struct call *c, struct json *data)
{
	struct arena *a = c->rq->arena;
	struct json *rooms = json_set(a, data, "all_rooms", json_array(a));
	struct list all;
	enum store_result r = list_read(c->app, a, c->user, &all);

	for (size_t i = 0; r == STORE_OK && i < all.n; i++)
		if (all.items[i].device.room != NULL && !json_array_has(rooms, all.items[i].device.room))
			json_append_string(a, rooms, all.items[i].device.room);
	return r;
}

static void
fill(const struct call *c, const struct list_item *it, struct json *data)
{
	struct arena *a = c->rq->arena;
	struct json *facts = json_set(a, data, "facts", json_object(a));
	const struct device *d = &it->device;

	json_set(a, data, "device", show_frame(c->app, &c->words, it));
	json_set(a, data, "controls", control_list(&c->words, c->app->catalogue, it, false));
	json_set(a, data, "components", detail_list(&c->words, c->app->catalogue, it));
	json_set_string(a, facts, "type", d->type);
	json_set_string(a, facts, "manufacturer", d->manufacturer);
	json_set_string(a, facts, "model", d->model);
	json_set(a, facts, "created", moment(a, d->created * 1000));
	json_set_string(a, data, "done", done_said(c->rq));
}

/* The page; result (may be NULL) is what went wrong on it. */
static void
show(const struct call *c, const struct act_result *result)
{
	struct arena *a = c->rq->arena;
	struct json *charts, *data = json_object(a);
	struct list_item it;
	long long seq;
	enum store_result r = change_newest(c->app->store, a, c->user, &seq);

	if (r == STORE_OK)
		r = list_read_one(c->app, a, c->user, c->id, &it);
	if (r == STORE_OK)
		r = chart_list(c->app, &c->words, c->user, &it, &charts);
	if (r == STORE_OK)
		r = add_rooms(c, data);
	if (r == STORE_ABSENT) {
		answer_absent(c);
		return;
	}
	if (r != STORE_OK) {
		visitor_unavailable(c->app, c->rq, c->rs);
		return;
	}
	fill(c, &it, data);
	json_set(a, data, "charts", charts);
	json_set_int(a, data, "seq", seq);
	json_set_string(a, data, "fault", result != NULL ? result->text : NULL);
	json_set_string(a, data, "fault_detail", result != NULL ? result->detail : NULL);
	visitor_page(c->app, c->rq, c->rs, c->visitor, result != NULL ? result->status : 200, "device-one", data, NULL);
}

static void
ask_delete(const struct call *c)
{
	struct json *data = json_object(c->rq->arena);
	struct list_item it;
	enum store_result r = list_read_one(c->app, c->rq->arena, c->user, c->id, &it);

	if (r == STORE_ABSENT)
		answer_absent(c);
	else if (r != STORE_OK)
		visitor_unavailable(c->app, c->rq, c->rs);
	else {
		json_set(c->rq->arena, data, "device", show_frame(c->app, &c->words, &it));
		visitor_page(c->app, c->rq, c->rs, c->visitor, 200, "device-delete", data, NULL);
	}
}

/* --- forms --- */

static struct act_result
do_command(const struct call *c, const char **done)
{
	*done = "command";
	return act_command_form(c->app, c->rq->arena, c->user, c->id, request_form(c->rq, "do"), c->rq->form);
}

static struct act_result
do_set(const struct call *c, const char **done)
{
	const char *attribute = request_form(c->rq, "attribute"), *value = request_form(c->rq, "value");
	const char *unit = request_form(c->rq, "unit");
	const char *text = arena_printf(c->rq->arena, "%s=%s%s", attribute != NULL ? attribute : "", value != NULL ? value : "",
	    unit != NULL ? unit : "");

	*done = "set";
	return act_set(c->app, c->rq->arena, c->user, c->id, &text, 1);
}

static struct act_result
do_label(const struct call *c, const char **done)
{
	const char *name = request_form(c->rq, "name"), *room = request_form(c->rq, "room");

	*done = "saved";
	return act_label(c->app, c->rq->arena, c->user, c->id, name != NULL ? name : "", room != NULL ? room : "");
}

static struct act_result
do_online(const struct call *c, const char **done)
{
	const char *online = request_form(c->rq, "online");
	bool yes = online != NULL && strcmp(online, "yes") == 0;

	*done = yes ? "online" : "offline";
	return act_online(c->app, c->rq->arena, c->user, c->id, yes);
}

static struct act_result
do_delete(const struct call *c, const char **done)
{
	*done = "deleted";
	return act_delete(c->app, c->rq->arena, c->user, c->id);
}

static const struct {
	const char	*rest;
	struct act_result (*act)(const struct call *, const char **done);
	bool		 leaves;	/* the device is gone afterwards */
} actions[] = {
	{ "command", do_command, false }, { "set", do_set, false }, { "label", do_label, false },
	{ "online", do_online, false }, { "delete", do_delete, true },
};

static void
post(const struct call *c, const char *rest)
{
	const char *done = NULL;
	size_t i = 0;

	while (i < sizeof(actions) / sizeof(actions[0]) && strcmp(actions[i].rest, rest) != 0)
		i++;
	if (i == sizeof(actions) / sizeof(actions[0])) {
		visitor_refuse(c->app, c->rq, c->rs, 404, "");
		return;
	}
	struct act_result result = actions[i].act(c, &done);
	if (result.text == NULL)
		done_redirect(c->app, c->rq, c->rs, actions[i].leaves ? NULL : c->id, done);
	else if (result.status == 404)
		answer_absent(c);
	else if (result.status == 503)
		visitor_unavailable(c->app, c->rq, c->rs);
	else
		show(c, &result);
}

void
one_page(struct app *app, const struct request *rq, struct response *rs)
{
	struct visitor v = visitor_find(app, rq, rs);
	struct call c = { .app = app, .rq = rq, .rs = rs, .visitor = &v, .words = words_for(app, rq) };
	const char *rest;

	if (v.unavailable)
		visitor_unavailable(app, rq, rs);
	else if (!v.signed_in)
		response_redirect(rs, arena_printf(rq->arena, "%s/login", visitor_base(app)));
	else if (!one_page_place(rq, HERE, &c.id, &rest))
		visitor_refuse(app, rq, rs, 404, "");
	else {
		c.user = v.session.user.id;
		if (strcmp(rq->method, "POST") == 0) {
			if (visitor_form_ok(app, rq, rs, &v))
				post(&c, rest);
		} else if (*rest == '\0')
			show(&c, NULL);
		else if (strcmp(rest, "delete") == 0)
			ask_delete(&c);
		else
			visitor_refuse(app, rq, rs, 404, "");
	}
}
