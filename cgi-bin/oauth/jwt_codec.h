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
struct evp_pkey_st;
struct json;
struct keyring;

#define JWT_MAX 8192	/* bytes of a token; longer ones are refused before anything is decoded */

/* The string claims of a token, and its two times. */
struct jwt_claim { const char *name, *value; };

/* A signed token. claims ends with name NULL. NULL if the library fails. */
char		*jwt_make(struct arena *, const struct keyring *, const struct jwt_claim *claims, int64_t issued,
		    int64_t expires);

/* A token in its parts, nothing proven yet. */
struct jwt_parts {
	const struct json	*header;
	const char		*claims;	/* JSON text, not read yet */
	const char		*text;		/* what the signature is over */
	size_t			 text_len;
	const unsigned char	*signature;
	size_t			 signature_len;
};

/* Take a token apart, strictly: at most JWT_MAX bytes, three pieces of base64url, a header that is JSON. */
bool		 jwt_take_apart(struct arena *, const char *token, size_t len, struct jwt_parts *);

/* Is the signature the key's, by ES256 or RS256 (RFC 7518 3.3, 3.4)? The key's kind must be the algorithm's. */
bool		 jwt_signed_by(const struct jwt_parts *, struct evp_pkey_st *key, const char *alg);

/* The claims of a token whose form, algorithm, type and signature are right, as JSON text; NULL otherwise. Times,
 * issuer and audience are the caller's to judge. */
const char	*jwt_prove(struct arena *, const struct keyring *, const char *token, size_t len);

#endif
