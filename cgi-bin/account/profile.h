/* profile.h: what an owner changes about the account: password, language, sessions, and the end of it. */
#ifndef ACCOUNT_PROFILE_H
#define ACCOUNT_PROFILE_H

struct app;
struct request;
struct response;

/* Route handler: GET, POST /account. */
void	 profile_account(struct app *, const struct request *, struct response *);

#endif
