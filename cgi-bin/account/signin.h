/* signin.h: the pages on which somebody proves who they are: login, one-time link, registration, logout.
 *
 * Whoever comes from an authorization request or from the page for a device's code carries that, sealed, in the field "request", and goes on to it afterwards. */
#ifndef ACCOUNT_SIGNIN_H
#define ACCOUNT_SIGNIN_H

#include <stdbool.h>

#include "oauth/authorize_request.h"

struct app;
struct request;
struct response;
struct visitor;

/* Route handlers. */
void	 signin_login(struct app *, const struct request *, struct response *);		/* GET, POST /login */
void	 signin_register(struct app *, const struct request *, struct response *);	/* GET, POST /register */
void	 signin_logout(struct app *, const struct request *, struct response *);	/* GET, POST /logout */

/* What the visitor goes on to afterwards; neither: the home page. */
struct onward {
	bool				 authorize;
	struct authorize_request	 request;	/* if authorize */
	const char			*user_code;	/* the page for a device's code; NULL if not there */
};

/* Answer with the login page. */
void	 signin_ask(struct app *, const struct request *, struct response *, const struct visitor *,
	    const struct onward *);

/* For the link to another account: what is carried, sealed. NULL if there is nothing. */
char	*signin_carry(struct app *, const struct request *, const struct onward *);

#endif
