/* links.h: who may use an owner's devices: every grant, what it holds, and its end. */
#ifndef ACCOUNT_LINKS_H
#define ACCOUNT_LINKS_H

struct app;
struct request;
struct response;

/* Route handler: GET /links, GET /links/<grant>, POST /links/<grant>. */
void	 links_page(struct app *, const struct request *, struct response *);

#endif
