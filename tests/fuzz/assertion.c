/* Any bytes as a client's assertion, as claims and header that are rightly signed, and as a client's public key: nothing is
 * proven that does not say all of issuer, subject, audience, end and id, and no key is taken that is not one. */
#include <assert.h>
#include <stdint.h>

#include "oauth/assertion.h"
#include "tests/unit/check.h"
#include "tests/unit/fixture.h"
#include "tests/unit/forge.h"
#include "base/banned.h"

int	 LLVMFuzzerTestOneInput(const uint8_t *, size_t);
int	 LLVMFuzzerInitialize(int *, char ***);

static struct client client;

int
LLVMFuzzerInitialize(int *argc, char ***argv)
{
	(void)argc, (void)argv;
	fixture_begin();
	client = fixture_client("a", (const char *const[]){ "https://good.test/cb", NULL });
	client.auth = CLIENT_AUTH_PRIVATE_KEY_JWT;
	client.secret_hash = NULL;
	client.jwk = json_at(json_get(keyring_jwks(fx.arena, fx.keyring), "keys"), 0);
	fixture_save(&client);
	assert(assertion_key_fault(fx.arena, client.jwk) == NULL);
	return atexit(fixture_end);
}

/* Claims that may be proven say at least this. */
static bool
may_be_right(struct arena *a, const uint8_t *data, size_t n)
{
	const struct json *c = json_parse(a, (const char *)data, n, NULL);

	return json_get_string(c, "iss") != NULL && json_get_string(c, "sub") != NULL && json_get(c, "aud") != NULL &&
	    json_get_string(c, "jti") != NULL && json_get_int(c, "exp", 0) > 0;
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t n)
{
	struct arena *a = arena_new((size_t)64 << 20);
	const char *kid, *text = arena_strndup(a, (const char *)data, n), *header = "{\"alg\":\"ES256\"}";
	EVP_PKEY *key = keyring_signer(fx.keyring, &kid);
	char *claims = forge_sign(a, key, forge_text(a, header, strlen(header), data, n));
	char *head = forge_sign(a, key, forge_text(a, data, n, "{}", 2));
	const struct json *jwk = json_parse(a, (const char *)data, n, NULL);

	assertion_client(a, text);
	assert(assertion_check(fx.store, a, fx.config, &client, text) == OAUTH_INVALID_CLIENT);
	assert(assertion_check(fx.store, a, fx.config, &client, head) == OAUTH_INVALID_CLIENT);
	assert(assertion_check(fx.store, a, fx.config, &client, claims) == OAUTH_INVALID_CLIENT || may_be_right(a, data, n));
	if (assertion_key_fault(a, jwk) == NULL)
		assert(json_get(jwk, "d") == NULL && json_get_string(jwk, "kty") != NULL);
	arena_free(a);
	return 0;
}
