/* live.h: a store that this process has open; what the parts of the gdbm engine hand each other. */
#ifndef DB_LIVE_H
#define DB_LIVE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "db/file.h"
#include "db/view.h"

struct control;

struct engine {
	struct folder	 folder;	/* the files */
	struct folder	 shared;	/* memory that all processes map; not open if control is NULL */
	int		 lock;		/* flock: held shared while attached; -1 where there is none */
	bool		 read_only;
	bool		 tends;		/* starts a fold when one is due */
	size_t		 segment;	/* bytes of a new one; 0: as usual */
	struct control	*control;	/* NULL: nobody runs the store, and this is a picture of its files */
	/* The store could not be started, since the disk takes nothing; why. It is read from a picture meanwhile, until
	 * somebody can. STORE_OK: all is well. */
	enum store_result degraded;
	struct view	 view;
	uint64_t	 seen;		/* what was read stands below this place of the journal */
	bool		 seen_void;	/* something read before that was taken back */
	uint64_t	 owed;		/* what was promised since engine_owed stands below this place; 0: nothing was */
	char		*buf;		/* a transaction being written */
	size_t		 buf_size, buf_len;
	uint64_t	 buf_salt;	/* its operations' checksums are for this segment's salt; 0: not made yet */
};

#endif
