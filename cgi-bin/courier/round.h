/* round.h: what is to be written at the end of the courier's round, by many, in few transactions: each is a wait for the disk. */
#ifndef COURIER_ROUND_H
#define COURIER_ROUND_H

#include <stdbool.h>

#include "db/store.h"

struct arena;
struct lease;

struct round {
	struct piece	*first, **last;
};

void	 round_begin(struct round *);

/* See courier_write. */
void	 round_add(struct round *, struct arena *, store_fn fn, void (*then)(void *, enum store_result), void *arg);

/* Write all, while the lease is ours, and tell each. What then adds is written, too. False: there was nothing. */
bool	 round_end(struct round *, struct store *, struct arena *, const struct lease *);

/* Write nothing, and tell each STORE_UNKNOWN: it may come again. */
void	 round_drop(struct round *);

#endif
