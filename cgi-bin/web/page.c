/* page.c: a small logic-free template language, escaping everything it puts in.
 *
 * long because: what loads a template and what renders it share a grammar that nobody else shall know. */
#include "web/page.h"

#include <ctype.h>
#include <dirent.h>
#include <errno.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/arena.h"
#include "base/buf.h"
#include "base/config.h"
#include "base/json.h"
#include "base/log.h"
#include "web/cookie.h"
#include "web/request.h"
#include "web/response.h"
#include "base/banned.h"

#define FILE_MAX ((size_t)256 << 10)
#define PAGE_MAX ((size_t)4 << 20)
#define NESTING 12

struct file {
	const char	*name, *text;	/* without its ending */
	struct file	*next;
};

struct page_set {
	struct file		*templates;
	struct json		*texts;		/* language -> object of texts */
	struct json		*words;		/* language -> kind -> object of words */
};

/* One rendering: the data in scope, innermost last. */
struct render {
	const struct page_set	*set;
	struct buf		*out;
	const struct json	*texts;
	const struct json	*scope[NESTING];
	size_t			 depth;
	bool			 plain;	/* the template is a text: its own characters are escaped too */
};

/* --- loading --- */

/* Call fn for each file of dir whose name ends in ending. False with *why if one fails. */
static bool
each_file(struct arena *a, const char *dir, const char *ending,
    bool (*fn)(struct arena *, struct page_set *, const char *, const char *, size_t, const char **),
    struct page_set *set, const char **why)
{
	DIR *d = opendir(dir);
	bool ok = true;

	if (d == NULL) {
		*why = arena_printf(a, "%s: %s", dir, strerror(errno));
		return false;
	}
	for (struct dirent *e; ok && (e = readdir(d)) != NULL;) {
		size_t n = strlen(e->d_name), m = strlen(ending), len;
		if (n <= m || strcmp(e->d_name + n - m, ending) != 0)
			continue;
		char *path = arena_printf(a, "%s/%s", dir, e->d_name);
		const char *text = config_read_file(a, path, FILE_MAX, &len);
		if (text == NULL) {
			*why = arena_printf(a, "%s: %s", path, strerror(errno));
			ok = false;
		} else
			ok = fn(a, set, arena_strndup(a, e->d_name, n - m), text, len, why);
	}
	closedir(d);
	return ok;
}

static bool
add_template(struct arena *a, struct page_set *set, const char *name, const char *text, size_t len, const char **why)
{
	struct file *f = arena_alloc(a, sizeof(*f));

	(void)len;
	(void)why;
	*f = (struct file){ name, text, set->templates };
	set->templates = f;
	return true;
}

static bool
add_language(struct arena *a, struct json *to, const char *folder, const char *name, const char *text, size_t len,
    const char **why)
{
	struct json_error err;
	struct json *v = json_parse(a, text, len, &err);

	if (v == NULL) {
		*why = arena_printf(a, "%s/%s.json:%zu: %s", folder, name, err.line, err.what);
		return false;
	}
	json_set(a, to, name, v);
	return true;
}

static bool
add_texts(struct arena *a, struct page_set *set, const char *name, const char *text, size_t len, const char **why)
{
	return add_language(a, set->texts, "text", name, text, len, why);
}

static bool
add_words(struct arena *a, struct page_set *set, const char *name, const char *text, size_t len, const char **why)
{
	return add_language(a, set->words, "words", name, text, len, why);
}

const struct page_set *
page_load(struct arena *a, const char *dir, const char **why)
{
	struct page_set *set = arena_alloc(a, sizeof(*set));

	set->texts = json_object(a);
	set->words = json_object(a);
	if (!each_file(a, dir, ".html", add_template, set, why) ||
	    !each_file(a, arena_printf(a, "%s/text", dir), ".json", add_texts, set, why) ||
	    !each_file(a, arena_printf(a, "%s/words", dir), ".json", add_words, set, why))
		return NULL;
	if (json_get(set->texts, "en") == NULL) {
		*why = arena_printf(a, "%s/text/en.json: not there", dir);
		return NULL;
	}
	return set;
}

static const char *
find_template(const struct page_set *set, const char *name)
{
	for (const struct file *f = set->templates; f != NULL; f = f->next)
		if (strcmp(f->name, name) == 0)
			return f->text;
	return NULL;
}

/* --- language --- */

static const char *
lower_case(struct arena *a, const char *s, size_t len)
{
	char *lower = arena_strndup(a, s, len);

	for (char *c = lower; *c != '\0'; c++)
		*c = (char)tolower((unsigned char)*c);
	return lower;
}

bool
page_has_language(const struct page_set *set, const char *language)
{
	return language != NULL && json_get(set->texts, language) != NULL;
}

const char *
page_language(const struct page_set *set, const struct request *rq)
{
	const char *s = request_header(rq, "Accept-Language"), *best = "en";
	const char *chosen = cookie_get(rq, PAGE_LANGUAGE_COOKIE);
	double best_q = 0;

	if (page_has_language(set, chosen))
		return chosen;
	while (s != NULL && *s != '\0') {
		s += strspn(s, ", \t");
		size_t item = strcspn(s, ","), tag = strcspn(s, ",;- \t");
		const char *q = memchr(s, '=', item);
		double weight = q != NULL ? strtod(q + 1, NULL) : 1;
		const struct json *texts = json_get(set->texts, lower_case(rq->arena, s, tag));
		if (texts != NULL && weight > best_q) {
			best = json_name(texts);
			best_q = weight;
		}
		s += item;
	}
	return best;
}

const char *
page_text(const struct page_set *set, const char *language, const char *key)
{
	const char *text = json_get_string(json_get(set->texts, language), key);

	if (text == NULL)
		log_event(LOG_LEVEL_ERROR, "text_missing", "key=%.60s", key);
	return text != NULL ? text : key;
}

const char *
page_word(const struct page_set *set, const char *language, const char *kind, const char *name)
{
	return json_get_string(json_get(json_get(set->words, language), kind), name);
}

/* --- rendering --- */

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

static void
put_value(struct render *r, const struct json *v)
{
	const char *s = json_string(v);

	if (s != NULL)
		buf_html(r->out, s);
	else if (json_type(v) == JSON_NUMBER || json_type(v) == JSON_BOOL)
		buf_text(r->out, json_print(r->out->arena, v));
}

static void
put_text(struct render *r, const char *key)
{
	const char *text = json_get_string(r->texts, key);
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
		if ((partial = find_template(r->set, tag + 1)) != NULL)
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
page_render(const struct page_set *set, struct arena *a, const char *name, const char *language, const struct json *data)
{
	const char *text = find_template(set, name);
	struct buf out = buf_new(a, PAGE_MAX);
	struct render r = { .set = set, .out = &out, .texts = json_get(set->texts, language), .scope = { data }, .depth = 1 };

	if (text == NULL)
		return NULL;
	render(&r, text, text + strlen(text));
	return out.data;
}

/* --- answering --- */

/* OWASP's set for pages; a form may lead to ourselves and, after consent, to the client. */
static void
set_headers(struct response *rs, const char *send_to, int secure)
{
	char *csp = arena_printf(rs->arena, "default-src 'none'; style-src 'self'; img-src 'self' data:; script-src 'self'; "
	    "connect-src 'self'; form-action 'self'%s%s; frame-ancestors 'none'; base-uri 'none'",
	    send_to != NULL ? " " : "", send_to != NULL ? send_to : "");

	response_header(rs, "Content-Security-Policy", csp);
	response_header(rs, "X-Frame-Options", "DENY");
	response_header(rs, "Referrer-Policy", "no-referrer");
	response_header(rs, "Cross-Origin-Opener-Policy", "same-origin");
	if (secure)
		response_header(rs, "Strict-Transport-Security", "max-age=31536000");
}

void
page_respond(const struct page_set *set, const struct request *rq, struct response *rs, int status, const char *name,
    struct json *data, const char *send_to, int secure)
{
	const char *asked = json_get_string(data, "lang");
	const char *language = page_has_language(set, asked) ? arena_strdup(rq->arena, asked) : page_language(set, rq);

	json_set_string(rq->arena, data, "lang", language);
	char *html = page_render(set, rq->arena, name, language, data);
	if (html == NULL) {
		log_event(LOG_LEVEL_ERROR, "template_missing", "name=%.60s", name);
		status = 500;
		html = "";
	}
	response_body(rs, status, "text/html; charset=utf-8", html, strlen(html));
	set_headers(rs, send_to, secure);
	response_header(rs, "Content-Language", language);
	response_header(rs, "Vary", "Accept-Language, Cookie");
}
