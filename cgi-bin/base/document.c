/* document.c: one of two parsers, and its lines. */
#include "base/document.h"

#include <errno.h>
#include <string.h>

#include "base/arena.h"
#include "base/config.h"
#include "base/json.h"
#include "base/yaml.h"
#include "base/banned.h"

bool
document_is_yaml(const char *file)
{
	const char *dot = strrchr(file, '.');

	return dot != NULL && (strcmp(dot, ".yaml") == 0 || strcmp(dot, ".yml") == 0);
}

const char *
document_read(struct document *d, struct arena *a, const char *file, size_t max)
{
	struct yaml_lines *lines = NULL;
	struct json_error err;
	size_t len;

	*d = (struct document){ .arena = a, .file = file, .text = config_read_file(a, file, max, &len) };
	if (d->text == NULL)
		return arena_printf(a, "%s: %s", file, strerror(errno));
	d->root = document_is_yaml(file) ? yaml_parse(a, d->text, len, &lines, &err) : json_parse(a, d->text, len, &err);
	d->lines = lines;
	return d->root != NULL ? NULL : arena_printf(a, "%s:%zu: %s", file, err.line, err.what);
}

size_t
document_line_of(const struct document *d, const char *path)
{
	while (*path != '\0') {
		size_t line = d->lines != NULL ? yaml_line_of(d->lines, path) : json_line_of(d->text, path);
		if (line > 0)
			return line;
		const char *dot = strrchr(path, '.');
		path = dot != NULL ? arena_strndup(d->arena, path, (size_t)(dot - path)) : "";
	}
	return 1;
}

char *
document_fault(const struct document *d, struct arena *a, const char *path, const char *what)
{
	return arena_printf(a, "%s:%zu: %s%s%s", d->file, document_line_of(d, path), path, *path != '\0' ? ": " : "", what);
}
