/* commit.h: writing transactions to the journal, and waiting until the disk has them.
 *
 * One transaction after the other is appended under the writers' lock, which is held for some microseconds; a disk is
 * waited for under it only when a segment ends. Whoever then waits, and finds nobody else doing so, syncs for all. */
#ifndef DB_COMMIT_H
#define DB_COMMIT_H

#include <stdbool.h>
#include <stdint.h>

#include "db/engine.h"

/* Append writes, if all of reads still hold; then it is seen by all, but not yet on disk. *end: what to wait for. */
enum store_result commit_append(struct engine *, const struct engine_read *reads, size_t n_reads,
    const struct engine_write *writes, size_t n_writes, uint64_t *end);

/* Wait until the journal is on disk up to end. STORE_FAILED or STORE_FULL: the disk did not take it, and what stood
 * behind has been taken back. */
enum store_result commit_wait(struct engine *, uint64_t end);

/* Is the transaction that wrote at pos in the index with all of its records? A reader who took one of them earlier could
 * miss another. */
bool	 commit_is_whole(const struct engine *, uint64_t pos);

/* Wait a little for that; if its writer was killed, finish its work. Look again afterwards: it may have been taken back. */
enum store_result commit_wait_whole(struct engine *, uint64_t pos);

/* Do all of reads, of whole transactions, hold at one moment? Takes no lock. */
enum store_result commit_check(struct engine *, const struct engine_read *reads, size_t n);

/* Seal the active segment, unless it is empty, and go on in a new one. */
enum store_result commit_rotate(struct engine *);

/* Under the writers' lock, let segments below first no longer count: the base has them. */
enum store_result commit_publish_base(struct engine *, uint64_t first, uint64_t records, uint64_t bytes);

/* The last process leaves: write a mark behind everything, so that the next start knows that nothing is missing. */
void	 commit_mark(struct engine *);

#endif
