/* json_print.c: JSON text out. */
#include <math.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/arena.h"
#include "base/json_value.h"
#include "base/banned.h"

#define FIRST	512	/* bytes: room to begin with */
#define EXACT	1e15	/* whole numbers below it have all their digits in a double */
#define NUMBER	32	/* bytes of the longest number */

struct out {
	struct arena	*arena;
	char		*data;
	size_t		 len, size;
};

/* Where n more bytes go. */
static char *
room(struct out *o, size_t n)
{
	if (n > o->size - o->len) {
		while (n > o->size - o->len)
			o->size *= 2;
		char *bigger = arena_alloc(o->arena, o->size);
		memcpy(bigger, o->data, o->len);
		o->data = bigger;
	}
	return o->data + o->len;
}

static void
put(struct out *o, const char *text, size_t len)
{
	memcpy(room(o, len), text, len);
	o->len += len;
}

static void
put_char(struct out *o, char c)
{
	*room(o, 1) = c;
	o->len++;
}

/* --- strings --- */

static void
put_escape(struct out *o, char c)
{
	static const char from[] = "\"\\\b\f\n\r\t", to[] = "\"\\bfnrt";
	const char *which = strchr(from, c);

	if (which != NULL)
		o->len += (size_t)snprintf(room(o, 3), 3, "\\%c", to[which - from]);
	else
		o->len += (size_t)snprintf(room(o, 7), 7, "\\u%04x", (unsigned)c);
}

/* A text in quotation marks, and a colon behind it, where it is a name. */
static void
put_string(struct out *o, const char *s, bool name)
{
	const char *from = s;

	put_char(o, '"');
	for (;; from = s) {
		while ((unsigned char)*s >= 0x20 && *s != '"' && *s != '\\')
			s++;
		size_t len = (size_t)(s - from);
		char *to = room(o, len + 2);
		memcpy(to, from, len);
		o->len += len;
		if (*s != '\0') {
			put_escape(o, *s++);
			continue;
		}
		to[len] = '"';
		to[len + 1] = ':';
		o->len += 1 + name;
		return;
	}
}

/* --- numbers --- */

static size_t
print_whole(char *out, double d)
{
	uint64_t n = (uint64_t)fabs(d);
	char digits[NUMBER], *s = digits + NUMBER;
	size_t sign = d < 0;

	do
		*--s = (char)('0' + n % 10);
	while ((n /= 10) != 0);
	*out = '-';
	memcpy(out + sign, s, (size_t)(digits + NUMBER - s));
	return sign + (size_t)(digits + NUMBER - s);
}

/* 15 digits where they say it, as 0.1 looks best; 17 where they do not. */
static size_t
print_number(char *out, double d)
{
	if (!isfinite(d))
		return (size_t)snprintf(out, NUMBER, "null");
	if (fabs(d) < EXACT && d == floor(d) && !(d == 0 && signbit(d)))
		return print_whole(out, d);
	int n = snprintf(out, NUMBER, "%.15g", d);
	if (!json_same_number(strtod(out, NULL), d))
		n = snprintf(out, NUMBER, "%.17g", d);
	return (size_t)n;
}

/* --- all of it --- */

static void
put_value(struct out *o, const struct json *v)
{
	switch (v->type) {
	case JSON_STRING:
		put_string(o, v->text, false);
		break;
	case JSON_NUMBER:
		o->len += print_number(room(o, NUMBER), v->number);
		break;
	case JSON_BOOL:
		put(o, v->truth ? "true" : "false", v->truth ? 4 : 5);
		break;
	case JSON_ARRAY:
	case JSON_OBJECT:
		put_char(o, v->type == JSON_ARRAY ? '[' : '{');
		for (const struct json *m = v->first; m != NULL; m = m->next) {
			if (v->type == JSON_OBJECT)
				put_string(o, m->name, true);
			put_value(o, m);
			if (m->next != NULL)
				put_char(o, ',');
		}
		put_char(o, v->type == JSON_ARRAY ? ']' : '}');
		break;
	case JSON_PRINTED:
		put(o, v->text, strlen(v->text));
		break;
	default:
		put(o, "null", 4);
	}
}

char *
json_print(struct arena *a, const struct json *v)
{
	struct out o = { .arena = a, .data = arena_alloc(a, FIRST), .size = FIRST };

	if (v == NULL)
		return NULL;
	put_value(&o, v);
	put_char(&o, '\0');
	return o.data;
}
