/* vendor.h: what we say to a vendor as its OAuth client (RFC 6749), and what its answers mean. */
#ifndef LINK_VENDOR_H
#define LINK_VENDOR_H

#include <stdbool.h>

struct arena;
struct config;
struct connector;
struct fetch_answer;
struct fetch_request;
struct links;
struct token_pair;

#define VENDOR_TOKEN_MAX 16384	/* bytes of a token: there are some of 8,000 */

/* Our redirect URI, the same for all vendors and users: of browsers' logins, and of those in SmartApps, which SmartThings brings
 * back to us. */
char	*vendor_redirect_uri(struct arena *, const struct config *);
char	*vendor_app_redirect_uri(struct arena *, const struct config *);

/* One login, as both requests of it must name it (RFC 6749 4.1.3, RFC 7636). */
struct vendor_login {
	const char	*redirect_uri;
	const char	*verifier;	/* of PKCE; NULL = none */
};

/* Where a browser goes to log in. The client's secret never stands there. */
char	*vendor_authorize_url(struct arena *, const struct connector *, const struct vendor_login *, const char *state);

/* The request that exchanges a code; a refresh token; that takes one back. NULL if it is fine, else why it cannot be made. */
const char *vendor_exchange(const struct links *, struct arena *, const struct connector *, const struct vendor_login *,
	    const char *code, struct fetch_request *);
const char *vendor_refresh(const struct links *, struct arena *, const struct connector *, const char *refresh,
	    struct fetch_request *);
const char *vendor_revoke(const struct links *, struct arena *, const struct connector *, const char *token,
	    struct fetch_request *);

/* Is it one of the connector's hosts? Sets what fetch wants to know. NULL if it may be called. */
const char *vendor_target(const struct links *, const struct connector *, struct fetch_request *);

/* The pair in an answer of the token endpoint. False if there is none. */
bool	 vendor_read_pair(struct arena *, const struct fetch_answer *, struct token_pair *);

enum vendor_refusal {
	VENDOR_TROUBLE,		/* no answer, 5xx, 429, nonsense: later, perhaps */
	VENDOR_VAGUE,		/* a refusal that does not say what of */
	VENDOR_SURE,		/* invalid_grant: this token or code is over (RFC 6749 5.2) */
};

/* What an answer means that has no pair in it. */
enum vendor_refusal vendor_refusal(struct arena *, const struct fetch_answer *);

/* Does it say that the access token is over, by the connector's rules? */
bool	 vendor_says_expired(struct arena *, const struct connector *, const struct fetch_answer *);

#endif
