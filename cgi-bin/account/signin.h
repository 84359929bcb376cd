/* signin.h: the pages on which somebody proves who they are: login, one-time link, registration, logout.
 *
 * Whoever comes from an authorization request carries it, sealed, in the field "request", and goes on to it afterwards. */
#ifndef ACCOUNT_SIGNIN_H
#define ACCOUNT_SIGNIN_H

struct app;
struct authorize_request;
struct request;
struct response;
struct visitor;

/* Route handlers. */
void	 signin_login(struct app *, const struct request *, struct response *);		/* GET, POST /login */
void	 signin_register(struct app *, const struct request *, struct response *);	/* GET, POST /register */
void	 signin_logout(struct app *, const struct request *, struct response *);	/* GET, POST /logout */

/* Answer with the login page; on: what the visitor wants to go on to, or NULL for the home page. */
void	 signin_ask(struct app *, const struct request *, struct response *, const struct visitor *,
	    const struct authorize_request *on);

#endif
