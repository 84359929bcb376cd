/* view.c: from records to what is shown. */
#include "sim/view.h"

#include <string.h>

#include "app.h"
#include "base/arena.h"
#include "base/clock.h"
#include "base/config.h"
#include "base/json.h"
#include "sim/callback.h"
#include "sim/check.h"
#include "sim/control.h"
#include "sim/install.h"
#include "sim/show.h"
#include "sim/sim.h"
#include "sim/wire.h"
#include "base/banned.h"

#define NEWEST 15

/* --- devices --- */

static void
add_values(struct arena *a, struct json *list, const struct json *device)
{
	for (const struct json *s = json_first(json_get(device, "states")); s != NULL; s = json_next(s)) {
		const struct json *value = json_get(s, "value");
		const char *text = json_string(value), *component = json_get_string(s, "component");
		const char *attribute = json_get_string(s, "attribute");
		if (attribute == NULL || component == NULL || strcmp(attribute, "healthStatus") == 0 ||
		    json_type(value) == JSON_ARRAY || json_type(value) == JSON_OBJECT)
			continue;
		struct json *v = json_append(a, list, json_object(a));
		json_set_string(a, v, "name", strcmp(component, "main") == 0 ? attribute :
		    arena_printf(a, "%s %s", component, attribute));
		json_set_string(a, v, "value", text != NULL ? text : json_print(a, value));
		json_set_string(a, v, "unit", json_get_string(s, "unit"));
	}
}

static struct json *
view_devices(struct sim *s)
{
	static const char *const same[] = { "id", "name", "room", "type", "maker", "model" };
	struct arena *a = s->arena;
	struct json *list = json_array(a);
	long long n = 0;

	for (const struct json *d = json_first(json_get(s->home.devices, "list")); d != NULL; d = json_next(d)) {
		struct json *v = json_append(a, list, json_object(a));
		for (size_t i = 0; i < sizeof(same) / sizeof(same[0]); i++)
			json_set_string(a, v, same[i], json_get_string(d, same[i]));
		json_set_int(a, v, "n", ++n);
		json_set_bool(a, v, "offline", json_get_bool(d, "offline", false));
		json_set(a, v, "controls", control_show(a, d));
		add_values(a, json_set(a, v, "values", json_array(a)), d);
	}
	return list;
}

/* --- the home --- */

bool
view_clock_free(const struct sim *s)
{
	return s->app->config->insecure_loopback && strncmp(s->app->config->public_url, "http://", 7) == 0;
}

/* "3 d 4 h" */
static char *
span(struct arena *a, int64_t ms)
{
	long long minutes = ms / 60000;

	return arena_printf(a, "%lld d %lld h %lld min", minutes / 1440, minutes / 60 % 24, minutes % 60);
}

static struct json *
view_clock(struct sim *s)
{
	struct json *v = json_object(s->arena);

	json_set_string(s->arena, v, "now", sim_moment(s->arena, clock_ms()));
	json_set_bool(s->arena, v, "free", view_clock_free(s));
	if (clock_offset() != 0)
		json_set_string(s->arena, v, "ahead", span(s->arena, clock_offset()));
	return v;
}

static struct json *
view_ways(struct sim *s)
{
	const char *now = json_get_string(s->home.record, "callbacks");
	struct json *list = json_array(s->arena);

	for (size_t i = 0; callback_ways[i].name != NULL; i++) {
		struct json *v = json_append(s->arena, list, json_object(s->arena));
		json_set_string(s->arena, v, "way", callback_ways[i].name);
		json_set_string(s->arena, v, "text", callback_ways[i].text);
		json_set_bool(s->arena, v, "now", now != NULL && strcmp(now, callback_ways[i].name) == 0);
	}
	return list;
}

static void
set_time(struct arena *a, struct json *v, const char *name, long long sec)
{
	if (sec > 0)
		json_set_string(a, v, name, sim_moment(a, sec * 1000));
}

struct json *
view_home(struct sim *s)
{
	struct arena *a = s->arena;
	const struct json *record = s->home.record;
	struct json *v = json_object(a);

	json_set_string(a, v, "link", home_link(&s->home));
	json_set_bool(a, v, "linked", home_is_linked(&s->home));
	json_set_bool(a, v, "ended", strcmp(home_link(&s->home), "ended") == 0);
	json_set_bool(a, v, "known", record != NULL);
	json_set_string(a, v, "error", json_get_string(record, "error"));
	if (json_get(record, "last") != NULL)
		json_set(a, v, "last", json_copy(a, json_get(record, "last")));
	json_set_string(a, v, "scope", json_get_string(record, "scope"));
	set_time(a, v, "linked_at", json_get_int(record, "linked", 0));
	set_time(a, v, "renewed", json_get_int(record, "renewed", 0));
	set_time(a, v, "expires", json_get_int(record, "expires", 0));
	set_time(a, v, "callback_expires", json_get_int(json_get(record, "callback"), "expires", 0));
	json_set_int(a, v, "slowest", json_get_int(record, "slowest", 0));
	json_set_int(a, v, "seq", json_get_int(record, "seq", 0));
	json_set(a, v, "devices", view_devices(s));
	long long more = json_get_int(s->home.devices, "more", 0);
	if (more > 0)
		json_set_int(a, v, "more", more);
	json_set(a, v, "ways", view_ways(s));
	json_set(a, v, "clock", view_clock(s));
	json_set(a, v, "checks", view_checks(s));
	if (record != NULL)
		json_set(a, v, "wire", view_wire(s, NULL, NULL, 0, NEWEST));
	return v;
}

/* --- the wire --- */

struct listing {
	struct sim	*sim;
	struct json	*list;
	const char	*kind, *status;
	long long	 after;
	size_t		 max;
};

static struct json *
view_line(struct arena *a, const struct exchange *x)
{
	struct json *v = json_object(a);

	json_set_int(a, v, "seq", x->seq);
	json_set_int(a, v, "at", x->at);
	json_set_string(a, v, "when", sim_moment(a, x->at));
	json_set_string(a, v, "time", arena_strndup(a, sim_moment(a, x->at) + 11, 8));
	json_set_bool(a, v, "inbound", x->inbound);
	json_set_string(a, v, "kind", *x->kind != '\0' ? x->kind : "?");
	json_set_string(a, v, "method", x->method);
	json_set_string(a, v, "path", x->path);
	if (x->status != 0)
		json_set_int(a, v, "status", x->status);
	json_set_bool(a, v, "bad", !wire_is(x, "answered"));
	json_set_bool(a, v, "faulty", wire_is(x, "faulty"));
	json_set_int(a, v, "ms", x->ms);
	json_set_string(a, v, "why", x->error);
	if (x->replay_of > 0)
		json_set_int(a, v, "replay_of", x->replay_of);
	return v;
}

static bool
add_line(void *arg, const struct exchange *x)
{
	struct listing *l = arg;

	if (x->seq <= l->after || json_count(l->list) >= l->max)
		return false;
	if (wire_is(x, l->status) && (l->kind == NULL || strcmp(l->kind, x->kind) == 0))
		json_append(l->sim->arena, l->list, view_line(l->sim->arena, x));
	return true;
}

struct json *
view_wire(struct sim *s, const char *kind, const char *status, long long after, size_t max)
{
	struct listing l = { s, json_array(s->arena), kind, status, after, max };

	wire_each(&s->home, add_line, &l);
	return l.list;
}

struct json *
view_exchange(struct sim *s, const struct exchange *x)
{
	struct arena *a = s->arena;
	struct json *v = view_line(a, x);

	json_set_string(a, v, "headers", x->headers);
	json_set_string(a, v, "request", show_pretty(a, x->request));
	json_set_string(a, v, "answer", show_pretty(a, x->answer));
	json_set_string(a, v, "curl", show_curl(s, x));
	json_set_bool(a, v, "can_replay", !x->inbound && !x->cut);
	json_set_bool(a, v, "cut", x->cut);
	json_set_bool(a, v, "form", x->form);
	if (x->faults != NULL)
		json_set(a, v, "faults", json_copy(a, x->faults));
	return v;
}

/* --- checks --- */

struct json *
view_checks(struct sim *s)
{
	static const char *const parts[] = { "asks", "tells", "ends", "app" };
	struct arena *a = s->arena;
	struct json *v = json_object(a), *lists[CHECK_PARTS];
	long long all = 0, done = 0;

	for (size_t i = 0; i < CHECK_PARTS; i++)
		lists[i] = json_set(a, v, parts[i], json_array(a));
	for (const struct check *c = check_table; c->id != NULL; c++) {
		if (c->part == CHECK_APP && !install_configured(s->app->config))
			continue;	/* there is no SmartApp to look at */
		struct json *row = json_append(a, lists[c->part], json_object(a));
		long long at = check_seen(&s->home, c->id);
		json_set_bool(a, row, "first", json_count(lists[c->part]) == 1);
		json_set_string(a, row, "id", c->id);
		json_set_string(a, row, "text", c->text);
		json_set_string(a, row, "how", c->how);
		if (at > 0)
			json_set_string(a, row, "at", sim_moment(a, at));
		all++;
		done += at > 0;
	}
	json_set_int(a, v, "all", all);
	json_set_int(a, v, "done", done);
	/* What the button does without script; an expired token needs the clock. */
	json_set_int(a, v, "alone", (long long)json_count(lists[CHECK_ASKS]) - !view_clock_free(s));
	json_set_bool(a, v, "green", done == all);
	return v;
}
