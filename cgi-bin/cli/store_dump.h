/* store_dump.h: all records of a store as lines of JSON, and back: how a store moves between machines and engines. */
#ifndef CLI_STORE_DUMP_H
#define CLI_STORE_DUMP_H

#include <stddef.h>
#include <stdio.h>

#include "db/store.h"

struct arena;

/* Write all live records as they are at one moment; docs/store.md has the format. *n: how many. why is set (a line for
 * a person) if STORE_FAILED is not the store's own. */
enum store_result store_dump(struct store *, FILE *, size_t *n, const char **why);

/* Is this a whole dump of a version that we know? *n: records; NULL or what is wrong, with its line. */
const char	*store_dump_fault(struct arena *, FILE *, size_t *n);

/* Put what it holds into the store, some records at a time; records of the same key are replaced, what has expired is
 * left out. The dump was found faultless before. */
enum store_result store_dump_load(struct store *, FILE *);

#endif
