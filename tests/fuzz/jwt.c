/* Any bytes as an access token; as claims that are rightly signed; as a header: nothing but our own tokens counts. */
#include <assert.h>
#include <stdint.h>

#include "oauth/grant.h"
#include "oauth/token.h"
#include "tests/unit/check.h"
#include "tests/unit/fixture.h"
#include "tests/unit/forge.h"
#include "base/banned.h"

int	 LLVMFuzzerTestOneInput(const uint8_t *, size_t);
int	 LLVMFuzzerInitialize(int *, char ***);

int
LLVMFuzzerInitialize(int *argc, char ***argv)
{
	(void)argc, (void)argv;
	fixture_begin();
	return atexit(fixture_end);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t n)
{
	struct token_context x = { fx.config, fx.store, fx.keyring, arena_new((size_t)64 << 20) };
	struct access_token t;
	struct grant g;
	const char *kid, *kinds[3];
	EVP_PKEY *key = keyring_signer(fx.keyring, &kid);
	char *header = arena_printf(x.arena, "{\"alg\":\"ES256\",\"typ\":\"at+jwt\",\"kid\":\"%s\"}", kid);

	kinds[0] = arena_strndup(x.arena, (const char *)data, n);
	kinds[1] = forge_sign(x.arena, key, forge_text(x.arena, header, strlen(header), data, n));
	kinds[2] = forge_sign(x.arena, key, forge_text(x.arena, data, n, "{}", 2));
	for (size_t i = 0; i < 3; i++)
		assert(token_verify(&x, kinds[i], &t, &g) == TOKEN_INVALID);
	arena_free(x.arena);
	return 0;
}
