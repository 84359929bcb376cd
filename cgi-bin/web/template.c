/* template.c: one walk over the template's text; sections and other templates by recursion. */
#include "web/template.h"

#include <stdbool.h>
#include <string.h>

#include "base/arena.h"
#include "base/buf.h"
#include "base/json.h"
#include "base/log.h"
#include "base/banned.h"

#define PAGE_MAX ((size_t)4 << 20)
#define NESTING 12

/* One rendering: the data in scope, innermost last. */
struct render {
	const struct template_source	*source;
	struct buf			*out;
	const struct json		*scope[NESTING];
	size_t				 depth;
	bool				 plain;	/* the template is a text: its own characters are escaped too */
};

static void	 render(struct render *, const char *from, const char *to);

/* The value that a dotted name stands for, looked up from the innermost scope outwards. */
static const struct json *
look_up(const struct render *r, const char *name)
{
	size_t first = strcspn(name, ".");
	const struct json *v = NULL;

	if (strcmp(name, ".") == 0)
		return r->scope[r->depth - 1];
	char *head = arena_strndup(r->out->arena, name, first);
	for (size_t i = r->depth; i > 0 && v == NULL; i--)
		v = json_get(r->scope[i - 1], head);
	for (name += first; v != NULL && *name == '.'; name += first) {
		first = strcspn(++name, ".");
		v = json_get(v, arena_strndup(r->out->arena, name, first));
	}
	return v;
}

/* --- what is written from right to left --- */

#define ISOLATE "\xe2\x81\xa8"		/* U+2068 */
#define ISOLATE_END "\xe2\x81\xa9"	/* U+2069 */

/* Of U+2066 to U+2069: 1 opens an isolate, -1 ends one; 0 is anything else. */
static int
isolates(const char *s)
{
	if (strncmp(s, ISOLATE, 2) != 0)
		return 0;
	unsigned char last = (unsigned char)s[2];
	return last == 0xa9 ? -1 : last >= 0xa6 && last <= 0xa8;
}

/* Letters of Hebrew, Arabic and the like, and the characters that turn others round, U+202A to U+202E. */
static bool
turns_round(const char *s)
{
	for (; *s != '\0'; s++) {
		unsigned char c = (unsigned char)*s, last = c == 0xe2 && s[1] != '\0' ? (unsigned char)s[2] : 0;
		if ((c >= 0xd6 && c <= 0xdf) || isolates(s) != 0 || (s[1] == '\x80' && last >= 0xaa && last <= 0xae))
			return true;
	}
	return false;
}

/* A name inside a sentence, where no <bdi> can stand, as a sentence may be an attribute: it ends where it ends, whatever it
 * opens or closes itself (UAX 9 6.3). */
static void
put_isolated(struct render *r, const char *s)
{
	char *copy = arena_strdup(r->out->arena, s), *to = copy;
	int open = 0;

	while (*s != '\0') {
		int step = isolates(s);
		if (step != 0 && open + step < 0) {
			s += strlen(ISOLATE_END);
			continue;
		}
		open += step;
		*to++ = *s++;
	}
	*to = '\0';
	buf_text(r->out, ISOLATE);
	buf_html(r->out, copy);
	for (; open >= 0; open--)
		buf_text(r->out, ISOLATE_END);
}

static void
put_value(struct render *r, const struct json *v)
{
	const char *s = json_string(v);

	if (s != NULL && r->plain && turns_round(s))
		put_isolated(r, s);
	else if (s != NULL)
		buf_html(r->out, s);
	else if (json_type(v) == JSON_NUMBER || json_type(v) == JSON_BOOL)
		buf_text(r->out, json_print(r->out->arena, v));
}

static void
put_text(struct render *r, const char *key)
{
	const char *text = json_get_string(r->source->texts, key);
	bool plain = r->plain;

	if (text == NULL || plain) {
		log_event(LOG_LEVEL_ERROR, "text_missing", "key=%.60s", key);
		buf_html(r->out, key);
		return;
	}
	r->plain = true;
	render(r, text, text + strlen(text));
	r->plain = plain;
}

static bool
is_there(const struct json *v)
{
	const char *s = json_string(v);

	switch (json_type(v)) {
	case JSON_NONE: case JSON_NULL:	return false;
	case JSON_BOOL:			return json_bool(v, false);
	case JSON_STRING:		return *s != '\0';
	case JSON_ARRAY:		return json_first(v) != NULL;
	default:			return true;
	}
}

static void
put_section(struct render *r, const struct json *v, bool inverted, const char *from, const char *to)
{
	if (inverted || !is_there(v)) {
		if (inverted != is_there(v))
			render(r, from, to);
		return;
	}
	if (r->depth == NESTING)
		return;
	r->depth++;
	if (json_type(v) == JSON_ARRAY) {
		for (const struct json *e = json_first(v); e != NULL; e = json_next(e)) {
			r->scope[r->depth - 1] = e;
			render(r, from, to);
		}
	} else {
		r->scope[r->depth - 1] = v;
		render(r, from, to);
	}
	r->depth--;
}

/* Where the section called name ends: the "{{/name}}" that matches the one already open. NULL if it never does. */
static const char *
section_end(const char *from, const char *to, const char *name)
{
	size_t n = strlen(name), open = 1;

	for (const char *s = from; (s = memmem(s, (size_t)(to - s), "{{", 2)) != NULL; s += 2) {
		if ((size_t)(to - s) < n + 5)
			break;
		if (memcmp(s + 3, name, n) != 0 || memcmp(s + 3 + n, "}}", 2) != 0)
			continue;
		if (s[2] == '#' || s[2] == '^')
			open++;
		else if (s[2] == '/' && --open == 0)
			return s;
	}
	return NULL;
}

/* Carry out the tag whose inside is tag; what follows it starts at after. Returns where to go on. */
static const char *
put_tag(struct render *r, const char *tag, const char *after, const char *to)
{
	const char *end, *partial;

	switch (*tag) {
	case '#':
	case '^':
		if ((end = section_end(after, to, tag + 1)) == NULL) {
			log_event(LOG_LEVEL_ERROR, "template_open_section", "name=%.60s", tag + 1);
			return to;
		}
		put_section(r, look_up(r, tag + 1), *tag == '^', after, end);
		return end + strlen(tag) + 4;
	case '>':
		if ((partial = r->source->find(r->source->set, tag + 1)) != NULL)
			render(r, partial, partial + strlen(partial));
		else
			log_event(LOG_LEVEL_ERROR, "template_missing", "name=%.60s", tag + 1);
		return after;
	default:
		if (strncmp(tag, "t.*", 3) == 0) {
			const char *key = json_string(look_up(r, tag + 3));
			if (key != NULL)
				put_text(r, key);
		} else if (strncmp(tag, "t.", 2) == 0)
			put_text(r, tag + 2);
		else
			put_value(r, look_up(r, tag));
		return after;
	}
}

static void
put_literal(struct render *r, const char *from, const char *to)
{
	if (r->plain)
		buf_html(r->out, arena_strndup(r->out->arena, from, (size_t)(to - from)));
	else
		buf_add(r->out, from, (size_t)(to - from));
}

static void
render(struct render *r, const char *from, const char *to)
{
	while (from < to) {
		const char *open = memmem(from, (size_t)(to - from), "{{", 2);
		const char *close = open != NULL ? memmem(open, (size_t)(to - open), "}}", 2) : NULL;
		if (close == NULL) {
			put_literal(r, from, to);
			return;
		}
		put_literal(r, from, open);
		char *tag = arena_strndup(r->out->arena, open + 2, (size_t)(close - open - 2));
		from = put_tag(r, tag, close + 2, to);
	}
}

char *
template_render(const struct template_source *source, struct arena *a, const char *text, const struct json *data)
{
	struct buf out = buf_new(a, PAGE_MAX);
	struct render r = { .source = source, .out = &out, .scope = { data }, .depth = 1 };

	render(&r, text, text + strlen(text));
	return out.data;
}
