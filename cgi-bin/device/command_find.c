/* command_find.c: commands by their name alone, and arguments that came as text. */
#include <string.h>

#include "base/arena.h"
#include "base/json.h"
#include "device/catalogue.h"
#include "device/command.h"
#include "device/device.h"
#include "base/banned.h"

const char *
command_capability(const struct catalogue *c, const struct device *d, const char *component, const char *preferred,
    const char *name)
{
	const struct capability *first = preferred != NULL ? catalogue_capability(c, preferred) : NULL;

	if (first != NULL && device_has(d, component, first->id) && capability_command(first, name) != NULL)
		return first->id;
	for (const struct json *id = json_first(json_get(d->components, component)); id != NULL; id = json_next(id)) {
		const struct capability *has = catalogue_capability(c, json_string(id));
		if (has != NULL && capability_command(has, name) != NULL)
			return has->id;
	}
	return NULL;
}

static struct json *
from_text(struct arena *a, const struct argument *t, const struct json *v)
{
	const char *s = json_string(v);
	bool number = t->type.kind == VALUE_INTEGER || t->type.kind == VALUE_NUMBER;
	double n;

	if (s != NULL && (number || t->type.kind == VALUE_BOOLEAN)) {
		struct json *said = json_parse(a, s, strlen(s), NULL);
		if (number ? json_number(said, &n) : json_type(said) == JSON_BOOL)
			return said;
	}
	return json_copy(a, v);
}

const struct json *
command_arguments(struct arena *a, const struct catalogue *c, const char *capability, const char *name,
    const struct json *arguments)
{
	const struct capability *has = catalogue_capability(c, capability);
	const struct command_type *type = has != NULL ? capability_command(has, name) : NULL;
	struct json *out = json_array(a);
	size_t i = 0;

	if (type == NULL || json_type(arguments) != JSON_ARRAY)
		return arguments;
	for (const struct json *v = json_first(arguments); v != NULL; v = json_next(v), i++)
		json_append(a, out, i < type->n_arguments ? from_text(a, &type->arguments[i], v) : json_copy(a, v));
	return out;
}

struct json *
command_names(struct arena *a, const struct catalogue *c, const struct device *d, const char *component)
{
	struct json *all = json_object(a);

	for (const struct json *id = json_first(json_get(d->components, component)); id != NULL; id = json_next(id)) {
		const struct capability *has = catalogue_capability(c, json_string(id));
		for (size_t i = 0; has != NULL && i < has->n_commands; i++) {
			const struct command_type *type = &has->commands[i];
			if (json_get(all, type->name) != NULL)
				continue;
			struct json *names = json_set(a, all, type->name, json_array(a));
			for (size_t k = 0; k < type->n_arguments; k++)
				json_append_string(a, names, type->arguments[k].name);
		}
	}
	return all;
}
