/* consent.h: the page on which an owner chooses devices and says Allow or Deny (RFC 6749 4.1.1). */
#ifndef ACCOUNT_CONSENT_H
#define ACCOUNT_CONSENT_H

struct app;
struct request;
struct response;

/* Route handler: GET or POST of an authorization request, and POST of the page's own form. */
void	 consent_authorize(struct app *, const struct request *, struct response *);

#endif
