/* keyring.c: PEM files below ROOT/secret, a record that lists them, a memory of what was verified. */
#include "oauth/keyring.h"

#include <errno.h>
#include <fcntl.h>
#include <openssl/core_names.h>
#include <openssl/evp.h>
#include <openssl/pem.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/arena.h"
#include "base/buf.h"
#include "base/clock.h"
#include "base/config.h"
#include "base/json.h"
#include "base/secret.h"
#include "db/record.h"
#include "base/banned.h"

#define KEYS_MAX 8
#define REMEMBERED 1024	/* slots; about 0.5 KiB each when in use */
#define COORDINATE 32	/* bytes of x and y on P-256 */

struct key {
	const char	*kid;
	int64_t		 created;
	EVP_PKEY	*pkey;
};

struct slot {
	unsigned char	 hash[SECRET_HASH];
	int64_t		 expires;
	char		*claims;
};

struct keyring {
	unsigned char	 server_key[SECRET_HASH];
	struct key	 keys[KEYS_MAX];
	size_t		 n;
	const struct key *current;
	struct slot	 slots[REMEMBERED];
};

static char *
pem_path(struct arena *a, const struct config *c, const char *kid)
{
	return config_path(a, c, arena_printf(a, "secret/jwt-%s.pem", kid));
}

/* --- opening --- */

static bool
load_key(struct arena *a, const struct config *c, struct key *key, const char **why)
{
	char *path = pem_path(a, c, key->kid), group[32];
	FILE *f = fopen(path, "re");

	if (f != NULL) {
		key->pkey = PEM_read_PrivateKey(f, NULL, NULL, NULL);
		fclose(f);
	}
	/* A curve that is not P-256 would sign tokens that say ES256 and are not. */
	if (key->pkey == NULL || EVP_PKEY_get_group_name(key->pkey, group, sizeof(group), NULL) != 1 ||
	    strcmp(group, "prime256v1") != 0) {
		*why = arena_printf(a, "%s: no EC P-256 private key in PEM form", path);
		return false;
	}
	return true;
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

static bool
load_keys(struct arena *a, const struct config *c, struct store *store, struct keyring *ring, const char **why)
{
	struct json *record;

	if (record_get(store, a, "keys/signing", &record) != STORE_OK) {
		*why = arena_printf(a, "no signing key yet: run \"gatehouse --root %s keys rotate\"", c->root);
		return false;
	}
	const char *current = json_get_string(record, "current");
	for (const struct json *k = json_first(json_get(record, "keys")); k != NULL && ring->n < KEYS_MAX; k = json_next(k)) {
		struct key *key = &ring->keys[ring->n++];
		key->kid = json_get_string(k, "kid");
		key->created = json_get_int(k, "created", 0);
		if (key->kid == NULL || !load_key(a, c, key, why))
			return false;
		if (current != NULL && strcmp(current, key->kid) == 0)
			ring->current = key;
	}
	if (ring->current == NULL)
		*why = "the record keys/signing names no current key";
	return ring->current != NULL;
}

struct keyring *
keyring_open(struct arena *a, const struct config *c, struct store *store, const char **why)
{
	struct keyring *ring = calloc(1, sizeof(*ring));

	if (ring == NULL)
		abort();
	*why = "no keys";
	if (load_server_key(a, c, ring, why) && load_keys(a, c, store, ring, why))
		return ring;
	keyring_close(ring);
	return NULL;
}

void
keyring_close(struct keyring *ring)
{
	if (ring == NULL)
		return;
	for (size_t i = 0; i < ring->n; i++)
		EVP_PKEY_free(ring->keys[i].pkey);
	for (size_t i = 0; i < REMEMBERED; i++)
		free(ring->slots[i].claims);
	explicit_bzero(ring, sizeof(*ring));
	free(ring);
}

/* --- making --- */

/* Write a new file, 0600, and see it on disk. An existing one is left alone: EEXIST. */
static bool
write_secret(const char *path, const void *data, size_t len)
{
	int fd = open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600);

	if (fd < 0)
		return false;
	bool ok = write(fd, data, len) == (ssize_t)len && fsync(fd) == 0;
	int saved = errno;
	close(fd);
	if (!ok)
		unlink(path);
	errno = saved;
	return ok;
}

/* A fresh P-256 key as PEM text in the arena; NULL if OpenSSL cannot. */
static char *
fresh_pem(struct arena *a)
{
	char *text = NULL, *data;
	EVP_PKEY *pkey = EVP_EC_gen("P-256");
	BIO *mem = BIO_new(BIO_s_mem());

	if (pkey == NULL || mem == NULL || PEM_write_bio_PrivateKey(mem, pkey, NULL, NULL, 0, NULL, NULL) != 1)
		goto out;
	long len = BIO_get_mem_data(mem, &data);
	if (len > 0)
		text = arena_strndup(a, data, (size_t)len);
out:
	BIO_free(mem);
	EVP_PKEY_free(pkey);
	return text;
}

struct first_key {
	const char	*kid;
	bool		 made;
};

static enum store_result
put_first_key(struct store_tx *tx, void *arg)
{
	struct first_key *first = arg;
	struct arena *a = store_tx_arena(tx);
	struct json *record;
	enum store_result r = record_tx_get(tx, "keys/signing", &record);

	first->made = r == STORE_ABSENT;
	if (r != STORE_ABSENT)
		return r;
	record = record_new(a);
	json_set_string(a, record, "current", first->kid);
	struct json *key = json_append(a, json_set(a, record, "keys", json_array(a)), json_object(a));
	json_set_string(a, key, "kid", first->kid);
	json_set_int(a, key, "created", clock_sec());
	return record_tx_put(tx, "keys/signing", record, 0);
}

bool
keyring_create(struct arena *a, const struct config *c, struct store *store, bool *made, const char **why)
{
	char *folder = config_path(a, c, "secret"), *server = config_path(a, c, "secret/server.key");
	struct json *record;
	unsigned char key[SECRET_HASH];

	*made = false;
	secret_random(key, sizeof(key));
	if (mkdir(folder, 0700) != 0 && errno != EEXIST) {
		*why = arena_printf(a, "%s: %s", folder, strerror(errno));
		return false;
	}
	if (write_secret(server, key, sizeof(key)))
		*made = true;
	else if (errno != EEXIST) {
		*why = arena_printf(a, "%s: %s", server, strerror(errno));
		return false;
	}
	if (record_get(store, a, "keys/signing", &record) == STORE_OK)
		return true;
	struct first_key first = { .kid = secret_token(a, 12) };
	char *path = pem_path(a, c, first.kid), *pem = fresh_pem(a);
	if (pem == NULL || !write_secret(path, pem, strlen(pem))) {
		*why = arena_printf(a, "%s: %s", path, strerror(errno));
		return false;
	}
	enum store_result r = store_run(store, a, put_first_key, &first);
	if (r != STORE_OK || !first.made)
		unlink(path);	/* the store cannot take it, or another process was first */
	*made = *made || first.made;
	*why = arena_printf(a, "the store answers: %s", store_result_name(r));
	return r == STORE_OK;
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
		json_set_bool(a, key, "current", &ring->keys[i] == ring->current);
	}
	return list;
}

/* --- using --- */

EVP_PKEY *
keyring_signer(const struct keyring *ring, const char **kid)
{
	*kid = ring->current->kid;
	return ring->current->pkey;
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
