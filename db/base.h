/* base.h: the base: all records as they were when segment N began, in a GDBM file base.N.gdbm. The only door to GDBM.
 *
 * Invariants:
 *  - A file called base.N.gdbm is whole, on disk, and never changes. base.N.sum beside it proves it.
 *  - base.N.hash (db/lookup.h) is a short cut to the same records, and may be missing or of no use.
 *  - Every record carries its own checksum over key and value; a record that fails it is never served.
 *
 * A record's key in the file has 8 bytes in front that hash it with a secret of the file: GDBM's own hash can be
 * steered by who chooses keys, and a bucket full of equal hashes would end its growth. */
#ifndef DB_BASE_H
#define DB_BASE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "db/file.h"
#include "db/store.h"

#define BASE_FORMAT 1

struct base;
struct base_builder;
struct sum;

struct base_record {
	const char	*key, *value;	/* not NUL-terminated */
	size_t		 key_len, value_len;
	uint64_t	 version;
	int64_t		 expires;
};

/* "base.7.gdbm" with suffix "gdbm". name has room for NAME_SIZE of journal.h. */
char		*base_name(char *name, uint64_t number, const char *suffix);

/* Read the sum file and compare the whole base with it. On failure why tells. */
bool		 base_prove(const struct folder *, uint64_t number, struct sum *, char *why, size_t why_size);

/* Make its short cut, if that is missing or not its own. With the store's lock alone. */
void		 base_mend(const struct folder *, uint64_t number, const struct sum *);

struct base	*base_open(const struct folder *, uint64_t number);	/* NULL with errno */
void		 base_close(struct base *);

/* Is every line of its short cut sound, if there is one? */
bool		 base_lookup_is_sound(const struct base *);

/* STORE_OK, STORE_ABSENT or STORE_FAILED. *memory is to be freed; rec points into it or into the base, its key nowhere. */
enum store_result base_get(struct base *, const char *key, size_t len, struct base_record *rec, void **memory);

/* Every record, in no order, until fn returns false. fn must not call base_get on the same base.
 * STORE_FAILED if one cannot be read or is not sound. */
typedef bool (*base_fn)(void *arg, const struct base_record *);
enum store_result base_each(struct base *, base_fn, void *arg);

/* Build one; old, if not NULL, is the one that it will replace. Quickest if records come in base_order of their keys, as those
 * of old do. base_finish puts it in place, on disk; anything but STORE_OK leaves nothing behind. */
struct base_builder *base_begin(const struct folder *, const struct base *old, enum store_result *);
uint32_t	 base_order(const struct base_builder *, const char *key, size_t len);
enum store_result base_add(struct base_builder *, const struct base_record *);
enum store_result base_finish(struct base_builder *, uint64_t number);
void		 base_give_up(struct base_builder *);

#endif
