/* roster.h: whom a sender serves, in memory: by name, by user, and by when each is due. */
#ifndef COURIER_ROSTER_H
#define COURIER_ROSTER_H

#include <stddef.h>
#include <stdint.h>

#include "courier/due.h"

struct roster;

/* The first member of what is kept. */
struct member {
	struct due	 due;
	char		*user, *name;	/* name is one of the user's own */
	struct roster	*all;
	struct member	*next;		/* of the same hash */
};

/* size: bytes of each. NULL without memory. */
struct roster	*roster_new(size_t size);
void		 roster_free(struct roster *);	/* NULL is allowed */
size_t		 roster_count(const struct roster *);

/* The one of that name, made with due 0 and all else zero if it was not known. NULL without memory. */
void		*roster_add(struct roster *, const char *user, const char *name);

/* The same of "user/name"; NULL also if it is not that. */
void		*roster_add_path(struct roster *, const char *path);

void		 roster_remove(struct member *);

/* Call fn for each, or for each of a user; it may change when one is due, no more. */
void		 roster_each(struct roster *, void (*fn)(void *arg, struct member *), void *arg);
void		 roster_of_user(struct roster *, const char *user, void (*fn)(void *arg, struct member *), void *arg);

void		 roster_schedule(struct member *, int64_t due);

/* The one that is due first; NULL if there is none. */
void		*roster_first(const struct roster *);

#endif
