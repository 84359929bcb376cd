/* effect.c: works out what a command's effects come to. */
#include "device/effect.h"

#include <string.h>

#include "base/arena.h"
#include "base/json.h"
#include "base/text.h"
#include "device/catalogue.h"
#include "device/device.h"
#include "device/state.h"
#include "device/value.h"
#include "base/banned.h"

#define TEXT_NUMBER_MAX 999999	/* of a text that is counted up and down: a TV's channel */

const struct json *
effect_argument(const struct command_type *command, const struct json *arguments, const char *name)
{
	size_t len = strcspn(name, ".");
	const struct json *v = NULL;

	for (size_t i = 0; i < command->n_arguments; i++)
		if (strncmp(command->arguments[i].name, name, len) == 0 && command->arguments[i].name[len] == '\0')
			v = json_at(arguments, i);
	if (name[len] == '.')
		v = json_get(v, name + len + 1);
	return json_type(v) != JSON_NULL ? v : NULL;
}

const struct attribute *
effect_target(const struct effect_run *run, const struct effect *e, const struct capability **capability)
{
	*capability = run->capability;
	if (e->attribute == NULL)
		return NULL;
	if (e->capability != NULL) {
		if (!device_has(run->device, run->component, e->capability))
			return NULL;
		*capability = catalogue_capability(run->catalogue, e->capability);
	}
	return device_type_attribute(run->type, *capability, e->attribute);
}

/* The attribute's value after the changes worked out so far. */
static const struct json *
value_now(const struct effect_run *run, const struct capability *capability, const struct attribute *attribute,
    const struct effect_change *changes, size_t n)
{
	while (n-- > 0)
		if (changes[n].capability == capability && strcmp(changes[n].attribute->name, attribute->name) == 0)
			return changes[n].value;
	return json_get(state_slot(run->state, run->component, capability->id, attribute->name), "value");
}

static const struct json *
look_up(const struct mapping *map, const struct json *v)
{
	const char *s = json_string(v);
	double n;

	for (; map->value != NULL; map++)
		if (map->from != NULL ? s != NULL && strcmp(map->from, s) == 0 : json_number(v, &n) && n <= map->to)
			return map->value;
	return NULL;
}

/* now + e->add, within the attribute's range; a text that is a number counts too. */
static const struct json *
add(const struct effect_run *run, const struct effect *e, const struct attribute *attribute, const struct json *now)
{
	double n = 0, times = 1;
	long long whole = 0;

	if (e->times != NULL)
		json_number(effect_argument(run->command, run->arguments, e->times), &times);
	if (attribute->type.kind == VALUE_STRING) {
		if (json_string(now) != NULL)
			text_to_int(json_string(now), 0, TEXT_NUMBER_MAX, &whole);
		whole += (long long)(e->add * times);
		return json_new_string(run->arena, arena_printf(run->arena, "%lld", whole > 0 ? whole : 0));
	}
	json_number(now, &n);
	n += e->add * times;
	n = n < attribute->type.min ? attribute->type.min : n > attribute->type.max ? attribute->type.max : n;
	return json_new_number(run->arena, n);
}

/* The value that the effect gives; NULL if it gives none. */
static const struct json *
value_of(const struct effect_run *run, const struct effect *e, const struct attribute *attribute,
    const struct json *now)
{
	if (e->value != NULL)
		return e->value;
	if (e->add != 0)
		return add(run, e, attribute, now);
	if (e->turn != NULL)
		return look_up(e->turn, now);
	const struct json *v = effect_argument(run->command, run->arguments, e->argument);
	return v != NULL && e->map != NULL ? look_up(e->map, v) : v;
}

static bool
applies(const struct effect_run *run, const struct effect *e)
{
	if (e->when == NULL)
		return true;
	const char *s = json_string(effect_argument(run->command, run->arguments, e->when));
	return s != NULL && strcmp(s, e->is) == 0;
}

/* One effect. *change is filled in if it has any; *used says so. */
static const char *
compute(const struct effect_run *run, const struct effect *e, const struct effect_change *changes, size_t n,
    struct effect_change *change, bool *used)
{
	const struct capability *capability;
	const struct attribute *attribute = effect_target(run, e, &capability);

	*used = false;
	if (attribute == NULL || !applies(run, e))
		return NULL;
	const struct json *now = value_now(run, capability, attribute, changes, n);
	const struct json *value = value_of(run, e, attribute, now);
	if (value == NULL)
		return NULL;
	if (e->member != NULL) {
		struct json *whole = json_type(now) == JSON_OBJECT ? json_copy(run->arena, now) : json_object(run->arena);
		json_set(run->arena, whole, e->member, json_copy(run->arena, value));
		value = whole;
	}
	*used = true;
	const char *why = value_fault(run->arena, &attribute->type, value);
	*change = (struct effect_change){ capability, attribute, value_kept(run->arena, &attribute->type, value),
	    e->data, NULL };
	if (why == NULL && e->unit_argument != NULL) {
		const char *unit = json_string(effect_argument(run->command, run->arguments, e->unit_argument));
		if (unit != NULL && (change->unit = value_unit(attribute, unit)) == NULL)
			return arena_printf(run->arena, "%s has no such unit", attribute->name);
	}
	return why != NULL ? arena_printf(run->arena, "%s %s", attribute->name, why) : NULL;
}

bool
effects_go_on(const struct command_type *command)
{
	bool some = false;

	for (size_t i = 0; i < command->n_effects; i++)
		some = some || command->effects[i].add != 0 || command->effects[i].turn != NULL;
	return some;
}

const char *
effects_compute(const struct effect_run *run, struct effect_change changes[EFFECTS_MAX], size_t *n, bool *refresh)
{
	const char *why = NULL;

	*n = 0;
	*refresh = false;
	for (size_t i = 0; i < run->command->n_effects && why == NULL; i++) {
		bool used;
		if (run->command->effects[i].attribute == NULL)
			*refresh = true;
		why = compute(run, &run->command->effects[i], changes, *n, &changes[*n], &used);
		*n += used;
	}
	return why;
}
