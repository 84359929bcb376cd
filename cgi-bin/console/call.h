/* call.h: a request of a page's script: who asks, whether it may be believed, and answers in JSON. */
#ifndef CONSOLE_CALL_H
#define CONSOLE_CALL_H

#include <stdbool.h>

#include "account/visitor.h"
#include "account/words.h"

struct act_result;
struct app;
struct json;
struct request;
struct response;

struct call {
	struct app		*app;
	const struct request	*rq;
	struct response		*rs;
	struct visitor		 visitor;
	const char		*user, *id;
	struct words		 words;
	const struct json	*body;		/* of a POST */
};

/* Start one. False: the answer (401, 403, 400, 503) is made. */
bool	 call_begin(struct call *, struct app *, const struct request *, struct response *);

/* {"error","error_description"} in the reader's language; text is a key of html/text, detail and device may be NULL. */
void	 call_refuse(const struct call *, int status, const char *text, const char *detail, struct json *device);

/* The device that the call is about, as it is now, with status done; or what was wrong (result; NULL = nothing was). */
void	 call_answer(const struct call *, const struct act_result *, int done);

#endif
