/* toward.c: commands read backwards: which one leads to a value? */
#include <string.h>

#include "base/arena.h"
#include "base/json.h"
#include "device/catalogue.h"
#include "device/command.h"
#include "base/banned.h"

/* Does this effect, all by itself, set the attribute to the value: as a constant, or to its command's one argument? */
static bool
leads(const struct command_type *t, const struct effect *e, const char *attribute, const struct json *value, bool *argument)
{
	if (e->capability != NULL || e->attribute == NULL || strcmp(e->attribute, attribute) != 0 || e->member != NULL ||
	    e->turn != NULL || e->map != NULL || e->add != 0 || e->when != NULL)
		return false;
	*argument = e->value == NULL;
	if (e->value != NULL)
		return (t->n_arguments == 0 || t->arguments[0].optional) && json_equal(e->value, value);
	return e->argument != NULL && t->n_arguments > 0 && strcmp(e->argument, t->arguments[0].name) == 0 &&
	    (t->n_arguments == 1 || t->arguments[1].optional);
}

const char *
command_toward(struct arena *a, const struct catalogue *c, const char *capability, const char *attribute,
    const struct json *value, struct json **arguments)
{
	const struct capability *cap = catalogue_capability(c, capability);
	const struct command_type *best = NULL;
	bool argument, best_argument = false;

	*arguments = json_array(a);
	for (size_t i = 0; cap != NULL && value != NULL && i < cap->n_commands; i++) {
		const struct command_type *t = &cap->commands[i];
		for (size_t k = 0; k < t->n_effects; k++)
			/* "on" says it better than "setSwitch on". */
			if (leads(t, &t->effects[k], attribute, value, &argument) && (best == NULL || (best_argument && !argument))) {
				best = t;
				best_argument = argument;
			}
	}
	if (best != NULL && best_argument)
		json_append(a, *arguments, json_copy(a, value));
	return best != NULL ? best->name : NULL;
}
