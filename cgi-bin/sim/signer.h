/* signer.h: SmartThings' own key: it signs what is sent to a SmartApp, and its certificate is what the key server hands out.
 *
 * One an instance, in ROOT/secret/simulator-key.pem, made when it is needed first. */
#ifndef SIM_SIGNER_H
#define SIM_SIGNER_H

#include <stdbool.h>
#include <stddef.h>

struct arena;
struct config;

#define SIGNER_REGION "simulator"

struct signer {
	const char	*pem;		/* the private key and its certificate */
	const char	*certificate;	/* the certificate alone */
	const char	*key_id;	/* "/pl/simulator/4f-1c-..." (lifecycle protocol 5) */
};

/* False if there is none and none can be made: errno says why. */
bool	 signer_open(struct arena *, const struct config *, struct signer *);

/* RSA with SHA-256 (PKCS#1 v1.5) over a text, as base64; NULL if OpenSSL cannot. */
char	*signer_sign(struct arena *, const struct signer *, const char *text);

/* Base64 with its padding (RFC 4648 4). */
char	*signer_base64(struct arena *, const void *data, size_t len);

#endif
