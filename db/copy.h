/* copy.h: a copy of any store as a store of the engine gdbm, which needs nothing but its folder. */
#ifndef DB_COPY_H
#define DB_COPY_H

#include <stddef.h>

#include "db/engine.h"

/* All live records of e, as they are at one moment, in the folder to, which must not exist yet. */
enum store_result copy_to_folder(const struct engine_ops *, struct engine *e, const char *to, char *why, size_t why_size);

#endif
