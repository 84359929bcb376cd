/* sum.h: the sum file base.N.sum, which proves a base byte by byte. Without GDBM, which would not notice. */
#ifndef DB_SUM_H
#define DB_SUM_H

#include <stdbool.h>
#include <stdint.h>

#include "db/file.h"

struct sum {
	uint64_t	 records, bytes;
	uint32_t	 crc;
};

/* The checksum and length of a whole file; sync: and bring it to disk. False with errno. */
bool	 sum_of_file(const struct folder *, const char *name, bool sync, struct sum *);

/* Put base.number.sum into the folder, on disk. False with errno. */
bool	 sum_write(const struct folder *, uint64_t number, const struct sum *);

/* Read it. False: missing, or not exactly as it was written. */
bool	 sum_read(const struct folder *, uint64_t number, struct sum *);

#endif
