/* value.c: one checker for a value of each kind, by a table. */
#include "device/value.h"

#include <ctype.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/arena.h"
#include "base/buf.h"
#include "base/json.h"
#include "base/text.h"
#include "device/catalogue.h"
#include "base/banned.h"

/* --- checking --- */

static const char *
enum_fault(struct arena *a, const struct value_type *t, const struct json *v)
{
	struct buf why = buf_new(a, 400);
	const char *s = json_string(v);

	for (size_t i = 0; s != NULL && t->values[i] != NULL; i++)
		if (strcmp(t->values[i], s) == 0)
			return NULL;
	buf_text(&why, "must be one of:");
	for (size_t i = 0; t->values[i] != NULL; i++)
		buf_printf(&why, "%s %s", i > 0 ? "," : "", t->values[i]);
	return why.data;
}

static const char *
range_fault(struct arena *a, const struct value_type *t, double n)
{
	if (n >= t->min && n <= t->max)
		return NULL;
	if (isinf(t->max))
		return arena_printf(a, "must be %g or more", t->min);
	if (isinf(t->min))
		return arena_printf(a, "must be %g or less", t->max);
	return arena_printf(a, "must be %g to %g", t->min, t->max);
}

static const char *
number_fault(struct arena *a, const struct value_type *t, const struct json *v)
{
	double n;

	return json_number(v, &n) ? range_fault(a, t, n) : "must be a number";
}

static const char *
integer_fault(struct arena *a, const struct value_type *t, const struct json *v)
{
	long long n;

	return json_int(v, &n) ? range_fault(a, t, (double)n) : "must be a whole number";
}

/* Does s look like the pattern: 0 stands for a digit, everything else for itself? The rest of s, or NULL. */
static const char *
skip_pattern(const char *s, const char *pattern)
{
	for (; *pattern != '\0'; pattern++, s++)
		if (*pattern == '0' ? !isdigit((unsigned char)*s) : *s != *pattern)
			return NULL;
	return s;
}

/* "2026-11-21T10:00:00.123Z", "...+01:00"; a date alone will do (ISO 8601, as RFC 3339 profiles it). */
static bool
is_iso8601(const char *s)
{
	const char *zone;

	if ((s = skip_pattern(s, "0000-00-00")) == NULL)
		return false;
	if (*s == '\0')
		return true;
	if ((s = skip_pattern(s, "T00:00:00")) == NULL)
		return false;
	if (*s == '.' && isdigit((unsigned char)s[1]))
		s += 1 + strspn(s + 1, "0123456789");
	if (*s == '\0' || strcmp(s, "Z") == 0)
		return true;
	zone = skip_pattern(s + 1, "00:00");
	return (*s == '+' || *s == '-') && zone != NULL && *zone == '\0';
}

static bool
is_url(const char *s)
{
	return (strncmp(s, "https://", 8) == 0 || strncmp(s, "http://", 7) == 0) && strpbrk(s, " \"<>") == NULL;
}

static const char *
string_fault(struct arena *a, const struct value_type *t, const struct json *v)
{
	const char *s = json_string(v);
	size_t chars = 0;

	if (s == NULL)
		return "must be a text";
	for (const char *c = s; *c != '\0'; c++)
		chars += ((unsigned char)*c & 0xc0) != 0x80;
	if (chars > t->chars)
		return arena_printf(a, "must have at most %zu characters", t->chars);
	if (t->format == FORMAT_ISO8601 && !is_iso8601(s))
		return "must be a time in ISO 8601";
	if (t->format == FORMAT_URL && !is_url(s))
		return "must be a URL";
	return NULL;
}

static const char *
boolean_fault(struct arena *a, const struct value_type *t, const struct json *v)
{
	(void)a, (void)t;
	return json_type(v) == JSON_BOOL ? NULL : "must be true or false";
}

static const char *
size_fault(struct arena *a, const struct json *v)
{
	return strlen(json_print(a, v)) > VALUE_MAX_BYTES ? "is too large" : NULL;
}

static const char *
array_fault(struct arena *a, const struct value_type *t, const struct json *v)
{
	size_t i = 0;

	if (json_type(v) != JSON_ARRAY)
		return "must be a list";
	for (const struct json *item = json_first(v); item != NULL; item = json_next(item), i++) {
		const char *why = value_fault(a, t->items, item);
		if (why != NULL)
			return arena_printf(a, "item %zu %s", i + 1, why);
	}
	return size_fault(a, v);
}

static const char *
object_fault(struct arena *a, const struct value_type *t, const struct json *v)
{
	if (json_type(v) != JSON_OBJECT)
		return "must be an object";
	for (const struct member *m = t->members; m != NULL && m->name != NULL; m++) {
		const struct json *value = json_get(v, m->name);
		const char *why = value != NULL ? value_fault(a, &m->type, value) : m->required ? "is missing" : NULL;
		if (why != NULL)
			return arena_printf(a, "%s %s", m->name, why);
	}
	return size_fault(a, v);
}

const char *
value_fault(struct arena *a, const struct value_type *t, const struct json *v)
{
	static const char *(*const faults[])(struct arena *, const struct value_type *, const struct json *) = {
		[VALUE_ENUM] = enum_fault,
		[VALUE_INTEGER] = integer_fault,
		[VALUE_NUMBER] = number_fault,
		[VALUE_STRING] = string_fault,
		[VALUE_BOOLEAN] = boolean_fault,
		[VALUE_ARRAY] = array_fault,
		[VALUE_OBJECT] = object_fault,
	};

	return faults[t->kind](a, t, v);
}

const struct json *
value_kept(struct arena *a, const struct value_type *t, const struct json *v)
{
	struct json *known;
	double n;

	if (json_number(v, &n) && n == 0)
		return json_new_number(a, 0);
	if (t->kind != VALUE_OBJECT || t->members == NULL)
		return v;
	known = json_object(a);
	for (const struct member *m = t->members; m->name != NULL; m++)
		if (json_get(v, m->name) != NULL)
			json_set(a, known, m->name, json_copy(a, json_get(v, m->name)));
	return known;
}

/* --- what a person types --- */

const char *
value_unit(const struct attribute *attribute, const char *unit)
{
	for (size_t i = 0; attribute->units != NULL && attribute->units[i] != NULL; i++)
		if (strcmp(attribute->units[i], unit) == 0)
			return attribute->units[i];
	return NULL;
}

/* The length of the JSON number (RFC 8259 6) at s: strtod alone would take hexadecimal and infinity. */
static size_t
number_length(const char *s)
{
	size_t n = *s == '-', digits = strspn(s + n, "0123456789");

	if (digits == 0)
		return 0;
	n += digits;
	if (s[n] == '.' && (digits = strspn(s + n + 1, "0123456789")) > 0)
		n += 1 + digits;
	size_t e = n + 1 + (s[n] != '\0' && (s[n + 1] == '+' || s[n + 1] == '-'));
	if ((s[n] == 'e' || s[n] == 'E') && (digits = strspn(s + e, "0123456789")) > 0)
		n = e + digits;
	return n;
}

static const char *
parse_number(struct arena *a, const struct attribute *attribute, const char *text, struct json **value,
    const char **unit)
{
	size_t len = number_length(text);

	if (len == 0)
		return "must be a number";
	*value = json_new_number(a, strtod(arena_strndup(a, text, len), NULL));
	text += len;
	if (*text != '\0' && (*unit = value_unit(attribute, text)) == NULL)
		return arena_printf(a, "has no unit \"%.*s\"%s%s", text_cut(text, 20), text,
		    attribute->units != NULL ? ", but " : "", attribute->units != NULL ? attribute->units[0] : "");
	return NULL;
}

const char *
value_parse(struct arena *a, const struct attribute *attribute, const char *text, struct json **value,
    const char **unit)
{
	enum value_kind kind = attribute->type.kind;
	const char *why = NULL;

	*unit = NULL;
	*value = NULL;
	if (kind == VALUE_INTEGER || kind == VALUE_NUMBER)
		why = parse_number(a, attribute, text, value, unit);
	else if (kind == VALUE_ENUM || kind == VALUE_STRING)
		*value = json_new_string(a, text);
	else if ((*value = json_parse(a, text, strlen(text), NULL)) == NULL)
		why = kind == VALUE_BOOLEAN ? "must be true or false" : "must be JSON";
	return why != NULL ? why : value_fault(a, &attribute->type, *value);
}
