/* checked.h: when somebody last proved the store, and what came of it. Record "checked/store". */
#ifndef DB_CHECKED_H
#define DB_CHECKED_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "db/store.h"

struct arena;

struct checked {
	int64_t	 time;		/* seconds; filled in when it is noted */
	size_t	 records;	/* that there were */
	bool	 sound;		/* checksums and indexes were all right */
};

enum store_result checked_note(struct store *, struct arena *, const struct checked *);

/* STORE_ABSENT if nobody ever has. */
enum store_result checked_find(struct store *, struct arena *, struct checked *);

#endif
