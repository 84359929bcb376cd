/* keyring.h: the keys that this server signs with.
 *
 * The signing keys are files, ROOT/secret/jwt-<kid>.pem (EC P-256, mode 0600); the record "keys" in the store says
 * which one signs and which still count. The server key, ROOT/secret/server.key (32 bytes), seals refresh tokens,
 * forms and sessions. Nothing here ever reads a key that a token names but the record does not. */
#ifndef OAUTH_KEYRING_H
#define OAUTH_KEYRING_H

#include <stdbool.h>
#include <stddef.h>

struct arena;
struct config;
struct json;
struct keyring;
struct store;

/* Open the keys of an instance; keep them for the process's life. NULL with *why if there is none or one is not right. */
struct keyring	*keyring_open(struct arena *, const struct config *, struct store *, const char **why);
void		 keyring_close(struct keyring *);

/* Make a first signing key and the server key where there are none. False with *why on failure. For the tool only. */
bool		 keyring_create(struct arena *, const struct config *, struct store *, const char **why);

/* Public parts as a JWK Set (RFC 7517), no private member. */
struct json	*keyring_jwks(struct arena *, struct keyring *);

/* kid, created (seconds since 1970), current: for people. */
struct json	*keyring_list(struct arena *, struct keyring *);

/* HMAC-SHA256 by the server key over purpose, a NUL and data: one key, no two uses that can be mixed up. */
void		 keyring_seal(const struct keyring *, const char *purpose, const void *data, size_t len,
		    unsigned char out[32]);

#endif
