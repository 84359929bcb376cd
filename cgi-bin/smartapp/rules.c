/* rules.c: events against rules, and what a rule that applies asks for. */
#include "smartapp/rules.h"

#include <string.h>

#include "base/arena.h"
#include "base/json.h"
#include "base/log.h"
#include "smartapp/lifecycle.h"
#include "smartapp/definition.h"
#include "smartapp/plan.h"
#include "base/banned.h"

#define LATEST (2LL * 365 * 86400)	/* seconds ahead that the platform lets a schedule be */

/* --- actions; each false if it could not even be wished --- */

static bool
do_command(struct lifecycle *c, const struct smartapp_event *e, const struct json *v)
{
	const char *setting = json_get_string(v, "setting"), *device = json_get_string(v, "device");
	const struct json *arguments = json_get(v, "arguments");
	const struct smartapp_value *d = NULL;
	size_t n;
	bool fine = true;

	if (arguments != NULL && (arguments = rules_resolve(c, e, arguments)) == NULL)
		return false;
	if (device != NULL)
		return lifecycle_command(c, device, json_get_string(v, "component"), json_get_string(v, "capability"),
		    json_get_string(v, "command"), arguments);
	if (smartapp_as_devices(c->request->data.installed_app.config, setting, &d, &n) != SMARTAPP_READ_OK)
		return true;	/* none was chosen: there is nothing to be done */
	for (; d != NULL; d = d->next) {
		const char *component = json_get_string(v, "component");
		fine &= lifecycle_command(c, d->device.device_id, component != NULL ? component : d->device.component_id,
		    json_get_string(v, "capability"), json_get_string(v, "command"), arguments);
	}
	return fine;
}

static bool
do_schedule(struct lifecycle *c, const struct smartapp_event *e, const struct json *v)
{
	static const struct { const char *name; double seconds; } units[] = {
		{ "seconds", 1 }, { "minutes", 60 }, { "hours", 3600 },
	};
	const char *unit = json_get_string(v, "unit");
	struct json *body = json_object(c->arena), *once;
	double after;

	if (!json_number(rules_resolve(c, e, json_get(v, "after")), &after))
		return false;
	for (size_t i = 0; unit != NULL && i < sizeof(units) / sizeof(units[0]); i++)
		after *= strcmp(unit, units[i].name) == 0 ? units[i].seconds : 1;
	if (!(after >= 1 && after <= LATEST))
		return false;
	json_set_string(c->arena, body, "name", json_get_string(v, "name"));
	once = json_set(c->arena, body, "once", json_object(c->arena));
	json_set_int(c->arena, once, "time", c->now + (long long)(after * 1000));
	json_set_bool(c->arena, once, "overwrite", true);
	return lifecycle_wish_own(c, "POST", "/schedules", body);
}

static bool
do_unschedule(struct lifecycle *c, const struct smartapp_event *e, const struct json *v)
{
	(void)e;
	return lifecycle_wish_own(c, "DELETE", arena_printf(c->arena, "/schedules/%s", json_string(v)), NULL);
}

static bool
do_set(struct lifecycle *c, const struct smartapp_event *e, const struct json *v)
{
	const struct json *value = rules_resolve(c, e, json_get(v, "value"));

	return value != NULL && lifecycle_set(c, json_get_string(v, "user"), json_get_string(v, "device"),
	    json_get_string(v, "attribute"), value);
}

static bool
do_post(struct lifecycle *c, const struct smartapp_event *e, const struct json *v)
{
	const struct json *body = json_get(v, "body");
	struct json *usual = json_object(c->arena);

	if (body != NULL)
		return (body = rules_resolve(c, e, body)) != NULL && lifecycle_post(c, json_get_string(v, "url"), body);
	json_set_string(c->arena, usual, "installedAppId", smartapp_app_id(c->request));
	json_set_string(c->arena, usual, "eventType", e->type_name);
	json_set_int(c->arena, usual, "time", e->time);
	json_set(c->arena, usual, "event", json_copy(c->arena, e->data));
	return lifecycle_post(c, json_get_string(v, "url"), usual);
}

static void
act(struct lifecycle *c, const struct smartapp_event *e, const struct json *action, const char *rule)
{
	static const struct { const char *name; bool (*act)(struct lifecycle *, const struct smartapp_event *, const struct json *); }
	    kinds[] = {
		{ "command", do_command }, { "schedule", do_schedule }, { "unschedule", do_unschedule }, { "set", do_set },
		{ "post", do_post },
	};

	for (size_t i = 0; i < sizeof(kinds) / sizeof(kinds[0]); i++) {
		const struct json *v = json_get(action, kinds[i].name);
		if (v != NULL && !kinds[i].act(c, e, v))
			log_event(LOG_LEVEL_WARN, "smartapp_rule", "rule=\"%.128s\" action=%s result=not_possible app=%s",
			    rule != NULL ? rule : "-", kinds[i].name, smartapp_app_id(c->request));
	}
}

/* --- events --- */

static void
apply_rules(struct lifecycle *c, const struct smartapp_event *e)
{
	for (const struct json *r = json_first(c->definition->plan->rules); r != NULL; r = json_next(r)) {
		bool holds = rules_fits(c, e, json_get(r, "when"));
		for (const struct json *k = json_first(json_get(r, "and")); k != NULL && holds; k = json_next(k))
			holds = rules_holds(c, e, k);
		for (const struct json *a = json_first(json_get(r, "then")); a != NULL && holds; a = json_next(a))
			act(c, e, a, json_get_string(r, "name"));
	}
}

/* Is this the device that a mirror shows: the first of its setting? */
static bool
is_mirrored(const struct lifecycle *c, const struct json *mirror, const char *device)
{
	const struct smartapp_value *v;
	size_t n;

	return device != NULL && smartapp_as_devices(c->request->data.installed_app.config, json_get_string(mirror, "setting"), &v,
	    &n) == SMARTAPP_READ_OK && strcmp(v->device.device_id, device) == 0;
}

/* What a mirrored device said becomes the state of the one here. */
static void
apply_mirrors(struct lifecycle *c, const struct smartapp_event *e)
{
	const char *device = json_get_string(e->data, "deviceId"), *capability = json_get_string(e->data, "capability");
	const char *attribute = json_get_string(e->data, "attribute");

	if (e->type != SMARTAPP_DEVICE_EVENT || capability == NULL || attribute == NULL || json_get(e->data, "value") == NULL)
		return;
	for (const struct json *m = json_first(c->definition->plan->mirrors); m != NULL; m = json_next(m)) {
		const char *way = json_get_string(m, "direction");
		if (strcmp(json_get_string(m, "capability"), capability) == 0 && (way == NULL || strcmp(way, "there") != 0) &&
		    is_mirrored(c, m, device) &&
		    !lifecycle_mirror(c, json_get_string(m, "user"), json_get_string(m, "device"),
		    arena_printf(c->arena, "%s.%s", capability, attribute), json_get(e->data, "value")))
			log_event(LOG_LEVEL_WARN, "smartapp_mirror", "device=%.64s result=not_possible", json_get_string(m, "device"));
	}
}

static enum smartapp_error
on_event(struct smartapp_call *call)
{
	for (const struct smartapp_event *e = call->request->data.events; e != NULL; e = e->next) {
		apply_rules(call->own, e);
		apply_mirrors(call->own, e);
	}
	return SMARTAPP_OK;
}

const struct smartapp_handler rules_handler = {
	.version = SMARTAPP_HANDLER_VERSION,
	.install = rules_set_up,
	.update = rules_set_up,
	.event = on_event,
};
