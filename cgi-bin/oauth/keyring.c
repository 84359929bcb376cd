/* keyring.c: PEM files below ROOT/secret, a record that lists them, a memory of what was verified.
 * long because: the keys, their public form and that memory are one thing to their users. */
#include "oauth/keyring.h"

#include <openssl/core_names.h>
#include <openssl/evp.h>
#include <openssl/pem.h>
#include <stdlib.h>
#include <string.h>

#include "base/arena.h"
#include "base/clock.h"
#include "base/config.h"
#include "base/json.h"
#include "base/log.h"
#include "base/secret.h"
#include "db/record.h"
#include "base/banned.h"

#define LOOK_EVERY 5	/* seconds: a key that another process made is known after this time */
#define REMEMBERED 1024	/* slots; about 0.5 KiB each when in use */
#define COORDINATE 32	/* bytes of x and y on P-256 */

struct key {
	char		 kid[KEYRING_KID + 1];
	int64_t		 created, signs_from;
	EVP_PKEY	*pkey;
};

struct slot {
	unsigned char	 hash[SECRET_HASH];
	int64_t		 expires;
	char		*claims;
};

struct keyring {
	const struct config *config;
	struct store	*store;
	unsigned char	 server_key[SECRET_HASH];
	struct key	 keys[KEYRING_KEYS];
	size_t		 n;
	char		*record;	/* as it was read last */
	int64_t		 looked;	/* when */
	struct slot	 slots[REMEMBERED];
};

char *
keyring_pem_path(struct arena *a, const struct config *c, const char *kid)
{
	return config_path(a, c, arena_printf(a, "secret/jwt-%s.pem", kid));
}

/* --- opening --- */

static EVP_PKEY *
load_pem(struct arena *a, const struct config *c, const char *kid, const char **why)
{
	char *path = keyring_pem_path(a, c, kid), group[32];
	EVP_PKEY *pkey = NULL;
	FILE *f = fopen(path, "re");

	if (f != NULL) {
		pkey = PEM_read_PrivateKey(f, NULL, NULL, NULL);
		fclose(f);
	}
	/* A curve that is not P-256 would sign tokens that say ES256 and are not. */
	if (pkey == NULL || EVP_PKEY_get_group_name(pkey, group, sizeof(group), NULL) != 1 ||
	    strcmp(group, "prime256v1") != 0) {
		*why = arena_printf(a, "%s: no EC P-256 private key in PEM form", path);
		EVP_PKEY_free(pkey);
		return NULL;
	}
	return pkey;
}

static bool
load_server_key(struct arena *a, const struct config *c, struct keyring *ring, const char **why)
{
	char *path = config_path(a, c, "secret/server.key");
	size_t len;
	const char *bytes = config_read_file(a, path, 64, &len);

	if (bytes == NULL || len != SECRET_HASH) {
		*why = arena_printf(a, "%s: not 32 bytes: run \"gatehouse --root %s keys rotate\" to make the first keys",
		    path, c->root);
		return false;
	}
	memcpy(ring->server_key, bytes, SECRET_HASH);
	return true;
}

static void
forget_keys(struct key *keys, size_t n)
{
	for (size_t i = 0; i < n; i++)
		EVP_PKEY_free(keys[i].pkey);
}

/* The keys that a record lists, oldest first. False with *why, and nothing held, if one is not right. */
static bool
load_keys(struct arena *a, const struct config *c, const struct json *record, struct key keys[KEYRING_KEYS], size_t *n,
    const char **why)
{
	*n = 0;
	for (const struct json *k = json_first(json_get(record, "keys")); k != NULL && *n < KEYRING_KEYS; k = json_next(k)) {
		const char *kid = json_get_string(k, "kid");
		struct key key = { .created = json_get_int(k, "created", 0), .signs_from = json_get_int(k, "signs_from", 0) };
		*why = "the record keys/signing is damaged";
		if (kid == NULL || strlen(kid) != KEYRING_KID || (key.pkey = load_pem(a, c, kid, why)) == NULL) {
			forget_keys(keys, *n);
			return false;
		}
		memcpy(key.kid, kid, KEYRING_KID);
		keys[(*n)++] = key;
	}
	*why = "the record keys/signing lists no key";
	return *n > 0;
}

/* Look whether the record has changed, and take over what it lists. A record that cannot be read, or lists a key whose
 * file is not there yet, changes nothing: the keys at hand still count. */
static bool
look(struct keyring *ring, struct arena *a, const char **why)
{
	struct key keys[KEYRING_KEYS];
	const char *text;
	size_t n;

	ring->looked = clock_sec();
	*why = arena_printf(a, "no signing key yet: run \"gatehouse --root %s keys rotate\"", ring->config->root);
	if (store_get(ring->store, a, "keys/signing", &text) != STORE_OK)
		return false;
	if (ring->record != NULL && strcmp(ring->record, text) == 0)
		return true;
	if (!load_keys(a, ring->config, record_parse(a, text), keys, &n, why))
		return false;
	forget_keys(ring->keys, ring->n);
	memcpy(ring->keys, keys, sizeof(keys));
	ring->n = n;
	free(ring->record);
	ring->record = strdup(text);
	return true;
}

void
keyring_refresh(struct keyring *ring, struct arena *a)
{
	const char *why;
	int64_t now = clock_sec();

	if (now >= ring->looked && now - ring->looked < LOOK_EVERY)
		return;
	if (!look(ring, a, &why))
		log_event(LOG_LEVEL_ERROR, "keys_unreadable", "why=\"%s\"", why);
}

struct keyring *
keyring_open(struct arena *a, const struct config *c, struct store *store, const char **why)
{
	struct keyring *ring = calloc(1, sizeof(*ring));

	if (ring == NULL)
		abort();
	ring->config = c;
	ring->store = store;
	if (load_server_key(a, c, ring, why) && look(ring, a, why))
		return ring;
	keyring_close(ring);
	return NULL;
}

void
keyring_close(struct keyring *ring)
{
	if (ring == NULL)
		return;
	forget_keys(ring->keys, ring->n);
	free(ring->record);
	for (size_t i = 0; i < REMEMBERED; i++)
		free(ring->slots[i].claims);
	explicit_bzero(ring, sizeof(*ring));
	free(ring);
}

/* The youngest key whose time has come; the oldest, where a clock that was set back leaves none. */
static const struct key *
current(const struct keyring *ring)
{
	size_t best = 0;

	for (size_t i = 1; i < ring->n; i++)
		if (ring->keys[i].signs_from <= clock_sec())
			best = i;
	return &ring->keys[best];
}

/* --- showing --- */

static char *
coordinate(struct arena *a, EVP_PKEY *pkey, const char *name)
{
	unsigned char bytes[COORDINATE] = { 0 };
	BIGNUM *n = NULL;

	if (EVP_PKEY_get_bn_param(pkey, name, &n) == 1)
		BN_bn2binpad(n, bytes, sizeof(bytes));
	BN_free(n);
	return secret_base64url(a, bytes, sizeof(bytes));
}

struct json *
keyring_jwks(struct arena *a, const struct keyring *ring)
{
	struct json *set = json_object(a), *keys = json_set(a, set, "keys", json_array(a));

	for (size_t i = 0; i < ring->n; i++) {
		struct json *jwk = json_append(a, keys, json_object(a));
		json_set_string(a, jwk, "kty", "EC");
		json_set_string(a, jwk, "crv", "P-256");
		json_set_string(a, jwk, "use", "sig");
		json_set_string(a, jwk, "alg", "ES256");
		json_set_string(a, jwk, "kid", ring->keys[i].kid);
		json_set_string(a, jwk, "x", coordinate(a, ring->keys[i].pkey, OSSL_PKEY_PARAM_EC_PUB_X));
		json_set_string(a, jwk, "y", coordinate(a, ring->keys[i].pkey, OSSL_PKEY_PARAM_EC_PUB_Y));
	}
	return set;
}

struct json *
keyring_list(struct arena *a, const struct keyring *ring)
{
	struct json *list = json_array(a);

	for (size_t i = 0; i < ring->n; i++) {
		struct json *key = json_append(a, list, json_object(a));
		json_set_string(a, key, "kid", ring->keys[i].kid);
		json_set_int(a, key, "created", ring->keys[i].created);
		json_set_int(a, key, "signs_from", ring->keys[i].signs_from);
		json_set_bool(a, key, "current", &ring->keys[i] == current(ring));
	}
	return list;
}

/* --- using --- */

EVP_PKEY *
keyring_signer(const struct keyring *ring, const char **kid)
{
	const struct key *key = current(ring);

	*kid = key->kid;
	return key->pkey;
}

EVP_PKEY *
keyring_find(const struct keyring *ring, const char *kid)
{
	for (size_t i = 0; i < ring->n; i++)
		if (strcmp(ring->keys[i].kid, kid) == 0)
			return ring->keys[i].pkey;
	return NULL;
}

void
keyring_seal(const struct keyring *ring, const char *purpose, const void *data, size_t len, unsigned char out[32])
{
	unsigned char derived[SECRET_HASH];

	/* A key a purpose: no separator to get wrong, no copy of data. */
	secret_hmac(ring->server_key, SECRET_HASH, purpose, strlen(purpose), derived);
	secret_hmac(derived, SECRET_HASH, data, len, out);
	explicit_bzero(derived, sizeof(derived));
}

static size_t
slot_of(const unsigned char hash[32])
{
	return ((size_t)hash[0] << 8 | hash[1]) % REMEMBERED;
}

const char *
keyring_recall(const struct keyring *ring, const unsigned char hash[32], int64_t now)
{
	const struct slot *s = &ring->slots[slot_of(hash)];

	return s->claims != NULL && s->expires > now && secret_equal(s->hash, hash, SECRET_HASH) ? s->claims : NULL;
}

void
keyring_remember(struct keyring *ring, const unsigned char hash[32], const char *claims, int64_t expires)
{
	struct slot *s = &ring->slots[slot_of(hash)];

	free(s->claims);
	memcpy(s->hash, hash, SECRET_HASH);
	s->expires = expires;
	s->claims = strdup(claims);	/* NULL: not remembered, no harm */
}
