/* index.h: where in a segment the newest record of a key stands: a hash table in shared memory.
 *
 * One writer at a time (the holder of the writers' lock), any number of readers without any lock.
 *
 * Invariants:
 *  - A node is complete before a chain leads to it (one atomic store), and never leaves its chain.
 *  - A newer record of the same key is one atomic store into its node. So a reader sees the old one or the new one.
 *  - The index can be thrown away at any time and made again from the segment. */
#ifndef DB_INDEX_H
#define DB_INDEX_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "db/file.h"

struct index;
struct journal_op;
struct journal_tx;
struct segment;

/* A hash that nobody outside can steer: seed is secret. */
uint64_t index_hash(uint64_t seed, const char *key, size_t len);

/* Make an empty one for a segment of this size in the file name, in place of one that is there. NULL with errno. */
struct index *index_create(const struct folder *, const char *name, size_t segment_size, uint64_t seed);

/* The same in memory of this process alone. */
struct index *index_create_private(size_t segment_size, uint64_t seed);

/* Map one that is there. NULL with errno. */
struct index *index_open(const struct folder *, const char *name, bool read_only);

void	 index_close(struct index *);
uint64_t index_seed(const struct index *);

/* Is there room for n more keys? False: the segment has to be sealed. */
bool	 index_has_room(struct index *, uint32_t n);

/* The newest operation on key; NULL if the segment has none. *damaged if there is one that cannot be trusted. */
const struct journal_op *index_find(const struct segment *, uint64_t hash, const char *key, size_t len, bool *damaged);

/* Let the index name the operations of tx. Doing it twice does no harm. There must be room. */
void	 index_apply(const struct segment *, const struct journal_tx *);

/* All newest operations of the segment, one by one: from i 0 on, until it returns false. *op is NULL where there is
 * nothing to see; *damaged as above. */
bool	 index_at(const struct segment *, uint32_t i, const struct journal_op **op, bool *damaged);

#endif
