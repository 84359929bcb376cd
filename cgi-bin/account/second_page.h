/* second_page.h: what sign-in and the account page share about a second factor: trying a code, setting one up, showing the
 * recovery codes. */
#ifndef ACCOUNT_SECOND_PAGE_H
#define ACCOUNT_SECOND_PAGE_H

#include <stdbool.h>

#include "oauth/second_factor.h"

struct app;
struct json;
struct request;
struct response;
struct user;
struct visitor;

/* Try the code of the form (field "code") for an account, counted before it is tried. False: the answer (429, 503) is made. */
bool	 second_page_try(struct app *, const struct request *, struct response *, const struct user *, enum second_factor_found *);

/* Answer with the page that shows a new secret and asks for its first code. data: what else the page carries; "login" in it: its
 * form goes to /login, not to /account. */
void	 second_page_enrol(struct app *, const struct request *, struct response *, const struct visitor *, const struct user *,
	    struct json *data);

/* The form of that page came (field "step"): switch the second factor on, if it was made for this browser. session: the user who
 * is signed in and must be the same; NULL on the way to a session. *u is the account as it is now. False: the answer is made. */
bool	 second_page_enrolled(struct app *, const struct request *, struct response *, const struct visitor *,
	    const struct user *session, struct json *data, struct user *u, struct json **recovery);

/* Answer with the page that shows recovery codes, once. onward: where it leads. */
void	 second_page_recovery(struct app *, const struct request *, struct response *, const struct visitor *, struct json *codes,
	    const char *onward);

#endif
