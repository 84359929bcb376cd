/* The store beside others, doing the same work: a transaction reads two records of 240 bytes, writes both, and is on
 * disk when it returns; a read gets one record. Each writer and reader is a process.
 *
 * store BACKEND FOLDER RECORDS fill              make the records
 * store BACKEND FOLDER RECORDS WRITERS READERS SECONDS RATE
 *     RATE 0: writers go as fast as they can; else so many transactions a second each
 * prints: backend records writers readers tx/s p50us p99us reads/s p50us p99us errors
 * long because: the measuring is one thing, and ours, the first to be measured, stands with it. */
#include <fcntl.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "base/arena.h"
#include "db/store.h"
#include "tests/bench/store.h"
#include "base/banned.h"

#define SLOTS 4000	/* of the histogram, 1 us each up to 2 ms, then 100 us each */
#define WARM_UP 300000	/* us that are not counted */

struct side { _Atomic long count; _Atomic int slot[SLOTS]; };
static struct board { struct side tx, get; _Atomic int ready, go, stop; _Atomic long errors; } *board;
static long records;

const char *folder;

void
key_of(long i, char key[48])
{
	snprintf(key, 48, "device/%08ld/%016lx", i, (unsigned long)i * 0x9e3779b97f4a7c15ul);
}

void
check(bool good, const char *what)
{
	if (good)
		return;
	fprintf(stderr, "store bench: %s failed\n", what);
	exit(1);
}

/* --- ours --- */

static struct store *store;
static struct arena *arena;

static void
our_open(bool fill)
{
	char why[300];

	(void)fill;
	arena = arena_new(64u << 20);
	check(store_open(&store, &(struct store_options){ .path = folder }, why, sizeof(why)) == STORE_OK, why);
}

struct range { long from, to; const char *value; };

static enum store_result
our_fill_some(struct store_tx *tx, void *arg)
{
	const struct range *r = arg;
	char key[48];

	for (long i = r->from; i < r->to; i++) {
		key_of(i, key);
		store_tx_put(tx, key, r->value, 0);
	}
	return STORE_OK;
}

static void
our_fill(long from, long to)
{
	char value[VALUE + 1];

	memset(value, 'f', VALUE);
	value[VALUE] = '\0';
	for (long i = from; i < to; i += 60) {
		struct range r = { i, i + 60 < to ? i + 60 : to, value };
		check(store_run(store, arena, our_fill_some, &r) == STORE_OK, "fill");
		arena_reset(arena);
	}
	check(store_fold(store) == STORE_OK, "fold");
}

static enum store_result
our_two(struct store_tx *tx, void *arg)
{
	const struct range *r = arg;
	const char *v, *w;
	char a[48], b[48];

	key_of(r->from, a);
	key_of(r->to, b);
	if (store_tx_get(tx, a, &v) != STORE_OK || store_tx_get(tx, b, &w) != STORE_OK)
		return STORE_FAILED;
	store_tx_put(tx, a, r->value, 0);
	return store_tx_put(tx, b, r->value, 0);
}

static bool
our_tx(long a, long b, const char *value)
{
	struct range r = { a, b, value };
	enum store_result got;

	while ((got = store_run(store, arena, our_two, &r)) == STORE_CONFLICT)
		;
	arena_reset(arena);
	return got == STORE_OK;
}

static bool
our_get(long a)
{
	const char *v;
	char key[48];

	key_of(a, key);
	bool good = store_get(store, arena, key, &v) == STORE_OK && strlen(v) == VALUE;
	arena_reset(arena);
	return good;
}

/* A fold that a writer has started goes on when the writer has ended: it must not run while another store is measured. */
static void
our_rest(void)
{
	char path[400];

	snprintf(path, sizeof(path), "%s/fold.lock", folder);
	usleep(50000);	/* it may be about to begin */
	int fd = open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0600);
	check(fd >= 0 && flock(fd, LOCK_EX) == 0, "fold.lock");
	close(fd);
}

static void
our_close(void)
{
	store_close(store);
}

/* Ours on a server, whose address is in STORE_URL. */
static void
remote_open(bool fill)
{
	const struct store_options options = { .engine = "postgresql", .url = getenv("STORE_URL") };
	char why[300];

	(void)fill;
	arena = arena_new(64u << 20);
	check(store_open(&store, &options, why, sizeof(why)) == STORE_OK, why);
}

static const struct backend ours = { "gatehouse", our_open, our_fill, our_tx, our_get, our_rest, our_close };
static const struct backend remote = { "postgresql", remote_open, our_fill, our_tx, our_get, NULL, our_close };

/* --- measuring --- */

static double
now_us(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return (double)t.tv_sec * 1e6 + (double)t.tv_nsec / 1e3;
}

static void
count(struct side *s, double us)
{
	long slot = us < 2000 ? (long)us : 2000 + (long)((us - 2000) / 100);

	atomic_fetch_add_explicit(&s->slot[slot < SLOTS ? slot : SLOTS - 1], 1, memory_order_relaxed);
	atomic_fetch_add_explicit(&s->count, 1, memory_order_relaxed);
}

static double
percentile(struct side *s, double share)
{
	long want = (long)((double)s->count * share), sum = 0;

	for (int i = 0; i < SLOTS; i++)
		if ((sum += s->slot[i]) > want)
			return i < 2000 ? i : 2000 + (i - 2000) * 100.0;
	return 0;
}

static uint64_t
step(uint64_t *x)
{
	*x ^= *x << 13;
	*x ^= *x >> 7;
	return *x ^= *x << 17;
}

static void
wait_for_turn(double *next, long rate)
{
	*next += 1e6 / (double)rate;
	double wait = *next - now_us();
	if (wait > 0)
		usleep((useconds_t)wait);
}

/* One writer or reader, from when all are ready until the parent says stop. What fails is counted, and ends nothing. */
static _Noreturn void
run(const struct backend *b, bool writer, int number, long rate)
{
	uint64_t x = (uint64_t)(number + 1) * 0x9e3779b97f4a7c15ul ^ (uint64_t)getpid() << 20;
	char value[VALUE + 1];

	memset(value, 'a' + number % 26, VALUE);
	value[VALUE] = '\0';
	b->open(false);
	atomic_fetch_add(&board->ready, 1);
	while (atomic_load(&board->go) == 0)
		usleep(1000);
	double next = now_us();
	while (!atomic_load_explicit(&board->stop, memory_order_relaxed)) {
		long i = (long)(step(&x) % (uint64_t)records), j = (long)(step(&x) % (uint64_t)records);
		if (writer && rate > 0)
			wait_for_turn(&next, rate);
		double start = now_us();
		if (writer ? b->tx(i, j == i ? (j + 1) % records : j, value) : b->get(i))
			count(writer ? &board->tx : &board->get, now_us() - start);
		else
			atomic_fetch_add(&board->errors, 1);
	}
	b->close();
	_exit(0);
}

static void
start_all(const struct backend *b, int writers, int readers, long rate)
{
	for (int i = 0; i < writers + readers; i++) {
		pid_t child = fork();
		check(child >= 0, "fork");
		if (child == 0)
			run(b, i < writers, i, rate);
	}
	for (int i = 0; atomic_load(&board->ready) < writers + readers; i++) {
		usleep(1000);
		check(i < 60000 && waitpid(-1, NULL, WNOHANG) == 0, "opening");
	}
}

static int
measure(const struct backend *b, int writers, int readers, double seconds, long rate)
{
	int status, bad = 0;

	board = mmap(NULL, sizeof(*board), PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	check(board != MAP_FAILED, "mmap");
	start_all(b, writers, readers, rate);
	atomic_store(&board->go, 1);
	usleep(WARM_UP);
	memset(&board->tx, 0, sizeof(board->tx));
	memset(&board->get, 0, sizeof(board->get));
	double start = now_us();
	usleep((useconds_t)(seconds * 1e6));
	long tx = board->tx.count, get = board->get.count;
	double took = (now_us() - start) / 1e6;
	atomic_store(&board->stop, 1);
	while (wait(&status) > 0)
		bad += status != 0;
	if (b->rest != NULL)
		b->rest();
	printf("%-10s %8ld %3d %3d %9.0f %7.0f %7.0f %10.0f %6.0f %6.0f %4ld\n", b->name, records, writers, readers,
	    (double)tx / took, percentile(&board->tx, 0.5), percentile(&board->tx, 0.99), (double)get / took,
	    percentile(&board->get, 0.5), percentile(&board->get, 0.99), atomic_load(&board->errors) + bad);
	return 0;
}

int
main(int argc, char **argv)
{
	const struct backend *b = NULL;

	check(argc == 5 || argc == 8, "usage: store BACKEND FOLDER RECORDS fill | WRITERS READERS SECONDS RATE");
	const struct backend *const all[] = { &ours, &remote, &backend_lmdb, &backend_sqlite, &backend_redis };
	for (size_t i = 0; i < sizeof(all) / sizeof(all[0]); i++)
		if (strcmp(all[i]->name, argv[1]) == 0)
			b = all[i];
	check(b != NULL, "backend");
	folder = argv[2];
	records = strtol(argv[3], NULL, 10);
	mkdir(folder, 0700);
	if (argc == 5) {
		b->open(true);
		b->fill(0, records);
		b->close();
		return 0;
	}
	int dir = open(folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	check(dir >= 0 && syncfs(dir) == 0, "sync");	/* what others have left to write is not this one's burden */
	close(dir);
	return measure(b, (int)strtol(argv[4], NULL, 10), (int)strtol(argv[5], NULL, 10), strtod(argv[6], NULL),
	    strtol(argv[7], NULL, 10));
}
