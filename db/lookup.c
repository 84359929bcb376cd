/* lookup.c: lines of five entries. Who does not fit into his line is in the next; a line with room is the last to look at. */
#include "db/lookup.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>

#include "db/base.h"
#include "db/broken.h"
#include "db/crc32c.h"
#include "db/journal.h"
#include "db/layout.h"
#include "base/banned.h"

#define MAGIC		0x4853414845544147ull	/* "GATEHASH" */
#define FORMAT		1
#define SLOTS		5
#define LOAD		3	/* records for which there is one line */
#define TEMPORARY	"hash.tmp"
#define PREFIX		sizeof(uint64_t)	/* the hash in front of each key of a base */
#define LEN_BITS	19	/* of a value, as the base has it */
#define KEY_BITS	10
#define CHUNK		(256u << 10)

struct head {
	uint64_t	 magic;
	uint32_t	 format, base_crc;
	uint64_t	 base_bytes, lines, seed;
	uint32_t	 zero[5], crc;
};

struct line {
	uint64_t	 place[SLOTS];	/* in the base << LEN_BITS | length of the value; 0: no entry, and none behind it */
	uint32_t	 tag[SLOTS];	/* low bits of the hash << KEY_BITS | length of the key */
	uint32_t	 crc;		/* of the rest, seeded by the line's number and the base's checksum */
};

_Static_assert(sizeof(struct head) == 64 && sizeof(struct line) == 64, "the format has no holes");

struct lookup {
	struct head	 head;	/* as it was when it was proven */
	const void	*map;
	const struct line *line;
	size_t		 len;
};

static char *
hash_name(char name[NAME_SIZE], uint64_t number)
{
	return base_name(name, number, "hash");
}

static uint64_t
line_of(uint64_t hash, uint64_t lines)
{
	return (uint64_t)((unsigned __int128)hash * lines >> 64);
}

static uint32_t
tag_of(uint64_t hash, uint32_t key_len)
{
	return (uint32_t)hash << KEY_BITS | key_len;
}

static uint32_t
line_crc(const struct head *h, const struct line *line, uint64_t number)
{
	return crc32c(h->base_crc ^ (uint32_t)number ^ 0x5bd1e995u, line, sizeof(*line) - sizeof(line->crc));
}

static uint32_t
head_crc(const struct head *h)
{
	return crc32c(0, h, sizeof(*h) - sizeof(h->crc));
}

/* --- making --- */

struct making {
	const char	*base;
	struct head	*head;
	struct line	*line;
	uint64_t	 records;
};

static bool
enter(void *arg, uint64_t place, uint32_t key_len, uint32_t value_len)
{
	struct making *m = arg;
	uint64_t hash;

	if (key_len <= PREFIX)		/* the base's own record */
		return true;
	memcpy(&hash, m->base + place, PREFIX);
	bool fits = (key_len >> KEY_BITS | value_len >> LEN_BITS | place >> (64 - LEN_BITS)) == 0;
	if (!fits || m->records == m->head->lines * LOAD)
		return false;
	uint64_t at = line_of(hash, m->head->lines);
	uint32_t slot = 0;
	while (m->line[at].place[slot] != 0)
		if (++slot == SLOTS) {
			slot = 0;
			at = (at + 1) % m->head->lines;
		}
	m->line[at].place[slot] = place << LEN_BITS | value_len;
	m->line[at].tag[slot] = tag_of(hash, key_len);
	m->records++;
	return true;
}

/* All of it in memory; NULL if it cannot be made. */
static struct head *
make_table(const char *base, const struct sum *sum, uint64_t seed, size_t *len)
{
	uint64_t lines = sum->records / LOAD + 1;

	*len = sizeof(struct head) + lines * sizeof(struct line);
	struct head *h = calloc(1, *len);
	if (h == NULL)
		return NULL;
	*h = (struct head){ .magic = MAGIC, .format = FORMAT, .base_crc = sum->crc, .base_bytes = sum->bytes,
	    .lines = lines, .seed = seed };
	h->crc = head_crc(h);
	struct making m = { base, h, (struct line *)(h + 1), 0 };
	if (!layout_each(base, sum->bytes, enter, &m) || m.records != sum->records) {
		free(h);
		return NULL;
	}
	for (uint64_t i = 0; i < lines; i++)
		m.line[i].crc = line_crc(h, &m.line[i], i);
	return h;
}

static bool
write_file(const struct folder *f, const void *data, size_t len, uint64_t number)
{
	char name[NAME_SIZE];

	file_remove(f, TEMPORARY);
	int fd = file_open(f, TEMPORARY, O_RDWR | O_CREAT | O_EXCL);
	if (fd < 0)
		return false;
	bool good = true;
	for (size_t at = 0; good && at < len; at += CHUNK) {
		size_t n = len - at < CHUNK ? len - at : CHUNK;
		good = file_write(fd, (const char *)data + at, n, (off_t)at);
		file_ops->flush(fd, (off_t)at, (off_t)n);
	}
	good = good && file_sync(fd);
	file_ops->close(fd);
	good = good && file_rename(f, TEMPORARY, hash_name(name, number));
	if (!good)
		file_remove(f, TEMPORARY);
	return good;
}

bool
lookup_make(const struct folder *f, const char *name, uint64_t number, const struct sum *sum, uint64_t seed)
{
	int fd = file_open(f, name, O_RDONLY);
	const char *base = fd >= 0 && file_size(fd) == (int64_t)sum->bytes ? file_ops->map(fd, sum->bytes, false) : NULL;
	size_t len = 0;

	if (fd >= 0)
		file_ops->close(fd);
	if (base == NULL)
		return false;
	struct head *h = make_table(base, sum, seed, &len);
	munmap((void *)(uintptr_t)base, sum->bytes);
	bool good = h != NULL && write_file(f, h, len, number);
	free(h);
	return good;
}

/* --- using --- */

static bool
is_of(const struct head *h, size_t len, const struct sum *sum)
{
	return h->magic == MAGIC && h->format == FORMAT && h->crc == head_crc(h) && h->base_crc == sum->crc &&
	    h->base_bytes == sum->bytes && len == sizeof(*h) + h->lines * sizeof(struct line);
}

struct lookup *
lookup_open(const struct folder *f, uint64_t number, const struct sum *sum)
{
	char name[NAME_SIZE];
	int fd = file_open(f, hash_name(name, number), O_RDONLY);
	int64_t len = fd >= 0 ? file_size(fd) : -1;
	const struct head *h = len > (int64_t)sizeof(*h) ? file_ops->map(fd, (size_t)len, false) : NULL;
	struct lookup *l = h != NULL && is_of(h, (size_t)len, sum) ? malloc(sizeof(*l)) : NULL;

	if (fd >= 0)
		file_ops->close(fd);
	if (l != NULL)
		*l = (struct lookup){ *h, h, (const struct line *)(h + 1), (size_t)len };
	else if (h != NULL)
		munmap((void *)(uintptr_t)h, (size_t)len);
	return l;
}

void
lookup_close(struct lookup *l)
{
	munmap((void *)(uintptr_t)l->map, l->len);
	free(l);
}

uint64_t
lookup_seed(const struct lookup *l)
{
	return l->head.seed;
}

void
lookup_start(const struct lookup *l, struct lookup_step *step, uint64_t hash, size_t key_len)
{
	*step = (struct lookup_step){ .hash = hash, .key_len = (uint32_t)key_len, .line = line_of(hash, l->head.lines) };
}

static bool
line_is_sound(const struct lookup *l, uint64_t number)
{
	return BROKEN(LINE) || l->line[number].crc == line_crc(&l->head, &l->line[number], number);
}

enum lookup_result
lookup_next(const struct lookup *l, struct lookup_step *step)
{
	uint32_t tag = tag_of(step->hash, step->key_len);

	for (; step->lines_seen < l->head.lines; step->lines_seen++, step->slot = 0) {
		const struct line *line = &l->line[step->line];
		if (step->slot == 0 && !line_is_sound(l, step->line))
			return LOOKUP_DAMAGED;
		for (uint32_t i = step->slot; i < SLOTS; i++) {
			if (line->place[i] == 0)
				return LOOKUP_NO_MORE;
			if (line->tag[i] != tag)
				continue;
			step->slot = i + 1;
			step->place = line->place[i] >> LEN_BITS;
			step->value_len = (uint32_t)(line->place[i] & ((1u << LEN_BITS) - 1));
			return LOOKUP_FOUND;
		}
		step->line = (step->line + 1) % l->head.lines;
	}
	return LOOKUP_NO_MORE;
}

bool
lookup_is_sound(const struct lookup *l)
{
	for (uint64_t i = 0; i < l->head.lines; i++)
		if (!line_is_sound(l, i))
			return false;
	return true;
}
