/* smartapp_authorization.c: any bytes as an Authorization header, a date, a time; what is taken keeps its promises. */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "base/arena.h"
#include "smartapp/authorization.h"
#include "smartapp/when.h"
#include "base/banned.h"

int	 LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct arena *a = arena_new((size_t)1 << 20);
	char *text = arena_strndup(a, (const char *)data, size < 8192 ? size : 8192);
	struct authorization auth;
	int64_t t;
	int m;

	if (authorization_read(a, text, &auth) == NULL) {
		if (auth.key_id == NULL || auth.algorithm == NULL || auth.signature_len == 0 || auth.headers_count == 0 ||
		    strlen(text) >= AUTHORIZATION_MAX)
			abort();
		for (size_t i = 0; i < auth.headers_count; i++)
			for (size_t k = 0; k < i; k++)
				if (strcmp(auth.headers[i], auth.headers[k]) == 0)
					abort();
	}
	if (when_http(text, &t) && (t < -62135596800 || t > 253402300800))
		abort();
	when_iso(text, &t);
	if (when_minute(text, &m) && (m < 0 || m >= 1440))
		abort();
	when_offset(text, &m);
	arena_free(a);
	return 0;
}
