/* connector_rules.c: requests, pointers, types and values of a connector's file. */
#include "link/connector_rules.h"

#include <math.h>
#include <string.h>

#include "base/arena.h"
#include "base/buf.h"
#include "base/json.h"
#include "device/capability.h"
#include "device/definition.h"
#include "link/connector.h"
#include "link/pick.h"
#include "base/banned.h"

#define URL_MAX		1500
#define TEXT_MAX	65536

static const char *
expand(struct arena *a, const char *text, const char *word, const char *value)
{
	struct buf b = buf_new(a, TEXT_MAX);
	size_t len = strlen(word);

	for (const char *at; (at = strstr(text, word)) != NULL; text = at + len) {
		buf_add(&b, text, (size_t)(at - text));
		buf_text(&b, value);
	}
	buf_text(&b, text);
	return b.data;
}

const struct json *
rules_expand(struct arena *a, const struct json *v, const char *word, const char *value)
{
	struct json *copy;

	if (json_string(v) != NULL)
		return json_new_string(a, expand(a, json_string(v), word, value));
	if (json_type(v) != JSON_OBJECT && json_type(v) != JSON_ARRAY)
		return json_copy(a, v);
	copy = json_type(v) == JSON_OBJECT ? json_object(a) : json_array(a);
	for (const struct json *e = json_first(v); e != NULL; e = json_next(e)) {
		struct json *below = json_copy(a, rules_expand(a, e, word, value));
		if (json_type(v) == JSON_OBJECT)
			json_set(a, copy, json_name(e), below);
		else
			json_append(a, copy, below);
	}
	return copy;
}

/* --- requests --- */

const char *
rules_url(struct definition *d, const char *path, const struct json *object, const char *name)
{
	const char *s = definition_string(d, path, object, name);

	if (*s != '\0' && (strlen(s) > URL_MAX || (strncmp(s, "https://", 8) != 0 && strncmp(s, "http://", 7) != 0 && *s != '{')))
		definition_fault(d, definition_path(d, path, name), "must be a URL, up to %d bytes long", URL_MAX);
	return s;
}

void
rules_pointer(struct definition *d, const char *path, const struct json *object, const char *name)
{
	const char *s = json_string(json_get(object, name));

	if (json_get(object, name) != NULL && (s == NULL || (*s != '\0' && *s != '/')))
		definition_fault(d, definition_path(d, path, name), "must be a JSON pointer, which begins with a slash: \"/power\"");
}

void
rules_request(struct definition *d, const char *path, const struct json *v, const char *members)
{
	static const char *const objects[] = { "query", "headers", "form" };
	const char *method;

	definition_members(d, path, v, members);
	if (d->why != NULL)
		return;
	rules_url(d, path, v, "url");
	method = definition_option(d, path, v, "method");
	if (method != NULL && strcmp(method, "GET") != 0 && strcmp(method, "POST") != 0 && strcmp(method, "PUT") != 0 &&
	    strcmp(method, "PATCH") != 0 && strcmp(method, "DELETE") != 0)
		definition_fault(d, definition_path(d, path, "method"), "is GET, POST, PUT, PATCH or DELETE");
	for (size_t i = 0; i < sizeof(objects) / sizeof(objects[0]); i++)
		if (json_get(v, objects[i]) != NULL && json_type(json_get(v, objects[i])) != JSON_OBJECT)
			definition_fault(d, definition_path(d, path, objects[i]), "must be an object");
	if (json_get(v, "body") != NULL && json_get(v, "form") != NULL)
		definition_fault(d, path, "has a body or a form, not both");
}

/* --- what is read --- */

static void
check_expired(struct definition *d, const struct json *v)
{
	size_t i = 0;

	if (v != NULL && json_type(v) != JSON_ARRAY)
		definition_fault(d, "expired", "must be a list");
	for (const struct json *e = json_first(v); e != NULL && d->why == NULL; e = json_next(e), i++) {
		const char *path = arena_printf(d->scratch, "expired.%zu", i);
		definition_members(d, path, e, "status pointer equals");
		rules_pointer(d, path, e, "pointer");
		if (json_get(e, "status") == NULL && json_get(e, "pointer") == NULL)
			definition_fault(d, path, "needs a status or a pointer");
	}
}

static void
check_types(struct definition *d, const struct catalogue *catalogue, const struct json *v)
{
	size_t i = 0;

	if (json_type(v) != JSON_ARRAY || json_count(v) == 0)
		definition_fault(d, "list.type", "must be a list: which devices are of which type");
	for (const struct json *e = json_first(v); e != NULL && d->why == NULL; e = json_next(e), i++) {
		const char *path = arena_printf(d->scratch, "list.type.%zu", i);
		definition_members(d, path, e, "pointer equals handler");
		rules_pointer(d, path, e, "pointer");
		const char *type = definition_option(d, path, e, "handler");
		if (type != NULL && catalogue_type(catalogue, type) == NULL)
			definition_fault(d, definition_path(d, path, "handler"), "there is no device type %.80s", type);
		else if (type == NULL && (json_get(e, "pointer") == NULL || json_get(e, "equals") != NULL))
			definition_fault(d, path, "needs a handler, or a pointer to the name of a type");
	}
}

static void
check_list(struct definition *d, const struct catalogue *catalogue, const struct json *v)
{
	static const char *const pointers[] = { "items", "id", "name", "room", "online", "manufacturer", "model", "next" };

	rules_request(d, "list", v, RULES_REQUEST "items id name room online onlineEquals manufacturer model type next");
	for (size_t i = 0; i < sizeof(pointers) / sizeof(pointers[0]); i++)
		rules_pointer(d, "list", v, pointers[i]);
	if (d->why == NULL && json_get(v, "id") == NULL)
		definition_fault(d, "list", "id is missing: a pointer to what a device is known by");
	if (d->why == NULL)
		check_types(d, catalogue, json_get(v, "type"));
}

/* Is there this attribute? An attribute of a component of its own is written "outlet2/switch.switch" nowhere: component is a
 * member. */
static void
check_attribute(struct definition *d, const char *path, const struct catalogue *catalogue, const struct json *v)
{
	double number;

	if (json_get(v, "states") != NULL) {
		definition_members(d, path, v, "states");
		rules_pointer(d, path, v, "states");
		return;
	}
	definition_members(d, path, v, "component capability attribute pointer map scale offset digits unit");
	const char *capability = definition_string(d, path, v, "capability"), *attribute = definition_string(d, path, v, "attribute");
	rules_pointer(d, path, v, "pointer");
	if (d->why == NULL && !catalogue_has_attribute(catalogue, capability, attribute))
		definition_fault(d, path, "there is no attribute %.80s of %.80s", attribute, capability);
	if (d->why == NULL && json_get(v, "pointer") == NULL)
		definition_fault(d, path, "pointer is missing");
	if (json_get(v, "map") != NULL && json_type(json_get(v, "map")) != JSON_OBJECT)
		definition_fault(d, definition_path(d, path, "map"), "must be an object: the vendor's value to ours");
	for (size_t i = 0; i < 3; i++) {
		const char *name = i == 0 ? "scale" : i == 1 ? "offset" : "digits";
		if (json_get(v, name) != NULL && !json_number(json_get(v, name), &number))
			definition_fault(d, definition_path(d, path, name), "must be a number");
	}
}

static void
check_type_name(struct definition *d, const char *path, const struct catalogue *catalogue, const struct json *v)
{
	if (strcmp(json_name(v), "*") != 0 && catalogue_type(catalogue, json_name(v)) == NULL)
		definition_fault(d, path, "there is no device type %.80s", json_name(v));
}

static void
check_states(struct definition *d, const struct catalogue *catalogue, const struct json *v)
{
	if (json_type(v) != JSON_OBJECT)
		definition_fault(d, "state", "must be an object: device types and how each is read");
	for (const struct json *t = json_first(v); t != NULL && d->why == NULL; t = json_next(t)) {
		const char *path = definition_path(d, "state", json_name(t));
		size_t i = 0;
		check_type_name(d, path, catalogue, t);
		if (json_type(t) != JSON_ARRAY)
			definition_fault(d, path, "must be a list");
		for (const struct json *e = json_first(t); e != NULL && d->why == NULL; e = json_next(e), i++)
			check_attribute(d, arena_printf(d->scratch, "%s.%zu", path, i), catalogue, e);
	}
}

static void
check_commands(struct definition *d, const struct catalogue *catalogue, const struct json *v)
{
	if (v != NULL && json_type(v) != JSON_OBJECT)
		definition_fault(d, "commands", "must be an object: device types and how each is moved");
	for (const struct json *t = json_first(v); t != NULL && d->why == NULL; t = json_next(t)) {
		const char *path = definition_path(d, "commands", json_name(t));
		check_type_name(d, path, catalogue, t);
		if (json_type(t) != JSON_OBJECT)
			definition_fault(d, path, "must be an object: \"switch/on\" and its request");
		for (const struct json *c = json_first(t); c != NULL && d->why == NULL; c = json_next(c)) {
			const char *below = definition_path(d, path, json_name(c));
			if (strcmp(json_name(c), "*") != 0 && !pick_is_command(d->scratch, catalogue, json_name(c)))
				definition_fault(d, below, "there is no command %.80s: CAPABILITY/COMMAND", json_name(c));
			else
				rules_request(d, below, c, RULES_REQUEST "map answer");
			rules_pointer(d, below, c, "answer");
		}
	}
}

void
rules_check(struct definition *d, const struct catalogue *catalogue, const struct connector *c)
{
	check_expired(d, c->expired);
	if (c->account != NULL) {
		rules_request(d, "account", c->account, RULES_REQUEST "values");
		for (const struct json *v = json_first(json_get(c->account, "values")); v != NULL; v = json_next(v))
			rules_pointer(d, "account.values", json_get(c->account, "values"), json_name(v));
	}
	check_list(d, catalogue, c->list);
	check_states(d, catalogue, c->state);
	check_commands(d, catalogue, c->commands);
	if (c->hook != NULL)
		rules_hook(d, c->hook);
}

/* --- hosts --- */

static void
gather_hosts(struct arena *a, const struct json *v, struct json *hosts)
{
	const char *s = json_string(v), *rest;

	for (const struct json *e = json_first(v); e != NULL; e = json_next(e))
		gather_hosts(a, e, hosts);
	if (s == NULL || (strncmp(s, "https://", 8) != 0 && strncmp(s, "http://", 7) != 0))
		return;
	rest = strstr(s, "://") + 3;
	rest = arena_strndup(a, rest, strcspn(rest, ":/?{"));
	if (*rest != '\0' && !json_array_has(hosts, rest))
		json_append_string(a, hosts, rest);
}

const struct json *
rules_hosts(struct definition *d, const struct json *root)
{
	struct json *hosts = json_array(d->arena);
	const struct json *more = json_get(root, "hosts");

	gather_hosts(d->arena, root, hosts);
	if (more != NULL)
		for (const char *const *s = definition_strings(d, "hosts", more); *s != NULL; s++)
			json_append_string(d->arena, hosts, *s);
	return hosts;
}
