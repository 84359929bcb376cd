/* refresh_token.h: the text of a refresh token: which grant, and the how-manieth of it, sealed for one client.
 *
 * Nothing is stored for it: the grant's record says which number is current. */
#ifndef OAUTH_REFRESH_TOKEN_H
#define OAUTH_REFRESH_TOKEN_H

#include <stdbool.h>
#include <stdint.h>

struct arena;
struct grant;
struct keyring;

/* The token of g's current sequence. NULL if the grant's ids are not ours. */
char	*refresh_token_make(struct arena *, const struct keyring *, const struct grant *g);

/* What a token says, if we made it for this client; false otherwise. */
bool	 refresh_token_read(struct arena *, const struct keyring *, const char *client, const char *text,
	    const char **user, const char **grant, uint32_t *sequence);

#endif
