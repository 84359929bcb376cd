/* source.c: members against tables; every complaint has file, line and key. */
#include "smartapp/source.h"

#include <string.h>

#include "base/arena.h"
#include "base/guess.h"
#include "base/json.h"
#include "base/text.h"
#include "base/banned.h"

#define FILE_MAX	(256u << 10)
#define URL_MAX		2048

bool
source_read(struct source_file *s, struct arena *a, const char *file)
{
	*s = (struct source_file){ .arena = a };
	s->why = document_read(&s->document, a, file, FILE_MAX);
	if (s->why == NULL && json_type(s->document.root) != JSON_OBJECT)
		source_fault(s, "", "must hold one object");
	return s->why == NULL;
}

bool
source_fault(struct source_file *s, const char *path, const char *fmt, ...)
{
	va_list ap;

	if (s->why != NULL)
		return false;
	va_start(ap, fmt);
	s->why = document_fault(&s->document, s->arena, path, arena_vprintf(s->arena, fmt, ap));
	va_end(ap);
	return false;
}

const char *
source_below(struct source_file *s, const char *path, const char *name)
{
	return arena_printf(s->arena, "%s%s%s", path, *path != '\0' ? "." : "", name);
}

const char *
source_place(struct source_file *s, const char *path, size_t place)
{
	return arena_printf(s->arena, "%s.%zu", path, place);
}

static bool
is_url(const char *s, const char *scheme)
{
	size_t n = strlen(scheme);

	if (strncmp(s, scheme, n) != 0 || s[n] == '\0' || strlen(s) > URL_MAX)
		return false;
	for (; *s != '\0'; s++)
		if (*s <= ' ' || *s > '~' || *s == '"' || *s == '<' || *s == '>' || *s == '\\')
			return false;
	return true;
}

static bool
is_id(const char *s)
{
	return *s != '\0' && s[strspn(s, "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789.-_")] == '\0';
}

static const char *
text_fault(enum source_kind kind, const char *s)
{
	switch (kind) {
	case SOURCE_TEXT:
		return text_is_name(s, strlen(s)) ? NULL : "must not be blank, nor hold control characters";
	case SOURCE_ID:
		return is_id(s) ? NULL : "may hold letters, digits, dots, hyphens and underscores only";
	case SOURCE_TRUTH:
		return strcmp(s, "true") == 0 || strcmp(s, "false") == 0 ? NULL : "must be \"true\" or \"false\", in quotes";
	case SOURCE_IMAGE:
		return is_url(s, "https://") || is_url(s, "data:") ? NULL : "must be an https URL or a data URI";
	case SOURCE_URL:
		return is_url(s, "https://") ? NULL : "must be an https URL";
	default:
		return NULL;
	}
}

static bool
check_list(struct source_file *s, const struct json *v, const char *path, const struct source_member *m)
{
	bool texts = m->kind == SOURCE_TEXTS;
	size_t place = 0;

	if (json_type(v) != JSON_ARRAY)
		return source_fault(s, path, "must be a list");
	if (m->max > 0 && json_count(v) > m->max)
		return source_fault(s, path, "has more than %zu elements", m->max);
	for (const struct json *e = json_first(v); e != NULL; e = json_next(e), place++)
		if (texts ? json_string(e) == NULL || *json_string(e) == '\0' : json_type(e) != JSON_OBJECT)
			return source_fault(s, source_place(s, path, place), texts ? "must be text" : "must be an object");
	return true;
}

static bool
check_value(struct source_file *s, const struct json *v, const char *path, const struct source_member *m)
{
	double number;

	switch (m->kind) {
	case SOURCE_BOOL:
		return json_type(v) == JSON_BOOL || source_fault(s, path, "must be true or false, without quotes");
	case SOURCE_NUMBER:
		return json_number(v, &number) || source_fault(s, path, "must be a number");
	case SOURCE_TEXTS:
	case SOURCE_LIST:
		return check_list(s, v, path, m);
	case SOURCE_OBJECT:
		return json_type(v) == JSON_OBJECT || source_fault(s, path, "must be an object");
	case SOURCE_VALUE:
		return true;
	default:
		break;
	}
	if (json_string(v) == NULL)
		return source_fault(s, path, "must be text%s", json_type(v) == JSON_OBJECT || json_type(v) == JSON_ARRAY ? "" :
		    ": put it in quotes");
	if (m->max > 0 && strlen(json_string(v)) > m->max)
		return source_fault(s, path, "is longer than %zu bytes", m->max);
	const char *fault = text_fault(m->kind, json_string(v));
	return fault == NULL || source_fault(s, path, "%s", fault);
}

static bool
is_here(const struct source_member *m, unsigned long where)
{
	return m->where == 0 || (m->where & where) != 0;
}

bool
source_check(struct source_file *s, const struct json *object, const char *path, const struct source_member *members,
    unsigned long where)
{
	if (json_type(object) != JSON_OBJECT)
		return source_fault(s, path, "must be an object");
	for (const struct json *v = json_first(object); v != NULL; v = json_next(v)) {
		const struct source_member *m = members;
		struct guess guess = guess_new(json_name(v));
		const char *below = source_below(s, path, json_name(v));
		while (m->name != NULL && !(is_here(m, where) && strcmp(m->name, json_name(v)) == 0)) {
			if (is_here(m, where))
				guess_try(&guess, m->name);
			m++;
		}
		if (m->name == NULL)
			return source_fault(s, below, guess.best != NULL ? "there is no such member here; did you mean %s?" :
			    "there is no such member here%s", guess.best != NULL ? guess.best : "");
		if (!(json_type(v) == JSON_NULL && !m->must) && !check_value(s, v, below, m))
			return false;
	}
	for (const struct source_member *m = members; m->name != NULL; m++)
		if (m->must && is_here(m, where) && json_get(object, m->name) == NULL)
			return source_fault(s, path, "lacks %s", m->name);
	return true;
}
