/* seal.h: ending the active segment, in health and after a failure. */
#ifndef DB_SEAL_H
#define DB_SEAL_H

#include <stdbool.h>

#include "db/store.h"

struct control;
struct engine;

#define SEAL_SEGMENTS 64	/* so many may wait for a fold */

/* Take the writers' lock, put right what a killed owner left, and see the newest segments. False: it cannot be. */
bool	 seal_lock_writer(struct engine *);
void	 seal_unlock_writer(struct engine *);

/* Is enough sealed for a fold? */
bool	 seal_is_fold_due(const struct control *, uint64_t active);

/* Under both locks: end the segment where control->cut says, and start the next. Done again until it succeeds, it
 * may be interrupted anywhere. */
enum store_result seal_at_cut(struct engine *);

/* Under the syncers' lock: the disk has just refused to take the active segment. Take back what is not proven. */
enum store_result seal_failed_sync(struct engine *, int why);

#endif
