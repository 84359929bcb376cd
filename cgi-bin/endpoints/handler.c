/* handler.c: the table of kinds, and what they share. */
#include "endpoints/handler.h"

#include <stdarg.h>
#include <string.h>

#include "base/arena.h"
#include "base/json.h"
#include "base/log.h"
#include "base/text.h"
#include "device/definition.h"
#include "device/device.h"
#include "device/sight.h"
#include "endpoints/installation.h"
#include "endpoints/template.h"
#include "endpoints/webapp.h"
#include "base/banned.h"

#define JSON_TYPE "application/json;charset=utf-8"

static const struct handler *const handlers[] = {
	&handler_list, &handler_get, &handler_attribute_kind, &handler_states, &handler_command, &handler_render, &handler_value_kind,
	&handler_error, &handler_subscribe, &handler_subscriptions, &handler_unsubscribe,
};
#define HANDLERS (sizeof(handlers) / sizeof(handlers[0]))

const struct handler *
handler_find(const char *name)
{
	for (size_t i = 0; i < HANDLERS; i++)
		if (strcmp(handlers[i]->name, name) == 0)
			return handlers[i];
	return NULL;
}

/* --- checking --- */

static void
check_status(struct definition *d, const char *path, const struct json *spec)
{
	const struct json *v = json_get(spec, "status");
	long long status;

	if (v != NULL && (!json_int(v, &status) || status < 200 || status > 599 || (status >= 300 && status < 400)))
		definition_fault(d, definition_path(d, path, "status"), "must be 200 to 299 or 400 to 599");
}

const struct handler *
handler_check(struct definition *d, const char *path, const struct webapp *app, const struct json *spec)
{
	const char *name = definition_string(d, path, spec, "do");
	const struct handler *h = d->why == NULL ? handler_find(name) : NULL;

	if (d->why == NULL && h == NULL) {
		const char *all = "";
		for (size_t i = 0; i < HANDLERS; i++)
			all = arena_printf(d->scratch, "%s%s%s", all, i > 0 ? ", " : "", handlers[i]->name);
		definition_fault(d, definition_path(d, path, "do"), "no such handler: %.80s; there are %s", name, all);
	}
	if (d->why != NULL)
		return NULL;
	definition_members(d, path, spec, arena_printf(d->scratch, "do status answer %s", h->members));
	check_status(d, path, spec);
	handler_check_member(d, path, spec, "answer", false, ABOUT_REQUEST | ABOUT_RESULT);
	if (h->check != NULL && d->why == NULL)
		h->check(d, path, app, spec);
	return d->why == NULL ? h : NULL;
}

void
handler_check_member(struct definition *d, const char *path, const struct json *spec, const char *member, bool must,
    unsigned about)
{
	const struct json *v = json_get(spec, member);

	if (v == NULL && must)
		definition_fault(d, path, "%s is missing", member);
	if (v != NULL)
		template_check(d, definition_path(d, path, member), v, about);
}

void
handler_check_devices(struct definition *d, const char *path, const struct webapp *app, const struct json *spec)
{
	const struct json *name = json_get(spec, "input");
	const char *at = definition_path(d, path, "input");

	handler_check_member(d, path, spec, "device", false, ABOUT_REQUEST);
	handler_check_member(d, path, spec, "input", false, ABOUT_REQUEST);
	if (name != NULL && json_get(spec, "device") != NULL)
		definition_fault(d, path, "is about one device or an input, not both");
	if (name == NULL || d->why != NULL || template_is_dynamic(name))
		return;
	const struct input *in = json_string(name) != NULL ? webapp_input(app, json_string(name)) : NULL;
	if (in == NULL)
		definition_fault(d, at, "preferences ask for no input %.80s", json_string(name) != NULL ? json_string(name) : "");
	else if (in->kind != INPUT_DEVICE)
		definition_fault(d, at, "%s is no input for devices", in->name);
}

/* --- answering --- */

static void
put_json(struct execution *x, int status, const struct json *v)
{
	struct endpoints_answer *answer = x->answer;

	answer->status = status;
	answer->content_type = JSON_TYPE;
	answer->body = json_print(x->arena, v);
	answer->len = strlen(answer->body);
}

void
handler_done(struct execution *x, const struct json *spec, const struct json *out)
{
	static const struct { const char *method; int status; bool body; } defaults[] = {
		{ "GET", 200, true }, { "POST", 201, true }, { "PUT", 204, false }, { "DELETE", 204, false },
	};
	const struct json *shape = json_get(spec, "answer");
	size_t i = 0;

	while (i + 1 < sizeof(defaults) / sizeof(defaults[0]) && strcmp(defaults[i].method, x->call->method) != 0)
		i++;
	int status = (int)json_get_int(spec, "status", defaults[i].status);
	if (!defaults[i].body || status == 204) {
		*x->answer = (struct endpoints_answer){ .status = status, .body = "", .rate = x->answer->rate };
		return;
	}
	const struct template_scope t = { x, NULL, NULL, out };
	put_json(x, status, shape != NULL ? template_expand(&t, shape) : out);
}

void
handler_refuse(struct execution *x, int status, const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	endpoints_refuse(x->arena, x->answer, status, arena_vprintf(x->arena, fmt, ap));
	va_end(ap);
}

void
handler_fail(struct execution *x, enum store_result r)
{
	struct json *v = json_object(x->arena);

	log_event(LOG_LEVEL_ERROR, "endpoints", "app=%s user=%s result=%s", x->app != NULL ? x->app->id : "-",
	    x->grant.user != NULL ? x->grant.user : "-", store_result_name(r));
	json_set_bool(x->arena, v, "error", true);
	json_set_string(x->arena, v, "type", "StoreException");
	json_set_string(x->arena, v, "message", "An unexpected error has occurred");
	put_json(x, 500, v);
}

/* --- reading an action --- */

const struct json *
handler_value(struct execution *x, const struct json *spec, const char *member)
{
	const struct template_scope t = { x, NULL, NULL, NULL };
	const struct json *v = json_get(spec, member);

	if (v == NULL)
		return NULL;
	v = template_expand(&t, v);
	return json_type(v) != JSON_NULL ? v : NULL;
}

/* What people call it: "command" of "$json.command". */
static const char *
wanted(const struct json *spec, const char *member)
{
	const char *from = json_get_string(spec, member), *dot = from != NULL ? strrchr(from, '.') : NULL;

	return from != NULL && *from == '$' && dot != NULL ? dot + 1 : member;
}

const char *
handler_text(struct execution *x, const struct json *spec, const char *member, bool must, bool *refused)
{
	const struct json *v = handler_value(x, spec, member);
	const char *s = json_string(v);

	*refused = false;
	if (v == NULL && !must)
		return NULL;
	if (s != NULL && *s != '\0')
		return s;
	*refused = true;
	if (v == NULL || s != NULL)
		handler_refuse(x, 400, "%s is required", wanted(spec, member));
	else
		handler_refuse(x, 400, "%s must be a text", wanted(spec, member));
	return NULL;
}

enum store_result
handler_sight(struct execution *x, const char *id, struct sight *sight)
{
	return json_array_has(x->devices, id) ?
	    sight_find_state(x->context->store, x->arena, x->grant.user, id, sight) : STORE_ABSENT;
}

enum store_result
handler_view(struct execution *x, const char *id, struct device *d, struct device_view *view)
{
	struct sight sight;
	enum store_result r = handler_sight(x, id, &sight);

	if (r != STORE_OK)
		return r;
	*view = (struct device_view){ d, sight.state };
	return device_read(sight.record, d) ? STORE_OK : STORE_FAILED;
}

/* An input that the request names must be one of the app's, for devices. */
static struct json *
devices_of_input(struct execution *x, const struct json *spec)
{
	bool refused;
	const char *name = handler_text(x, spec, "input", true, &refused);
	const struct input *in = name != NULL ? webapp_input(x->app, name) : NULL;
	struct json *ids;

	if (refused)
		return NULL;
	if (in == NULL || in->kind != INPUT_DEVICE) {
		handler_refuse(x, 404, "Not Found");
		return NULL;
	}
	enum store_result r = installation_input(x->context->store, x->arena, &x->grant, in, x->devices, &ids);
	if (r == STORE_OK)
		return ids;
	handler_fail(x, r);
	return NULL;
}

struct json *
handler_devices(struct execution *x, const struct json *spec)
{
	bool refused;

	if (json_get(spec, "input") != NULL)
		return devices_of_input(x, spec);
	if (json_get(spec, "device") == NULL)
		return json_share(x->arena, x->devices);
	const char *id = handler_text(x, spec, "device", true, &refused);
	if (refused)
		return NULL;
	if (!json_array_has(x->devices, id)) {
		handler_refuse(x, 404, "Device not found");
		return NULL;
	}
	struct json *ids = json_array(x->arena);
	json_append_string(x->arena, ids, id);
	return ids;
}
