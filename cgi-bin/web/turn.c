/* turn.c: reads a request, finds who answers it, writes the answer in one piece. */
#include "web/turn.h"

#include <stdlib.h>
#include <string.h>

#include "base/arena.h"
#include "base/buf.h"
#include "base/clock.h"
#include "base/log.h"
#include "base/metrics.h"
#include "base/text.h"
#include "web/form.h"
#include "base/banned.h"

#define ARENA_LIMIT ((size_t)64 << 20)	/* above what 256 KiB can cause: JSON takes 24 bytes a byte, printing it as much again */
#define HEAD_MAX ((size_t)64 << 10)

/* --- the request --- */

/* The body's length as the web server states it; -1 if it states nonsense. */
static long long
stated_length(const struct wire *w)
{
	const char *v = wire_variable(w, "CONTENT_LENGTH");
	long long n;

	if (v == NULL || *v == '\0')
		return 0;
	return text_to_int(v, 0, 1LL << 40, &n) ? n : -1;
}

/* The row for a path; the last one, whose path is NULL, if there is none. */
static const struct route *
find_route(const struct route *r, const char *path)
{
	for (; r->path != NULL; r++) {
		size_t n = strlen(r->path);
		if (strcmp(r->path, path) == 0 || (n > 1 && r->path[n - 1] == '/' && strncmp(r->path, path, n) == 0))
			break;
	}
	return r;
}

/* Read the request. 0, or the status to refuse with; rq is usable in both cases. */
static int
take(struct wire *w, struct request *rq, size_t max_body, struct arena *a)
{
	const char *const *env = wire_env(w);
	long long len = stated_length(w);

	if (len < 0 || (unsigned long long)len > max_body) {
		int bad = request_parse(rq, a, env, "", 0);
		return len < 0 ? 400 : bad != 0 ? bad : 413;
	}
	char *body = arena_alloc(a, (size_t)len + 1);
	size_t got = wire_read(w, body, (size_t)len);
	int bad = request_parse(rq, a, env, body, got);
	return got == (size_t)len || bad != 0 ? bad : 400;
}

struct turn *
turn_new(const struct program *program, struct app *app)
{
	struct turn *t = calloc(1, sizeof(*t));

	if (t == NULL)
		return NULL;
	*t = (struct turn){ .wire = wire_new(), .arena = arena_new(ARENA_LIMIT), .program = program, .app = app };
	if (t->wire == NULL) {
		turn_free(t);
		return NULL;
	}
	return t;
}

void
turn_free(struct turn *t)
{
	if (t->wire != NULL)
		wire_free(t->wire);
	arena_free(t->arena);
	free(t);
}

void
turn_begin(struct turn *t, bool hurry)
{
	t->came = clock_steady_us();
	t->tried = false;
	t->refused = take(t->wire, &t->rq, t->program->max_body, t->arena);
	t->rq.hurry = hurry;
	t->route = find_route(t->program->routes, t->rq.path);
	if (t->route->path == NULL && t->refused == 0)
		t->refused = 404;
	else if (t->refused == 0 && !text_list_has(t->route->methods, " ", t->rq.method))
		t->refused = 405;
}

/* --- who answers it --- */

static void
refuse(struct turn *t, int status)
{
	static const struct { int status; const char *why; } whys[] = {
		{ 400, "The request is malformed." },
		{ 404, "There is nothing at this address." },
		{ 405, "This address does not take that method." },
		{ 413, "The request's body is too large." },
		{ 414, "The request's address is too long." },
		{ 503, "It cannot be stored now; nothing was changed." },
	};
	const char *why = "The request cannot be answered.";

	for (size_t i = 0; i < sizeof(whys) / sizeof(whys[0]); i++)
		if (whys[i].status == status)
			why = whys[i].why;
	t->rs.status = status;
	if (status == 405)
		response_header(&t->rs, "Allow", t->route->methods);
	if (status == 503)
		response_header(&t->rs, "Retry-After", "1");
	t->route->refuse(t->app, &t->rq, &t->rs, status, why);
	t->rs.status = status;
}

bool
turn_try(struct turn *t)
{
	t->rs = response_new(t->arena);
	/* 0 is the first try's alone. */
	t->asked = clock_steady_ms();
	int64_t waited = turn_age(t);
	t->rq.waited = !t->tried ? 0 : waited > 0 ? waited : 1;
	t->tried = true;
	log_request(t->rq.id);
	if (t->refused != 0)
		refuse(t, t->refused);
	else
		t->route->handler(t->app, &t->rq, &t->rs);
	log_request(NULL);
	return t->rs.bell == NULL || t->rq.hurry;
}

int64_t
turn_age(const struct turn *t)
{
	return (clock_steady_us() - t->came) / 1000;
}

int64_t
turn_left(const struct turn *t)
{
	return t->asked + t->rs.wait_ms - clock_steady_ms();
}

void
turn_undo(struct turn *t)
{
	const char *before = log_request(t->rq.id);
	log_event(LOG_LEVEL_ERROR, "undone", "path=%.100s detail=\"the disk did not take what the answer rested on\"", t->route->path);
	log_request(before);
	t->rs = response_new(t->arena);
	refuse(t, 503);
}

/* --- the answer --- */

/* Headers were collected newest first; they leave in the order in which they were set. */
static void
write_headers(struct buf *head, const struct pair *p)
{
	if (p == NULL)
		return;
	write_headers(head, p->next);
	buf_text(head, p->name);
	buf_text(head, ": ");
	buf_text(head, p->value);
	buf_text(head, "\r\n");
}

static void
reply(struct wire *w, const struct response *rs, bool body)
{
	struct buf head = buf_new(rs->arena, HEAD_MAX);

	buf_printf(&head, "Status: %d\r\n", rs->status);
	write_headers(&head, rs->headers);
	if (rs->status != 204 && rs->status != 304)
		buf_printf(&head, "Content-Length: %zu\r\n", rs->body_len);
	buf_text(&head, "\r\n");
	/* The work is done whether or not the client still listens. */
	if (!wire_write(w, head.data, head.len) || (body && !wire_write(w, rs->body, rs->body_len)))
		log_event(LOG_LEVEL_DEBUG, "client_gone", "status=%d", rs->status);
}

/* Into the figures. A route is known by its place in the program's table: what counts it need not be looked up each time. */
static void
count(const char *route, int status, int64_t us)
{
	static struct seen { const char *route; int status; struct metric *requests, *seconds; } all[16];
	struct seen *s = &all[((uintptr_t)route / sizeof(void *) + (unsigned)status) % (sizeof(all) / sizeof(all[0]))];

	if (s->requests == NULL || s->route != route || s->status != status)
		*s = (struct seen){ route, status, metric_of(METRIC_REQUESTS, "route=\"%s\",status=\"%d\"", route, status),
		    metric_of(METRIC_REQUEST_SECONDS, "route=\"%s\"", route) };
	metric_add(s->requests, 1);
	metric_observe(s->seconds, us);
}

bool
turn_finish(struct turn *t)
{
	const char *sent = wire_variable(t->wire, "REQUEST_METHOD"), *route = t->route->path != NULL ? t->route->path : "-";
	const char *before = log_request(t->rq.id);

	log_event(LOG_LEVEL_DEBUG, "request", "method=%s path=%.100s status=%d", t->rq.method, route, t->rs.status);
	if (t->rq.id_is_ours)	/* lighttpd has no ids: it puts down what it reads here */
		response_header(&t->rs, "X-Request-Id", t->rq.id);
	reply(t->wire, &t->rs, sent == NULL || strcmp(sent, "HEAD") != 0);
	count(route, t->rs.status, clock_steady_us() - t->came);
	log_request(before);
	bool sent_all = wire_close(t->wire);
	arena_reset(t->arena);
	return sent_all;
}
