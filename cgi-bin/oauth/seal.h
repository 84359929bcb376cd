/* seal.h: data that travels through a browser and comes back as it left: JSON with an end of life and an HMAC.
 *
 * It can be read by who holds it, not changed. So nothing is written to the store for somebody who is not signed in. */
#ifndef OAUTH_SEAL_H
#define OAUTH_SEAL_H

#include <stdint.h>

struct arena;
struct json;
struct keyring;

/* Seal data (an object) for one purpose until expires (seconds since 1970). Text of [A-Za-z0-9_.-]. */
char		*seal_make(struct arena *, const struct keyring *, const char *purpose, struct json *data, int64_t expires);

/* What was sealed for that purpose; NULL if text is not that, was changed, or is late at now. NULL text is allowed. */
struct json	*seal_open(struct arena *, const struct keyring *, const char *purpose, const char *text, int64_t now);

/* A secret of somebody else's that we must keep and use: encrypted under a key that is derived from the server key, for one
 * record alone, so that who reads the store can do nothing with it. NULL if it does not open. */
char		*seal_hide(struct arena *, const struct keyring *, const char *record, const char *secret);
char		*seal_reveal(struct arena *, const struct keyring *, const char *record, const char *hidden);

/* A form's token for the value of a cookie: what a page of another site cannot know. */
char		*seal_form_token(struct arena *, const struct keyring *, const char *cookie);

#endif
