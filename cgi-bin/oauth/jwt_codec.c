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

/* Ready to sign with this key, for the next signature too: OpenSSL looks for its ways to sign for longer than it takes to hash. */
static EVP_MD_CTX *
ready_for(EVP_PKEY *key)
{
	static EVP_MD_CTX *ready;
	static EVP_PKEY *of;

	if (of == key)
		return ready;
	EVP_MD_CTX_free(ready);
	EVP_PKEY_free(of);
	of = NULL;
	ready = EVP_MD_CTX_new();
	if (ready != NULL && EVP_DigestSignInit(ready, NULL, EVP_sha256(), NULL, key) == 1 && EVP_PKEY_up_ref(key) == 1)
		of = key;	/* ours as well: no other key can stand at its place */
	return of != NULL ? ready : NULL;
}

/* OpenSSL signs in DER; JWS wants r and s side by side (RFC 7518 3.4). */
static bool
sign(EVP_PKEY *key, const char *text, size_t len, unsigned char raw[2 * HALF])
{
	unsigned char der[DER_MAX];
	const unsigned char *p = der;
	size_t der_len = sizeof(der);
	ECDSA_SIG *sig = NULL;
	EVP_MD_CTX *ready = ready_for(key), *ctx = EVP_MD_CTX_new();
	bool ok = false;

	if (ready == NULL || ctx == NULL || EVP_MD_CTX_copy_ex(ctx, ready) != 1 ||
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

/* ES256: r and s side by side become what OpenSSL knows. */
static bool
to_der(const unsigned char raw[2 * HALF], unsigned char der[DER_MAX], size_t *len)
{
	unsigned char *p = der;
	BIGNUM *r = BN_bin2bn(raw, HALF, NULL), *s = BN_bin2bn(raw + HALF, HALF, NULL);
	ECDSA_SIG *sig = ECDSA_SIG_new();
	int n = -1;

	if (r != NULL && s != NULL && sig != NULL && ECDSA_SIG_set0(sig, r, s) == 1) {
		r = s = NULL;	/* sig's now */
		n = i2d_ECDSA_SIG(sig, &p);
	}
	BN_free(r);
	BN_free(s);
	ECDSA_SIG_free(sig);
	*len = n > 0 ? (size_t)n : 0;
	return n > 0;
}

bool
jwt_signed_by(const struct jwt_parts *t, EVP_PKEY *key, const char *alg)
{
	unsigned char der[DER_MAX];
	const unsigned char *signature = t->signature;
	size_t len = t->signature_len;

	if (strcmp(alg, "ES256") == 0) {
		if (EVP_PKEY_get_base_id(key) != EVP_PKEY_EC || len != 2 * HALF || !to_der(signature, der, &len))
			return false;
		signature = der;
	} else if (strcmp(alg, "RS256") != 0 || EVP_PKEY_get_base_id(key) != EVP_PKEY_RSA)
		return false;
	EVP_MD_CTX *ctx = EVP_MD_CTX_new();
	bool ok = ctx != NULL && EVP_DigestVerifyInit(ctx, NULL, EVP_sha256(), NULL, key) == 1 &&
	    EVP_DigestVerify(ctx, signature, len, (const unsigned char *)t->text, t->text_len) == 1;
	EVP_MD_CTX_free(ctx);
	return ok;
}

bool
jwt_take_apart(struct arena *a, const char *token, size_t len, struct jwt_parts *t)
{
	size_t header_len, claims_len;

	if (len > JWT_MAX || memchr(token, '\0', len) != NULL)
		return false;
	const char *dot = memchr(token, '.', len), *end = token + len;
	const char *dot2 = dot != NULL ? memchr(dot + 1, '.', (size_t)(end - dot - 1)) : NULL;
	if (dot2 == NULL)
		return false;
	const unsigned char *header = secret_from_base64url(a, token, (size_t)(dot - token), &header_len);
	const unsigned char *claims = secret_from_base64url(a, dot + 1, (size_t)(dot2 - dot - 1), &claims_len);
	*t = (struct jwt_parts){ .claims = (const char *)claims, .text = token, .text_len = (size_t)(dot2 - token) };
	t->signature = secret_from_base64url(a, dot2 + 1, (size_t)(end - dot2 - 1), &t->signature_len);
	if (header == NULL || claims == NULL || t->signature == NULL || memchr(claims, '\0', claims_len) != NULL)
		return false;
	t->header = json_parse(a, (const char *)header, header_len, NULL);
	return json_type(t->header) == JSON_OBJECT;
}

const char *
jwt_prove(struct arena *a, const struct keyring *ring, const char *token, size_t len)
{
	struct jwt_parts t;

	if (!jwt_take_apart(a, token, len, &t))
		return NULL;
	const char *alg = json_get_string(t.header, "alg"), *typ = json_get_string(t.header, "typ");
	const char *kid = json_get_string(t.header, "kid");
	/* Exactly what we make, and nothing more: no crit, b64, jwk, jku, x5u is ever obeyed. */
	if (alg == NULL || typ == NULL || kid == NULL || strcmp(alg, "ES256") != 0 || strcmp(typ, "at+jwt") != 0 ||
	    json_count(t.header) != 3)
		return NULL;
	EVP_PKEY *key = keyring_find(ring, kid);
	return key != NULL && jwt_signed_by(&t, key, alg) ? t.claims : NULL;
}
