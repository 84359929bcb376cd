/* session.h: a signed-in browser: a cookie, and a record that ends it when idle or old.
 *
 * The cookie's value is "<user>.<secret>"; the record "session/<user>/<hash of the secret>". The hash is the session's id:
 * whoever knows it can name the session, not use it. "sessions/<user>" lists them. */
#ifndef OAUTH_SESSION_H
#define OAUTH_SESSION_H

#include <stdint.h>

#include "db/store.h"
#include "oauth/user.h"

struct arena;
struct config;

#define SESSION_MAX 30	/* of one user: with one more, the oldest ends */

#define SESSION_COOKIE "gatehouse-session"

struct session {
	const char	*cookie;	/* its value: also what form tokens are made from; NULL from session_each */
	const char	*id;
	struct user	 user;		/* not from session_each */
	int64_t		 created, seen;	/* seconds */
	const char	*agent;		/* roughly which browser; NULL if unknown */
	const char	*remote;	/* the address that it began from */
};

/* Begin one for a user who has just proven who he is: always a new one (no fixation). agent may be NULL. */
enum store_result session_begin(struct store *, struct arena *, const struct config *, const struct user *,
		    const char *agent, const char *remote, struct session *);

/* The session of a cookie. STORE_ABSENT if there is none, if it has ended, or if the account is gone or disabled.
 * Each use moves its idle end, written at most once a minute. */
enum store_result session_find(struct store *, struct arena *, const struct config *, const char *cookie,
		    struct session *);

/* End it. Also OK if there is none. */
enum store_result session_end(struct store *, struct arena *, const char *cookie);

/* The same by user and id. */
enum store_result session_end_id(struct store *, struct arena *, const char *user, const char *id);

/* Calls fn for each session of a user that has not ended, the newest first; they live in arena. */
enum store_result session_each(struct store *, struct arena *, const struct user *,
		    void (*fn)(void *arg, const struct session *), void *arg);

#endif
