/* second_step.h: from the first proof to the session: the code of a second factor, where the account has one, or the making of
 * one, where the configuration demands it. Until then there is no session, and a page in between opens nothing. */
#ifndef ACCOUNT_SECOND_STEP_H
#define ACCOUNT_SECOND_STEP_H

struct app;
struct onward;
struct request;
struct response;
struct user;
struct visitor;

enum first_step { FIRST_PASSWORD, FIRST_LINK, FIRST_REGISTRATION };

/* Somebody has proven the first: ask for the second, or, where none is wanted, sign in and go on. */
void	 second_step_begin(struct app *, const struct request *, struct response *, const struct visitor *, const struct user *,
	    enum first_step, const struct onward *);

/* Answer the form of that page, which was found to be ours (POST /login with a field "step"). */
void	 second_step_answer(struct app *, const struct request *, struct response *, const struct visitor *,
	    const struct onward *);

#endif
