/* start.h: reading a store's files when nobody runs it: what is base, what is journal, where the journal ends. */
#ifndef DB_START_H
#define DB_START_H

#include <stdbool.h>
#include <stdint.h>

#include "db/store.h"

struct engine;

/* With the store's lock alone: make the shared memory anew and publish it. Nothing stays open. */
enum store_result start_cold(struct engine *, char *why, size_t why_size);

/* Without any lock: a picture of the files as they are, in e->view, with nothing shared and nothing changed. */
enum store_result start_picture(struct engine *, char *why, size_t why_size);

/* Is name prefix, a number from 1 on, suffix? */
bool	 start_number(const char *name, const char *prefix, const char *suffix, uint64_t *number);

#endif
