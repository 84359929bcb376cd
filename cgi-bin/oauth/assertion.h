/* assertion.h: a client that proves itself by a signed JWT (private_key_jwt: RFC 7523 3, OpenID Connect Core 9). */
#ifndef OAUTH_ASSERTION_H
#define OAUTH_ASSERTION_H

#include "oauth/error.h"

struct arena;
struct client;
struct config;
struct json;
struct store;

#define ASSERTION_TYPE "urn:ietf:params:oauth:client-assertion-type:jwt-bearer"
#define ASSERTION_LIFE 300	/* seconds that one may still live when it comes */

/* Can this be a client's public key: a JWK, EC P-256 (ES256) or RSA of 3072 to 4096 bits (RS256), without private parts?
 * NULL if so, else a sentence. */
const char	*assertion_key_fault(struct arena *, const struct json *jwk);

/* The client that an assertion says it is from: its sub, not proven. NULL if it cannot be read. */
const char	*assertion_client(struct arena *, const char *text);

/* Prove it: signature, issuer and subject, audience (our public URL, or that of the token endpoint), life, and that it
 * comes for the first time. OAUTH_INVALID_CLIENT for whatever is wrong. */
enum oauth_error assertion_check(struct store *, struct arena *, const struct config *, const struct client *,
		    const char *text);

#endif
