/* capability.c: reads the catalogue's files, once, and answers what is in it.
 *
 * long because: three files of two forms make one catalogue, and nobody else knows how they look. */
#include "device/capability.h"

#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/arena.h"
#include "base/json.h"
#include "device/catalogue.h"
#include "device/definition.h"
#include "device/device.h"
#include "device/effect.h"
#include "device/value.h"
#include "base/banned.h"

#define SCRATCH (64u << 20)	/* bytes: far above what the two files come to */

/* --- asking --- */

static int
by_id(const void *a, const void *b)
{
	return strcmp(((const struct capability *)a)->id, ((const struct capability *)b)->id);
}

const struct capability *
catalogue_capability(const struct catalogue *c, const char *id)
{
	struct capability key = { .id = strncmp(id, "st.", 3) == 0 ? id + 3 : id };

	return bsearch(&key, c->capabilities, c->n_capabilities, sizeof(key), by_id);
}

bool
catalogue_has_command(const struct catalogue *c, const char *capability, const char *command)
{
	const struct capability *has = catalogue_capability(c, capability);

	return has != NULL && capability_command(has, command) != NULL;
}

bool
catalogue_has_attribute(const struct catalogue *c, const char *capability, const char *attribute)
{
	const struct capability *has = catalogue_capability(c, capability);

	return has != NULL && capability_attribute(has, attribute) != NULL;
}

const struct device_type *
catalogue_type(const struct catalogue *c, const char *name)
{
	for (size_t i = 0; i < c->n_types; i++)
		if (strcmp(c->types[i].name, name) == 0)
			return &c->types[i];
	return NULL;
}

const char *
catalogue_type_name(const struct catalogue *c, size_t i)
{
	return i < c->n_types ? c->types[i].name : NULL;
}

const struct attribute *
capability_attribute(const struct capability *c, const char *name)
{
	for (size_t i = 0; i < c->n_attributes; i++)
		if (strcmp(c->attributes[i].name, name) == 0)
			return &c->attributes[i];
	return NULL;
}

const struct command_type *
capability_command(const struct capability *c, const char *name)
{
	for (size_t i = 0; i < c->n_commands; i++)
		if (strcmp(c->commands[i].name, name) == 0)
			return &c->commands[i];
	return NULL;
}

const struct attribute *
device_type_attribute(const struct device_type *t, const struct capability *capability, const char *name)
{
	for (size_t i = 0; t != NULL && i < t->n_overrides; i++)
		if (t->overrides[i].capability == capability && strcmp(t->overrides[i].attribute.name, name) == 0)
			return &t->overrides[i].attribute;
	return capability_attribute(capability, name);
}

/* --- reading capabilities.json --- */

static void
check_initial(struct definition *d, const char *path, const struct attribute *a)
{
	const char *why = a->initial != NULL ? value_fault(d->scratch, &a->type, a->initial) : NULL;

	if (why != NULL)
		definition_fault(d, definition_path(d, path, "initial"), "%s", why);
}

static void
read_attribute(struct definition *d, const char *path, const struct json *v, struct attribute *a)
{
	a->name = arena_strdup(d->arena, json_name(v));
	definition_members(d, path, v, VALUE_TYPE_MEMBERS " units initial event");
	if (d->why != NULL)
		return;
	value_type_read(d, path, v, &a->type);
	if (json_get(v, "units") != NULL)
		a->units = definition_strings(d, definition_path(d, path, "units"), json_get(v, "units"));
	a->event = json_get_bool(v, "event", false);
	a->initial = json_copy(d->arena, json_get(v, "initial"));
	if (d->why == NULL)
		check_initial(d, path, a);
}

static void
read_argument(struct definition *d, const char *path, const struct json *v, struct argument *a)
{
	definition_members(d, path, v, VALUE_TYPE_MEMBERS " name optional");
	if (d->why != NULL)
		return;
	a->name = definition_string(d, path, v, "name");
	a->optional = json_get_bool(v, "optional", false);
	value_type_read(d, path, v, &a->type);
}

static void
read_command(struct definition *d, const char *path, const struct json *v, struct command_type *c)
{
	const struct json *arguments = json_get(v, "arguments");
	struct argument *list = arena_alloc(d->arena, (json_count(arguments) + 1) * sizeof(*list));

	c->name = arena_strdup(d->arena, json_name(v));
	c->arguments = list;
	definition_members(d, path, v, "arguments effects");
	if (json_type(arguments) != JSON_ARRAY)
		definition_fault(d, path, "arguments must be a list");
	for (const struct json *a = json_first(arguments); a != NULL && d->why == NULL; a = json_next(a)) {
		const char *at = arena_printf(d->scratch, "%s.arguments.%zu", path, c->n_arguments);
		if (c->n_arguments > 0 && list[c->n_arguments - 1].optional && !json_get_bool(a, "optional", false))
			definition_fault(d, at, "cannot be required behind an optional one");
		read_argument(d, at, a, &list[c->n_arguments++]);
	}
	if (d->why == NULL)
		c->effects = effects_read(d, definition_path(d, path, "effects"), json_get(v, "effects"), &c->n_effects);
}

static void
read_capability(struct definition *d, const char *path, const struct json *v, struct capability *c)
{
	const struct json *attributes = json_get(v, "attributes"), *commands = json_get(v, "commands");
	struct attribute *a = arena_alloc(d->arena, (json_count(attributes) + 1) * sizeof(*a));
	struct command_type *m = arena_alloc(d->arena, (json_count(commands) + 1) * sizeof(*m));

	*c = (struct capability){ .id = arena_strdup(d->arena, json_name(v)), .attributes = a, .commands = m };
	definition_members(d, path, v, "note attributes commands");
	if (json_type(attributes) != JSON_OBJECT || json_type(commands) != JSON_OBJECT)
		definition_fault(d, path, "needs attributes and commands");
	path = definition_path(d, path, "attributes");
	for (const struct json *j = json_first(attributes); j != NULL && d->why == NULL; j = json_next(j))
		read_attribute(d, definition_path(d, path, json_name(j)), j, &a[c->n_attributes++]);
	path = arena_printf(d->scratch, "capabilities.%s.commands", c->id);
	for (const struct json *j = json_first(commands); j != NULL && d->why == NULL; j = json_next(j))
		read_command(d, definition_path(d, path, json_name(j)), j, &m[c->n_commands++]);
}

/* The effects of what this file defines. */
static void
check_all_effects(struct definition *d, const struct json *list, const struct catalogue *all)
{
	for (const struct json *j = json_first(list); j != NULL; j = json_next(j)) {
		const struct capability *c = catalogue_capability(all, json_name(j));
		for (size_t k = 0; k < c->n_commands; k++)
			effects_check(d, arena_printf(d->scratch, "capabilities.%s.commands.%s.effects", c->id,
			    c->commands[k].name), all, c, &c->commands[k]);
	}
}

/* namespace.name: two words of letters and digits, as SmartThings makes them. */
static bool
is_custom(const char *id)
{
	static const char word[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789";
	size_t space = strspn(id, word), name = id[space] == '.' ? strspn(id + space + 1, word) : 0;

	return space > 0 && name > 0 && id[space + 1 + name] == '\0' && strncmp(id, "st.", 3) != 0;
}

/* Add what one file defines to the catalogue. custom: the owner's own, which may not take the name of another. */
static void
read_capabilities(struct definition *d, const struct json *root, struct catalogue *all, bool custom)
{
	const struct json *list = json_get(root, "capabilities");
	struct capability *c = arena_alloc(d->arena, (all->n_capabilities + json_count(list) + 1) * sizeof(*c));

	if (all->n_capabilities > 0)
		memcpy(c, all->capabilities, all->n_capabilities * sizeof(*c));
	definition_members(d, "", root, "about capabilities");
	if (json_type(list) != JSON_OBJECT)
		definition_fault(d, "", "capabilities is missing");
	for (const struct json *j = json_first(list); j != NULL && d->why == NULL; j = json_next(j)) {
		const char *path = definition_path(d, "capabilities", json_name(j));
		if (custom && !is_custom(json_name(j)))
			definition_fault(d, path, "must be called namespace.name, in letters and digits");
		else
			read_capability(d, path, j, &c[all->n_capabilities++]);
	}
	qsort(c, all->n_capabilities, sizeof(*c), by_id);
	all->capabilities = c;
	if (d->why == NULL)
		check_all_effects(d, list, all);
}

/* --- reading device-types.json --- */

/* "fanSpeed.fanSpeed": {"max": 3, "initial": 1}: the attribute again, with what is said otherwise. */
static void
read_override(struct definition *d, const char *path, const struct json *v, const struct catalogue *all,
    struct override *o)
{
	const char *dot = strrchr(json_name(v), '.');
	const char *id = dot != NULL ? arena_strndup(d->scratch, json_name(v), (size_t)(dot - json_name(v))) : "";
	const struct attribute *a = NULL;

	o->capability = catalogue_capability(all, id);
	if (dot != NULL && o->capability != NULL)
		a = capability_attribute(o->capability, dot + 1);
	definition_members(d, path, v, "min max initial");
	if (a == NULL) {
		definition_fault(d, path, "no such attribute");
		return;
	}
	o->attribute = *a;
	json_number(json_get(v, "min"), &o->attribute.type.min);
	json_number(json_get(v, "max"), &o->attribute.type.max);
	if (json_get(v, "initial") != NULL)
		o->attribute.initial = json_copy(d->arena, json_get(v, "initial"));
	check_initial(d, path, &o->attribute);
}

static void
check_components(struct definition *d, const char *path, const struct json *components, const struct catalogue *all)
{
	if (json_count(json_get(components, "main")) == 0)
		definition_fault(d, path, "needs a component main");
	for (const struct json *c = json_first(components); c != NULL; c = json_next(c))
		for (const struct json *id = json_first(c); id != NULL; id = json_next(id))
			if (json_string(id) == NULL || catalogue_capability(all, json_string(id)) == NULL)
				definition_fault(d, path, "no such capability: %s", json_print(d->scratch, id));
}

static void
read_type(struct definition *d, const char *path, const struct json *v, const struct catalogue *all,
    struct device_type *t)
{
	const struct json *attributes = json_get(v, "attributes");
	struct override *o = arena_alloc(d->arena, (json_count(attributes) + 1) * sizeof(*o));

	definition_members(d, path, v, "category model components attributes");
	*t = (struct device_type){ .name = arena_strdup(d->arena, json_name(v)),
	    .category = definition_string(d, path, v, "category"), .model = definition_string(d, path, v, "model"),
	    .components = json_copy(d->arena, json_get(v, "components")), .overrides = o };
	check_components(d, path, t->components, all);
	path = definition_path(d, path, "attributes");
	for (const struct json *j = json_first(attributes); j != NULL && d->why == NULL; j = json_next(j))
		read_override(d, definition_path(d, path, json_name(j)), j, all, &o[t->n_overrides++]);
}

static void
read_types(struct definition *d, const struct json *root, struct catalogue *all)
{
	const struct json *list = json_get(root, "types");
	struct device_type *t = arena_alloc(d->arena, (json_count(list) + 1) * sizeof(*t));

	definition_members(d, "", root, "about types");
	if (json_type(list) != JSON_OBJECT)
		definition_fault(d, "", "types is missing");
	for (const struct json *j = json_first(list); j != NULL && d->why == NULL; j = json_next(j))
		read_type(d, definition_path(d, "types", json_name(j)), j, all, &t[all->n_types++]);
	all->types = t;
}

/* Capabilities of the owner's own, if there are any. */
static void
read_custom(struct definition *d, struct arena *arena, struct arena *scratch, const char *folder, struct catalogue *all)
{
	bool there = access(arena_printf(scratch, "%s/" CATALOGUE_CUSTOM, folder), F_OK) == 0;
	const struct json *root = there ? definition_open(d, arena, scratch, folder, CATALOGUE_CUSTOM) : NULL;

	if (root != NULL)
		read_capabilities(d, root, all, true);
}

struct catalogue *
catalogue_load(struct arena *arena, const char *conf, const char *custom, const char **why)
{
	struct arena *scratch = arena_new(SCRATCH);
	struct catalogue *all = arena_alloc(arena, sizeof(*all));
	struct definition d;

	/* Looked at before it is read: an edit in between is noticed later. */
	all->conf = arena_strdup(arena, conf);
	all->custom = custom != NULL ? arena_strdup(arena, custom) : NULL;
	all->file = catalogue_look(custom);
	const struct json *root = definition_open(&d, arena, scratch, conf, "capabilities.json");
	if (root != NULL)
		read_capabilities(&d, root, all, false);
	if (d.why == NULL && (catalogue_capability(all, DEVICE_HEALTH) == NULL ||
	    catalogue_capability(all, DEVICE_REFRESH) == NULL))
		definition_fault(&d, "capabilities", "every device needs %s and %s", DEVICE_HEALTH, DEVICE_REFRESH);
	if (d.why == NULL && custom != NULL)
		read_custom(&d, arena, scratch, custom, all);
	if (d.why == NULL && (root = definition_open(&d, arena, scratch, conf, "device-types.json")) != NULL)
		read_types(&d, root, all);
	arena_free(scratch);
	*why = d.why;
	return d.why == NULL ? all : NULL;
}
