/* sum.h: the sum file base.N.sum, which proves a base byte by byte. Without GDBM, which would not notice. */
#ifndef DB_SUM_H
#define DB_SUM_H

#include <stdbool.h>
#include <stdint.h>

#include "db/file.h"

/* The checksum and length of a whole file; sync: and bring it to disk. False with errno. */
bool	 sum_of_file(const struct folder *, const char *name, bool sync, uint32_t *crc, uint64_t *bytes);

/* Put base.number.sum into the folder, on disk. False with errno. */
bool	 sum_write(const struct folder *, uint64_t number, uint64_t records, uint64_t bytes, uint32_t crc);

#endif
