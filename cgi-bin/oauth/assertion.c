/* assertion.c: JWK in, key out; claims judged one by one; each jti once. */
#include "oauth/assertion.h"

#include <openssl/core_names.h>
#include <openssl/evp.h>
#include <openssl/param_build.h>
#include <string.h>

#include "base/arena.h"
#include "base/clock.h"
#include "base/config.h"
#include "base/json.h"
#include "base/secret.h"
#include "db/record.h"
#include "oauth/client.h"
#include "oauth/jwt_codec.h"
#include "base/banned.h"

#define RSA_LEAST (3072 / 8)	/* bytes: 128 bits of security (NIST SP 800-57) */
#define RSA_MOST (4096 / 8)
#define COORDINATE 32
#define LEEWAY 60	/* seconds that the client's clock may be ahead */
#define JTI_MAX 200

/* --- keys --- */

static unsigned char *
member(struct arena *a, const struct json *jwk, const char *name, size_t *len)
{
	const char *text = json_get_string(jwk, name);

	return text != NULL ? secret_from_base64url(a, text, strlen(text), len) : NULL;
}

static EVP_PKEY *
from_params(const char *kind, OSSL_PARAM_BLD *bld)
{
	EVP_PKEY *key = NULL;
	OSSL_PARAM *params = OSSL_PARAM_BLD_to_param(bld);
	EVP_PKEY_CTX *ctx = EVP_PKEY_CTX_new_from_name(NULL, kind, NULL);

	if (params != NULL && ctx != NULL && EVP_PKEY_fromdata_init(ctx) == 1 &&
	    EVP_PKEY_fromdata(ctx, &key, EVP_PKEY_PUBLIC_KEY, params) != 1)
		key = NULL;
	EVP_PKEY_CTX_free(ctx);
	OSSL_PARAM_free(params);
	return key;
}

static EVP_PKEY *
ec_key(struct arena *a, const struct json *jwk)
{
	const char *crv = json_get_string(jwk, "crv");
	size_t nx = 0, ny = 0;
	unsigned char point[1 + 2 * COORDINATE] = { 4 };	/* uncompressed */
	unsigned char *x = member(a, jwk, "x", &nx), *y = member(a, jwk, "y", &ny);
	EVP_PKEY *key = NULL;

	if (crv == NULL || strcmp(crv, "P-256") != 0 || x == NULL || y == NULL || nx != COORDINATE || ny != COORDINATE)
		return NULL;
	memcpy(point + 1, x, COORDINATE);
	memcpy(point + 1 + COORDINATE, y, COORDINATE);
	OSSL_PARAM_BLD *bld = OSSL_PARAM_BLD_new();
	if (bld != NULL && OSSL_PARAM_BLD_push_utf8_string(bld, OSSL_PKEY_PARAM_GROUP_NAME, "prime256v1", 0) == 1 &&
	    OSSL_PARAM_BLD_push_octet_string(bld, OSSL_PKEY_PARAM_PUB_KEY, point, sizeof(point)) == 1)
		key = from_params("EC", bld);
	OSSL_PARAM_BLD_free(bld);
	return key;
}

static EVP_PKEY *
rsa_key(struct arena *a, const struct json *jwk)
{
	size_t nn = 0, ne = 0;
	unsigned char *n_bytes = member(a, jwk, "n", &nn), *e_bytes = member(a, jwk, "e", &ne);
	EVP_PKEY *key = NULL;

	if (n_bytes == NULL || e_bytes == NULL || nn < RSA_LEAST || nn > RSA_MOST || ne > 4)
		return NULL;
	BIGNUM *n = BN_bin2bn(n_bytes, (int)nn, NULL), *e = BN_bin2bn(e_bytes, (int)ne, NULL);
	OSSL_PARAM_BLD *bld = OSSL_PARAM_BLD_new();
	if (n != NULL && e != NULL && bld != NULL && OSSL_PARAM_BLD_push_BN(bld, OSSL_PKEY_PARAM_RSA_N, n) == 1 &&
	    OSSL_PARAM_BLD_push_BN(bld, OSSL_PKEY_PARAM_RSA_E, e) == 1)
		key = from_params("RSA", bld);
	OSSL_PARAM_BLD_free(bld);
	BN_free(n);
	BN_free(e);
	return key;
}

/* The key, and the one algorithm that goes with it. NULL if the JWK is not one that we take. */
static EVP_PKEY *
read_key(struct arena *a, const struct json *jwk, const char **alg)
{
	const char *kty = json_get_string(jwk, "kty"), *stated = json_get_string(jwk, "alg");

	if (kty == NULL)
		return NULL;
	*alg = strcmp(kty, "EC") == 0 ? "ES256" : "RS256";
	if (stated != NULL && strcmp(stated, *alg) != 0)
		return NULL;
	return strcmp(kty, "EC") == 0 ? ec_key(a, jwk) : strcmp(kty, "RSA") == 0 ? rsa_key(a, jwk) : NULL;
}

const char *
assertion_key_fault(struct arena *a, const struct json *jwk)
{
	const char *alg;

	if (json_get(jwk, "d") != NULL)
		return "this is a private key: give its public part only, and make a new one, as this one was shown";
	EVP_PKEY *key = read_key(a, jwk, &alg);
	if (key == NULL)
		return "not a public JWK of type EC P-256 or RSA (3072 to 4096 bits)";
	EVP_PKEY_free(key);
	return NULL;
}

/* --- assertions --- */

const char *
assertion_client(struct arena *a, const char *text)
{
	struct jwt_parts t;

	if (!jwt_take_apart(a, text, strnlen(text, JWT_MAX + 1), &t))
		return NULL;
	return json_get_string(json_parse(a, t.claims, strlen(t.claims), NULL), "sub");
}

static bool
is_for_us(struct arena *a, const struct config *c, const struct json *aud)
{
	static const char *const paths[] = { "", "/token", "/oauth/token" };

	for (size_t i = 0; i < sizeof(paths) / sizeof(paths[0]); i++) {
		char *ours = arena_printf(a, "%s%s", c->public_url, paths[i]);
		if (json_array_has(aud, ours) || (json_string(aud) != NULL && strcmp(json_string(aud), ours) == 0))
			return true;
	}
	return false;
}

static bool
claims_ok(struct arena *a, const struct config *config, const struct client *c, const struct json *claims)
{
	const char *iss = json_get_string(claims, "iss"), *sub = json_get_string(claims, "sub");
	const char *jti = json_get_string(claims, "jti");
	int64_t now = clock_sec();
	long long exp = json_get_int(claims, "exp", 0), iat = json_get_int(claims, "iat", now);

	return iss != NULL && sub != NULL && strcmp(iss, c->id) == 0 && strcmp(sub, c->id) == 0 &&
	    is_for_us(a, config, json_get(claims, "aud")) && exp > now && exp <= now + ASSERTION_LIFE && iat <= now + LEEWAY &&
	    json_get_int(claims, "nbf", iat) <= now + LEEWAY && jti != NULL && *jti != '\0' && strlen(jti) <= JTI_MAX;
}

struct first_use {
	const char	*key;
	int64_t		 expires;
	bool		 again;
};

static enum store_result
use(struct store_tx *tx, void *arg)
{
	struct first_use *u = arg;
	struct json *r;
	enum store_result result = record_tx_get(tx, u->key, &r);

	u->again = result == STORE_OK;
	return result == STORE_ABSENT ? record_tx_put(tx, u->key, record_new(store_tx_arena(tx)), u->expires) : result;
}

enum oauth_error
assertion_check(struct store *store, struct arena *a, const struct config *config, const struct client *c, const char *text)
{
	struct jwt_parts t;
	const char *alg = NULL, *stated;

	if (!jwt_take_apart(a, text, strnlen(text, JWT_MAX + 1), &t) || json_get(t.header, "crit") != NULL)
		return OAUTH_INVALID_CLIENT;
	EVP_PKEY *key = read_key(a, c->jwk, &alg);
	stated = json_get_string(t.header, "alg");
	bool proven = key != NULL && stated != NULL && strcmp(stated, alg) == 0 && jwt_signed_by(&t, key, alg);
	EVP_PKEY_free(key);
	const struct json *claims = json_parse(a, t.claims, strlen(t.claims), NULL);
	if (!proven || !claims_ok(a, config, c, claims))
		return OAUTH_INVALID_CLIENT;
	struct first_use u = { .expires = json_get_int(claims, "exp", 0) };
	u.key = record_key(a, "assertion", c->id, secret_digest(a, json_get_string(claims, "jti")), NULL);
	enum store_result r = store_run(store, a, use, &u);
	return r != STORE_OK ? OAUTH_TEMPORARILY_UNAVAILABLE : u.again ? OAUTH_INVALID_CLIENT : OAUTH_OK;
}
