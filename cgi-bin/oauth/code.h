/* code.h: authorization codes (RFC 6749 4.1): made at consent, redeemed once, replay revokes what they gave.
 *
 * The text is base64url(user id | 16 random bytes); the record "code/<user>/<hash of the text>" holds what was agreed. */
#ifndef OAUTH_CODE_H
#define OAUTH_CODE_H

#include <stdbool.h>
#include <stdint.h>

#include "db/store.h"
#include "oauth/error.h"

struct arena;
struct client;
struct config;
struct grant;
struct json;

struct code {
	const char	*client, *user;
	const char	*redirect_uri;	/* as it came in the request */
	const char	*challenge;	/* NULL if there was none */
	const char	*scope;
	const struct json *devices;	/* array of ids */
	bool		 include_new;	/* see struct grant */
	const struct json *left_out;
	const struct json *preferences;
};

/* Write a code that lives config's code_ttl. consent names the page that was answered: *again says that it was answered
 * before, and then there is no code. */
enum store_result code_issue(struct store *, struct arena *, const struct config *, const struct code *,
		    const char *consent, const char **text, bool *again);

/* Redeem: OAUTH_OK fills in a new grant whose refresh token has sequence 1. Of a code that was used already the
 * grant is revoked (RFC 6749 4.1.2); one presented with a wrong redirect_uri or verifier is burnt. */
enum oauth_error code_redeem(struct store *, struct arena *, const struct config *, const struct client *,
		    const char *text, const char *redirect_uri, const char *verifier, struct grant *);

#endif
