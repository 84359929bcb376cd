/* What else the store promises: expiry under a moving clock, versions in the files, copies, backups under load,
 * bounded disk use, a full disk, folds in the background, other users. */
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
#include "tests/unit/store-help.h"
#include "db/crc32c.h"
#include "db/file.h"
#include "db/journal.h"
#include "base/banned.h"

#define SEGMENT	(64u << 10)

static struct arena *arena;

static const char *
below(const char *name)
{
	return arena_printf(arena, "%s/%s", help_folder, name);
}

struct put { const char *key, *value; int64_t expires; };

static enum store_result
put_fn(struct store_tx *tx, void *arg)
{
	const struct put *p = arg;

	return p->value != NULL ? store_tx_put(tx, p->key, p->value, p->expires) : store_tx_delete(tx, p->key);
}

static enum store_result
put(struct store *s, const char *key, const char *value, int64_t expires)
{
	return store_run(s, arena, put_fn, &(struct put){ key, value, expires });
}

static const char *
get(struct store *s, const char *key)
{
	const char *v;
	enum store_result r = store_get(s, arena, key, &v);

	return r == STORE_OK ? v : r == STORE_ABSENT ? NULL : store_result_name(r);
}

static uint64_t
stat_of(struct store *s, const char *name)
{
	struct store_stat all[STORE_STATS];
	size_t n = store_stats(s, all);

	for (size_t i = 0; i < n; i++)
		if (strcmp(all[i].name, name) == 0)
			return all[i].value;
	return UINT64_MAX;
}

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
	CHECK(store_check(s, stdout) == STORE_OK);
	move_clock(200);
	CHECK(store_fold(s) == STORE_OK);
	CHECK(stat_of(s, "base_records") == 1);	/* the expired one is gone from disk */
	move_clock(0);
	CHECK_STR(get(s, "a"), NULL);
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
	CHECK(strstr(refusal(path, false), "Read-only file system") != NULL);
	CHECK(store_open(&t, &look, why, sizeof(why)) == STORE_OK);
	CHECK(store_get(t, arena, "a", &v) == STORE_OK && strcmp(v, "2") == 0);
	CHECK(put(t, "a", "3", 0) == STORE_FAILED);
	CHECK(store_check(t, stdout) == STORE_OK && stat_of(t, "segments") == 1);
	store_close(t);
	file_ops = &file_system;
}

/* --- under load --- */

static struct load { _Atomic long acked, slowest_us; _Atomic int stop; } *load;

static enum store_result
both(struct store_tx *tx, void *arg)
{
	const char *v;
	char text[400];
	long n = store_tx_get(tx, "n", &v) == STORE_OK ? strtol(v, NULL, 10) : 0;

	snprintf(text, sizeof(text), "%ld %0*d", n + 1, (int)(n % 300), 0);
	*(long *)arg = n + 1;
	store_tx_put(tx, "n", text, 0);
	return store_tx_put(tx, "copy", text, 0);
}

static long
us(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return t.tv_sec * 1000000 + t.tv_nsec / 1000;
}

static pid_t
start_load(const char *path)
{
	pid_t child = fork();
	long n;

	if (child != 0)
		return child;
	struct arena *a = arena_new(16u << 20);
	struct store *s = help_open(path, SEGMENT, true);
	while (!atomic_load(&load->stop)) {
		long start = us();
		if (store_run(s, a, both, &n) == STORE_OK)
			atomic_store(&load->acked, n);
		long took = us() - start;
		if (took > atomic_load(&load->slowest_us))
			atomic_store(&load->slowest_us, took);
		arena_reset(a);
	}
	store_close(s);
	_exit(0);
}

static void
stop_load(pid_t child)
{
	atomic_store(&load->stop, 1);
	waitpid(child, NULL, 0);
	atomic_store(&load->stop, 0);
}

static void
test_backup(void)
{
	const char *path = below("busy");
	char why[300];
	struct store *s = help_open(path, SEGMENT, true);
	pid_t child = start_load(path);
	int bad = 0;

	while (atomic_load(&load->acked) < 100)
		usleep(1000);
	for (int i = 0; i < 20; i++) {
		const char *copy = below("backup");
		long least = atomic_load(&load->acked);
		bad += store_backup(s, copy, why, sizeof(why)) != STORE_OK;
		long most = atomic_load(&load->acked) + 1;
		bad += i % 5 == 0 && store_fold(s) != STORE_OK;
		struct store *t = NULL;	/* first as it lies there, then as a store that goes on */
		bad += store_open(&t, &(struct store_options){ .path = copy, .read_only = true }, why, sizeof(why)) != STORE_OK;
		bad += t != NULL && store_check(t, stdout) != STORE_OK;
		store_close(t);
		t = help_open(copy, SEGMENT, true);
		const char *n = get(t, "n"), *same = get(t, "copy");
		bad += n == NULL || same == NULL || strcmp(n, same) != 0 || strtol(n, NULL, 10) < least ||
		    strtol(n, NULL, 10) > most + 1;
		bad += put(t, "n", "0", 0) != STORE_OK;
		store_close(t);
		help_remove(copy);
	}
	CHECK(bad == 0);
	stop_load(child);
	store_close(s);
}

/* A walk sees one moment. */
struct moment { char n[400], copy[400]; };

static bool
see(void *arg, const char *key, const char *value, int64_t expires)
{
	struct moment *m = arg;

	(void)expires;
	if (strcmp(key, "n") == 0 || strcmp(key, "copy") == 0)
		snprintf(*key == 'n' ? m->n : m->copy, 400, "%s", value);
	return true;
}

static void
test_each(void)
{
	const char *path = below("busy");
	struct store *s = help_open(path, SEGMENT, true);
	pid_t child = start_load(path);
	int bad = 0;

	usleep(20000);
	for (int i = 0; i < 100; i++) {
		struct moment m = { "", "" };
		bad += store_each(s, see, &m) != STORE_OK || m.n[0] == '\0' || strcmp(m.n, m.copy) != 0;
		bad += i % 30 == 0 && store_fold(s) != STORE_OK;
	}
	CHECK(bad == 0);
	stop_load(child);
	store_close(s);
}

static enum store_result
sixty(struct store_tx *tx, void *arg)
{
	char key[40], value[250];

	memset(value, 'v', sizeof(value) - 1);
	value[sizeof(value) - 1] = '\0';
	for (int i = 0; i < 60; i++) {
		snprintf(key, sizeof(key), "record/%ld", *(long *)arg + i);
		store_tx_put(tx, key, value, 0);
	}
	return STORE_OK;
}

/* Writers go on while a big store is folded. */
static void
test_fold_is_quiet(void)
{
	const char *path = below("big");
	long records = help_soak() > 1 ? 1000000 : 60000;
	struct store *s = help_open(path, 0, true);
	struct arena *a = arena_new(16u << 20);

	for (long i = 0; i < records; i += 60, arena_reset(a))
		if (store_run(s, a, sixty, &i) != STORE_OK)
			abort();
	CHECK(store_fold(s) == STORE_OK);
	pid_t child = start_load(path);
	usleep(300000);
	atomic_store(&load->slowest_us, 0);
	usleep(300000);
	long before = atomic_load(&load->slowest_us), start = us();
	CHECK(store_fold(s) == STORE_OK);
	long took = us() - start;
	printf("# fold of %ld records: %ld ms; slowest transaction before %ld us, meanwhile %ld us\n", records, took / 1000,
	    before, atomic_load(&load->slowest_us));
	/* Two processors that others use too make pauses of their own: compare with the same time without a fold. */
	CHECK(atomic_load(&load->slowest_us) < 50000 + before);
	stop_load(child);
	store_close(s);
	arena_free(a);
}

/* --- disk use --- */

static long
disk_kib(const char *path)
{
	FILE *p = popen(arena_printf(arena, "du -sk '%s'", path), "r");
	long n = 0;

	if (p == NULL || fscanf(p, "%ld", &n) != 1)
		n = -1;
	pclose(p);
	return n;
}

static void
test_churn(void)
{
	const char *path = below("churn");
	long pairs = help_soak() > 1 ? 1000000 : 20000, most = 0;
	size_t segment = help_soak() > 1 ? 4u << 20 : SEGMENT;
	struct store *s = help_open(path, segment, false);
	char *value = arena_alloc(arena, 1200), key[40];

	for (long i = 0; i < pairs; i++) {
		memset(value, 'c', (size_t)(i * 37 % 1100));
		value[i * 37 % 1100] = '\0';
		snprintf(key, sizeof(key), "code/%ld", i);
		if (put(s, key, value, 0) != STORE_OK || put(s, key, NULL, 0) != STORE_OK)
			abort();
		if (i % (pairs / 50) == 0 && disk_kib(path) > most)
			most = disk_kib(path);
	}
	long bound = (long)(segment >> 10) * (help_soak() > 1 ? 8 : 32) + 1024;
	printf("# %ld puts and deletes: at most %ld KiB on disk, %lu folds\n", pairs, most, (unsigned long)stat_of(s, "folds"));
	CHECK(most < bound && stat_of(s, "folds") > 3);
	CHECK(store_fold(s) == STORE_OK && stat_of(s, "base_records") == 0);
	store_close(s);
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
	CHECK(ftruncate(ballast, 0) == 0);
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
	load = mmap(NULL, sizeof(*load), PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	help_begin();
	test_clock();
	test_versions();
	test_copy();
	test_read_only();
	test_backup();
	test_each();
	test_fold_is_quiet();
	test_churn();
	test_without_folds();
	test_full_disk();
	test_other_user();
	help_end();
	arena_free(arena);
	return check_end();
}
