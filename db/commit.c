/* commit.c: append under the lock, sync without it.
 *
 * long because: appending, rotating and waiting take the same two locks, whose order has to be seen in one place. */
#include "db/commit.h"

#include <errno.h>
#include <sched.h>
#include <time.h>

#include "db/broken.h"
#include "db/control.h"
#include "db/encode.h"
#include "db/index.h"
#include "db/live.h"
#include "db/seal.h"
#include "base/banned.h"

#define FIRST sizeof(struct journal_head)
#define MARK sizeof(struct journal_tx)	/* room kept free at the end of a segment */
#define YIELDS 1000		/* then a writer is taken for dead, until its lock says otherwise */
#define STEP (256u << 10)		/* the file gets room on disk this much ahead of the tail */

/* --- appending, under the writers' lock --- */

static enum store_result
reads_hold(struct engine *e, const struct engine_read *reads, size_t n)
{
	for (size_t i = 0; i < n; i++) {
		struct found f;
		enum store_result r = view_find(&e->view, reads[i].key, &f);
		if (r != STORE_OK && r != STORE_ABSENT)
			return r;
		if (f.version != reads[i].version && !BROKEN(VERSIONS))
			return STORE_CONFLICT;
	}
	return STORE_OK;
}

static bool
has_room(const struct engine *e, struct segment *s)
{
	const struct journal_tx *tx = (void *)e->buf;
	uint64_t tail = atomic_load(&e->control->tail);

	return atomic_load(&e->control->cut) == 0 && pos_offset(tail) + e->buf_len + MARK <= s->size &&
	    index_has_room(s->index, tx->count);
}

/* Let the file have room on disk up to end: a full disk is found out here, before anything is written. */
static bool
prepare(struct control *c, const struct segment *s, uint64_t end)
{
	uint64_t from = pos_offset(atomic_load(&c->prepared)), to = (end + STEP - 1) / STEP * STEP;

	if (end <= from)
		return true;
	if (to > s->size)
		to = s->size;
	if (!file_clear(s->fd, (off_t)from, (off_t)to))
		return false;
	atomic_store(&c->prepared, pos_of(s->number, to));
	return true;
}

/* Write what is in the buffer at the tail. */
static enum store_result
put_at_tail(struct engine *e, struct segment *s, uint64_t *end)
{
	struct control *c = e->control;
	struct journal_tx *tx = (void *)e->buf;
	uint64_t tail = atomic_load(&c->tail), offset = pos_offset(tail);

	encode_sums(e, s->salt);
	tx->pos = tail;
	tx->proven = atomic_load(&c->synced);
	tx->crc = journal_tx_crc(s->salt, tx);
	if (!prepare(c, s, offset + e->buf_len))
		return result_of_errno(errno);
	if (!file_write(s->fd, e->buf, e->buf_len, (off_t)offset)) {
		/* Nobody must ever take what got there for a transaction: this segment ends here. */
		enum store_result r = result_of_errno(errno);
		atomic_store(&c->cut_segment, s->number);
		atomic_store(&c->cut, tail);
		return r;
	}
	index_apply(s, (const void *)(s->map + offset));
	*end = tail + e->buf_len;
	atomic_store(&c->tail, *end);
	return STORE_OK;
}

/* --- rotation --- */

/* Seal segment number, unless that is done. With both locks. */
static enum store_result
rotate_locked(struct engine *e, uint64_t number)
{
	struct control *c = e->control;

	if (atomic_load(&c->cut) == 0) {
		if (atomic_load(&c->active) != number)
			return STORE_OK;
		if (number - atomic_load(&c->first) >= SEAL_SEGMENTS)
			return STORE_FULL;
		atomic_store(&c->cut_segment, number);
		atomic_store(&c->cut, atomic_load(&c->tail));
	}
	return seal_at_cut(e);
}

static enum store_result
rotate(struct engine *e, uint64_t number)
{
	struct control *c = e->control;
	enum store_result r = STORE_FAILED;
	bool died;

	if (!control_lock(&c->syncer, &died))
		return STORE_FAILED;
	if (seal_lock_writer(e)) {
		r = rotate_locked(e, number);
		seal_unlock_writer(e);
	}
	control_unlock(&c->syncer);
	return r;
}

enum store_result
commit_rotate(struct engine *e)
{
	uint64_t tail = atomic_load(&e->control->tail);

	if (pos_offset(tail) == FIRST && atomic_load(&e->control->cut) == 0)
		return STORE_OK;
	return rotate(e, pos_segment(tail));
}

enum store_result
commit_append(struct engine *e, const struct engine_read *reads, size_t n_reads, const struct engine_write *writes,
    size_t n_writes, uint64_t *end)
{
	if (!encode_tx(e, writes, n_writes))
		return STORE_FAILED;
	if (FIRST + e->buf_len + MARK > e->control->segment_size)
		return STORE_LIMIT;
	if (e->view.count > 0)
		encode_sums(e, view_active(&e->view)->salt);
	for (;;) {
		if (!seal_lock_writer(e))
			return STORE_FAILED;
		struct segment *s = view_active(&e->view);
		uint64_t number = s->number;
		bool room = has_room(e, s);
		enum store_result r = reads_hold(e, reads, n_reads);
		if (r == STORE_OK && room)
			r = put_at_tail(e, s, end);
		seal_unlock_writer(e);
		if (r != STORE_OK || room)
			return r;
		if ((r = rotate(e, number)) != STORE_OK)
			return r;
	}
}

enum store_result
commit_publish_base(struct engine *e, uint64_t first, uint64_t records, uint64_t bytes)
{
	struct control *c = e->control;

	if (!seal_lock_writer(e))
		return STORE_FAILED;
	atomic_store(&c->first, first);
	atomic_store(&c->base_records, records);
	atomic_store(&c->base_bytes, bytes);
	atomic_fetch_add(&c->folds, 1);
	uint64_t active = atomic_load(&c->active);
	atomic_store(&c->fold_due, active > first && seal_is_fold_due(c, active));
	atomic_fetch_add(&c->epoch, 1);
	seal_unlock_writer(e);
	return STORE_OK;
}

/* --- waiting for the disk --- */

/* Under the syncers' lock: bring synced to the tail, which is past end. */
static enum store_result
sync_to_tail(struct engine *e, uint64_t end)
{
	struct control *c = e->control;
	uint64_t cut = atomic_load(&c->cut);

	if (cut != 0 && end > cut) {	/* a sync has failed and the segment could not be ended yet */
		if (!seal_lock_writer(e))
			return STORE_FAILED;
		enum store_result r = atomic_load(&c->cut) != 0 ? seal_at_cut(e) : STORE_OK;
		seal_unlock_writer(e);
		return r;
	}
	uint64_t tail = atomic_load(&c->tail);	/* all below it is written */
	atomic_store(&c->target, tail);
	if (!view_refresh(&e->view))
		return STORE_FAILED;
	struct segment *s = view_segment(&e->view, pos_segment(tail));
	if (s == NULL)
		return STORE_FAILED;
	if (!file_sync(s->fd))
		return seal_failed_sync(e, errno);
	atomic_store(&c->synced, tail);
	atomic_fetch_add(&c->syncs, 1);
	return STORE_OK;
}

static enum store_result
wait_once(struct engine *e, uint64_t end, uint32_t wake)
{
	struct control *c = e->control;
	enum store_result r = STORE_OK;
	bool died;

	view_refresh(&e->view);		/* before others wait for us */
	uint32_t batch = atomic_load(&c->batch);
	if (!control_try(&c->syncer, &died)) {
		/* Is it in what is being synced now, or in what the next one will? */
		control_sleep(c, wake, atomic_load(&c->target) >= end ? batch : batch + 1);
		return STORE_OK;
	}
	bool due = atomic_load(&c->synced) < end, all = died || !due;
	if (due) {
		batch = atomic_fetch_add(&c->batch, 1) + 1;
		r = sync_to_tail(e, end);
	}
	control_unlock(&c->syncer);
	if (all || r != STORE_OK)
		control_wake_all(c);
	else
		control_wake_batch(c, batch);
	return r;
}

enum store_result
commit_wait(struct engine *e, uint64_t end)
{
	struct control *c = e->control;

	while (!BROKEN(ACK)) {
		uint32_t wake = atomic_load(&c->wake);
		if (atomic_load(&c->synced) >= end) {
			int why = control_was_taken_back(c, end);
			return why == 0 ? STORE_OK : result_of_errno(why);
		}
		enum store_result r = wait_once(e, end, wake);
		if (r != STORE_OK)
			return r;
	}
	return STORE_OK;
}

/* --- reading --- */

bool
commit_is_whole(const struct engine *e, uint64_t pos)
{
	return e->control == NULL || pos < atomic_load_explicit(&e->control->tail, memory_order_acquire);
}

enum store_result
commit_wait_whole(struct engine *e, uint64_t pos)
{
	for (int i = 0; i < YIELDS; i++) {
		if (commit_is_whole(e, pos))
			return STORE_OK;
		sched_yield();
	}
	if (e->read_only) {	/* it cannot finish anything */
		nanosleep(&(struct timespec){ 0, 1000000 }, NULL);
		return STORE_OK;
	}
	if (!seal_lock_writer(e))
		return STORE_FAILED;
	seal_unlock_writer(e);
	/* If a sync has failed as well, it is behind the cut: that goes first. */
	bool whole = commit_is_whole(e, pos) && atomic_load(&e->control->cut) == 0;
	return whole ? STORE_OK : rotate(e, pos_segment(pos));
}

enum store_result
commit_check(struct engine *e, const struct engine_read *reads, size_t n)
{
	if (!view_refresh(&e->view))
		return STORE_FAILED;
	/* Every version was read before, when its transaction was whole, and is still the same now: so all of them held
	 * in between. */
	return reads_hold(e, reads, n);
}

/* --- a clean end --- */

void
commit_mark(struct engine *e)
{
	struct control *c = e->control;
	uint64_t tail = atomic_load(&c->tail), end = 0;

	if (tail == atomic_load(&c->marked) || commit_wait(e, tail) != STORE_OK || !seal_lock_writer(e))
		return;
	if (atomic_load(&c->cut) == 0 && atomic_load(&c->tail) == tail && encode_tx(e, NULL, 0))
		put_at_tail(e, view_active(&e->view), &end);
	seal_unlock_writer(e);
	if (end != 0 && commit_wait(e, end) == STORE_OK)
		atomic_store(&c->marked, end);
}
