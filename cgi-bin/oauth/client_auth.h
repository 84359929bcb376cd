/* client_auth.h: how a client proves who it is at the token endpoint (RFC 6749 2.3.1): Basic, in the body, both,
 * or by a signed assertion (RFC 7523). */
#ifndef OAUTH_CLIENT_AUTH_H
#define OAUTH_CLIENT_AUTH_H

#include <stdbool.h>

#include "db/store.h"
#include "oauth/client.h"
#include "oauth/error.h"

struct arena;
struct config;

/* What came with the request; NULL for what did not. */
struct client_credentials {
	const char	*authorization;	/* the header's value */
	const char	*id, *secret;	/* client_id and client_secret of the body */
	const char	*assertion_type, *assertion;	/* client_assertion_type, client_assertion */
};

/* OAUTH_OK: *c is the client, proven. OAUTH_INVALID_CLIENT: unknown or wrong, never said which.
 * OAUTH_INVALID_REQUEST: two methods that disagree, or that the client may not mix: only a client registered with "any"
 * may send both, and then the same id and secret in both (SmartThings does). */
enum oauth_error client_authenticate(struct store *, struct arena *, const struct config *,
		    const struct client_credentials *, struct client *c);

#endif
