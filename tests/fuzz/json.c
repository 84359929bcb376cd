/* Any bytes as JSON: what is taken prints to a text that is taken again and means the same. */
#include <assert.h>
#include <stdint.h>
#include <string.h>

#include "base/arena.h"
#include "base/json.h"
#include "base/text.h"
#include "base/banned.h"

int	 LLVMFuzzerTestOneInput(const uint8_t *, size_t);

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t n)
{
	struct arena *a = arena_new((size_t)64 << 20);
	struct json_error err = { 0 };
	struct json *v = n < 65536 ? json_parse(a, (const char *)data, n, &err) : NULL;
	char *text = arena_strndup(a, (const char *)data, n);

	if (v != NULL) {
		char *printed = json_print(a, v);
		struct json *again = json_parse(a, printed, strlen(printed), NULL);
		assert(again != NULL && text_is_utf8(printed, strlen(printed)));
		assert(strcmp(json_print(a, again), printed) == 0);
		json_line_of(text, "a.0.b");
		for (const struct json *c = json_first(v); c != NULL; c = json_next(c))
			assert(json_name(c) == NULL || json_type(v) != JSON_OBJECT || json_get(v, json_name(c)) == c);
	} else
		assert(n >= 65536 || (err.what != NULL && err.line > 0));
	arena_free(a);
	return 0;
}
