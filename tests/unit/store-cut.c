/* A segment that has to end early: a sync that failed and whose witness died, in every order; and folds that fail on the way.
 *
 * long because: each order is a test of its own. */
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <sys/resource.h>
#include <sys/time.h>
#include <sys/wait.h>

#include "tests/unit/check.h"
#include "tests/unit/store-put.h"
#include "base/json.h"
#include "db/commit.h"
#include "db/control.h"
#include "db/engine.h"
#include "db/fold.h"
#include "db/journal.h"
#include "db/live.h"
#include "db/record.h"
#include "base/banned.h"

static struct engine *
open_engine(const char *path)
{
	struct engine *e = NULL;
	char why[300];

	if (engine_gdbm.open(&e, &(struct store_options){ .path = path, .segment = SEGMENT, .no_fold = true }, why,
	    sizeof(why)) != STORE_OK)
		abort();
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

/* Written, but not on disk, and the disk has refused it. Who saw that died before the segment was ended, at cut. */
static uint64_t
refused(struct engine *e, const char *key, const char *value, bool cut_at_tail)
{
	struct control *c = e->control;
	uint64_t end = 0, synced = atomic_load(&c->synced);

	CHECK(commit_append(e, NULL, 0, &(struct engine_write){ key, value, 0 }, 1, &end) == STORE_OK && end > synced);
	control_note_failure(c, pos_segment(end), synced, EIO);
	atomic_store(&c->cut_segment, pos_segment(end));
	atomic_store(&c->cut, cut_at_tail ? end : synced);
	return end;
}

static void
test_refused(void)
{
	struct engine *e = open_engine(below("refused"));

	for (int i = 0; i < 2; i++) {
		CHECK(set(e, "a", "1") == STORE_OK);
		uint64_t end = refused(e, "a", "2", i == 1);
		CHECK_STR(value_of(e, "a"), "2");
		/* Whoever writes next ends the segment; what was refused is taken back, and who waits for it is told. */
		CHECK(set(e, "b", "1") == STORE_OK);
		CHECK_STR(value_of(e, "a"), "1");
		CHECK(commit_wait(e, end) == STORE_FAILED);
		/* What was read in between rests on nothing; that is said once. */
		CHECK_STR(value_of(e, "b"), "1");
		CHECK(engine_gdbm.settle(e) == STORE_FAILED && engine_gdbm.settle(e) == STORE_OK);
	}
	/* Or who waits for it does. */
	uint64_t end = refused(e, "a", "3", false), before = atomic_load(&e->control->synced);
	CHECK(commit_wait(e, before) == STORE_OK && commit_wait(e, end) == STORE_FAILED);
	CHECK_STR(value_of(e, "a"), "1");
	CHECK(engine_gdbm.check(e, stdout) == STORE_OK);
	struct engine_read one = { "none", 0 };
	CHECK(engine_gdbm.commit(e, &one, 1, NULL, 0, false) == STORE_OK);
	engine_gdbm.close(e);
	e = open_engine(below("refused"));
	CHECK_STR(value_of(e, "a"), "1");
	CHECK_STR(value_of(e, "b"), "1");
	engine_gdbm.close(e);
}

/* The index has to be made again, but what it is made from is damaged: nothing goes on over that. */
static void
test_refused_damaged(void)
{
	const char *path = below("damaged");
	struct engine *e = open_engine(path);
	char data[SEGMENT];

	CHECK(set(e, "a", "precious") == STORE_OK);
	int fd = open(arena_printf(arena, "%s/journal.1", path), O_RDWR);
	ssize_t n = pread(fd, data, sizeof(data), 0);
	char *at = n > 0 ? memmem(data, (size_t)n, "precious", 8) : NULL;
	if (at == NULL)
		abort();
	uint64_t end = refused(e, "b", "1", false);
	CHECK(pwrite(fd, "x", 1, at - data) == 1);
	CHECK(set(e, "c", "1") == STORE_FAILED && commit_wait(e, end) == STORE_FAILED);
	CHECK_STR(value_of(e, "a"), "failed");
	CHECK(pwrite(fd, "p", 1, at - data) == 1);	/* a disk that comes to itself */
	CHECK(set(e, "c", "1") == STORE_OK);
	CHECK_STR(value_of(e, "a"), "precious");
	CHECK_STR(value_of(e, "b"), "absent");
	close(fd);
	engine_gdbm.close(e);
}

static int syncs_to_fail;

static int
sync_fails(int fd)
{
	if (syncs_to_fail-- <= 0)
		return file_system.sync(fd);
	errno = EIO;
	return -1;
}

/* The sync that ends a segment fails: it ends where the disk had it before. */
static void
test_refused_at_end(void)
{
	struct engine *e = open_engine(below("rotated"));
	struct file_ops ops = file_system;
	uint64_t end = 0;

	ops.sync = sync_fails;
	CHECK(set(e, "a", "1") == STORE_OK);
	CHECK(commit_append(e, NULL, 0, &(struct engine_write){ "a", "2", 0 }, 1, &end) == STORE_OK);
	file_ops = &ops;
	syncs_to_fail = 1;
	CHECK(commit_rotate(e) == STORE_OK && syncs_to_fail <= 0);
	file_ops = &file_system;
	CHECK(commit_wait(e, end) == STORE_FAILED && atomic_load(&e->control->fold_due) == 1);
	CHECK_STR(value_of(e, "a"), "1");
	CHECK(set(e, "a", "3") == STORE_OK);
	engine_gdbm.close(e);
	e = open_engine(below("rotated"));
	CHECK_STR(value_of(e, "a"), "3");
	engine_gdbm.close(e);
}

/* Closed by a process that may not write behind the cut: no mark, and nothing is missing. */
static void
test_cut_at_end(void)
{
	struct engine *e = open_engine(below("end"));

	CHECK(set(e, "a", "1") == STORE_OK);
	uint64_t tail = atomic_load(&e->control->tail);
	atomic_store(&e->control->cut_segment, pos_segment(tail));
	atomic_store(&e->control->cut, tail);
	engine_gdbm.close(e);
	e = open_engine(below("end"));
	CHECK_STR(value_of(e, "a"), "1");
	CHECK(atomic_load(&e->control->active) == 2);
	engine_gdbm.close(e);
}

/* When a fold is due: by what is sealed beside the base, or because it is many segments. */
static void
test_due(void)
{
	struct engine *e = open_engine(below("due"));
	struct control *c = e->control;

	for (int i = 1; i <= 34; i++) {
		atomic_store(&c->base_bytes, 1ull << 40);
		CHECK(set(e, "a", "1") == STORE_OK && commit_rotate(e) == STORE_OK);
		CHECK(atomic_load(&c->fold_due) == (i >= 32));
	}
	CHECK(commit_publish_base(e, 1, 0, 0) == STORE_OK && atomic_load(&c->fold_due) == 1);
	CHECK(engine_gdbm.fold(e) == STORE_OK && atomic_load(&c->fold_due) == 0);
	CHECK_STR(value_of(e, "a"), "1");
	engine_gdbm.close(e);
}

/* --- folds that fail on the way --- */

static ssize_t
write_full(int fd, const void *data, size_t len, off_t at)
{
	(void)fd, (void)data, (void)len, (void)at;
	errno = ENOSPC;
	return -1;
}

static int
open_no_base(int folder, const char *name, int flags, mode_t mode)
{
	if (strcmp(name, "base.tmp") != 0)
		return file_system.open(folder, name, flags, mode);
	errno = ENOSPC;
	return -1;
}

/* No file may grow beyond some size, by which GDBM fails here or there. */
static void
test_small_files(void)
{
	struct engine *e = open_engine(below("limited"));
	struct rlimit was, limit;
	char *value = arena_alloc(arena, 3000), key[20];
	int bad = 0;

	memset(value, 'l', 2900);
	value[2900] = '\0';
	signal(SIGXFSZ, SIG_IGN);
	getrlimit(RLIMIT_FSIZE, &was);
	for (int round = 0; round < 2; round++) {	/* first without a base, then with one */
		for (int i = 0; i < 60; i++) {
			snprintf(key, sizeof(key), "k/%d/%d", i, round * (i % 2));
			if (set(e, key, value) != STORE_OK)
				abort();
		}
		for (rlim_t most = 66u << 10; most < 170u << 10; most += 4 << 10) {
			limit = (struct rlimit){ most, was.rlim_max };
			setrlimit(RLIMIT_FSIZE, &limit);
			bad += engine_gdbm.fold(e) == STORE_OK;
			setrlimit(RLIMIT_FSIZE, &was);
			bad += strcmp(value_of(e, "k/3/0"), value) != 0;
		}
		CHECK(bad == 0 && engine_gdbm.fold(e) == STORE_OK && engine_gdbm.check(e, stdout) == STORE_OK);
	}
	CHECK_STR(value_of(e, "k/59/1"), value);
	engine_gdbm.close(e);
}

static void
test_failing_folds(void)
{
	const char *path = below("folds"), *away = below("away");
	struct engine *e = open_engine(path);
	struct file_ops ops = file_system;

	CHECK(set(e, "a", "1") == STORE_OK && commit_rotate(e) == STORE_OK);
	e->tends = true;
	ops.open = open_no_base;
	file_ops = &ops;
	atomic_store(&e->control->fold_due, 1);
	fold_if_due(e);		/* in a process of its own, which fails */
	CHECK(fold_run(e, true, true) == STORE_FULL);
	ops = file_system;
	ops.write = write_full;
	CHECK(set(e, "b", "1") == STORE_FULL);
	file_ops = &file_system;
	CHECK(set(e, "b", "1") == STORE_OK);
	/* The folder has another name by then: the process finds nothing to fold, and harms nothing. */
	CHECK(rename(path, away) == 0);
	atomic_store(&e->control->fold_due, 1);
	fold_if_due(e);
	usleep(200000);
	CHECK(access(arena_printf(arena, "%s/base.2.gdbm", away), F_OK) != 0);
	rmdir(path);
	help_remove(path);
	CHECK(rename(away, path) == 0);
	e->tends = false;
	CHECK(engine_gdbm.fold(e) == STORE_OK);
	CHECK_STR(value_of(e, "b"), "1");
	engine_gdbm.close(e);
}

static volatile sig_atomic_t alarms;
static int enough_alarms[2];

static void
on_alarm(int sig)
{
	(void)sig;
	if (++alarms == 5 && write(enough_alarms[1], "x", 1) != 1)
		abort();
}

/* A signal while somebody else's fold is waited for does not end the waiting. */
static void
test_interrupted_wait(void)
{
	struct engine *e = open_engine(below("signalled"));
	struct sigaction action = { .sa_handler = on_alarm };
	struct itimerval soon = { { 0, 20000 }, { 0, 20000 } }, never = { { 0, 0 }, { 0, 0 } };

	CHECK(set(e, "a", "1") == STORE_OK && pipe(enough_alarms) == 0);
	int lock = fold_lock(e, true);
	pid_t child = fork();
	if (child == 0) {	/* holds it too, through the same open file, until there were some */
		char c;
		_exit(read(enough_alarms[0], &c, 1) == 1 ? 0 : 1);
	}
	fold_unlock(lock);
	sigaction(SIGALRM, &action, NULL);
	setitimer(ITIMER_REAL, &soon, NULL);
	CHECK(fold_run(e, true, true) == STORE_OK && alarms >= 5);
	setitimer(ITIMER_REAL, &never, NULL);
	signal(SIGALRM, SIG_DFL);
	waitpid(child, NULL, 0);
	CHECK_STR(value_of(e, "a"), "1");
	engine_gdbm.close(e);
}

/* --- records without a key --- */

static enum store_result
no_key(struct store_tx *tx, void *arg)
{
	struct json *v;

	(void)arg;
	CHECK(record_tx_get(tx, NULL, &v) == STORE_ABSENT && v == NULL);
	return record_tx_delete(tx, NULL);
}

static void
test_no_key(void)
{
	struct store *s = help_open(below("no-key"), SEGMENT, true);

	CHECK(store_run(s, arena, no_key, NULL) == STORE_OK && put(s, "a", "1", 0) == STORE_OK);
	CHECK_STR(get(s, "a"), "1");
	CHECK(stat_of(s, "segments") == 1);
	store_close(s);
}

int
main(void)
{
	arena = arena_new(64u << 20);
	help_begin();
	test_refused();
	test_refused_damaged();
	test_refused_at_end();
	test_cut_at_end();
	test_due();
	test_small_files();
	test_failing_folds();
	test_interrupted_wait();
	test_no_key();
	help_end();
	arena_free(arena);
	return check_end();
}
