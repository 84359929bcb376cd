/* base.c: GDBM files that are written once, proven at every start, and only read from then on.
 *
 * long because: it is the only file that knows GDBM, and reading and building share a record's form. */
#include "db/base.h"

#include <errno.h>
#include <fcntl.h>
#include <gdbm.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>

#include "base/secret.h"
#include "db/broken.h"
#include "db/crc32c.h"
#include "db/index.h"
#include "db/journal.h"
#include "db/layout.h"
#include "db/lookup.h"
#include "db/sum.h"
#include "base/banned.h"

#define CACHE		256	/* buckets of 4 KiB that GDBM keeps; its own choice is all of them */
#define PREFIX		sizeof(uint64_t)	/* the hash in front of every key */
#define TEMPORARY	"base.tmp"
#define LOOK		512		/* records after which a builder looks how much it has written */
#define FLUSH		(4 << 20)	/* bytes that it lets pile up */
#define FLUSH_BEHIND	(1 << 20)	/* of these, what may still change */

struct value_head {
	uint64_t	 version;
	int64_t		 expires;
	uint32_t	 crc;		/* of version, expires, key and value */
	uint32_t	 format;
};

/* Under a key of one NUL. */
struct meta {
	uint32_t	 format, zero;
	uint64_t	 seed;
};

static char meta_name[1];
static const datum meta_key = { meta_name, sizeof(meta_name) };

struct base {
	int		 fd;		/* -1: file has it */
	GDBM_FILE	 file;		/* NULL: not needed yet */
	uint64_t	 seed;
	const char	*map;		/* all of the file, size bytes; NULL: no lookup */
	size_t		 size;
	struct lookup	*lookup;	/* NULL: ask GDBM */
};

struct base_builder {
	const struct folder *folder;
	GDBM_FILE	 file;
	uint64_t	 seed;
	struct sum	 sum;
	int64_t		 flushed;
	char		*buf;
	size_t		 size;
};

char *
base_name(char *name, uint64_t number, const char *suffix)
{
	snprintf(name, NAME_SIZE, "base.%llu.%s", (unsigned long long)number, suffix);
	return name;
}

static uint32_t
record_crc(const struct base_record *r)
{
	uint32_t crc = crc32c(0, &r->version, sizeof(r->version));

	crc = crc32c(crc, &r->expires, sizeof(r->expires));
	crc = crc32c(crc, r->key, r->key_len);
	return crc32c(crc, r->value, r->value_len);
}

/* --- opening --- */

static GDBM_FILE
open_gdbm(int fd, const char *name, int flags)
{
	errno = 0;
	GDBM_FILE g = gdbm_fd_open(fd, name, 0, flags | GDBM_NOLOCK | GDBM_CLOEXEC, NULL);
	if (g == NULL) {
		errno = errno != 0 ? errno : EBADMSG;
		return NULL;
	}
	size_t cache = CACHE;
	gdbm_setopt(g, GDBM_SETCACHESIZE, &cache, sizeof(cache));
	return g;
}

/* The short cut, and the base mapped for it. Without either, without both. */
static void
open_lookup(struct base *b, const struct folder *f, uint64_t number)
{
	struct sum sum;

	if (!sum_read(f, number, &sum) || file_size(b->fd) != (int64_t)sum.bytes)
		return;
	b->lookup = lookup_open(f, number, &sum);
	if (b->lookup == NULL)
		return;
	b->size = sum.bytes;
	b->map = file_ops->map(b->fd, b->size, false);
	b->seed = lookup_seed(b->lookup);
	if (b->map == NULL) {
		lookup_close(b->lookup);
		b->lookup = NULL;
	}
}

/* Have GDBM open it, which takes its time and memory: for walks, and where there is no short cut. */
static bool
need_gdbm(struct base *b)
{
	struct meta meta = { 0, 0, 0 };

	if (b->file != NULL)
		return true;
	b->file = open_gdbm(b->fd, "base", GDBM_READER);
	if (b->file == NULL)
		return false;
	b->fd = -1;
	datum d = gdbm_fetch(b->file, meta_key);
	if (d.dptr != NULL && (size_t)d.dsize == sizeof(meta))
		memcpy(&meta, d.dptr, sizeof(meta));
	free(d.dptr);
	if (meta.format == BASE_FORMAT && (b->lookup == NULL || b->seed == meta.seed)) {
		b->seed = meta.seed;
		return true;
	}
	gdbm_close(b->file);
	b->file = NULL;
	errno = EBADMSG;
	return false;
}

struct base *
base_open(const struct folder *f, uint64_t number)
{
	char name[NAME_SIZE];
	struct base *b = calloc(1, sizeof(*b));

	if (b == NULL)
		return NULL;
	b->fd = file_open(f, base_name(name, number, "gdbm"), O_RDONLY);
	if (b->fd >= 0)
		open_lookup(b, f, number);
	if (b->lookup != NULL || (b->fd >= 0 && need_gdbm(b)))
		return b;
	int why = errno;
	base_close(b);
	errno = why;
	return NULL;
}

void
base_close(struct base *b)
{
	if (b->lookup != NULL) {
		lookup_close(b->lookup);
		munmap((void *)(uintptr_t)b->map, b->size);
	}
	if (b->file != NULL)
		gdbm_close(b->file);
	if (b->fd >= 0)
		file_ops->close(b->fd);
	free(b);
}

bool
base_lookup_is_sound(const struct base *b)
{
	return b->lookup == NULL || lookup_is_sound(b->lookup);
}

void
base_mend(const struct folder *f, uint64_t number, const struct sum *sum)
{
	char name[NAME_SIZE];
	struct lookup *l = lookup_open(f, number, sum);
	struct base *b = l == NULL ? base_open(f, number) : NULL;

	if (l != NULL)
		lookup_close(l);
	if (b == NULL)
		return;
	lookup_make(f, base_name(name, number, "gdbm"), number, sum, b->seed);
	base_close(b);
}

/* --- reading --- */

/* prefix and key in a buffer of the caller's. */
static datum
base_key(uint64_t seed, const char *key, size_t len, char *buf)
{
	uint64_t hash = index_hash(seed, key, len);

	memcpy(buf, &hash, PREFIX);
	memcpy(buf + PREFIX, key, len);
	return (datum){ buf, (int)(PREFIX + len) };
}

/* Take a stored value apart. False if it is not sound. */
static bool
decode(datum d, struct base_record *rec)
{
	struct value_head h;

	if ((size_t)d.dsize < sizeof(h))
		return false;
	memcpy(&h, d.dptr, sizeof(h));
	rec->version = h.version;
	rec->expires = h.expires;
	rec->value = d.dptr + sizeof(h);
	rec->value_len = (size_t)d.dsize - sizeof(h);
	return BROKEN(RECORD) || (h.format == BASE_FORMAT && h.crc == record_crc(rec));
}

static enum store_result
get_by_gdbm(struct base *b, datum key, struct base_record *rec, void **memory)
{
	if (!need_gdbm(b))
		return STORE_FAILED;
	datum d = gdbm_fetch(b->file, key);
	*memory = d.dptr;
	if (d.dptr == NULL)
		return gdbm_errno == GDBM_ITEM_NOT_FOUND ? STORE_ABSENT : STORE_FAILED;
	rec->key = key.dptr + PREFIX;
	rec->key_len = (size_t)key.dsize - PREFIX;
	return decode(d, rec) ? STORE_OK : STORE_FAILED;
}

/* What stands at step's place, with its own key. */
static bool
record_at(const struct base *b, const struct lookup_step *step, struct base_record *rec)
{
	uint64_t len = (uint64_t)step->key_len + step->value_len;

	if (step->place > b->size || len > b->size - step->place)
		return false;
	rec->key = b->map + step->place + PREFIX;
	rec->key_len = step->key_len - PREFIX;
	return decode((datum){ (char *)(uintptr_t)rec->key + rec->key_len, (int)step->value_len }, rec);
}

/* By the short cut. A record with another key is another's with the same tag; but only if it is sound, for it might be
 * this one with a changed byte in its key. */
static enum store_result
get_by_lookup(struct base *b, datum key, struct base_record *rec, void **memory)
{
	struct lookup_step step;
	enum lookup_result r;
	uint64_t hash;

	memcpy(&hash, key.dptr, PREFIX);
	lookup_start(b->lookup, &step, hash, (size_t)key.dsize);
	while ((r = lookup_next(b->lookup, &step)) == LOOKUP_FOUND) {
		if (!record_at(b, &step, rec))
			return STORE_FAILED;
		if (memcmp(rec->key, key.dptr + PREFIX, rec->key_len) == 0)
			return STORE_OK;
	}
	return r == LOOKUP_DAMAGED ? get_by_gdbm(b, key, rec, memory) : STORE_ABSENT;
}

enum store_result
base_get(struct base *b, const char *key, size_t len, struct base_record *rec, void **memory)
{
	char buf[PREFIX + STORE_KEY_MAX];
	datum d = base_key(b->seed, key, len, buf);

	*memory = NULL;
	return b->lookup != NULL ? get_by_lookup(b, d, rec, memory) : get_by_gdbm(b, d, rec, memory);
}

/* Show one record of a walk; false ends the walk, with *r telling why. */
static bool
show(struct base *b, datum key, base_fn fn, void *arg, enum store_result *r)
{
	struct base_record rec = { .key = key.dptr + PREFIX };
	bool more = true;

	if (key.dsize == meta_key.dsize && *key.dptr == '\0')
		return true;
	datum d = gdbm_fetch(b->file, key);
	rec.key_len = (size_t)key.dsize - PREFIX;
	if ((size_t)key.dsize <= PREFIX || d.dptr == NULL || !decode(d, &rec))
		*r = STORE_FAILED;
	else
		more = fn(arg, &rec);
	free(d.dptr);
	return more && *r == STORE_OK;
}

enum store_result
base_each(struct base *b, base_fn fn, void *arg)
{
	enum store_result r = STORE_OK;

	if (!need_gdbm(b))
		return STORE_FAILED;
	datum key = gdbm_firstkey(b->file);

	if (key.dptr == NULL)	/* no base is without its meta record */
		return STORE_FAILED;
	while (key.dptr != NULL && show(b, key, fn, arg, &r)) {
		datum next = gdbm_nextkey(b->file, key);
		if (next.dptr == NULL && gdbm_errno != GDBM_ITEM_NOT_FOUND)
			r = STORE_FAILED;
		free(key.dptr);
		key = next;
	}
	free(key.dptr);
	return r;
}

/* --- building --- */

void
base_give_up(struct base_builder *b)
{
	if (b->file != NULL)
		gdbm_close(b->file);
	file_remove(b->folder, TEMPORARY);
	free(b->buf);
	free(b);
}

/* The file of a builder. The secret of the base before stays that of the next: so its records come in the new one's order. */
static bool
start_file(struct base_builder *b, const struct base *old)
{
	struct meta meta = { .format = BASE_FORMAT };
	int fd = file_open(b->folder, TEMPORARY, O_RDWR | O_CREAT | O_EXCL);

	if (fd < 0)
		return false;
	/* Without mmap: on a full disk a store into a mapped hole is a SIGBUS, a write is an error. */
	b->file = open_gdbm(fd, TEMPORARY, GDBM_NEWDB | GDBM_NOMMAP);
	if (b->file == NULL) {
		int why = errno;
		file_ops->close(fd);
		errno = why;
		return false;
	}
	if (old != NULL)
		meta.seed = old->seed;
	else
		secret_random(&meta.seed, sizeof(meta.seed));
	b->seed = meta.seed;
	return gdbm_store(b->file, meta_key, (datum){ (char *)&meta, sizeof(meta) }, GDBM_REPLACE) == 0;
}

struct base_builder *
base_begin(const struct folder *f, const struct base *old, enum store_result *r)
{
	struct base_builder *b = calloc(1, sizeof(*b));

	*r = STORE_FAILED;
	if (b == NULL)
		return NULL;
	b->folder = f;
	file_remove(f, TEMPORARY);
	if (start_file(b, old)) {
		*r = STORE_OK;
		return b;
	}
	*r = result_of_errno(errno);
	base_give_up(b);
	return NULL;
}

uint32_t
base_order(const struct base_builder *b, const char *key, size_t len)
{
	char buf[PREFIX + STORE_KEY_MAX];
	datum d = base_key(b->seed, key, len, buf);

	return layout_order(d.dptr, (size_t)d.dsize);
}

static bool
grow(struct base_builder *b, size_t size)
{
	if (size <= b->size)
		return true;
	char *bigger = realloc(b->buf, size * 2);
	if (bigger == NULL)
		return false;
	b->buf = bigger;
	b->size = size * 2;
	return true;
}

/* Little by little: all of a big base in one sync would hold up everybody's. */
static void
flush_some(struct base_builder *b)
{
	int fd = gdbm_fdesc(b->file);
	int64_t size = b->sum.records % LOOK == 0 ? file_size(fd) - FLUSH_BEHIND : 0;

	if (size - b->flushed < FLUSH)
		return;
	file_ops->flush(fd, b->flushed, size - b->flushed);
	b->flushed = size;
}

enum store_result
base_add(struct base_builder *b, const struct base_record *rec)
{
	struct value_head h = { rec->version, rec->expires, record_crc(rec), BASE_FORMAT };
	char key[PREFIX + STORE_KEY_MAX];
	size_t len = sizeof(h) + rec->value_len;

	if (!grow(b, len))
		return STORE_FAILED;
	memcpy(b->buf, &h, sizeof(h));
	memcpy(b->buf + sizeof(h), rec->value, rec->value_len);
	b->sum.records++;
	flush_some(b);
	errno = 0;
	if (gdbm_store(b->file, base_key(b->seed, rec->key, rec->key_len, key), (datum){ b->buf, (int)len },
	    GDBM_REPLACE) == 0)
		return STORE_OK;
	return result_of_errno(errno);
}

/* GDBM has told the system everything; now to disk with it, and its sum beside it first. */
static bool
put_in_place(struct base_builder *b, uint64_t number)
{
	char name[NAME_SIZE];

	if (!sum_of_file(b->folder, TEMPORARY, !BROKEN(BASE), &b->sum))
		return false;
	lookup_make(b->folder, TEMPORARY, number, &b->sum, b->seed);	/* if not, then not */
	return sum_write(b->folder, number, &b->sum) &&
	    file_rename(b->folder, TEMPORARY, base_name(name, number, "gdbm")) &&
	    (BROKEN(FOLDER) || folder_sync(b->folder));
}

enum store_result
base_finish(struct base_builder *b, uint64_t number)
{
	enum store_result r = STORE_OK;

	errno = 0;
	if (gdbm_sync(b->file) != 0)	/* so that an error shows: gdbm_close keeps it for itself */
		r = result_of_errno(errno);
	gdbm_close(b->file);
	b->file = NULL;
	if (r == STORE_OK && !put_in_place(b, number))
		r = result_of_errno(errno);
	base_give_up(b);
	return r;
}
