/* response.c: collect status, headers and body. */
#include "web/response.h"

#include <string.h>

#include "base/arena.h"
#include "base/json.h"
#include "base/log.h"
#include "web/form.h"
#include "base/banned.h"

struct response
response_new(struct arena *a)
{
	return (struct response){ .arena = a, .status = 200, .body = "" };
}

static bool
harmless(const char *s)
{
	for (; *s != '\0'; s++)
		if ((unsigned char)*s < 0x20 || *s == 0x7f)
			return false;
	return true;
}

void
response_header(struct response *w, const char *name, const char *value)
{
	if (!harmless(name) || !harmless(value)) {
		log_event(LOG_LEVEL_ERROR, "bad_header", "name=%.40s", name);
		return;
	}
	struct pair *p = arena_alloc(w->arena, sizeof(*p));
	p->name = arena_strdup(w->arena, name);
	p->value = arena_strdup(w->arena, value);
	p->next = w->headers;
	w->headers = p;
}

/* Take a header out: a later body replaces an earlier one whole. */
static void
drop(struct response *w, const char *name)
{
	for (struct pair **p = &w->headers; *p != NULL;)
		if (strcmp((*p)->name, name) == 0)
			*p = (*p)->next;
		else
			p = &(*p)->next;
}

void
response_body(struct response *w, int status, const char *content_type, const char *body, size_t len)
{
	static const char *const fixed[][2] = {
		{ "Cache-Control", "no-store" },
		{ "X-Content-Type-Options", "nosniff" },
		/* Opened in a browser by itself, data is no page: it loads nothing and stands in no frame. */
		{ "Content-Security-Policy", "default-src 'none'; frame-ancestors 'none'" },
	};

	w->status = status;
	w->body = body;
	w->body_len = len;
	drop(w, "Content-Type");
	response_header(w, "Content-Type", content_type);
	for (size_t i = 0; i < sizeof(fixed) / sizeof(fixed[0]); i++) {
		drop(w, fixed[i][0]);
		response_header(w, fixed[i][0], fixed[i][1]);
	}
}

void
response_json(struct response *w, int status, const struct json *json)
{
	const char *text = json_print(w->arena, json);

	response_body(w, status, "application/json", text, strlen(text));
}

void
response_text(struct response *w, int status, const char *text)
{
	response_body(w, status, "text/plain; charset=utf-8", text, strlen(text));
}

void
response_cache(struct response *w, const char *value)
{
	drop(w, "Cache-Control");
	response_header(w, "Cache-Control", value);
}

void
response_policy(struct response *w, const char *value)
{
	drop(w, "Content-Security-Policy");
	response_header(w, "Content-Security-Policy", value);
}

void
response_wait(struct response *w, const char *bell, unsigned reading, int64_t ms)
{
	w->bell = arena_strdup(w->arena, bell);
	w->reading = reading;
	w->wait_ms = ms;
}

void
response_redirect(struct response *w, const char *url)
{
	response_body(w, 303, "text/plain; charset=utf-8", "", 0);
	response_header(w, "Location", url);
	/* The address we come from may hold the request's parameters. */
	response_header(w, "Referrer-Policy", "no-referrer");
}
