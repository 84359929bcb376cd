/* pages.h: an owner's links with vendors: which there are, how they are, which devices they bring. */
#ifndef CONNECT_PAGES_H
#define CONNECT_PAGES_H

struct app;
struct request;
struct response;

/* GET /connect: the vendors there are, and the links of whoever is signed in. */
void	 pages_list(struct app *, const struct request *, struct response *);

/* /connect/VENDOR, /connect/VENDOR/start, /connect/LINK and /start, /devices, /look, /uninstall behind it. */
void	 pages_one(struct app *, const struct request *, struct response *);

#endif
