/* form.c: one decoder for query strings and urlencoded bodies. */
#include "web/form.h"

#include <string.h>

#include "base/arena.h"
#include "base/buf.h"
#include "base/text.h"
#include "base/banned.h"

static int
hex(char c)
{
	static const char digits[] = "0123456789abcdef0123456789ABCDEF";
	const char *at = c != '\0' ? strchr(digits, c) : NULL;

	return at != NULL ? (int)((at - digits) % 16) : -1;
}

/* Percent-decode len bytes. NULL if malformed, not UTF-8, or if it would hold a NUL. */
static const char *
decode(struct arena *a, const char *s, size_t len)
{
	char *out = arena_alloc(a, len + 1), *o = out;

	for (size_t i = 0; i < len; i++) {
		if (s[i] == '%') {
			if (len - i < 3 || hex(s[i + 1]) < 0 || hex(s[i + 2]) < 0)
				return NULL;
			*o = (char)(hex(s[i + 1]) * 16 + hex(s[i + 2]));
			i += 2;
		} else
			*o = s[i] == '+' ? ' ' : s[i];
		if (*o++ == '\0')
			return NULL;
	}
	return text_is_utf8(out, (size_t)(o - out)) ? out : NULL;
}

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
			p->name = decode(a, text, name);
			p->value = name < piece ? decode(a, text + name + 1, piece - name - 1) : "";
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
	if (b.len > 0)
		buf_char(&b, '&');
	buf_url(&b, name);
	buf_char(&b, '=');
	buf_url(&b, value);
	return b.data;
}
