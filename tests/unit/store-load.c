/* While others write: backups and walks of one moment, folds that hold up nobody; and how much disk steady work takes. */
#include <limits.h>
#include <stdatomic.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <time.h>

#include "tests/unit/check.h"
#include "tests/unit/store-put.h"
#include "base/banned.h"

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
	for (int i = 0; i < 10; i++) {
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

/* Memory has no pauses to find: the long test is on a disk. */
static const char *
on_disk(void)
{
	static char path[] = "/var/tmp/store-test.XXXXXX";

	return help_soak() > 1 && getenv("STORE_TEST_DIR") == NULL && mkdtemp(path) != NULL ? path : below("big");
}

/* Writers go on while a big store is folded. */
static void
test_fold_is_quiet(void)
{
	const char *path = on_disk();
	long records = help_soak() > 1 ? 1000000 : 30000;
	struct store *s = help_open(path, 0, true);
	struct arena *a = arena_new(16u << 20);

	for (long i = 0; i < records; i += 60, arena_reset(a))
		if (store_run(s, a, sixty, &i) != STORE_OK)
			abort();
	CHECK(store_fold(s) == STORE_OK);
	pid_t child = start_load(path);
	long least = LONG_MAX, took = 500000, most = 0;
	/* Other work on this machine makes pauses too, some as long as a fold: they are measured for as long as one, and taken off.
	 * The limit counts in the soak only, where nothing else runs. */
	for (int i = 0; i < 6 && (least >= 50000 || most < 10); i++) {
		atomic_store(&load->slowest_us, 0);
		usleep((useconds_t)took);
		long before = atomic_exchange(&load->slowest_us, 0), start = us(), acked = atomic_load(&load->acked);
		CHECK(store_fold(s) == STORE_OK);
		acked = atomic_load(&load->acked) - acked;
		most = acked > most ? acked : most;
		long slowest = atomic_load(&load->slowest_us);
		took = us() - start;
		printf("# fold of %ld records: %ld ms; %ld transactions meanwhile, slowest %ld us, before it %ld us\n", records,
		    took / 1000, acked, slowest, before);
		least = slowest - before < least ? slowest - before : least;
	}
	CHECK(most >= 10);	/* what waited for the fold's end would be one or two */
	CHECK(help_soak() == 1 || least < 50000);
	stop_load(child);
	store_close(s);
	arena_free(a);
	help_remove(path);
}

/* --- disk use --- */

static long
disk_kib(const char *path)
{
	FILE *p = popen(arena_printf(arena, "du -sk '%s' 2>/dev/null", path), "r");
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
	long pairs = help_soak() > 1 ? 1000000 : 10000, most = 0;
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

int
main(void)
{
	arena = arena_new(512u << 20);
	load = mmap(NULL, sizeof(*load), PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	help_begin();
	test_backup();
	test_each();
	test_fold_is_quiet();
	test_churn();
	help_end();
	arena_free(arena);
	return check_end();
}
