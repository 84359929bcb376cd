/* keyring_make.c: making signing keys and the server key, and ending those that signed nothing alive any more. */
#include <errno.h>
#include <fcntl.h>
#include <openssl/evp.h>
#include <openssl/pem.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/arena.h"
#include "base/clock.h"
#include "base/config.h"
#include "base/json.h"
#include "base/secret.h"
#include "db/record.h"
#include "oauth/keyring.h"
#include "base/banned.h"

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

/* --- the record --- */

struct rotation {
	const char	*kid;
	int64_t		 now, signs_from, oldest;	/* keys that stopped signing before oldest count no more */
	bool		 first;		/* only if there is no key yet */
	bool		 done, full;
	struct json	*gone;		/* kids that count no more */
};

/* A key counts until the last token that it signed is dead: its successor signs, and the longest life has passed. */
static void
drop_dead(struct arena *a, struct json *keys, struct rotation *n)
{
	const struct json *k, *next;

	n->gone = json_array(a);
	while ((k = json_first(keys)) != NULL && (next = json_next(k)) != NULL && json_get_int(next, "signs_from", 0) < n->oldest) {
		json_append_string(a, n->gone, json_get_string(k, "kid"));
		json_remove_first(keys);
	}
}

static enum store_result
add_key(struct store_tx *tx, void *arg)
{
	struct rotation *n = arg;
	struct arena *a = store_tx_arena(tx);
	struct json *record;
	enum store_result r = record_tx_get(tx, "keys/signing", &record);

	n->done = n->full = false;
	n->gone = NULL;
	if (r == STORE_ABSENT) {
		record = record_new(a);
		json_set(a, record, "keys", json_array(a));
		n->signs_from = n->now;
	} else if (r != STORE_OK || n->first)
		return r;
	struct json *keys = json_set(a, record, "keys", json_copy(a, json_get(record, "keys")));
	drop_dead(a, keys, n);
	if ((n->full = json_count(keys) >= KEYRING_KEYS))
		return STORE_OK;
	struct json *key = json_append(a, keys, json_object(a));
	json_set_string(a, key, "kid", n->kid);
	json_set_int(a, key, "created", n->now);
	json_set_int(a, key, "signs_from", n->signs_from);
	n->done = true;
	return record_tx_put(tx, "keys/signing", record, 0);
}

/* Make a key file and list it. */
static bool
make_key(struct arena *a, const struct config *c, struct store *store, struct rotation *n, const char **why)
{
	char *path, *pem = fresh_pem(a);

	n->kid = secret_id(a, KEYRING_KID * 3 / 4);
	path = keyring_pem_path(a, c, n->kid);
	if (pem == NULL || !write_secret(path, pem, strlen(pem))) {
		*why = arena_printf(a, "%s: %s", path, strerror(errno));
		return false;
	}
	enum store_result r = store_run(store, a, add_key, n);
	if (r != STORE_OK || !n->done)
		unlink(path);	/* the store cannot take it, or another process was first */
	for (const struct json *k = r == STORE_OK ? json_first(n->gone) : NULL; k != NULL; k = json_next(k))
		unlink(keyring_pem_path(a, c, json_string(k)));
	*why = n->full ? arena_printf(a, "%d keys count already: wait until the oldest has expired", KEYRING_KEYS) :
	    arena_printf(a, "the store answers: %s", store_result_name(r));
	return r == STORE_OK && !n->full;
}

bool
keyring_create(struct arena *a, const struct config *c, struct store *store, bool *made, const char **why)
{
	char *folder = config_path(a, c, "secret"), *server = config_path(a, c, "secret/server.key");
	struct rotation first = { .now = clock_sec(), .first = true };
	unsigned char key[SECRET_HASH];
	const char *text;

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
	if (store_get(store, a, "keys/signing", &text) == STORE_OK)
		return true;
	if (!make_key(a, c, store, &first, why))
		return false;
	*made = *made || first.done;
	return true;
}

bool
keyring_rotate(struct arena *a, const struct config *c, struct store *store, bool at_once, int64_t *signs_from,
    const char **why)
{
	int64_t now = clock_sec();
	int64_t kept = c->oauth.access_ttl < KEYRING_KEPT ? KEYRING_KEPT : c->oauth.access_ttl + 1;
	struct rotation n = { .now = now, .signs_from = at_once ? now : now + KEYRING_LEAD, .oldest = now - kept };

	if (!make_key(a, c, store, &n, why))
		return false;
	*signs_from = n.signs_from;
	return true;
}
