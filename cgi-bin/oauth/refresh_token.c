/* refresh_token.c: base64url(user | grant | sequence | HMAC of these and the client). */
#include "oauth/refresh_token.h"

#include <string.h>

#include "base/arena.h"
#include "base/secret.h"
#include "oauth/grant.h"
#include "oauth/keyring.h"
#include "base/banned.h"

#define ID_BYTES 16
#define REFRESH_BODY (2 * ID_BYTES + 4)
#define REFRESH_SIZE (REFRESH_BODY + SECRET_HASH)

static void
refresh_mac(const struct keyring *ring, struct arena *a, const unsigned char *body, const char *client,
    unsigned char mac[SECRET_HASH])
{
	size_t n = strlen(client);
	unsigned char *text = arena_alloc(a, REFRESH_BODY + n);

	memcpy(text, body, REFRESH_BODY);
	memcpy(text + REFRESH_BODY, client, n);
	keyring_seal(ring, "refresh", text, REFRESH_BODY + n, mac);
}

static bool
put_id(struct arena *a, unsigned char *out, const char *id)
{
	size_t len;
	unsigned char *bytes = secret_from_base64url(a, id, strlen(id), &len);

	if (bytes == NULL || len != ID_BYTES)
		return false;
	memcpy(out, bytes, ID_BYTES);
	return true;
}

char *
refresh_token_make(struct arena *a, const struct keyring *ring, const struct grant *g)
{
	unsigned char t[REFRESH_SIZE];

	if (!put_id(a, t, g->user) || !put_id(a, t + ID_BYTES, g->id))
		return NULL;
	for (int i = 0; i < 4; i++)
		t[2 * ID_BYTES + i] = (unsigned char)(g->sequence >> (24 - 8 * i));
	refresh_mac(ring, a, t, g->client, t + REFRESH_BODY);
	return secret_base64url(a, t, sizeof(t));
}

bool
refresh_token_read(struct arena *a, const struct keyring *ring, const char *client, const char *text, const char **user,
    const char **grant, uint32_t *sequence)
{
	size_t len;
	unsigned char mac[SECRET_HASH];
	unsigned char *t = strlen(text) < 200 ? secret_from_base64url(a, text, strlen(text), &len) : NULL;

	if (t == NULL || len != REFRESH_SIZE)
		return false;
	refresh_mac(ring, a, t, client, mac);
	if (!secret_equal(mac, t + REFRESH_BODY, SECRET_HASH))
		return false;
	*user = secret_base64url(a, t, ID_BYTES);
	*grant = secret_base64url(a, t + ID_BYTES, ID_BYTES);
	*sequence = (uint32_t)t[32] << 24 | (uint32_t)t[33] << 16 | (uint32_t)t[34] << 8 | t[35];
	return true;
}
