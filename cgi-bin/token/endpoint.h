/* endpoint.h: what the addresses that clients post to have in common: one form, one way to prove who asks, one way to
 * say no (RFC 6749 3.2, 5.2). */
#ifndef TOKEN_ENDPOINT_H
#define TOKEN_ENDPOINT_H

#include <stdbool.h>

#include "oauth/client.h"
#include "oauth/error.h"
#include "oauth/token.h"

struct app;
struct request;
struct response;

#define TOKEN_METADATA "/.well-known/oauth-authorization-server"

/* Is the form right, and who sends it? False: the answer is made. needed: a parameter that must be there; NULL = none. */
bool	 endpoint_open(struct app *, const struct request *, struct response *, const char *needed, struct client *);

/* The request as the token functions read it: of a client that is registered as legacy_groovy, whose parameters all stand
 * in the query and whose body is empty, the same with the query in the form's place. copy: where to put that. */
const struct request *endpoint_legacy(struct app *, const struct request *, struct request *copy);

/* Answer with an error: status, JSON, and the headers that go with it. */
void	 endpoint_error(const struct request *, struct response *, enum oauth_error, const char *description);

/* What the token functions need. */
struct token_context endpoint_context(struct app *, const struct request *);

/* A route_refusal in the form of RFC 6749 5.2. */
void	 endpoint_refuse(struct app *, const struct request *, struct response *, int status, const char *why);

/* Route handlers, a file each. */
void	 token_issue(struct app *, const struct request *, struct response *);		/* POST /token */
void	 token_revoke(struct app *, const struct request *, struct response *);		/* POST /revoke */
void	 token_introspect(struct app *, const struct request *, struct response *);	/* POST /introspect */
void	 token_device_authorization(struct app *, const struct request *, struct response *);	/* POST */
void	 token_metadata(struct app *, const struct request *, struct response *);	/* GET server metadata */
void	 token_jwks(struct app *, const struct request *, struct response *);		/* GET public keys */

#endif
