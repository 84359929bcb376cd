/* act.c: one way in for pages and JSON. */
#include "console/act.h"

#include <string.h>

#include "app.h"
#include "base/arena.h"
#include "base/config.h"
#include "base/json.h"
#include "device/catalogue.h"
#include "device/device.h"
#include "device/state.h"
#include "device/value.h"
#include "web/form.h"
#include "base/banned.h"

static struct act_result
refused(int status, const char *text, const char *detail)
{
	return (struct act_result){ .status = status, .text = text, .detail = detail };
}

struct act_result
act_stored(enum store_result r)
{
	if (r == STORE_OK)
		return (struct act_result){ .status = 200 };
	return r == STORE_ABSENT ? refused(404, "fault_no_device", NULL) : refused(503, "error_unavailable", NULL);
}

/* --- commands --- */

struct act_result
act_command(struct app *app, struct arena *a, const char *user, const char *device, const struct command *c)
{
	static const struct { int status; const char *text; } faults[] = {
		[COMMAND_OK] = { 200, NULL },
		[COMMAND_NO_DEVICE] = { 404, "fault_no_device" },
		[COMMAND_OFFLINE] = { 409, "fault_offline" },
		[COMMAND_NOT_SUPPORTED] = { 400, "fault_not_supported" },
		[COMMAND_BAD_ARGUMENT] = { 400, "fault_bad_argument" },
		[COMMAND_UNAVAILABLE] = { 503, "error_unavailable" },
	};
	struct command_outcome out;

	command_run(app->store, a, app->catalogue, user, device, c, 1, NULL, &out);
	return (struct act_result){ faults[out.fault].status, faults[out.fault].text,
	    out.fault == COMMAND_BAD_ARGUMENT ? out.detail : NULL, out.states };
}

/* A text of the form as the argument's type has it. NULL if there was none; *why if it is not right. */
static const struct json *
typed(struct arena *a, const struct pair *form, const char *field, const struct value_type *type, const char **why)
{
	const struct attribute like = { .name = field, .type = *type };
	const char *text = form_get(form, field), *unit;
	struct json *value = NULL;

	if (text == NULL)
		return NULL;
	const char *fault = value_parse(a, &like, text, &value, &unit);
	if (fault != NULL)
		*why = arena_printf(a, "%s %s", field + 2, fault);
	return value;
}

static struct json *
argument_of(struct arena *a, const struct pair *form, const struct argument *arg, const char **why)
{
	const char *field = arena_printf(a, "a.%s", arg->name);
	const struct member *m = arg->type.kind == VALUE_OBJECT ? arg->type.members : NULL;
	const struct json *v = m == NULL ? typed(a, form, field, &arg->type, why) : NULL;
	struct json *object = json_object(a);

	for (; m != NULL && m->name != NULL; m++)
		if ((v = typed(a, form, arena_printf(a, "%s.%s", field, m->name), &m->type, why)) != NULL)
			json_set(a, object, m->name, json_copy(a, v));
	if (json_first(object) != NULL)
		return object;
	return v != NULL ? json_copy(a, v) : NULL;
}

/* Arguments in order; one that did not come is null where others follow. */
static struct json *
arguments_of(struct arena *a, const struct pair *form, const struct command_type *t, const char **why)
{
	struct json *list = json_array(a);
	size_t missing = 0;

	for (size_t i = 0; i < t->n_arguments; i++) {
		struct json *v = argument_of(a, form, &t->arguments[i], why);
		if (v == NULL) {
			missing++;
			continue;
		}
		for (; missing > 0; missing--)
			json_append(a, list, json_new_null(a));
		json_append(a, list, v);
	}
	return list;
}

struct act_result
act_command_form(struct app *app, struct arena *a, const char *user, const char *device, const char *path,
    const struct pair *form)
{
	const char *slash = path != NULL ? strchr(path, '/') : NULL, *dot = slash != NULL ? strrchr(slash, '.') : NULL;
	const char *why = NULL;

	if (dot == NULL)
		return refused(400, "fault_not_supported", NULL);
	struct command c = { .component = arena_strndup(a, path, (size_t)(slash - path)),
	    .capability = arena_strndup(a, slash + 1, (size_t)(dot - slash - 1)), .name = dot + 1 };
	const struct capability *capability = catalogue_capability(app->catalogue, c.capability);
	const struct command_type *t = capability != NULL ? capability_command(capability, c.name) : NULL;
	if (t == NULL)
		return refused(400, "fault_not_supported", NULL);
	c.arguments = arguments_of(a, form, t, &why);
	return why != NULL ? refused(400, "fault_bad_argument", why) : act_command(app, a, user, device, &c);
}

/* --- the rest --- */

struct act_result
act_set(struct app *app, struct arena *a, const char *user, const char *device, const char *const *texts, size_t n)
{
	const char *why;
	struct json *changed;
	enum store_result r = state_set(app->store, a, app->catalogue, user, device, texts, n, &why, &changed);

	if (r == STORE_LIMIT)
		return refused(400, "fault_bad_value", why);
	struct act_result result = act_stored(r);
	result.states = r == STORE_OK ? changed : NULL;
	return result;
}

struct act_result
act_label(struct app *app, struct arena *a, const char *user, const char *device, const char *name, const char *room)
{
	enum store_result r = STORE_OK;
	struct device d;

	if ((name != NULL && device_name_fault(name) != NULL) ||
	    (room != NULL && *room != '\0' && device_name_fault(room) != NULL))
		return refused(400, "fault_name", NULL);
	if ((r = device_find(app->store, a, user, device, &d)) != STORE_OK)
		return act_stored(r);
	/* What is as it was is not told to anybody. */
	if (name != NULL && strcmp(name, d.name) != 0)
		r = device_rename(app->store, a, user, device, name);
	if (r == STORE_OK && room != NULL && strcmp(room, d.room != NULL ? d.room : "") != 0)
		r = device_move(app->store, a, user, device, *room != '\0' ? room : NULL);
	return act_stored(r);
}

struct act_result
act_online(struct app *app, struct arena *a, const char *user, const char *device, bool online)
{
	return act_stored(state_set_online(app->store, a, user, device, online));
}

struct act_result
act_delete(struct app *app, struct arena *a, const char *user, const char *device)
{
	return act_stored(device_delete(app->store, a, user, device));
}

struct act_result
act_add(struct app *app, struct arena *a, const char *user, const struct json *definition, const char **id)
{
	struct device d;
	struct json *state;
	bool exists;
	const char *why = device_define(a, app->catalogue, definition, &d, &state);

	if (why != NULL)
		return refused(400, "fault_definition", why);
	*id = d.id;
	enum store_result r = device_add(app->store, a, user, &d, state, (size_t)app->config->limits.devices_per_user, &exists);
	if (r == STORE_LIMIT)
		return refused(409, "fault_too_many", NULL);
	return r == STORE_OK && exists ? refused(409, "fault_exists", NULL) : act_stored(r);
}
