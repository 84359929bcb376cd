/* login.h: the two static addresses of every login at a vendor: /oauth/initialize, which sends a browser there, and
 * /oauth/callback, where it comes back. */
#ifndef CONNECT_LOGIN_H
#define CONNECT_LOGIN_H

struct app;
struct arena;
struct link;
struct request;
struct response;

/* Where a login begins: /oauth/initialize with appId, access_token (good for this and for ten minutes) and apiServerUrl. */
const char	*login_address(struct app *, struct arena *, const struct link *);

void		 login_initialize(struct app *, const struct request *, struct response *);
void		 login_callback(struct app *, const struct request *, struct response *);

#endif
