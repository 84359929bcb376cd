/* pkce.c: compare a hash. */
#include "oauth/pkce.h"

#include <string.h>

#include "base/secret.h"
#include "base/banned.h"

#define UNRESERVED "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_"

bool
pkce_challenge_ok(const char *challenge)
{
	return strlen(challenge) == 43 && strspn(challenge, UNRESERVED) == 43;
}

bool
pkce_verify(struct arena *a, const char *challenge, const char *verifier)
{
	if (challenge == NULL || verifier == NULL)
		return challenge == NULL && verifier == NULL;
	size_t len = strlen(verifier);
	if (len < 43 || len > 128 || strspn(verifier, UNRESERVED ".~") != len)
		return false;
	return secret_text_equal(secret_digest(a, verifier), challenge);
}
