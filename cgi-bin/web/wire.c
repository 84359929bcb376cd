/* wire.c: the only file that knows libfcgi. */
#include "web/wire.h"

#include <fastcgi.h>
#include <fcgiapp.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "base/banned.h"

extern char **environ;

struct wire {
	FCGX_Request	 fr;
	FCGX_Stream	*in, *out;	/* both NULL for plain CGI */
	char		**env;
};

enum wire_kind
wire_kind(void)
{
	if (FCGX_Init() != 0)
		return WIRE_NONE;
	if (FCGX_IsCGI())
		return WIRE_CGI;
	int flags = fcntl(FCGI_LISTENSOCK_FILENO, F_GETFL);
	return fcntl(FCGI_LISTENSOCK_FILENO, F_SETFL, flags | O_NONBLOCK) == 0 ? WIRE_FASTCGI : WIRE_NONE;
}

int
wire_door(void)
{
	return FCGI_LISTENSOCK_FILENO;
}

struct wire *
wire_new(void)
{
	struct wire *w = calloc(1, sizeof(*w));

	if (w == NULL)
		return NULL;
	w->env = environ;
	FCGX_InitRequest(&w->fr, FCGI_LISTENSOCK_FILENO, FCGI_FAIL_ACCEPT_ON_INTR);
	return w;
}

void
wire_free(struct wire *w)
{
	FCGX_Free(&w->fr, 1);
	free(w);
}

enum wire_news
wire_accept(struct wire *w)
{
	int rc = FCGX_Accept_r(&w->fr);

	if (rc < 0)
		return rc == -EAGAIN || rc == -EWOULDBLOCK || rc == -EINTR ? WIRE_NOBODY : WIRE_CLOSED;
	w->in = w->fr.in;
	w->out = w->fr.out;
	w->env = w->fr.envp;
	return WIRE_REQUEST;
}

const char *const *
wire_env(const struct wire *w)
{
	return (const char *const *)w->env;
}

const char *
wire_variable(const struct wire *w, const char *name)
{
	return FCGX_GetParam(name, w->env);
}

size_t
wire_read(struct wire *w, char *data, size_t n)
{
	if (w->in == NULL)
		return fread(data, 1, n, stdin);
	int got = FCGX_GetStr(data, (int)n, w->in);
	return got > 0 ? (size_t)got : 0;
}

bool
wire_write(struct wire *w, const char *data, size_t n)
{
	if (w->out == NULL)
		return fwrite(data, 1, n, stdout) == n;
	return FCGX_PutStr(data, (int)n, w->out) == (int)n;
}

/* libfcgi says that it has ended, and waits for the web server to hang up, so as not to cut off what the other may still be sending. Where
 * all of that has come there is nothing to wait for: a request that is detached is just closed (FCGX_Free in libfcgi's fcgiapp.c). */
bool
wire_close(struct wire *w)
{
	char more;

	if (w->out == NULL)
		return fflush(stdout) == 0;
	if (FCGX_GetStr(&more, 1, w->in) == 0)
		FCGX_Detach(&w->fr);
	FCGX_Finish_r(&w->fr);
	return true;
}
