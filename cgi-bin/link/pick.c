/* pick.c: pointers, and what a vendor's words mean here. */
#include "link/pick.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/arena.h"
#include "base/json.h"
#include "base/text.h"
#include "device/capability.h"
#include "device/device.h"
#include "link/connector.h"
#include "base/banned.h"

#define STATES_MAX	200	/* of a list of states in our own form */

/* --- pointers --- */

/* One part of a pointer: ~1 is a slash, ~0 a tilde (RFC 6901 4). */
static char *
unescape(struct arena *a, const char *s, size_t len)
{
	char *out = arena_strndup(a, s, len), *to = out;

	for (const char *from = out; *from != '\0'; from++) {
		if (from[0] == '~' && (from[1] == '0' || from[1] == '1'))
			*to++ = *++from == '1' ? '/' : '~';
		else
			*to++ = *from;
	}
	*to = '\0';
	return out;
}

static const struct json *
step(const struct json *v, const char *part)
{
	long long i;

	if (json_type(v) != JSON_ARRAY)
		return json_get(v, part);
	return text_to_int(part, 0, 100000, &i) ? json_at(v, (size_t)i) : NULL;
}

const struct json *
pick(struct arena *a, const struct json *v, const char *pointer)
{
	if (pointer == NULL)
		return NULL;
	while (*pointer == '/' && v != NULL) {
		size_t len = strcspn(++pointer, "/");
		v = step(v, unescape(a, pointer, len));
		pointer += len;
	}
	return v;
}

const struct json *
pick_by(struct arena *a, const struct json *v, const struct json *rule, const char *member)
{
	return pick(a, v, json_get_string(rule, member));
}

const char *
pick_text(struct arena *a, const struct json *v, size_t max)
{
	const char *s = json_type(v) == JSON_NUMBER ? json_print(a, v) : json_string(v);

	return s != NULL && strlen(s) <= max ? s : NULL;
}

bool
pick_equals(struct arena *a, const struct json *v, const struct json *rule)
{
	const struct json *found = pick_by(a, v, rule, "pointer"), *equals = json_get(rule, "equals");

	if (equals != NULL)
		return found != NULL && json_equal(found, equals);
	return found != NULL && json_type(found) != JSON_NULL && json_bool(found, true);
}

bool
pick_is_command(struct arena *a, const struct catalogue *c, const char *name)
{
	const char *slash = strchr(name, '/');

	return slash != NULL && catalogue_has_command(c, arena_strndup(a, name, (size_t)(slash - name)), slash + 1);
}

/* --- values --- */

/* A vendor's value as ours: through the map, else as a number scaled and moved. NULL: it says nothing that we know. */
static struct json *
translate(struct arena *a, const struct json *v, const struct json *rule)
{
	const struct json *map = json_get(rule, "map"), *scale = json_get(rule, "scale"), *offset = json_get(rule, "offset");
	double number, factor = 1, more = 0;

	if (v == NULL || json_type(v) == JSON_NULL)
		return NULL;
	if (map != NULL) {
		const struct json *to = json_get(map, json_string(v) != NULL ? json_string(v) : json_print(a, v));
		return to != NULL ? json_copy(a, to) : NULL;
	}
	if (!json_number(v, &number))
		return json_copy(a, v);
	json_number(scale, &factor);
	json_number(offset, &more);
	double power = pow(10, (double)json_get_int(rule, "digits", 6));
	return json_new_number(a, scale == NULL && offset == NULL && json_get(rule, "digits") == NULL ? number :
	    round((number * factor + more) * power) / power);
}

static const char *
without_st(const char *capability)
{
	return strncmp(capability, "st.", 3) == 0 ? capability + 3 : capability;
}

/* A number with its unit as our own words have it: "20.5C". */
static struct json *
with_unit(struct arena *a, struct json *v, const char *unit)
{
	return unit != NULL && json_type(v) == JSON_NUMBER ? json_new_string(a, arena_printf(a, "%s%s", json_print(a, v), unit)) : v;
}

static void
put(struct arena *a, struct json *values, const char *component, const char *capability, const char *attribute, struct json *v)
{
	if (v != NULL && capability != NULL && attribute != NULL)
		json_set(a, values, arena_printf(a, "%s/%s.%s", component != NULL ? component : "main", without_st(capability),
		    attribute), v);
}

/* States in our own form, as this server's REST API tells them: [{component, capability, attribute, value, unit?}]. */
static void
take_states(struct arena *a, const struct json *states, struct json *values)
{
	size_t n = 0;

	for (const struct json *s = json_first(states); s != NULL && n < STATES_MAX; s = json_next(s), n++) {
		const char *capability = json_get_string(s, "capability");
		if (capability != NULL && strcmp(without_st(capability), DEVICE_HEALTH) != 0)
			put(a, values, json_get_string(s, "component"), capability, json_get_string(s, "attribute"),
			    with_unit(a, json_get(s, "value") != NULL ? json_copy(a, json_get(s, "value")) : NULL, json_get_string(s, "unit")));
	}
}

const struct json *
pick_values(struct arena *a, const struct connector *c, const char *type, const struct json *item)
{
	struct json *values = json_object(a);

	for (const struct json *rule = json_first(connector_state(c, type)); rule != NULL; rule = json_next(rule))
		if (json_get(rule, "states") != NULL)
			take_states(a, pick_by(a, item, rule, "states"), values);
		else
			put(a, values, json_get_string(rule, "component"), json_get_string(rule, "capability"),
			    json_get_string(rule, "attribute"), with_unit(a, translate(a, pick_by(a, item, rule, "pointer"), rule),
			    json_get_string(rule, "unit")));
	return values;
}

/* --- devices --- */

/* What people may be shown; NULL if it is not fit for that. A name that is too long is cut. */
static const char *
words(struct arena *a, const struct json *v)
{
	const char *s = json_string(v);

	if (s == NULL)
		return NULL;
	s = arena_strndup(a, s, (size_t)text_cut(s, DEVICE_NAME_MAX));
	return device_name_fault(s) == NULL ? s : NULL;
}

static const char *
type_of(struct arena *a, const struct catalogue *catalogue, const struct connector *c, const struct json *item)
{
	for (const struct json *rule = json_first(json_get(c->list, "type")); rule != NULL; rule = json_next(rule)) {
		const char *handler = json_get_string(rule, "handler"), *named = json_string(pick_by(a, item, rule, "pointer"));
		if (handler == NULL && named != NULL && catalogue_type(catalogue, named) != NULL)
			return named;
		if (handler != NULL && (json_get(rule, "pointer") == NULL || pick_equals(a, item, rule)))
			return handler;
	}
	return NULL;
}

/* Without a pointer, whoever is listed is there. */
bool
pick_online(struct arena *a, const struct connector *c, const struct json *item)
{
	const struct json *v = pick_by(a, item, c->list, "online"), *equals = json_get(c->list, "onlineEquals");

	if (json_get(c->list, "online") == NULL)
		return true;
	return equals != NULL ? v != NULL && json_equal(v, equals) : v != NULL && json_type(v) != JSON_NULL && json_bool(v, true);
}

bool
pick_device(struct arena *a, const struct catalogue *catalogue, const struct connector *c, const struct json *item,
    struct pick_device *d)
{
	const char *id = pick_text(a, pick_by(a, item, c->list, "id"), PICK_ID_MAX);

	if (id == NULL || !text_is_name(id, PICK_ID_MAX))
		return false;
	*d = (struct pick_device){ .id = id, .name = words(a, pick_by(a, item, c->list, "name")),
	    .room = words(a, pick_by(a, item, c->list, "room")),
	    .manufacturer = words(a, pick_by(a, item, c->list, "manufacturer")),
	    .model = words(a, pick_by(a, item, c->list, "model")), .type = type_of(a, catalogue, c, item),
	    .online = pick_online(a, c, item) };
	d->values = d->type != NULL ? pick_values(a, c, d->type, item) : json_object(a);
	return true;
}
