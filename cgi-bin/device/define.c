/* define.c: a device from what a person wrote down about it. */
#include <ctype.h>
#include <string.h>

#include "base/arena.h"
#include "base/clock.h"
#include "base/json.h"
#include "base/text.h"
#include "device/catalogue.h"
#include "device/device.h"
#include "device/state.h"
#include "base/banned.h"

#define MANUFACTURER	"Gatehouse"
#define MODEL		"Virtual device"	/* of a profile of the owner's */
#define COMPONENT_MAX	64
#define COMPONENTS_MAX	20

const char *
device_id_fault(const char *id)
{
	static const char allowed[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789._:#~-";
	size_t len = strnlen(id, DEVICE_ID_MAX + 1);

	if (len == 0 || len > DEVICE_ID_MAX)
		return "an id has 1 to 64 characters";
	return strspn(id, allowed) == strlen(id) ? NULL : "an id is made of letters, digits and . _ : # ~ -";
}

const char *
device_name_fault(const char *name)
{
	return text_is_name(name, DEVICE_NAME_MAX) ? NULL : "a name has 1 to 100 bytes, no control characters";
}

/* 8-4-4-4-12 hexadecimal digits: how SmartThings names a device profile. */
static bool
is_uuid(const char *s)
{
	static const char shape[] = "xxxxxxxx-xxxx-xxxx-xxxx-xxxxxxxxxxxx";
	size_t i = 0;

	for (; shape[i] != '\0' && s[i] != '\0'; i++)
		if (shape[i] == 'x' ? !isxdigit((unsigned char)s[i]) : s[i] != '-')
			return false;
	return shape[i] == s[i];
}

/* The texts of a definition: where each goes, and whether it must be there. */
static const char *
read_texts(struct arena *a, const struct json *v, struct device *d)
{
	const struct {
		const char	*name;
		const char	**to;
		bool		 required;
	} texts[] = {
		{ "id", &d->id, true }, { "type", &d->type, true }, { "name", &d->name, true },
		{ "room", &d->room, false }, { "manufacturer", &d->manufacturer, false }, { "model", &d->model, false },
		{ "hwVersion", &d->hw_version, false }, { "swVersion", &d->sw_version, false },
	};

	for (size_t i = 0; i < sizeof(texts) / sizeof(texts[0]); i++) {
		const struct json *m = json_get(v, texts[i].name);
		const char *s = json_string(m);
		if (m == NULL && texts[i].required)
			return arena_printf(a, "%s is missing", texts[i].name);
		if (m != NULL && (s == NULL || device_name_fault(s) != NULL))
			return arena_printf(a, "%s must be a text of 1 to 100 bytes without control characters",
			    texts[i].name);
		if (m != NULL)
			*texts[i].to = arena_strdup(a, s);
	}
	return device_id_fault(d->id);
}

static const char *
component_fault(struct arena *a, const char *name)
{
	static const char *const taken[] = { "v", "online", "since", "changed" };	/* the state record's own */
	static const char allowed[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789_-";

	for (size_t i = 0; i < sizeof(taken) / sizeof(taken[0]); i++)
		if (strcmp(taken[i], name) == 0)
			return arena_printf(a, "a component cannot be called %s", name);
	if (*name == '\0' || strlen(name) > COMPONENT_MAX || strspn(name, allowed) != strlen(name))
		return "a component's name has 1 to 64 letters, digits, _ and -";
	return NULL;
}

static const char *
no_capability(struct arena *a, const char *said)
{
	return arena_printf(a, "no such capability: %.*s", text_cut(said, 80), said);
}

/* Add a list of capability ids to a component, each once, in the catalogue's own spelling. */
static const char *
add_capabilities(struct arena *a, const struct catalogue *c, struct json *to, const struct json *list)
{
	if (json_type(list) != JSON_ARRAY)
		return "capabilities must be a list";
	for (const struct json *v = json_first(list); v != NULL; v = json_next(v)) {
		const struct capability *has = json_string(v) != NULL ? catalogue_capability(c, json_string(v)) : NULL;
		if (has == NULL)
			return no_capability(a, json_print(a, v));
		if (!json_array_has(to, has->id))
			json_append_string(a, to, has->id);
	}
	return NULL;
}

/* What every device has. */
static void
add_common(struct arena *a, struct json *capabilities)
{
	static const char *const common[] = { DEVICE_HEALTH, DEVICE_REFRESH };

	for (size_t i = 0; i < sizeof(common) / sizeof(common[0]); i++)
		if (!json_array_has(capabilities, common[i]))
			json_append_string(a, capabilities, common[i]);
}

/* components: {"main":[...], ...}; or only main's list. */
static const char *
read_components(struct arena *a, const struct catalogue *c, const struct json *components,
    const struct json *main_only, struct device *d)
{
	struct json *all = json_object(a), *list = json_set(a, all, "main", json_array(a));
	const char *why = main_only != NULL ? add_capabilities(a, c, list, main_only) : NULL;
	size_t n = 0;

	if (why == NULL && json_get(components, "main") != NULL)
		why = add_capabilities(a, c, list, json_get(components, "main"));
	add_common(a, list);
	for (const struct json *m = json_first(components); m != NULL && why == NULL; m = json_next(m)) {
		if (strcmp(json_name(m), "main") == 0)
			continue;
		if ((why = component_fault(a, json_name(m))) == NULL)
			why = add_capabilities(a, c, json_set(a, all, json_name(m), json_array(a)), m);
	}
	for (const struct json *m = json_first(all); m != NULL; m = json_next(m))
		n += json_count(m);
	d->components = all;
	if (why == NULL && (n > DEVICE_CAPABILITIES || json_count(all) > COMPONENTS_MAX))
		why = "a device has at most 64 capabilities in 20 components";
	return why;
}

static const char *
read_type(struct arena *a, const struct catalogue *c, const struct json *v, struct device *d)
{
	const struct device_type *type = catalogue_type(c, d->type);
	const struct json *components = json_get(v, "components"), *capabilities = json_get(v, "capabilities");

	if (d->manufacturer == NULL)
		d->manufacturer = MANUFACTURER;
	if (d->model == NULL)
		d->model = type != NULL ? type->model : MODEL;
	if (type != NULL && (components != NULL || capabilities != NULL))
		return arena_printf(a, "%s has capabilities of its own: name none", d->type);
	if (type != NULL)
		return read_components(a, c, type->components, NULL, d);
	if (!is_uuid(d->type))
		return arena_printf(a, "no such type: %s (a c2c- name, or the UUID of a device profile)", d->type);
	if ((components != NULL) == (capabilities != NULL))
		return "a device profile needs capabilities, or components";
	if (components != NULL && json_type(components) != JSON_OBJECT)
		return "components must be an object";
	return read_components(a, c, components, capabilities, d);
}

static const char *
read_categories(struct arena *a, const struct catalogue *c, const struct json *v, struct device *d)
{
	const struct device_type *type = catalogue_type(c, d->type);
	const struct json *list = json_get(v, "categories");
	struct json *categories = json_array(a);

	if (list != NULL && (json_type(list) != JSON_ARRAY || json_count(list) > COMPONENTS_MAX))
		return "categories must be a list of texts";
	for (const struct json *m = json_first(list); m != NULL; m = json_next(m)) {
		if (json_string(m) == NULL || device_name_fault(json_string(m)) != NULL)
			return "categories must be a list of texts";
		json_append_string(a, categories, json_string(m));
	}
	if (list == NULL && type != NULL)
		json_append_string(a, categories, type->category);
	d->categories = categories;
	return NULL;
}

static const char *
read_state(struct arena *a, const struct catalogue *c, const struct json *set, const struct device *d,
    struct json **state)
{
	const char *why = NULL;

	*state = state_first(a, c, d);
	if (set != NULL && json_type(set) != JSON_OBJECT)
		return "set must be an object";
	for (const struct json *m = json_first(set); m != NULL && why == NULL; m = json_next(m))
		why = state_assign_json(a, c, d, *state, json_name(m), m, clock_ms());
	if (why == NULL && strlen(json_print(a, *state)) > DEVICE_STATE_MAX)
		why = "its values are too large together";
	return why;
}

const char *
device_define(struct arena *a, const struct catalogue *c, const struct json *definition, struct device *d,
    struct json **state)
{
	static const char members[] = "id type name room manufacturer model hwVersion swVersion components capabilities "
	    "categories set";
	const char *why;

	*d = (struct device){ .source = "virtual" };
	if (json_type(definition) != JSON_OBJECT)
		return "a device is an object";
	for (const struct json *m = json_first(definition); m != NULL; m = json_next(m))
		if (!text_list_has(members, " ", json_name(m)))
			return arena_printf(a, "a device has no member %.*s", text_cut(json_name(m), 80), json_name(m));
	if ((why = read_texts(a, definition, d)) == NULL)
		why = read_type(a, c, definition, d);
	if (why == NULL)
		why = read_categories(a, c, definition, d);
	return why != NULL ? why : read_state(a, c, json_get(definition, "set"), d, state);
}
