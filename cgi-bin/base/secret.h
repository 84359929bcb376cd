/* secret.h: randomness, hashes and the encodings that secrets travel in. */
#ifndef BASE_SECRET_H
#define BASE_SECRET_H

#include <stdbool.h>
#include <stddef.h>

struct arena;

#define SECRET_HASH 32	/* bytes of a SHA-256 hash or HMAC */

/* Fill out with n bytes that nobody can guess. Ends the process if the machine cannot. */
void	 secret_random(void *out, size_t n);

/* n random bytes as base64url text: 16 bytes give 22 characters of [A-Za-z0-9_-]. */
char	*secret_token(struct arena *, size_t n);

/* The same for an id that people type into a shell: it begins with a letter or a digit. */
char	*secret_id(struct arena *, size_t n);

/* A random UUID (RFC 4122 version 4) as text. */
char	*secret_uuid(struct arena *);

void	 secret_sha256(const void *data, size_t len, unsigned char out[SECRET_HASH]);
void	 secret_hmac(const void *key, size_t key_len, const void *data, size_t len, unsigned char out[SECRET_HASH]);

/* For what others have made of SHA-1, and for nothing else: codes of authenticator apps, lists of breached passwords. */
#define SECRET_SHA1 20	/* bytes */
void	 secret_sha1(const void *data, size_t len, unsigned char out[SECRET_SHA1]);
void	 secret_hmac_sha1(const void *key, size_t key_len, const void *data, size_t len, unsigned char out[SECRET_SHA1]);

/* SHA-256 of a text as base64url, 43 characters: how secrets are stored and looked up. */
char	*secret_digest(struct arena *, const char *text);

/* Compare in a time that depends on len only. */
bool	 secret_equal(const void *a, const void *b, size_t len);

/* The same for texts, by their hashes: tells neither content nor length by its time. */
bool	 secret_text_equal(const char *a, const char *b);

/* Encrypt a text (AES-256-GCM) for one place: what was made for another place, or changed, does not open. Base64url. */
char	*secret_encrypt(struct arena *, const unsigned char key[SECRET_HASH], const char *place, const char *text);

/* NULL if it does not open. */
char	*secret_decrypt(struct arena *, const unsigned char key[SECRET_HASH], const char *place, const char *sealed);

/* Base64url without padding (RFC 4648 5). */
char	*secret_base64url(struct arena *, const void *data, size_t len);

/* Decode base64url, strictly: no padding, no white space, no stray bits in the last character. NULL if it
 * is not exactly that. The result has a NUL behind it and its length in *out_len. */
unsigned char *secret_from_base64url(struct arena *, const char *text, size_t len, size_t *out_len);

/* Decode standard base64 with its padding (RFC 4648 4), as in an Authorization header. NULL if malformed. */
unsigned char *secret_from_base64(struct arena *, const char *text, size_t len, size_t *out_len);

#endif
