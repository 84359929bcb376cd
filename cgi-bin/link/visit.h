/* visit.h: one look at a vendor from its first request to what follows from it: its devices as they are now, and a subscription
 * that is made or renewed. A row of calls, which the courier makes (link/poll.c). */
#ifndef LINK_VISIT_H
#define LINK_VISIT_H

#include "link/hook.h"
#include "link/listing.h"

struct visit {
	struct arena		*arena;		/* of this visit alone */
	const struct links	*links;
	struct link		 link;
	const struct connector	*connector;
	struct listing		 listing;
	struct hook_work	 hook;
	bool			 listed;	/* the listing is over; the hook has its turn */
	enum ask_result		 result;	/* of the listing, and of what it brought */
	const char		*why;
	long			 retry_after;
	int64_t			 began;		/* ms */
};

/* Set it up for the link that is there: visit_ask is ready to begin. */
void		 visit_begin(struct visit *, const struct links *, struct arena *, const struct connector *);

/* The call that is under way. */
struct ask	*visit_ask(struct visit *);

/* It is over: take what it brought. True: there is one more, and visit_ask is ready to begin. */
bool		 visit_more(struct visit *);

/* All is over: note how it went. *look is what was noted. *again: something was heard meanwhile that may be newer than what
 * was seen. */
enum store_result visit_end(struct visit *, struct link_look *, bool *again);

#endif
