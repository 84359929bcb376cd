/* api.h: links as JSON (connect/exchange.h says for whom). */
#ifndef CONNECT_API_H
#define CONNECT_API_H

struct app;
struct request;
struct response;

/* /api/links: those there are, and what can be linked; POST begins one. */
void	 api_links(struct app *, const struct request *, struct response *);

/* /api/links/LINK, and /devices, /poll behind it. */
void	 api_one_link(struct app *, const struct request *, struct response *);

#endif
