/* nodemap.c: two tables of what drivers usually mean, and the reading of maps.
 *
 * long because: a third of it is a table. */
#include "nodeserver/nodemap.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/arena.h"
#include "base/clock.h"
#include "base/json.h"
#include "base/text.h"
#include "device/catalogue.h"
#include "device/device.h"
#include "device/source.h"
#include "device/state.h"
#include "nodeserver/registry.h"
#include "base/banned.h"

/* --- what drivers mean where nobody says it: units are those of the ISY --- */

#define SWITCH	"{\"driver\":\"ST\",\"capability\":\"switch\",\"attribute\":\"switch\",\"map\":{\"0\":\"off\",\"*\":\"on\"}}"
#define ON_OFF	"\"switch/on\":{\"cmd\":\"DON\"},\"switch/off\":{\"cmd\":\"DOF\"}"
#define READING(driver, capability, attribute, more) \
	"\"state\":[{\"driver\":\"" driver "\",\"capability\":\"" capability "\",\"attribute\":\"" attribute "\"" more "}]"

/* Of several that fit, the first says which type it is; each adds what it knows. */
static const struct {
	const char	*driver;
	int		 uom;
	const char	*map;
} usual[] = {
	{ "ST", 51, "{\"handler\":\"c2c-dimmer\",\"state\":[" SWITCH ",{\"driver\":\"ST\",\"capability\":\"switchLevel\",\"attribute\":\"level\"}],"
	    "\"commands\":{" ON_OFF ",\"switchLevel/setLevel\":{\"cmd\":\"DON\",\"value\":\"{arg0}\",\"uom\":\"51\"}}}" },
	{ "ST", 100, "{\"handler\":\"c2c-dimmer\",\"state\":[" SWITCH ",{\"driver\":\"ST\",\"capability\":\"switchLevel\",\"attribute\":\"level\",\"scale\":0.39215686}],"
	    "\"commands\":{" ON_OFF ",\"switchLevel/setLevel\":{\"cmd\":\"DON\",\"value\":\"{arg0}\",\"uom\":\"100\",\"scale\":2.55}}}" },
	{ "ST", 2, "{\"handler\":\"c2c-switch\",\"state\":[" SWITCH "],\"commands\":{" ON_OFF "}}" },
	{ "ST", 78, "{\"handler\":\"c2c-switch\",\"state\":[" SWITCH "],\"commands\":{" ON_OFF "}}" },
	{ "ST", 11, "{\"handler\":\"c2c-lock-2\"," READING("ST", "lock", "lock", ",\"map\":{\"0\":\"unlocked\",\"100\":\"locked\",\"*\":\"unknown\"}")
	    ",\"commands\":{\"lock/lock\":{\"cmd\":\"DON\"},\"lock/unlock\":{\"cmd\":\"DOF\"}}}" },
	{ "ST", 79, "{\"handler\":\"c2c-contact-3\"," READING("ST", "contactSensor", "contact", ",\"map\":{\"0\":\"open\",\"*\":\"closed\"}") "}" },
	{ "ST", 4, "{\"handler\":\"c2c-humidity\"," READING("ST", "temperatureMeasurement", "temperature", ",\"unit\":\"C\"") "}" },
	{ "ST", 17, "{\"handler\":\"c2c-humidity\"," READING("ST", "temperatureMeasurement", "temperature", ",\"unit\":\"F\"") "}" },
	{ "CLITEMP", 4, "{\"handler\":\"c2c-humidity\"," READING("CLITEMP", "temperatureMeasurement", "temperature", ",\"unit\":\"C\"") "}" },
	{ "CLITEMP", 17, "{\"handler\":\"c2c-humidity\"," READING("CLITEMP", "temperatureMeasurement", "temperature", ",\"unit\":\"F\"") "}" },
	{ "CLIHUM", 22, "{\"handler\":\"c2c-humidity-2\"," READING("CLIHUM", "relativeHumidityMeasurement", "humidity", "") "}" },
	{ "LUMIN", 36, "{\"handler\":\"c2c-motion-4\"," READING("LUMIN", "illuminanceMeasurement", "illuminance", "") "}" },
	{ "BATLVL", 51, "{\"handler\":\"c2c-humidity-2\"," READING("BATLVL", "battery", "battery", "") "}" },
};

static int
uom_of(const struct json *driver)
{
	const struct json *uom = json_get(driver, "uom");
	long long n;

	return (json_int(uom, &n) && n >= 0 && n < 1000) ||
	    (json_string(uom) != NULL && text_to_int(json_string(uom), 0, 999, &n)) ? (int)n : -1;
}

/* Add what one map knows to another, which it fills in where it is empty. */
static void
add_map(struct arena *a, struct json *to, const struct json *from)
{
	struct json *state = json_array(a), *commands = json_object(a);
	const struct json *const both[] = { to, from };

	for (size_t i = 0; i < 2; i++) {
		for (const struct json *v = json_first(json_get(both[i], "state")); v != NULL; v = json_next(v))
			json_append(a, state, json_copy(a, v));
		for (const struct json *v = json_first(json_get(both[i], "commands")); v != NULL; v = json_next(v))
			json_set(a, commands, json_name(v), json_copy(a, v));
	}
	if (json_get(to, "handler") == NULL)
		json_set_string(a, to, "handler", json_get_string(from, "handler"));
	json_set(a, to, "state", state);
	json_set(a, to, "commands", commands);
}

const struct json *
nodemap_find(struct arena *a, const struct json *nodedefs, const char *nodedefid, const struct json *drivers)
{
	const struct json *said = json_get(nodedefs, nodedefid);
	struct json *map = json_object(a);

	if (said != NULL)
		return said;
	for (size_t i = 0; i < sizeof(usual) / sizeof(usual[0]); i++) {
		const struct json *d = json_get(drivers, usual[i].driver);
		if (d != NULL && uom_of(d) == usual[i].uom)
			add_map(a, map, json_parse(a, usual[i].map, strlen(usual[i].map), NULL));
	}
	return json_get(map, "handler") != NULL ? map : NULL;
}

/* --- devices --- */

/* Capabilities that a map's values and commands name. */
static struct json *
capabilities(const struct nodeserver_context *x, const struct json *map)
{
	struct arena *a = x->arena;
	struct json *list = json_array(a);

	for (const struct json *v = json_first(json_get(map, "state")); v != NULL; v = json_next(v)) {
		const struct capability *c = catalogue_capability(x->catalogue, json_get_string(v, "capability"));
		if (c != NULL && !json_array_has(list, c->id))
			json_append_string(a, list, c->id);
	}
	for (const struct json *v = json_first(json_get(map, "commands")); v != NULL; v = json_next(v)) {
		const struct capability *c = catalogue_capability(x->catalogue,
		    arena_strndup(a, json_name(v), strcspn(json_name(v), "/")));
		if (c != NULL && !json_array_has(list, c->id))
			json_append_string(a, list, c->id);
	}
	return list;
}

const char *
nodemap_device(const struct nodeserver_context *x, const struct json *map, const char *id, const char *name, const char *maker,
    const struct json *drivers, struct device *d, struct json **state)
{
	struct arena *a = x->arena;
	struct json *v = json_object(a), *has = capabilities(x, map), *values = json_object(a);
	const char *type = json_get_string(map, "handler");
	bool known = catalogue_type(x->catalogue, type) != NULL;

	json_set_string(a, v, "id", id);
	json_set_string(a, v, "name", name);
	json_set_string(a, v, "type", type);
	json_set_string(a, v, "manufacturer", maker);
	if (!known)
		json_set(a, v, "capabilities", json_copy(a, has));
	const char *why = device_define(a, x->catalogue, v, d, state);
	if (why != NULL)
		return why;
	d->source = "node";
	/* Of the type's capabilities it has those that its drivers speak of: nobody would ever hear of the others. */
	if (known) {
		struct json *components = json_object(a);
		json_append_string(a, has, DEVICE_HEALTH);
		json_append_string(a, has, DEVICE_REFRESH);
		json_set(a, components, "main", has);
		d->components = components;
	}
	/* Values are those that its drivers have: the catalogue's first values are guesses. */
	*state = state_first(a, x->catalogue, d);
	json_set(a, *state, "main", NULL);
	for (const struct json *m = json_first(drivers); m != NULL; m = json_next(m)) {
		const char *value = json_get_string(m, "value");
		if (value != NULL)
			nodemap_values(x, map, json_name(m), value, values);
	}
	for (const struct json *m = json_first(values); m != NULL; m = json_next(m))
		state_assign_json(a, x->catalogue, d, *state, json_name(m), m, clock_ms());
	return NULL;
}

/* --- values --- */

/* What a value is called in a map of values: by its text, by its number, else "*". */
static const char *
look_up(const struct json *map, const char *value)
{
	const char *said = json_get_string(map, value);
	char *end, *to;
	double n = strtod(value, &end);

	for (const struct json *v = json_first(map); said == NULL && *value != '\0' && *end == '\0' && v != NULL; v = json_next(v))
		if (json_name(v)[0] != '*' && strtod(json_name(v), &to) == n && *to == '\0')
			said = json_string(v);
	return said != NULL ? said : json_get_string(map, "*");
}

/* The driver's value as the attribute has it; NULL if it has no such. */
static const char *
convert(struct arena *a, const struct json *rule, const char *value)
{
	const struct json *map = json_get(rule, "map");
	const char *unit = json_get_string(rule, "unit");
	double n, scale;
	char *end;

	if (map != NULL)
		return look_up(map, value);
	n = strtod(value, &end);
	if (*value == '\0' || *end != '\0' || !isfinite(n))
		return NULL;
	if (json_number(json_get(rule, "scale"), &scale))
		n = round(n * scale);
	return arena_printf(a, "%.10g%s", n, unit != NULL ? unit : "");
}

const char *
nodemap_values(const struct nodeserver_context *x, const struct json *map, const char *driver, const char *value,
    struct json *values)
{
	struct arena *a = x->arena;
	const char *why = NULL;

	for (const struct json *rule = json_first(json_get(map, "state")); rule != NULL; rule = json_next(rule)) {
		const char *of = json_get_string(rule, "driver"), *attribute = json_get_string(rule, "attribute");
		const struct capability *c = catalogue_capability(x->catalogue, json_get_string(rule, "capability"));
		if (c == NULL || attribute == NULL || of == NULL || strcmp(of, driver) != 0)
			continue;
		const char *text = convert(a, rule, value);
		if (text != NULL)
			json_set_string(a, values, arena_printf(a, "%s.%s", c->id, attribute), text);
		else
			why = arena_printf(a, "%.80s is no value of %.80s", value, attribute);
	}
	return why;
}

/* --- commands --- */

/* "{arg0}" is the first argument, and so on; everything else stands for itself. */
static const char *
argument(struct arena *a, const struct json *rule, const struct checked_command *c)
{
	const char *text = json_get_string(rule, "value");
	double n, scale;
	long long i;

	if (text == NULL || strncmp(text, "{arg", 4) != 0 || strlen(text) != 6 || text[5] != '}')
		return text;
	if (!text_to_int(arena_strndup(a, text + 4, 1), 0, 9, &i))
		return text;
	const struct json *v = json_at(c->arguments, (size_t)i);
	if (v == NULL)
		return NULL;
	if (json_number(v, &n) && json_number(json_get(rule, "scale"), &scale))
		return arena_printf(a, "%.10g", round(n * scale));
	return json_string(v) != NULL ? json_string(v) : json_print(a, v);
}

struct json *
nodemap_command(struct arena *a, const struct json *map, const struct checked_command *c)
{
	const struct json *rule = json_get(json_get(map, "commands"), arena_printf(a, "%s/%s", c->capability->id, c->type->name));
	struct json *v = json_object(a);

	if (rule == NULL)
		rule = json_get(json_get(map, "commands"), arena_printf(a, "st.%s/%s", c->capability->id, c->type->name));
	if (rule == NULL)
		return NULL;
	json_set_string(a, v, "cmd", json_get_string(rule, "cmd"));
	const char *value = argument(a, rule, c);
	if (value != NULL) {
		json_set_string(a, v, "value", value);
		if (json_get_string(rule, "uom") != NULL)
			json_set_string(a, v, "uom", json_get_string(rule, "uom"));
	}
	return v;
}

/* --- maps that people write --- */

static const char *
state_fault(const struct nodeserver_context *x, const char *where, const struct json *rule)
{
	const char *capability = json_get_string(rule, "capability"), *attribute = json_get_string(rule, "attribute");
	const struct capability *c = capability != NULL ? catalogue_capability(x->catalogue, capability) : NULL;
	const struct json *map = json_get(rule, "map");

	if (json_get_string(rule, "driver") == NULL)
		return arena_printf(x->arena, "%s: a state needs a driver", where);
	if (c == NULL || attribute == NULL || !catalogue_has_attribute(x->catalogue, c->id, attribute))
		return arena_printf(x->arena, "%s: no such attribute: %.60s %.60s", where, capability != NULL ? capability : "-",
		    attribute != NULL ? attribute : "-");
	if (map != NULL && json_type(map) != JSON_OBJECT)
		return arena_printf(x->arena, "%s: map must be an object", where);
	return NULL;
}

static const char *
command_fault(const struct nodeserver_context *x, const char *where, const struct json *rule)
{
	const char *name = json_name(rule), *slash = strchr(name, '/');
	const struct capability *c = slash != NULL ?
	    catalogue_capability(x->catalogue, arena_strndup(x->arena, name, (size_t)(slash - name))) : NULL;

	if (c == NULL || capability_command(c, slash + 1) == NULL)
		return arena_printf(x->arena, "%s: no such command: %.80s (capability/command)", where, name);
	return json_get_string(rule, "cmd") != NULL ? NULL : arena_printf(x->arena, "%s: %.80s needs a cmd", where, name);
}

const char *
nodemap_fault(const struct nodeserver_context *x, const struct json *nodedefs)
{
	const char *why = NULL;

	for (const struct json *map = json_first(nodedefs); map != NULL && why == NULL; map = json_next(map)) {
		const char *where = arena_printf(x->arena, "nodedefs.%.60s", json_name(map));
		struct device d;
		struct json *state;
		if (json_get_string(map, "handler") == NULL || json_type(json_get(map, "state")) != JSON_ARRAY)
			return arena_printf(x->arena, "%s needs a handler and a list called state", where);
		for (const struct json *v = json_first(json_get(map, "state")); v != NULL && why == NULL; v = json_next(v))
			why = state_fault(x, where, v);
		for (const struct json *v = json_first(json_get(map, "commands")); v != NULL && why == NULL; v = json_next(v))
			why = command_fault(x, where, v);
		if (why == NULL && (why = nodemap_device(x, map, "x", "x", "x", NULL, &d, &state)) != NULL)
			why = arena_printf(x->arena, "%s: %s", where, why);
	}
	return why;
}
