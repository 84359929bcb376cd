/* view.c: keeping the mappings up to date by epoch, and looking records up in them. */
#include "db/view.h"

#include <errno.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "db/control.h"
#include "db/index.h"
#include "base/banned.h"

#define TRIES 200	/* a refresh meets a fold or a rotation on the way */
#define FAILURES 30	/* so many of these may fail with nothing having changed; each waits a little longer */

static char *
index_name(char name[NAME_SIZE], uint64_t number)
{
	snprintf(name, NAME_SIZE, "index.%llu", (unsigned long long)number);
	return name;
}

struct index *
view_index_create(const struct view *v, uint64_t number, size_t segment_size, uint64_t seed)
{
	char name[NAME_SIZE];

	view_index_remove(v, number);
	struct index *x = index_create(v->shared, index_name(name, number), segment_size, seed);
	return x != NULL ? x : index_create(v->folder, name, segment_size, seed);
}

void
view_index_remove(const struct view *v, uint64_t number)
{
	char name[NAME_SIZE];

	file_remove(v->shared, index_name(name, number));
	file_remove(v->folder, name);
}

static struct index *
open_index(const struct view *v, uint64_t number)
{
	char name[NAME_SIZE];
	struct index *x = index_open(v->shared, index_name(name, number), v->read_only);

	return x != NULL ? x : index_open(v->folder, name, v->read_only);
}

/* --- segments in view --- */

static void
forget_segments(struct view *v)
{
	for (size_t i = 0; i < v->count; i++)
		segment_close(&v->segments[i]);	/* NOLINT: see below */
	free(v->segments);	/* NOLINT: the analyzer does not see that this is NULL from here on */
	v->segments = NULL;
	v->count = 0;
}

void
view_close(struct view *v)
{
	forget_segments(v);
	if (v->base != NULL)
		base_close(v->base);
	free(v->memory);
	v->base = NULL;
	v->memory = NULL;
}

struct segment *
view_segment(struct view *v, uint64_t number)
{
	bool there = number >= v->oldest && number - v->oldest < v->count;

	return there ? &v->segments[number - v->oldest] : NULL;	/* NOLINT: as in forget_segments */
}

struct segment *
view_active(struct view *v)
{
	return &v->segments[v->count - 1];
}

/* Take the segment over from the old set, or open it. */
static bool
have_segment(struct view *v, struct segment *s, uint64_t number)
{
	struct segment *old = view_segment(v, number);

	if (old != NULL && old->fd >= 0) {
		*s = *old;
		*old = SEGMENT_NONE;
		return true;
	}
	if (!segment_open(s, v->folder, number, v->read_only))
		return false;
	s->index = open_index(v, number);
	if (s->index != NULL)
		return true;
	segment_close(s);
	errno = ENOENT;
	return false;
}

/* The base of segment first; segment 1 may have none. */
static bool
have_base(struct view *v, uint64_t first)
{
	char name[NAME_SIZE];

	if (v->base != NULL)
		base_close(v->base);
	v->base = NULL;
	v->first = 0;
	if (first == 1 && !file_exists(v->folder, base_name(name, 1, "gdbm"))) {
		v->first = first;
		return true;
	}
	v->base = base_open(v->folder, first);
	v->first = v->base != NULL ? first : 0;
	return v->base != NULL;
}

/* One try: first to active as they were read. What is no longer needed is closed. */
static bool
map_all(struct view *v, uint64_t first, uint64_t active)
{
	size_t n = (size_t)(active - first + 1), got = 0;
	struct segment *all = calloc(n, sizeof(*all));
	bool good = all != NULL;

	while (good && got < n && have_segment(v, &all[got], first + got))
		got++;
	good = good && got == n && (v->first == first || have_base(v, first));
	int why = errno;
	forget_segments(v);
	v->segments = all;
	v->count = got;
	v->oldest = first;
	v->active = active;
	errno = why;
	return good;
}

bool
view_is_stale(const struct view *v)
{
	return v->control != NULL && v->epoch != atomic_load_explicit(&v->control->epoch, memory_order_acquire);
}

bool
view_refresh(struct view *v)
{
	const struct control *c = v->control;
	bool fresh = !view_is_stale(v);	/* asked once: it may be out of date again as soon as it was not */
	long failed = 0;

	for (int i = 0; i < TRIES && failed < FAILURES && !fresh; i++) {
		uint64_t epoch = atomic_load(&c->epoch), remap = atomic_load(&c->remap);
		uint64_t first = atomic_load(&c->first), active = atomic_load(&c->active);
		if (epoch != atomic_load(&c->epoch))
			continue;
		if (remap != v->remap)
			forget_segments(v);
		v->remap = remap;
		if (map_all(v, first, active))
			v->epoch = epoch;
		else if (epoch == atomic_load(&c->epoch))
			nanosleep(&(struct timespec){ 0, 10000 * failed++ }, NULL);
		fresh = !view_is_stale(v);
	}
	return fresh;
}

/* --- a picture --- */

static void
apply(const struct segment *s, const struct journal_tx *tx, void *arg)
{
	(void)arg;
	index_apply(s, tx);
}

/* The active segment gets an index of its own, up to where its tail is now. */
static bool
freeze(struct view *v, uint64_t tail)
{
	struct segment *s = view_segment(v, pos_segment(tail));
	bool marked;

	if (s == NULL || s != view_active(v)) {
		errno = EAGAIN;
		return false;
	}
	index_close(s->index);
	s->index = index_create_private(s->size, v->control->seed);
	if (s->index == NULL)
		return false;
	if (segment_scan(s, pos_offset(tail), apply, NULL, &marked) == pos_offset(tail))
		return true;
	errno = EBADMSG;	/* what is behind a damaged transaction would be missing, and nobody would know */
	return false;
}

static bool
picture_once(struct view *v, const struct view *of)
{
	*v = (struct view){ .folder = of->folder, .shared = of->shared, .control = of->control, .read_only = true };
	if (view_refresh(v) && freeze(v, atomic_load(&of->control->tail))) {
		v->control = NULL;
		return true;
	}
	int why = errno;
	view_close(v);
	errno = why;
	return false;
}

bool
view_picture(struct view *v, const struct view *of)
{
	for (int i = 0; i < TRIES; i++)
		if (picture_once(v, of))
			return true;
		else if (errno != EAGAIN)	/* that is a rotation in between */
			break;
	return false;
}

/* --- finding --- */

uint64_t
view_version(const struct segment *s, const struct journal_op *op)
{
	return pos_of(s->number, (uint64_t)((const char *)op - s->map));
}

static void
found_op(struct found *f, const struct segment *s, const struct journal_op *op)
{
	*f = (struct found){ .value = op->kind == JOURNAL_PUT ? op_value(op) : NULL, .len = op->value_len,
	    .version = view_version(s, op), .expires = op->expires, .in_journal = true };
}

static enum store_result
find_in_base(struct view *v, const char *key, size_t len, struct found *f)
{
	struct base_record rec;

	if (v->base == NULL)
		return STORE_ABSENT;
	free(v->memory);
	enum store_result r = base_get(v->base, key, len, &rec, &v->memory);
	if (r == STORE_OK)
		*f = (struct found){ rec.value, rec.value_len, rec.version, rec.expires, false };
	return r;
}

enum store_result
view_find(struct view *v, const char *key, struct found *f)
{
	size_t len = strlen(key);
	bool damaged = false;

	*f = (struct found){ .version = 0 };
	if (v->count == 0)
		return STORE_FAILED;
	uint64_t hash = index_hash(index_seed(v->segments[0].index), key, len);
	for (size_t i = v->count; i-- > 0;) {
		const struct journal_op *op = index_find(&v->segments[i], hash, key, len, &damaged);
		if (damaged)
			return STORE_FAILED;
		if (op != NULL) {
			found_op(f, &v->segments[i], op);
			return STORE_OK;
		}
	}
	return find_in_base(v, key, len, f);
}
