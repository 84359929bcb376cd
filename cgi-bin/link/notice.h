/* notice.h: an owner is told that a vendor wants a new login. */
#ifndef LINK_NOTICE_H
#define LINK_NOTICE_H

struct arena;
struct link;
struct links;

#define NOTICE_EVERY 86400	/* seconds: once a day is enough */

/* The link needs a login: its status says so, its devices go offline, and the owner is told, once a day at most. */
void	 notice_login(const struct links *, struct arena *, const struct link *);

#endif
