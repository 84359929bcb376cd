/* editor.c: fields by type. */
#include "console/editor.h"

#include <math.h>
#include <string.h>

#include "account/words.h"
#include "base/arena.h"
#include "base/json.h"
#include "device/catalogue.h"
#include "base/banned.h"

bool
editor_unsupported(const struct json *state, const char *word, bool (*kin)(const void *, const char *), const void *arg)
{
	for (const struct json *slot = json_first(state); slot != NULL; slot = json_next(slot)) {
		const struct json *list = json_get(slot, "value");
		bool about = false;
		if (strncmp(json_name(slot), "supported", 9) != 0 || json_type(list) != JSON_ARRAY)
			continue;
		for (const struct json *e = json_first(list); e != NULL; e = json_next(e))
			about = about || (json_string(e) != NULL && kin(arg, json_string(e)));
		if (about && !json_array_has(list, word))
			return true;
	}
	return false;
}

static bool
is_value(const void *type, const char *word)
{
	const struct value_type *t = type;

	for (size_t i = 0; t->values != NULL && t->values[i] != NULL; i++)
		if (strcmp(t->values[i], word) == 0)
			return true;
	return false;
}

struct json *
editor_option(const struct words *w, struct json *list, const char *value, const char *label, bool chosen)
{
	struct json *o = json_append(w->arena, list, json_object(w->arena));

	json_set_string(w->arena, o, "value", value);
	json_set_string(w->arena, o, "label", label);
	json_set_bool(w->arena, o, "chosen", chosen);
	return o;
}

struct json *
editor_options(const struct words *w, const struct value_type *t, const struct json *state, const char *now)
{
	struct json *list = json_array(w->arena);

	for (size_t i = 0; t->values != NULL && t->values[i] != NULL; i++) {
		bool chosen = now != NULL && strcmp(t->values[i], now) == 0;
		if (chosen || !editor_unsupported(state, t->values[i], is_value, t))
			editor_option(w, list, t->values[i], words_say(w, "value", t->values[i]), chosen);
	}
	return list;
}

void
editor_range(struct arena *a, struct json *to, double min, double max, bool whole)
{
	if (isfinite(min))
		json_set_number(a, to, "min", min);
	if (isfinite(max))
		json_set_number(a, to, "max", max);
	if (whole)
		json_set_int(a, to, "step", 1);
	else
		json_set_string(a, to, "step", "any");
}

static void
add_units(struct arena *a, struct json *editor, const struct attribute *at, const char *now)
{
	struct json *box = json_object(a), *units = json_set(a, box, "list", json_array(a));

	for (size_t i = 0; at->units != NULL && at->units[i] != NULL; i++) {
		struct json *u = json_append(a, units, json_object(a));
		json_set_string(a, u, "unit", at->units[i]);
		json_set_bool(a, u, "chosen", now != NULL && strcmp(now, at->units[i]) == 0);
	}
	if (json_count(units) > 1)
		json_set(a, editor, "units", box);
}

struct json *
editor_make(const struct words *w, const struct attribute *at, const struct json *state, const struct json *slot)
{
	struct arena *a = w->arena;
	struct json *editor = json_object(a);
	const struct json *now = json_get(slot, "value");
	const struct value_type *t = &at->type;

	json_set_string(a, editor, "field", "value");
	json_set_string(a, editor, "kind", t->kind == VALUE_ENUM || t->kind == VALUE_STRING ? "text" : "json");
	json_set_bool(a, editor, "must", t->kind != VALUE_STRING);
	if (t->kind == VALUE_ENUM) {
		struct json *box = json_set(a, editor, "choice", json_object(a));
		json_set(a, box, "options", editor_options(w, t, state, json_string(now)));
	} else if (t->kind == VALUE_BOOLEAN) {
		struct json *box = json_set(a, editor, "choice", json_object(a)), *list = json_set(a, box, "options", json_array(a));
		editor_option(w, list, "true", words_say(w, "value", "true"), json_bool(now, false));
		editor_option(w, list, "false", words_say(w, "value", "false"), !json_bool(now, true));
	} else if ((t->kind == VALUE_INTEGER || t->kind == VALUE_NUMBER)) {
		editor_range(a, json_set(a, editor, "number", json_object(a)), t->min, t->max, t->kind == VALUE_INTEGER);
		add_units(a, editor, at, json_get_string(slot, "unit"));
	} else if (t->kind == VALUE_STRING)
		json_set_bool(a, editor, "is_text", true);
	else
		json_set_bool(a, editor, "is_json", true);
	if (now != NULL)
		json_set_string(a, editor, "now", json_string(now) != NULL ? json_string(now) : json_print(a, now));
	return editor;
}
