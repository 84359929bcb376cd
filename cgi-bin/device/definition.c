/* definition.c: complaints with file and line. */
#include "device/definition.h"

#include <errno.h>
#include <stdarg.h>
#include <string.h>

#include "base/arena.h"
#include "base/config.h"
#include "base/json.h"
#include "base/text.h"
#include "base/banned.h"

#define FILE_MAX (1u << 20)

const struct json *
definition_open(struct definition *d, struct arena *arena, struct arena *scratch, const char *folder, const char *name)
{
	struct json_error err;
	size_t len;

	*d = (struct definition){ .arena = arena, .scratch = scratch,
	    .file = arena_printf(arena, "%s/%s", folder, name) };
	d->text = config_read_file(scratch, d->file, FILE_MAX, &len);
	if (d->text == NULL) {
		d->why = arena_printf(arena, "%s: %s", d->file, strerror(errno));
		return NULL;
	}
	const struct json *root = json_parse(scratch, d->text, len, &err);
	if (root == NULL)
		d->why = arena_printf(arena, "%s:%zu: %s", d->file, err.line, err.what);
	return root;
}

/* The line of what lies at path; if it is not there (or its name has dots), of the nearest above it. */
static size_t
line_of(const struct definition *d, const char *path)
{
	size_t line;

	while ((line = json_line_of(d->text, path)) == 0) {
		const char *dot = strrchr(path, '.');
		if (dot == NULL)
			return 1;
		path = arena_strndup(d->scratch, path, (size_t)(dot - path));
	}
	return line;
}

void
definition_fault(struct definition *d, const char *path, const char *fmt, ...)
{
	va_list ap;

	if (d->why != NULL)
		return;
	va_start(ap, fmt);
	const char *what = arena_vprintf(d->arena, fmt, ap);
	va_end(ap);
	d->why = arena_printf(d->arena, "%s:%zu: %s%s%s", d->file, line_of(d, path), path, *path != '\0' ? ": " : "",
	    what);
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
