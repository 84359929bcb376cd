/* totp.c: RFC 4226 over the number of 30 seconds since 1970. */
#include "oauth/totp.h"

#include <stdio.h>
#include <string.h>

#include "base/arena.h"
#include "base/base32.h"
#include "base/buf.h"
#include "base/secret.h"
#include "base/banned.h"

#define SECRET 20	/* bytes */
#define URI_MAX 2000

char *
totp_secret(struct arena *a)
{
	unsigned char key[SECRET];

	secret_random(key, sizeof(key));
	return base32_text(a, key, sizeof(key));
}

void
totp_code(const void *key, size_t len, int64_t step, unsigned digits, char out[10])
{
	unsigned char message[8], mac[SECRET_SHA1];
	uint32_t modulus = 1;

	for (size_t i = 0; i < sizeof(message); i++)
		message[i] = (unsigned char)((uint64_t)step >> (56 - 8 * i));
	secret_hmac_sha1(key, len, message, sizeof(message), mac);
	const unsigned char *at = mac + (mac[SECRET_SHA1 - 1] & 15);
	uint32_t number = (uint32_t)(at[0] & 0x7f) << 24 | (uint32_t)at[1] << 16 | (uint32_t)at[2] << 8 | at[3];
	for (unsigned i = 0; i < digits; i++)
		modulus *= 10;
	snprintf(out, 10, "%0*u", (int)digits, number % modulus);
}

int64_t
totp_match(struct arena *a, const char *secret, const char *code, int64_t now, int64_t last)
{
	size_t len;
	char right[10];
	int64_t found = -1;
	unsigned char *key = base32_bytes(a, secret, &len);

	if (key == NULL || strlen(code) != TOTP_DIGITS)
		return -1;
	for (int64_t step = now / TOTP_STEP - 1; step <= now / TOTP_STEP + 1; step++) {
		totp_code(key, len, step, TOTP_DIGITS, right);
		if (secret_equal(right, code, TOTP_DIGITS) && step > last)
			found = step;
	}
	return found;
}

char *
totp_uri(struct arena *a, const char *secret, const char *issuer, const char *name)
{
	struct buf b = buf_new(a, URI_MAX);

	buf_text(&b, "otpauth://totp/");
	buf_url(&b, issuer);
	buf_char(&b, ':');
	buf_url(&b, name);
	buf_printf(&b, "?secret=%s&issuer=", secret);
	buf_url(&b, issuer);
	buf_printf(&b, "&digits=%d&period=%d", TOTP_DIGITS, TOTP_STEP);
	return b.data;
}
