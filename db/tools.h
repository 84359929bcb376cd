/* tools.h: what operators ask of a store: is it sound, how is it doing, make me a copy. */
#ifndef DB_TOOLS_H
#define DB_TOOLS_H

#include "db/store.h"

struct engine;

enum store_result tools_check(struct engine *, FILE *out);
size_t		 tools_stats(struct engine *, struct store_stat *out);
enum store_result tools_backup(struct engine *, const char *to, char *why, size_t why_size);

#endif
