/* yaml.c: libyaml's events, one after another, into JSON values. */
#include "base/yaml.h"

#include <stdbool.h>
#include <string.h>
#include <yaml.h>

#include "base/arena.h"
#include "base/json.h"
#include "base/text.h"
#include "base/banned.h"

#define VALUES_MAX 20000	/* of one file */

struct place {
	const char	*path;
	size_t		 line;
	struct place	*next;
};

struct yaml_lines {
	struct place	*first;
};

struct reading {
	struct arena	*arena;
	yaml_parser_t	 parser;
	yaml_event_t	 event;
	bool		 held;		/* event is to be deleted */
	struct yaml_lines *lines;
	struct json_error *err;
	size_t		 values;
};

static struct json *read_value(struct reading *, const char *path, size_t depth);

static bool
fail(struct reading *r, const char *what)
{
	r->err->what = what;
	r->err->line = r->event.start_mark.line + 1;
	return false;
}

/* The next event. False if the text is no YAML. */
static bool
next(struct reading *r)
{
	if (r->held)
		yaml_event_delete(&r->event);
	r->held = yaml_parser_parse(&r->parser, &r->event) == 1;
	if (r->held)
		return true;
	r->err->what = r->parser.problem != NULL ? arena_printf(r->arena, "not valid YAML: %.200s", r->parser.problem) :
	    "not valid YAML";
	r->err->line = r->parser.problem_mark.line + 1;
	return false;
}

static void
note(struct reading *r, const char *path)
{
	struct place *p = arena_alloc(r->arena, sizeof(*p));

	*p = (struct place){ path, r->event.start_mark.line + 1, r->lines->first };
	r->lines->first = p;
}

static bool
is_one_of(const char *s, const char *const *list)
{
	for (; *list != NULL; list++)
		if (strcmp(s, *list) == 0)
			return true;
	return false;
}

static struct json *
read_scalar(struct reading *r)
{
	static const char *const nulls[] = { "", "~", "null", "Null", "NULL", NULL };
	static const char *const trues[] = { "true", "True", "TRUE", NULL };
	static const char *const falses[] = { "false", "False", "FALSE", NULL };
	const char *s = (const char *)r->event.data.scalar.value;
	size_t len = r->event.data.scalar.length;
	struct json *number;

	if (strlen(s) != len || !text_is_utf8(s, len))
		return fail(r, "a text holds a NUL or is not UTF-8"), NULL;
	if (r->event.data.scalar.style == YAML_PLAIN_SCALAR_STYLE) {
		if (is_one_of(s, nulls))
			return json_new_null(r->arena);
		if (is_one_of(s, trues) || is_one_of(s, falses))
			return json_new_bool(r->arena, is_one_of(s, trues));
		if (strspn(s, "0123456789+-.eE") == len && (number = json_parse(r->arena, s, len, NULL)) != NULL)
			return number;
	}
	return json_new_string(r->arena, s);
}

static struct json *
read_sequence(struct reading *r, const char *path, size_t depth)
{
	struct json *array = json_array(r->arena);

	for (size_t i = 0; next(r); i++) {
		if (r->event.type == YAML_SEQUENCE_END_EVENT)
			return array;
		struct json *v = read_value(r, arena_printf(r->arena, "%s%s%zu", path, *path != '\0' ? "." : "", i), depth + 1);
		if (v == NULL)
			return NULL;
		json_append(r->arena, array, v);
	}
	return NULL;
}

static struct json *
read_mapping(struct reading *r, const char *path, size_t depth)
{
	struct json *object = json_object(r->arena);

	while (next(r)) {
		if (r->event.type == YAML_MAPPING_END_EVENT)
			return object;
		if (r->event.type != YAML_SCALAR_EVENT)
			return fail(r, "a member's name must be a plain text"), NULL;
		const char *name = arena_strdup(r->arena, (const char *)r->event.data.scalar.value);
		if (strcmp(name, "<<") == 0)
			return fail(r, "merge keys are not read"), NULL;
		if (strlen(name) != r->event.data.scalar.length || json_get(object, name) != NULL)
			return fail(r, arena_printf(r->arena, "a member stands twice: %.60s", name)), NULL;
		const char *below = arena_printf(r->arena, "%s%s%s", path, *path != '\0' ? "." : "", name);
		note(r, below);
		if (!next(r))
			return NULL;
		struct json *v = read_value(r, below, depth + 1);
		if (v == NULL)
			return NULL;
		json_set(r->arena, object, name, v);
	}
	return NULL;
}

/* The value that the current event begins. */
static struct json *
read_value(struct reading *r, const char *path, size_t depth)
{
	const yaml_char_t *anchor = NULL, *tag = NULL;

	if (r->event.type == YAML_SCALAR_EVENT)
		anchor = r->event.data.scalar.anchor, tag = r->event.data.scalar.tag;
	else if (r->event.type == YAML_SEQUENCE_START_EVENT)
		anchor = r->event.data.sequence_start.anchor, tag = r->event.data.sequence_start.tag;
	else if (r->event.type == YAML_MAPPING_START_EVENT)
		anchor = r->event.data.mapping_start.anchor, tag = r->event.data.mapping_start.tag;
	if (anchor != NULL || r->event.type == YAML_ALIAS_EVENT)
		return fail(r, "anchors and aliases are not read: write it out"), NULL;
	if (tag != NULL)
		return fail(r, "tags are not read: put texts in quotes"), NULL;
	if (depth > JSON_DEPTH || ++r->values > VALUES_MAX)
		return fail(r, depth > JSON_DEPTH ? "nested too deeply" : "too many values"), NULL;
	note(r, path);
	switch (r->event.type) {
	case YAML_SCALAR_EVENT:
		return read_scalar(r);
	case YAML_SEQUENCE_START_EVENT:
		return read_sequence(r, path, depth);
	case YAML_MAPPING_START_EVENT:
		return read_mapping(r, path, depth);
	default:
		return fail(r, "a value is missing"), NULL;
	}
}

/* One document, and nothing behind it. */
static struct json *
read_document(struct reading *r)
{
	struct json *v = NULL;

	if (!next(r) || !next(r))	/* the stream, the document */
		return NULL;
	if (r->event.type != YAML_DOCUMENT_START_EVENT)
		return fail(r, "the file is empty"), NULL;
	if (!next(r) || (v = read_value(r, "", 0)) == NULL)
		return NULL;
	if (!next(r) || !next(r))
		return NULL;
	if (r->event.type != YAML_STREAM_END_EVENT)
		return fail(r, "a second document begins"), NULL;
	return v;
}

struct json *
yaml_parse(struct arena *a, const char *text, size_t len, struct yaml_lines **lines, struct json_error *err)
{
	struct json_error own;
	struct reading r = { .arena = a, .err = err != NULL ? err : &own };
	struct json *v;

	*r.err = (struct json_error){ "there is no memory", 1 };
	r.lines = arena_alloc(a, sizeof(*r.lines));
	if (yaml_parser_initialize(&r.parser) != 1)
		return NULL;
	yaml_parser_set_input_string(&r.parser, (const unsigned char *)text, len);
	v = read_document(&r);
	if (r.held)
		yaml_event_delete(&r.event);
	yaml_parser_delete(&r.parser);
	if (lines != NULL)
		*lines = r.lines;
	return v;
}

size_t
yaml_line_of(const struct yaml_lines *l, const char *path)
{
	size_t line = 0;

	/* Noted twice, as a member and as its value, newest first: the member's is the line to show. */
	for (const struct place *p = l->first; p != NULL; p = p->next)
		if (strcmp(p->path, path) == 0)
			line = p->line;
	return line;
}
