/* totp.h: codes of authenticator apps (TOTP, RFC 6238) as all of them make them: HMAC-SHA-1, six digits, 30 seconds. */
#ifndef OAUTH_TOTP_H
#define OAUTH_TOTP_H

#include <stddef.h>
#include <stdint.h>

struct arena;

#define TOTP_DIGITS 6
#define TOTP_STEP 30	/* seconds that a code is the current one */

/* A new secret: 160 bits (RFC 4226 4, R6) as base32, which is what apps take. */
char	*totp_secret(struct arena *);

/* The code of a step (RFC 4226 5.3): digits figures, 9 at most. */
void	 totp_code(const void *key, size_t len, int64_t step, unsigned digits, char out[10]);

/* Which step is this the code of: that of now (seconds since 1970), or the one before or after, as clocks differ and people
 * type slowly (RFC 6238 5.2). -1: of none of them, or of none after last. Takes as long whichever it is. secret is base32. */
int64_t	 totp_match(struct arena *, const char *secret, const char *code, int64_t now, int64_t last);

/* The address that an app reads from a QR code: otpauth://totp/ISSUER:NAME?secret=... */
char	*totp_uri(struct arena *, const char *secret, const char *issuer, const char *name);

#endif
