/* browser.c: fetch with a cookie jar, and a reader of our own pages' forms. */
#include "cli/browser.h"

#include <string.h>
#include <strings.h>

#include "base/arena.h"
#include "base/buf.h"
#include "base/config.h"
#include "base/json.h"
#include "cli/noun.h"
#include "cli/output.h"
#include "web/fetch.h"
#include "base/banned.h"

#define TEXT_MAX ((size_t)1 << 20)

bool
browser_open(struct browser *b, const struct cli *c, const char *key)
{
	static const struct fetch_limits limits = { .at_once = 1, .connect_ms = 5000, .total_ms = 20000,
	    .answer_max = (size_t)4 << 20 };

	*b = (struct browser){ .cli = c, .key = key, .cookies = json_object(c->arena), .fetcher = fetch_new(&limits) };
	if (b->fetcher == NULL)
		output_error("out of memory");
	return b->fetcher != NULL;
}

void
browser_close(struct browser *b)
{
	fetch_free(b->fetcher);
	b->fetcher = NULL;
}

/* --- cookies --- */

static char *
cookie_header(struct browser *b)
{
	struct buf text = buf_new(b->cli->arena, TEXT_MAX);

	buf_text(&text, "");
	for (const struct json *e = json_first(b->cookies); e != NULL; e = json_next(e))
		buf_printf(&text, "%s%s=%s", text.len > 0 ? "; " : "", json_name(e), json_string(e));
	return text.len > 0 ? text.data : NULL;
}

/* "Set-Cookie: name=value; ...": an empty value takes it away. */
static void
keep_cookie(struct browser *b, const char *line)
{
	struct arena *a = b->cli->arena;
	size_t name = strcspn(line, "=;\r\n"), value;

	if (line[name] != '=')
		return;
	value = strcspn(line + name + 1, ";\r\n");
	char *key = arena_strndup(a, line, name);
	json_set(a, b->cookies, key, NULL);
	if (value > 0)
		json_set_string(a, b->cookies, key, arena_strndup(a, line + name + 1, value));
}

static void
keep_cookies(struct browser *b, const char *head)
{
	static const char name[] = "set-cookie:";

	for (const char *line = head; *line != '\0'; line += strcspn(line, "\n"), line += *line == '\n')
		if (strncasecmp(line, name, sizeof(name) - 1) == 0) {
			line += sizeof(name) - 1;
			line += strspn(line, " \t");
			keep_cookie(b, line);
		}
}

/* --- going --- */

void
browser_go(struct browser *b, const char *url, const char *form)
{
	struct arena *a = b->cli->arena;
	const struct config *c = b->cli->config;
	const char *headers[8], *cookie = cookie_header(b);
	size_t n = 0;
	struct fetch_answer answer;

	if (*url == '/')
		url = arena_printf(a, "%s%s", c->public_url, url);
	const char *path = url + (strncmp(url, c->public_url, strlen(c->public_url)) == 0 ? strlen(c->public_url) : 0);
	if (cookie != NULL) {
		headers[n++] = "Cookie";
		headers[n++] = cookie;
	}
	if (b->key != NULL && strncmp(path, "/sim/", 5) == 0) {
		headers[n++] = "Authorization";
		headers[n++] = arena_printf(a, "Bearer %s", b->key);
	}
	if (form != NULL) {
		headers[n++] = "Content-Type";
		headers[n++] = "application/x-www-form-urlencoded";
	}
	headers[n] = NULL;
	struct fetch_request q = { .method = form != NULL ? "POST" : "GET", .url = url, .headers = headers, .body = form,
	    .len = form != NULL ? strlen(form) : 0, .loopback = strncmp(c->public_url, "http://", 7) == 0 };
	b->location = b->why = NULL;
	b->json = NULL;
	fetch_once(b->fetcher, a, &q, &answer);
	b->status = answer.status;
	b->body = answer.body;
	if (answer.status == 0) {
		b->why = answer.error;
		return;
	}
	b->location = fetch_header(a, &answer, "Location");
	b->json = json_parse(a, answer.body, answer.len, NULL);
	keep_cookies(b, answer.head);
}

/* --- reading pages --- */

/* Our own pages escape five characters, and no others. */
static char *
unescape(struct arena *a, const char *text, size_t len)
{
	static const struct { const char *name; char c; } names[] = {
		{ "&amp;", '&' }, { "&lt;", '<' }, { "&gt;", '>' }, { "&quot;", '"' }, { "&#39;", '\'' },
	};
	char *out = arena_alloc(a, len + 1), *to = out;

	for (size_t i = 0; i < len;) {
		size_t n = 1;
		*to = text[i];
		for (size_t k = 0; k < sizeof(names) / sizeof(names[0]); k++)
			if (strncmp(text + i, names[k].name, strlen(names[k].name)) == 0) {
				n = strlen(names[k].name);
				*to = names[k].c;
			}
		to++;
		i += n;
	}
	return out;
}

/* The value of the next input at or behind *at that is called so; *at moves behind it. NULL if there is none. */
static char *
next_value(struct browser *b, const char *name, const char **at)
{
	char *wanted = arena_printf(b->cli->arena, " name=\"%s\" value=\"", name);
	const char *found = strstr(*at, wanted);

	if (found == NULL)
		return NULL;
	found += strlen(wanted);
	size_t len = strcspn(found, "\"");
	*at = found + len;
	return unescape(b->cli->arena, found, len);
}

char *
browser_hidden(struct browser *b, const char *name)
{
	const char *at = b->body;

	return next_value(b, name, &at);
}

char *
browser_add(struct browser *b, const char *form, const char *name, const char *value)
{
	struct buf text = buf_new(b->cli->arena, TEXT_MAX);

	buf_printf(&text, "%s%s%s=", form, *form != '\0' ? "&" : "", name);
	buf_url(&text, value);
	return text.data;
}

char *
browser_tick(struct browser *b, char *form, const char *name, const struct json *only)
{
	const char *at = b->body;

	for (char *value; (value = next_value(b, name, &at)) != NULL;)
		if (only == NULL || json_array_has(only, value))
			form = browser_add(b, form, name, value);
	return form;
}
