/* effect_read.c: the effects of a command as the definition file has them, and whether they make sense. */
#include <string.h>

#include "base/arena.h"
#include "base/json.h"
#include "device/catalogue.h"
#include "device/definition.h"
#include "device/effect.h"
#include "device/value.h"
#include "base/banned.h"

/* {"on":"off", ...}: by text. */
static const struct mapping *
read_map(struct definition *d, const char *path, const struct json *v)
{
	struct mapping *map = arena_alloc(d->arena, (json_count(v) + 1) * sizeof(*map));
	size_t n = 0;

	if (json_type(v) != JSON_OBJECT)
		definition_fault(d, path, "must be an object");
	for (const struct json *m = json_first(v); m != NULL && d->why == NULL; m = json_next(m), n++)
		map[n] = (struct mapping){ .from = arena_strdup(d->arena, json_name(m)),
		    .value = json_copy(d->arena, m) };
	return map;
}

/* [{"to":0,"value":"closed"}, ...]: by number. */
static const struct mapping *
read_ranges(struct definition *d, const char *path, const struct json *v)
{
	struct mapping *map = arena_alloc(d->arena, (json_count(v) + 1) * sizeof(*map));
	size_t n = 0;

	if (json_type(v) != JSON_ARRAY)
		definition_fault(d, path, "must be a list");
	for (const struct json *row = json_first(v); row != NULL && d->why == NULL; row = json_next(row), n++) {
		definition_members(d, path, row, "to value");
		if (!json_number(json_get(row, "to"), &map[n].to) || json_get(row, "value") == NULL)
			definition_fault(d, path, "each row needs a number \"to\" and a value");
		map[n].value = json_copy(d->arena, json_get(row, "value"));
	}
	return map;
}

/* "when": {"button": "volumeUp"} */
static void
read_when(struct definition *d, const char *path, const struct json *v, struct effect *e)
{
	const struct json *m = json_first(v);

	if (json_type(v) != JSON_OBJECT || json_count(v) != 1 || json_string(m) == NULL) {
		definition_fault(d, path, "must be one argument and its text");
		return;
	}
	e->when = arena_strdup(d->arena, json_name(m));
	e->is = arena_strdup(d->arena, json_string(m));
}

static void
read_effect(struct definition *d, const char *path, const struct json *v, struct effect *e)
{
	definition_members(d, path, v,
	    "capability attribute member value argument unitArgument map ranges turn add times when data refresh");
	if (d->why != NULL || json_get_bool(v, "refresh", false))
		return;
	*e = (struct effect){ .capability = definition_option(d, path, v, "capability"),
	    .attribute = definition_string(d, path, v, "attribute"),
	    .member = definition_option(d, path, v, "member"),
	    .argument = definition_option(d, path, v, "argument"),
	    .unit_argument = definition_option(d, path, v, "unitArgument"),
	    .times = definition_option(d, path, v, "times"),
	    .value = json_copy(d->arena, json_get(v, "value")),
	    .data = json_copy(d->arena, json_get(v, "data")) };
	if (json_get(v, "map") != NULL)
		e->map = read_map(d, path, json_get(v, "map"));
	if (json_get(v, "ranges") != NULL)
		e->map = read_ranges(d, path, json_get(v, "ranges"));
	if (json_get(v, "turn") != NULL)
		e->turn = read_map(d, path, json_get(v, "turn"));
	if (json_get(v, "when") != NULL)
		read_when(d, path, json_get(v, "when"), e);
	if (json_get(v, "add") != NULL && (!json_number(json_get(v, "add"), &e->add) || e->add == 0))
		definition_fault(d, path, "add must be a number, not 0");
	if ((e->value != NULL) + (e->argument != NULL) + (e->turn != NULL) + (e->add != 0) != 1)
		definition_fault(d, path, "needs exactly one of value, argument, add and turn");
}

const struct effect *
effects_read(struct definition *d, const char *path, const struct json *v, size_t *n)
{
	struct effect *list = arena_alloc(d->arena, (json_count(v) + 1) * sizeof(*list));

	*n = 0;
	if (json_type(v) != JSON_ARRAY || json_count(v) > EFFECTS_MAX)
		definition_fault(d, path, "must be a list of at most %d", EFFECTS_MAX);
	for (const struct json *e = json_first(v); e != NULL && d->why == NULL; e = json_next(e), (*n)++)
		read_effect(d, arena_printf(d->scratch, "%s.%zu", path, *n), e, &list[*n]);
	return list;
}

/* --- sense --- */

/* Is this an argument of the command, or a member of one that is an object? */
static bool
names_argument(const struct command_type *c, const char *name)
{
	size_t len = strcspn(name, ".");

	for (size_t i = 0; i < c->n_arguments; i++) {
		const struct argument *a = &c->arguments[i];
		if (strncmp(a->name, name, len) != 0 || a->name[len] != '\0')
			continue;
		if (name[len] == '\0')
			return true;
		for (const struct member *m = a->type.members; m != NULL && m->name != NULL; m++)
			if (strcmp(m->name, name + len + 1) == 0)
				return true;
	}
	return false;
}

static void
check_value(struct definition *d, const char *path, const struct attribute *a, const struct effect *e,
    const struct json *v)
{
	const char *why = e->member == NULL ? value_fault(d->scratch, &a->type, v) : NULL;

	if (why != NULL)
		definition_fault(d, path, "the value for %s %s", a->name, why);
}

static void
check_effect(struct definition *d, const char *path, const struct catalogue *all, const struct capability *own,
    const struct command_type *c, const struct effect *e)
{
	const char *const arguments[] = { e->argument, e->unit_argument, e->times, e->when };
	const struct capability *there = e->capability != NULL ? catalogue_capability(all, e->capability) : own;
	const struct attribute *a = there != NULL ? capability_attribute(there, e->attribute) : NULL;

	if (there == NULL)
		definition_fault(d, path, "no such capability: %s", e->capability);
	else if (a == NULL)
		definition_fault(d, path, "%s has no attribute %s", there->id, e->attribute);
	for (size_t i = 0; i < sizeof(arguments) / sizeof(arguments[0]); i++)
		if (arguments[i] != NULL && !names_argument(c, arguments[i]))
			definition_fault(d, path, "no such argument: %s", arguments[i]);
	if (a == NULL)
		return;
	if (e->value != NULL)
		check_value(d, path, a, e, e->value);
	for (const struct mapping *m = e->map; m != NULL && m->value != NULL; m++)
		check_value(d, path, a, e, m->value);
	for (const struct mapping *m = e->turn; m != NULL && m->value != NULL; m++)
		check_value(d, path, a, e, m->value);
}

void
effects_check(struct definition *d, const char *path, const struct catalogue *all, const struct capability *own,
    const struct command_type *c)
{
	for (size_t i = 0; i < c->n_effects; i++)
		if (c->effects[i].attribute != NULL)
			check_effect(d, arena_printf(d->scratch, "%s.%zu", path, i), all, own, c, &c->effects[i]);
}
