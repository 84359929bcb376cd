/* page.h: the owner's node servers as pages: /nodeservers and one of them. They work without script. */
#ifndef POLYGLOT_PAGE_H
#define POLYGLOT_PAGE_H

struct app;
struct request;
struct response;

void	 page_list(struct app *, const struct request *, struct response *);
void	 page_one(struct app *, const struct request *, struct response *);

#endif
