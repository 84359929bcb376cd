/* guess.c: edit distance, but for a beginning of a word, which is always near. */
#include "base/guess.h"

#include <string.h>

#include "base/text.h"
#include "base/banned.h"

struct guess
guess_new(const char *typed)
{
	/* What is further off than a third of its letters was not meant. */
	return (struct guess){ typed, NULL, (strlen(typed) + 2) / 3 + 1 };
}

void
guess_try(struct guess *g, const char *name)
{
	size_t len = strlen(g->typed), d = text_distance(g->typed, name);

	if (len >= 3 && strncmp(name, g->typed, len) == 0)
		d = 1;
	if (d < g->distance) {
		g->distance = d;
		g->best = name;
	}
}
