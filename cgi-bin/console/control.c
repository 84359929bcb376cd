/* control.c: from attributes and the commands that move them to controls.
 *
 * long because: the rules that choose a control stand side by side, so that they can be compared. */
#include "console/control.h"

#include <math.h>
#include <string.h>

#include "account/words.h"
#include "base/arena.h"
#include "base/json.h"
#include "console/editor.h"
#include "console/list.h"
#include "device/catalogue.h"
#include "device/state.h"
#include "base/banned.h"

#define SLIDE_MAX 1000	/* a wider range is typed, not slid */
#define BUTTONS_MAX 6	/* more words than this are chosen from a list */

/* Ranges in which people move, where a definition allows all that a number can be. A device's own ...Range goes before. */
static const struct { const char *attribute; double min, max; } usual[] = {
	{ "colorTemperature", 2000, 6500 },
};

struct job {
	const struct words	*w;
	const struct catalogue	*catalogue;
	const struct list_item	*it;
	const struct device_type *type;
	bool			 card;
	struct json		*out;
	/* where we are */
	const char		*component;
	const struct capability	*capability;
	const struct json	*state;		/* of the capability: attribute -> slot */
};

/* --- what commands do to an attribute --- */

/* The effect of a command on an attribute of its own; NULL if it has none. */
static const struct effect *
effect_on(const struct command_type *c, const struct attribute *a)
{
	for (size_t i = 0; i < c->n_effects; i++)
		if (c->effects[i].capability == NULL && c->effects[i].attribute != NULL &&
		    strcmp(c->effects[i].attribute, a->name) == 0)
			return &c->effects[i];
	return NULL;
}

static size_t
required(const struct command_type *c)
{
	size_t n = 0;

	for (size_t i = 0; i < c->n_arguments; i++)
		n += !c->arguments[i].optional;
	return n;
}

/* Does it set the attribute to its first argument, and need no other? */
static bool
is_setter(const struct command_type *c, const struct attribute *a)
{
	const struct effect *e = effect_on(c, a);

	return e != NULL && e->argument != NULL && required(c) == 1 && !c->arguments[0].optional &&
	    strcmp(e->argument, c->arguments[0].name) == 0 && e->map == NULL && c->arguments[0].type.kind < VALUE_ARRAY;
}

/* Does it move the attribute by itself? */
static bool
is_press(const struct command_type *c, const struct attribute *a)
{
	const struct effect *e = effect_on(c, a);

	return e != NULL && required(c) == 0 && e->argument == NULL;
}

static const struct command_type *
setter_of(const struct capability *c, const struct attribute *a)
{
	for (size_t i = 0; i < c->n_commands; i++)
		if (is_setter(&c->commands[i], a))
			return &c->commands[i];
	return NULL;
}

/* --- parts --- */

static bool
is_command(const void *capability, const char *word)
{
	return capability_command(capability, word) != NULL;
}

static const char *
path_of(const struct job *j, const char *name)
{
	return arena_printf(j->w->arena, "%s/%s.%s", j->component, j->capability->id, name);
}

/* One button for each command that moves the attribute by itself. */
static struct json *
press_options(const struct job *j, const struct attribute *a, const char *now)
{
	struct json *list = json_array(j->w->arena);

	for (size_t i = 0; i < j->capability->n_commands; i++) {
		const struct command_type *c = &j->capability->commands[i];
		if (!is_press(c, a) || editor_unsupported(j->state, c->name, is_command, j->capability))
			continue;
		const char *sets = json_string(effect_on(c, a)->value);
		struct json *o = editor_option(j->w, list, path_of(j, c->name), words_say(j->w, "command", c->name),
		    now != NULL && sets != NULL && strcmp(sets, now) == 0);
		json_set_string(j->w->arena, o, "sets", sets);
	}
	return list;
}

/* Narrow a range to what the device itself says, or to what is usual. */
static void
narrow(const struct json *state, struct arena *a, const struct attribute *attribute, double *min, double *max)
{
	const struct json *range = json_get(json_get(state, arena_printf(a, "%sRange", attribute->name)), "value");
	double low, high;

	if (json_number(json_get(range, "minimum"), &low) && json_number(json_get(range, "maximum"), &high) && low < high) {
		*min = fmax(*min, low);
		*max = fmin(*max, high);
		return;
	}
	for (size_t i = 0; i < sizeof(usual) / sizeof(usual[0]); i++)
		if (strcmp(usual[i].attribute, attribute->name) == 0) {
			*min = fmax(*min, usual[i].min);
			*max = fmin(*max, usual[i].max);
		}
}

/* --- controls --- */

/* The frame of one: what it is about and how that is now. */
static struct json *
begin(struct job *j, const struct attribute *a, const struct json *slot)
{
	struct arena *arena = j->w->arena;
	struct json *v = json_append(arena, j->out, json_object(arena));
	const char *unit = json_get_string(slot, "unit"), *label = words_say(j->w, "attribute", a->name);

	if (unit == NULL && a->units != NULL)
		unit = a->units[0];
	json_set_string(arena, v, "key", path_of(j, a->name));
	json_set_string(arena, v, "attribute", a->name);
	json_set_string(arena, v, "label", strcmp(j->component, "main") == 0 ? label :
	    arena_printf(arena, "%s (%s)", label, j->component));
	json_set_string(arena, v, "text", words_value(j->w, json_get(slot, "value"), slot != NULL ? unit : NULL));
	if (json_get(slot, "value") != NULL)
		json_set(arena, v, "value", json_copy(arena, json_get(slot, "value")));
	return v;
}

static bool
is_switch(const struct json *options)
{
	const char *a = json_get_string(json_at(options, 0), "sets"), *b = json_get_string(json_at(options, 1), "sets");

	return json_count(options) == 2 && a != NULL && b != NULL &&
	    ((strcmp(a, "on") == 0 && strcmp(b, "off") == 0) || (strcmp(a, "off") == 0 && strcmp(b, "on") == 0));
}

static void
make_switch(struct arena *a, struct json *v, const struct json *options, const char *now)
{
	bool on = now != NULL && strcmp(now, "on") == 0;
	struct json *t = json_set(a, v, "toggle", json_object(a));

	json_set_bool(a, t, "is_on", on);
	for (const struct json *o = json_first(options); o != NULL; o = json_next(o))
		json_set_string(a, t, strcmp(json_get_string(o, "sets"), "on") == 0 ? "do_on" : "do_off", json_get_string(o, "value"));
	json_set_string(a, t, "next", json_get_string(t, on ? "do_off" : "do_on"));
}

static void
make_number(const struct job *j, struct json *v, const struct attribute *at, const struct command_type *c)
{
	struct arena *a = j->w->arena;
	const struct value_type *t = &c->arguments[0].type;
	double min = fmax(t->min, at->type.min), max = fmin(t->max, at->type.max);
	bool whole = t->kind == VALUE_INTEGER;

	narrow(j->state, a, at, &min, &max);
	bool slides = max - min <= SLIDE_MAX || strcmp(at->name, "colorTemperature") == 0;
	struct json *n = json_set(a, v, slides ? "range" : "field", json_object(a));
	editor_range(a, n, min, max, whole || (slides && max - min >= 50));
	json_set_string(a, n, "argument", c->arguments[0].name);
	json_set_string(a, n, "do", path_of(j, c->name));
	json_set_string(a, n, "kind", "json");
}

static void
make_choice(const struct job *j, struct json *v, const struct command_type *c, const char *now)
{
	struct arena *a = j->w->arena;
	struct json *n = json_set(a, v, "choice", json_object(a));

	json_set(a, n, "options", editor_options(j->w, &c->arguments[0].type, j->state, now));
	json_set_string(a, n, "argument", c->arguments[0].name);
	json_set_string(a, n, "do", path_of(j, c->name));
}

static void
make_text(const struct job *j, struct json *v, const struct command_type *c)
{
	struct arena *a = j->w->arena;
	struct json *n = json_set(a, v, "field", json_object(a));

	json_set_string(a, n, "argument", c->arguments[0].name);
	json_set_string(a, n, "do", path_of(j, c->name));
	json_set_string(a, n, "kind", c->arguments[0].type.kind == VALUE_BOOLEAN ? "json" : "text");
}

static void
make_owners(const struct job *j, struct json *v, const struct attribute *at, const struct json *slot)
{
	struct arena *a = j->w->arena;
	const struct json *now = json_get(slot, "value");

	if (!state_is_settable(&j->it->device))
		json_set_bool(a, v, "reading", true);
	else if (at->event && at->type.kind == VALUE_ENUM) {
		struct json *press = json_set(a, v, "press", json_object(a));
		struct json *options = editor_options(j->w, &at->type, j->state, NULL);
		json_set(a, press, "options", options);
	} else
		json_set(a, json_set(a, v, "sensor", json_object(a)), "editor",
		    editor_make(j->w, at, j->state, slot));
	json_set_bool(a, v, "unset", now == NULL);
}

static bool
is_number(enum value_kind k)
{
	return k == VALUE_INTEGER || k == VALUE_NUMBER;
}

/* Does the device name more words than there are buttons? */
static bool
supports_more(const struct job *j, const struct command_type *setter, const char *now, size_t n)
{
	const struct value_type *t = &setter->arguments[0].type;
	size_t all = 0, some = json_count(editor_options(j->w, t, j->state, now));

	while (t->values != NULL && t->values[all] != NULL)
		all++;
	return some < all && some > n;
}

/* Which control an attribute gets. */
static void
attribute_control(struct job *j, const struct attribute *a)
{
	const struct json *slot = json_get(j->state, a->name), *value = json_get(slot, "value");
	const struct command_type *setter = setter_of(j->capability, a);
	enum value_kind takes = setter != NULL ? setter->arguments[0].type.kind : VALUE_OBJECT;
	const char *now = json_string(value);
	struct json *presses = press_options(j, a, now);
	size_t n = json_count(presses);

	if (a->type.kind >= VALUE_ARRAY || (j->card && n == 0 && a->type.kind == VALUE_STRING))
		return;
	/* What a device never had, and only reports, is no news on a card. */
	if (j->card && value == NULL && setter == NULL && n == 0 && !a->event)
		return;
	struct json *v = begin(j, a, slot);
	if (is_switch(presses))
		make_switch(j->w->arena, v, presses, now);
	else if (setter != NULL && is_number(takes))
		make_number(j, v, a, setter);
	else if (setter != NULL && takes == VALUE_ENUM && (n == 0 || n > BUTTONS_MAX || supports_more(j, setter, now, n)))
		make_choice(j, v, setter, now);
	else if (n > 0)
		json_set(j->w->arena, json_set(j->w->arena, v, "buttons", json_object(j->w->arena)), "options", presses);
	else if (setter != NULL)
		make_text(j, v, setter);
	else
		make_owners(j, v, a, slot);
}

/* Hue and saturation are one thing to a person. True if the capability has them. */
static bool
colour_control(struct job *j)
{
	static const char *const parts[] = { "hue", "saturation" };
	const struct attribute *hue = capability_attribute(j->capability, "hue");
	const struct command_type *set = capability_command(j->capability, "setColor");
	struct arena *a = j->w->arena;

	if (hue == NULL || set == NULL || set->n_arguments == 0 || capability_attribute(j->capability, "saturation") == NULL)
		return false;
	struct json *v = begin(j, hue, json_get(j->state, "hue"));
	struct json *c = json_set(a, v, "colour", json_object(a)), *list = json_set(a, c, "parts", json_array(a));
	json_set_string(a, v, "label", words_say(j->w, "attribute", "color"));
	json_set_string(a, c, "do", path_of(j, set->name));
	for (size_t i = 0; i < 2; i++) {
		struct json *p = json_append(a, list, json_object(a));
		double now = 0;
		json_number(json_get(json_get(j->state, parts[i]), "value"), &now);
		json_set_string(a, p, "part", parts[i]);
		json_set_string(a, p, "key", path_of(j, parts[i]));
		json_set_string(a, p, "label", words_say(j->w, "attribute", parts[i]));
		json_set_string(a, p, "argument", arena_printf(a, "%s.%s", set->arguments[0].name, parts[i]));
		json_set_number(a, p, "value", round(now));
	}
	return true;
}

/* Commands that move nothing of the capability's own: a beep, the next track. */
static void
other_commands(struct job *j)
{
	struct arena *a = j->w->arena;
	struct json *list = json_array(a);

	for (size_t i = 0; i < j->capability->n_commands; i++) {
		const struct command_type *c = &j->capability->commands[i];
		bool moves = false;
		for (size_t k = 0; k < j->capability->n_attributes; k++)
			moves = moves || effect_on(c, &j->capability->attributes[k]) != NULL;
		if (!moves && required(c) == 0)
			editor_option(j->w, list, path_of(j, c->name), words_say(j->w, "command", c->name), false);
	}
	if (json_first(list) == NULL)
		return;
	struct json *v = json_append(a, j->out, json_object(a));
	json_set_string(a, v, "label", words_say(j->w, "capability", j->capability->id));
	json_set(a, json_set(a, v, "buttons", json_object(a)), "options", list);
}

/* Two capabilities may tell of one thing, such as a garage door: a card shows it once. */
static bool
shown_already(const struct job *j, const char *attribute)
{
	size_t n = strlen(j->component);

	for (const struct json *v = j->card ? json_first(j->out) : NULL; v != NULL; v = json_next(v)) {
		const char *name = json_get_string(v, "attribute"), *key = json_get_string(v, "key");
		if (name != NULL && strcmp(name, attribute) == 0 && strncmp(key, j->component, n) == 0 && key[n] == '/')
			return true;
	}
	return false;
}

static void
capability_controls(struct job *j)
{
	const struct capability *c = j->capability;
	bool colour = colour_control(j);

	for (size_t i = 0; i < c->n_attributes; i++) {
		const char *name = c->attributes[i].name;
		if (colour && (strcmp(name, "hue") == 0 || strcmp(name, "saturation") == 0 || strcmp(name, "color") == 0))
			continue;
		if (!shown_already(j, name) && !(j->card && strcmp(name, "numberOfButtons") == 0))
			attribute_control(j, device_type_attribute(j->type, c, name));
	}
	other_commands(j);
}

struct json *
control_list(const struct words *w, const struct catalogue *catalogue, const struct list_item *it, bool card)
{
	struct job j = { .w = w, .catalogue = catalogue, .it = it, .card = card, .out = json_array(w->arena),
	    .type = catalogue_type(catalogue, it->device.type) };

	for (const struct json *m = json_first(it->device.components); m != NULL; m = json_next(m))
		for (const struct json *id = json_first(m); id != NULL; id = json_next(id)) {
			const char *name = json_string(id);
			j.capability = catalogue_capability(catalogue, name);
			if (j.capability == NULL || strcmp(name, DEVICE_HEALTH) == 0 || strcmp(name, DEVICE_REFRESH) == 0)
				continue;
			j.component = json_name(m);
			j.state = json_get(json_get(it->state, j.component), name);
			if (!card || json_count(j.out) < CONTROL_CARD_MAX)
				capability_controls(&j);
		}
	return j.out;
}
