/* state.c: values in and out of a device's state record. */
#include "device/state.h"

#include <stdint.h>
#include <string.h>

#include "base/arena.h"
#include "base/clock.h"
#include "base/json.h"
#include "db/record.h"
#include "device/catalogue.h"
#include "device/change.h"
#include "device/device.h"
#include "base/banned.h"

#define HEALTH_STATUS "healthStatus"
#define WAS_MAX 100	/* bytes of a text */

char *
state_key(struct arena *a, const char *user, const char *id)
{
	return record_key(a, "state", user, id, NULL);
}

enum store_result
state_tx_put(struct store_tx *tx, const char *key, const struct json *state)
{
	const char *text = json_print(store_tx_arena(tx), state);

	return strlen(text) <= STATE_MAX ? store_tx_put(tx, key, text, 0) : STORE_LIMIT;
}

bool
state_is_event(const struct catalogue *c, const char *capability, const char *attribute)
{
	const struct capability *has = catalogue_capability(c, capability);
	const struct attribute *a = has != NULL ? capability_attribute(has, attribute) : NULL;

	return a != NULL && a->event;
}

static bool
has_event(const struct catalogue *c, const struct json *states)
{
	for (const struct json *s = json_first(states); s != NULL; s = json_next(s))
		if (state_is_event(c, json_get_string(s, "capability"), json_get_string(s, "attribute")))
			return true;
	return false;
}

enum store_result
state_tx_change(struct store_tx *tx, const struct catalogue *c, struct json *state, struct change change)
{
	struct arena *a = store_tx_arena(tx);
	long long seq;

	change.previous = json_get_int(state, "changed", 0);
	change.event = c != NULL && has_event(c, change.states);
	enum store_result r = change_note(tx, &change, &seq);
	if (r != STORE_OK)
		return r;
	json_set_int(a, state, "changed", seq);
	return state_tx_put(tx, state_key(a, change.user, change.device), state);
}

/* --- reading --- */

enum store_result
state_get(struct store *s, struct arena *a, const char *user, const char *id, const struct json **state)
{
	return record_read(s, a, state_key(a, user, id), state, NULL);
}

bool
state_online(const struct json *state)
{
	return json_get_bool(state, "online", true);
}

const struct json *
state_slot(const struct json *state, const char *component, const char *capability, const char *attribute)
{
	return json_get(json_get(json_get(state, component), capability), attribute);
}

static struct state_value
from_slot(const struct json *slot, const char *component, const char *capability, const struct attribute *a)
{
	const char *unit = json_get_string(slot, "unit");

	return (struct state_value){ .component = component, .capability = capability, .attribute = a->name,
	    .value = json_get(slot, "value"), .data = json_get(slot, "data"),
	    .unit = unit != NULL || a->units == NULL ? unit : a->units[0], .time = json_get_int(slot, "time", 0) };
}

/* healthStatus stands in no slot: it follows online. */
static struct state_value
health(struct arena *a, const struct json *state)
{
	return (struct state_value){ .component = "main", .capability = DEVICE_HEALTH, .attribute = HEALTH_STATUS,
	    .value = json_new_string(a, state_online(state) ? "online" : "offline"),
	    .time = json_get_int(state, "since", 0) };
}

static bool
is_health(const char *component, const char *capability, const char *attribute)
{
	return strcmp(component, "main") == 0 && strcmp(capability, DEVICE_HEALTH) == 0 &&
	    strcmp(attribute, HEALTH_STATUS) == 0;
}

bool
state_find(struct arena *a, const struct catalogue *c, const struct device *d, const struct json *state,
    const char *component, const char *capability, const char *attribute, struct state_value *out)
{
	const struct capability *has = catalogue_capability(c, capability);
	const struct attribute *type = has != NULL ?
	    device_type_attribute(catalogue_type(c, d->type), has, attribute) : NULL;
	const struct json *slot = state_slot(state, component, capability, attribute);

	if (is_health(component, capability, attribute))
		*out = health(a, state);
	else if (type != NULL && slot != NULL)
		*out = from_slot(slot, component, capability, type);
	else
		return false;
	return true;
}

/* Calls fn for each value of one capability in one component. */
static void
each_attribute(const struct device_type *type, const struct capability *c, const struct json *component,
    const struct json *state, void (*fn)(void *, const struct state_value *), void *arg)
{
	for (size_t i = 0; i < c->n_attributes; i++) {
		const struct attribute *a = device_type_attribute(type, c, c->attributes[i].name);
		const struct json *slot = state_slot(state, json_name(component), c->id, a->name);
		if (slot == NULL || is_health(json_name(component), c->id, a->name))
			continue;
		struct state_value v = from_slot(slot, json_name(component), c->id, a);
		fn(arg, &v);
	}
}

void
state_each(struct arena *a, const struct catalogue *c, const struct device *d, const struct json *state,
    void (*fn)(void *arg, const struct state_value *), void *arg)
{
	const struct device_type *type = catalogue_type(c, d->type);
	struct state_value v = health(a, state);

	fn(arg, &v);
	for (const struct json *m = json_first(d->components); m != NULL; m = json_next(m))
		for (const struct json *id = json_first(m); id != NULL; id = json_next(id)) {
			const struct capability *has = catalogue_capability(c, json_string(id));
			if (has != NULL)
				each_attribute(type, has, m, state, fn, arg);
		}
}

struct json *
state_show(struct arena *a, const struct state_value *v)
{
	struct json *show = json_object(a);

	json_set_string(a, show, "component", v->component);
	json_set_string(a, show, "capability", v->capability);
	json_set_string(a, show, "attribute", v->attribute);
	json_set(a, show, "value", json_copy(a, v->value));
	if (v->unit != NULL)
		json_set_string(a, show, "unit", v->unit);
	if (v->data != NULL)
		json_set(a, show, "data", json_copy(a, v->data));
	if (v->time > 0)
		json_set_int(a, show, "timestamp", v->time);
	return show;
}

struct json *
state_show_change(struct arena *a, const struct state_value *v, const struct json *was)
{
	struct json *show = state_show(a, v);
	const struct json *value = json_get(was, "value");
	enum json_type t = json_type(value);

	if (t == JSON_NUMBER || t == JSON_BOOL || (t == JSON_STRING && strlen(json_string(value)) <= WAS_MAX)) {
		struct json *slot = json_set(a, show, "was", json_object(a));
		json_set(a, slot, "value", json_copy(a, value));
		json_set_string(a, slot, "unit", json_get_string(was, "unit"));
		json_set_int(a, slot, "time", json_get_int(was, "time", 0));
	}
	return show;
}

/* --- writing --- */

/* The object called name inside object; made if it is not there. json_get gives it as const, but it is ours. */
static struct json *
below(struct arena *a, struct json *object, const char *name)
{
	const struct json *there = json_get(object, name);

	return there != NULL ? (struct json *)(uintptr_t)there : json_set(a, object, name, json_object(a));
}

bool
state_put(struct arena *a, struct json *state, const struct state_value *v, bool event, const struct json **was)
{
	const struct json *old = state_slot(state, v->component, v->capability, v->attribute);
	const char *old_unit = json_get_string(old, "unit"), *unit = v->unit != NULL ? v->unit : old_unit;
	const struct json *old_data = json_get(old, "data");
	bool same_unit = unit == old_unit || (unit != NULL && old_unit != NULL && strcmp(unit, old_unit) == 0);
	bool same_data = (v->data == NULL && old_data == NULL) || json_equal(v->data, old_data);
	struct json *slot = json_object(a);

	if (!event && old != NULL && same_unit && same_data && json_equal(v->value, json_get(old, "value")))
		return false;
	if (was != NULL)
		*was = old != NULL ? json_copy(a, old) : NULL;
	json_set(a, slot, "value", json_copy(a, v->value));
	json_set_int(a, slot, "time", v->time);
	if (unit != NULL)
		json_set_string(a, slot, "unit", unit);
	if (v->data != NULL)
		json_set(a, slot, "data", json_copy(a, v->data));
	json_set(a, below(a, below(a, state, v->component), v->capability), v->attribute, slot);
	return true;
}

static void
first_values(struct arena *a, const struct device_type *type, const struct capability *c, const char *component,
    struct json *state, int64_t ms)
{
	for (size_t i = 0; i < c->n_attributes; i++) {
		const struct attribute *t = device_type_attribute(type, c, c->attributes[i].name);
		if (t->initial != NULL)
			state_put(a, state, &(struct state_value){ .component = component, .capability = c->id,
			    .attribute = t->name, .value = t->initial, .time = ms }, false, NULL);
	}
}

struct json *
state_first(struct arena *a, const struct catalogue *c, const struct device *d)
{
	struct json *state = record_new(a);
	int64_t now = clock_ms();

	json_set_bool(a, state, "online", true);
	json_set_int(a, state, "since", now);
	for (const struct json *m = json_first(d->components); m != NULL; m = json_next(m))
		for (const struct json *id = json_first(m); id != NULL; id = json_next(id)) {
			const struct capability *has = catalogue_capability(c, json_string(id));
			if (has != NULL)
				first_values(a, catalogue_type(c, d->type), has, json_name(m), state, now);
		}
	return state;
}

struct online_job {
	struct arena	*arena;
	const char	*user, *id;
	bool		 online;
};

static enum store_result
online_fn(struct store_tx *tx, void *arg)
{
	const struct online_job *job = arg;
	struct arena *a = job->arena;
	struct json *state, *states = json_array(a);
	enum store_result r = record_tx_get(tx, state_key(a, job->user, job->id), &state);

	if (r != STORE_OK || state_online(state) == job->online)
		return r;
	struct state_value v = health(a, state);
	struct json *was = json_object(a);
	json_set(a, was, "value", json_copy(a, v.value));
	json_set_int(a, was, "time", v.time);
	json_set_bool(a, state, "online", job->online);
	json_set_int(a, state, "since", clock_ms());
	v = health(a, state);
	json_append(a, states, state_show_change(a, &v, was));
	return state_tx_change(tx, NULL, state, (struct change){ .kind = CHANGE_ONLINE, .user = job->user, .device = job->id,
	    .states = states });
}

enum store_result
state_set_online(struct store *s, struct arena *a, const char *user, const char *id, bool online)
{
	struct online_job job = { a, user, id, online };

	return store_run(s, a, online_fn, &job);
}
