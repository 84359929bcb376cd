/* recovery.h: opening a store. The first process makes the shared memory from the files; the others join it.
 *
 * There is one path, whether the last process left in order or was killed, or the power failed. Shared memory is
 * never believed across a start: only who finds living company uses what is there. */
#ifndef DB_RECOVERY_H
#define DB_RECOVERY_H

#include <stdbool.h>

#include "db/store.h"

struct engine;

/* Open folder and lock, nothing else. False with errno. */
bool	 recovery_open(struct engine *, const char *path, bool read_only);

/* Join a store that others run; never start one. */
bool	 recovery_join(struct engine *);

/* Join or start, after recovery_open. On anything but STORE_OK, why says the reason. If the files are sound but nothing
 * can be written, that is STORE_OK with e->degraded set: reads go on. */
enum store_result recovery_attach(struct engine *, char *why, size_t why_size);

/* Degraded: join if somebody has started the store meanwhile; start: or start it now, if it can be. */
void	 recovery_revive(struct engine *, bool start);

/* Leave and close everything; the last one writes the mark of a clean end and takes the shared memory away. */
void	 recovery_detach(struct engine *);

/* Remove what the base of segment first has replaced. */
void	 recovery_sweep(struct engine *, uint64_t first);

#endif
