/* store_check.h: do the records of a store fit together? Every index against what it lists, as db/KEYS.md has it. */
#ifndef CLI_STORE_CHECK_H
#define CLI_STORE_CHECK_H

#include <stddef.h>
#include <stdio.h>

#include "db/store.h"

/* Write one line a fault to out. *records, *faults: how many. Other than STORE_OK: the walk itself failed. */
enum store_result store_check_records(struct store *, FILE *out, size_t *records, size_t *faults);

#endif
