/* base.c: GDBM files that are written once, proven at every start, and only read from then on. */
#include "db/base.h"

#include <errno.h>
#include <fcntl.h>
#include <gdbm.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/secret.h"
#include "db/broken.h"
#include "db/crc32c.h"
#include "db/index.h"
#include "db/journal.h"
#include "db/sum.h"
#include "base/banned.h"

#define CACHE		256	/* buckets of 4 KiB that GDBM keeps; its own choice is all of them */
#define PREFIX		sizeof(uint64_t)	/* the hash in front of every key */
#define TEMPORARY	"base.tmp"

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
	GDBM_FILE	 file;
	uint64_t	 seed;
};

struct base_builder {
	const struct folder *folder;
	GDBM_FILE	 file;
	uint64_t	 seed, records;
	char		*buf;
	size_t		 size;
};

char *
base_name(char *name, uint64_t number, const char *suffix)
{
	snprintf(name, NAME_SIZE, "base.%llu.%s", (unsigned long long)number, suffix);
	return name;
}

static enum store_result
result_of(int why)
{
	return why == ENOSPC || why == EDQUOT ? STORE_FULL : STORE_FAILED;
}

static uint32_t
record_crc(const struct base_record *r)
{
	uint32_t crc = crc32c(0, &r->version, sizeof(r->version));

	crc = crc32c(crc, &r->expires, sizeof(r->expires));
	crc = crc32c(crc, r->key, r->key_len);
	return crc32c(crc, r->value, r->value_len);
}

/* --- reading --- */

static GDBM_FILE
open_gdbm(const struct folder *f, const char *name, int file_flags, int flags)
{
	int fd = file_open(f, name, file_flags);

	if (fd < 0)
		return NULL;
	GDBM_FILE g = gdbm_fd_open(fd, name, 0, flags | GDBM_NOLOCK | GDBM_CLOEXEC, NULL);
	if (g == NULL) {
		int why = errno;
		file_ops->close(fd);
		errno = why != 0 ? why : EBADMSG;
		return NULL;
	}
	size_t cache = CACHE;
	gdbm_setopt(g, GDBM_SETCACHESIZE, &cache, sizeof(cache));
	return g;
}

struct base *
base_open(const struct folder *f, uint64_t number)
{
	char name[NAME_SIZE];
	struct meta meta = { 0, 0, 0 };
	struct base *b = calloc(1, sizeof(*b));

	if (b == NULL)
		return NULL;
	b->file = open_gdbm(f, base_name(name, number, "gdbm"), O_RDONLY, GDBM_READER);
	datum d = b->file != NULL ? gdbm_fetch(b->file, meta_key) : (datum){ NULL, 0 };
	if (d.dptr != NULL && (size_t)d.dsize == sizeof(meta))
		memcpy(&meta, d.dptr, sizeof(meta));
	free(d.dptr);
	b->seed = meta.seed;
	if (meta.format == BASE_FORMAT)
		return b;
	int why = b->file != NULL ? EBADMSG : errno;
	base_close(b);
	errno = why;
	return NULL;
}

void
base_close(struct base *b)
{
	if (b->file != NULL)
		gdbm_close(b->file);
	free(b);
}

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

enum store_result
base_get(struct base *b, const char *key, size_t len, struct base_record *rec, void **memory)
{
	char buf[PREFIX + STORE_KEY_MAX];
	datum d = gdbm_fetch(b->file, base_key(b->seed, key, len, buf));
	*memory = d.dptr;
	if (d.dptr == NULL)
		return gdbm_errno == GDBM_ITEM_NOT_FOUND ? STORE_ABSENT : STORE_FAILED;
	rec->key = key;
	rec->key_len = len;
	return decode(d, rec) ? STORE_OK : STORE_FAILED;
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
	datum key = gdbm_firstkey(b->file);

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

struct base_builder *
base_begin(const struct folder *f, enum store_result *r)
{
	struct meta meta = { .format = BASE_FORMAT };
	struct base_builder *b = calloc(1, sizeof(*b));

	*r = STORE_FAILED;
	if (b == NULL)
		return NULL;
	b->folder = f;
	file_remove(f, TEMPORARY);
	/* Without mmap: on a full disk a store into a mapped hole is a SIGBUS, a write is an error. */
	b->file = open_gdbm(f, TEMPORARY, O_RDWR | O_CREAT | O_EXCL, GDBM_NEWDB | GDBM_NOMMAP);
	secret_random(&meta.seed, sizeof(meta.seed));
	b->seed = meta.seed;
	if (b->file != NULL &&
	    gdbm_store(b->file, meta_key, (datum){ (char *)&meta, sizeof(meta) }, GDBM_REPLACE) == 0) {
		*r = STORE_OK;
		return b;
	}
	*r = result_of(errno);
	base_give_up(b);
	return NULL;
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
	b->records++;
	errno = 0;
	if (gdbm_store(b->file, base_key(b->seed, rec->key, rec->key_len, key), (datum){ b->buf, (int)len },
	    GDBM_REPLACE) == 0)
		return STORE_OK;
	return result_of(errno);
}

/* GDBM has told the system everything; now to disk with it, and its sum beside it first. */
static bool
put_in_place(struct base_builder *b, uint64_t number)
{
	char name[NAME_SIZE];
	uint32_t crc;
	uint64_t bytes;

	return sum_of_file(b->folder, TEMPORARY, !BROKEN(BASE), &crc, &bytes) &&
	    sum_write(b->folder, number, b->records, bytes, crc) &&
	    file_rename(b->folder, TEMPORARY, base_name(name, number, "gdbm")) &&
	    (BROKEN(FOLDER) || folder_sync(b->folder));
}

enum store_result
base_finish(struct base_builder *b, uint64_t number)
{
	enum store_result r = STORE_OK;

	errno = 0;
	if (gdbm_sync(b->file) != 0)	/* so that an error shows: gdbm_close keeps it for itself */
		r = result_of(errno);
	gdbm_close(b->file);
	b->file = NULL;
	if (r == STORE_OK && !put_in_place(b, number))
		r = result_of(errno);
	base_give_up(b);
	return r;
}
