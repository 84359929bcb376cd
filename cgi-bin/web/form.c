/* form.c: one decoder for query strings and urlencoded bodies. */
#include "web/form.h"

#include <string.h>

#include "base/arena.h"
#include "base/buf.h"
#include "base/text.h"
#include "base/banned.h"

static size_t
until(const char *s, size_t len, char stop)
{
	const char *at = memchr(s, stop, len);

	return at != NULL ? (size_t)(at - s) : len;
}

bool
form_decode(struct arena *a, const char *text, size_t len, struct pair **list)
{
	size_t pairs = 0;

	*list = NULL;
	while (len > 0) {
		size_t piece = until(text, len, '&');
		if (piece > 0) {
			size_t name = until(text, piece, '=');
			struct pair *p = arena_alloc(a, sizeof(*p));
			p->name = text_url_decode(a, text, name, true);
			p->value = name < piece ? text_url_decode(a, text + name + 1, piece - name - 1, true) : "";
			if (p->name == NULL || p->value == NULL || ++pairs > FORM_PAIRS_MAX)
				return false;
			*list = p;
			list = &p->next;
		}
		if (piece < len)
			piece++;
		text += piece;
		len -= piece;
	}
	return true;
}

const char *
form_get(const struct pair *list, const char *name)
{
	const char *found = NULL;

	for (; list != NULL; list = list->next)
		if (strcmp(list->name, name) == 0) {
			if (found != NULL)
				return NULL;
			found = list->value;
		}
	return found != NULL && *found != '\0' ? found : NULL;
}

size_t
form_count(const struct pair *list, const char *name)
{
	size_t n = 0;

	for (; list != NULL; list = list->next)
		n += strcmp(list->name, name) == 0;
	return n;
}

char *
form_add(struct arena *a, const char *query, const char *name, const char *value)
{
	struct buf b = buf_new(a, (size_t)1 << 20);

	buf_text(&b, query);
	buf_pair(&b, name, value);
	return b.data;
}
