/* outside.h: addresses that others call for a node server: its start by a PGURL, a vendor's OAuth answer, webhooks. */
#ifndef POLYGLOT_OUTSIDE_H
#define POLYGLOT_OUTSIDE_H

struct app;
struct request;
struct response;

#define OUTSIDE_BODY_MAX 65536	/* bytes of a webhook */

/* /api/sys/nsgetioturl?params=...: all that a program needs to run as this node server. Whoever has the address may have it. */
void	 outside_start(struct app *, const struct request *, struct response *);

/* /api/oauth/callback: hand on what the vendor answered to the node server that state names, if it is the visitor's own. Nothing
 * of it is kept longer than until the node server has it. */
void	 outside_callback(struct app *, const struct request *, struct response *);

/* /ns/WORKER/...: any request, as a message "webhook". */
void	 outside_webhook(struct app *, const struct request *, struct response *);

#endif
