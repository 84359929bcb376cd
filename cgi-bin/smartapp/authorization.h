/* authorization.h: the header Authorization: Signature keyId="...",signature="...",headers="...",algorithm="..." */
#ifndef SMARTAPP_AUTHORIZATION_H
#define SMARTAPP_AUTHORIZATION_H

#include <stddef.h>

struct arena;

#define AUTHORIZATION_MAX	4096	/* bytes of the header's value */
#define AUTHORIZATION_HEADERS	16	/* names that may be signed */

struct authorization {
	const char	*key_id, *algorithm;
	const unsigned char *signature;		/* decoded */
	size_t		 signature_len;
	const char	*headers[AUTHORIZATION_HEADERS];	/* lower case, in the order in which they were signed */
	size_t		 headers_count;
};

/* Read it, strictly: each parameter quoted and once, nothing between them but commas and spaces, no empty list. Unknown
 * parameters are skipped. NULL if it is fine, else what is not: one sentence, none of the sender's text in it. */
const char	*authorization_read(struct arena *, const char *value, struct authorization *);

#endif
