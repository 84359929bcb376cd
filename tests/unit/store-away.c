/* Workers count, each transaction with an id of its own, for STORE_SECONDS or until there is a file STORE_STOP; a test may take the server
 * away meanwhile, again and again.
 * Afterwards the counters must be as many as the ids: what was acknowledged is there, and nothing happened twice. */
#include <signal.h>
#include <stdatomic.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <time.h>

#include "base/log.h"
#include "tests/unit/check.h"
#include "tests/unit/store-help.h"
#include "base/banned.h"

#define WORKERS	6
#define COUNTERS 3
#define MOST	20000	/* transactions of one worker */
#define SEGMENT	(1u << 20)

enum said { SAID_NOTHING, SAID_DONE, SAID_UNKNOWN, SAID_NO };

static struct board {
	_Atomic int	 stop, number[WORKERS];
	_Atomic char	 said[WORKERS][MOST];
	_Atomic long	 slowest_ms, results[8];
} *board;
static char path[300];

static int64_t
now_ms(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return (int64_t)t.tv_sec * 1000 + t.tv_nsec / 1000000;
}

struct step { int worker, number; };

static enum store_result
count(struct store_tx *tx, void *arg)
{
	const struct step *s = arg;
	char key[40], text[40];
	const char *v;

	snprintf(key, sizeof(key), "counter/%d", s->number % COUNTERS);
	enum store_result r = store_tx_get(tx, key, &v);
	if (r != STORE_OK && r != STORE_ABSENT)
		return r;
	snprintf(text, sizeof(text), "%ld", r == STORE_OK ? strtol(v, NULL, 10) + 1 : 1);
	if ((r = store_tx_put(tx, key, text, 0)) != STORE_OK)
		return r;
	snprintf(key, sizeof(key), "id/%d/%d", s->worker, s->number);
	return store_tx_put(tx, key, text, 0);
}

static _Noreturn void
worker(int w)
{
	struct arena *a = arena_new(16u << 20);
	struct store *s = NULL;

	while (s == NULL && !atomic_load(&board->stop))
		s = help_open(path, SEGMENT, false);
	for (int n = 0; n < MOST && !atomic_load(&board->stop); n++) {
		int64_t begun = now_ms();
		enum store_result r = store_run(s, a, count, &(struct step){ w, n });
		long took = (long)(now_ms() - begun);
		if (took > atomic_load(&board->slowest_ms))
			atomic_store(&board->slowest_ms, took);
		atomic_store(&board->said[w][n], r == STORE_OK ? SAID_DONE : r == STORE_UNKNOWN ? SAID_UNKNOWN : SAID_NO);
		atomic_store(&board->number[w], n + 1);
		atomic_fetch_add(&board->results[r], 1);
		if (r != STORE_OK)
			nanosleep(&(struct timespec){ 0, 20000000 }, NULL);
		arena_reset(a);
	}
	store_close(s);
	_exit(0);
}

/* How many transactions left their id; lost: acknowledged, and none; made up: refused, and one. */
static long
ids(struct store *s, struct arena *a, long *lost, long *made_up)
{
	const char *v;
	char key[40];
	long found = 0;

	for (int w = 0; w < WORKERS; w++)
		for (int n = 0; n < atomic_load(&board->number[w]); n++) {
			snprintf(key, sizeof(key), "id/%d/%d", w, n);
			bool there = store_get(s, a, key, &v) == STORE_OK;
			int said = atomic_load(&board->said[w][n]);
			*lost += said == SAID_DONE && !there;
			*made_up += said == SAID_NO && there;
			found += there;
			arena_reset(a);
		}
	return found;
}

int
main(void)
{
	const char *text = getenv("STORE_SECONDS"), *stop = getenv("STORE_STOP");
	long seconds = text != NULL ? strtol(text, NULL, 10) : 1, lost = 0, made_up = 0, counted = 0;
	pid_t workers[WORKERS];
	const char *v;

	log_open("test", LOG_LEVEL_ERROR + 1);
	help_begin();
	snprintf(path, sizeof(path), "%s/store", help_folder);
	board = mmap(NULL, sizeof(*board), PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	struct store *s = help_open(path, SEGMENT, true);
	CHECK(s != NULL);
	store_close(s);
	printf("# begun\n");
	fflush(stdout);
	for (int w = 0; w < WORKERS; w++)
		if ((workers[w] = fork()) == 0)
			worker(w);
	for (int64_t end = now_ms() + seconds * 1000; now_ms() < end && (stop == NULL || access(stop, F_OK) != 0);)
		nanosleep(&(struct timespec){ 0, 50000000 }, NULL);
	atomic_store(&board->stop, 1);
	for (int w = 0; w < WORKERS; w++)
		waitpid(workers[w], NULL, 0);
	struct arena *a = arena_new(16u << 20);
	for (s = NULL; s == NULL;)
		s = help_open(path, SEGMENT, true);
	long found = ids(s, a, &lost, &made_up);
	for (int i = 0; i < COUNTERS; i++)
		counted += store_get(s, a, arena_printf(a, "counter/%d", i), &v) == STORE_OK ? strtol(v, NULL, 10) : 0;
	printf("# %ld done, %ld counted; answers: ", found, counted);
	for (int r = STORE_OK; r <= STORE_LIMIT; r++)
		printf("%s %ld ", store_result_name((enum store_result)r), atomic_load(&board->results[r]));
	printf("; slowest %ld ms\n", atomic_load(&board->slowest_ms));
	CHECK(lost == 0);
	CHECK(made_up == 0);
	CHECK(counted == found);
	CHECK(atomic_load(&board->results[STORE_OK]) > 100);
	CHECK(atomic_load(&board->slowest_ms) < 10000);
	store_close(s);
	arena_free(a);
	help_end();
	return check_end();
}
