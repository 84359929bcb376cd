/* json.c: cJSON with its memory in an arena and its lenience taken away.
 * long because: it is the one door to cJSON, and a short function a verb. */
#include "base/json.h"

#include <cjson/cJSON.h>
#include <math.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "base/arena.h"
#include "base/json_text.h"
#include "base/text.h"
#include "base/banned.h"

#define EXACT 9007199254740992.0	/* 2^53: above it a double skips whole numbers */

/* struct json is cJSON's node under our name: the cast happens here only. */
static struct json *
ours(cJSON *c)
{
	return (struct json *)c;
}

static cJSON *
theirs(const struct json *j)
{
	return (cJSON *)(uintptr_t)j;
}

/* cJSON's hooks have no argument for us: every function that allocates sets this first. */
static struct arena *current;

static void *
hook_alloc(size_t n)
{
	return arena_alloc(current, n);
}

static void
hook_free(void *p)
{
	(void)p;
}

static void
use(struct arena *a)
{
	if (current == NULL)
		cJSON_InitHooks(&(cJSON_Hooks){ hook_alloc, hook_free });
	current = a;
}

/* --- strictness --- */

static int
by_name(const void *a, const void *b)
{
	return strcmp(*(const char *const *)a, *(const char *const *)b);
}

/* A member name that stands twice in one object, anywhere below v; NULL if none does. */
static const char *
find_twin(struct arena *a, const cJSON *v)
{
	size_t n = 0, i = 0;
	const char *twin, **names = NULL;

	for (const cJSON *c = v->child; c != NULL; c = c->next, n++)
		if ((twin = find_twin(a, c)) != NULL)
			return twin;
	if (!cJSON_IsObject(v) || n < 2)
		return NULL;
	names = arena_alloc(a, n * sizeof(*names));
	for (const cJSON *c = v->child; c != NULL; c = c->next)
		names[i++] = c->string;
	qsort(names, n, sizeof(*names), by_name);
	for (i = 1; i < n; i++)
		if (strcmp(names[i - 1], names[i]) == 0)
			return names[i];
	return NULL;
}

static struct json *
fail(struct json_error *err, const char *what, size_t line)
{
	if (err != NULL)
		*err = (struct json_error){ what, line };
	return NULL;
}

struct json *
json_parse(struct arena *a, const char *text, size_t len, struct json_error *err)
{
	const char *where = text, *what;

	if (!text_is_utf8(text, len))
		return fail(err, "not UTF-8", 1);
	if ((what = json_text_fault(text, len, &where)) != NULL)
		return fail(err, what, json_text_line(text, where));
	if (len >= 3 && memcmp(text, "\xef\xbb\xbf", 3) == 0)
		return fail(err, "begins with a byte order mark", 1);
	use(a);
	char *whole = arena_strndup(a, text, len);	/* cJSON wants the NUL */
	cJSON *v = cJSON_ParseWithOpts(whole, &where, 1);
	if (v == NULL)
		return fail(err, "not valid JSON", where != NULL ? json_text_line(whole, where) : 1);
	const char *twin = find_twin(a, v);
	if (twin != NULL)
		return fail(err, arena_printf(a, "a member stands twice: %.*s", text_cut(twin, 100), twin), 1);
	return ours(v);
}

char *
json_print(struct arena *a, const struct json *v)
{
	use(a);
	return cJSON_PrintUnformatted(theirs(v));
}

/* --- reading --- */

enum json_type
json_type(const struct json *v)
{
	cJSON *c = theirs(v);

	return c == NULL ? JSON_NONE : cJSON_IsString(c) ? JSON_STRING : cJSON_IsNumber(c) ? JSON_NUMBER :
	    cJSON_IsBool(c) ? JSON_BOOL : cJSON_IsArray(c) ? JSON_ARRAY : cJSON_IsObject(c) ? JSON_OBJECT : JSON_NULL;
}

const struct json *
json_get(const struct json *object, const char *name)
{
	if (json_type(object) != JSON_OBJECT)
		return NULL;
	return ours(cJSON_GetObjectItemCaseSensitive(theirs(object), name));
}

const struct json *
json_at(const struct json *array, size_t i)
{
	const struct json *v = json_type(array) == JSON_ARRAY ? json_first(array) : NULL;

	while (v != NULL && i-- > 0)
		v = json_next(v);
	return v;
}

const struct json *
json_first(const struct json *v)
{
	return v != NULL ? ours(theirs(v)->child) : NULL;
}

const struct json *
json_next(const struct json *v)
{
	return ours(theirs(v)->next);
}

const char *
json_name(const struct json *member)
{
	return member != NULL ? theirs(member)->string : NULL;
}

size_t
json_count(const struct json *v)
{
	size_t n = 0;

	for (const struct json *c = json_first(v); c != NULL; c = json_next(c))
		n++;
	return n;
}

const char *
json_string(const struct json *v)
{
	return json_type(v) == JSON_STRING ? theirs(v)->valuestring : NULL;
}

bool
json_bool(const struct json *v, bool otherwise)
{
	return json_type(v) == JSON_BOOL ? cJSON_IsTrue(theirs(v)) : otherwise;
}

bool
json_number(const struct json *v, double *out)
{
	if (json_type(v) != JSON_NUMBER || !isfinite(theirs(v)->valuedouble))
		return false;
	*out = theirs(v)->valuedouble;
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
json_equal(const struct json *a, const struct json *b)
{
	return a == b || (a != NULL && b != NULL && cJSON_Compare(theirs(a), theirs(b), 1));
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

/* --- making --- */

struct json *
json_object(struct arena *a)
{
	use(a);
	return ours(cJSON_CreateObject());
}

struct json *
json_array(struct arena *a)
{
	use(a);
	return ours(cJSON_CreateArray());
}

struct json *
json_new_string(struct arena *a, const char *s)
{
	use(a);
	return ours(cJSON_CreateString(s));
}

struct json *
json_new_number(struct arena *a, double n)
{
	use(a);
	return ours(cJSON_CreateNumber(n));
}

struct json *
json_new_bool(struct arena *a, bool b)
{
	use(a);
	return ours(cJSON_CreateBool(b));
}

struct json *
json_new_null(struct arena *a)
{
	use(a);
	return ours(cJSON_CreateNull());
}

struct json *
json_copy(struct arena *a, const struct json *v)
{
	use(a);
	return v != NULL ? ours(cJSON_Duplicate(theirs(v), 1)) : NULL;
}

struct json *
json_set(struct arena *a, struct json *object, const char *name, struct json *value)
{
	use(a);
	if (value == NULL)
		cJSON_DeleteItemFromObjectCaseSensitive(theirs(object), name);
	else if (cJSON_GetObjectItemCaseSensitive(theirs(object), name) != NULL)
		cJSON_ReplaceItemInObjectCaseSensitive(theirs(object), name, theirs(value));
	else
		cJSON_AddItemToObject(theirs(object), name, theirs(value));
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
	use(a);
	cJSON_AddItemToArray(theirs(array), theirs(value));
	return value;
}

void
json_append_string(struct arena *a, struct json *array, const char *value)
{
	json_append(a, array, json_new_string(a, value));
}

bool
json_array_has(const struct json *array, const char *value)
{
	for (const struct json *v = json_type(array) == JSON_ARRAY ? json_first(array) : NULL; v != NULL; v = json_next(v))
		if (json_string(v) != NULL && strcmp(json_string(v), value) == 0)
			return true;
	return false;
}

bool
json_array_remove(struct json *array, const char *value)
{
	for (const struct json *v = json_first(array); v != NULL; v = json_next(v))
		if (json_string(v) != NULL && strcmp(json_string(v), value) == 0) {
			cJSON_DetachItemViaPointer(theirs(array), theirs(v));
			return true;
		}
	return false;
}

void
json_remove_first(struct json *array)
{
	if (theirs(array)->child != NULL)
		cJSON_DetachItemViaPointer(theirs(array), theirs(array)->child);
}
