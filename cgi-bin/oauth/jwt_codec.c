/* jwt_codec.c: header.payload.signature. */
#include "oauth/jwt_codec.h"

#include <jwt.h>
#include <openssl/ecdsa.h>
#include <openssl/evp.h>
#include <stdlib.h>
#include <string.h>

#include "base/arena.h"
#include "base/json.h"
#include "base/secret.h"
#include "oauth/keyring.h"
#include "base/banned.h"

#define HALF 32			/* bytes of r and of s on P-256 */
#define DER_MAX 80		/* bytes of both as DER */

/* --- signing --- */

/* OpenSSL signs in DER; JWS wants r and s side by side (RFC 7518 3.4). */
static bool
sign(EVP_PKEY *key, const char *text, size_t len, unsigned char raw[2 * HALF])
{
	unsigned char der[DER_MAX];
	const unsigned char *p = der;
	size_t der_len = sizeof(der);
	ECDSA_SIG *sig = NULL;
	EVP_MD_CTX *ctx = EVP_MD_CTX_new();
	bool ok = false;

	if (ctx == NULL || EVP_DigestSignInit(ctx, NULL, EVP_sha256(), NULL, key) != 1 ||
	    EVP_DigestSign(ctx, der, &der_len, (const unsigned char *)text, len) != 1 ||
	    (sig = d2i_ECDSA_SIG(NULL, &p, (long)der_len)) == NULL)
		goto out;
	ok = BN_bn2binpad(ECDSA_SIG_get0_r(sig), raw, HALF) == HALF &&
	    BN_bn2binpad(ECDSA_SIG_get0_s(sig), raw + HALF, HALF) == HALF;
out:
	ECDSA_SIG_free(sig);
	EVP_MD_CTX_free(ctx);
	return ok;
}

/* The payload as JSON text in the arena; NULL if the library fails. */
static char *
payload(struct arena *a, const struct jwt_claim *claims, int64_t issued, int64_t expires)
{
	char *text = NULL, *json = NULL;
	jwt_t *jwt = NULL;

	if (jwt_new(&jwt) != 0)
		return NULL;
	for (; claims->name != NULL; claims++)
		if (jwt_add_grant(jwt, claims->name, claims->value) != 0)
			goto out;
	if (jwt_add_grant_int(jwt, "iat", (long)issued) != 0 || jwt_add_grant_int(jwt, "exp", (long)expires) != 0 ||
	    (json = jwt_get_grants_json(jwt, NULL)) == NULL)
		goto out;
	text = arena_strdup(a, json);
out:
	free(json);
	jwt_free(jwt);
	return text;
}

char *
jwt_make(struct arena *a, const struct keyring *ring, const struct jwt_claim *claims, int64_t issued, int64_t expires)
{
	const char *kid;
	unsigned char raw[2 * HALF];
	EVP_PKEY *key = keyring_signer(ring, &kid);
	char *header = arena_printf(a, "{\"alg\":\"ES256\",\"typ\":\"at+jwt\",\"kid\":\"%s\"}", kid);
	char *body = payload(a, claims, issued, expires);

	if (body == NULL)
		return NULL;
	char *text = arena_printf(a, "%s.%s", secret_base64url(a, header, strlen(header)),
	    secret_base64url(a, body, strlen(body)));
	if (!sign(key, text, strlen(text), raw))
		return NULL;
	return arena_printf(a, "%s.%s", text, secret_base64url(a, raw, sizeof(raw)));
}

/* --- proving --- */

static bool
prove(EVP_PKEY *key, const char *text, size_t len, const unsigned char raw[2 * HALF])
{
	unsigned char der[DER_MAX], *p = der;
	BIGNUM *r = BN_bin2bn(raw, HALF, NULL), *s = BN_bin2bn(raw + HALF, HALF, NULL);
	ECDSA_SIG *sig = ECDSA_SIG_new();
	EVP_MD_CTX *ctx = EVP_MD_CTX_new();
	bool ok = false;

	if (r == NULL || s == NULL || sig == NULL || ctx == NULL || ECDSA_SIG_set0(sig, r, s) != 1)
		goto out;
	r = s = NULL;	/* sig's now */
	int der_len = i2d_ECDSA_SIG(sig, &p);
	ok = der_len > 0 && EVP_DigestVerifyInit(ctx, NULL, EVP_sha256(), NULL, key) == 1 &&
	    EVP_DigestVerify(ctx, der, (size_t)der_len, (const unsigned char *)text, len) == 1;
out:
	BN_free(r);
	BN_free(s);
	ECDSA_SIG_free(sig);
	EVP_MD_CTX_free(ctx);
	return ok;
}

/* The key that the header asks for, if it asks for exactly what we make: nothing in it is obeyed. */
static EVP_PKEY *
key_for(struct arena *a, const struct keyring *ring, const char *text, size_t len)
{
	size_t n;
	unsigned char *decoded = secret_from_base64url(a, text, len, &n);
	struct json *header = decoded != NULL ? json_parse(a, (const char *)decoded, n, NULL) : NULL;
	const char *alg = json_get_string(header, "alg"), *typ = json_get_string(header, "typ");
	const char *kid = json_get_string(header, "kid");

	if (alg == NULL || typ == NULL || kid == NULL || strcmp(alg, "ES256") != 0 || strcmp(typ, "at+jwt") != 0)
		return NULL;
	if (json_count(header) != 3)	/* crit, b64, jwk, jku, x5u and the like: never ours */
		return NULL;
	return keyring_find(ring, kid);
}

const char *
jwt_prove(struct arena *a, const struct keyring *ring, const char *token, size_t len)
{
	if (len > JWT_MAX || memchr(token, '\0', len) != NULL)
		return NULL;
	const char *dot = memchr(token, '.', len), *end = token + len;
	const char *dot2 = dot != NULL ? memchr(dot + 1, '.', (size_t)(end - dot - 1)) : NULL;
	if (dot2 == NULL)
		return NULL;
	size_t raw_len, claims_len;
	EVP_PKEY *key = key_for(a, ring, token, (size_t)(dot - token));
	unsigned char *raw = secret_from_base64url(a, dot2 + 1, (size_t)(end - dot2 - 1), &raw_len);
	if (key == NULL || raw == NULL || raw_len != 2 * HALF || !prove(key, token, (size_t)(dot2 - token), raw))
		return NULL;
	unsigned char *claims = secret_from_base64url(a, dot + 1, (size_t)(dot2 - dot - 1), &claims_len);
	if (claims == NULL || memchr(claims, '\0', claims_len) != NULL)
		return NULL;
	return (const char *)claims;
}
