/* Any bytes as a Cookie header and as an Accept-Language: a cookie's value is harmless or it is none. */
#include <assert.h>
#include <stdint.h>
#include <string.h>

#include "base/arena.h"
#include "web/cookie.h"
#include "web/request.h"
#include "base/banned.h"

int	 LLVMFuzzerTestOneInput(const uint8_t *, size_t);

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t n)
{
	struct arena *a = arena_new((size_t)64 << 20);
	char *text = arena_strndup(a, (const char *)data, n);
	const char *env[] = { "REQUEST_METHOD=GET", "REQUEST_URI=/", arena_printf(a, "HTTP_COOKIE=%s", text),
	    arena_printf(a, "CONTENT_TYPE=%s", text), arena_printf(a, "REQUEST_ID=%s", text), NULL };
	struct request rq;

	assert(request_parse(&rq, a, env, "", 0) == 0);
	const char *value = cookie_get(&rq, "s");
	assert(value == NULL || (*value != '\0' && strpbrk(value, " ;,\"\\\r\n%<>") == NULL && strstr(text, value) != NULL));
	assert(*rq.id != '\0' && strlen(rq.id) <= 64 && strpbrk(rq.id, " \r\n=\"") == NULL);
	arena_free(a);
	return 0;
}
