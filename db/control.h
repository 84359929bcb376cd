/* control.h: the page of memory that all processes of a store share: locks, the journal's tail, what is on disk.
 *
 * It is made from the files by the first process that opens the store (recovery.c) and thrown away by the last one.
 * A process may be killed at any instruction: the locks are robust, and each field says what its keeper is.
 *
 * Invariants:
 *  - Only the holder of the writers' lock changes tail, prepared, cut, and what lies behind tail.
 *  - Only the holder of the syncers' lock calls sync on the journal and moves synced. Who needs both locks takes
 *    the syncers' first.
 *  - What lies below synced is on disk; nobody is answered "done" before synced has passed their own end.
 *  - epoch changes after the set of segments, or the base, has changed; remap when a mapping of before is void. */
#ifndef DB_CONTROL_H
#define DB_CONTROL_H

#include <pthread.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>

#include "db/file.h"

#define CONTROL_FAILURES 64	/* failed syncs that are remembered */

/* Segment's transactions behind proven were taken back: the disk failed to take them. */
struct control_failure {
	uint64_t	 segment, proven;
	int		 why;	/* errno */
};

struct control {
	uint64_t	 magic;
	char		 boot[40];	/* of the machine: shared memory in files outlives one, and then means nothing */
	uint64_t	 seed;		/* of all indexes */
	uint64_t	 segment_size;
	pthread_mutex_t	 writer, syncer;
	_Atomic uint64_t epoch, remap;
	_Atomic uint64_t first, active;	/* segments that count; the base is that of first */
	_Atomic uint64_t tail, synced;	/* places in the journal */
	_Atomic uint64_t prepared;	/* place up to which the active segment has room on disk */
	_Atomic uint64_t marked;	/* the tail when a clean end was last written */
	/* Not 0: the active segment is at its end. Before anything else can be written, it has to be sealed at this
	 * place, which may lie below the tail if a sync failed. */
	_Atomic uint64_t cut;
	_Atomic uint64_t cut_segment, cut_tries;
	_Atomic uint32_t hurt;		/* a holder of the writers' lock was killed, and nobody has put it right yet */
	_Atomic uint32_t wake;		/* futex: changes when synced has moved or a sync failed */
	_Atomic uint32_t sleepers;
	_Atomic uint32_t batch;		/* of transactions that go to disk together: the number of the last begun */
	_Atomic uint64_t target;	/* and the place up to which that will bring synced */
	_Atomic uint32_t fold_due;	/* enough is sealed */
	_Atomic uint32_t failures;	/* so many were noted, in a ring */
	struct control_failure failure[CONTROL_FAILURES];
	/* For store_stats. */
	_Atomic uint64_t commits, conflicts, syncs, rotations, repairs, folds, fold_ms, base_records, base_bytes;
};

/* Make one in the file name. NULL with errno. */
struct control	*control_create(const struct folder *, const char *name);

/* Map one that is there; NULL if it is not of this build, or beside the files and not of this boot. */
struct control	*control_open(const struct folder *, const char *name, bool read_only);
void		 control_close(struct control *);

/* Take a lock. False: it cannot be had at all. *died: whoever held it last was killed. */
bool		 control_lock(pthread_mutex_t *, bool *died);
bool		 control_try(pthread_mutex_t *, bool *died);	/* false also if somebody has it */
void		 control_unlock(pthread_mutex_t *);

/* Sleep until wake is no longer seen, but not for long; until batch is on disk, at best. */
void		 control_sleep(struct control *, uint32_t seen, uint32_t batch);
void		 control_wake_all(struct control *);

/* All who wait for batch, and one of those who wait for the next: to see to that. */
void		 control_wake_batch(struct control *, uint32_t batch);

/* A failed sync: all of segment behind proven is void. */
void		 control_note_failure(struct control *, uint64_t segment, uint64_t proven, int why);

/* Was such a failure noted for segment? Then *proven is set. */
bool		 control_failure_of(const struct control *, uint64_t segment, uint64_t *proven);

/* Was what ends at pos taken back? 0, or why. */
int		 control_was_taken_back(const struct control *, uint64_t pos);

#endif
