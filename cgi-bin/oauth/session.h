/* session.h: a signed-in browser: a cookie, and a record that ends it when idle or old.
 *
 * The cookie's value is "<user>.<secret>"; the record "session/<user>/<hash of the secret>". */
#ifndef OAUTH_SESSION_H
#define OAUTH_SESSION_H

#include <stdint.h>

#include "db/store.h"
#include "oauth/user.h"

struct arena;
struct config;

#define SESSION_COOKIE "gatehouse-session"

struct session {
	const char	*cookie;	/* its value: also what form tokens are made from */
	struct user	 user;
	int64_t		 created;	/* seconds */
};

/* Begin one for a user who has just proven who he is: always a new one (no fixation). */
enum store_result session_begin(struct store *, struct arena *, const struct config *, const struct user *,
		    struct session *);

/* The session of a cookie. STORE_ABSENT if there is none, if it has ended, or if the account is gone or disabled.
 * Each use moves its idle end, written at most once a minute. */
enum store_result session_find(struct store *, struct arena *, const struct config *, const char *cookie,
		    struct session *);

/* End it. Also OK if there is none. */
enum store_result session_end(struct store *, struct arena *, const char *cookie);

#endif
