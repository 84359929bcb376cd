/* command.c: the kind that moves devices: one command on one device, or on all of an input. */
#include "device/command.h"

#include <string.h>

#include "base/arena.h"
#include "base/json.h"
#include "base/text.h"
#include "device/definition.h"
#include "device/device.h"
#include "endpoints/handler.h"
#include "endpoints/template.h"
#include "endpoints/webapp.h"
#include "base/banned.h"

#define ALL "capabilities"	/* "allow": whatever the device's capabilities have */

/* A command as a request asks for it. */
struct asked {
	const char		*component, *capability, *name;	/* capability NULL: whichever has it */
	const char		*preferred;	/* capability of the input; NULL if there is none */
	const struct json	*arguments;	/* an array; NULL = none came */
};

/* --- checking --- */

static void
check_else(struct definition *d, const char *path, const struct json *v)
{
	long long status;

	if (v == NULL)
		return;
	definition_members(d, path, v, "status message");
	if (!json_int(json_get(v, "status"), &status) || status < 400 || status > 599)
		definition_fault(d, definition_path(d, path, "status"), "must be 400 to 599");
	definition_string(d, path, v, "message");
	handler_check_member(d, path, v, "message", true, ABOUT_REQUEST);
}

static void
check_command(struct definition *d, const char *path, const struct webapp *app, const struct json *spec)
{
	static const char *const members[] = { "command", "component", "capability", "args" };
	const struct json *allow = json_get(spec, "allow");
	const char *all = json_string(allow);

	handler_check_devices(d, path, app, spec);
	for (size_t i = 0; i < sizeof(members) / sizeof(members[0]); i++)
		handler_check_member(d, path, spec, members[i], i == 0, ABOUT_REQUEST);
	if (allow == NULL && template_is_dynamic(json_get(spec, "command")))
		definition_fault(d, path, "allow is missing: which commands may a request name? A list of them, or \"" ALL "\"");
	if (all != NULL && strcmp(all, ALL) != 0)
		definition_fault(d, definition_path(d, path, "allow"), "is a list of commands, or \"" ALL "\"");
	if (allow != NULL && all == NULL)
		definition_strings(d, definition_path(d, path, "allow"), allow);
	check_else(d, definition_path(d, path, "else"), json_get(spec, "else"));
}

/* --- running --- */

/* The command is none that may be asked for. */
static void
refuse_command(struct execution *x, const struct json *spec, const char *name)
{
	const struct template_scope t = { x, NULL, NULL, NULL };
	const struct json *other = json_get(spec, "else");

	if (other != NULL)
		handler_refuse(x, (int)json_get_int(other, "status", 400), "%s",
		    template_text(&t, json_get_string(other, "message"), ESCAPE_NOTHING));
	else
		handler_refuse(x, 400, "%.*s is not a valid command", text_cut(name, 80), name);
}

/* What is null at the end of a list was not given: so an action can name as many as a command may take. */
static const struct json *
given(struct arena *a, const struct json *args)
{
	struct json *list = json_array(a);
	size_t n = json_count(args);

	while (n > 0 && json_type(json_at(args, n - 1)) == JSON_NULL)
		n--;
	for (size_t i = 0; i < n; i++)
		json_append(a, list, json_copy(a, json_at(args, i)));
	return args != NULL ? list : NULL;
}

static bool
read_asked(struct execution *x, const struct json *spec, struct asked *asked)
{
	const struct json *allow = json_get(spec, "allow"), *args = handler_value(x, spec, "args");
	const char *input = json_get_string(spec, "input");
	const struct input *in = input != NULL ? webapp_input(x->app, input) : NULL;
	bool refused;

	*asked = (struct asked){ .preferred = in != NULL ? in->capability : NULL };
	asked->name = handler_text(x, spec, "command", true, &refused);
	if (!refused && (asked->component = handler_text(x, spec, "component", false, &refused)) == NULL)
		asked->component = "main";
	if (!refused)
		asked->capability = handler_text(x, spec, "capability", false, &refused);
	if (refused)
		return false;
	if (json_type(allow) == JSON_ARRAY && !json_array_has(allow, asked->name)) {
		refuse_command(x, spec, asked->name);
		return false;
	}
	if (args != NULL && json_type(args) != JSON_ARRAY) {	/* one argument needs no list */
		struct json *list = json_array(x->arena);
		json_append(x->arena, list, json_copy(x->arena, args));
		args = list;
	}
	asked->arguments = given(x->arena, args);
	return true;
}

/* Does each of the devices have the command? Nothing is done where one does not. */
static bool
all_have(struct execution *x, const struct json *spec, const struct json *ids, const struct asked *asked,
    const char **capabilities)
{
	const struct endpoints_context *c = x->context;
	size_t i = 0;

	for (const struct json *id = json_first(ids); id != NULL; id = json_next(id), i++) {
		struct device d;
		enum store_result r = device_find(c->store, x->arena, x->grant.user, json_string(id), &d);
		if (r != STORE_OK && r != STORE_ABSENT)
			return handler_fail(x, r), false;
		capabilities[i] = r != STORE_OK ? "" : asked->capability != NULL ? asked->capability :
		    command_capability(c->catalogue, &d, asked->component, asked->preferred, asked->name);
		if (capabilities[i] == NULL)
			return refuse_command(x, spec, asked->name), false;
	}
	return true;
}

static void
refuse_fault(struct execution *x, const struct command_outcome *o)
{
	static const int statuses[] = {
		[COMMAND_NO_DEVICE] = 404, [COMMAND_OFFLINE] = 409, [COMMAND_NOT_SUPPORTED] = 400, [COMMAND_BAD_ARGUMENT] = 400,
	};
	static const char *const messages[] = {
		[COMMAND_NO_DEVICE] = "Device not found", [COMMAND_OFFLINE] = "Device is offline",
		[COMMAND_NOT_SUPPORTED] = "The device has no such command", [COMMAND_BAD_ARGUMENT] = "An argument is not right",
	};

	if (o->fault == COMMAND_UNAVAILABLE)
		handler_fail(x, STORE_FAILED);
	else if (o->fault == COMMAND_NO_DEVICE || o->fault == COMMAND_OFFLINE || o->detail == NULL)
		handler_refuse(x, statuses[o->fault], "%s", messages[o->fault]);
	else
		handler_refuse(x, statuses[o->fault], "%s", o->detail);
}

/* One after another: all are tried, the first failure is told. */
static void
run_all(struct execution *x, const struct json *spec, const struct json *ids, const struct asked *asked,
    const char *const *capabilities)
{
	const struct endpoints_context *c = x->context;
	struct command_outcome first = { .fault = COMMAND_OK };
	struct json *results = json_array(x->arena);
	size_t i = 0;

	for (const struct json *id = json_first(ids); id != NULL; id = json_next(id), i++) {
		const struct command command = { asked->component, capabilities[i], asked->name,
		    command_arguments(x->arena, c->catalogue, capabilities[i], asked->name, asked->arguments) };
		struct command_outcome o;
		command_run(c->store, x->arena, c->catalogue, x->grant.user, json_string(id), &command, 1, x->grant.id, &o);
		if (o.fault != COMMAND_OK && first.fault == COMMAND_OK)
			first = o;
		struct json *row = json_append(x->arena, results, json_object(x->arena));
		json_set_string(x->arena, row, "id", json_string(id));
		json_set(x->arena, row, "states", o.states);
	}
	if (first.fault != COMMAND_OK)
		refuse_fault(x, &first);
	else
		handler_done(x, spec, results);
}

static void
run_command(struct execution *x, const struct json *spec)
{
	const struct json *ids = handler_devices(x, spec);
	struct asked asked;

	if (ids == NULL || !read_asked(x, spec, &asked))
		return;
	const char **capabilities = arena_alloc(x->arena, (json_count(ids) + 1) * sizeof(*capabilities));
	if (all_have(x, spec, ids, &asked, capabilities))
		run_all(x, spec, ids, &asked, capabilities);
}

const struct handler handler_command = {
	"command", "device input command component capability args allow else", check_command, run_command, true,
	"Carry out a command",
};
