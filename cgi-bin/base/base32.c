/* base32.c: five bits a character. */
#include "base/base32.h"

#include <ctype.h>
#include <stdint.h>
#include <string.h>

#include "base/arena.h"
#include "base/banned.h"

static const char alphabet[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZ234567";

char *
base32_text(struct arena *a, const void *data, size_t len)
{
	const unsigned char *in = data;
	char *out = arena_alloc(a, len / 5 * 8 + 9), *o = out;
	uint32_t bits = 0;
	unsigned have = 0;

	for (size_t i = 0; i < len; i++) {
		bits = (bits << 8 | in[i]) & 0xfff;
		for (have += 8; have >= 5; have -= 5)
			*o++ = alphabet[bits >> (have - 5) & 31];
	}
	if (have > 0)
		*o++ = alphabet[bits << (5 - have) & 31];
	return out;
}

char *
base32_tidy(struct arena *a, const char *text)
{
	char *out = arena_alloc(a, strlen(text) + 1), *o = out;

	for (; *text != '\0'; text++)
		if (*text != ' ' && *text != '-')
			*o++ = (char)toupper((unsigned char)*text);
	return out;
}

unsigned char *
base32_bytes(struct arena *a, const char *text, size_t *out_len)
{
	const char *tidy = base32_tidy(a, text);
	unsigned char *out = arena_alloc(a, strlen(tidy) / 8 * 5 + 6), *o = out;
	uint32_t bits = 0;
	unsigned have = 0;

	for (const char *c = tidy; *c != '\0'; c++) {
		const char *at = strchr(alphabet, *c);
		if (at == NULL)
			return NULL;
		bits = (bits << 5 | (uint32_t)(at - alphabet)) & 0xfff;
		if ((have += 5) >= 8)
			*o++ = (unsigned char)(bits >> (have -= 8));
	}
	*out_len = (size_t)(o - out);
	return strcmp(base32_text(a, out, *out_len), tidy) == 0 ? out : NULL;	/* no stray bits, no odd length */
}
