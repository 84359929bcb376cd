/* definition.c: complaints with file and line. */
#include "device/definition.h"

#include <stdarg.h>
#include <string.h>

#include "base/arena.h"
#include "base/json.h"
#include "base/text.h"
#include "base/banned.h"

#define FILE_MAX (1u << 20)

const struct json *
definition_open(struct definition *d, struct arena *arena, struct arena *scratch, const char *folder, const char *name)
{
	*d = (struct definition){ .arena = arena, .scratch = scratch };
	const char *why = document_read(&d->document, scratch, arena_printf(scratch, "%s/%s", folder, name), FILE_MAX);
	d->why = why != NULL ? arena_strdup(arena, why) : NULL;
	return d->document.root;
}

void
definition_fault(struct definition *d, const char *path, const char *fmt, ...)
{
	va_list ap;

	if (d->why != NULL)
		return;
	va_start(ap, fmt);
	d->why = document_fault(&d->document, d->arena, path, arena_vprintf(d->scratch, fmt, ap));
	va_end(ap);
}

const char *
definition_path(const struct definition *d, const char *path, const char *name)
{
	return *path == '\0' ? name : arena_printf(d->scratch, "%s.%s", path, name);
}

/* The word of names (separated by spaces) that is closest to what was written; NULL if none is close. */
static const char *
nearest(const struct definition *d, const char *names, const char *written)
{
	const char *best = NULL;
	size_t best_distance = 3;

	for (; *names != '\0'; names += strspn(names, " ")) {
		size_t len = strcspn(names, " ");
		const char *word = arena_strndup(d->scratch, names, len);
		size_t distance = text_distance(word, written);
		if (distance < best_distance) {
			best = word;
			best_distance = distance;
		}
		names += len;
	}
	return best;
}

void
definition_members(struct definition *d, const char *path, const struct json *v, const char *names)
{
	if (json_type(v) != JSON_OBJECT) {
		definition_fault(d, path, "must be an object");
		return;
	}
	for (const struct json *m = json_first(v); m != NULL; m = json_next(m)) {
		if (text_list_has(names, " ", json_name(m)))
			continue;
		const char *meant = nearest(d, names, json_name(m));
		definition_fault(d, definition_path(d, path, json_name(m)), "no such member%s%s",
		    meant != NULL ? "; did you mean " : "", meant != NULL ? meant : "");
	}
}

const char *
definition_option(struct definition *d, const char *path, const struct json *object, const char *name)
{
	const struct json *v = json_get(object, name);
	const char *s = json_string(v);

	if (v == NULL)
		return NULL;
	if (s == NULL || *s == '\0') {
		definition_fault(d, definition_path(d, path, name), "must be a text");
		return "";
	}
	return arena_strdup(d->arena, s);
}

const char *
definition_string(struct definition *d, const char *path, const struct json *object, const char *name)
{
	const char *s = definition_option(d, path, object, name);

	if (s != NULL)
		return s;
	definition_fault(d, path, "%s is missing", name);
	return "";
}

const char *const *
definition_strings(struct definition *d, const char *path, const struct json *array)
{
	const char **list = arena_alloc(d->arena, (json_count(array) + 1) * sizeof(*list));
	size_t n = 0;

	if (json_type(array) != JSON_ARRAY) {
		definition_fault(d, path, "must be a list of texts");
		return list;
	}
	for (const struct json *v = json_first(array); v != NULL; v = json_next(v)) {
		const char *s = json_string(v);
		if (s == NULL || *s == '\0') {
			definition_fault(d, path, "must be a list of texts");
			break;
		}
		list[n++] = arena_strdup(d->arena, s);
	}
	return list;
}
