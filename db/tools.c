/* tools.c: check, stats and backup of a store that may be in full use meanwhile. */
#include "db/tools.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "db/commit.h"
#include "db/control.h"
#include "db/fold.h"
#include "db/index.h"
#include "db/live.h"
#include "db/shared.h"
#include "db/sum.h"
#include "base/banned.h"

#define CHUNK (256u << 10)

/* A view of its own, with the fold lock, so that no file goes away under it. For a picture: the picture. */
static bool
look(struct engine *e, struct view *v, int *lock)
{
	*lock = -1;
	*v = (struct view){ .folder = &e->folder, .shared = &e->shared, .control = e->control, .read_only = true };
	if (e->control == NULL)
		return true;
	if (!e->read_only && (*lock = fold_lock(e, true)) < 0)
		return false;
	return view_refresh(v);
}

static void
look_away(struct view *v, int lock)
{
	int why = errno;

	view_close(v);
	if (lock >= 0)
		fold_unlock(lock);
	errno = why;
}

/* --- check --- */

struct check {
	struct engine	*e;
	FILE		*out;
	uint64_t	 records;
	unsigned	 faults;
};

static void
fault(struct check *k, const char *file, const char *what)
{
	fprintf(k->out, "%s/%s: %s\n", k->e->folder.path, file, what);
	k->faults++;
}

static bool
count(void *arg, const struct base_record *rec)
{
	(void)rec;
	++*(uint64_t *)arg;
	return true;
}

static void
check_base(struct check *k, struct view *v)
{
	uint64_t seen = 0;
	struct sum sum;
	char why[200], name[NAME_SIZE];

	if (v->base == NULL)
		return;
	base_name(name, v->first, "gdbm");
	if (!base_prove(v->folder, v->first, &sum, why, sizeof(why)))
		fault(k, name, why);
	else if (base_each(v->base, count, &seen) != STORE_OK)
		fault(k, name, "a record is damaged");
	else if (seen != sum.records)
		fault(k, name, "records are missing");
	if (!base_lookup_is_sound(v->base))
		fault(k, base_name(name, v->first, "hash"), "damaged; nothing is lost: it may be removed, and is made again at the next start");
}

static void
apply(const struct segment *s, const struct journal_tx *tx, void *arg)
{
	(void)arg;
	index_apply(s, tx);
}

/* Does the shared index lead where one made afresh leads? own is the segment with the fresh one. */
static bool
same_index(const struct segment *own, const struct segment *shared, uint64_t seed)
{
	const struct journal_op *op, *other;
	bool damaged = false;

	for (uint32_t i = 0; index_at(own, i, &op, &damaged); i++) {
		if (op == NULL)
			continue;
		uint64_t hash = index_hash(seed, op_key(op), op->key_len);
		other = index_find(shared, hash, op_key(op), op->key_len, &damaged);
		if (damaged || other == NULL || other < op)	/* newer is fine: it is in use */
			return false;
	}
	return !damaged;
}

/* limit: where it ends; 0: that is for the file to say. */
static void
check_segment(struct check *k, struct segment *s, uint64_t limit)
{
	struct segment own = *s;
	uint64_t seed = index_seed(s->index);
	char name[NAME_SIZE];
	bool marked;

	segment_name(name, s->number);
	own.index = index_create_private(s->size, seed);
	if (own.index == NULL) {
		fault(k, name, strerror(errno));
		return;
	}
	uint64_t end = segment_scan(&own, limit != 0 ? limit : s->size, apply, NULL, &marked);
	if (limit != 0 ? end != limit : segment_is_damaged(s, end))
		fault(k, name, "damaged");
	else if (!same_index(&own, s, seed))
		fault(k, name, "its index in shared memory is damaged: restart all programs of this store");
	index_close(own.index);
}

enum store_result
tools_check(struct engine *e, FILE *out)
{
	struct check k = { .e = e, .out = out };
	uint64_t tail = e->control != NULL ? atomic_load(&e->control->tail) : 0;
	struct view own, *v = e->control != NULL ? &own : &e->view;
	int lock;

	if (!look(e, &own, &lock)) {
		fault(&k, "", strerror(errno));
		look_away(&own, lock);
		return STORE_FAILED;
	}
	check_base(&k, v);
	for (size_t i = 0; i < v->count; i++) {
		uint64_t limit = i + 1 < v->count ? pos_offset(v->segments[i + 1].before) :
		    v->segments[i].number == pos_segment(tail) ? pos_offset(tail) : 0;
		check_segment(&k, &v->segments[i], limit);
	}
	look_away(&own, lock);
	return k.faults == 0 ? STORE_OK : STORE_FAILED;
}

/* --- stats --- */

/* When the base was made: seconds; 0 if there is none yet. */
static uint64_t
base_time(const struct engine *e)
{
	char name[NAME_SIZE];
	struct stat st;

	return fstatat(e->folder.fd, base_name(name, atomic_load(&e->control->first), "gdbm"), &st, 0) == 0 ?
	    (uint64_t)st.st_mtime : 0;
}

size_t
tools_stats(struct engine *e, struct store_stat *out)
{
	const struct control *c = e->control;
	size_t n = 0;

	if (c == NULL) {
		out[n++] = (struct store_stat){ "segments", e->view.count };
		return n;
	}
	uint64_t tail = atomic_load(&c->tail), synced = atomic_load(&c->synced);
	const struct store_stat all[] = {
		{ "base_records", atomic_load(&c->base_records) },
		{ "base_bytes", atomic_load(&c->base_bytes) },
		{ "segments", atomic_load(&c->active) - atomic_load(&c->first) + 1 },
		{ "segment_bytes", c->segment_size },
		{ "active_bytes", pos_offset(tail) },
		{ "unsynced_bytes", tail > synced ? tail - synced : 0 },
		{ "commits", atomic_load(&c->commits) },
		{ "conflicts", atomic_load(&c->conflicts) },
		{ "syncs", atomic_load(&c->syncs) },
		{ "rotations", atomic_load(&c->rotations) },
		{ "repairs", atomic_load(&c->repairs) },
		{ "sync_failures", atomic_load(&c->failures) },
		{ "folds", atomic_load(&c->folds) },
		{ "fold_ms", atomic_load(&c->fold_ms) },
		{ "folded", base_time(e) },
		{ "fold_due", atomic_load(&c->fold_due) },
		{ "in_memory", !shared_is_beside(&e->shared) },
	};
	_Static_assert(sizeof(all) / sizeof(all[0]) <= STORE_STATS, "they fit");
	for (; n < sizeof(all) / sizeof(all[0]); n++)
		out[n] = all[n];
	return n;
}

/* --- backup --- */

/* The first len bytes of a file; then it is made size long. */
static bool
copy_file(const struct folder *from, const struct folder *to, const char *name, uint64_t len, uint64_t size)
{
	int in = file_open(from, name, O_RDONLY), out = file_open(to, name, O_RDWR | O_CREAT | O_EXCL);
	char *buf = malloc(CHUNK);
	bool good = in >= 0 && out >= 0 && buf != NULL;

	for (uint64_t at = 0; good && at < len; at += CHUNK) {
		size_t n = len - at < CHUNK ? (size_t)(len - at) : CHUNK;
		good = file_read(in, buf, n, (off_t)at) && file_write(out, buf, n, (off_t)at);
	}
	good = good && file_ops->truncate(out, (off_t)size) == 0 && file_sync(out);
	int why = errno;
	free(buf);
	if (in >= 0)
		file_ops->close(in);
	if (out >= 0)
		file_ops->close(out);
	errno = why;
	return good;
}

static bool
copy_whole(const struct folder *from, const struct folder *to, const char *name)
{
	int fd = file_open(from, name, O_RDONLY);
	int64_t size = fd >= 0 ? file_size(fd) : -1;

	if (fd >= 0)
		file_ops->close(fd);
	return size >= 0 && copy_file(from, to, name, (uint64_t)size, (uint64_t)size);
}

/* The state at end: the base, the sealed segments as far as they count, and the last one up to end. */
static bool
copy_all(struct view *v, const struct folder *to, uint64_t end)
{
	char name[NAME_SIZE];
	bool good = true;

	if (v->base != NULL)
		good = copy_whole(v->folder, to, base_name(name, v->first, "gdbm")) &&
		    copy_whole(v->folder, to, base_name(name, v->first, "sum"));
	for (size_t i = 0; good && i < v->count && v->segments[i].number <= pos_segment(end); i++) {
		const struct segment *s = &v->segments[i];
		uint64_t limit = s->number == pos_segment(end) ? pos_offset(end) : pos_offset(v->segments[i + 1].before);
		good = copy_file(v->folder, to, segment_name(name, s->number), limit, s->size);
	}
	return good && folder_sync(to);
}

static enum store_result
backup_into(struct engine *e, const struct folder *to)
{
	struct view v;
	int lock;
	enum store_result r = STORE_FAILED;

	if (look(e, &v, &lock)) {
		uint64_t end = atomic_load(&e->control->tail);
		r = commit_wait(e, end);
		/* What was sealed between the view and the tail is not in view: the new segments are. */
		if (r == STORE_OK && view_refresh(&v))
			r = copy_all(&v, to, end) ? STORE_OK : result_of_errno(errno);
	}
	look_away(&v, lock);
	return r;
}

enum store_result
tools_backup(struct engine *e, const char *to, char *why, size_t why_size)
{
	struct folder folder = { .fd = -1 };
	enum store_result r = STORE_FAILED;

	if (e->control == NULL || e->read_only) {
		snprintf(why, why_size, "a store that is only looked at cannot be backed up");
		return STORE_FAILED;
	}
	if (mkdir(to, 0700) == 0 && folder_open(&folder, to))
		r = backup_into(e, &folder);
	if (r != STORE_OK)
		snprintf(why, why_size, "cannot copy the store to %.200s: %s", to, strerror(errno));
	folder_close(&folder);
	return r;
}
