/* wire.h: where a request comes from and its answer goes to: one FastCGI connection after the other, or a CGI program's stdin and
 * stdout. */
#ifndef WEB_WIRE_H
#define WEB_WIRE_H

#include <stdbool.h>
#include <stddef.h>

struct wire;

/* How a process was started. */
enum wire_kind {
	WIRE_NONE,	/* it cannot be used at all */
	WIRE_FASTCGI,	/* wire_door is a socket that web servers connect to */
	WIRE_CGI,	/* there is one request, in the environment and on stdin */
};

enum wire_news {
	WIRE_REQUEST,
	WIRE_NOBODY,	/* nobody stands at the door (any more) */
	WIRE_CLOSED,	/* nobody ever will */
};

/* To be called once, before all others. */
enum wire_kind	 wire_kind(void);

/* The listening socket. It does not block: several processes have it, and all but one come too late for a connection. */
int		 wire_door(void);

/* NULL: there is no memory. Of a CGI program it has the request already. */
struct wire	*wire_new(void);
void		 wire_free(struct wire *);

/* Take the next connection and read the head of its request. */
enum wire_news	 wire_accept(struct wire *);

/* "NAME=value", NULL at the end; until wire_close. */
const char *const *wire_env(const struct wire *);

/* A variable of it: the first one of that name. NULL if there is none. */
const char	*wire_variable(const struct wire *, const char *name);

/* Up to n bytes of the body: fewer if it is over. */
size_t		 wire_read(struct wire *, char *data, size_t n);

/* False if nobody listens any more. */
bool		 wire_write(struct wire *, const char *data, size_t n);

/* The answer has been written: send what is left of it and hang up. False if it did not all go out. */
bool		 wire_close(struct wire *);

#endif
