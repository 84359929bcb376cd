/* json_make.c: JSON values made and changed. */
#include <string.h>

#include "base/arena.h"
#include "base/json_value.h"
#include "base/banned.h"

static struct json *
make(struct arena *a, enum json_type type)
{
	struct json *v = arena_alloc(a, sizeof(*v));

	v->type = type;
	return v;
}

struct json *
json_object(struct arena *a)
{
	return make(a, JSON_OBJECT);
}

struct json *
json_array(struct arena *a)
{
	return make(a, JSON_ARRAY);
}

struct json *
json_new_string(struct arena *a, const char *s)
{
	if (s == NULL)
		return NULL;
	struct json *v = make(a, JSON_STRING);
	v->text = arena_strdup(a, s);
	return v;
}

struct json *
json_new_number(struct arena *a, double n)
{
	struct json *v = make(a, JSON_NUMBER);

	v->number = n;
	return v;
}

struct json *
json_new_bool(struct arena *a, bool b)
{
	struct json *v = make(a, JSON_BOOL);

	v->truth = b;
	return v;
}

struct json *
json_new_null(struct arena *a)
{
	return make(a, JSON_NULL);
}

struct json *
json_printed(struct arena *a, const char *text)
{
	struct json *v = make(a, JSON_PRINTED);

	v->text = text;
	return v;
}

struct json *
json_read_again(struct arena *a, const struct json *v)
{
	const char *text = json_print(a, v);

	return text != NULL ? json_parse(a, text, strlen(text), NULL) : NULL;
}

void
json_link(struct json *to, struct json *value, const char *name)
{
	value->name = name;
	value->next = NULL;
	if (to->last != NULL)
		to->last->next = value;
	else
		to->first = value;
	to->last = value;
}

struct json *
json_copy(struct arena *a, const struct json *v)
{
	if (v == NULL)
		return NULL;
	struct json *copy = arena_alloc(a, sizeof(*copy));
	*copy = *v;
	copy->name = NULL;
	copy->next = NULL;
	if (v->type == JSON_STRING || v->type == JSON_PRINTED)
		copy->text = arena_strdup(a, v->text);
	else if (v->type == JSON_ARRAY || v->type == JSON_OBJECT)
		copy->first = copy->last = NULL;
	for (const struct json *m = json_first(v); m != NULL; m = m->next)
		json_link(copy, json_copy(a, m), m->name != NULL ? arena_strdup(a, m->name) : NULL);
	return copy;
}

size_t
json_size(const struct json *v)
{
	size_t size = arena_size(sizeof(*v));

	if (v->type == JSON_STRING || v->type == JSON_PRINTED)
		size += arena_size(strlen(v->text) + 1);
	for (const struct json *m = json_first(v); m != NULL; m = m->next)
		size += json_size(m) + (m->name != NULL ? arena_size(strlen(m->name) + 1) : 0);
	return size;
}

struct json *
json_share(struct arena *a, const struct json *v)
{
	if (v == NULL)
		return NULL;
	struct json *other = arena_alloc(a, sizeof(*other));
	*other = *v;
	other->name = NULL;
	other->next = NULL;
	return other;
}

/* Take a value out of an array or object; another comes in its place, or NULL: none. */
static void
replace(struct json *in, const struct json *old, struct json *by)
{
	struct json *before = NULL, **place = &in->first;

	while (*place != old) {
		before = *place;
		place = &before->next;
	}
	if (by != NULL) {
		by->name = old->name;
		by->next = old->next;
	}
	*place = by != NULL ? by : old->next;
	if (in->last == old)
		in->last = by != NULL ? by : before;
}

struct json *
json_set(struct arena *a, struct json *object, const char *name, struct json *value)
{
	const struct json *old = json_get(object, name);

	if (object == NULL || object->type != JSON_OBJECT)
		return value;
	if (old != NULL)
		replace(object, old, value);
	else if (value != NULL)
		json_link(object, value, arena_strdup(a, name));
	return value;
}

void
json_set_string(struct arena *a, struct json *object, const char *name, const char *value)
{
	json_set(a, object, name, value != NULL ? json_new_string(a, value) : NULL);
}

void
json_set_int(struct arena *a, struct json *object, const char *name, long long value)
{
	json_set(a, object, name, json_new_number(a, (double)value));
}

void
json_set_number(struct arena *a, struct json *object, const char *name, double value)
{
	json_set(a, object, name, json_new_number(a, value));
}

void
json_set_bool(struct arena *a, struct json *object, const char *name, bool value)
{
	json_set(a, object, name, json_new_bool(a, value));
}

struct json *
json_append(struct arena *a, struct json *array, struct json *value)
{
	(void)a;
	if (json_type(array) == JSON_ARRAY && value != NULL)
		json_link(array, value, NULL);
	return value;
}

void
json_append_string(struct arena *a, struct json *array, const char *value)
{
	json_append(a, array, json_new_string(a, value));
}

bool
json_array_remove(struct json *array, const char *value)
{
	for (const struct json *v = json_first(array); v != NULL; v = v->next)
		if (v->type == JSON_STRING && strcmp(v->text, value) == 0) {
			replace(array, v, NULL);
			return true;
		}
	return false;
}

void
json_remove_first(struct json *array)
{
	if (json_first(array) != NULL)
		replace(array, array->first, NULL);
}
