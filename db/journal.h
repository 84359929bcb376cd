/* journal.h: one segment of the redo journal: its format, and reading and making one.
 *
 * A segment is a file journal.N: a head, then whole transactions one behind the other, then zeros. Numbers are in the
 * machine's byte order; the magic number tells if it is another machine's. docs/store.md has the bytes.
 *
 * Invariants:
 *  - A file called journal.N has its head on disk: it is synced before it is renamed into place.
 *  - What stands below the journal's tail never changes. Nothing is appended behind a torn tail: after a crash the
 *    journal goes on in a segment with another salt, so that left-overs can never join up with what is new.
 *  - Segment N+1 says where N ended (before): what stands behind that place in N does not count. */
#ifndef DB_JOURNAL_H
#define DB_JOURNAL_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "db/file.h"

struct index;

/* A place in the journal, ordered in time: the segment's number and the offset in it. The place of a record is its
 * version. */
static inline uint64_t pos_of(uint64_t number, uint64_t offset) { return number << 32 | offset; }
static inline uint64_t pos_segment(uint64_t pos) { return pos >> 32; }
static inline uint64_t pos_offset(uint64_t pos) { return pos & UINT32_MAX; }

#define JOURNAL_MAGIC	0x4c4e524a48544147ull	/* "GATHJRNL" */
#define JOURNAL_FORMAT	1
#define JOURNAL_SEGMENT	(64u << 20)	/* bytes of a segment, unless a test says otherwise */

struct journal_head {
	uint64_t	 magic;
	uint32_t	 format, unused;
	uint64_t	 size;		/* of the segment */
	uint64_t	 number;
	uint64_t	 before;	/* where the segment before ended; 0 if there never was one */
	uint64_t	 salt;		/* random: goes into every checksum of the segment */
	uint32_t	 zero[3];
	uint32_t	 crc;		/* of all the above */
};

struct journal_tx {
	uint32_t	 crc;		/* of the rest of this and of every operation's crc, with the salt */
	uint32_t	 len;		/* of all of it, a multiple of 8 */
	uint64_t	 pos;		/* where it stands */
	uint64_t	 proven;	/* the journal was on disk up to here when it was written */
	uint32_t	 count;		/* operations; none in a mark, which a clean end leaves */
	uint32_t	 zero;
};

enum journal_kind { JOURNAL_PUT = 1, JOURNAL_DELETE = 2 };

struct journal_op {	/* then key and value, then zeros up to a multiple of 8 */
	uint32_t	 crc;		/* of the rest and what follows, with the salt */
	uint16_t	 key_len, kind;
	uint32_t	 value_len, zero;
	int64_t		 expires;
};

_Static_assert(sizeof(struct journal_head) == 64 && sizeof(struct journal_tx) == 32 && sizeof(struct journal_op) == 24,
    "the format has no holes");

static inline const char *op_key(const struct journal_op *op) { return (const char *)(op + 1); }
static inline const char *op_value(const struct journal_op *op) { return op_key(op) + op->key_len; }
static inline size_t
op_size(size_t key_len, size_t value_len)
{
	return (sizeof(struct journal_op) + key_len + value_len + 7) & ~(size_t)7;
}

/* A segment as a process has it: open and mapped for reading. */
struct segment {
	uint64_t	 number, before, salt;
	size_t		 size;
	int		 fd;		/* -1: closed */
	const char	*map;
	struct index	*index;		/* see db/index.h; mapped apart */
};

#define SEGMENT_NONE ((struct segment){ .fd = -1 })

/* "journal.7" and the like, in a buffer of the caller's. */
#define NAME_SIZE 64
char	*segment_name(char name[NAME_SIZE], uint64_t number);

/* Open and map journal.number. On failure errno says why; EBADMSG: its head is damaged, EPROTO: of another format. */
bool	 segment_open(struct segment *, const struct folder *, uint64_t number, bool read_only);
void	 segment_close(struct segment *);	/* also the index */

/* Put an empty journal.number into the folder, in place of one that is there; on disk when it returns true. */
bool	 segment_create(const struct folder *, uint64_t number, uint64_t before, size_t size);

/* The whole and sound transaction at offset, NULL if there is none. */
const struct journal_tx *segment_tx(const struct segment *, uint64_t offset);

/* Its operations, one after the other: first with op NULL. */
const struct journal_op *tx_next(const struct journal_tx *, const struct journal_op *op);

/* The operation at offset, which an index named; NULL if it is not sound. */
const struct journal_op *segment_op(const struct segment *, uint64_t offset);

/* Where the transactions from the head on end, looking no further than limit (the segment's size for all of it);
 * fn, if not NULL, is shown each. *marked says whether the last one is a mark. */
typedef void (*segment_fn)(const struct segment *, const struct journal_tx *, void *arg);
uint64_t segment_scan(const struct segment *, uint64_t limit, segment_fn, void *arg, bool *marked);

/* Is there, behind end, a transaction that was written when end was already on disk? Then no crash made the gap. */
bool	 segment_is_damaged(const struct segment *, uint64_t end);

/* Is there any whole transaction behind end? A power cut may have lost one and kept the next. */
bool	 segment_has_left_over(const struct segment *, uint64_t end);

/* Checksums, for who writes. */
uint32_t journal_op_crc(uint64_t salt, const struct journal_op *);
uint32_t journal_tx_crc(uint64_t salt, const struct journal_tx *);

#endif
