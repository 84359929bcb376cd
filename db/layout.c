/* layout.c: a directory of places of buckets, buckets of places of records; several entries in a row share a bucket. */
#include "db/layout.h"

#include <string.h>

#include "base/banned.h"

#define MAGIC 0x13579acf	/* the standard format, 64 bits */

struct file_head {
	int32_t		 magic, block_size;
	int64_t		 directory;
	int32_t		 directory_size, directory_bits, bucket_size, bucket_elements;
	int64_t		 next_block;
};

struct element {
	int32_t		 hash;		/* -1: none here */
	char		 key_start[4];
	int64_t		 place;
	int32_t		 key_len, value_len;
};

struct bucket {
	int32_t		 room_count, unused;
	char		 room[96];	/* what is free, of which we need nothing */
	int32_t		 bits, count;
	struct element	 element[];
};

_Static_assert(sizeof(struct file_head) == 40 && sizeof(struct element) == 24 && sizeof(struct bucket) == 112,
    "as GDBM has them");

static bool
is_within(uint64_t at, uint64_t len, size_t size)
{
	return at <= size && len <= size - at;
}

static bool
head_is_sound(const struct file_head *h, size_t size)
{
	return h->magic == MAGIC && h->directory_size >= 8 && h->directory_size % 8 == 0 &&
	    is_within((uint64_t)h->directory, (uint64_t)h->directory_size, size) && h->bucket_elements > 0 &&
	    (uint64_t)h->bucket_elements * sizeof(struct element) + sizeof(struct bucket) <= (uint64_t)h->bucket_size;
}

static bool
each_of_bucket(size_t size, const struct bucket *b, int32_t elements, layout_fn fn, void *arg)
{
	for (int32_t i = 0; i < elements; i++) {
		struct element e;
		memcpy(&e, &b->element[i], sizeof(e));
		if (e.hash == -1)
			continue;
		if (e.key_len < 0 || e.value_len < 0 ||
		    !is_within((uint64_t)e.place, (uint64_t)e.key_len + (uint64_t)e.value_len, size) ||
		    !fn(arg, (uint64_t)e.place, (uint32_t)e.key_len, (uint32_t)e.value_len))
			return false;
	}
	return true;
}

bool
layout_each(const char *map, size_t size, layout_fn fn, void *arg)
{
	struct file_head h;
	uint64_t at, last = 0;

	if (size < sizeof(h))
		return false;
	memcpy(&h, map, sizeof(h));
	if (!head_is_sound(&h, size))
		return false;
	for (int32_t i = 0; i < h.directory_size / 8; i++, last = at) {
		memcpy(&at, map + h.directory + i * 8, sizeof(at));
		if (at == last)
			continue;
		if (at % 8 != 0 || !is_within(at, (uint64_t)h.bucket_size, size) ||
		    !each_of_bucket(size, (const void *)(map + at), h.bucket_elements, fn, arg))
			return false;
	}
	return true;
}

/* GDBM's hash: its highest bits name the bucket. */
uint32_t
layout_order(const char *key, size_t len)
{
	uint32_t h = 0x238f13afu * (uint32_t)len;

	for (size_t i = 0; i < len; i++)
		h = (h + ((uint32_t)(int32_t)(signed char)key[i] << (i * 5 % 24))) & 0x7fffffffu;
	return (1103515243u * h + 12345u) & 0x7fffffffu;
}
