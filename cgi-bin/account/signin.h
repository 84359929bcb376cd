/* signin.h: the pages on which somebody proves who they are: login, one-time link, registration, logout.
 *
 * Where whoever comes goes on to afterwards is account/onward.h's; what is asked for beside the password, account/second_step.h's. */
#ifndef ACCOUNT_SIGNIN_H
#define ACCOUNT_SIGNIN_H

struct app;
struct onward;
struct request;
struct response;
struct visitor;

/* Route handlers. */
void	 signin_login(struct app *, const struct request *, struct response *);		/* GET, POST /login */
void	 signin_register(struct app *, const struct request *, struct response *);	/* GET, POST /register */
void	 signin_logout(struct app *, const struct request *, struct response *);	/* GET, POST /logout */

/* Answer with the login page. */
void	 signin_ask(struct app *, const struct request *, struct response *, const struct visitor *,
	    const struct onward *);

#endif
