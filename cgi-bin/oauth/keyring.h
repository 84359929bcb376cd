/* keyring.h: the keys that this server signs with.
 *
 * The signing keys are files, ROOT/secret/jwt-<kid>.pem (EC P-256, mode 0600); the record "keys/signing" in the store
 * says which one signs and which still count. The server key, ROOT/secret/server.key (32 bytes), seals refresh tokens,
 * forms and sessions. No key is ever looked for because a token names it: only those of the record count. */
#ifndef OAUTH_KEYRING_H
#define OAUTH_KEYRING_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct arena;
struct config;
struct evp_pkey_st;
struct json;
struct keyring;
struct store;

#define KEYRING_KID 16		/* characters of a key's id */
#define KEYRING_KEYS 8		/* that count at the same time */
#define KEYRING_LEAD 3900	/* seconds that a new key is published before it signs: longer than clients keep the key set */
#define KEYRING_KEPT (31 * 86400)	/* seconds that an old key still counts, at least: longer than the config's tokens live */

/* Open the keys of an instance, for the process's life. NULL if there is none or one is not right; *why says what to do. */
struct keyring	*keyring_open(struct arena *, const struct config *, struct store *, const char **why);
void		 keyring_close(struct keyring *);	/* NULL is allowed */

/* Make a first signing key and the server key where there are none yet. *made: something was made. False with *why on
 * failure. For the tool only. */
bool		 keyring_create(struct arena *, const struct config *, struct store *, bool *made, const char **why);

/* Add a key that is published at once and signs after KEYRING_LEAD (at_once: right away, where an old key is known to
 * others). Keys whose tokens are all dead go, files too. False with *why on failure. For the tool only. */
bool		 keyring_rotate(struct arena *, const struct config *, struct store *, bool at_once, int64_t *signs_from,
		    const char **why);

/* Notice keys that were made meanwhile. Looks every few seconds: call it once a request. */
void		 keyring_refresh(struct keyring *, struct arena *);

/* The file of a key. */
char		*keyring_pem_path(struct arena *, const struct config *, const char *kid);

/* Public parts as a JWK Set (RFC 7517): no private member. */
struct json	*keyring_jwks(struct arena *, const struct keyring *);

/* Array of {kid, created, signs_from (seconds since 1970), current}: for people. */
struct json	*keyring_list(struct arena *, const struct keyring *);

/* The key that signs now, and its id. */
struct evp_pkey_st *keyring_signer(const struct keyring *, const char **kid);

/* The key of that id, if it counts; NULL otherwise. */
struct evp_pkey_st *keyring_find(const struct keyring *, const char *kid);

/* HMAC-SHA256 of data under a key that is derived from the server key for this purpose alone ("refresh", "csrf"). */
void		 keyring_seal(const struct keyring *, const char *purpose, const void *data, size_t len,
		    unsigned char out[32]);

/* Claims of access tokens whose signature this process has verified already, by the token's hash; they are
 * forgotten when they expire or others need the room. NULL if unknown. */
const char	*keyring_recall(const struct keyring *, const unsigned char hash[32], int64_t now);
void		 keyring_remember(struct keyring *, const unsigned char hash[32], const char *claims, int64_t expires);

#endif
