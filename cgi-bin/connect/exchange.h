/* exchange.h: one request to /api/links: who asks, for which link, and how the answer says no.
 *
 * Two kinds of callers: scripts of the owner's pages, with a session's cookie and its form token; and clients with an access token
 * of the scope LINKS_SCOPE, which a client has only if it was registered with it. */
#ifndef CONNECT_EXCHANGE_H
#define CONNECT_EXCHANGE_H

#include <stdbool.h>

#include "link/link.h"

struct app;
struct json;
struct request;
struct response;

#define LINKS_SCOPE "links"

struct exchange {
	struct app		*app;
	const struct request	*rq;
	struct response		*rs;
	const char		*user;
	const struct json	*body;	/* an object; NULL: none came */
	struct link		 link;	/* of api_one_link */
};

/* Who asks, and may it be believed? False: the answer is made. */
bool	 exchange_begin(struct exchange *, struct app *, const struct request *, struct response *);

/* {"error","error_description"} in the reader's language; text is a key of html/text. */
void	 exchange_refuse(const struct exchange *, int status, const char *error, const char *text);
void	 exchange_unavailable(const struct exchange *);

#endif
