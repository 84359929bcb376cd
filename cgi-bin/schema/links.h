/* links.h: the links that the courier serves, in memory: who is next, and which belong to a user. */
#ifndef SCHEMA_LINKS_H
#define SCHEMA_LINKS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "courier/due.h"
#include "courier/hosts.h"

struct links;

struct link {
	struct due	 due;		/* when to look at it */
	struct host_waiter waiter;	/* it waits for room at its host */
	int64_t		 waits;		/* ms: ... since then */
	struct links	*all;
	char		*user, *grant;
	bool		 busy;		/* a call, or a write, is under way */
	bool		 again;		/* there was news meanwhile */
	int64_t		 called;	/* ms of the last event sent; 0 = none yet */
	long long	 cursor;	/* as it stood when we looked last */
	int64_t		 refresh_at;	/* ms: when to refresh the token that ends at refresh_for */
	int64_t		 refresh_for;
	unsigned	 refresh_failures;
	unsigned	 naps;		/* looks in a row that found nothing */
	bool		 unauthorized;	/* the last event met 401 */
	int64_t		 noted;		/* ms of the last refusal that was put into the journal */
	/* Where we are in telling everything, or in telling news in two messages. */
	size_t		 page;
	bool		 page_shown;
	long long	 page_upto, shown;
	struct link	*next;		/* of the same hash */
};

struct links	*links_new(void);
void		 links_free(struct links *);
size_t		 links_count(const struct links *);

/* The link, made with due 0 if it was not known. NULL without memory. */
struct link	*links_add(struct links *, const char *user, const char *grant);
void		 links_remove(struct links *, struct link *);

/* Call fn for each link of a user; it may change when the link is due, no more. */
void		 links_of_user(struct links *, const char *user, void (*fn)(void *, struct link *), void *arg);

/* Move a link to another time. */
void		 links_schedule(struct links *, struct link *, int64_t due);

/* The one that is due first; NULL if there is none. */
struct link	*links_first(struct links *);

#endif
