/* login.h: an owner's login at a vendor: what is remembered while their browser is there, and what comes back with it.
 *
 * Record "link-login/<hash of the state>": good once, for LOGIN_LIFE, for the session that it was made in, or for the installed
 * SmartApp (link/app_login.h). */
#ifndef LINK_LOGIN_H
#define LINK_LOGIN_H

#include <stdbool.h>
#include <stdint.h>

#include "db/store.h"
#include "link/link.h"

struct arena;
struct connector;
struct json;

#define LOGIN_LIFE 600	/* seconds */

struct login {
	const char		*user;
	const char		*link;		/* NULL: that of the installed app, which may have to be made */
	const char		*session;	/* id of the browser's; NULL: it is an installed app's */
	const char		*connector;	/* id; with installed */
	const char		*installed;	/* the installed app; NULL: it is a browser's */
	const char		*redirect_uri;	/* where the vendor sends the browser; NULL: vendor_redirect_uri */
	const char		*verifier;	/* of PKCE; login_begin makes it where the connector wants one; NULL = none */
	const struct json	*extra;		/* further parameters that came to /oauth/initialize: an object; NULL = none */
};

/* Remember a login and say where the browser goes. */
enum store_result login_begin(const struct links *, struct arena *, const struct connector *, const struct login *, char **url);

/* What a state stands for, once: STORE_ABSENT if nothing, or not any more. */
enum store_result login_take(struct store *, struct arena *, const char *state, struct login *);

/* Exchange the code for tokens and make the link a linked one, within so many ms. iss is who the answer says it is from (RFC 9207;
 * NULL: nobody): where the connector knows its vendor's name and this is another, the code goes to nobody. NULL if it is linked;
 * else a text's key, and the vendor's own word for it in *refused (NULL = none). Nothing of the link has changed then. */
const char	*login_finish(const struct links *, struct arena *, const struct login *, const char *code, const char *iss,
		    int64_t within, const char **refused);

/* May a login through that installed app (NULL: by its owner) change this link? Owners always; an app a link that nobody has
 * logged in for, or that it has itself. */
bool		 login_may(const struct link *, const char *installed);

#endif
