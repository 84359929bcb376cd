/* secret.c: OpenSSL does the mathematics, strict decoders the rest. */
#include "base/secret.h"

#include <openssl/crypto.h>
#include <openssl/evp.h>
#include <openssl/hmac.h>
#include <openssl/params.h>
#include <openssl/rand.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/arena.h"
#include "base/banned.h"

static const char url_alphabet[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";
static const char std_alphabet[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";

void
secret_random(void *out, size_t n)
{
	if (RAND_bytes(out, (int)n) != 1) {
		fprintf(stderr, "secret: no random bytes\n");
		abort();
	}
}

char *
secret_token(struct arena *a, size_t n)
{
	unsigned char *bytes = arena_alloc(a, n);

	secret_random(bytes, n);
	return secret_base64url(a, bytes, n);
}

char *
secret_id(struct arena *a, size_t n)
{
	char *id;

	do
		id = secret_token(a, n);
	while (*id == '-' || *id == '_');
	return id;
}

char *
secret_uuid(struct arena *a)
{
	unsigned char b[16];

	secret_random(b, sizeof(b));
	b[6] = (unsigned char)((b[6] & 0x0f) | 0x40);
	b[8] = (unsigned char)((b[8] & 0x3f) | 0x80);
	return arena_printf(a, "%02x%02x%02x%02x-%02x%02x-%02x%02x-%02x%02x-%02x%02x%02x%02x%02x%02x", b[0], b[1], b[2],
	    b[3], b[4], b[5], b[6], b[7], b[8], b[9], b[10], b[11], b[12], b[13], b[14], b[15]);
}

/* SHA256() of OpenSSL 3 looks the algorithm up by its name each time, which takes longer than a short text does. */
void
secret_sha256(const void *data, size_t len, unsigned char out[SECRET_HASH])
{
	static EVP_MD_CTX *x;

	if (x == NULL) {
		EVP_MD *md = EVP_MD_fetch(NULL, "SHA256", NULL);
		x = EVP_MD_CTX_new();
		if (md == NULL || x == NULL || EVP_DigestInit_ex(x, md, NULL) != 1) {
			fprintf(stderr, "secret: there is no SHA-256\n");
			abort();
		}
		EVP_MD_free(md);	/* x holds it */
	} else
		EVP_DigestInit_ex(x, NULL, NULL);
	if (EVP_DigestUpdate(x, data, len) != 1 || EVP_DigestFinal_ex(x, out, NULL) != 1) {
		fprintf(stderr, "secret: SHA-256 failed\n");
		abort();
	}
}

/* The same goes for HMAC(). */
static EVP_MAC_CTX *
hmac_new(void)
{
	EVP_MAC *mac = EVP_MAC_fetch(NULL, "HMAC", NULL);
	EVP_MAC_CTX *x = mac != NULL ? EVP_MAC_CTX_new(mac) : NULL;
	char digest[] = "SHA256";
	const OSSL_PARAM params[] = { OSSL_PARAM_construct_utf8_string("digest", digest, 0), OSSL_PARAM_construct_end() };

	if (x == NULL || EVP_MAC_CTX_set_params(x, params) != 1) {
		fprintf(stderr, "secret: there is no HMAC\n");
		abort();
	}
	EVP_MAC_free(mac);	/* x holds it */
	return x;
}

void
secret_hmac(const void *key, size_t key_len, const void *data, size_t len, unsigned char out[SECRET_HASH])
{
	static EVP_MAC_CTX *x;
	size_t n;

	if (x == NULL)
		x = hmac_new();
	if (EVP_MAC_init(x, key, key_len, NULL) != 1 || EVP_MAC_update(x, data, len) != 1 || EVP_MAC_final(x, out, &n, SECRET_HASH) != 1) {
		fprintf(stderr, "secret: HMAC failed\n");
		abort();
	}
}

void
secret_sha1(const void *data, size_t len, unsigned char out[SECRET_SHA1])
{
	unsigned int n = SECRET_SHA1;

	if (EVP_Digest(data, len, out, &n, EVP_sha1(), NULL) != 1) {
		fprintf(stderr, "secret: SHA-1 failed\n");
		abort();
	}
}

void
secret_hmac_sha1(const void *key, size_t key_len, const void *data, size_t len, unsigned char out[SECRET_SHA1])
{
	unsigned int n = SECRET_SHA1;

	if (HMAC(EVP_sha1(), key, (int)key_len, data, len, out, &n) == NULL) {
		fprintf(stderr, "secret: HMAC failed\n");
		abort();
	}
}

char *
secret_digest(struct arena *a, const char *text)
{
	unsigned char hash[SECRET_HASH];

	secret_sha256(text, strlen(text), hash);
	return secret_base64url(a, hash, sizeof(hash));
}

bool
secret_equal(const void *a, const void *b, size_t len)
{
	return CRYPTO_memcmp(a, b, len) == 0;
}

bool
secret_text_equal(const char *a, const char *b)
{
	unsigned char ha[SECRET_HASH], hb[SECRET_HASH];

	secret_sha256(a, strlen(a), ha);
	secret_sha256(b, strlen(b), hb);
	return secret_equal(ha, hb, SECRET_HASH);
}

char *
secret_base64url(struct arena *a, const void *data, size_t len)
{
	const unsigned char *in = data;
	char *out = arena_alloc(a, len / 3 * 4 + 5), *o = out;

	for (size_t i = 0; i < len; i += 3) {
		size_t left = len - i;
		uint32_t three = (uint32_t)in[i] << 16 | (left > 1 ? (uint32_t)in[i + 1] << 8 : 0) |
		    (left > 2 ? in[i + 2] : 0);
		*o++ = url_alphabet[three >> 18];
		*o++ = url_alphabet[three >> 12 & 63];
		if (left > 1)
			*o++ = url_alphabet[three >> 6 & 63];
		if (left > 2)
			*o++ = url_alphabet[three & 63];
	}
	return out;
}

static unsigned char *
decode(struct arena *a, const char *alphabet, const char *text, size_t len, size_t *out_len)
{
	unsigned char *out = arena_alloc(a, len / 4 * 3 + 4), *o = out;
	uint32_t bits = 0;
	unsigned have = 0;

	if (len % 4 == 1)
		return NULL;
	for (size_t i = 0; i < len; i++) {
		const char *at = text[i] != '\0' ? strchr(alphabet, text[i]) : NULL;
		if (at == NULL)
			return NULL;
		bits = bits << 6 | (uint32_t)(at - alphabet);
		have += 6;
		if (have >= 8) {
			have -= 8;
			*o++ = (unsigned char)(bits >> have);
			bits &= (1u << have) - 1;
		}
	}
	if (bits != 0)	/* two texts must never decode to one value */
		return NULL;
	*out_len = (size_t)(o - out);
	return out;
}

unsigned char *
secret_from_base64url(struct arena *a, const char *text, size_t len, size_t *out_len)
{
	return decode(a, url_alphabet, text, len, out_len);
}

unsigned char *
secret_from_base64(struct arena *a, const char *text, size_t len, size_t *out_len)
{
	size_t pad = 0;

	if (len % 4 != 0)
		return NULL;
	while (pad < 2 && len > 0 && text[len - 1] == '=') {
		len--;
		pad++;
	}
	return decode(a, std_alphabet, text, len, out_len);
}

/* --- encryption: nonce, text, tag --- */

#define NONCE 12
#define TAG 16

char *
secret_encrypt(struct arena *a, const unsigned char key[SECRET_HASH], const char *place, const char *text)
{
	size_t len = strlen(text);
	unsigned char *out = arena_alloc(a, NONCE + len + TAG);
	EVP_CIPHER_CTX *x = EVP_CIPHER_CTX_new();
	int n;

	secret_random(out, NONCE);
	if (x == NULL || EVP_EncryptInit_ex(x, EVP_aes_256_gcm(), NULL, key, out) != 1 ||
	    EVP_EncryptUpdate(x, NULL, &n, (const unsigned char *)place, (int)strlen(place)) != 1 ||
	    EVP_EncryptUpdate(x, out + NONCE, &n, (const unsigned char *)text, (int)len) != 1 ||
	    EVP_EncryptFinal_ex(x, out + NONCE + len, &n) != 1 ||
	    EVP_CIPHER_CTX_ctrl(x, EVP_CTRL_GCM_GET_TAG, TAG, out + NONCE + len) != 1) {
		fprintf(stderr, "secret: encryption failed\n");
		abort();
	}
	EVP_CIPHER_CTX_free(x);
	return secret_base64url(a, out, NONCE + len + TAG);
}

char *
secret_decrypt(struct arena *a, const unsigned char key[SECRET_HASH], const char *place, const char *sealed)
{
	size_t len;
	unsigned char *in = secret_from_base64url(a, sealed, strlen(sealed), &len);
	int n;

	if (in == NULL || len < NONCE + TAG)
		return NULL;
	len -= NONCE + TAG;
	unsigned char *text = arena_alloc(a, len + 1);
	EVP_CIPHER_CTX *x = EVP_CIPHER_CTX_new();
	bool fine = x != NULL && EVP_DecryptInit_ex(x, EVP_aes_256_gcm(), NULL, key, in) == 1 &&
	    EVP_DecryptUpdate(x, NULL, &n, (const unsigned char *)place, (int)strlen(place)) == 1 &&
	    EVP_DecryptUpdate(x, text, &n, in + NONCE, (int)len) == 1 &&
	    EVP_CIPHER_CTX_ctrl(x, EVP_CTRL_GCM_SET_TAG, TAG, in + NONCE + len) == 1 &&
	    EVP_DecryptFinal_ex(x, text + len, &n) == 1;
	EVP_CIPHER_CTX_free(x);
	return fine ? (char *)text : NULL;
}
