/* serve.c: the only file that knows libfcgi.
 *
 * long because: it is the only one. */
#include "web/serve.h"

#include <fastcgi.h>
#include <fcgiapp.h>
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "base/arena.h"
#include "base/bell.h"
#include "base/buf.h"
#include "base/clock.h"
#include "base/json.h"
#include "base/log.h"
#include "base/metrics.h"
#include "base/text.h"
#include "web/form.h"
#include "web/request.h"
#include "web/response.h"
#include "base/banned.h"

#define ARENA_LIMIT ((size_t)64 << 20)	/* above what 256 KiB can cause: JSON takes 24 bytes a byte, printing it as much again */
#define HEAD_MAX ((size_t)64 << 10)

extern char **environ;

/* Where a request comes from and an answer goes to: a FastCGI stream, or stdin and stdout. */
struct wire {
	FCGX_Stream	*in, *out;	/* both NULL for plain CGI */
	char		**env;
};

/* libfcgi stops accepting once told; closing the listening socket too shuts the window between its check and its
 * accept(). */
static void
on_stop(int sig)
{
	(void)sig;
	FCGX_ShutdownPending();
	close(FCGI_LISTENSOCK_FILENO);
}

static size_t
wire_read(struct wire *w, char *data, size_t n)
{
	if (w->in == NULL)
		return fread(data, 1, n, stdin);
	int got = FCGX_GetStr(data, (int)n, w->in);
	return got > 0 ? (size_t)got : 0;
}

static bool
wire_write(struct wire *w, const char *data, size_t n)
{
	if (w->out == NULL)
		return fwrite(data, 1, n, stdout) == n;
	return FCGX_PutStr(data, (int)n, w->out) == (int)n;
}

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

/* The body's length as the web server states it; -1 if it states nonsense. */
static long long
stated_length(const struct wire *w)
{
	const char *v = FCGX_GetParam("CONTENT_LENGTH", w->env);
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

static void
refuse(struct app *app, const struct route *route, const struct request *rq, struct response *rs, int status)
{
	static const struct { int status; const char *why; } whys[] = {
		{ 400, "The request is malformed." },
		{ 404, "There is nothing at this address." },
		{ 405, "This address does not take that method." },
		{ 413, "The request's body is too large." },
		{ 414, "The request's address is too long." },
	};
	const char *why = "The request cannot be answered.";

	for (size_t i = 0; i < sizeof(whys) / sizeof(whys[0]); i++)
		if (whys[i].status == status)
			why = whys[i].why;
	rs->status = status;
	if (status == 405)
		response_header(rs, "Allow", route->methods);
	route->refuse(app, rq, rs, status, why);
	rs->status = status;
}

/* Read the request. 0, or the status to refuse with; rq is usable in both cases. */
static int
take(struct wire *w, struct request *rq, size_t max_body, struct arena *a)
{
	const char *const *env = (const char *const *)w->env;
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

/* One request from its coming to its answer. */
struct exchange {
	FCGX_Request	 fr;
	struct wire	 wire;
	struct arena	*arena;
	const struct program *program;
	struct app	*app;
	const struct route *route;
	struct request	 rq;
	struct response	 rs;
	int		 refused;	/* status that it is refused with; 0 = it is not */
	int64_t		 came;		/* ms of a clock that nobody moves */
	int64_t		 came_us;	/* the same, in microseconds of the machine's */
	int64_t		 asked;		/* the same, when its handler was called last */
	bool		 tried;		/* it was called already */
	struct exchange	*next;
};

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

static void
begin(struct exchange *e, struct wire wire, bool hurry)
{
	e->wire = wire;
	e->came = steady_ms();
	e->came_us = machine_us();
	e->tried = false;
	e->refused = take(&e->wire, &e->rq, e->program->max_body, e->arena);
	e->rq.hurry = hurry;
	e->route = find_route(e->program->routes, e->rq.path);
	if (e->route->path == NULL && e->refused == 0)
		e->refused = 404;
	else if (e->refused == 0 && !text_list_has(e->route->methods, " ", e->rq.method))
		e->refused = 405;
}

/* Try to answer. False if it has to wait. */
static bool
try(struct exchange *e)
{
	e->rs = response_new(e->arena);
	/* 0 is the first try's alone. */
	e->asked = steady_ms();
	int64_t waited = e->asked - e->came;
	e->rq.waited = !e->tried ? 0 : waited > 0 ? waited : 1;
	e->tried = true;
	log_request(e->rq.id);
	if (e->refused != 0)
		refuse(e->app, e->route, &e->rq, &e->rs, e->refused);
	else
		e->route->handler(e->app, &e->rq, &e->rs);
	log_request(NULL);
	return e->rs.bell == NULL || e->rq.hurry;
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

static void
finish(struct exchange *e)
{
	const char *sent = FCGX_GetParam("REQUEST_METHOD", e->wire.env), *route = e->route->path != NULL ? e->route->path : "-";

	log_request(e->rq.id);
	log_event(LOG_LEVEL_DEBUG, "request", "method=%s path=%.100s status=%d", e->rq.method, route, e->rs.status);
	if (e->rq.id_is_ours)	/* lighttpd has no ids: it puts down what it reads here */
		response_header(&e->rs, "X-Request-Id", e->rq.id);
	reply(&e->wire, &e->rs, sent == NULL || strcmp(sent, "HEAD") != 0);
	count(route, e->rs.status, machine_us() - e->came_us);
	log_request(NULL);
}

/* libfcgi says that it has ended, and waits for the web server to hang up, so as not to cut off what the other may still be sending. Where
 * all of that has come there is nothing to wait for: a request that is detached is just closed (FCGX_Free in libfcgi's fcgiapp.c). */
static void
hang_up(FCGX_Request *fr)
{
	char more;

	if (FCGX_GetStr(&more, 1, fr->in) == 0)
		FCGX_Detach(fr);
	FCGX_Finish_r(fr);
}

static const int stops[] = { SIGTERM, SIGUSR1 };	/* a person's or systemd's, and multiwatch's */

/* They may come only while we wait for a request: never as EINTR in a handler. */
static void
hold_stops(sigset_t *held, sigset_t *before)
{
	sigemptyset(held);
	for (size_t i = 0; i < sizeof(stops) / sizeof(stops[0]); i++)
		sigaddset(held, stops[i]);
	sigprocmask(SIG_BLOCK, held, before);
	for (size_t i = 0; i < sizeof(stops) / sizeof(stops[0]); i++)
		sigaction(stops[i], &(struct sigaction){ .sa_handler = on_stop }, NULL);
}

static void
accept_loop(struct exchange *e)
{
	sigset_t held, before;

	hold_stops(&held, &before);
	FCGX_InitRequest(&e->fr, FCGI_LISTENSOCK_FILENO, 0);
	for (;;) {
		sigprocmask(SIG_UNBLOCK, &held, NULL);
		int rc = FCGX_Accept_r(&e->fr);
		sigprocmask(SIG_BLOCK, &held, NULL);
		if (rc < 0)
			break;
		begin(e, (struct wire){ e->fr.in, e->fr.out, e->fr.envp }, true);
		try(e);
		finish(e);
		hang_up(&e->fr);
		arena_reset(e->arena);
	}
}

/* --- answers that wait --- */

struct waiting_room {
	const struct program	*program;
	struct app		*app;
	struct exchange		*waiting, *spare;
	size_t			 n, max;
};

/* One that is not in use. libfcgi keeps pointers into it: it never moves. */
static struct exchange *
room_take(struct waiting_room *room)
{
	struct exchange *e = room->spare;

	if (e != NULL) {
		room->spare = e->next;
		return e;
	}
	if ((e = calloc(1, sizeof(*e))) == NULL)
		return NULL;
	*e = (struct exchange){ .arena = arena_new(ARENA_LIMIT), .program = room->program, .app = room->app };
	FCGX_InitRequest(&e->fr, FCGI_LISTENSOCK_FILENO, FCGI_FAIL_ACCEPT_ON_INTR);
	return e;
}

static void
room_spare(struct waiting_room *room, struct exchange *e)
{
	arena_reset(e->arena);
	e->next = room->spare;
	room->spare = e;
}

/* Is there somebody at the door? Another process may have been quicker. False: it is closed. */
static bool
room_admit(struct waiting_room *room)
{
	struct exchange *e = room_take(room);

	if (e == NULL)
		return true;
	int rc = FCGX_Accept_r(&e->fr);
	if (rc < 0) {
		room_spare(room, e);
		return rc == -EAGAIN || rc == -EWOULDBLOCK || rc == -EINTR;
	}
	begin(e, (struct wire){ e->fr.in, e->fr.out, e->fr.envp }, room->n >= room->max);
	if (try(e)) {
		finish(e);
		hang_up(&e->fr);
		room_spare(room, e);
	} else {
		e->next = room->waiting;
		room->waiting = e;
		room->n++;
	}
	return true;
}

/* Look after those whose bell has rung or whose time has come; ms until the next of them, -1 if none waits. */
static int
room_look(struct waiting_room *room, bool hurry)
{
	int64_t soonest = -1;

	for (struct exchange **p = &room->waiting; *p != NULL;) {
		struct exchange *e = *p;
		int64_t left = e->asked + e->rs.wait_ms - steady_ms();
		e->rq.hurry = hurry;
		if ((hurry || left <= 0 || bell_reading(e->rs.bell) != e->rs.reading) && try(e)) {
			*p = e->next;
			room->n--;
			finish(e);
			hang_up(&e->fr);
			room_spare(room, e);
			continue;
		}
		left = e->asked + e->rs.wait_ms - steady_ms();
		left = left < 0 ? 0 : left;
		soonest = soonest < 0 || left < soonest ? left : soonest;
		p = &e->next;
	}
	return (int)(soonest > 1000 ? 1000 : soonest);	/* a ring may have got lost before the ear was there */
}

static void
patient_loop(struct waiting_room *room)
{
	sigset_t held, before;
	struct pollfd doors[2] = { { .fd = FCGI_LISTENSOCK_FILENO, .events = POLLIN }, { .events = POLLIN } };
	int flags = fcntl(FCGI_LISTENSOCK_FILENO, F_GETFL), ms;

	hold_stops(&held, &before);
	/* Several processes wake for one connection: who comes late must not stand at the door. */
	fcntl(FCGI_LISTENSOCK_FILENO, F_SETFL, flags | O_NONBLOCK);
	doors[1].fd = bell_fd();
	for (bool open = true; open;) {
		ms = room_look(room, false);
		struct timespec t = { ms / 1000, ms % 1000 * 1000000L };
		int ready = ppoll(doors, 2, ms < 0 ? NULL : &t, &before);
		if (ready < 0)
			open = fcntl(FCGI_LISTENSOCK_FILENO, F_GETFD) >= 0;	/* a signal closes it */
		else if (doors[0].revents & (POLLNVAL | POLLERR))
			open = false;
		else if (doors[0].revents & POLLIN)
			open = room_admit(room);
		if (ready > 0 && doors[1].revents & POLLIN)
			bell_hush();
	}
	room_look(room, true);
}

int
serve_patient(const struct program *program, struct app *app, size_t waiting)
{
	struct waiting_room room = { .program = program, .app = app, .max = waiting };

	if (FCGX_IsCGI() || FCGX_Init() != 0)
		return serve(program, app);
	patient_loop(&room);
	for (struct exchange *e; (e = room.spare) != NULL; free(e)) {
		room.spare = e->next;
		FCGX_Free(&e->fr, 1);
		arena_free(e->arena);
	}
	return 0;
}

/* From a shell there is nobody else to serve. */
static void
once(struct exchange *e)
{
	begin(e, (struct wire){ .env = environ }, false);
	while (!try(e))
		bell_wait(e->rs.bell, e->rs.reading, e->rs.wait_ms);
	finish(e);
}

int
serve(const struct program *program, struct app *app)
{
	struct exchange e = { .arena = arena_new(ARENA_LIMIT), .program = program, .app = app };
	int rc = 0;

	if (FCGX_Init() != 0)
		rc = 1;
	else if (FCGX_IsCGI()) {
		once(&e);
		rc = fflush(stdout) == 0 ? 0 : 1;
	} else
		accept_loop(&e);
	arena_free(e.arena);
	return rc;
}

void
serve_refuse_json(struct app *app, const struct request *rq, struct response *rs, int status, const char *why)
{
	static const struct { int status; const char *error; } names[] = {
		{ 401, "invalid_token" }, { 404, "not_found" }, { 405, "method_not_allowed" }, { 413, "payload_too_large" },
	};
	const char *error = "invalid_request";
	struct json *body = json_object(rs->arena);

	(void)app;
	(void)rq;
	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++)
		if (names[i].status == status)
			error = names[i].error;
	json_set_string(rs->arena, body, "error", error);
	json_set_string(rs->arena, body, "error_description", why);
	response_json(rs, status, body);
}
