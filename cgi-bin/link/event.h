/* event.h: what a vendor posts to a link's hook: is it the vendor, and what does it say of which device? */
#ifndef LINK_EVENT_H
#define LINK_EVENT_H

#include <stdbool.h>
#include <stddef.h>

struct arena;
struct json;
struct links;

struct event_post {
	const char		*link, *token;	/* as the address has them */
	const struct json	*query;		/* parameters of the address, but for the token: an object of texts */
	const struct json	*form;		/* of a body that is a form; NULL: it is none */
	const char		*body;
	size_t			 len;
	/* A header of the request by its name; NULL if it has none. */
	const char		*(*header)(void *arg, const char *name);
	void			*arg;
};

enum event_verdict {
	EVENT_TAKEN,
	EVENT_CHALLENGE,	/* the vendor wants to see whether the address is ours: echo is to be answered, and nothing else */
	EVENT_STRANGER,		/* no such link, another token, a signature that is not right */
	EVENT_MALFORMED,	/* the body is no JSON */
	EVENT_UNAVAILABLE,	/* the store */
};

#define EVENT_ECHO_MAX	200	/* bytes of a challenge */
#define EVENTS_MAX	200	/* of one post; what is over is found by a look */

enum event_verdict event_take(const struct links *, struct arena *, const struct event_post *, const char **echo);

#endif
