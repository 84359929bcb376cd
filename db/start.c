/* start.c: every file is proven before it counts; what cannot be proven is said, not guessed.
 *
 * A crash leaves the journal's end torn, at most, and that is dropped: nobody was told that it was there. Anything
 * else that does not fit (a bad checksum below a place that was once synced, a segment that ends elsewhere than its
 * successor says, a missing file) is damage, and the store is not opened for writing over it.
 *
 * long because: a cold start and a picture read the files by the same steps, and only their ends differ. */
#include "db/start.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "db/broken.h"
#include "db/control.h"
#include "db/index.h"
#include "db/live.h"
#include "db/shared.h"
#include "db/sum.h"
#include "base/banned.h"

#define FIRST sizeof(struct journal_head)
#define FOLD_SEGMENTS 8		/* so many left over at a start are worth a fold, however little is in them */

bool
start_number(const char *name, const char *prefix, const char *suffix, uint64_t *number)
{
	size_t len = strlen(prefix), digits = 0;

	if (strncmp(name, prefix, len) != 0)
		return false;
	*number = 0;
	for (name += len; *name >= '0' && *name <= '9' && digits < 10; name++, digits++)
		*number = *number * 10 + (uint64_t)(*name - '0');
	return digits > 0 && *number > 0 && *number < UINT32_MAX && strcmp(name, suffix) == 0;
}

struct start {
	struct engine	*e;
	char		*why;
	size_t		 why_size;
	bool		 picture;		/* only look */
	uint64_t	 base, last;		/* newest of each; 0: none */
	uint64_t	 first;			/* segments from here on count */
	struct sum	 sum;			/* of the base */
	struct folder	 shared;
	struct control	*control;
	uint64_t	 end;			/* where the last segment ends */
	bool		 marked;		/* cleanly */
	uint64_t	 before;		/* what the last segment says of the one before */
	uint64_t	 seed;
};

static enum store_result
refuse(struct start *s, const char *what, uint64_t number, const char *fault)
{
	snprintf(s->why, s->why_size, "%s: %s%llu: %s", s->e->folder.path, what, (unsigned long long)number, fault);
	return STORE_FAILED;
}

/* --- which files there are --- */

static void
note_file(const struct folder *f, const char *name, void *arg)
{
	struct start *s = arg;
	uint64_t n;
	size_t len = strlen(name);

	if (start_number(name, "journal.", "", &n))
		s->last = n > s->last ? n : s->last;
	else if (start_number(name, "base.", ".gdbm", &n))
		s->base = n > s->base ? n : s->base;
	else if (!s->picture && ((len > 4 && strcmp(name + len - 4, ".tmp") == 0) || start_number(name, "index.", "", &n)))
		file_remove(f, name);
}

static enum store_result
prove_base(struct start *s)
{
	char why[150];

	s->first = s->base != 0 ? s->base : 1;
	if (s->base != 0 && !base_prove(&s->e->folder, s->base, &s->sum, why, sizeof(why))) {
		snprintf(s->why, s->why_size, "%s: %s", s->e->folder.path, why);
		return STORE_FAILED;
	}
	if (s->last != 0 ? s->last < s->first : s->base != 0)
		return refuse(s, "journal.", s->first, "missing");
	return STORE_OK;
}

/* Drop what the base has replaced: a folder was killed before it could. */
static void
drop_old(const struct folder *f, const char *name, void *arg)
{
	const struct start *s = arg;
	uint64_t n;

	bool old = start_number(name, "journal.", "", &n) || start_number(name, "base.", ".gdbm", &n) ? n < s->first :
	    (start_number(name, "base.", ".sum", &n) || start_number(name, "base.", ".hash", &n)) && n != s->base;
	if (old)
		file_remove(f, name);
}

/* --- segments --- */

static void
apply(const struct segment *seg, const struct journal_tx *tx, void *arg)
{
	(void)arg;
	index_apply(seg, tx);
}

static struct index *
new_index(struct start *s, const struct segment *seg)
{
	if (s->picture)
		return index_create_private(seg->size, s->seed);
	struct view v = { .folder = &s->e->folder, .shared = &s->shared };
	return view_index_create(&v, seg->number, seg->size, s->seed);
}

static const char *
fault_of_errno(int why)
{
	return why == EBADMSG ? "its head is damaged" :
	    why == EPROTO ? "of another version or another kind of machine: move it by dump and load" :
	    why == ENOENT ? "missing" : strerror(why);
}

/* Fill the index; limit is where the next segment says that this one ends, 0 for the last. */
static enum store_result
read_segment(struct start *s, struct segment *seg, uint64_t limit)
{
	seg->index = new_index(s, seg);
	if (seg->index == NULL) {
		snprintf(s->why, s->why_size, "%s: no memory for an index: %s", s->e->folder.path, strerror(errno));
		return result_of_errno(errno);
	}
	s->end = segment_scan(seg, limit != 0 ? limit : seg->size, apply, NULL, &s->marked);
	char at[80];
	snprintf(at, sizeof(at), "damaged at byte %llu", (unsigned long long)s->end);
	if (limit != 0 ? s->end != limit : segment_is_damaged(seg, s->end))
		return refuse(s, "journal.", seg->number, at);
	/* Behind a mark there may be more: the store was opened again, and then a power cut took the next transaction
	 * and left one after it. Nothing must be written where that could join up. */
	s->marked = s->marked && limit == 0 && !segment_has_left_over(seg, s->end);
	s->before = seg->before;
	return STORE_OK;
}

/* Where segment number ends, as its successor says; 0 for the last. */
static enum store_result
end_by_successor(struct start *s, uint64_t number, uint64_t *end)
{
	struct segment next;

	*end = 0;
	if (number == s->last)
		return STORE_OK;
	if (!segment_open(&next, &s->e->folder, number + 1, true))
		return refuse(s, "journal.", number + 1, fault_of_errno(errno));
	uint64_t before = next.before;
	segment_close(&next);
	if (pos_segment(before) != number || pos_offset(before) < FIRST)
		return refuse(s, "journal.", number + 1, "does not fit the segment before it");
	*end = pos_offset(before);
	return STORE_OK;
}

static enum store_result
one_segment(struct start *s, uint64_t number, struct segment *seg)
{
	uint64_t limit;
	enum store_result r = end_by_successor(s, number, &limit);

	if (r != STORE_OK)
		return r;
	if (!segment_open(seg, &s->e->folder, number, s->picture))
		return refuse(s, "journal.", number, fault_of_errno(errno));
	r = read_segment(s, seg, limit);
	/* What was read may be in the system's memory only: a killed process never came to its sync. */
	if (r == STORE_OK && !s->picture && !file_sync(seg->fd))
		r = refuse(s, "journal.", number, strerror(errno));
	if (r != STORE_OK)
		segment_close(seg);
	return r;
}

static enum store_result
read_files(struct start *s)
{
	if (!folder_each(&s->e->folder, note_file, s)) {
		snprintf(s->why, s->why_size, "%s: %s", s->e->folder.path, strerror(errno));
		return STORE_FAILED;
	}
	return prove_base(s);
}

/* --- a cold start --- */

/* The segment to go on in: *number, from *offset. After a clean end the last one itself; else a fresh one, so that
 * nothing is ever written behind a torn end. */
static bool
choose_active(struct start *s, uint64_t *number, uint64_t *offset, size_t size)
{
	*number = s->last;
	*offset = s->end;
	if (s->last != 0 && (s->marked || BROKEN(APPEND)))
		return true;
	bool fresh = s->last == 0, empty = !fresh && s->end == FIRST;
	uint64_t before = fresh ? 0 : empty ? s->before : pos_of(s->last, s->end);
	*number = fresh ? s->first : empty ? s->last : s->last + 1;
	*offset = FIRST;
	struct segment seg = { .number = *number, .size = size };
	if (!segment_create(&s->e->folder, *number, before, size))
		return false;
	struct index *x = new_index(s, &seg);
	if (x == NULL)
		return false;
	index_close(x);
	return true;
}

static enum store_result
read_all(struct start *s)
{
	enum store_result r = STORE_OK;
	struct segment seg;

	for (uint64_t n = s->first; s->last != 0 && n <= s->last && r == STORE_OK; n++) {
		r = one_segment(s, n, &seg);
		if (r == STORE_OK)
			segment_close(&seg);
	}
	return r;
}

static enum store_result
fill_control(struct start *s, size_t size)
{
	struct control *c = s->control;
	uint64_t number, offset;

	if (!choose_active(s, &number, &offset, size)) {
		snprintf(s->why, s->why_size, "%s: cannot make a segment: %s", s->e->folder.path, strerror(errno));
		return result_of_errno(errno);
	}
	uint64_t tail = pos_of(number, offset);
	c->segment_size = size;
	atomic_store(&c->first, s->first);
	atomic_store(&c->active, number);
	atomic_store(&c->tail, tail);
	atomic_store(&c->synced, tail);
	atomic_store(&c->prepared, tail);	/* what lies behind is cleared again: left-overs go */
	atomic_store(&c->marked, tail);
	atomic_store(&c->base_records, s->sum.records);
	atomic_store(&c->base_bytes, s->sum.bytes);
	uint64_t sealed = number - s->first;
	atomic_store(&c->fold_due, sealed >= FOLD_SEGMENTS || sealed * size > s->sum.bytes / 4 + size);
	return STORE_OK;
}

static enum store_result
with_memory(struct start *s, size_t size)
{
	if (!shared_create(&s->e->folder, &s->shared, (off_t)(size / 16 + sizeof(struct control)))) {
		snprintf(s->why, s->why_size, "%s: no shared memory: %s", s->e->folder.path, strerror(errno));
		return result_of_errno(errno);
	}
	s->control = control_create(&s->shared, "control");
	if (s->control == NULL) {
		snprintf(s->why, s->why_size, "%s: no shared memory: %s", s->e->folder.path, strerror(errno));
		return result_of_errno(errno);
	}
	s->seed = s->control->seed;
	enum store_result r = read_all(s);
	if (r == STORE_OK)
		r = fill_control(s, size);
	if (r == STORE_OK && !shared_publish(&s->e->folder, &s->shared)) {
		snprintf(s->why, s->why_size, "%s: %s", s->e->folder.path, strerror(errno));
		r = result_of_errno(errno);
	}
	return r;
}

enum store_result
start_cold(struct engine *e, char *why, size_t why_size)
{
	struct start s = { .e = e, .why = why, .why_size = why_size, .shared = { .fd = -1 } };
	size_t size = e->segment != 0 ? e->segment : JOURNAL_SEGMENT;

	shared_remove(&e->folder);	/* first: should we be killed half way, nobody may take what was there before */
	enum store_result r = read_files(&s);
	if (r == STORE_OK) {
		folder_each(&e->folder, drop_old, &s);
		if (s.base != 0)
			base_mend(&e->folder, s.base, &s.sum);
		r = with_memory(&s, size);
	}
	if (s.control != NULL)
		control_close(s.control);
	folder_close(&s.shared);
	if (r != STORE_OK)
		shared_remove(&e->folder);
	return r;
}

/* --- a picture --- */

enum store_result
start_picture(struct engine *e, char *why, size_t why_size)
{
	struct start s = { .e = e, .why = why, .why_size = why_size, .picture = true, .shared = { .fd = -1 }, .seed = 1 };
	struct view *v = &e->view;
	enum store_result r = read_files(&s);

	*v = (struct view){ .folder = &e->folder, .shared = &e->shared, .read_only = true };
	if (r != STORE_OK)
		return r;
	if (s.last == 0) {
		snprintf(why, why_size, "%s: there is no store yet", e->folder.path);
		return STORE_FAILED;
	}
	v->first = s.first;
	v->active = s.last;
	v->oldest = s.first;
	v->segments = calloc((size_t)(s.last - s.first + 1), sizeof(*v->segments));
	if (s.base != 0 && (v->base = base_open(&e->folder, s.base)) == NULL)
		r = refuse(&s, "base.", s.base, strerror(errno));
	for (uint64_t n = s.first; n <= s.last && r == STORE_OK && v->segments != NULL; n++) {
		r = one_segment(&s, n, &v->segments[v->count]);
		v->count += r == STORE_OK;
	}
	if (r != STORE_OK || v->segments == NULL) {
		view_close(v);
		return r == STORE_OK ? STORE_FAILED : r;
	}
	return STORE_OK;
}
