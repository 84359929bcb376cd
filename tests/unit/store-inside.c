/* The store with its shared memory in the test's hands: a writer that dies half way, locks that cannot be had, an index that
 * is wrong, records that the disk has changed while they are in use.
 *
 * long because: all of it needs the same few ways to reach inside. */
#include <fcntl.h>
#include <sys/wait.h>

#include "tests/unit/check.h"
#include "tests/unit/store-put.h"
#include "db/commit.h"
#include "db/control.h"
#include "db/encode.h"
#include "db/engine.h"
#include "db/fold.h"
#include "db/index.h"
#include "db/journal.h"
#include "db/live.h"
#include "db/sum.h"
#include "base/banned.h"

static struct engine *
open_engine(const char *path, bool read_only)
{
	struct engine *e = NULL;
	char why[300];

	if (engine_gdbm.open(&e, &(struct store_options){ .path = path, .segment = SEGMENT, .no_fold = true,
	    .read_only = read_only }, why, sizeof(why)) != STORE_OK)
		printf("# open: %s\n", why);
	return e;
}

static enum store_result
set(struct engine *e, const char *key, const char *value)
{
	return engine_gdbm.commit(e, NULL, 0, &(struct engine_write){ key, value, 0 }, 1, false);
}

static const char *
value_of(struct engine *e, const char *key)
{
	struct engine_record rec = { .value = NULL };
	enum store_result r = engine_gdbm.get(e, arena, key, &rec);

	return r == STORE_OK ? rec.value : store_result_name(r);
}

static bool
stop_at(void *arg, const char *key, const char *value, int64_t expires)
{
	(void)key, (void)value, (void)expires;
	return --*(int *)arg > 0;
}

static enum store_result
walk(struct engine *e)
{
	int most = 1000;

	return engine_gdbm.each(e, stop_at, &most);
}

/* --- a writer that dies half way --- */

/* In a process that ends with the writers' lock: two records are in the journal and in the index, but the tail stays. */
static void
leave_half(struct engine *e, const char *value)
{
	pid_t child = fork();
	bool died;

	if (child == 0) {
		struct engine_write w[] = { { "one", value, 0 }, { "two", value, 0 } };
		struct segment *s = view_active(&e->view);
		uint64_t tail = atomic_load(&e->control->tail);
		if (!encode_tx(e, w, 2) || !control_lock(&e->control->writer, &died))
			_exit(1);
		struct journal_tx *tx = (void *)e->buf;
		encode_sums(e, s->salt);
		tx->pos = tail;
		tx->proven = atomic_load(&e->control->synced);
		tx->crc = journal_tx_crc(s->salt, tx);
		if (!file_write(s->fd, e->buf, e->buf_len, (off_t)pos_offset(tail)))
			_exit(1);
		index_apply(s, (const void *)(s->map + pos_offset(tail)));
		_exit(0);
	}
	waitpid(child, NULL, 0);
}

static void
test_half(void)
{
	struct engine *e = open_engine(below("half"), false), *look = open_engine(below("half"), true);
	uint64_t proven;

	CHECK(set(e, "one", "1") == STORE_OK && set(e, "two", "1") == STORE_OK);
	leave_half(e, "2");
	CHECK_STR(value_of(look, "one"), "2");	/* who may only look waits, but not for ever */
	CHECK_STR(value_of(e, "two"), "2");	/* who may write puts it right */
	CHECK_STR(value_of(e, "one"), "2");
	CHECK(set(e, "one", "3") == STORE_OK);
	/* A sync had failed as well, and what was behind is taken back. */
	leave_half(e, "4");
	control_note_failure(e->control, pos_segment(atomic_load(&e->control->tail)), atomic_load(&e->control->synced), 5);
	CHECK_STR(value_of(e, "one"), "3");
	CHECK_STR(value_of(e, "two"), "2");
	CHECK(!control_failure_of(e->control, atomic_load(&e->control->active), &proven) && set(e, "two", "5") == STORE_OK);
	CHECK(engine_gdbm.check(e, stdout) == STORE_OK);
	engine_gdbm.close(look);
	engine_gdbm.close(e);
}

/* --- a lock that cannot be had any more --- */

static void
make_lock(pthread_mutex_t *m)
{
	pthread_mutexattr_t a;

	pthread_mutexattr_init(&a);
	pthread_mutexattr_setpshared(&a, PTHREAD_PROCESS_SHARED);
	pthread_mutexattr_setrobust(&a, PTHREAD_MUTEX_ROBUST);
	pthread_mutex_init(m, &a);
	pthread_mutexattr_destroy(&a);
}

/* For the next who tries: the system's try leaves it locked, if it is not recoverable. */
static void
spoil(pthread_mutex_t *m)
{
	make_lock(m);
	pid_t child = fork();
	bool died;

	if (child == 0)
		_exit(control_lock(m, &died) ? 0 : 1);
	waitpid(child, NULL, 0);
	pthread_mutex_lock(m);		/* its owner died, and we do not say that all is well */
	pthread_mutex_unlock(m);
}

static void
test_spoiled_writer(void)
{
	struct engine *e = open_engine(below("spoiled"), false);
	uint64_t end = 0;

	CHECK(set(e, "a", "1") == STORE_OK);
	uint64_t tail = atomic_load(&e->control->tail);
	spoil(&e->control->writer);
	CHECK(set(e, "a", "2") == STORE_FAILED);
	spoil(&e->control->writer);
	CHECK(commit_publish_base(e, 2, 0, 0) == STORE_FAILED);
	spoil(&e->control->writer);
	CHECK(engine_gdbm.fold(e) == STORE_FAILED);
	spoil(&e->control->writer);
	CHECK(commit_wait_whole(e, tail + 8) == STORE_FAILED);
	CHECK_STR(value_of(e, "a"), "1");
	atomic_store(&e->control->cut, tail);	/* a segment that nobody can end */
	spoil(&e->control->writer);
	CHECK(commit_wait(e, tail + 8) == STORE_FAILED);
	atomic_store(&e->control->cut, 0);
	atomic_store(&e->control->marked, 0);
	spoil(&e->control->writer);
	engine_gdbm.close(e);		/* no mark can be written */
	e = open_engine(below("spoiled"), false);
	CHECK_STR(value_of(e, "a"), "1");
	CHECK(set(e, "a", "2") == STORE_OK);
	CHECK(commit_append(e, NULL, 0, &(struct engine_write){ "b", "1", 0 }, 1, &end) == STORE_OK);
	struct store_stat all[STORE_STATS];
	size_t n = engine_gdbm.stats(e, all);
	uint64_t unsynced = 0;
	while (n-- > 0)
		unsynced += strcmp(all[n].name, "unsynced_bytes") == 0 ? all[n].value : 0;
	CHECK(unsynced > 0 && commit_wait(e, end) == STORE_OK);
	spoil(&e->control->syncer);
	CHECK(commit_rotate(e) == STORE_FAILED);
	make_lock(&e->control->syncer);
	engine_gdbm.close(e);
}

/* --- walks that stop, over a base and segments --- */

static void
fill(struct engine *e)
{
	CHECK(set(e, "in base", "1") == STORE_OK && set(e, "newer", "1") == STORE_OK && set(e, "gone", "1") == STORE_OK);
	CHECK(engine_gdbm.fold(e) == STORE_OK);
	CHECK(set(e, "newer", "2") == STORE_OK && set(e, "gone", NULL) == STORE_OK && set(e, "sealed", "1") == STORE_OK);
	CHECK(commit_rotate(e) == STORE_OK);
	CHECK(set(e, "sealed", "2") == STORE_OK && set(e, "last", "1") == STORE_OK);
}

static void
test_walks(void)
{
	struct engine *e = open_engine(below("walks"), false);

	fill(e);
	for (int stop = 1; stop <= 6; stop++) {
		int left = stop;
		CHECK(engine_gdbm.each(e, stop_at, &left) == STORE_OK && left == (stop < 4 ? 0 : stop - 4));
	}
	engine_gdbm.close(e);
	e = open_engine(below("walks"), true);	/* a picture of the files */
	int left = 2;
	CHECK(engine_gdbm.each(e, stop_at, &left) == STORE_OK && left == 0 && walk(e) == STORE_OK);
	engine_gdbm.close(e);
}

/* --- what the disk changes --- */

/* Change a byte of the file; the place where text stands first, or at. */
static void
flip(struct engine *e, const char *name, const char *text, off_t at)
{
	char data[SEGMENT];
	int fd = openat(e->folder.fd, name, O_RDWR);
	ssize_t n = pread(fd, data, sizeof(data), 0);

	if (text != NULL) {
		const char *there = n > 0 ? memmem(data, (size_t)n, text, strlen(text)) : NULL;
		at = there != NULL ? there - data : -1;
	}
	if (at < 0 || at >= n)
		abort();
	data[at] ^= 1;
	CHECK(pwrite(fd, data + at, 1, at) == 1);
	close(fd);
}

/* Of the newest segment, the one before, and the base: each walk, check and fold that meets it says so. */
static void
test_changed(void)
{
	static const struct { const char *file, *text, *key; } all[] = {
		{ "journal.3", "last", "in base" }, { "journal.3", "sealed", "in base" }, { "journal.2", "newer", "last" },
		{ "journal.2", "gone", "last" }, { "base.2.gdbm", "in base", "last" },
	};
	FILE *out = fopen("/dev/null", "w");

	for (size_t i = 0; i < sizeof(all) / sizeof(all[0]); i++) {
		struct engine *e = open_engine(below("changed"), false);
		fill(e);
		flip(e, all[i].file, all[i].text, 0);
		CHECK(walk(e) == STORE_FAILED);
		CHECK(engine_gdbm.check(e, out) == STORE_FAILED);
		/* The key itself is changed, so the record is another's, but never anything else. */
		CHECK(engine_gdbm.fold(e) == STORE_FAILED);
		CHECK(strcmp(value_of(e, all[i].key), "1") == 0);
		flip(e, all[i].file, NULL, 0);	/* its head is not looked at any more */
		engine_gdbm.close(e);
		help_remove(below("changed"));
	}
	fclose(out);
}

/* What was read is damaged before it is committed on. */
static void
test_changed_read(void)
{
	struct engine *e = open_engine(below("read"), false);
	struct engine_record rec = { .value = NULL };

	CHECK(set(e, "a", "precious") == STORE_OK && engine_gdbm.get(e, arena, "a", &rec) == STORE_OK);
	struct engine_read reads[] = { { "a", rec.version }, { "b", 0 } };
	flip(e, "journal.1", "precious", 0);
	CHECK(engine_gdbm.commit(e, reads, 2, &(struct engine_write){ "b", "1", 0 }, 1, false) == STORE_FAILED);
	CHECK(engine_gdbm.commit(e, reads, 2, NULL, 0, false) == STORE_FAILED);
	CHECK_STR(value_of(e, "b"), "absent");
	flip(e, "journal.1", "qrecious", 0);
	CHECK(engine_gdbm.commit(e, reads, 2, &(struct engine_write){ "b", "1", 0 }, 1, false) == STORE_OK);
	engine_gdbm.close(e);
}

/* A check sees an index, a short cut and a sum that say something else than the records. */
static void
test_check(void)
{
	struct engine *e = open_engine(below("check"), false);
	FILE *out = fopen("/dev/null", "w");
	struct sum sum;

	fill(e);
	CHECK(engine_gdbm.check(e, out) == STORE_OK);
	flip(e, "base.2.hash", NULL, 64);
	CHECK(engine_gdbm.check(e, out) == STORE_FAILED);
	CHECK_STR(value_of(e, "in base"), "1");	/* GDBM knows it */
	flip(e, "base.2.hash", NULL, 64);
	CHECK(engine_gdbm.check(e, out) == STORE_OK && sum_read(&e->folder, 2, &sum));
	sum.records++;
	CHECK(sum_write(&e->folder, 2, &sum) && engine_gdbm.check(e, out) == STORE_FAILED);
	sum.records--;
	CHECK(sum_write(&e->folder, 2, &sum) && engine_gdbm.check(e, out) == STORE_OK);
	/* The heads of an index are gone: nothing is found through it. */
	char zeros[4096] = "", was[4096];
	int fd = openat(e->shared.fd, "index.2", O_RDWR);
	CHECK(pread(fd, was, sizeof(was), 0) > 200);
	CHECK(pwrite(fd, zeros, 512, 32) == 512);	/* 128 heads */
	CHECK(engine_gdbm.check(e, out) == STORE_FAILED);
	CHECK(pwrite(fd, was, 600, 0) == 600 && engine_gdbm.check(e, out) == STORE_OK);
	close(fd);
	fclose(out);
	engine_gdbm.close(e);
}

/* --- more segments than may wait, and somebody folds --- */

static void
test_crowded(void)
{
	const char *path = below("crowded");
	struct store *s = help_open(path, 16u << 10, false);
	char *value = arena_alloc(arena, 4000), key[20];
	int to_child[2], n = 0;

	memset(value, 'c', 3900);
	value[3900] = '\0';
	CHECK(put(s, "first", "1", 0) == STORE_OK && pipe(to_child) == 0);
	pid_t child = fork();
	if (child == 0) {	/* holds the lock of folds until too much is sealed */
		struct engine *e = open_engine(path, false);
		char c;
		close(to_child[1]);
		int lock = fold_lock(e, true);
		c = (char)read(to_child[0], &c, 1);
		usleep(300000);
		fold_unlock(lock);
		_exit(0);
	}
	close(to_child[0]);
	usleep(100000);
	for (; n < 64 * 4 - 8; n++) {
		snprintf(key, sizeof(key), "k/%d", n);
		if (put(s, key, value, 0) != STORE_OK)
			abort();
	}
	CHECK(write(to_child[1], "x", 1) == 1);
	for (; n < 64 * 4 + 20; n++) {
		snprintf(key, sizeof(key), "k/%d", n);
		if (put(s, key, value, 0) != STORE_OK)
			abort();
	}
	CHECK(stat_of(s, "folds") >= 1 && stat_of(s, "segments") < 64);
	CHECK_STR(get(s, "k/0"), value);
	CHECK_STR(get(s, "first"), "1");
	close(to_child[1]);
	waitpid(child, NULL, 0);
	store_close(s);
}

int
main(void)
{
	arena = arena_new(64u << 20);
	help_begin();
	test_half();
	test_spoiled_writer();
	test_walks();
	test_changed();
	test_changed_read();
	test_check();
	test_crowded();
	help_end();
	arena_free(arena);
	return check_end();
}
