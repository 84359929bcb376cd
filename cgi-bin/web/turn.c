/* turn.c: reads a request, finds who answers it, writes the answer in one piece. */
#include "web/turn.h"

#include <stdlib.h>
#include <string.h>
#include <time.h>

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

/* --- clocks --- */

static int64_t
machine_us(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return (int64_t)t.tv_sec * 1000000 + t.tv_nsec / 1000;
}

static int64_t
steady_ms(void)
{
	return clock_ms() - clock_offset();
}

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
	struct turn *e = calloc(1, sizeof(*e));

	if (e == NULL)
		return NULL;
	*e = (struct turn){ .wire = wire_new(), .arena = arena_new(ARENA_LIMIT), .program = program, .app = app };
	if (e->wire == NULL) {
		turn_free(e);
		return NULL;
	}
	return e;
}

void
turn_free(struct turn *e)
{
	if (e->wire != NULL)
		wire_free(e->wire);
	arena_free(e->arena);
	free(e);
}

void
turn_begin(struct turn *e, bool hurry)
{
	e->came = steady_ms();
	e->came_us = machine_us();
	e->tried = false;
	e->refused = take(e->wire, &e->rq, e->program->max_body, e->arena);
	e->rq.hurry = hurry;
	e->route = find_route(e->program->routes, e->rq.path);
	if (e->route->path == NULL && e->refused == 0)
		e->refused = 404;
	else if (e->refused == 0 && !text_list_has(e->route->methods, " ", e->rq.method))
		e->refused = 405;
}

/* --- who answers it --- */

static void
refuse(struct turn *e, int status)
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
	e->rs.status = status;
	if (status == 405)
		response_header(&e->rs, "Allow", e->route->methods);
	if (status == 503)
		response_header(&e->rs, "Retry-After", "1");
	e->route->refuse(e->app, &e->rq, &e->rs, status, why);
	e->rs.status = status;
}

bool
turn_try(struct turn *e)
{
	e->rs = response_new(e->arena);
	/* 0 is the first try's alone. */
	e->asked = steady_ms();
	int64_t waited = e->asked - e->came;
	e->rq.waited = !e->tried ? 0 : waited > 0 ? waited : 1;
	e->tried = true;
	log_request(e->rq.id);
	if (e->refused != 0)
		refuse(e, e->refused);
	else
		e->route->handler(e->app, &e->rq, &e->rs);
	log_request(NULL);
	return e->rs.bell == NULL || e->rq.hurry;
}

int64_t
turn_left(const struct turn *e)
{
	return e->asked + e->rs.wait_ms - steady_ms();
}

void
turn_undo(struct turn *e)
{
	const char *before = log_request(e->rq.id);
	log_event(LOG_LEVEL_ERROR, "undone", "path=%.100s detail=\"the disk did not take what the answer rested on\"", e->route->path);
	log_request(before);
	e->rs = response_new(e->arena);
	refuse(e, 503);
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
turn_finish(struct turn *e)
{
	const char *sent = wire_variable(e->wire, "REQUEST_METHOD"), *route = e->route->path != NULL ? e->route->path : "-";
	const char *before = log_request(e->rq.id);

	log_event(LOG_LEVEL_DEBUG, "request", "method=%s path=%.100s status=%d", e->rq.method, route, e->rs.status);
	if (e->rq.id_is_ours)	/* lighttpd has no ids: it puts down what it reads here */
		response_header(&e->rs, "X-Request-Id", e->rq.id);
	reply(e->wire, &e->rs, sent == NULL || strcmp(sent, "HEAD") != 0);
	count(route, e->rs.status, machine_us() - e->came_us);
	log_request(before);
	bool sent_all = wire_close(e->wire);
	arena_reset(e->arena);
	return sent_all;
}
