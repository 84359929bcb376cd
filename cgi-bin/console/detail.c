/* detail.c: the catalogue's description of a device, with the device's values in it. */
#include "console/detail.h"

#include <string.h>

#include "account/moment.h"
#include "account/words.h"
#include "base/arena.h"
#include "base/json.h"
#include "console/editor.h"
#include "console/list.h"
#include "device/catalogue.h"
#include "device/state.h"
#include "base/banned.h"

/* healthStatus is set by taking the device offline. */
static bool
is_shown(const struct capability *c, const char *attribute)
{
	return strcmp(c->id, DEVICE_HEALTH) != 0 || strcmp(attribute, "healthStatus") != 0;
}

static void
add_attribute(const struct words *w, struct json *list, const char *component, const struct capability *c,
    const struct attribute *at, const struct json *state, bool settable)
{
	struct arena *a = w->arena;
	const struct json *slot = json_get(state, at->name);
	const char *unit = json_get_string(slot, "unit");
	int64_t time = json_get_int(slot, "time", 0);

	if (!is_shown(c, at->name))
		return;
	struct json *v = json_append(a, list, json_object(a));
	json_set_string(a, v, "key", arena_printf(a, "%s/%s.%s", component, c->id, at->name));
	json_set_string(a, v, "name", at->name);
	json_set_string(a, v, "label", words_say(w, "attribute", at->name));
	json_set_string(a, v, "text", words_value(w, json_get(slot, "value"),
	    unit != NULL || slot == NULL || at->units == NULL ? unit : at->units[0]));
	json_set(a, v, "when", moment(a, time));
	json_set_bool(a, v, "settable", settable);
	if (settable)
		json_set(a, v, "editor", editor_make(w, at, state, slot));
}

/* --- commands --- */

static void
describe_field(const struct words *w, struct json *v, const char *argument, bool optional, const struct value_type *t)
{
	struct arena *a = w->arena;
	const struct attribute like = { .name = "", .type = *t };
	struct json *editor = editor_make(w, &like, NULL, NULL);

	for (const struct json *m = json_first(editor); m != NULL; m = json_next(m))
		json_set(a, v, json_name(m), json_copy(a, m));
	json_set_string(a, v, "field", arena_printf(a, "a.%s", argument));
	json_set_bool(a, v, "optional", optional);
	json_set_bool(a, v, "must", !optional);
}

/* One field for an argument, or one for each member of an object. */
static void
add_fields(const struct words *w, struct json *list, const struct argument *arg)
{
	struct arena *a = w->arena;
	const struct member *m = arg->type.kind == VALUE_OBJECT ? arg->type.members : NULL;

	if (m == NULL) {
		struct json *v = json_append(a, list, json_object(a));
		json_set_string(a, v, "label", words_say(w, "attribute", arg->name));
		describe_field(w, v, arg->name, arg->optional, &arg->type);
	}
	for (; m != NULL && m->name != NULL; m++) {
		struct json *v = json_append(a, list, json_object(a));
		json_set_string(a, v, "label", words_say(w, "attribute", m->name));
		describe_field(w, v, arena_printf(a, "%s.%s", arg->name, m->name), !m->required, &m->type);
	}
}

static void
add_command(const struct words *w, struct json *list, const char *component, const struct capability *c,
    const struct command_type *t)
{
	struct arena *a = w->arena;
	struct json *v = json_append(a, list, json_object(a)), *fields = json_set(a, v, "fields", json_array(a));

	json_set_string(a, v, "do", arena_printf(a, "%s/%s.%s", component, c->id, t->name));
	json_set_string(a, v, "name", t->name);
	json_set_string(a, v, "label", words_say(w, "command", t->name));
	for (size_t i = 0; i < t->n_arguments; i++)
		add_fields(w, fields, &t->arguments[i]);
}

static void
add_capability(const struct words *w, struct json *list, const struct device *d, const struct device_type *type,
    const char *component, const struct capability *c, const struct json *state)
{
	struct arena *a = w->arena;
	struct json *v = json_append(a, list, json_object(a));
	struct json *attributes = json_set(a, v, "attributes", json_array(a));
	struct json *commands = json_set(a, v, "commands", json_array(a));

	json_set_string(a, v, "id", c->id);
	json_set_string(a, v, "label", words_say(w, "capability", c->id));
	for (size_t i = 0; i < c->n_attributes; i++)
		add_attribute(w, attributes, component, c, device_type_attribute(type, c, c->attributes[i].name), state,
		    state_is_settable(d));
	for (size_t i = 0; i < c->n_commands; i++)
		add_command(w, commands, component, c, &c->commands[i]);
}

struct json *
detail_list(const struct words *w, const struct catalogue *catalogue, const struct list_item *it)
{
	struct arena *a = w->arena;
	struct json *out = json_array(a);

	for (const struct json *m = json_first(it->device.components); m != NULL; m = json_next(m)) {
		struct json *v = json_append(a, out, json_object(a)), *list = json_set(a, v, "capabilities", json_array(a));
		json_set_string(a, v, "component", json_name(m));
		for (const struct json *id = json_first(m); id != NULL; id = json_next(id)) {
			const struct capability *c = catalogue_capability(catalogue, json_string(id));
			if (c != NULL)
				add_capability(w, list, &it->device, catalogue_type(catalogue, it->device.type), json_name(m), c,
				    json_get(json_get(it->state, json_name(m)), c->id));
		}
	}
	return out;
}
