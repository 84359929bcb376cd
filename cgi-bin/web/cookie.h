/* cookie.h: cookies (RFC 6265): read one, set one that no script and no other site can use. */
#ifndef WEB_COOKIE_H
#define WEB_COOKIE_H

#include <stdbool.h>

struct request;
struct response;

/* The name in use: "__Host-gatehouse" and alike where the public URL is https; without the prefix on http, where
 * browsers would refuse it. */
const char	*cookie_name(const struct request *, const char *name, bool secure);

/* Its value; NULL if there is none, if it stands twice, or if it holds anything but [A-Za-z0-9._~-]. */
const char	*cookie_get(const struct request *, const char *name);

/* Set it: HttpOnly, SameSite=Lax, Path=/, Secure if so. max_age 0: until the browser is closed; -1: delete it. */
void		 cookie_set(struct response *, const char *name, const char *value, bool secure, long long max_age);

#endif
