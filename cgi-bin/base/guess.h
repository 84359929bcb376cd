/* guess.h: "did you mean": the known word that is nearest to one that nobody knows. */
#ifndef BASE_GUESS_H
#define BASE_GUESS_H

#include <stddef.h>

struct guess {
	const char	*typed;
	const char	*best;		/* NULL while nothing near was tried */
	size_t		 distance;
};

struct guess	 guess_new(const char *typed);

/* name is one of the words that there are. */
void		 guess_try(struct guess *, const char *name);

#endif
