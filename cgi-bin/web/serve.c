/* serve.c: the only file that knows libfcgi. */
#include "web/serve.h"

#include <fastcgi.h>
#include <fcgiapp.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/arena.h"
#include "base/buf.h"
#include "base/json.h"
#include "base/log.h"
#include "base/text.h"
#include "web/form.h"
#include "web/request.h"
#include "web/response.h"
#include "base/banned.h"

#define ARENA_LIMIT ((size_t)64 << 20)	/* above what 256 KiB can cause: cJSON takes 40 bytes a byte, printing as much again */
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
	buf_printf(head, "%s: %s\r\n", p->name, p->value);
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

static void
one(struct wire *w, const struct program *program, struct app *app, struct arena *a)
{
	struct request rq;
	struct response rs = response_new(a);
	const char *sent = FCGX_GetParam("REQUEST_METHOD", w->env);
	int status = take(w, &rq, program->max_body, a);
	const struct route *route = find_route(program->routes, rq.path);

	log_request(rq.id);
	if (route->path == NULL && status == 0)
		status = 404;
	else if (status == 0 && !text_list_has(route->methods, " ", rq.method))
		status = 405;
	if (status != 0)
		refuse(app, route, &rq, &rs, status);
	else
		route->handler(app, &rq, &rs);
	log_event(LOG_LEVEL_DEBUG, "request", "method=%s path=%.100s status=%d", rq.method,
	    route->path != NULL ? route->path : "-", rs.status);
	reply(w, &rs, sent == NULL || strcmp(sent, "HEAD") != 0);
	log_request(NULL);
}

static void
accept_loop(const struct program *program, struct app *app, struct arena *a)
{
	static const int signals[] = { SIGTERM, SIGUSR1 };	/* a person's or systemd's, and multiwatch's */
	sigset_t stop;
	FCGX_Request fr;

	/* They may come only while we wait for a request: never as EINTR in a handler. */
	sigemptyset(&stop);
	for (size_t i = 0; i < sizeof(signals) / sizeof(signals[0]); i++)
		sigaddset(&stop, signals[i]);
	sigprocmask(SIG_BLOCK, &stop, NULL);
	for (size_t i = 0; i < sizeof(signals) / sizeof(signals[0]); i++)
		sigaction(signals[i], &(struct sigaction){ .sa_handler = on_stop }, NULL);

	FCGX_InitRequest(&fr, FCGI_LISTENSOCK_FILENO, 0);
	for (;;) {
		sigprocmask(SIG_UNBLOCK, &stop, NULL);
		int rc = FCGX_Accept_r(&fr);
		sigprocmask(SIG_BLOCK, &stop, NULL);
		if (rc < 0)
			break;
		one(&(struct wire){ fr.in, fr.out, fr.envp }, program, app, a);
		FCGX_Finish_r(&fr);
		arena_reset(a);
	}
}

int
serve(const struct program *program, struct app *app)
{
	struct arena *a = arena_new(ARENA_LIMIT);
	int rc = 0;

	if (FCGX_Init() != 0)
		rc = 1;
	else if (FCGX_IsCGI()) {
		one(&(struct wire){ .env = environ }, program, app, a);
		rc = fflush(stdout) == 0 ? 0 : 1;
	} else
		accept_loop(program, app, a);
	arena_free(a);
	return rc;
}

void
serve_refuse_json(struct app *app, const struct request *rq, struct response *rs, int status, const char *why)
{
	static const struct { int status; const char *error; } names[] = {
		{ 404, "not_found" }, { 405, "method_not_allowed" }, { 413, "payload_too_large" },
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
