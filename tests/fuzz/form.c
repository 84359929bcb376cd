/* Any bytes as a query and as a form: what is taken survives being written and read again. */
#include <assert.h>
#include <stdint.h>
#include <string.h>

#include "base/arena.h"
#include "base/text.h"
#include "web/form.h"
#include "base/banned.h"

int	 LLVMFuzzerTestOneInput(const uint8_t *, size_t);

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t n)
{
	struct arena *a = arena_new((size_t)64 << 20);
	struct pair *list, *again;

	if (n < 65536 && form_decode(a, (const char *)data, n, &list))
		for (const struct pair *p = list; p != NULL; p = p->next) {
			assert(text_is_utf8(p->name, strlen(p->name)) && text_is_utf8(p->value, strlen(p->value)));
			char *text = form_add(a, "", p->name, p->value);
			assert(form_decode(a, text, strlen(text), &again) && strcmp(again->name, p->name) == 0 &&
			    strcmp(again->value, p->value) == 0);
		}
	arena_free(a);
	return 0;
}
