/* lookup.h: where in the file of base N each record stands: a hash table beside it, base.N.hash, mapped by all.
 *
 * GDBM copies a bucket of 4 KiB for each record that it looks for in a big base; with this table it is one line of 64
 * bytes, and the record itself.
 *
 * Invariants:
 *  - It can be thrown away at any time and made again from the base. Nothing fails for want of it.
 *  - It is on disk before it gets its name, says of which base it is (the length and checksum of the sum file), and every
 *    line of it has a checksum. So a damaged one is found out, and GDBM is asked instead. */
#ifndef DB_LOOKUP_H
#define DB_LOOKUP_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "db/file.h"
#include "db/sum.h"

struct lookup;

/* Make base.number.hash for the base that lies in the file name; seed is that of its keys' hashes. False: it could not be
 * had, with nothing left behind. */
bool	 lookup_make(const struct folder *, const char *name, uint64_t number, const struct sum *, uint64_t seed);

/* The one of this base; NULL if there is none. */
struct lookup *lookup_open(const struct folder *, uint64_t number, const struct sum *);
void	 lookup_close(struct lookup *);
uint64_t lookup_seed(const struct lookup *);

/* One after the other, the places where a record of this hash and length of key may stand. */
struct lookup_step {
	uint64_t	 hash;
	uint32_t	 key_len;
	uint64_t	 line;
	uint32_t	 slot, lines_seen;
	uint64_t	 place;		/* what was found: where the key stands, and how long the value behind it is */
	uint32_t	 value_len;
};
enum lookup_result { LOOKUP_FOUND, LOOKUP_NO_MORE, LOOKUP_DAMAGED };
void	 lookup_start(const struct lookup *, struct lookup_step *, uint64_t hash, size_t key_len);
enum lookup_result lookup_next(const struct lookup *, struct lookup_step *);

/* Is every line of it sound? */
bool	 lookup_is_sound(const struct lookup *);

#endif
