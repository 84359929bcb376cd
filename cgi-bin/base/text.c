/* text.c: small, total functions: every input has an answer. */
#include "base/text.h"

#include <errno.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "base/arena.h"
#include "base/banned.h"

/* The length of the UTF-8 character that starts at s, or 0 if it is none. */
static size_t
character(const unsigned char *s, size_t len)
{
	static const struct { unsigned char lo, hi, next_lo, next_hi; size_t len; } forms[] = {
		{ 0x00, 0x7f, 0x00, 0xff, 1 },
		{ 0xc2, 0xdf, 0x80, 0xbf, 2 },
		{ 0xe0, 0xe0, 0xa0, 0xbf, 3 },
		{ 0xe1, 0xec, 0x80, 0xbf, 3 },
		{ 0xed, 0xed, 0x80, 0x9f, 3 },
		{ 0xee, 0xef, 0x80, 0xbf, 3 },
		{ 0xf0, 0xf0, 0x90, 0xbf, 4 },
		{ 0xf1, 0xf3, 0x80, 0xbf, 4 },
		{ 0xf4, 0xf4, 0x80, 0x8f, 4 },
	};

	for (size_t i = 0; i < sizeof(forms) / sizeof(forms[0]); i++) {
		if (s[0] < forms[i].lo || s[0] > forms[i].hi)
			continue;
		if (forms[i].len > len)
			return 0;
		if (forms[i].len > 1 && (s[1] < forms[i].next_lo || s[1] > forms[i].next_hi))
			return 0;
		for (size_t k = 2; k < forms[i].len; k++)
			if ((s[k] & 0xc0) != 0x80)
				return 0;
		return forms[i].len;
	}
	return 0;
}

/* How many of the bytes from s on are plain ASCII, in steps of eight. */
static size_t
plain(const unsigned char *s, size_t len)
{
	uint64_t word;
	size_t n = 0;

	for (; len - n >= sizeof(word); n += sizeof(word)) {
		memcpy(&word, s + n, sizeof(word));
		if ((word & 0x8080808080808080u) != 0)
			break;
	}
	return n;
}

bool
text_is_utf8(const char *s, size_t len)
{
	const unsigned char *u = (const unsigned char *)s;
	size_t i = plain(u, len), n;

	for (; i < len; i += n + plain(u + i + n, len - i - n))
		if ((n = character(u + i, len - i)) == 0)
			return false;
	return true;
}

int
text_cut(const char *s, int max)
{
	size_t len = strnlen(s, (size_t)max + 1);

	if (len <= (size_t)max)
		return (int)len;
	while (max > 0 && ((unsigned char)s[max] & 0xc0) == 0x80)
		max--;
	return max;
}

bool
text_is_name(const char *s, size_t max)
{
	size_t len = strnlen(s, max + 1);

	if (len == 0 || len > max || !text_is_utf8(s, len))
		return false;
	for (size_t i = 0; i < len; i++)
		if ((unsigned char)s[i] < 0x20 || s[i] == 0x7f)
			return false;
	return strspn(s, " ") < len;
}

bool
text_to_int(const char *s, long long min, long long max, long long *out)
{
	char *end;

	if (strspn(s, "-0123456789") != strlen(s) || *s == '\0')
		return false;
	errno = 0;
	long long n = strtoll(s, &end, 10);
	if (*end != '\0' || errno != 0 || n < min || n > max)
		return false;
	*out = n;
	return true;
}

size_t
text_distance(const char *a, const char *b)
{
	size_t row[64], la = strlen(a), lb = strlen(b);

	if (la > 63 || lb > 63)
		return 64;
	for (size_t j = 0; j <= lb; j++)
		row[j] = j;
	for (size_t i = 1; i <= la; i++) {
		size_t diagonal = row[0];
		row[0] = i;
		for (size_t j = 1; j <= lb; j++) {
			size_t change = diagonal + (a[i - 1] != b[j - 1]);
			diagonal = row[j];
			size_t insert = row[j - 1] + 1, remove = row[j] + 1;
			row[j] = change < insert ? change : insert;
			row[j] = row[j] < remove ? row[j] : remove;
		}
	}
	return row[lb];
}

bool
text_list_has(const char *list, const char *separators, const char *word)
{
	size_t len = strlen(word);

	while (*list != '\0') {
		size_t n = strcspn(list, separators);
		if (n == len && n > 0 && memcmp(list, word, n) == 0)	/* separators in a row hold no empty item */
			return true;
		list += n + (list[n] != '\0');
	}
	return false;
}

/* --- percent-encoding --- */

static int
hex(char c)
{
	static const char digits[] = "0123456789abcdef0123456789ABCDEF";
	const char *at = c != '\0' ? strchr(digits, c) : NULL;

	return at != NULL ? (int)((at - digits) % 16) : -1;
}

char *
text_url_decode(struct arena *a, const char *s, size_t len, bool plus)
{
	char *out = arena_alloc(a, len + 1), *o = out;

	for (size_t i = 0; i < len; i++) {
		if (s[i] == '%') {
			if (len - i < 3 || hex(s[i + 1]) < 0 || hex(s[i + 2]) < 0)
				return NULL;
			*o = (char)(hex(s[i + 1]) * 16 + hex(s[i + 2]));
			i += 2;
		} else
			*o = plus && s[i] == '+' ? ' ' : s[i];
		if (*o++ == '\0')
			return NULL;
	}
	return text_is_utf8(out, (size_t)(o - out)) ? out : NULL;
}
