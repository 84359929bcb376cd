/* command.c: commandRequest (schema protocol 1.4): each device's commands in order, one transaction a device. */
#include "device/command.h"

#include "base/arena.h"
#include "base/json.h"
#include "device/state.h"
#include "schema/dispatch.h"
#include "schema/interactions.h"
#include "schema/states.h"
#include "base/banned.h"

/* What a fault is called, and what is said if command_run had nothing to say. */
static const enum schema_device_error errors[] = {
	[COMMAND_NO_DEVICE] = SCHEMA_DEVICE_DELETED,
	[COMMAND_OFFLINE] = SCHEMA_DEVICE_OFFLINE,
	[COMMAND_NOT_SUPPORTED] = SCHEMA_CAPABILITY_NOT_SUPPORTED,
	[COMMAND_BAD_ARGUMENT] = SCHEMA_RESOURCE_CONSTRAINT_VIOLATION,
	[COMMAND_UNAVAILABLE] = SCHEMA_DEVICE_UNAVAILABLE,
};

static struct command
read_command(const struct json *c)
{
	const struct json *arguments = json_get(c, "arguments");

	return (struct command){
		.component = json_get(c, "component") != NULL ? json_get_string(c, "component") : "main",
		.capability = json_get_string(c, "capability"),
		.name = json_get_string(c, "command"),
		.arguments = json_type(arguments) != JSON_NULL ? arguments : NULL,
	};
}

/* Carry out what is asked of one device, in the place-th entry of the message. The outcome lives in the scratch arena.
 * A message that comes twice within a minute is the same if id, place and commands are: some clients number all of
 * their messages alike. */
static void
run(struct schema_message *m, const char *id, size_t place, const struct json *commands, struct command_outcome *outcome)
{
	const struct schema_context *x = m->context;
	struct command *list = arena_alloc(m->scratch, (json_count(commands) + 1) * sizeof(*list));
	size_t n = 0;

	for (const struct json *c = json_first(commands); c != NULL; c = json_next(c))
		list[n++] = read_command(c);
	const char *once = arena_printf(m->scratch, "%zu\n%s\n%s", place, m->request_id, json_print(m->scratch, commands));
	command_run_once(x->store, m->scratch, x->catalogue, m->grant.user, id, list, n, m->grant.id, once, outcome);
}

/* command_run's states as Schema has them. */
static size_t
add_states(struct arena *a, struct json *entry, const struct json *states)
{
	struct json *list = json_set(a, entry, "states", json_array(a));
	size_t bytes = 0;

	for (const struct json *s = json_first(states); s != NULL; s = json_next(s))
		bytes += schema_add_state(a, list, &(struct state_value){
		    .component = json_get_string(s, "component"), .capability = json_get_string(s, "capability"),
		    .attribute = json_get_string(s, "attribute"), .value = json_get(s, "value"),
		    .unit = json_get_string(s, "unit"), .data = json_get(s, "data"),
		    .time = json_get_int(s, "timestamp", 0) });
	return bytes;
}

/* One device's entry. A link that may only look has, for SmartThings, devices without commands: told device by device,
 * so that the link stays up and goes on showing states. */
static size_t
command(struct schema_message *m, const struct json *asked, size_t place, struct json *entries)
{
	const char *id = json_get_string(asked, "externalDeviceId");
	struct json *entry = schema_add_device_state(m->arena, entries, id);
	struct command_outcome outcome;

	if (!grant_has_device(&m->grant, id)) {
		schema_set_device_error(m->arena, entry, SCHEMA_DEVICE_DELETED, "no such device");
		return 0;
	}
	if (!schema_has_scope(m, "devices:control")) {
		schema_set_device_error(m->arena, entry, SCHEMA_CAPABILITY_NOT_SUPPORTED,
		    "the link was made without the scope devices:control");
		return 0;
	}
	run(m, id, place, json_get(asked, "commands"), &outcome);
	size_t bytes = 0;
	if (outcome.fault == COMMAND_OK || json_first(outcome.states) != NULL)
		bytes = add_states(m->arena, entry, outcome.states);
	if (outcome.fault != COMMAND_OK)
		schema_set_device_error(m->arena, entry, errors[outcome.fault], outcome.detail);
	return bytes;
}

/* The answer may not end in an error once something was carried out: past the limit of what fits, the devices that
 * are left are not tried and say so. */
enum schema_error
schema_command(struct schema_message *m, struct json *answer)
{
	struct json *entries = json_set(m->arena, answer, "deviceState", json_array(m->arena));
	size_t bytes = 0, place = 0;

	for (const struct json *v = json_first(m->devices); v != NULL; v = json_next(v), place++) {
		arena_reset(m->scratch);
		if (bytes <= SCHEMA_STATES_MAX)
			bytes += command(m, v, place, entries);
		else
			schema_set_device_error(m->arena,
			    schema_add_device_state(m->arena, entries, json_get_string(v, "externalDeviceId")),
			    SCHEMA_DEVICE_UNAVAILABLE, "too much for one message: ask for fewer devices at a time");
	}
	return SCHEMA_OK;
}
