/* template.c: a table of placeholders; each says what it needs and where its value comes from. */
#include "endpoints/template.h"

#include <string.h>

#include "base/arena.h"
#include "base/buf.h"
#include "base/json.h"
#include "base/text.h"
#include "device/definition.h"
#include "device/device.h"
#include "device/state.h"
#include "endpoints/handler.h"
#include "endpoints/placeholder.h"
#include "base/banned.h"

#define TEXT_MAX ((size_t)256 << 10)

/* A placeholder as it stands in a text. */
struct found {
	const struct placeholder *row;
	const char	*path;		/* behind the first dot; NULL if there is none */
	size_t		 len;		/* of all, the dollar sign too */
};

/* How many letters stand at s. */
static size_t
letters(const char *s)
{
	size_t n = 0;

	while ((s[n] >= 'a' && s[n] <= 'z') || (s[n] >= 'A' && s[n] <= 'Z'))
		n++;
	return n;
}

/* How much of a path's part: letters, digits, _ and -. */
static size_t
part(const char *s)
{
	size_t n = 0, more;

	while ((more = letters(s + n)) > 0 || (s[n] >= '0' && s[n] <= '9') || s[n] == '_' || s[n] == '-')
		n += more > 0 ? more : 1;
	return n;
}

/* The placeholder that begins at s, which is a dollar sign. row NULL: there is none of that name. */
static struct found
read_placeholder(struct arena *a, const char *s)
{
	size_t name = letters(s + 1), len = 1 + name;
	struct found f = { .row = placeholder_find(s + 1, name), .path = NULL };

	/* A dot that nothing follows ends a sentence. A device's component may stand in front of an attribute. */
	while (name > 0 && s[len] == '.' && part(s + len + 1) > 0) {
		len += 1 + part(s + len + 1);
		if (s[len] == '/' && f.row != NULL && f.row->slash && part(s + len + 1) > 0)
			len += 1 + part(s + len + 1);
	}
	f.len = len;
	if (len > 1 + name)
		f.path = arena_strndup(a, s + 1 + name + 1, len - name - 2);
	return f;
}

/* --- checking --- */

static void
check_text(struct definition *d, const char *path, const char *text, unsigned about)
{
	for (const char *s = strchr(text, '$'); s != NULL && d->why == NULL; s = strchr(s, '$')) {
		if (s[1] == '$') {
			s += 2;
			continue;
		}
		struct found f = read_placeholder(d->scratch, s);
		if (f.row == NULL)
			definition_fault(d, path, "no such placeholder: %.*s (a dollar sign is $$)", text_cut(s, (int)f.len), s);
		else if ((f.row->about & about) != f.row->about)
			definition_fault(d, path, "%.*s has no meaning here", (int)f.len, s);
		else if ((f.path != NULL) != (f.row->path == PATH_MUST) && f.row->path != PATH_MAY)
			definition_fault(d, path, f.path != NULL ? "%.*s: nothing stands behind $%s" : "%.*s: what of $%s?", (int)f.len,
			    s, f.row->name);
		s += f.len;
	}
}

void
template_check(struct definition *d, const char *path, const struct json *v, unsigned about)
{
	size_t n = 0;

	if (json_type(v) == JSON_STRING)
		check_text(d, path, json_string(v), about);
	for (const struct json *m = json_first(v); m != NULL && d->why == NULL; m = json_next(m), n++)
		template_check(d, json_name(m) != NULL ? definition_path(d, path, json_name(m)) :
		    arena_printf(d->scratch, "%s.%zu", path, n), m, about);
}

bool
template_is_dynamic(const struct json *v)
{
	if (json_type(v) == JSON_STRING)
		return strchr(json_string(v), '$') != NULL;
	for (const struct json *m = json_first(v); m != NULL; m = json_next(m))
		if (template_is_dynamic(m))
			return true;
	return false;
}

/* What is there in one text. */
static unsigned
text_needs(struct arena *a, const char *text)
{
	unsigned needs = 0;

	for (const char *s = strchr(text, '$'); s != NULL; s = strchr(s, '$')) {
		struct found f = { .len = 2 };
		if (s[1] != '$')
			f = read_placeholder(a, s);
		if (f.row != NULL)
			needs |= f.row->about | (f.row->about == ABOUT_RESULT && f.path != NULL ? ABOUT_PARTS_OF_RESULT : 0);
		s += f.len;
	}
	return needs;
}

unsigned
template_needs(struct arena *a, const struct json *v)
{
	unsigned needs = json_string(v) != NULL ? text_needs(a, json_string(v)) : 0;

	for (const struct json *m = json_first(v); m != NULL; m = json_next(m))
		needs |= template_needs(a, m);
	return needs;
}

/* --- filling in --- */

static const struct json *
value_of(const struct template_scope *t, const struct found *f)
{
	return f->row != NULL ? f->row->value(t, f->row, f->path) : NULL;
}

/* A value among words. */
static const char *
as_text(struct arena *a, const struct json *v)
{
	if (v == NULL || json_type(v) == JSON_NULL)
		return "";
	return json_string(v) != NULL ? json_string(v) : json_print(a, v);
}

char *
template_text(const struct template_scope *t, const char *text, enum template_escape escape)
{
	struct arena *a = t->execution->arena;
	struct buf out = buf_new(a, TEXT_MAX);

	while (*text != '\0') {
		size_t words = strcspn(text, "$");
		buf_add(&out, text, words);
		text += words;
		if (*text == '\0')
			break;
		if (text[1] == '$') {
			buf_char(&out, '$');
			text += 2;
			continue;
		}
		struct found f = read_placeholder(a, text);
		const char *value = as_text(a, value_of(t, &f));
		if (escape == ESCAPE_HTML)
			buf_html(&out, value);
		else
			buf_text(&out, value);
		text += f.len;
	}
	return out.data;
}

static struct json *
expand_text(const struct template_scope *t, const struct json *template)
{
	struct arena *a = t->execution->arena;
	const char *text = json_string(template);

	if (strchr(text, '$') == NULL)
		return json_share(a, template);
	if (*text == '$' && text[1] != '$') {
		struct found f = read_placeholder(a, text);
		if (text[f.len] == '\0') {
			const struct json *v = value_of(t, &f);
			return v != NULL ? json_share(a, v) : json_new_null(a);
		}
	}
	return json_new_string(a, template_text(t, text, ESCAPE_NOTHING));
}

struct json *
template_expand(const struct template_scope *t, const struct json *v)
{
	struct arena *a = t->execution->arena;
	struct json *out;

	switch (json_type(v)) {
	case JSON_STRING:
		return expand_text(t, v);
	case JSON_OBJECT:
		out = json_object(a);
		for (const struct json *m = json_first(v); m != NULL; m = json_next(m))
			json_set(a, out, json_name(m), template_expand(t, m));
		return out;
	case JSON_ARRAY:
		out = json_array(a);
		for (const struct json *m = json_first(v); m != NULL; m = json_next(m))
			json_append(a, out, template_expand(t, m));
		return out;
	case JSON_NONE:
		return json_new_null(a);
	default:
		return json_share(a, v);
	}
}
