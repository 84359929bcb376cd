/* fill.h: a connector's request with the values of the moment in it.
 *
 * In its texts {name} is a value; {name*100}, {name/100}, {name+1}, {name-1} is one reckoned with, {name/100:2} one rounded to
 * two digits. A text of a body that is one {name} and nothing else becomes the value itself, a number for example. */
#ifndef LINK_FILL_H
#define LINK_FILL_H

#include <stddef.h>

struct arena;
struct fetch_request;
struct json;

/* text with values put in. url: percent-encoded, but for one that the text begins with: that is an address. NULL if a value is
 * not there. */
char	*fill_text(struct arena *, const char *text, const struct json *values, int url);

/* The request that a rule describes, with token as its Authorization (NULL: none). NULL if it is fine, else what is missing. */
const char *fill_request(struct arena *, const struct json *rule, const struct json *values, const char *token,
	    struct fetch_request *);

#endif
