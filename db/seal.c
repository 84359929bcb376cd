/* seal.c: how a segment ends. Everything here is written to be killed at any line and done again.
 *
 * The one decision, where the segment ends, is the store into control->cut; from then on every process that wants to
 * write finishes the work first. journal.N+1 repeats the decision on disk (before), for a start after a power cut. */
#include "db/seal.h"

#include <errno.h>

#include "db/broken.h"
#include "db/control.h"
#include "db/index.h"
#include "db/live.h"
#include "base/banned.h"

#define FIRST sizeof(struct journal_head)
#define REFRESHES 3	/* tries to see the newest segments without the lock */

/* --- the writers' lock --- */

/* The owner was killed between writing its transaction and saying so: finish that, it may be half in the index. */
static void
roll_forward(struct engine *e)
{
	struct control *c = e->control;
	struct segment *s = view_active(&e->view);
	uint64_t tail = atomic_load(&c->tail);
	const struct journal_tx *tx;

	while (pos_segment(tail) == s->number && (tx = segment_tx(s, pos_offset(tail))) != NULL) {
		index_apply(s, tx);
		tail += tx->len;
		atomic_store(&c->tail, tail);
	}
}

static bool
repair(struct engine *e)
{
	struct control *c = e->control;
	uint64_t active = atomic_load(&c->active), proven;

	if (!view_refresh(&e->view))
		return false;
	if (BROKEN(REPAIR))
		return true;
	if (atomic_load(&c->cut) == 0) {
		roll_forward(e);
		/* It may have noted a failed sync and not come to the cut. Now that the tail is past whatever it left, the cut
		 * takes that out of the index too. */
		if (control_failure_of(c, active, &proven)) {
			atomic_store(&c->cut_segment, active);
			atomic_store(&c->cut, proven);
		}
	}
	atomic_fetch_add(&c->repairs, 1);
	return true;
}

bool
seal_lock_writer(struct engine *e)
{
	struct control *c = e->control;
	bool died;

	/* What has changed is mapped before others have to wait for it; a big base takes its time. */
	for (int i = 0;; i++) {
		view_refresh(&e->view);
		if (!control_lock(&c->writer, &died))
			return false;
		if (died)
			atomic_store(&c->hurt, 1);
		if (atomic_load_explicit(&c->hurt, memory_order_relaxed) != 0) {
			if (!repair(e))
				break;
			atomic_store(&c->hurt, 0);
		}
		if (!view_is_stale(&e->view) || (i == REFRESHES && view_refresh(&e->view)))
			return true;
		if (i == REFRESHES)
			break;
		control_unlock(&c->writer);
	}
	control_unlock(&c->writer);
	return false;
}

void
seal_unlock_writer(struct engine *e)
{
	control_unlock(&e->control->writer);
}

/* --- sealing --- */

/* Bring the disk up to the cut; if it will not, cut where it is. */
static void
prove_up_to_cut(struct control *c, const struct segment *s)
{
	uint64_t cut = atomic_load(&c->cut), synced = atomic_load(&c->synced), proven;

	if (synced >= cut)
		return;
	bool failed = control_failure_of(c, s->number, &proven);	/* by one that was killed right then */
	if (!failed && file_sync(s->fd)) {
		atomic_store(&c->synced, cut);
		return;
	}
	if (!failed)
		control_note_failure(c, s->number, synced, errno);
	atomic_store(&c->cut, synced);
}

static void
apply(const struct segment *s, const struct journal_tx *tx, void *arg)
{
	(void)arg;
	index_apply(s, tx);
}

/* The index of a segment whose end was taken back, made again. */
static bool
make_index_again(struct engine *e, const struct segment *s, uint64_t end)
{
	struct segment with = *s;
	bool marked;

	with.index = view_index_create(&e->view, s->number, s->size, e->control->seed);
	if (with.index == NULL)
		return false;
	bool whole = segment_scan(&with, end, apply, NULL, &marked) == end;
	index_close(with.index);
	errno = whole ? 0 : EBADMSG;
	return whole;
}

/* A quarter of the base at least, so that the work of folding stays in proportion. */
bool
seal_is_fold_due(const struct control *c, uint64_t active)
{
	uint64_t sealed = (active - atomic_load(&c->first)) * c->segment_size;

	return sealed >= atomic_load(&c->base_bytes) / 4 || active - atomic_load(&c->first) >= SEAL_SEGMENTS / 2;
}

static void
publish(struct control *c, uint64_t number, bool remap, bool taken_back)
{
	uint64_t start = pos_of(number, FIRST);

	atomic_store(&c->active, number);
	atomic_store(&c->prepared, start);
	atomic_store(&c->tail, start);
	atomic_store(&c->synced, start);
	if (remap)
		atomic_fetch_add(&c->remap, 1);
	if (taken_back || seal_is_fold_due(c, number))
		atomic_store(&c->fold_due, 1);
	atomic_fetch_add(&c->rotations, 1);
	atomic_fetch_add(&c->epoch, 1);
	/* In this order: killed in between, the next one remaps once too often; the other way round it would not remap. */
	atomic_store(&c->cut, 0);
	atomic_store(&c->cut_tries, 0);
}

enum store_result
seal_at_cut(struct engine *e)
{
	struct control *c = e->control;
	uint64_t number = atomic_load(&c->cut_segment);
	struct segment *s = view_segment(&e->view, number);
	bool again = atomic_fetch_add(&c->cut_tries, 1) > 0;

	if (s == NULL)
		return STORE_FAILED;
	prove_up_to_cut(c, s);
	uint64_t cut = atomic_load(&c->cut), tail = atomic_load(&c->tail);
	bool taken_back = pos_segment(tail) == number && tail > cut;
	if (!segment_create(&e->folder, number + 1, cut, c->segment_size))
		return result_of_errno(errno);
	struct index *x = view_index_create(&e->view, number + 1, c->segment_size, c->seed);
	if (x == NULL || (taken_back && !make_index_again(e, s, pos_offset(cut)))) {
		int why = errno;
		if (x != NULL)
			index_close(x);
		return result_of_errno(why);
	}
	index_close(x);
	publish(c, number + 1, taken_back || again, taken_back);
	control_wake_all(c);
	return view_refresh(&e->view) ? STORE_OK : STORE_FAILED;
}

enum store_result
seal_failed_sync(struct engine *e, int why)
{
	struct control *c = e->control;

	if (BROKEN(BELIEVE))
		return STORE_FAILED;
	if (!seal_lock_writer(e))
		return STORE_FAILED;
	/* First the note, then the cut: who waits for something behind it must find out why it is gone. */
	uint64_t synced = atomic_load(&c->synced);
	control_note_failure(c, atomic_load(&c->active), synced, why);
	atomic_store(&c->cut_segment, atomic_load(&c->active));
	atomic_store(&c->cut, synced);
	enum store_result r = seal_at_cut(e);
	seal_unlock_writer(e);
	return r;
}
