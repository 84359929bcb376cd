/* buf.c: grow by doubling inside the arena; escape by where the text lands. */
#include "base/buf.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "base/arena.h"
#include "base/banned.h"

#define FIRST 256

struct buf
buf_new(struct arena *arena, size_t max)
{
	static char none[1];
	return (struct buf){ .arena = arena, .data = none, .max = max };
}

void
buf_add(struct buf *b, const char *data, size_t len)
{
	if (b->over || len > b->max - b->len) {
		b->over = true;
		return;
	}
	if (b->len + len + 1 > b->size) {
		size_t size = b->size == 0 ? FIRST : b->size;
		while (size < b->len + len + 1)
			size *= 2;
		char *bigger = arena_alloc(b->arena, size);
		memcpy(bigger, b->data, b->len);
		b->data = bigger;
		b->size = size;
	}
	memcpy(b->data + b->len, data, len);
	b->len += len;
	b->data[b->len] = '\0';
}

void
buf_text(struct buf *b, const char *text)
{
	buf_add(b, text, strlen(text));
}

void
buf_char(struct buf *b, char c)
{
	buf_add(b, &c, 1);
}

void
buf_printf(struct buf *b, const char *fmt, ...)
{
	va_list ap;
	va_start(ap, fmt);
	buf_text(b, arena_vprintf(b->arena, fmt, ap));
	va_end(ap);
}

static const char *
entity(char c)
{
	switch (c) {
	case '&':  return "&amp;";
	case '<':  return "&lt;";
	case '>':  return "&gt;";
	case '"':  return "&quot;";
	case '\'': return "&#39;";
	default:   return NULL;
	}
}

void
buf_html(struct buf *b, const char *text)
{
	for (;;) {
		size_t plain = strcspn(text, "&<>\"'");
		buf_add(b, text, plain);
		text += plain;
		if (*text == '\0')
			return;
		buf_text(b, entity(*text++));
	}
}

void
buf_url(struct buf *b, const char *text)
{
	static const char unreserved[] =
	    "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-._~";

	for (; *text != '\0'; text++) {
		char hex[4];
		if (strchr(unreserved, *text) != NULL) {
			buf_char(b, *text);
			continue;
		}
		snprintf(hex, sizeof(hex), "%%%02X", (unsigned char)*text);
		buf_add(b, hex, 3);
	}
}

void
buf_pair(struct buf *b, const char *name, const char *value)
{
	if (value == NULL)
		return;
	if (b->len > 0)
		buf_char(b, '&');
	buf_url(b, name);
	buf_char(b, '=');
	buf_url(b, value);
}
