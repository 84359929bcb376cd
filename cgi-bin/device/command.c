/* command.c: checks commands against the catalogue, hands them to the device's source, tells what came of it. */
#include "device/command.h"

#include <string.h>

#include "base/arena.h"
#include "base/json.h"
#include "base/secret.h"
#include "base/text.h"
#include "db/record.h"
#include "device/catalogue.h"
#include "device/device.h"
#include "device/source.h"
#include "device/state.h"
#include "device/value.h"
#include "base/banned.h"

/* Where the fault and its sentence go. */
struct verdict {
	enum command_fault	 fault;
	const char		*detail;
};

static struct verdict
bad_argument(struct arena *a, const struct command_type *type, const char *argument, const char *why)
{
	return (struct verdict){ COMMAND_BAD_ARGUMENT, arena_printf(a, "%s: %s %s", type->name, argument, why) };
}

/* Schema protocol 4.4: too few or wrong ones are refused, surplus ones ignored. */
static struct verdict
check_arguments(struct arena *a, const struct command_type *type, const struct json *arguments)
{
	const struct json *v = json_first(arguments);

	if (arguments != NULL && json_type(arguments) != JSON_ARRAY)
		return bad_argument(a, type, "arguments", "must be a list");
	for (size_t i = 0; i < type->n_arguments; i++, v = v != NULL ? json_next(v) : NULL) {
		const struct argument *t = &type->arguments[i];
		const char *why = NULL;
		if (v == NULL || (t->optional && json_type(v) == JSON_NULL))
			why = t->optional ? NULL : "is missing";
		else
			why = value_fault(a, &t->type, v);
		if (why != NULL)
			return bad_argument(a, type, t->name, why);
	}
	return (struct verdict){ COMMAND_OK, NULL };
}

/* checked->type is set once the device is known to have the command. */
static struct verdict
check(struct arena *a, const struct catalogue *c, const struct device *d, const struct command *command,
    struct checked_command *checked)
{
	const struct capability *capability = catalogue_capability(c, command->capability);

	*checked = (struct checked_command){ .component = command->component, .capability = capability,
	    .arguments = command->arguments };
	if (capability == NULL || !device_has(d, command->component, capability->id))
		return (struct verdict){ COMMAND_NOT_SUPPORTED, arena_printf(a, "no capability %.*s in component %.*s",
		    text_cut(command->capability, 80), command->capability, text_cut(command->component, 80),
		    command->component) };
	checked->type = capability_command(capability, command->name);
	if (checked->type == NULL)
		return (struct verdict){ COMMAND_NOT_SUPPORTED, arena_printf(a, "%s has no command %.*s",
		    capability->id, text_cut(command->name, 80), command->name) };
	return check_arguments(a, checked->type, command->arguments);
}

/* --- telling --- */

struct telling {
	struct arena	*arena;
	struct json	*states;
};

static void
tell(void *arg, const struct state_value *v)
{
	struct telling *t = arg;

	json_append(t->arena, t->states, state_show(t->arena, v));
}

/* What was touched, as it is now; healthStatus if a command that went well touched nothing, so that whoever asked has
 * an answer to show (schema protocol 4.3). */
static void
tell_states(const struct source_job *job, const struct device *d, struct telling *t)
{
	struct state_value v;

	if (job->state == NULL || job->fault == COMMAND_OFFLINE)
		return;
	if (job->all) {
		state_each(job->arena, job->catalogue, d, job->state, tell, t);
		return;
	}
	for (const struct touched *it = job->touched; it != NULL; it = it->next)
		if (state_find(job->arena, job->catalogue, d, job->state, it->component, it->capability, it->attribute, &v))
			tell(t, &v);
	if (json_first(t->states) == NULL && job->fault == COMMAND_OK &&
	    state_find(job->arena, job->catalogue, d, job->state, "main", DEVICE_HEALTH, "healthStatus", &v))
		tell(t, &v);
}

/* Check the commands in order, up to the first that is wrong; job->n of them are right. */
static struct verdict
check_all(struct source_job *job, const struct device *d, const struct command *commands, size_t n,
    struct checked_command *checked)
{
	struct verdict verdict = { COMMAND_OK, NULL };

	for (; job->n < n; job->n++) {
		verdict = check(job->arena, job->catalogue, d, &commands[job->n], &checked[job->n]);
		if (verdict.fault != COMMAND_OK)
			break;
	}
	return verdict;
}

void
command_run(struct store *store, struct arena *a, const struct catalogue *c, const char *user, const char *id,
    const struct command *commands, size_t n, const char *origin, struct command_outcome *outcome)
{
	command_run_once(store, a, c, user, id, commands, n, origin, NULL, outcome);
}

/* A record that only this message on this device and link has. */
static const char *
once_key(struct arena *a, const char *user, const char *id, const char *origin, const char *once)
{
	return once == NULL || origin == NULL ? NULL :
	    record_key(a, "once", user, origin, secret_digest(a, arena_printf(a, "%s\n%s", id, once)), NULL);
}

void
command_run_once(struct store *store, struct arena *a, const struct catalogue *c, const char *user, const char *id,
    const struct command *commands, size_t n, const char *origin, const char *once, struct command_outcome *outcome)
{
	struct checked_command *checked = arena_alloc(a, (n + 1) * sizeof(*checked));
	struct source_job job = { .store = store, .arena = a, .catalogue = c, .user = user, .device = id,
	    .commands = checked, .origin = origin, .once = once_key(a, user, id, origin, once) };
	struct telling telling = { a, json_array(a) };
	const struct source *source;
	struct device d;

	if (!source_stored(&job, device_find(store, a, user, id, &d)) || (source = source_find(d.source)) == NULL) {
		if (job.fault == COMMAND_OK)
			source_stored(&job, STORE_FAILED);
		*outcome = (struct command_outcome){ job.fault, job.detail, telling.states };
		return;
	}
	const struct verdict verdict = check_all(&job, &d, commands, n, checked);
	source->carry_out(&job, source->about);
	if (job.fault == COMMAND_OK && verdict.fault != COMMAND_OK) {
		job.fault = verdict.fault;
		job.detail = verdict.detail;
		if (checked[job.n].type != NULL)
			source_touch_command(&job, &d, &checked[job.n]);
	}
	tell_states(&job, &d, &telling);
	*outcome = (struct command_outcome){ job.fault, job.detail, telling.states };
}
