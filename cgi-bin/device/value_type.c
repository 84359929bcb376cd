/* value_type.c: a value's type as a definition file says it. */
#include <math.h>
#include <string.h>

#include "base/arena.h"
#include "base/json.h"
#include "device/catalogue.h"
#include "device/definition.h"
#include "device/value.h"
#include "base/banned.h"

#define STRING_CHARS 255	/* where a definition says nothing (schema protocol 4.4) */

static const struct {
	const char	*name;
	enum value_kind	 kind;
} kinds[] = {
	{ "enum", VALUE_ENUM },
	{ "integer", VALUE_INTEGER },
	{ "number", VALUE_NUMBER },
	{ "string", VALUE_STRING },
	{ "boolean", VALUE_BOOLEAN },
	{ "array", VALUE_ARRAY },
	{ "object", VALUE_OBJECT },
};

static enum value_kind
read_kind(struct definition *d, const char *path, const struct json *v)
{
	const char *name = definition_string(d, path, v, "type");

	for (size_t i = 0; i < sizeof(kinds) / sizeof(kinds[0]); i++)
		if (strcmp(kinds[i].name, name) == 0)
			return kinds[i].kind;
	definition_fault(d, definition_path(d, path, "type"), "no such type: %s", name);
	return VALUE_BOOLEAN;
}

static enum value_format
read_format(struct definition *d, const char *path, const struct json *v)
{
	const char *name = definition_option(d, path, v, "format");

	if (name == NULL)
		return FORMAT_NONE;
	if (strcmp(name, "iso8601") == 0)
		return FORMAT_ISO8601;
	if (strcmp(name, "url") != 0)
		definition_fault(d, definition_path(d, path, "format"), "no such format: %s", name);
	return FORMAT_URL;
}

static double
read_bound(struct definition *d, const char *path, const struct json *v, const char *name, double otherwise)
{
	double bound = otherwise;

	if (json_get(v, name) != NULL && !json_number(json_get(v, name), &bound))
		definition_fault(d, definition_path(d, path, name), "must be a number");
	return bound;
}

static const struct member *
read_members(struct definition *d, const char *path, const struct json *v)
{
	const struct json *members = json_get(v, "members"), *required = json_get(v, "required");
	struct member *list = arena_alloc(d->arena, (json_count(members) + 1) * sizeof(*list));
	size_t n = 0;

	if (members == NULL && required == NULL)
		return NULL;
	if (required != NULL)
		definition_strings(d, definition_path(d, path, "required"), required);
	path = definition_path(d, path, "members");
	if (json_type(members) != JSON_OBJECT)
		definition_fault(d, path, "must be an object");
	for (const struct json *m = json_first(members); m != NULL && d->why == NULL; m = json_next(m), n++) {
		const char *at = definition_path(d, path, json_name(m));
		list[n].name = arena_strdup(d->arena, json_name(m));
		list[n].required = json_array_has(required, json_name(m));
		definition_members(d, at, m, VALUE_TYPE_MEMBERS);
		value_type_read(d, at, m, &list[n].type);
	}
	for (const struct json *r = json_first(required); r != NULL; r = json_next(r))
		if (json_get(members, json_string(r)) == NULL)
			definition_fault(d, path, "no member %s, which is required", json_string(r));
	return list;
}

static const struct value_type *
read_items(struct definition *d, const char *path, const struct json *v)
{
	struct value_type *items = arena_alloc(d->arena, sizeof(*items));

	path = definition_path(d, path, "items");
	definition_members(d, path, json_get(v, "items"), VALUE_TYPE_MEMBERS);
	if (d->why == NULL)
		value_type_read(d, path, json_get(v, "items"), items);
	return items;
}

/* Which members go with which kinds: a range on a boolean is a slip of the pen. */
static void
check_members(struct definition *d, const char *path, const struct json *v, enum value_kind kind)
{
	static const struct {
		const char	*name;
		unsigned	 kinds;
	} rules[] = {
		{ "values", 1u << VALUE_ENUM },
		{ "min", 1u << VALUE_INTEGER | 1u << VALUE_NUMBER },
		{ "max", 1u << VALUE_INTEGER | 1u << VALUE_NUMBER | 1u << VALUE_STRING },
		{ "format", 1u << VALUE_STRING },
		{ "items", 1u << VALUE_ARRAY },
		{ "members", 1u << VALUE_OBJECT },
	};

	for (size_t i = 0; i < sizeof(rules) / sizeof(rules[0]); i++)
		if (json_get(v, rules[i].name) != NULL && (rules[i].kinds & 1u << kind) == 0)
			definition_fault(d, definition_path(d, path, rules[i].name), "does not go with this type");
}

void
value_type_read(struct definition *d, const char *path, const struct json *v, struct value_type *t)
{
	*t = (struct value_type){ .kind = read_kind(d, path, v), .min = -INFINITY, .max = INFINITY };
	check_members(d, path, v, t->kind);
	if (t->kind == VALUE_ENUM) {
		t->values = definition_strings(d, definition_path(d, path, "values"), json_get(v, "values"));
		if (t->values[0] == NULL)
			definition_fault(d, path, "an enum needs values");
	} else if (t->kind == VALUE_STRING) {
		t->format = read_format(d, path, v);
		long long chars = json_get_int(v, "max", STRING_CHARS);
		if (chars < 1 || chars > VALUE_MAX_BYTES)
			definition_fault(d, path, "max of a text is 1 to %d characters", VALUE_MAX_BYTES);
		t->chars = (size_t)chars;
	} else if (t->kind == VALUE_ARRAY)
		t->items = read_items(d, path, v);
	else if (t->kind == VALUE_OBJECT)
		t->members = read_members(d, path, v);
	t->min = read_bound(d, path, v, "min", -INFINITY);
	t->max = read_bound(d, path, v, "max", INFINITY);
	if (t->kind != VALUE_STRING && t->min > t->max)
		definition_fault(d, path, "min is above max");
}
