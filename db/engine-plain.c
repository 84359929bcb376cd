/* engine-plain.c: every record in one GDBM file, opened for each operation under a lock of its own.
 *
 * A stored value is a head (version and expiry) and the text. The last version given out stands in the file
 * under a key that no caller can name, because it holds a NUL.
 *
 * long because: it is the whole engine, and gdbm.h is known to this file alone. */
#include <errno.h>
#include <fcntl.h>
#include <gdbm.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/arena.h"
#include "base/clock.h"
#include "db/engine.h"
#include "base/banned.h"

#define FILE_NAME "store.gdbm"

struct engine {
	char	*path, *file;
	int	 lock;
	bool	 read_only;
};

struct head {
	uint64_t	 version;
	int64_t		 expires;
};

static char counter_key[] = "\0version";
static const datum counter = { counter_key, sizeof(counter_key) };

static enum store_result
result_of_errno(void)
{
	return errno == ENOSPC || errno == EDQUOT ? STORE_FULL : STORE_FAILED;
}

/* The file, under the lock. NULL with *r set. */
static GDBM_FILE
enter(struct engine *e, bool write, enum store_result *r)
{
	while (flock(e->lock, write ? LOCK_EX : LOCK_SH) != 0)
		if (errno != EINTR) {
			*r = STORE_FAILED;
			return NULL;
		}
	GDBM_FILE f = gdbm_open(e->file, 0, (write ? GDBM_WRITER : GDBM_READER) | GDBM_NOLOCK | GDBM_CLOEXEC, 0600, NULL);
	if (f == NULL) {
		*r = result_of_errno();
		flock(e->lock, LOCK_UN);
	}
	return f;
}

static void
leave(struct engine *e, GDBM_FILE f)
{
	gdbm_close(f);
	flock(e->lock, LOCK_UN);
}

static datum
datum_of(const char *key)
{
	return (datum){ (char *)(uintptr_t)key, (int)strlen(key) };
}

/* Fetch and take apart. STORE_OK also for an expired one. *text is to be freed and has no NUL behind it. */
static enum store_result
fetch(GDBM_FILE f, datum key, struct head *h, char **text, size_t *len)
{
	datum d = gdbm_fetch(f, key);

	*h = (struct head){ 0, 0 };
	*text = NULL;
	if (d.dptr == NULL)
		return gdbm_errno == GDBM_ITEM_NOT_FOUND ? STORE_ABSENT : STORE_FAILED;
	if ((size_t)d.dsize < sizeof(*h)) {
		free(d.dptr);
		return STORE_FAILED;
	}
	memcpy(h, d.dptr, sizeof(*h));
	*len = (size_t)d.dsize - sizeof(*h);
	memmove(d.dptr, d.dptr + sizeof(*h), *len);
	*text = d.dptr;
	return STORE_OK;
}

static bool
expired(const struct head *h)
{
	return h->expires != 0 && h->expires <= clock_sec();
}

static enum store_result
store_one(GDBM_FILE f, datum key, const struct head *h, const char *text)
{
	size_t len = strlen(text);
	char *data = malloc(sizeof(*h) + len);

	if (data == NULL)
		return STORE_FAILED;
	memcpy(data, h, sizeof(*h));
	memcpy(data + sizeof(*h), text, len);
	int bad = gdbm_store(f, key, (datum){ data, (int)(sizeof(*h) + len) }, GDBM_REPLACE);
	free(data);
	return bad ? result_of_errno() : STORE_OK;
}

/* --- the table's functions --- */

static void
plain_close(struct engine *e)
{
	if (e->lock >= 0)
		close(e->lock);
	free(e->path);
	free(e->file);
	free(e);
}

/* Make the file if there is none, so that every later open finds one. */
static bool
make_file(struct engine *e)
{
	if (access(e->file, F_OK) == 0)
		return true;
	if (e->read_only || flock(e->lock, LOCK_EX) != 0)
		return false;
	GDBM_FILE f = gdbm_open(e->file, 0, GDBM_WRCREAT | GDBM_NOLOCK | GDBM_CLOEXEC, 0600, NULL);
	if (f != NULL)
		leave(e, f);
	return f != NULL;
}

static enum store_result
plain_open(struct engine **out, const struct store_options *options, char *why, size_t why_size)
{
	struct engine *e = calloc(1, sizeof(*e));
	char *lock = NULL;

	if (e == NULL)
		abort();
	e->lock = -1;
	e->read_only = options->read_only;
	e->path = strdup(options->path);
	if (asprintf(&e->file, "%s/%s", options->path, FILE_NAME) < 0 || asprintf(&lock, "%s/lock", options->path) < 0)
		abort();
	if (!e->read_only)
		mkdir(e->path, 0700);
	e->lock = open(lock, (e->read_only ? O_RDONLY : O_RDWR | O_CREAT) | O_CLOEXEC, 0600);
	free(lock);
	if (e->lock >= 0 && make_file(e)) {
		*out = e;
		return STORE_OK;
	}
	snprintf(why, why_size, "store: cannot open %.200s: %s", options->path, strerror(errno));
	enum store_result r = result_of_errno();
	plain_close(e);
	return r;
}

static enum store_result
plain_get(struct engine *e, struct arena *arena, const char *key, struct engine_record *rec)
{
	enum store_result r;
	struct head h;
	char *text;
	size_t len = 0;
	GDBM_FILE f = enter(e, false, &r);

	if (f == NULL)
		return r;
	r = fetch(f, datum_of(key), &h, &text, &len);
	rec->version = h.version;
	rec->expires = h.expires;
	if (r == STORE_OK && expired(&h))
		r = STORE_ABSENT;
	if (r == STORE_OK)
		rec->value = arena_strndup(arena, text, len);
	free(text);
	leave(e, f);
	return r;
}

static enum store_result
reads_hold(GDBM_FILE f, const struct engine_read *reads, size_t n)
{
	for (size_t i = 0; i < n; i++) {
		struct head h;
		char *text;
		size_t len;
		enum store_result r = fetch(f, datum_of(reads[i].key), &h, &text, &len);
		free(text);
		if (r != STORE_OK && r != STORE_ABSENT)
			return r;
		if (h.version != reads[i].version)
			return STORE_CONFLICT;
	}
	return STORE_OK;
}

static enum store_result
write_all(GDBM_FILE f, const struct engine_write *writes, size_t n)
{
	struct head last;
	char *text;
	size_t len;
	enum store_result r = fetch(f, counter, &last, &text, &len);

	free(text);
	last.version++;
	if (r == STORE_OK || r == STORE_ABSENT)
		r = store_one(f, counter, &last, "");
	for (size_t i = 0; i < n && r == STORE_OK; i++) {
		datum key = datum_of(writes[i].key);
		struct head h = { last.version, writes[i].expires };
		if (writes[i].value != NULL)
			r = store_one(f, key, &h, writes[i].value);
		else if (gdbm_delete(f, key) != 0 && gdbm_errno != GDBM_ITEM_NOT_FOUND)
			r = result_of_errno();
	}
	return r == STORE_OK && gdbm_sync(f) != 0 ? result_of_errno() : r;
}

static enum store_result
plain_commit(struct engine *e, const struct engine_read *reads, size_t n_reads, const struct engine_write *writes,
    size_t n_writes)
{
	enum store_result r;

	if (n_writes > 0 && e->read_only)
		return STORE_FAILED;
	GDBM_FILE f = enter(e, n_writes > 0, &r);
	if (f == NULL)
		return r;
	r = reads_hold(f, reads, n_reads);
	if (r == STORE_OK && n_writes > 0)
		r = write_all(f, writes, n_writes);
	leave(e, f);
	return r;
}

static enum store_result
plain_settle(struct engine *e)
{
	(void)e;	/* nothing is seen before it is synced: the lock is held till then */
	return STORE_OK;
}

static bool
show(GDBM_FILE f, datum key, store_each_fn fn, void *arg, enum store_result *r)
{
	struct head h;
	char *text;
	size_t len;
	bool more = true;

	*r = fetch(f, key, &h, &text, &len);
	if (*r == STORE_OK && memchr(key.dptr, '\0', (size_t)key.dsize) == NULL && !expired(&h)) {
		char *k = strndup(key.dptr, (size_t)key.dsize), *v = strndup(text, len);
		if (k == NULL || v == NULL)
			abort();
		more = fn(arg, k, v, h.expires);
		free(k);
		free(v);
	}
	free(text);
	return more && *r == STORE_OK;
}

static enum store_result
plain_each(struct engine *e, store_each_fn fn, void *arg)
{
	enum store_result r;
	GDBM_FILE f = enter(e, false, &r);

	if (f == NULL)
		return r;
	r = STORE_OK;
	datum key = gdbm_firstkey(f);
	while (key.dptr != NULL && show(f, key, fn, arg, &r)) {
		datum next = gdbm_nextkey(f, key);
		free(key.dptr);
		key = next;
	}
	free(key.dptr);
	leave(e, f);
	return r;
}

static bool
count_one(void *arg, const char *key, const char *value, int64_t expires)
{
	(void)key, (void)value, (void)expires;
	++*(uint64_t *)arg;
	return true;
}

static enum store_result
plain_check(struct engine *e, FILE *out)
{
	uint64_t n = 0;
	enum store_result r = plain_each(e, count_one, &n);

	if (r != STORE_OK)
		fprintf(out, "%s: a record cannot be read: %s\n", e->file, store_result_name(r));
	return r;
}

static enum store_result
plain_fold(struct engine *e)
{
	enum store_result r;
	GDBM_FILE f = enter(e, true, &r);

	if (f == NULL)
		return r;
	r = gdbm_reorganize(f) == 0 && gdbm_sync(f) == 0 ? STORE_OK : result_of_errno();
	leave(e, f);
	return r;
}

static size_t
plain_stats(struct engine *e, struct store_stat *out)
{
	struct stat st;
	uint64_t n = 0;

	plain_each(e, count_one, &n);
	out[0] = (struct store_stat){ "records", n };
	out[1] = (struct store_stat){ "bytes", stat(e->file, &st) == 0 ? (uint64_t)st.st_size : 0 };
	return 2;
}

static enum store_result
plain_backup(struct engine *e, const char *to, char *why, size_t why_size)
{
	enum store_result r;
	char *copy = NULL;

	if (mkdir(to, 0700) != 0) {
		snprintf(why, why_size, "cannot make %.200s: %s", to, strerror(errno));
		return STORE_FAILED;
	}
	GDBM_FILE f = enter(e, false, &r);
	if (f == NULL)
		return r;
	if (asprintf(&copy, "%s/%s.dump", to, FILE_NAME) < 0)
		abort();
	r = gdbm_dump(f, copy, GDBM_DUMP_FMT_BINARY, GDBM_NEWDB, 0600) == 0 ? STORE_OK : STORE_FAILED;
	if (r != STORE_OK)
		snprintf(why, why_size, "cannot write %.200s: %s", copy, gdbm_strerror(gdbm_errno));
	free(copy);
	leave(e, f);
	return r;
}

const struct engine_ops engine_plain = {
	.name = "plain", .open = plain_open, .close = plain_close, .get = plain_get, .commit = plain_commit,
	.settle = plain_settle, .each = plain_each, .fold = plain_fold, .check = plain_check, .stats = plain_stats,
	.backup = plain_backup,
};
