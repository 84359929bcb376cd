/* sessions.h: where an owner is signed in, and ending that from afar. Parts of the account page. */
#ifndef ACCOUNT_SESSIONS_H
#define ACCOUNT_SESSIONS_H

#include "db/store.h"

struct app;
struct arena;
struct json;
struct request;
struct response;
struct visitor;

/* The visitor's sessions as the page shows them, the newest first: array of {id, agent, remote, created, seen, current}. */
enum store_result sessions_list(struct app *, struct arena *, const struct visitor *, struct json **list);

/* Answer a form that was found to be ours: end the session that it names; end all but this one. */
void	 sessions_end(struct app *, const struct request *, struct response *, const struct visitor *);
void	 sessions_end_others(struct app *, const struct request *, struct response *, const struct visitor *);

#endif
