/* jwt_codec.h: JSON Web Tokens in compact form, ES256, type at+jwt (RFC 7515, 9068): signing and proving, no meaning.
 *
 * libjwt holds the claims while a token is made. It neither writes nor accepts the type at+jwt and reads the key
 * anew at each call, so signing and proving are OpenSSL's, with the keys of the keyring. */
#ifndef OAUTH_JWT_CODEC_H
#define OAUTH_JWT_CODEC_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct arena;
struct json;
struct keyring;

#define JWT_MAX 8192	/* bytes of a token; longer ones are refused before anything is decoded */

/* The string claims of a token, and its two times. */
struct jwt_claim { const char *name, *value; };

/* A signed token. claims ends with name NULL. NULL if the library fails. */
char		*jwt_make(struct arena *, const struct keyring *, const struct jwt_claim *claims, int64_t issued,
		    int64_t expires);

/* The claims of a token whose form, algorithm, type and signature are right, as JSON text; NULL otherwise. Times,
 * issuer and audience are the caller's to judge. */
const char	*jwt_prove(struct arena *, const struct keyring *, const char *token, size_t len);

#endif
