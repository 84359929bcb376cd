/* platform_api.c: one function a call, a table of their places.
 *
 * long because: the calls of three kinds of things share how a path is taken apart and a list is changed. */
#include "sim/platform_api.h"

#include <stdbool.h>
#include <string.h>

#include "base/arena.h"
#include "base/clock.h"
#include "base/json.h"
#include "base/secret.h"
#include "sim/check.h"
#include "sim/cron.h"
#include "sim/install.h"
#include "sim/thing.h"
#include "base/banned.h"

#define SUBSCRIPTIONS 40	/* of one installed app (lifecycle protocol 4.5) */
#define SCHEDULES 6
#define NAME_MAX_LEN 36

struct work {
	struct platform_call *call;
	struct json	*record, *app;
	const char	*id, *sub;	/* of the path: behind devices/ or installedapps/, and the last part; "" */
};

void
platform_answer(struct platform_call *c, struct json *answer)
{
	c->status = 200;
	c->answer = answer;
}

void
platform_refuse(struct platform_call *c, int status, const char *code, const char *message)
{
	struct json *e = json_object(c->arena);

	c->answer = json_object(c->arena);
	json_set_string(c->arena, c->answer, "requestId", secret_uuid(c->arena));
	json_set(c->arena, c->answer, "error", e);
	json_set_string(c->arena, e, "code", code);
	json_set_string(c->arena, e, "message", message);
	c->status = status;
}

static struct json *
items(struct arena *a, struct json *list)
{
	struct json *v = json_object(a);

	json_set(a, v, "items", list);
	return v;
}

static struct json *
list_of(struct work *w, const char *name)
{
	const struct json *old = json_get(w->app, name);

	return old != NULL ? json_copy(w->call->arena, old) : json_array(w->call->arena);
}

/* --- subscriptions --- */

/* The member that is named after the source: DEVICE_LIFECYCLE is in deviceLifecycle. */
static const struct json *
subscribed(const struct json *s)
{
	static const char *const sources[][2] = { { "DEVICE", "device" }, { "CAPABILITY", "capability" }, { "MODE", "mode" },
		{ "DEVICE_LIFECYCLE", "deviceLifecycle" }, { "DEVICE_HEALTH", "deviceHealth" },
		{ "SECURITY_ARM_STATE", "securityArmState" }, { "HUB_HEALTH", "hubHealth" },
		{ "SCENE_LIFECYCLE", "sceneLifecycle" } };
	const char *source = json_get_string(s, "sourceType");

	for (size_t i = 0; source != NULL && i < sizeof(sources) / sizeof(sources[0]); i++)
		if (strcmp(sources[i][0], source) == 0 && json_type(json_get(s, sources[i][1])) == JSON_OBJECT)
			return json_get(s, sources[i][1]);
	return NULL;
}

static bool
same(const char *a, const char *b)
{
	return a != NULL && b != NULL && strcmp(a, b) == 0;
}

static void
create_subscription(struct work *w)
{
	struct platform_call *c = w->call;
	const struct json *it = subscribed(c->body);
	const char *name = json_get_string(it, "subscriptionName"), *device = json_get_string(it, "deviceId");
	struct json *list = list_of(w, "subscriptions");

	if (it == NULL || (same(json_get_string(c->body, "sourceType"), "DEVICE") && device == NULL)) {
		platform_refuse(c, 422, "ConstraintViolationError", "sourceType and its member are not right");
		return;
	}
	if (device != NULL && thing_find(device) == NULL) {
		platform_refuse(c, 403, "ForbiddenError", "there is no such device in this location");
		return;
	}
	for (const struct json *s = json_first(list); s != NULL; s = json_next(s))
		if (same(json_get_string(subscribed(s), "subscriptionName"), name)) {
			platform_refuse(c, 409, "ConflictError", "there is a subscription of this name");
			return;
		}
	if (json_count(list) >= SUBSCRIPTIONS || (name != NULL && strlen(name) > NAME_MAX_LEN)) {
		platform_refuse(c, 422, "LimitError", "there are too many subscriptions, or the name is too long");
		return;
	}
	struct json *made = json_append(c->arena, list, json_copy(c->arena, c->body));
	json_set_string(c->arena, made, "id", secret_uuid(c->arena));
	json_set_string(c->arena, made, "installedAppId", w->id);
	json_set(c->arena, w->app, "subscriptions", list);
	check_tick(c->arena, w->record, json_get_bool(w->app, "cleared", false) ? "app_resubscribed" : "app_subscribed");
	platform_answer(c, json_copy(c->arena, made));
}

static void
list_subscriptions(struct work *w)
{
	platform_answer(w->call, items(w->call->arena, list_of(w, "subscriptions")));
}

/* All, or the one with that id or name. */
static void
delete_from(struct work *w, const char *name, bool (*is)(const struct json *, const char *))
{
	struct arena *a = w->call->arena;
	struct json *left = json_array(a), *v = json_object(a);
	long long count = 0;

	for (const struct json *s = json_first(json_get(w->app, name)); s != NULL; s = json_next(s))
		if (*w->sub == '\0' || is(s, w->sub))
			count++;
		else
			json_append(a, left, json_copy(a, s));
	json_set(a, w->app, name, left);
	json_set_int(a, v, "count", count);
	if (*w->sub != '\0' && count == 0)
		platform_refuse(w->call, 404, "NotFoundError", "there is nothing of this name");
	else
		platform_answer(w->call, v);
}

static bool
is_subscription(const struct json *s, const char *name)
{
	return same(json_get_string(s, "id"), name) || same(json_get_string(subscribed(s), "subscriptionName"), name);
}

static void
delete_subscriptions(struct work *w)
{
	delete_from(w, "subscriptions", is_subscription);
	if (*w->sub == '\0')
		json_set_bool(w->call->arena, w->app, "cleared", true);
}

/* --- schedules --- */

static bool
is_schedule(const struct json *s, const char *name)
{
	return same(json_get_string(s, "name"), name);
}

/* When it is due first, in ms; what is wrong with it otherwise. */
static const char *
first_time(struct arena *a, const struct json *body, int64_t *next)
{
	const struct json *cron = json_get(body, "cron"), *once = json_get(body, "once");
	long long ms;

	if ((cron != NULL) == (once != NULL))
		return "one of cron and once is asked for";
	if (once != NULL) {
		if (!json_int(json_get(once, "time"), &ms) || ms <= 0 || ms > clock_ms() + 2 * 366 * 86400000LL)
			return "once.time is no number of milliseconds within two years";
		*next = ms;
		return NULL;
	}
	*next = cron_next(a, json_get_string(cron, "expression"), json_get_string(cron, "timezone"), clock_ms());
	return *next < 0 ? "cron.expression is none that the simulator knows" : *next == 0 ? "it never comes within a year" : NULL;
}

static void
create_schedule(struct work *w)
{
	struct platform_call *c = w->call;
	const char *name = json_get_string(c->body, "name"), *why;
	struct json *list = json_array(c->arena);
	int64_t next = 0;

	if (name == NULL || *name == '\0' || strlen(name) > NAME_MAX_LEN)
		why = "name is missing or too long";
	else
		why = first_time(c->arena, c->body, &next);
	for (const struct json *s = json_first(json_get(w->app, "schedules")); s != NULL; s = json_next(s))
		if (!is_schedule(s, name))
			json_append(c->arena, list, json_copy(c->arena, s));
	if (why == NULL && json_count(list) >= SCHEDULES)
		why = "there are six schedules already";
	if (why != NULL) {
		platform_refuse(c, 422, "ConstraintViolationError", why);
		return;
	}
	struct json *made = json_append(c->arena, list, json_copy(c->arena, c->body));
	json_set_int(c->arena, made, "next", next);
	json_set(c->arena, w->app, "schedules", list);
	check_tick(c->arena, w->record, "app_schedule");
	struct json *v = json_copy(c->arena, c->body), *times = json_array(c->arena);
	json_append(c->arena, times, json_new_number(c->arena, (double)next));
	json_set_string(c->arena, v, "installedAppId", w->id);
	json_set_string(c->arena, v, "locationId", json_get_string(w->app, "location"));
	json_set(c->arena, v, "scheduledExecutions", times);
	platform_answer(c, v);
}

static void
list_schedules(struct work *w)
{
	platform_answer(w->call, items(w->call->arena, list_of(w, "schedules")));
}

static void
delete_schedules(struct work *w)
{
	delete_from(w, "schedules", is_schedule);
}

/* --- devices --- */

static struct json *
describe(struct arena *a, const struct thing *t)
{
	struct json *v = json_object(a);

	json_set_string(a, v, "deviceId", t->id);
	json_set_string(a, v, "name", t->slug);
	json_set_string(a, v, "label", t->name);
	json_set_string(a, v, "type", "VIRTUAL");
	return v;
}

static void
list_devices(struct work *w)
{
	struct json *list = json_array(w->call->arena);

	for (const struct thing *t = thing_table; t->id != NULL; t++)
		json_append(w->call->arena, list, describe(w->call->arena, t));
	platform_answer(w->call, items(w->call->arena, list));
}

static void
show_device(struct work *w)
{
	platform_answer(w->call, describe(w->call->arena, thing_find(w->id)));
}

static void
show_status(struct work *w)
{
	platform_answer(w->call, thing_status(w->call->arena, json_get(w->app, "states"), thing_find(w->id)));
}

static void
execute_commands(struct work *w)
{
	struct platform_call *c = w->call;
	const struct thing *t = thing_find(w->id);
	struct json *results = json_array(c->arena), *v = json_object(c->arena);

	for (const struct json *e = json_first(json_get(c->body, "commands")); e != NULL; e = json_next(e)) {
		const char *capability = json_get_string(e, "capability"), *command = json_get_string(e, "command");
		const struct thing_attribute *at;
		struct json *value = capability != NULL && command != NULL ?
		    thing_obey(c->arena, t, capability, command, json_get(e, "arguments"), &at) : NULL;
		if (value == NULL) {
			platform_refuse(c, 422, "ConstraintViolationError", arena_printf(c->arena, "%s has no %s.%s like this", t->name,
			    capability != NULL ? capability : "?", command != NULL ? command : "?"));
			return;
		}
		install_happens(c->arena, w->app, t, at, value);
		struct json *result = json_append(c->arena, results, json_object(c->arena));
		json_set_string(c->arena, result, "id", secret_uuid(c->arena));
		json_set_string(c->arena, result, "status", "ACCEPTED");
	}
	if (json_first(results) == NULL) {
		platform_refuse(c, 422, "ConstraintViolationError", "there are no commands");
		return;
	}
	check_tick(c->arena, w->record, "app_command");
	json_set(c->arena, v, "results", results);
	platform_answer(c, v);
}

/* --- the table --- */

static const struct {
	const char	*method, *noun, *rest, *kind;	/* rest: behind the id; one that ends in "/" has a name behind it */
	void		(*fn)(struct work *);
} places[] = {
	{ "GET", "devices", "", "getDevice", show_device },
	{ "GET", "devices", "/status", "getDeviceStatus", show_status },
	{ "POST", "devices", "/commands", "executeCommands", execute_commands },
	{ "GET", "installedapps", "/subscriptions", "listSubscriptions", list_subscriptions },
	{ "POST", "installedapps", "/subscriptions", "createSubscription", create_subscription },
	{ "DELETE", "installedapps", "/subscriptions", "deleteSubscriptions", delete_subscriptions },
	{ "DELETE", "installedapps", "/subscriptions/", "deleteSubscription", delete_subscriptions },
	{ "GET", "installedapps", "/schedules", "listSchedules", list_schedules },
	{ "POST", "installedapps", "/schedules", "createSchedule", create_schedule },
	{ "DELETE", "installedapps", "/schedules", "deleteSchedules", delete_schedules },
	{ "DELETE", "installedapps", "/schedules/", "deleteSchedule", delete_schedules },
};
#define PLACES (sizeof(places) / sizeof(places[0]))

/* Which place; PLACES if none is. Takes the path apart: /noun/id/rest. */
static size_t
place_of(const struct platform_call *c, struct work *w)
{
	const char *noun = c->path + (*c->path == '/'), *id = noun + strcspn(noun, "/");
	const char *rest = *id != '\0' ? id + 1 + strcspn(id + 1, "/") : id;
	size_t i = 0;

	w->sub = "";
	w->id = *id != '\0' ? arena_strndup(c->arena, id + 1, (size_t)(rest - id - 1)) : "";
	for (; i < PLACES; i++) {
		size_t n = strlen(places[i].rest);
		bool named = n > 0 && places[i].rest[n - 1] == '/';
		if (strcmp(places[i].method, c->method) != 0 || strlen(places[i].noun) != (size_t)(id - noun) ||
		    strncmp(noun, places[i].noun, (size_t)(id - noun)) != 0 || *w->id == '\0')
			continue;
		if (!named ? strcmp(places[i].rest, rest) != 0 : strncmp(places[i].rest, rest, n) != 0 || rest[n] == '\0')
			continue;
		w->sub = named ? rest + n : "";
		break;
	}
	return i;
}

static bool
is_all_devices(const struct platform_call *c)
{
	return strcmp(c->path, "/devices") == 0 && strcmp(c->method, "GET") == 0;
}

const char *
platform_route(const struct platform_call *c)
{
	struct work w = { .call = NULL };
	size_t i = place_of(c, &w);

	return is_all_devices(c) ? "listDevices" : i < PLACES ? places[i].kind : NULL;
}

void
platform_carry_out(struct platform_call *c, struct json *record, struct json *app)
{
	struct work w = { .call = c, .record = record, .app = app };
	size_t i = place_of(c, &w);
	const char *id = install_id(app) != NULL ? install_id(app) : json_get_string(app, "calls_of");

	if (is_all_devices(c))
		list_devices(&w);
	else if (i == PLACES)
		platform_refuse(c, 404, "NotFoundError", "the simulator has no such call");
	else if (strcmp(places[i].noun, "devices") == 0 ? thing_find(w.id) == NULL : !same(w.id, id))
		platform_refuse(c, 403, "ForbiddenError", "it is not there, or not this app's");
	else
		places[i].fn(&w);
}
