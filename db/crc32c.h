/* crc32c.h: the checksum of everything that the store writes (CRC-32C, Castagnoli, as in RFC 3720 B.4). */
#ifndef DB_CRC32C_H
#define DB_CRC32C_H

#include <stddef.h>
#include <stdint.h>

/* Go on from crc, which is 0 or a seed at first: crc32c(crc32c(0, a, n), b, m) is that of a and b in a row. */
uint32_t crc32c(uint32_t crc, const void *data, size_t len);

#endif
