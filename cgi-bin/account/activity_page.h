/* activity_page.h: what happened, in words, for the owner: filtered by kind, device and link, a page at a time. */
#ifndef ACCOUNT_ACTIVITY_PAGE_H
#define ACCOUNT_ACTIVITY_PAGE_H

struct app;
struct request;
struct response;

/* Route handler: GET /activity. */
void	 activity_page(struct app *, const struct request *, struct response *);

#endif
