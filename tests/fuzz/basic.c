/* Any bytes as an Authorization header, and as what a Basic one encodes: nobody gets in. */
#include <assert.h>
#include <stdint.h>

#include "oauth/client_auth.h"
#include "tests/unit/check.h"
#include "tests/unit/fixture.h"
#include "base/banned.h"

int	 LLVMFuzzerTestOneInput(const uint8_t *, size_t);
int	 LLVMFuzzerInitialize(int *, char ***);

int
LLVMFuzzerInitialize(int *argc, char ***argv)
{
	(void)argc, (void)argv;
	fixture_begin();
	struct client c = fixture_client("a", (const char *const[]){ "https://good.test/cb", NULL });
	fixture_save(&c);
	return atexit(fixture_end);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t n)
{
	struct arena *a = arena_new((size_t)64 << 20);
	char *raw = arena_strndup(a, (const char *)data, n), *text = secret_base64url(a, data, n / 3 * 3);
	struct client_credentials given = { .authorization = raw };
	struct client c;

	assert(client_authenticate(fx.store, a, fx.config, &given, &c) != OAUTH_OK);
	for (char *s = text; *s != '\0'; s++)	/* whole triples need no padding */
		*s = *s == '-' ? '+' : *s == '_' ? '/' : *s;
	given.authorization = arena_printf(a, "Basic %s", text);
	assert(client_authenticate(fx.store, a, fx.config, &given, &c) != OAUTH_OK);
	given = (struct client_credentials){ .id = "a", .secret = raw };
	assert(client_authenticate(fx.store, a, fx.config, &given, &c) != OAUTH_OK);
	arena_free(a);
	return 0;
}
