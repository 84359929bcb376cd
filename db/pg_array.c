/* pg_array.c: a head (dimensions, is there a null, the elements' type, their number, the first one's index), then each element behind
 * its length; all in network order. As array_recv of PostgreSQL's arrayfuncs.c reads it. */
#include "db/pg_array.h"

#include <endian.h>
#include <string.h>

#include "base/arena.h"
#include "db/pg.h"
#include "base/banned.h"

enum { TYPE_BOOL = 16, TYPE_BYTEA = 17, TYPE_INT8 = 20, TYPE_INT4 = 23 };	/* of pg_type.dat: they never change */

#define HEAD	(5 * sizeof(int32_t))
#define EMPTY	(3 * sizeof(int32_t))	/* an array without elements has no dimension */

static char *
put4(char *at, int32_t n)
{
	uint32_t big = htobe32((uint32_t)n);

	memcpy(at, &big, sizeof(big));
	return at + sizeof(big);
}

static char *
put8(char *at, int64_t n)
{
	uint64_t big = htobe64((uint64_t)n);

	memcpy(at, &big, sizeof(big));
	return at + sizeof(big);
}

/* An array of n elements that take bytes, with their lengths; *at is where the first one goes. */
static struct pg_value
begin(struct arena *a, int32_t type, size_t n, size_t bytes, char **at)
{
	struct pg_value v = { .len = n == 0 ? EMPTY : HEAD + bytes };
	char *head = arena_alloc(a, v.len);

	v.data = head;
	head = put4(head, n == 0 ? 0 : 1);
	head = put4(head, 1);
	head = put4(head, type);
	if (n > 0)
		head = put4(put4(head, (int32_t)n), 1);
	*at = head;
	return v;
}

struct pg_value
pg_array_bytes(struct arena *a, const struct pg_bytes *all, size_t n)
{
	size_t bytes = 0;
	char *at;

	for (size_t i = 0; i < n; i++)
		bytes += sizeof(int32_t) + (all[i].data != NULL ? all[i].len : 0);
	struct pg_value v = begin(a, TYPE_BYTEA, n, bytes, &at);
	for (size_t i = 0; i < n; i++) {
		at = put4(at, all[i].data != NULL ? (int32_t)all[i].len : -1);
		if (all[i].data == NULL)
			continue;
		memcpy(at, all[i].data, all[i].len);
		at += all[i].len;
	}
	return v;
}

struct pg_value
pg_array_int8(struct arena *a, const int64_t *all, size_t n)
{
	char *at;
	struct pg_value v = begin(a, TYPE_INT8, n, n * (sizeof(int32_t) + sizeof(int64_t)), &at);

	for (size_t i = 0; i < n; i++)
		at = put8(put4(at, sizeof(int64_t)), all[i]);
	return v;
}

struct pg_value
pg_array_int4(struct arena *a, const int32_t *all, size_t n)
{
	char *at;
	struct pg_value v = begin(a, TYPE_INT4, n, n * 2 * sizeof(int32_t), &at);

	for (size_t i = 0; i < n; i++)
		at = put4(put4(at, sizeof(int32_t)), all[i]);
	return v;
}

struct pg_value
pg_array_bool(struct arena *a, const bool *all, size_t n)
{
	char *at;
	struct pg_value v = begin(a, TYPE_BOOL, n, n * (sizeof(int32_t) + 1), &at);

	for (size_t i = 0; i < n; i++) {
		at = put4(at, 1);
		*at++ = all[i] ? 1 : 0;
	}
	return v;
}

struct pg_value
pg_int8(struct arena *a, int64_t n)
{
	char *at = arena_alloc(a, sizeof(n));

	put8(at, n);
	return (struct pg_value){ at, sizeof(n) };
}

struct pg_value
pg_bool(bool b)
{
	static const char said[2] = { 0, 1 };

	return (struct pg_value){ &said[b], 1 };
}

struct pg_value
pg_text(const char *s)
{
	return (struct pg_value){ s, strlen(s) };
}
