/* placeholder.c: a short function a placeholder.
 *
 * long because: there are many. */
#include "endpoints/placeholder.h"

#include <ctype.h>
#include <string.h>

#include "base/arena.h"
#include "base/config.h"
#include "base/json.h"
#include "base/text.h"
#include "device/command.h"
#include "device/device.h"
#include "device/state.h"
#include "endpoints/handler.h"
#include "endpoints/installation.h"
#include "endpoints/webapp.h"
#include "base/banned.h"

static struct arena *
arena_of(const struct template_scope *t)
{
	return t->execution->arena;
}

static const struct json *
text(const struct template_scope *t, const char *s)
{
	return s != NULL ? json_new_string(arena_of(t), s) : NULL;
}

/* What a path of names and numbers, joined by dots, leads to. */
static const struct json *
walk(struct arena *a, const struct json *v, const char *path)
{
	while (v != NULL && path != NULL && *path != '\0') {
		size_t len = strcspn(path, ".");
		const char *name = arena_strndup(a, path, len);
		long long place;
		if (json_type(v) == JSON_ARRAY)
			v = text_to_int(name, 0, 100000, &place) ? json_at(v, (size_t)place) : NULL;
		else
			v = json_get(v, name);
		path += len + (path[len] == '.');
	}
	return v;
}

/* --- of the request --- */

static const struct json *
query(const struct template_scope *t, const struct placeholder *row, const char *path)
{
	(void)row;
	return json_get(t->execution->call->query, path);
}

static const struct json *
params(const struct template_scope *t, const struct placeholder *row, const char *path)
{
	const struct json *v = json_get(t->execution->params, path);

	return v != NULL ? v : query(t, row, path);
}

static const struct json *
body_json(const struct template_scope *t, const struct placeholder *row, const char *path)
{
	(void)row;
	return walk(arena_of(t), t->execution->json, path);
}

/* From above the document's root, or from the root itself, as XmlSlurper has it. */
static const struct json *
body_xml(const struct template_scope *t, const struct placeholder *row, const char *path)
{
	const struct json *v = walk(arena_of(t), t->execution->xml, path);

	(void)row;
	return v != NULL ? v : walk(arena_of(t), json_first(t->execution->xml), path);
}

static const struct json *
settings(const struct template_scope *t, const struct placeholder *row, const char *path)
{
	(void)row;
	return json_get(installation_settings(&t->execution->grant), path);
}

static const struct json *
location(const struct template_scope *t, const struct placeholder *row, const char *path)
{
	(void)row;
	return walk(arena_of(t), installation_location(arena_of(t), &t->execution->grant), path);
}

static const struct json *
app(const struct template_scope *t, const struct placeholder *row, const char *path)
{
	const struct webapp *w = t->execution->app;

	(void)row;
	return text(t, strcmp(path, "id") == 0 ? w->id : strcmp(path, "name") == 0 ? w->display_name : NULL);
}

static const struct json *
installation(const struct template_scope *t, const struct placeholder *row, const char *path)
{
	struct arena *a = arena_of(t);
	const char *id = t->execution->grant.id;

	(void)row;
	if (strcmp(path, "id") == 0)
		return text(t, id);
	return strcmp(path, "uri") == 0 ? text(t, installation_uri(a, t->execution->context->config, id)) : NULL;
}

/* --- of a device --- */

/* One of its texts: at says which member of struct device. */
static const struct json *
device_text(const struct template_scope *t, const struct placeholder *row, const char *path)
{
	(void)path;
	return text(t, *(const char *const *)((const char *)t->device->device + row->at));
}

static const struct json *
device_status(const struct template_scope *t, const struct placeholder *row, const char *path)
{
	(void)row, (void)path;
	return text(t, state_online(t->device->state) ? "ONLINE" : "OFFLINE");
}

static const struct json *
device_components(const struct template_scope *t, const struct placeholder *row, const char *path)
{
	(void)row, (void)path;
	return t->device->device->components;
}

/* Each capability once, whatever component it is in. */
static const struct json *
device_capabilities(const struct template_scope *t, const struct placeholder *row, const char *path)
{
	struct json *list = json_array(arena_of(t));

	(void)row, (void)path;
	for (const struct json *m = json_first(t->device->device->components); m != NULL; m = json_next(m))
		for (const struct json *c = json_first(m); c != NULL; c = json_next(c))
			if (!json_array_has(list, json_string(c)))
				json_append_string(arena_of(t), list, json_string(c));
	return list;
}

/* {"SwitchLevel": 1}: as clients of the former platform look for them. */
static const struct json *
device_capability_names(const struct template_scope *t, const struct placeholder *row, const char *path)
{
	struct json *names = json_object(arena_of(t));

	for (const struct json *c = json_first(device_capabilities(t, row, path)); c != NULL; c = json_next(c)) {
		char *name = arena_strdup(arena_of(t), json_string(c));
		*name = (char)toupper((unsigned char)*name);
		json_set_int(arena_of(t), names, name, 1);
	}
	return names;
}

static const struct json *
device_commands(const struct template_scope *t, const struct placeholder *row, const char *path)
{
	(void)row, (void)path;
	return command_names(arena_of(t), t->execution->context->catalogue, t->device->device, "main");
}

struct listing {
	struct arena	*arena;
	struct json	*out;
};

static void
add_attribute(void *arg, const struct state_value *v)
{
	struct listing *l = arg;

	if (strcmp(v->component, "main") == 0 && json_get(l->out, v->attribute) == NULL)
		json_set(l->arena, l->out, v->attribute, json_share(l->arena, v->value));
}

static void
add_state(void *arg, const struct state_value *v)
{
	struct listing *l = arg;

	json_append(l->arena, l->out, state_show(l->arena, v));
}

/* {"switch": "on", "level": 40}: of the component main. */
static const struct json *
device_attributes(const struct template_scope *t, const struct placeholder *row, const char *path)
{
	struct listing l = { arena_of(t), json_object(arena_of(t)) };

	(void)row, (void)path;
	state_each(l.arena, t->execution->context->catalogue, t->device->device, t->device->state, add_attribute, &l);
	return l.out;
}

/* All values, with component, capability, unit and time. */
static const struct json *
device_states(const struct template_scope *t, const struct placeholder *row, const char *path)
{
	struct listing l = { arena_of(t), json_array(arena_of(t)) };

	(void)row, (void)path;
	state_each(l.arena, t->execution->context->catalogue, t->device->device, t->device->state, add_state, &l);
	return l.out;
}

static const struct json *
device_attribute(const struct template_scope *t, const struct placeholder *row, const char *path)
{
	struct state_value v;

	(void)row;
	return handler_attribute(t->execution, t->device, path, &v) ? v.value : NULL;
}

/* --- of a value --- */

static const struct json *
value_value(const struct template_scope *t, const struct placeholder *row, const char *path)
{
	(void)row;
	return walk(arena_of(t), t->value->value, path);
}

static const struct json *
value_timestamp(const struct template_scope *t, const struct placeholder *row, const char *path)
{
	(void)row, (void)path;
	return t->value->time > 0 ? json_new_number(arena_of(t), (double)t->value->time) : NULL;
}

/* One of its words: at says which member of struct state_value. */
static const struct json *
value_text(const struct template_scope *t, const struct placeholder *row, const char *path)
{
	(void)path;
	return text(t, *(const char *const *)((const char *)t->value + row->at));
}

static const struct json *
result(const struct template_scope *t, const struct placeholder *row, const char *path)
{
	(void)row;
	return walk(arena_of(t), t->result, path);
}

/* --- the table --- */

static const struct placeholder placeholders[] = {
	{ "params", ABOUT_REQUEST, PATH_MUST, false, params, 0 },
	{ "query", ABOUT_REQUEST, PATH_MUST, false, query, 0 },
	{ "json", ABOUT_REQUEST, PATH_MAY, false, body_json, 0 },
	{ "xml", ABOUT_REQUEST, PATH_MAY, false, body_xml, 0 },
	{ "settings", ABOUT_REQUEST, PATH_MUST, false, settings, 0 },
	{ "location", ABOUT_REQUEST, PATH_MAY, false, location, 0 },
	{ "app", ABOUT_REQUEST, PATH_MUST, false, app, 0 },
	{ "installation", ABOUT_REQUEST, PATH_MUST, false, installation, 0 },
	{ "id", ABOUT_DEVICE, PATH_NONE, false, device_text, offsetof(struct device, id) },
	{ "label", ABOUT_DEVICE, PATH_NONE, false, device_text, offsetof(struct device, name) },
	{ "room", ABOUT_DEVICE, PATH_NONE, false, device_text, offsetof(struct device, room) },
	{ "type", ABOUT_DEVICE, PATH_NONE, false, device_text, offsetof(struct device, type) },
	{ "manufacturer", ABOUT_DEVICE, PATH_NONE, false, device_text, offsetof(struct device, manufacturer) },
	{ "model", ABOUT_DEVICE, PATH_NONE, false, device_text, offsetof(struct device, model) },
	{ "status", ABOUT_DEVICE, PATH_NONE, false, device_status, 0 },
	{ "components", ABOUT_DEVICE, PATH_NONE, false, device_components, 0 },
	{ "capabilities", ABOUT_DEVICE, PATH_NONE, false, device_capabilities, 0 },
	{ "capabilityNames", ABOUT_DEVICE, PATH_NONE, false, device_capability_names, 0 },
	{ "commands", ABOUT_DEVICE, PATH_NONE, false, device_commands, 0 },
	{ "attributes", ABOUT_DEVICE, PATH_NONE, false, device_attributes, 0 },
	{ "states", ABOUT_DEVICE, PATH_NONE, false, device_states, 0 },
	{ "attr", ABOUT_DEVICE, PATH_MUST, true, device_attribute, 0 },
	{ "value", ABOUT_VALUE, PATH_MAY, false, value_value, 0 },
	{ "unit", ABOUT_VALUE, PATH_NONE, false, value_text, offsetof(struct state_value, unit) },
	{ "timestamp", ABOUT_VALUE, PATH_NONE, false, value_timestamp, 0 },
	{ "attribute", ABOUT_VALUE, PATH_NONE, false, value_text, offsetof(struct state_value, attribute) },
	{ "capability", ABOUT_VALUE, PATH_NONE, false, value_text, offsetof(struct state_value, capability) },
	{ "component", ABOUT_VALUE, PATH_NONE, false, value_text, offsetof(struct state_value, component) },
	{ "result", ABOUT_RESULT, PATH_MAY, false, result, 0 },
};

const struct placeholder *
placeholder_find(const char *name, size_t len)
{
	for (size_t i = 0; i < sizeof(placeholders) / sizeof(placeholders[0]); i++)
		if (*placeholders[i].name == *name && strncmp(placeholders[i].name, name, len) == 0 && placeholders[i].name[len] == '\0')
			return &placeholders[i];
	return NULL;
}
