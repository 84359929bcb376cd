/* engine-gdbm.c: the engine as db/store.c sees it; each function a few calls to the parts that do the work. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/arena.h"
#include "base/clock.h"
#include "db/broken.h"
#include "db/commit.h"
#include "db/control.h"
#include "db/engine.h"
#include "db/fold.h"
#include "db/live.h"
#include "db/recovery.h"
#include "db/seal.h"
#include "db/tools.h"
#include "base/banned.h"

#define LOOKS 100	/* that who may only look waits for a killed writer's transaction; a writer would finish it */

static void
engine_close(struct engine *e)
{
	recovery_detach(e);
	free(e);
}

static enum store_result
engine_open(struct engine **out, const struct store_options *options, char *why, size_t why_size)
{
	struct engine *e = malloc(sizeof(*e));
	enum store_result r = STORE_FAILED;

	if (e == NULL) {
		snprintf(why, why_size, "out of memory");
		return STORE_FAILED;
	}
	if (recovery_open(e, options->path, options->read_only)) {
		e->segment = options->segment;
		r = recovery_attach(e, why, why_size);
	} else {
		r = result_of_errno(errno);
		snprintf(why, why_size, "cannot open the store %.200s: %s", options->path, strerror(errno));
	}
	if (r != STORE_OK) {
		engine_close(e);
		return r;
	}
	e->tends = !options->read_only && !options->no_fold;
	*out = e;
	return STORE_OK;
}

static bool
is_live(const struct found *f)
{
	return f->value != NULL && (f->expires == 0 || f->expires > clock_sec());
}

/* What was read at pos has to be on disk before an answer may rest on it. */
static void
note_seen(struct engine *e, uint64_t pos)
{
	if (pos <= e->seen || e->control == NULL)
		return;
	if (pos_segment(pos) != pos_segment(e->seen) && control_was_taken_back(e->control, e->seen) != 0)
		e->seen_void = true;
	e->seen = pos;
}

/* The newest record of key whose transaction is whole. */
static enum store_result
find(struct engine *e, const char *key, struct found *f)
{
	for (int tries = 0;; tries++) {
		if (!view_refresh(&e->view))
			return STORE_FAILED;
		enum store_result r = view_find(&e->view, key, f);
		if (r != STORE_OK || !f->in_journal || commit_is_whole(e, f->version) || BROKEN(WHOLE))
			return r;
		if (e->read_only && tries == LOOKS)
			return r;
		if ((r = commit_wait_whole(e, f->version)) != STORE_OK)
			return r;
	}
}

static enum store_result
engine_get(struct engine *e, struct arena *arena, const char *key, struct engine_record *rec)
{
	struct found f;

	recovery_revive(e, false);
	enum store_result r = find(e, key, &f);
	if (r != STORE_OK)
		return r;
	rec->version = f.version;
	rec->expires = f.expires;
	if (f.in_journal)
		note_seen(e, f.version + 1);
	if (!is_live(&f))
		return STORE_ABSENT;
	rec->value = arena != NULL ? arena_strndup(arena, f.value, f.len) : f.value;
	rec->len = f.len;
	return STORE_OK;
}

/* What stands below end is to get to disk. */
static enum store_result
keep(struct engine *e, uint64_t end, enum engine_when when)
{
	if (when == ENGINE_DURABLE)
		return commit_wait(e, end);
	if (when == ENGINE_OWED && end > e->owed)
		e->owed = end;
	return STORE_OK;
}

static enum store_result
settle(struct engine *e, enum engine_when when)
{
	bool was_void = e->seen_void;
	uint64_t seen = e->seen;

	e->seen = 0;	/* from here on it is settled, or said that it is not */
	e->seen_void = false;
	enum store_result r = seen != 0 ? keep(e, seen, when) : STORE_OK;
	return was_void ? STORE_FAILED : r;
}

static enum store_result
engine_settle(struct engine *e)
{
	return settle(e, ENGINE_DURABLE);
}

static uint64_t
engine_owed(struct engine *e)
{
	uint64_t owed = e->owed;

	e->owed = 0;
	return owed;
}

/* Too many sealed segments, and nobody folds them: do it here, once. */
static enum store_result
append_or_fold(struct engine *e, const struct engine_read *reads, size_t n_reads, const struct engine_write *writes,
    size_t n_writes, uint64_t *end)
{
	enum store_result r = commit_append(e, reads, n_reads, writes, n_writes, end);

	if (r != STORE_FULL || !e->tends || e->view.count <= SEAL_SEGMENTS)
		return r;
	if (fold_run(e, false, true) != STORE_OK)
		return STORE_FULL;
	return commit_append(e, reads, n_reads, writes, n_writes, end);
}

static enum store_result
engine_commit(struct engine *e, const struct engine_read *reads, size_t n_reads, const struct engine_write *writes,
    size_t n_writes, enum engine_when when)
{
	uint64_t end = 0;
	enum store_result r;

	recovery_revive(e, n_writes > 0);
	if (n_writes == 0) {
		r = n_reads > 1 ? commit_check(e, reads, n_reads) : STORE_OK;
		return r == STORE_OK && when != ENGINE_SOON ? settle(e, when) : r;
	}
	if (e->control == NULL || e->read_only)
		return e->degraded != STORE_OK ? e->degraded : STORE_FAILED;
	r = append_or_fold(e, reads, n_reads, writes, n_writes, &end);
	atomic_fetch_add_explicit(r == STORE_CONFLICT ? &e->control->conflicts : &e->control->commits, 1,
	    memory_order_relaxed);
	if (r == STORE_OK)
		r = keep(e, end, when);
	fold_if_due(e);
	return r;
}

/* --- walking --- */

struct each {
	store_each_fn	 fn;
	void		*arg;
	int64_t		 now;
	bool		 failed;
};

static bool
each_record(void *arg, const struct base_record *rec)
{
	struct each *w = arg;

	if (rec->value == NULL || (rec->expires != 0 && rec->expires <= w->now))
		return true;
	char *key = strndup(rec->key, rec->key_len), *value = strndup(rec->value, rec->value_len);
	w->failed = key == NULL || value == NULL;
	bool more = !w->failed && w->fn(w->arg, key, value, rec->expires);
	free(key);
	free(value);
	return more;
}

static enum store_result
engine_each(struct engine *e, store_each_fn fn, void *arg)
{
	struct each w = { fn, arg, clock_sec(), false };
	struct view picture;

	recovery_revive(e, false);
	if (e->control == NULL)
		return view_each(&e->view, e->view.count, each_record, &w);
	if (!view_picture(&picture, &e->view))
		return STORE_FAILED;
	enum store_result r = view_each(&picture, picture.count, each_record, &w);
	view_close(&picture);
	return w.failed ? STORE_FAILED : r;
}

static enum store_result
engine_fold(struct engine *e)
{
	recovery_revive(e, true);
	if (e->control == NULL || e->read_only)
		return e->degraded != STORE_OK ? e->degraded : STORE_FAILED;
	enum store_result r = fold_run(e, true, true);
	view_refresh(&e->view);		/* nobody shall keep the old files for our sake */
	return r;
}

static enum store_result
engine_check(struct engine *e, FILE *out)
{
	recovery_revive(e, true);
	return tools_check(e, out);
}

static enum store_result
engine_backup(struct engine *e, const char *to, char *why, size_t why_size)
{
	recovery_revive(e, true);
	return tools_backup(e, to, why, why_size);
}

const struct engine_ops engine_gdbm = {
	.name = "gdbm", .open = engine_open, .close = engine_close, .get = engine_get, .commit = engine_commit,
	.settle = engine_settle, .owed = engine_owed, .await = commit_wait, .each = engine_each, .fold = engine_fold, .check = engine_check, .stats = tools_stats,
	.backup = engine_backup,
};
