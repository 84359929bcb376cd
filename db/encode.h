/* encode.h: what a transaction looks like in the journal, made before any lock is taken. */
#ifndef DB_ENCODE_H
#define DB_ENCODE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct engine;
struct engine_write;

/* Into e->buf, all but what depends on where it will stand. n 0 makes a mark. False: out of memory. */
bool	 encode_tx(struct engine *, const struct engine_write *, size_t n);

/* The operations' checksums, for the segment with this salt. Before the lock is taken it is guessed; once more under
 * the lock costs nothing if the guess was right. */
void	 encode_sums(struct engine *, uint64_t salt);

#endif
