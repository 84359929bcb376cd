/* list_page.h: the page of all devices: search, filters, cards by room. */
#ifndef CONSOLE_LIST_PAGE_H
#define CONSOLE_LIST_PAGE_H

struct app;
struct request;
struct response;

/* Route handler: GET /devices; GET / too, which greets whoever is not signed in. */
void	 list_page(struct app *, const struct request *, struct response *);

#endif
