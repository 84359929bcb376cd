/* layout.h: how GDBM 1.23 lays out a file, for finding out where it has put each record. Read only, and with distrust.
 *
 * GDBM has no call that tells. Nothing rests on what is found here: who uses a place proves the record there by its
 * checksum, and who cannot goes through GDBM itself. */
#ifndef DB_LAYOUT_H
#define DB_LAYOUT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Every record of the file that is mapped at map: the key's bytes stand at place, the value's right behind them. fn returns
 * false to stop. False: this is no such file, or fn has stopped. */
typedef bool (*layout_fn)(void *arg, uint64_t place, uint32_t key_len, uint32_t value_len);
bool	 layout_each(const char *map, size_t size, layout_fn fn, void *arg);

/* The order in which GDBM walks over its buckets, and in which it likes best to be given records. */
uint32_t layout_order(const char *key, size_t len);

#endif
