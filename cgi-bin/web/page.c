/* page.c: templates and texts, read once; which language a reader gets; an answer of them. */
#include "web/page.h"

#include <ctype.h>
#include <dirent.h>
#include <errno.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "base/arena.h"
#include "base/config.h"
#include "base/json.h"
#include "base/log.h"
#include "web/cookie.h"
#include "web/request.h"
#include "web/response.h"
#include "web/template.h"
#include "base/banned.h"

#define FILE_MAX ((size_t)256 << 10)

struct file {
	const char	*name, *text;	/* without its ending */
	struct file	*next;
};

struct page_set {
	struct file		*templates;
	struct json		*texts;		/* language -> object of texts */
	struct json		*words;		/* language -> kind -> object of words */
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

/* --- answering --- */

static const char *
find_template(const void *arg, const char *name)
{
	const struct page_set *set = arg;

	for (const struct file *f = set->templates; f != NULL; f = f->next)
		if (strcmp(f->name, name) == 0)
			return f->text;
	return NULL;
}

char *
page_render(const struct page_set *set, struct arena *a, const char *name, const char *language, const struct json *data)
{
	struct template_source source = { find_template, set, json_get(set->texts, language) };
	const char *text = find_template(set, name);

	return text != NULL ? template_render(&source, a, text, data) : NULL;
}

/* OWASP's set for pages; a form may lead to ourselves and, after consent, to the client. */
static void
set_headers(struct response *rs, const char *send_to, int secure)
{
	char *csp = arena_printf(rs->arena, "default-src 'none'; style-src 'self'; img-src 'self' data:; script-src 'self'; "
	    "connect-src 'self'; form-action 'self'%s%s; frame-ancestors 'none'; base-uri 'none'",
	    send_to != NULL ? " " : "", send_to != NULL ? send_to : "");

	response_policy(rs, csp);
	response_header(rs, "X-Frame-Options", "DENY");
	response_header(rs, "Referrer-Policy", "no-referrer");
	response_header(rs, "Cross-Origin-Opener-Policy", "same-origin");
	response_header(rs, "Cross-Origin-Resource-Policy", "same-origin");
	if (secure)
		response_header(rs, "Strict-Transport-Security", "max-age=31536000; includeSubDomains");
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
