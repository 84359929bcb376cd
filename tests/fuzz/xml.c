/* Any bytes as XML: what is taken is JSON that can be printed and read again. */
#include <assert.h>
#include <stdint.h>
#include <string.h>

#include "base/arena.h"
#include "base/json.h"
#include "base/xml.h"
#include "base/banned.h"

int	 LLVMFuzzerTestOneInput(const uint8_t *, size_t);

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t n)
{
	struct arena *a = arena_new((size_t)64 << 20);
	const char *why = NULL;
	struct json *v = n < 65536 ? xml_parse(a, (const char *)data, n, &why) : NULL;

	if (v != NULL) {
		const char *text = json_print(a, v);
		assert(json_equal(json_parse(a, text, strlen(text), NULL), v));
	} else
		assert(n >= 65536 || why != NULL);
	arena_free(a);
	return 0;
}
