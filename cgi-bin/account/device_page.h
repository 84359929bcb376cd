/* device_page.h: the page on which an owner types the code that a thing shows, and decides (RFC 8628 3.3). */
#ifndef ACCOUNT_DEVICE_PAGE_H
#define ACCOUNT_DEVICE_PAGE_H

struct app;
struct request;
struct response;

/* Route handler: GET, POST /device. */
void	 device_page(struct app *, const struct request *, struct response *);

#endif
