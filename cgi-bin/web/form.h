/* form.h: name=value pairs as they travel in a query string or an urlencoded body. */
#ifndef WEB_FORM_H
#define WEB_FORM_H

#include <stdbool.h>
#include <stddef.h>

struct arena;

#define FORM_PAIRS_MAX 1000	/* more than this in one request is refused */

struct pair {
	const char	*name, *value;
	struct pair	*next;
};

/* Decode "a=1&b=2" (application/x-www-form-urlencoded: + is a space). The pairs keep their order. False if it is
 * malformed: a broken percent sequence, a NUL, not UTF-8, too many pairs. "" and empty pieces between & are fine. */
bool		 form_decode(struct arena *, const char *text, size_t len, struct pair **list);

/* The value of the only pair of that name. NULL if there is none, if its value is empty (RFC 6749 3.1: as if
 * omitted), or if the name stands twice. */
const char	*form_get(const struct pair *list, const char *name);

/* How often the name stands in the list. */
size_t		 form_count(const struct pair *list, const char *name);

/* Add name=value to text that is a query so far ("" or "a=b"), percent-encoded. Returns the longer text. */
char		*form_add(struct arena *, const char *query, const char *name, const char *value);

#endif
