/* consent.h: the page on which an owner chooses devices and says Allow or Deny (RFC 6749 4.1.1). */
#ifndef ACCOUNT_CONSENT_H
#define ACCOUNT_CONSENT_H

struct app;
struct arena;
struct json;
struct request;
struct response;

/* Route handler: GET or POST of an authorization request, and POST of the page's own form. */
void	 consent_authorize(struct app *, const struct request *, struct response *);

/* For the data of a page that asks for consent (consent-scope.html): when a link that is made now will end. */
void	 consent_ends(const struct app *, struct arena *, struct json *data);

#endif
