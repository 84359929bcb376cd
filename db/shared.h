/* shared.h: where the shared memory of a store lies: a folder in /dev/shm, to which the store's "live" leads.
 *
 * Its name has the device and number of the store's folder in it, so that two stores never meet, and something
 * random, so that nobody can be there first. Where /dev/shm cannot be used it is a folder beside the files: slower
 * when the system writes it back, but right. */
#ifndef DB_SHARED_H
#define DB_SHARED_H

#include <stdbool.h>

#include "db/file.h"

/* Make a new, empty one; small: how much room it must have at least. Not yet found by anybody. */
bool	 shared_create(const struct folder *store, struct folder *out, off_t least);

/* Does it lie beside the files, not in memory? */
bool	 shared_is_beside(const struct folder *shared);

/* Let others find it. */
bool	 shared_publish(const struct folder *store, const struct folder *shared);

/* The one that is published. */
bool	 shared_find(const struct folder *store, struct folder *out);

/* Remove all there ever was of this store, published or left over. Only who holds the store's lock alone may. */
void	 shared_remove(const struct folder *store);

#endif
