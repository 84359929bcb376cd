/* signature.h: RSA public keys out of PEM, and whether one of them proves a signature (RSASSA-PKCS1-v1_5, SHA-256). */
#ifndef SMARTAPP_SIGNATURE_H
#define SMARTAPP_SIGNATURE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct signature_key;

#define SIGNATURE_PEM_MAX 16384	/* bytes of a PEM text */

/* Read one key. certificate: it must be an X.509 certificate, alone in the text; else a bare public key will do, too. NULL
 * with *why if it is not RSA of 2048 to 8192 bits, or not that at all. Free it with signature_key_free. */
struct signature_key *signature_key_read(const char *pem, size_t len, bool certificate, const char **why);
void		 signature_key_free(struct signature_key *);	/* NULL is allowed */

/* From when until when the certificate holds, in seconds since 1970; a bare key: always. */
int64_t		 signature_key_from(const struct signature_key *);
int64_t		 signature_key_until(const struct signature_key *);

/* The certificate's serial number as SmartThings ends its key ids: "11-c8-0f", small letters; "" for a bare key. */
const char	*signature_key_serial(const struct signature_key *);

bool		 signature_ok(const struct signature_key *, const char *text, const unsigned char *signature, size_t len);

#endif
