/* pg_array.h: arrays in PostgreSQL's binary form, as a statement takes them. */
#ifndef DB_PG_ARRAY_H
#define DB_PG_ARRAY_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct arena;
struct pg_value;

/* An array of n elements, in arena. */
struct pg_bytes { const char *data; size_t len; };	/* data NULL: null */
struct pg_value	 pg_array_bytes(struct arena *, const struct pg_bytes *, size_t n);
struct pg_value	 pg_array_int8(struct arena *, const int64_t *, size_t n);
struct pg_value	 pg_array_int4(struct arena *, const int32_t *, size_t n);
struct pg_value	 pg_array_bool(struct arena *, const bool *, size_t n);

/* Single ones. */
struct pg_value	 pg_int8(struct arena *, int64_t);
struct pg_value	 pg_bool(bool);
struct pg_value	 pg_text(const char *);

#endif
