/* platform.h: SmartThings' side that a SmartApp calls: key server, API, tokens (lifecycle protocol 4 and 5). */
#ifndef SIM_PLATFORM_H
#define SIM_PLATFORM_H

struct app;
struct request;
struct response;

/* The certificate of the key that signs. */
void	 platform_key(struct app *, const struct request *, struct response *);

/* GET of a confirmationUrl: the registration is confirmed. */
void	 platform_confirm(struct app *, const struct request *, struct response *);

/* A refresh token for a new pair. */
void	 platform_token(struct app *, const struct request *, struct response *);

/* /v1/...: devices, subscriptions, schedules. */
void	 platform_api(struct app *, const struct request *, struct response *);

#endif
