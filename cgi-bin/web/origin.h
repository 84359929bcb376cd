/* origin.h: where we are reached from outside, and whether a form was on a page of ours. */
#ifndef WEB_ORIGIN_H
#define WEB_ORIGIN_H

#include <stdbool.h>

struct config;
struct request;

/* The path of the public URL, without a slash at its end: "" unless we live below a folder. It stands in front of every
 * address that we send a browser to. */
const char	*origin_base(const struct config *);

/* Are we reached by https? Decides on cookies and headers. */
bool		 origin_is_secure(const struct config *);

/* Does the browser say that the request came from a page of ours? Old ones say nothing, which is believed: a token must
 * decide, too. */
bool		 origin_is_ours(const struct config *, const struct request *);

#endif
