/* onward.h: where somebody goes once signed in: to an authorization request, to the page for a device's code, or home.
 *
 * It travels through the pages on the way, sealed, in the field "request": nothing is written for who is not signed in. */
#ifndef ACCOUNT_ONWARD_H
#define ACCOUNT_ONWARD_H

#include <stdbool.h>

#include "oauth/authorize_request.h"

struct app;
struct json;
struct request;
struct response;
struct user;

struct onward {
	bool				 authorize;
	struct authorize_request	 request;	/* if authorize */
	const char			*user_code;	/* the page for a device's code; NULL if not there */
};

/* What the visitor carries, from the form or the query. */
struct onward	 onward_read(struct app *, const struct request *);

/* As it is carried, sealed. NULL if there is nothing. */
char		*onward_carry(struct app *, const struct request *, const struct onward *);

/* The data of a page on the way: what is carried, and for whom it is. */
struct json	*onward_data(struct app *, const struct request *, const struct onward *);

/* The address, without a host, so that one who came by another name of this machine stays there. */
const char	*onward_path(struct app *, const struct request *, const struct onward *);

/* Begin a session for one who has proven all that is asked for, and go there. */
void		 onward_enter(struct app *, const struct request *, struct response *, const struct user *,
		    const struct onward *);

#endif
