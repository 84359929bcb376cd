/* forge.h: tokens as an attacker, or our own key in wrong hands, would make them: any header, any payload. */
#ifndef FORGE_H
#define FORGE_H
#include <openssl/ecdsa.h>
#include <openssl/evp.h>
#include <string.h>

#include "base/arena.h"
#include "base/secret.h"
#include "oauth/keyring.h"

/* base64url(header) "." base64url(payload): what is signed. */
static inline char *
forge_text(struct arena *a, const void *header, size_t header_len, const void *payload, size_t payload_len)
{
	return arena_printf(a, "%s.%s", secret_base64url(a, header, header_len), secret_base64url(a, payload, payload_len));
}

/* text "." its ES256 signature by key; NULL if OpenSSL fails. */
static inline char *
forge_sign(struct arena *a, EVP_PKEY *key, const char *text)
{
	unsigned char der[160], raw[64];
	const unsigned char *p = der;
	size_t len = sizeof(der);
	EVP_MD_CTX *ctx = EVP_MD_CTX_new();
	ECDSA_SIG *sig = NULL;
	char *token = NULL;

	if (EVP_DigestSignInit(ctx, NULL, EVP_sha256(), NULL, key) == 1 &&
	    EVP_DigestSign(ctx, der, &len, (const unsigned char *)text, strlen(text)) == 1 &&
	    (sig = d2i_ECDSA_SIG(NULL, &p, (long)len)) != NULL &&
	    BN_bn2binpad(ECDSA_SIG_get0_r(sig), raw, 32) == 32 && BN_bn2binpad(ECDSA_SIG_get0_s(sig), raw + 32, 32) == 32)
		token = arena_printf(a, "%s.%s", text, secret_base64url(a, raw, sizeof(raw)));
	ECDSA_SIG_free(sig);
	EVP_MD_CTX_free(ctx);
	return token;
}

/* A token that is rightly signed with the ring's current key, whatever it says. */
static inline char *
forge(struct arena *a, const struct keyring *ring, const char *header, const char *payload)
{
	const char *kid;
	EVP_PKEY *key = keyring_signer(ring, &kid);

	return forge_sign(a, key, forge_text(a, header, strlen(header), payload, strlen(payload)));
}
#endif
