/* call.h: one call to the server at its public URL, kept on the wire. */
#ifndef SIM_CALL_H
#define SIM_CALL_H

#include <stdbool.h>

#include "sim/wire.h"

struct json;
struct mask;
struct sim;

/* What came of it. */
struct reply {
	int		 status;	/* 0 = no answer */
	const char	*body;		/* never NULL */
	const struct json *json;	/* NULL if it is none */
	const char	*why;		/* of status 0 */
	struct exchange	 exchange;	/* for call_keep */
};

/* POST body to path. headers: name, value, ..., NULL; NULL = none but the usual. Never takes long: 4 s a call, and none is
 * begun once a request has lasted for 9 s (the web server waits for 15). */
void		 call_make(struct sim *, const char *kind, const char *path, bool form, const char *const *headers,
		    const char *body, struct reply *);

/* Keep it with what was learned. Secrets that the home does not hold are in more (NULL = none). issuing: the answer hands
 * out secrets (mask.h). False if the store does not take it. */
bool		 call_keep(struct sim *, struct reply *, const char *body, const struct mask *more, bool issuing, home_fn,
		    void *arg);

/* The address of one of our own pages, for others. */
char		*call_url(const struct sim *, const char *path);

#endif
