/* json_parse.c: JSON text in, in one pass over a copy of it: names and strings are decoded where they stand in the copy.
 *
 * long because: the grammar stands in one place. */
#include <stdlib.h>
#include <string.h>

#include "base/arena.h"
#include "base/json_text.h"
#include "base/json_value.h"
#include "base/text.h"
#include "base/banned.h"

#define FEW	32	/* members of an object that are compared each with each */
#define DIGITS	15	/* of a number that is exact however it is read */

static const char odd[] = "not valid JSON";

struct reading {
	struct arena	*arena;
	char		*at, *end;	/* a NUL stands at the end, which no rule takes */
	const char	*what;		/* the fault that was found at at; NULL: none yet */
};

static void *
fault(struct reading *r, const char *what)
{
	if (r->what == NULL)
		r->what = what;
	return NULL;
}

static void
skip_space(struct reading *r)
{
	while (*r->at == ' ' || *r->at == '\n' || *r->at == '\t' || *r->at == '\r')
		r->at++;
}

/* Is this character next? Then it is passed over. */
static bool
take(struct reading *r, char c)
{
	skip_space(r);
	if (*r->at != c)
		return false;
	r->at++;
	return true;
}

/* --- strings --- */

/* The number that four hexadecimal digits make; -1 if they are none. */
static long
four_hex(const char *s)
{
	char digits[5] = { 0 };

	for (size_t i = 0; i < 4; i++) {
		if (strchr("0123456789abcdefABCDEF", s[i]) == NULL || s[i] == '\0')
			return -1;
		digits[i] = s[i];
	}
	return strtol(digits, NULL, 16);
}

static char *
put_utf8(char *out, long c)
{
	static const struct { long below; int more, mark; } forms[] = { { 0x80, 0, 0 }, { 0x800, 1, 0xc0 }, { 0x10000, 2, 0xe0 }, { 0x110000, 3, 0xf0 } };
	size_t i = 0;

	while (c >= forms[i].below)
		i++;
	*out++ = (char)(forms[i].mark | c >> 6 * forms[i].more);
	for (int k = forms[i].more; k-- > 0;)
		*out++ = (char)(0x80 | (c >> 6 * k & 0x3f));
	return out;
}

/* \uXXXX, or two of them that make one character; r->at is at the u. */
static char *
read_unicode(struct reading *r, char *out)
{
	long c = four_hex(r->at + 1), low;

	if (c == 0)
		return fault(r, "a string holds a NUL");
	if (c < 0 || (c & 0xfc00) == 0xdc00)
		return fault(r, odd);
	r->at += 5;
	if ((c & 0xfc00) == 0xd800) {
		if (r->at[0] != '\\' || r->at[1] != 'u' || (low = four_hex(r->at + 2)) < 0 || (low & 0xfc00) != 0xdc00)
			return fault(r, odd);
		c = 0x10000 + ((c & 0x3ff) << 10 | (low & 0x3ff));
		r->at += 6;
	}
	return put_utf8(out, c);
}

/* What a backslash begins; where the next character goes. NULL after a fault. */
static char *
read_escape(struct reading *r, char *out)
{
	static const char from[] = "\"\\/bfnrt", to[] = "\"\\/\b\f\n\r\t";
	char c = *++r->at;
	const char *which = c != '\0' ? strchr(from, c) : NULL;

	if (c == 'u')
		return read_unicode(r, out);
	if (which == NULL)
		return fault(r, odd);
	r->at++;
	*out++ = to[which - from];
	return out;
}

/* The string whose quotation mark is next. Most have nothing to decode. */
static const char *
read_string(struct reading *r)
{
	char *text = r->at + 1, *out = text;

	while ((unsigned char)*out >= 0x20 && *out != '"' && *out != '\\')
		out++;
	r->at = out;
	while (*r->at != '"') {
		if (*r->at == '\\') {
			if ((out = read_escape(r, out)) == NULL)
				return NULL;
		} else if ((unsigned char)*r->at < 0x20)
			return fault(r, r->at == r->end ? odd : "a control character stands in a string");
		else
			*out++ = *r->at++;
	}
	r->at++;
	*out = '\0';
	return text;
}

/* --- numbers --- */

static const char *
skip_digits(const char *s)
{
	while (*s >= '0' && *s <= '9')
		s++;
	return s;
}

/* Past the number that starts at s; NULL if RFC 8259 6 knows none of that form: 01, 1., -.5. whole: it has no fraction. */
static const char *
number_end(const char *s, bool *whole)
{
	const char *digits = s + (*s == '-');

	s = skip_digits(digits);
	*whole = true;
	if (s == digits || (*digits == '0' && s - digits > 1))
		return NULL;
	if (*s == '.') {
		digits = ++s;
		*whole = false;
		if ((s = skip_digits(s)) == digits)
			return NULL;
	}
	if (*s == 'e' || *s == 'E') {
		s++;
		s += *s == '+' || *s == '-';
		digits = s;
		*whole = false;
		if ((s = skip_digits(s)) == digits)
			return NULL;
	}
	return s;
}

static bool
read_number(struct reading *r, double *n)
{
	bool whole, minus = *r->at == '-';
	const char *s = r->at, *end = number_end(s, &whole);
	double sum = 0;

	if (end == NULL)
		return fault(r, odd), false;
	r->at += end - s;
	if (!whole || end - s > DIGITS) {
		*n = strtod(s, NULL);
		return true;
	}
	for (s += minus; s < end; s++)
		sum = sum * 10 + (*s - '0');
	*n = minus ? -sum : sum;
	return true;
}

/* --- arrays and objects --- */

static struct json *read_value(struct reading *, size_t depth);

static int
by_name(const void *a, const void *b)
{
	return strcmp(*(const char *const *)a, *(const char *const *)b);
}

/* A name that stands twice among many. */
static const char *
twin_of_many(struct arena *a, const struct json *object, size_t n)
{
	const char **names = arena_alloc(a, n * sizeof(*names));
	size_t i = 0;

	for (const struct json *m = object->first; m != NULL; m = m->next)
		names[i++] = m->name;
	qsort(names, n, sizeof(*names), by_name);
	for (i = 1; i < n; i++)
		if (strcmp(names[i - 1], names[i]) == 0)
			return names[i - 1] > names[i] ? names[i - 1] : names[i];
	return NULL;
}

/* The same where there are few, looking back from each that came. */
static const char *
twin_of_last(const struct json *object)
{
	const struct json *last = object->last;

	for (const struct json *m = object->first; m != last; m = m->next)
		if (*m->name == *last->name && strcmp(m->name, last->name) == 0)
			return last->name;
	return NULL;
}

static void *
fault_twin(struct reading *r, const char *twin)
{
	const char *what = arena_printf(r->arena, "a member stands twice: %.*s", text_cut(twin, 100), twin);

	r->at += twin - r->at;
	return fault(r, what);
}

/* A member: its name, a colon, its value. */
static struct json *
read_member(struct reading *r, size_t depth, const char **name)
{
	skip_space(r);
	if (*r->at != '"')
		return fault(r, odd);
	if ((*name = read_string(r)) == NULL)
		return NULL;
	return take(r, ':') ? read_value(r, depth) : fault(r, odd);
}

static bool
read_members(struct reading *r, struct json *v, size_t depth)
{
	size_t n = 0;

	if (take(r, '}'))
		return true;
	do {
		const char *name, *twin;
		struct json *value = read_member(r, depth, &name);
		if (value == NULL)
			return false;
		json_link(v, value, name);
		if (++n <= FEW && (twin = twin_of_last(v)) != NULL)
			return fault_twin(r, twin), false;
	} while (take(r, ','));
	const char *twin = n > FEW ? twin_of_many(r->arena, v, n) : NULL;
	if (twin != NULL)
		return fault_twin(r, twin), false;
	return take(r, '}') || fault(r, odd);
}

static bool
read_elements(struct reading *r, struct json *v, size_t depth)
{
	if (take(r, ']'))
		return true;
	do {
		struct json *value = read_value(r, depth);
		if (value == NULL)
			return false;
		json_link(v, value, NULL);
	} while (take(r, ','));
	return take(r, ']') || fault(r, odd);
}

static bool
read_word(struct reading *r, const char *word)
{
	size_t len = strlen(word);

	if (strncmp(r->at, word, len) != 0)
		return fault(r, odd), false;
	r->at += len;
	return true;
}

/* What is next, of whatever type. depth: how many arrays and objects it stands in. NULL after a fault. */
static struct json *
read_value(struct reading *r, size_t depth)
{
	struct json *v = arena_alloc(r->arena, sizeof(*v));
	bool good;

	skip_space(r);
	if ((*r->at == '{' || *r->at == '[') && depth == JSON_DEPTH)
		return fault(r, "nested too deep");
	switch (*r->at) {
	case '{':
		v->type = JSON_OBJECT;
		r->at++;
		good = read_members(r, v, depth + 1);
		break;
	case '[':
		v->type = JSON_ARRAY;
		r->at++;
		good = read_elements(r, v, depth + 1);
		break;
	case '"':
		v->type = JSON_STRING;
		good = (v->text = read_string(r)) != NULL;
		break;
	case 't':
		v->type = JSON_BOOL;
		v->truth = true;
		good = read_word(r, "true");
		break;
	case 'f':
		v->type = JSON_BOOL;
		good = read_word(r, "false");
		break;
	case 'n':
		v->type = JSON_NULL;
		good = read_word(r, "null");
		break;
	default:
		v->type = JSON_NUMBER;
		good = read_number(r, &v->number);
	}
	return good ? v : NULL;
}

struct json *
json_parse(struct arena *a, const char *text, size_t len, struct json_error *err)
{
	char *copy = arena_strndup(a, text, len);
	struct reading r = { .arena = a, .at = copy, .end = copy + len };
	struct json *v = NULL;

	if (!text_is_utf8(text, len))
		fault(&r, "not UTF-8");
	else if (len >= 3 && memcmp(text, "\xef\xbb\xbf", 3) == 0)
		fault(&r, "begins with a byte order mark");
	else if ((v = read_value(&r, 0)) != NULL) {
		skip_space(&r);
		if (r.at != r.end)
			v = fault(&r, odd);
	}
	if (v == NULL && err != NULL)
		*err = (struct json_error){ r.what, json_text_line(text, text + (r.at - copy)) };
	return v;
}
