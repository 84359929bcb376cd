/* mask.h: JSON messages as text for people, without what is secret in them: masked before anything is kept.
 *
 * Secret is every value whose member is called so ("accessToken", "code", "client_secret", "password" ...) at any depth;
 * the values of commands and attributes that are about codes; the query of a URL; whatever looks like a JWT; and each
 * of the values found that way wherever else it is repeated, in the text of an error for example. */
#ifndef BASE_MASK_H
#define BASE_MASK_H

#include <stddef.h>

struct arena;
struct json;

#define MASK_KNOWN 32	/* secrets that are recognised elsewhere */

/* What was found in the messages of one exchange. {0} to begin with. Points into the messages. */
struct mask {
	const char	*known[MASK_KNOWN];
	size_t		 n;
};

/* Find the secrets of a message. All messages of an exchange first, then print each. NULL is allowed. */
void	 mask_learn(struct mask *, const struct json *message);

/* The message as indented text without secrets, cut behind max bytes or so. "" for NULL. */
char	*mask_print(struct arena *, const struct mask *, const struct json *message, size_t max);

/* One text without the secrets that are known. */
char	*mask_text(struct arena *, const struct mask *, const char *text);

#endif
