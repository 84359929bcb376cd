/* listing.h: the devices that a vendor has for a link: all pages of its list. */
#ifndef LINK_LISTING_H
#define LINK_LISTING_H

#include <stddef.h>

#include "link/ask.h"

#define LISTING_PAGES	50
#define LISTING_ITEMS	1000

struct listing {
	struct ask	 ask;		/* of the page that is asked for */
	struct json	*items;		/* what came so far: an array, as the vendor tells it */
	size_t		 pages;
};

/* Set it up: ask is ready to begin. All of it lives as long as the arena and link. */
void	 listing_begin(struct listing *, const struct links *, struct arena *, const struct connector *, const struct link *);

/* The ask is over: take its page. True: there is one more, and ask is ready to begin again. False: it is the end; ask.result
 * says of what kind. */
bool	 listing_more(struct listing *);

/* All of it, waited for until deadline (ms). */
void	 listing_run(struct listing *, int64_t deadline);

#endif
