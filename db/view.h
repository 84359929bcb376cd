/* view.h: what a process sees of the store: the base and the segments above it, mapped; finding a record in them.
 *
 * The state of the store is the base of segment first, overridden by segments first, first+1, ... active in order.
 * So a key is looked up in the newest segment first and in the base last; the first hit is the truth. */
#ifndef DB_VIEW_H
#define DB_VIEW_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "db/base.h"
#include "db/file.h"
#include "db/journal.h"
#include "db/store.h"

struct control;

struct view {
	const struct folder *folder, *shared;
	const struct control *control;	/* NULL: a picture of one moment that is never renewed */
	bool		 read_only;
	uint64_t	 epoch, remap, first, active;
	struct segment	*segments;	/* oldest first */
	size_t		 count;
	uint64_t	 oldest;	/* the number of the first of them */
	struct base	*base;		/* NULL: the store has not been folded yet */
	void		*memory;	/* of the last record found in the base */
};

/* A record found, alive, expired or deleted. */
struct found {
	const char	*value;		/* NULL: deleted. Valid until the next call; not NUL-terminated */
	size_t		 len;
	uint64_t	 version;
	int64_t		 expires;
	bool		 in_journal;
};

void	 view_close(struct view *);

/* Map what there is now, if that has changed. False with errno if it cannot be had. */
bool	 view_refresh(struct view *);

/* Is it out of date? */
bool	 view_is_stale(const struct view *);

/* Make a picture of the store as it is now, that changes no more: of is not touched. */
bool	 view_picture(struct view *, const struct view *of);

struct segment *view_active(struct view *);
struct segment *view_segment(struct view *, uint64_t number);	/* NULL if it is not in view */

/* STORE_OK with found filled; STORE_ABSENT: there never was one; STORE_FAILED: damaged. Refresh first. */
enum store_result view_find(struct view *, const char *key, struct found *);

/* The version of a record: where it stands. */
uint64_t view_version(const struct segment *, const struct journal_op *);

/* (walk.c) Every record of the base and the first n segments that is not overridden within them, expired and deleted ones
 * too (value NULL). fn returns false to stop. */
enum store_result view_each(struct view *, size_t n, base_fn fn, void *arg);

/* The same, but what is newer comes among the base's records, where it belongs by order. That must be the base's order. */
typedef uint32_t (*view_order)(void *arg, const struct base_record *);
enum store_result view_each_merged(struct view *, size_t n, view_order order, base_fn fn, void *arg);

/* "index.7", where the index of a segment is kept: in shared memory, or in the store's folder when that is full. */
struct index *view_index_create(const struct view *, uint64_t number, size_t segment_size, uint64_t seed);
void	 view_index_remove(const struct view *, uint64_t number);

#endif
