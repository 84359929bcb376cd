/* thing.c: a table of devices, one of what they have, one of what they obey. */
#include "sim/thing.h"

#include <stdlib.h>
#include <string.h>

#include "base/arena.h"
#include "base/json.h"
#include "base/banned.h"

#define ID(n) "d0000000-0000-4000-8000-0000000000" n

const struct thing thing_table[] = {
	{ ID("01"), "porch-motion", "Porch motion", "Porch" },
	{ ID("02"), "porch-light", "Porch light", "Porch" },
	{ ID("03"), "hall-lamp", "Hall lamp", "Hall" },
	{ ID("04"), "hall-motion", "Hall motion", "Hall" },
	{ ID("05"), "back-door", "Back door", "Kitchen" },
	{ ID("06"), "garden-thermometer", "Garden thermometer", "Garden" },
	{ ID("07"), "heater-plug", "Heater plug", "Bath" },
	{ ID("08"), "door-lock", "Door lock", "Hall" },
	{ ID("09"), "cellar-leak", "Cellar leak", "Cellar" },
	{ ID("0a"), "bell", "Bell", "Porch" },
	{ ID("0b"), "phone-of-kim", "Phone of Kim", "" },
	{ NULL, NULL, NULL, NULL },
};

const struct thing_attribute thing_attributes[] = {
	{ "porch-motion", "motionSensor", "motion", "inactive", "active inactive", NULL },
	{ "porch-motion", "battery", "battery", "90", NULL, "%" },
	{ "porch-light", "switch", "switch", "off", "on off", NULL },
	{ "hall-lamp", "switch", "switch", "off", "on off", NULL },
	{ "hall-lamp", "switchLevel", "level", "60", NULL, "%" },
	{ "hall-motion", "motionSensor", "motion", "inactive", "active inactive", NULL },
	{ "back-door", "contactSensor", "contact", "closed", "open closed", NULL },
	{ "garden-thermometer", "temperatureMeasurement", "temperature", "18", NULL, "C" },
	{ "garden-thermometer", "relativeHumidityMeasurement", "humidity", "55", NULL, "%" },
	{ "heater-plug", "switch", "switch", "off", "on off", NULL },
	{ "heater-plug", "powerMeter", "power", "0", NULL, "W" },
	{ "door-lock", "lock", "lock", "locked", "locked unlocked", NULL },
	{ "cellar-leak", "waterSensor", "water", "dry", "dry wet", NULL },
	{ "bell", "button", "button", "pushed", "pushed double held", NULL },
	{ "phone-of-kim", "presenceSensor", "presence", "present", "present not_present", NULL },
	{ NULL, NULL, NULL, NULL, NULL, NULL },
};

/* value NULL: the first argument. */
static const struct { const char *capability, *command, *attribute, *value; } orders[] = {
	{ "switch", "on", "switch", "on" },
	{ "switch", "off", "switch", "off" },
	{ "switchLevel", "setLevel", "level", NULL },
	{ "lock", "lock", "lock", "locked" },
	{ "lock", "unlock", "lock", "unlocked" },
};

const struct thing *
thing_find(const char *name)
{
	for (const struct thing *t = thing_table; name != NULL && t->id != NULL; t++)
		if (strcmp(t->id, name) == 0 || strcmp(t->slug, name) == 0)
			return t;
	return NULL;
}

const struct thing_attribute *
thing_attribute(const struct thing *t, const char *capability, const char *attribute)
{
	for (const struct thing_attribute *at = thing_attributes; at->thing != NULL; at++)
		if (strcmp(at->thing, t->slug) == 0 && (capability == NULL || strcmp(at->capability, capability) == 0) &&
		    (attribute == NULL || strcmp(at->attribute, attribute) == 0))
			return at;
	return NULL;
}

bool
thing_has(const struct thing *t, const struct json *all, const struct json *none)
{
	for (const struct json *e = json_first(all); e != NULL; e = json_next(e))
		if (json_string(e) == NULL || thing_attribute(t, json_string(e), NULL) == NULL)
			return false;
	for (const struct json *e = json_first(none); e != NULL; e = json_next(e))
		if (json_string(e) != NULL && thing_attribute(t, json_string(e), NULL) != NULL)
			return false;
	return true;
}

/* --- values --- */

static char *
place(struct arena *a, const struct thing_attribute *at)
{
	return arena_printf(a, "%s.%s", at->capability, at->attribute);
}

struct json *
thing_read(struct arena *a, const struct thing_attribute *at, const char *text)
{
	char *end;
	double n;

	for (const char *w = at->values; w != NULL && *w != '\0';) {
		size_t len = strcspn(w, " ");
		if (strlen(text) == len && strncmp(w, text, len) == 0)
			return json_new_string(a, text);
		w += len + (w[len] == ' ');
	}
	if (at->values != NULL)
		return NULL;
	n = strtod(text, &end);
	return end != text && *end == '\0' && n > -1e6 && n < 1e6 ? json_new_number(a, n) : NULL;
}

struct json *
thing_value(struct arena *a, const struct json *states, const struct thing *t, const struct thing_attribute *at)
{
	const struct json *v = json_get(json_get(states, t->id), place(a, at));

	return v != NULL ? json_copy(a, v) : thing_read(a, at, at->first);
}

void
thing_set(struct arena *a, struct json *states, const struct thing *t, const struct thing_attribute *at, struct json *value)
{
	const struct json *old = json_get(states, t->id);
	struct json *mine = old != NULL ? json_copy(a, old) : json_object(a);

	json_set(a, mine, place(a, at), value);
	json_set(a, states, t->id, mine);
}

struct json *
thing_obey(struct arena *a, const struct thing *t, const char *capability, const char *command, const struct json *arguments,
    const struct thing_attribute **attribute)
{
	for (size_t i = 0; i < sizeof(orders) / sizeof(orders[0]); i++) {
		if (strcmp(orders[i].capability, capability) != 0 || strcmp(orders[i].command, command) != 0)
			continue;
		*attribute = thing_attribute(t, capability, orders[i].attribute);
		if (*attribute == NULL)
			return NULL;
		double n;
		if (orders[i].value != NULL)
			return json_new_string(a, orders[i].value);
		return json_number(json_first(arguments), &n) && n >= 0 && n <= 100 ? json_new_number(a, n) : NULL;
	}
	return NULL;
}

struct json *
thing_status(struct arena *a, const struct json *states, const struct thing *t)
{
	struct json *v = json_object(a), *components = json_set(a, v, "components", json_object(a));
	struct json *component = json_set(a, components, "main", json_object(a));

	for (const struct thing_attribute *at = thing_attributes; at->thing != NULL; at++) {
		if (strcmp(at->thing, t->slug) != 0)
			continue;
		struct json *capability = json_object(a), *attribute = json_object(a);
		json_set(a, attribute, "value", thing_value(a, states, t, at));
		json_set_string(a, attribute, "unit", at->unit);
		json_set(a, capability, at->attribute, attribute);
		json_set(a, component, at->capability, capability);
	}
	return v;
}
