/* due.h: what is to be done when: a queue by time. The places in it belong to the caller.
 *
 * Where the clock is set back, all of the queue goes with it: what was due in ten seconds is so still. What a record says is
 * due at some time may thus come early, and whoever does it looks into the record. */
#ifndef COURIER_DUE_H
#define COURIER_DUE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct due_queue;

/* The first member of what is queued, so that a pointer to the one is a pointer to the other. */
struct due {
	int64_t	 at;	/* ms; change it by due_move alone */
	size_t	 place;
};

#define DUE_NEVER INT64_MAX

struct due_queue *due_new(void);	/* NULL without memory */
void		 due_free(struct due_queue *);	/* NULL is allowed */
size_t		 due_count(const struct due_queue *);

/* Enter it at its time. False without memory. */
bool		 due_add(struct due_queue *, struct due *);
void		 due_remove(struct due_queue *, struct due *);
void		 due_move(struct due_queue *, struct due *, int64_t at);

/* The one that is due first; NULL if there is none. The i-th of all, in no order. */
struct due	*due_first(struct due_queue *);
struct due	*due_at(const struct due_queue *, size_t i);

#endif
