/* pkce.h: Proof Key for Code Exchange (RFC 7636), method S256 only. */
#ifndef OAUTH_PKCE_H
#define OAUTH_PKCE_H

#include <stdbool.h>

struct arena;

/* Can this be a code_challenge for S256: 43 characters of base64url? */
bool	 pkce_challenge_ok(const char *challenge);

/* Does the verifier (43 to 128 unreserved characters, RFC 7636 4.1) belong to the challenge? challenge NULL: none was
 * sent, then no verifier may come either (RFC 9700 4.8: no downgrade). */
bool	 pkce_verify(struct arena *, const char *challenge, const char *verifier);

#endif
