/* What else the store promises: expiry under a moving clock, versions in the files, copies, a read-only and a full
 * disk, other users.
 *
 * long because: it is a list of promises, each with its own set-up. */
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdatomic.h>
#include <sys/mman.h>
#include <sys/mount.h>
#include <sys/wait.h>
#include <time.h>

#include "base/clock.h"
#include "tests/unit/check.h"
#include "tests/unit/store-put.h"
#include "db/crc32c.h"
#include "db/file.h"
#include "db/journal.h"
#include "base/banned.h"


/* --- time --- */

static void
move_clock(int64_t seconds)
{
	int64_t ms = seconds * 1000;
	int fd = open(below("clock"), O_RDWR | O_CREAT, 0600);

	if (pwrite(fd, &ms, sizeof(ms), 0) != sizeof(ms))
		abort();
	close(fd);
}

static void
test_clock(void)
{
	struct store *s = help_open(below("clocked"), SEGMENT, true);
	int64_t start = clock_sec();

	move_clock(0);
	clock_follow(below("clock"));
	CHECK(put(s, "a", "1", start + 100) == STORE_OK && put(s, "b", "2", 0) == STORE_OK);
	move_clock(200);
	CHECK_STR(get(s, "a"), NULL);
	CHECK(put(s, "b", "3", clock_sec() + 50) == STORE_OK);
	move_clock(-100000);	/* set back: nothing breaks, what had not gone is there */
	CHECK_STR(get(s, "a"), "1");
	CHECK(put(s, "b", "4", start + 500) == STORE_OK);
	CHECK_STR(get(s, "b"), "4");
	CHECK(put(s, "c", "1", clock_sec() + 50) == STORE_OK);
	CHECK_STR(get(s, "c"), "1");
	CHECK(store_check(s, stdout) == STORE_OK);
	move_clock(200);
	CHECK(store_fold(s) == STORE_OK);
	CHECK(stat_of(s, "base_records") == 2);	/* c is gone from disk; a has expired by the moved clock alone */
	CHECK_STR(get(s, "a"), NULL);
	move_clock(0);
	CHECK_STR(get(s, "a"), "1");
	CHECK_STR(get(s, "c"), NULL);
	CHECK_STR(get(s, "b"), "4");
	CHECK(put(s, "a", "5", 0) == STORE_OK);
	store_close(s);
}

/* --- versions and copies --- */

static const char *
refusal(const char *path, bool read_only)
{
	static char why[400];
	struct store *s = NULL;

	why[0] = '\0';
	if (store_open(&s, &(struct store_options){ .path = path, .read_only = read_only, .no_fold = true }, why,
	    sizeof(why)) == STORE_OK)
		snprintf(why, sizeof(why), "it opened");
	store_close(s);
	return why;
}

static void
test_versions(void)
{
	const char *path = below("versions");
	struct journal_head head;
	struct store *s = help_open(path, SEGMENT, true);

	CHECK(put(s, "a", "1", 0) == STORE_OK);
	store_close(s);
	int fd = open(arena_printf(arena, "%s/journal.1", path), O_RDWR);
	CHECK(pread(fd, &head, sizeof(head), 0) == sizeof(head));
	struct journal_head other = head;
	other.format = 2;
	other.crc = crc32c(0, &other, sizeof(other) - sizeof(other.crc));
	CHECK(pwrite(fd, &other, sizeof(other), 0) == sizeof(other));
	CHECK(strstr(refusal(path, false), "another version") != NULL);
	CHECK(strstr(refusal(path, true), "another version") != NULL);
	other.magic = __builtin_bswap64(head.magic);
	CHECK(pwrite(fd, &other, sizeof(other), 0) == sizeof(other));
	CHECK(strstr(refusal(path, false), "another kind of machine") != NULL);
	CHECK(pwrite(fd, &head, sizeof(head), 0) == sizeof(head));
	CHECK(ftruncate(fd, SEGMENT / 2) == 0);
	CHECK(strstr(refusal(path, false), "damaged") != NULL);
	CHECK(ftruncate(fd, SEGMENT) == 0);
	s = help_open(path, SEGMENT, true);
	CHECK_STR(get(s, "a"), "1");
	CHECK(store_fold(s) == STORE_OK);
	store_close(s);
	close(fd);
	CHECK(unlink(arena_printf(arena, "%s/journal.2", path)) == 0);
	CHECK(strstr(refusal(path, false), "journal.2: missing") != NULL);
}

/* A copy of the folder of a store that runs is a store of its own. */
static void
test_copy(void)
{
	const char *path = below("original"), *copy = below("copied");
	struct store *s = help_open(path, SEGMENT, true);

	CHECK(put(s, "a", "1", 0) == STORE_OK);
	CHECK(system(arena_printf(arena, "cp -a '%s' '%s'", path, copy)) == 0);
	struct store *t = help_open(copy, SEGMENT, true);
	CHECK_STR(get(t, "a"), "1");
	CHECK(put(t, "a", "2", 0) == STORE_OK && put(s, "a", "3", 0) == STORE_OK);
	CHECK_STR(get(t, "a"), "2");
	CHECK_STR(get(s, "a"), "3");
	store_close(t);
	store_close(s);
}

/* --- without waiting for the disk --- */

static enum store_result
put_soon(struct store *s, const char *key, const char *value)
{
	return store_run_soon(s, arena, put_fn, &(struct put){ key, value, 0 });
}

static void
test_soon(void)
{
	const char *path = below("soon");
	struct store *s = help_open(path, SEGMENT, true), *t = help_open(path, SEGMENT, true);
	int status = -1;

	CHECK(put(s, "a", "1", 0) == STORE_OK);
	uint64_t syncs = stat_of(s, "syncs");
	CHECK(put_soon(s, "a", "2") == STORE_OK && put_soon(s, "b", "3") == STORE_OK && stat_of(s, "syncs") == syncs);
	CHECK_STR(get(t, "a"), "2");
	fflush(stdout);
	pid_t child = fork();
	if (child == 0)	/* as killed the moment after */
		_exit(put_soon(help_open(path, SEGMENT, true), "c", "4") == STORE_OK ? 0 : 1);
	waitpid(child, &status, 0);
	CHECK(status == 0 && stat_of(s, "syncs") == syncs);
	CHECK_STR(get(s, "c"), "4");
	/* Who answers on what it read, or writes behind it, waits for it, too. */
	CHECK(store_settle(s) == STORE_OK && stat_of(s, "syncs") == syncs + 1);
	CHECK(put_soon(s, "d", "5") == STORE_OK && put(t, "e", "6", 0) == STORE_OK && stat_of(s, "syncs") == syncs + 2);
	CHECK_STR(get(s, "d"), "5");
	CHECK(store_settle(s) == STORE_OK && stat_of(s, "syncs") == syncs + 2);
	CHECK(store_check(s, stdout) == STORE_OK);
	store_close(t);
	store_close(s);
}

/* --- answers that wait for the disk together --- */

static enum store_result
look_fn(struct store_tx *tx, void *arg)
{
	const char **keys = arg, *v;

	store_tx_get(tx, keys[0], &v);
	return store_tx_get(tx, keys[1], &v);
}

static void
test_deferred(void)
{
	const char *path = below("deferred"), *both[] = { "a", "b" };
	struct store *s = help_open(path, SEGMENT, true), *t = help_open(path, SEGMENT, true);

	CHECK(put(s, "a", "1", 0) == STORE_OK && store_owed(s) == 0);
	store_defer(s);
	uint64_t syncs = stat_of(s, "syncs");
	CHECK(store_owed(s) == 0 && store_await(s, 0) == STORE_OK);
	CHECK(put(s, "a", "2", 0) == STORE_OK);
	uint64_t first = store_owed(s);
	CHECK(put(s, "b", "3", 0) == STORE_OK && put(s, "c", "4", 0) == STORE_OK);
	uint64_t last = store_owed(s);
	CHECK(first != 0 && last != 0 && last != first && store_owed(s) == 0 && stat_of(s, "syncs") == syncs);
	CHECK_STR(get(t, "c"), "4");
	/* The disk is waited for once. */
	CHECK(store_await(s, first) == STORE_OK && stat_of(s, "syncs") == syncs + 1);
	CHECK(store_await(s, last) == STORE_OK && store_await(s, first) == STORE_OK && stat_of(s, "syncs") == syncs + 1);
	/* Who only read owes what it saw of others, whoever they are. */
	CHECK(put_soon(t, "a", "5") == STORE_OK);
	CHECK(store_run(s, arena, look_fn, both) == STORE_OK && stat_of(s, "syncs") == syncs + 1);
	last = store_owed(s);
	CHECK(last != 0 && store_await(s, last) == STORE_OK && stat_of(s, "syncs") == syncs + 2);
	/* What need not be on disk is not owed; a commit of somebody who waits takes all along. */
	CHECK(put_soon(s, "d", "6") == STORE_OK && store_owed(s) == 0);
	CHECK(put(s, "e", "7", 0) == STORE_OK && put(t, "f", "8", 0) == STORE_OK && stat_of(s, "syncs") == syncs + 3);
	CHECK(store_await(s, store_owed(s)) == STORE_OK && stat_of(s, "syncs") == syncs + 3);
	/* Across the ends of segments and a fold. */
	CHECK(put(s, "g", "9", 0) == STORE_OK);
	first = store_owed(s);
	for (int i = 0; i < 100; i++)
		CHECK(put(s, arena_printf(arena, "many/%d", i), arena_printf(arena, "%0*d", 2000, i), 0) == STORE_OK);
	last = store_owed(s);
	CHECK(store_fold(t) == STORE_OK && store_await(s, last) == STORE_OK && store_await(s, first) == STORE_OK);
	CHECK_STR(get(t, "g"), "9");
	CHECK(store_check(t, stdout) == STORE_OK);
	store_close(t);
	store_close(s);
}

/* --- a read-only file system --- */

static int
open_read_only(int folder, const char *name, int flags, mode_t mode)
{
	if ((flags & O_ACCMODE) == O_RDONLY)
		return file_system.open(folder, name, flags, mode);
	errno = EROFS;
	return -1;
}

static void
test_read_only(void)
{
	const char *path = below("read-only"), *v;
	struct file_ops ops = file_system;
	struct store *s = help_open(path, SEGMENT, true), *t = NULL;
	char why[300];

	CHECK(put(s, "a", "1", 0) == STORE_OK);
	struct store_options look = { .path = path, .read_only = true };
	/* While others run it, a look is up to date; it cannot write. */
	CHECK(store_open(&t, &look, why, sizeof(why)) == STORE_OK);
	CHECK(put(s, "a", "2", 0) == STORE_OK);
	CHECK_STR(get(t, "a"), "2");
	CHECK(put(t, "a", "3", 0) == STORE_FAILED && store_fold(t) == STORE_FAILED);
	CHECK(store_backup(t, below("no-backup"), why, sizeof(why)) == STORE_FAILED);
	CHECK(store_check(t, stdout) == STORE_OK && store_settle(t) == STORE_OK);
	store_close(t);
	store_close(s);
	ops.open = open_read_only;
	file_ops = &ops;
	t = help_open(path, SEGMENT, true);	/* not asked to look only: reads go on, writes are refused */
	CHECK_STR(get(t, "a"), "2");
	CHECK(put(t, "a", "3", 0) == STORE_FAILED && store_fold(t) == STORE_FAILED);
	file_ops = &file_system;
	CHECK(put(t, "a", "2", 0) == STORE_OK);	/* no restart */
	store_close(t);
	file_ops = &ops;
	CHECK(store_open(&t, &look, why, sizeof(why)) == STORE_OK);
	CHECK(store_get(t, arena, "a", &v) == STORE_OK && strcmp(v, "2") == 0);
	CHECK(put(t, "a", "3", 0) == STORE_FAILED);
	CHECK(store_check(t, stdout) == STORE_OK && stat_of(t, "segments") == 1);
	store_close(t);
	file_ops = &file_system;
}

static void
test_without_folds(void)
{
	struct store *s = help_open(below("unfolded"), 16u << 10, true);
	char key[20], *value = arena_alloc(arena, 4000);
	enum store_result r = STORE_OK;
	int n = 0;

	memset(value, 'u', 3900);
	for (; r == STORE_OK && n < 1000; n++) {
		snprintf(key, sizeof(key), "k/%d", n);
		r = put(s, key, value, 0);
	}
	/* Sixty-four segments and more were written; then it says that it is full, and a fold helps. */
	CHECK(r == STORE_FULL && n > 64 * 3);
	CHECK_STR(get(s, "k/0"), value);
	CHECK(store_fold(s) == STORE_OK);
	CHECK(put(s, "more", "room", 0) == STORE_OK);
	CHECK_STR(get(s, "k/150"), value);
	store_close(s);
}

static int
open_full(int folder, const char *name, int flags, mode_t mode)
{
	if ((flags & O_CREAT) == 0)
		return file_system.open(folder, name, flags, mode);
	errno = ENOSPC;
	return -1;
}

static void
test_full_disk(void)
{
	const char *path = below("small");
	char *value = arena_alloc(arena, 5000);
	enum store_result r = STORE_OK;
	int n = 0;

	memset(value, 'd', 4900);
	if (mkdir(path, 0700) != 0 || mount("none", path, "tmpfs", 0, "size=5m") != 0) {
		printf("# no disk of 5 MB can be had here: skipped\n");
		return;
	}
	int ballast = open(arena_printf(arena, "%s/ballast", path), O_RDWR | O_CREAT, 0600);
	CHECK(posix_fallocate(ballast, 0, 4 << 20) == 0);
	const char *store_path = arena_printf(arena, "%s/store", path);
	struct store *s = help_open(store_path, SEGMENT, true);
	for (; r == STORE_OK && n < 1000; n++)
		r = put(s, arena_printf(arena, "k/%d", n), value, 0);
	CHECK(r == STORE_FULL && n > 20);
	CHECK_STR(get(s, "k/0"), value);
	CHECK_STR(get(s, arena_printf(arena, "k/%d", n - 1)), NULL);	/* what was refused does not show */
	CHECK(store_fold(s) == STORE_FULL);
	CHECK(put(s, "another", value, 0) == STORE_FULL);
	/* The same for a start: everybody was killed, and nothing can be written. */
	store_close(s);
	struct file_ops ops = file_system;
	ops.open = open_full;
	file_ops = &ops;
	s = help_open(store_path, SEGMENT, true);
	struct store *t = help_open(store_path, SEGMENT, true);
	CHECK_STR(get(s, "k/0"), value);
	CHECK(put(s, "another", value, 0) == STORE_FULL);
	file_ops = &file_system;
	CHECK(ftruncate(ballast, 0) == 0);
	CHECK(put(t, "by another", value, 0) == STORE_OK);
	CHECK_STR(get(s, "by another"), value);	/* it is seen at once that somebody could start */
	store_close(t);
	CHECK(put(s, "another", value, 0) == STORE_OK);	/* no restart */
	CHECK(store_fold(s) == STORE_OK);
	CHECK(store_check(s, stdout) == STORE_OK);
	CHECK_STR(get(s, "k/3"), value);
	store_close(s);
	close(ballast);
	umount(path);
}

/* --- other users, and the place beside the files --- */

static void
test_other_user(void)
{
	const char *path = below("beside");
	int status = -1;

	if (geteuid() != 0) {
		printf("# not root: skipped\n");
		return;
	}
	/* A person's store has its shared memory beside the files. Root may look in, and leaves nothing of its own. */
	CHECK(chmod(help_folder, 0755) == 0 && mkdir(path, 0700) == 0 && chown(path, 4321, 4321) == 0);
	struct store *s = help_open(path, SEGMENT, true);
	CHECK(s != NULL && put(s, "a", "1", 0) == STORE_OK && stat_of(s, "in_memory") == 0);
	fflush(stdout);
	pid_t child = fork();
	if (child == 0) {
		if (setgid(4321) != 0 || setuid(4321) != 0)
			_exit(1);
		struct store *t = help_open(path, SEGMENT, true);
		_exit(t != NULL && put(t, "a", "2", 0) == STORE_OK ? 0 : 2);
	}
	waitpid(child, &status, 0);
	CHECK(status == 0);
	CHECK_STR(get(s, "a"), "2");
	store_close(s);
}

int
main(void)
{
	arena = arena_new(512u << 20);
	help_begin();
	test_clock();
	test_versions();
	test_copy();
	test_soon();
	test_deferred();
	test_read_only();
	test_without_folds();
	test_full_disk();
	test_other_user();
	help_end();
	arena_free(arena);
	return check_end();
}
