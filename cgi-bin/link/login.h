/* login.h: an owner's login at a vendor: what is remembered while their browser is there, and what comes back with it.
 *
 * Record "link-login/<hash of the state>": good once, for LOGIN_LIFE, for the session that it was made in. */
#ifndef LINK_LOGIN_H
#define LINK_LOGIN_H

#include <stdint.h>

#include "db/store.h"
#include "link/link.h"

struct arena;
struct connector;
struct json;

#define LOGIN_LIFE 600	/* seconds */

struct login {
	const char		*user, *link;
	const char		*session;	/* id of the browser's */
	const char		*verifier;	/* of PKCE; NULL = none */
	const struct json	*extra;		/* further parameters that came to /oauth/initialize: an object */
};

/* Remember a login (verifier is made here) and say where the browser goes. */
enum store_result login_begin(const struct links *, struct arena *, const struct connector *, const struct login *, char **url);

/* What a state stands for, once: STORE_ABSENT if nothing, or not any more. */
enum store_result login_take(struct store *, struct arena *, const char *state, struct login *);

/* Exchange the code for tokens and make the link a linked one. NULL if it is one; else a text's key, and the vendor's own
 * word for it in *refused (NULL = none). Nothing of the link has changed then. */
const char	*login_finish(const struct links *, struct arena *, const struct login *, const char *code, const char **refused);

#endif
