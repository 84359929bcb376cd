/* fold.h: making a new base of the old one and the sealed segments. */
#ifndef DB_FOLD_H
#define DB_FOLD_H

#include <stdbool.h>

#include "db/store.h"

struct engine;

/* Keep others from folding, so that files stay where they are. wait: until it can be had. -1: somebody folds now. */
int	 fold_lock(const struct engine *, bool wait);
void	 fold_unlock(int);

/* Fold what is sealed; all: seal the active segment first. STORE_OK also if there is nothing to do, or if somebody
 * else is at it and wait is false. Writers and readers go on meanwhile. */
enum store_result fold_run(struct engine *, bool all, bool wait);

/* If one is due, start a process of its own for it and do not wait for it. */
void	 fold_if_due(struct engine *);

#endif
