/* rules_setup.c: what an installed app needs on the platform: subscriptions and schedules, made anew at each INSTALL and UPDATE. */
#include <string.h>

#include "base/arena.h"
#include "base/json.h"
#include "base/log.h"
#include "smartapp/lifecycle.h"
#include "smartapp/definition.h"
#include "smartapp/plan.h"
#include "smartapp/rules.h"
#include "smartapp/when.h"
#include "base/banned.h"

#define SUBSCRIPTIONS_MAX	40	/* of one installed app, on the platform */
#define DEVICE_IDS_MAX		20	/* of one subscription for several devices */

struct setting_up {
	struct lifecycle	*call;
	size_t		 made;
};

static const struct smartapp_setting *
config_of(const struct setting_up *s)
{
	return s->call->request->data.installed_app.config;
}

/* {"sourceType": type, member: it} */
static void
subscribe(struct setting_up *s, const struct plan_subscription *kind, struct json *it)
{
	struct arena *a = s->call->arena;
	struct json *body = json_object(a);

	if (s->made >= SUBSCRIPTIONS_MAX) {
		log_event(LOG_LEVEL_WARN, "smartapp_subscriptions", "app=%s result=too_many", smartapp_app_id(s->call->request));
		return;
	}
	json_set_string(a, body, "sourceType", kind->type);
	json_set(a, body, kind->member, it);
	s->made += lifecycle_wish_own(s->call, "POST", "/subscriptions", body);
}

static void
set_or(struct arena *a, struct json *it, const struct json *v, const char *name, const char *otherwise)
{
	if (json_get(v, name) != NULL)
		json_set(a, it, name, json_copy(a, json_get(v, name)));
	else if (otherwise != NULL)
		json_set_string(a, it, name, otherwise);
}

/* One subscription a device that was chosen, of at most most: NAME_0, NAME_1 ... */
static void
subscribe_devices(struct setting_up *s, const struct json *v, const char *name, const char *setting, size_t most)
{
	struct arena *a = s->call->arena;
	const struct smartapp_value *d = NULL;
	size_t n;

	if (smartapp_as_devices(config_of(s), setting, &d, &n) != SMARTAPP_READ_OK)
		return;
	for (size_t i = 0; d != NULL && i < most; d = d->next, i++) {
		struct json *it = json_object(a);
		const char *component = json_get_string(v, "component");
		json_set_string(a, it, "deviceId", d->device.device_id);
		json_set_string(a, it, "componentId", component != NULL ? component : d->device.component_id);
		set_or(a, it, v, "capability", "*");
		set_or(a, it, v, "attribute", "*");
		set_or(a, it, v, "value", "*");
		json_set_bool(a, it, "stateChangeOnly", json_get_bool(v, "stateChangeOnly", true));
		json_set_string(a, it, "subscriptionName", arena_printf(a, "%s_%zu", name, i));
		set_or(a, it, v, "modes", NULL);
		subscribe(s, plan_subscription("DEVICE"), it);
	}
}

static void
subscribe_other(struct setting_up *s, const struct json *v, const struct plan_subscription *kind)
{
	struct arena *a = s->call->arena;
	const char *setting = json_get_string(v, "setting");
	const struct smartapp_value *d = NULL;
	struct json *it = json_object(a);
	size_t n = 0;

	json_set_string(a, it, "locationId", smartapp_location_id(s->call->request));
	if (strcmp(kind->type, "CAPABILITY") == 0) {
		set_or(a, it, v, "capability", NULL);
		set_or(a, it, v, "attribute", "*");
		set_or(a, it, v, "value", "*");
		json_set_bool(a, it, "stateChangeOnly", json_get_bool(v, "stateChangeOnly", true));
		set_or(a, it, v, "modes", NULL);
	}
	if (setting != NULL && smartapp_as_devices(config_of(s), setting, &d, &n) != SMARTAPP_READ_OK)
		return;
	if (setting != NULL) {
		struct json *ids = json_set(a, it, "deviceIds", json_array(a));
		for (; d != NULL && json_count(ids) < DEVICE_IDS_MAX; d = d->next)
			json_append_string(a, ids, d->device.device_id);
	}
	json_set_string(a, it, "subscriptionName", json_get_string(v, "name"));
	subscribe(s, kind, it);
}

static void
subscribe_all(struct setting_up *s)
{
	const struct plan *plan = s->call->definition->plan;
	size_t place = 0;

	for (const struct json *v = json_first(plan->subscriptions); v != NULL; v = json_next(v)) {
		const struct plan_subscription *kind = plan_subscription(json_get_string(v, "type"));
		if (strcmp(kind->type, "DEVICE") == 0)
			subscribe_devices(s, v, json_get_string(v, "name"), json_get_string(v, "setting"), SUBSCRIPTIONS_MAX);
		else
			subscribe_other(s, v, kind);
	}
	for (const struct json *m = json_first(plan->mirrors); m != NULL; m = json_next(m), place++) {
		const char *way = json_get_string(m, "direction");
		struct json *v = json_object(s->call->arena);
		json_set_string(s->call->arena, v, "capability", json_get_string(m, "capability"));
		if (way == NULL || strcmp(way, "there") != 0)
			subscribe_devices(s, v, arena_printf(s->call->arena, "mirror-%zu", place), json_get_string(m, "setting"), 1);
	}
}

/* --- schedules --- */

static void
set_cron(struct arena *a, struct json *body, const char *expression, const char *zone)
{
	struct json *cron = json_set(a, body, "cron", json_object(a));

	json_set_string(a, cron, "expression", expression);
	json_set_string(a, cron, "timezone", zone != NULL ? zone : "UTC");
}

/* The body of a schedule; NULL if a setting that it stands on has no value. */
static struct json *
schedule_body(struct setting_up *s, const struct json *v)
{
	struct lifecycle *c = s->call;
	struct arena *a = c->arena;
	struct json *body = json_object(a);
	const char *daily = json_string(rules_resolve(c, NULL, json_get(v, "daily"))), *once = json_get_string(v, "once");
	double after;
	const char *zone = json_get_string(v, "timezone");
	int64_t ms;
	int minute, offset;

	json_set_string(a, body, "name", json_get_string(v, "name"));
	if (json_get_string(v, "cron") != NULL)
		set_cron(a, body, json_get_string(v, "cron"), zone);
	else if (daily != NULL && when_minute(daily, &minute)) {
		/* A TIME setting knows its offset: without a zone it counts, as the schedule is UTC's then. */
		if (zone == NULL && when_offset(daily, &offset))
			minute = (minute - offset + 2 * 1440) % 1440;
		set_cron(a, body, arena_printf(a, "%d %d * * ? *", minute % 60, minute / 60), zone);
	} else if ((once != NULL && when_iso(once, &ms)) || json_number(json_get(v, "after"), &after)) {
		struct json *at = json_set(a, body, "once", json_object(a));
		json_set_int(a, at, "time", once != NULL ? ms : c->now + (long long)(after * 1000));
		json_set_bool(a, at, "overwrite", true);
		return once != NULL && ms <= c->now ? NULL : body;
	} else
		return NULL;
	return body;
}

enum smartapp_error
rules_set_up(struct smartapp_call *call)
{
	struct setting_up s = { call->own, 0 };
	const struct plan *plan = call->own->definition->plan;

	/* The platform knows no change of a subscription: all go, all come. */
	if (call->request->phase == SMARTAPP_UPDATE) {
		lifecycle_wish_own(call->own, "DELETE", "/subscriptions", NULL);
		lifecycle_wish_own(call->own, "DELETE", "/schedules", NULL);
	}
	subscribe_all(&s);
	for (const struct json *v = json_first(plan->schedules); v != NULL; v = json_next(v)) {
		struct json *body = schedule_body(&s, v);
		if (body != NULL)
			lifecycle_wish_own(call->own, "POST", "/schedules", body);
	}
	return SMARTAPP_OK;
}
