/* pg_commit.c: transactions of the PostgreSQL engine: one question that says what was read and what is to be written, and finding out what
 * became of it where the answer was lost.
 */
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "base/arena.h"
#include "base/clock.h"
#include "base/metrics.h"
#include "db/engine.h"
#include "db/pg.h"
#include "db/pg_array.h"
#include "db/pg_engine.h"
#include "db/pg_schema.h"
#include "base/banned.h"

#define RESOLVE		2500	/* ms to find out what became of a commit */
#define NAP		50	/* ms between two tries */
#define LOCKS		1024	/* records of one transaction: far more than any has */

/* Have a connection that is the one of all reads since the last commit: what was read on another may have been taken back, and its
 * version given to something else. */
static enum store_result
same_connection(struct engine *e)
{
	enum pg_fault f = pg_ready(e->pg);
	unsigned read_on = e->read_on;

	e->read_on = 0;
	if (f != PG_OK)
		return pg_result_of(e, f);
	return read_on == 0 || read_on == pg_number(e->pg) ? STORE_OK : STORE_CONFLICT;
}

static enum store_result
have_writer(struct engine *e)
{
	if (e->writer != 0)
		return STORE_OK;
	enum pg_fault f = pg_run(e->pg, &pg_writer, NULL, 0, PG_CALL);
	if (f != PG_OK)
		return pg_result_of(e, f);
	e->writer = pg_int(e->pg, 0, 0);
	e->turn = 0;
	return STORE_OK;
}

enum store_result
pg_commit_settle(struct engine *e)
{
	bool soon = e->soon_seen;

	e->soon_seen = false;
	if (!soon) {
		e->read_on = 0;
		return STORE_OK;
	}
	/* On another connection there is no telling whether what was seen is still there. */
	enum store_result r = same_connection(e);
	if (r == STORE_OK)
		r = have_writer(e);
	if (r != STORE_OK)
		return r == STORE_CONFLICT ? STORE_FAILED : r;
	struct pg_value v = pg_int8(e->scratch, e->writer);
	enum pg_fault f = pg_run(e->pg, &pg_settle, &v, 1, PG_CALL);
	bool there = f == PG_OK && pg_rows(e->pg) == 1 && !pg_warned(e->pg);
	arena_reset(e->scratch);
	if (f == PG_OK && !there)
		e->writer = 0;
	return f == PG_OK && !there ? STORE_FAILED : pg_result_of(e, f);
}

struct lock { int32_t hash; bool alone; };

static int
by_hash(const void *a, const void *b)
{
	const struct lock *x = a, *y = b;

	return x->hash != y->hash ? (x->hash < y->hash ? -1 : 1) : y->alone - x->alone;
}

/* FNV-1a: all that share a store must agree on it. */
static int32_t
hash_of(const char *key)
{
	uint32_t h = 2166136261u;

	for (; *key != '\0'; key++)
		h = (h ^ (unsigned char)*key) * 16777619u;
	return (int32_t)h;
}

/* The locks of all keys, sorted, each once; those of keys to be written alone. */
static size_t
sort_locks(struct lock *locks, const struct engine_read *reads, size_t n_reads, const struct engine_write *writes, size_t n_writes)
{
	size_t n = 0, kept = 0;

	for (size_t i = 0; i < n_writes; i++)
		locks[n++] = (struct lock){ hash_of(writes[i].key), true };
	for (size_t i = 0; i < n_reads; i++)
		locks[n++] = (struct lock){ hash_of(reads[i].key), false };
	qsort(locks, n, sizeof(*locks), by_hash);
	for (size_t i = 0; i < n; i++)
		if (kept == 0 || locks[kept - 1].hash != locks[i].hash)
			locks[kept++] = locks[i];
	return kept;
}

static void
lock_values(struct engine *e, struct pg_value v[2], const struct engine_read *reads, size_t n_reads,
    const struct engine_write *writes, size_t n_writes)
{
	struct lock *locks = arena_alloc(e->scratch, (n_reads + n_writes + 1) * sizeof(*locks));
	size_t n = e->locks ? sort_locks(locks, reads, n_reads, writes, n_writes) : 0;
	int32_t *hashes = arena_alloc(e->scratch, (n + 1) * sizeof(*hashes));
	bool *alone = arena_alloc(e->scratch, (n + 1) * sizeof(*alone));

	for (size_t i = 0; i < n; i++) {
		hashes[i] = locks[i].hash;
		alone[i] = locks[i].alone;
	}
	v[0] = pg_array_int4(e->scratch, hashes, n);
	v[1] = pg_array_bool(e->scratch, alone, n);
}

static void
read_values(struct engine *e, struct pg_value v[2], const struct engine_read *reads, size_t n)
{
	struct pg_bytes *keys = arena_alloc(e->scratch, (n + 1) * sizeof(*keys));
	int64_t *versions = arena_alloc(e->scratch, (n + 1) * sizeof(*versions));

	for (size_t i = 0; i < n; i++) {
		keys[i] = (struct pg_bytes){ reads[i].key, strlen(reads[i].key) };
		versions[i] = (int64_t)reads[i].version;
	}
	v[0] = pg_array_bytes(e->scratch, keys, n);
	v[1] = pg_array_int8(e->scratch, versions, n);
}

/* True: nothing is deleted. A record that is not there cannot say that it went only a moment ago, so no deletion is "soon". */
static bool
write_values(struct engine *e, struct pg_value v[3], const struct engine_write *writes, size_t n)
{
	struct pg_bytes *keys = arena_alloc(e->scratch, n * sizeof(*keys)), *values = arena_alloc(e->scratch, n * sizeof(*values));
	int64_t *expires = arena_alloc(e->scratch, n * sizeof(*expires));
	bool puts = true;

	for (size_t i = 0; i < n; i++) {
		const char *value = writes[i].value;
		keys[i] = (struct pg_bytes){ writes[i].key, strlen(writes[i].key) };
		values[i] = (struct pg_bytes){ value, value != NULL ? strlen(value) : 0 };
		expires[i] = writes[i].expires;
		puts = puts && value != NULL;
	}
	v[0] = pg_array_bytes(e->scratch, keys, n);
	v[1] = pg_array_bytes(e->scratch, values, n);
	v[2] = pg_array_int8(e->scratch, expires, n);
	return puts;
}

/* The connection was lost while a commit was under way. Its writer is ended, which waits for that commit if it still runs, and keeps it
 * from coming to anything if it has not begun; the writer's row says which turn was its last. */
static enum store_result
resolve(struct engine *e)
{
	struct pg_value v = pg_int8(e->scratch, e->writer);
	int64_t turn = e->turn, until = clock_steady_ms() + RESOLVE;
	enum pg_fault f = PG_AWAY;

	e->writer = 0;
	while (f != PG_OK && clock_steady_ms() < until) {
		f = pg_run(e->pg, &pg_end_writer, &v, 1, PG_CALL);
		if (f != PG_OK)
			nanosleep(&(struct timespec){ 0, NAP * 1000000 }, NULL);
	}
	if (f != PG_OK || pg_warned(e->pg))
		return STORE_UNKNOWN;
	return pg_rows(e->pg) == 1 && pg_int(e->pg, 0, 0) == turn ? STORE_OK : STORE_CONFLICT;
}

/* What the server said of a commit. */
static enum store_result
conclude(struct engine *e, enum pg_fault f, bool soon)
{
	if (f == PG_LOST)
		return resolve(e);
	if (f == PG_REFUSED && strcmp(pg_state(e->pg), "GH001") == 0) {
		e->writer = 0;	/* swept: nothing was written, and another one is soon had */
		return STORE_CONFLICT;
	}
	if (f != PG_OK || !pg_true(e->pg, 0, 0)) {
		e->turn--;
		return f != PG_OK ? pg_result_of(e, f) : STORE_CONFLICT;
	}
	if (pg_warned(e->pg))	/* committed here, and no standby has said that it has it */
		return STORE_UNKNOWN;
	if (!soon)
		e->soon_seen = false;
	return STORE_OK;
}

static enum store_result
check_reads(struct engine *e, const struct engine_read *reads, size_t n_reads)
{
	struct pg_value v[2];
	enum store_result r = STORE_OK;

	if (n_reads < 2)
		return STORE_OK;
	unsigned read_on = e->read_on;
	r = same_connection(e);
	e->read_on = read_on;	/* settle looks, too */
	if (r != STORE_OK)
		return r;
	read_values(e, v, reads, n_reads);
	enum pg_fault f = pg_ask(e, &pg_check, v, 2);
	arena_reset(e->scratch);
	if (f != PG_OK)
		return pg_result_of(e, f);
	return pg_true(e->pg, 0, 0) ? STORE_OK : STORE_CONFLICT;
}

enum store_result
pg_commit_run(struct engine *e, const struct engine_read *reads, size_t n_reads, const struct engine_write *writes, size_t n_writes,
    enum engine_when when)
{
	bool soon = when == ENGINE_SOON;
	struct pg_value v[10];
	enum store_result r;

	pg_read_forget(e);
	if (n_writes == 0) {
		r = check_reads(e, reads, n_reads);
		if (r == STORE_OK && !soon)
			return pg_commit_settle(e);
		e->read_on = 0;
		return r;
	}
	if (e->read_only || n_reads + n_writes > LOCKS)
		return e->read_only ? STORE_FAILED : STORE_LIMIT;
	if ((r = same_connection(e)) == STORE_OK)
		r = have_writer(e);
	if (r != STORE_OK)
		return r;
	soon = write_values(e, &v[7], writes, n_writes) && soon;
	v[0] = pg_int8(e->scratch, e->writer);
	v[1] = pg_int8(e->scratch, ++e->turn);
	v[2] = pg_bool(soon);
	lock_values(e, &v[3], reads, n_reads, writes, n_writes);
	read_values(e, &v[5], reads, n_reads);
	r = conclude(e, pg_run(e->pg, &pg_commit, v, 10, PG_CALL), soon);
	arena_reset(e->scratch);
	metric_add(e->conflicts, r == STORE_CONFLICT);
	return r;
}
