/* link.h: the way to the server's authorization page and back. */
#ifndef SIM_LINK_H
#define SIM_LINK_H

struct app;
struct request;
struct response;

/* POST: begin a link; on to the authorization page. GET: on to the simulator. */
void	 link_begin(struct app *, const struct request *, struct response *);

/* The redirect URI: the owner is back, with a code or with an error. */
void	 link_back(struct app *, const struct request *, struct response *);

#endif
