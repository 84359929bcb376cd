/* seal.c: base64url(JSON) "." base64url(HMAC). */
#include "oauth/seal.h"

#include <string.h>

#include "base/arena.h"
#include "base/json.h"
#include "base/secret.h"
#include "oauth/keyring.h"
#include "base/banned.h"

static char *
tag(struct arena *a, const struct keyring *ring, const char *purpose, const char *text, size_t len)
{
	unsigned char mac[SECRET_HASH];

	keyring_seal(ring, purpose, text, len, mac);
	return secret_base64url(a, mac, sizeof(mac));
}

char *
seal_make(struct arena *a, const struct keyring *ring, const char *purpose, struct json *data, int64_t expires)
{
	json_set_int(a, data, "exp", expires);
	char *json = json_print(a, data), *text = secret_base64url(a, json, strlen(json));
	return arena_printf(a, "%s.%s", text, tag(a, ring, purpose, text, strlen(text)));
}

struct json *
seal_open(struct arena *a, const struct keyring *ring, const char *purpose, const char *text, int64_t now)
{
	const char *dot = text != NULL ? strchr(text, '.') : NULL;
	size_t len;

	if (dot == NULL || !secret_text_equal(tag(a, ring, purpose, text, (size_t)(dot - text)), dot + 1))
		return NULL;
	unsigned char *json = secret_from_base64url(a, text, (size_t)(dot - text), &len);
	struct json *data = json != NULL ? json_parse(a, (const char *)json, len, NULL) : NULL;
	return data != NULL && json_get_int(data, "exp", 0) > now ? data : NULL;
}

char *
seal_form_token(struct arena *a, const struct keyring *ring, const char *cookie)
{
	return tag(a, ring, "form", cookie, strlen(cookie));
}

char *
seal_hide(struct arena *a, const struct keyring *ring, const char *record, const char *secret)
{
	unsigned char key[SECRET_HASH];

	keyring_seal(ring, "hide", "", 0, key);
	return secret_encrypt(a, key, record, secret);
}

char *
seal_reveal(struct arena *a, const struct keyring *ring, const char *record, const char *hidden)
{
	unsigned char key[SECRET_HASH];

	if (hidden == NULL)
		return NULL;
	keyring_seal(ring, "hide", "", 0, key);
	return secret_decrypt(a, key, record, hidden);
}
