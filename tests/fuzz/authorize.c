/* Any bytes as an authorization request: an answer goes to a registered address only, and nothing breaks out of it. */
#include <assert.h>
#include <stdint.h>

#include "oauth/authorize_request.h"
#include "tests/unit/check.h"
#include "tests/unit/fixture.h"
#include "web/form.h"
#include "base/banned.h"

#define R "https://good.test/cb"

int	 LLVMFuzzerTestOneInput(const uint8_t *, size_t);
int	 LLVMFuzzerInitialize(int *, char ***);

int
LLVMFuzzerInitialize(int *argc, char ***argv)
{
	(void)argc, (void)argv;
	fixture_begin();
	struct client c = fixture_client("a", (const char *const[]){ R, NULL });
	fixture_save(&c);
	return atexit(fixture_end);
}

static const char *
parameter(const void *from, const char *name, size_t *count)
{
	*count = form_count(from, name);
	return form_get(from, name);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t n)
{
	struct arena *a = arena_new((size_t)64 << 20);
	char *query = arena_printf(a, "client_id=a&%.*s", (int)(n < 20000 ? n : 20000), (const char *)data), *url = NULL;
	struct authorize_request rq;
	struct pair *list;

	if (form_decode(a, query, strlen(query), &list)) {
		struct authorize_outcome o = authorize_check(fx.store, a, parameter, list, &rq);
		if (o.verdict == AUTHORIZE_OK)
			url = authorize_answer(a, &rq, "http://x", "CODE");
		else if (o.verdict == AUTHORIZE_BACK)
			url = authorize_refusal(a, &rq, "http://x", o.error, o.description);
		else
			assert(o.verdict == AUTHORIZE_STAY && o.text != NULL);
		assert(url == NULL || (strncmp(url, R "?", sizeof(R)) == 0 && strpbrk(url, " \r\n\"<>#\\") == NULL));
	}
	arena_free(a);
	return 0;
}
