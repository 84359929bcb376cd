/* json.c: what a JSON value says. */
#include "base/json.h"

#include <float.h>
#include <math.h>
#include <string.h>

#include "base/json_value.h"
#include "base/banned.h"

#define EXACT 9007199254740992.0	/* 2^53: above it a double skips whole numbers */

/* --- reading --- */

enum json_type
json_type(const struct json *v)
{
	return v != NULL ? v->type : JSON_NONE;
}

static bool
is_nest(const struct json *v)
{
	return v != NULL && (v->type == JSON_OBJECT || v->type == JSON_ARRAY);
}

const struct json *
json_get(const struct json *object, const char *name)
{
	if (object == NULL || object->type != JSON_OBJECT || name == NULL)
		return NULL;
	for (const struct json *m = object->first; m != NULL; m = m->next)
		if (*m->name == *name && strcmp(m->name, name) == 0)
			return m;
	return NULL;
}

const struct json *
json_at(const struct json *array, size_t i)
{
	const struct json *v = json_type(array) == JSON_ARRAY ? array->first : NULL;

	while (v != NULL && i-- > 0)
		v = v->next;
	return v;
}

const struct json *
json_first(const struct json *v)
{
	return is_nest(v) ? v->first : NULL;
}

const struct json *
json_next(const struct json *v)
{
	return v->next;
}

const char *
json_name(const struct json *member)
{
	return member != NULL ? member->name : NULL;
}

size_t
json_count(const struct json *v)
{
	size_t n = 0;

	for (const struct json *c = json_first(v); c != NULL; c = c->next)
		n++;
	return n;
}

const char *
json_string(const struct json *v)
{
	return json_type(v) == JSON_STRING ? v->text : NULL;
}

bool
json_bool(const struct json *v, bool otherwise)
{
	return json_type(v) == JSON_BOOL ? v->truth : otherwise;
}

bool
json_number(const struct json *v, double *out)
{
	if (json_type(v) != JSON_NUMBER || !isfinite(v->number))
		return false;
	*out = v->number;
	return true;
}

bool
json_int(const struct json *v, long long *out)
{
	double d;

	if (!json_number(v, &d) || d != floor(d) || fabs(d) > EXACT)
		return false;
	*out = (long long)d;
	return true;
}

bool
json_same_number(double a, double b)
{
	return a == b || fabs(a - b) <= fmax(fabs(a), fabs(b)) * DBL_EPSILON;
}

/* Arrays in their order; members of objects in any. */
static bool
same_nest(const struct json *a, const struct json *b)
{
	const struct json *m = a->first, *n = b->first;

	if (json_count(a) != json_count(b))
		return false;
	for (; m != NULL; m = m->next, n = n->next)
		if (!json_equal(m, a->type == JSON_OBJECT ? json_get(b, m->name) : n))
			return false;
	return true;
}

bool
json_equal(const struct json *a, const struct json *b)
{
	if (a == b || a == NULL || b == NULL || a->type != b->type)
		return a == b;
	switch (a->type) {
	case JSON_STRING:
	case JSON_PRINTED:
		return strcmp(a->text, b->text) == 0;
	case JSON_NUMBER:
		return json_same_number(a->number, b->number);
	case JSON_BOOL:
		return a->truth == b->truth;
	case JSON_ARRAY:
	case JSON_OBJECT:
		return same_nest(a, b);
	default:
		return true;
	}
}

const char *
json_get_string(const struct json *object, const char *name)
{
	return json_string(json_get(object, name));
}

long long
json_get_int(const struct json *object, const char *name, long long otherwise)
{
	long long n;

	return json_int(json_get(object, name), &n) ? n : otherwise;
}

bool
json_get_bool(const struct json *object, const char *name, bool otherwise)
{
	return json_bool(json_get(object, name), otherwise);
}

bool
json_array_has(const struct json *array, const char *value)
{
	for (const struct json *v = json_type(array) == JSON_ARRAY ? array->first : NULL; v != NULL; v = v->next)
		if (v->type == JSON_STRING && strcmp(v->text, value) == 0)
			return true;
	return false;
}
