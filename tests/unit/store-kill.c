/* kill -9 at random instants: workers that fight over the same records, and folders, are killed one by one and all at
 * once. Whatever was acknowledged must be there, nothing may be there by half, and nobody may wait long.
 *
 * long because: what each worker does stands beside what must be true of it afterwards. */
#include <signal.h>
#include <stdatomic.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <time.h>

#include "tests/unit/check.h"
#include "tests/unit/store-help.h"
#include "base/banned.h"

#define WORKERS	8
#define ACCOUNTS 16
#define CODES	2000
#define KILLS	300	/* times STORE_SOAK */
#define ALL_AT	60	/* kills between two of everybody */
#define SEGMENT	(64u << 10)

struct board {	/* what the workers have been told, outside of the store */
	_Atomic long	 acked[WORKERS], tried[WORKERS];	/* counters */
	_Atomic long	 seen[WORKERS];				/* settled reads of them */
	_Atomic int	 made[CODES], redeemed[CODES];
	_Atomic long	 next_code, transactions, folds, slowest_ms, bad;
};

static struct board *board;
static char path[300];

static long
now_ms(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return t.tv_sec * 1000 + t.tv_nsec / 1000000;
}

static long
number(struct store_tx *tx, const char *key)
{
	const char *v;

	return store_tx_get(tx, key, &v) == STORE_OK ? strtol(v, NULL, 10) : -1;
}

static enum store_result
put_number(struct store_tx *tx, const char *key, long n, size_t padding)
{
	char text[900];

	snprintf(text, sizeof(text), "%ld %0*d", n, (int)padding, 0);
	return store_tx_put(tx, key, text, 0);
}

/* --- the work --- */

struct job { int worker; uint64_t random; long n; };

static enum store_result
transfer(struct store_tx *tx, void *arg)
{
	struct job *j = arg;
	char from[40], to[40];

	snprintf(from, sizeof(from), "account/%d", (int)(j->random % ACCOUNTS));
	snprintf(to, sizeof(to), "account/%d", (int)(j->random / 32 % ACCOUNTS));
	long a = number(tx, from), b = number(tx, to);
	if (strcmp(from, to) == 0 || a <= 0)
		return STORE_ABSENT;
	put_number(tx, from, a - 1, j->random / 512 % 300);
	return put_number(tx, to, b + 1, j->random / 512 % 700);
}

static enum store_result
count_up(struct store_tx *tx, void *arg)
{
	struct job *j = arg;
	char key[40];

	snprintf(key, sizeof(key), "count/%d", j->worker);
	number(tx, key);	/* a killed one's commit may still be on its way at a server: it must not come behind this one */
	return put_number(tx, key, j->n, j->random % 100);
}

static enum store_result
make_code(struct store_tx *tx, void *arg)
{
	struct job *j = arg;
	char key[40];

	snprintf(key, sizeof(key), "code/%ld", j->n);
	return store_tx_put(tx, key, "good", 0);
}

static enum store_result
redeem_code(struct store_tx *tx, void *arg)
{
	struct job *j = arg;
	const char *v;
	char key[40];

	snprintf(key, sizeof(key), "code/%ld", j->n);
	enum store_result r = store_tx_get(tx, key, &v);
	return r == STORE_OK ? store_tx_delete(tx, key) : r;
}

/* Its own counter: what was acknowledged once is never unlearned. */
static void
do_count(struct store *s, struct arena *a, struct job *j)
{
	j->n = atomic_load(&board->tried[j->worker]) + 1;
	atomic_store(&board->tried[j->worker], j->n);
	if (store_run(s, a, count_up, j) == STORE_OK)
		atomic_store(&board->acked[j->worker], j->n);
}

/* Another's counter: settled reads only go up, and are not behind what was acknowledged. */
static void
do_look(struct store *s, struct arena *a, struct job *j)
{
	int other = (int)(j->random / 7 % WORKERS);
	const char *v;
	char key[40];
	long least = atomic_load(&board->acked[other]), seen = atomic_load(&board->seen[other]);

	snprintf(key, sizeof(key), "count/%d", other);
	if (store_get(s, a, key, &v) != STORE_OK || store_settle(s) != STORE_OK)
		return;
	long n = strtol(v, NULL, 10);
	if (n < least || n < seen)
		atomic_fetch_add(&board->bad, 1);
	while (n > seen && !atomic_compare_exchange_weak(&board->seen[other], &seen, n))
		;
}

static void
do_code(struct store *s, struct arena *a, struct job *j)
{
	j->n = (long)(j->random / 3 % CODES);
	if (atomic_load(&board->made[j->n]) == 0) {
		/* Made once in its life, whoever is killed meanwhile. */
		int none = 0;
		if (atomic_compare_exchange_strong(&board->made[j->n], &none, 1) &&
		    store_run(s, a, make_code, j) == STORE_OK)
			atomic_store(&board->made[j->n], 2);
	} else if (store_run(s, a, redeem_code, j) == STORE_OK)
		atomic_fetch_add(&board->redeemed[j->n], 1);
}

static void
one_job(struct store *s, struct arena *a, struct job *j)
{
	long start = now_ms(), took;

	switch (j->random % 8) {
	case 0: case 1: case 2:
		store_run(s, a, transfer, j);
		break;
	case 3: case 4:
		do_count(s, a, j);
		break;
	case 5:
		do_look(s, a, j);
		break;
	default:
		do_code(s, a, j);
	}
	if ((took = now_ms() - start) > atomic_load(&board->slowest_ms))
		atomic_store(&board->slowest_ms, took);
	atomic_fetch_add(&board->transactions, 1);
}

static _Noreturn void
worker(int w, uint64_t seed)
{
	struct arena *a = arena_new(64u << 20);
	struct store *s = help_open(path, SEGMENT, w != 1);	/* one of them starts folds of its own */

	if (s == NULL) {
		atomic_fetch_add(&board->bad, 1);
		_exit(1);
	}
	for (;;) {
		struct job j = { .worker = w, .random = help_random(&seed) };
		if (w == 0 && j.random % 16 == 0) {
			store_fold(s);
			atomic_fetch_add(&board->folds, 1);
		} else
			one_job(s, a, &j);
		arena_reset(a);
	}
}

/* --- the proof, after everybody is dead --- */

static enum store_result
fill(struct store_tx *tx, void *arg)
{
	char key[40];

	(void)arg;
	for (int i = 0; i < ACCOUNTS; i++) {
		snprintf(key, sizeof(key), "account/%d", i);
		put_number(tx, key, 100, 10);
	}
	return STORE_OK;
}

static long
read_number(struct store *s, struct arena *a, const char *kind, int i)
{
	const char *v;
	char key[40];

	snprintf(key, sizeof(key), "%s/%d", kind, i);
	return store_get(s, a, key, &v) == STORE_OK ? strtol(v, NULL, 10) : -1;
}

static int
faults_of_counters(struct store *s, struct arena *a)
{
	int bad = 0;

	for (int w = 0; w < WORKERS; w++) {
		long n = read_number(s, a, "count", w), acked = atomic_load(&board->acked[w]);
		if (n < acked || n > atomic_load(&board->tried[w]) || n < atomic_load(&board->seen[w]))
			bad += printf("# count/%d is %ld, acknowledged %ld\n", w, n, acked) > 0;
	}
	return bad;
}

static int
faults_of_codes(struct store *s, struct arena *a)
{
	int bad = 0;
	const char *v;
	char key[40];

	for (int i = 0; i < CODES; i++) {
		snprintf(key, sizeof(key), "code/%d", i);
		bool there = store_get(s, a, key, &v) == STORE_OK;
		int redeemed = atomic_load(&board->redeemed[i]);
		if (redeemed > 1 || (redeemed == 1 && there) || (there && atomic_load(&board->made[i]) == 0))
			bad += printf("# code/%d: redeemed %d, there %d\n", i, redeemed, there) > 0;
	}
	return bad;
}

static _Noreturn void
prove(void)
{
	struct arena *a = arena_new(64u << 20);
	struct store *s = help_open(path, SEGMENT, true);
	long total = 0;

	if (s == NULL)
		_exit(100);
	int bad = store_check(s, stdout) != STORE_OK;
	for (int i = 0; i < ACCOUNTS; i++)
		total += read_number(s, a, "account", i);
	if (total != ACCOUNTS * 100L)
		bad += printf("# accounts sum up to %ld\n", total) > 0;
	bad += faults_of_counters(s, a) + faults_of_codes(s, a);
	store_close(s);
	fflush(stdout);
	_exit(bad > 99 ? 99 : bad);
}

static int
prove_in_child(void)
{
	int status = -1;

	fflush(stdout);
	pid_t child = fork();
	if (child == 0)
		prove();
	waitpid(child, &status, 0);
	return WIFEXITED(status) ? WEXITSTATUS(status) : 1000;
}

/* --- the killing --- */

static pid_t workers[WORKERS];

static void
start(int w, uint64_t *random)
{
	uint64_t seed = help_random(random);

	workers[w] = fork();
	if (workers[w] == 0)
		worker(w, seed);
}

static void
stop(int w)
{
	kill(workers[w], SIGKILL);
	waitpid(workers[w], NULL, 0);
}

int
main(void)
{
	uint64_t random = help_seed();
	long kills = 0, proofs = 0, most = KILLS * help_soak(), faults = 0;

	help_begin();
	snprintf(path, sizeof(path), "%s/store", help_folder);
	board = mmap(NULL, sizeof(*board), PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	struct arena *a = arena_new(64u << 20);
	struct store *s = help_open(path, SEGMENT, true);
	CHECK(s != NULL && store_run(s, a, fill, NULL) == STORE_OK);
	store_close(s);
	fflush(stdout);
	while (kills < most && faults == 0) {
		for (int w = 0; w < WORKERS; w++)
			start(w, &random);
		for (int i = 0; i < ALL_AT; i++, kills++) {
			nanosleep(&(struct timespec){ 0, (long)(help_random(&random) % 5000000) }, NULL);
			int w = (int)(help_random(&random) % WORKERS);
			stop(w);
			start(w, &random);
		}
		nanosleep(&(struct timespec){ 0, (long)(help_random(&random) % 5000000) }, NULL);
		for (int w = 0; w < WORKERS; w++, kills++)
			kill(workers[w], SIGKILL);
		for (int w = 0; w < WORKERS; w++)
			waitpid(workers[w], NULL, 0);
		faults = prove_in_child() + atomic_load(&board->bad);
		proofs++;
	}
	CHECK(faults == 0);
	CHECK(atomic_load(&board->slowest_ms) < 10000);
	printf("# %ld kills, %ld proofs, %ld transactions, %ld folds, slowest %ld ms\n", kills, proofs,
	    atomic_load(&board->transactions), atomic_load(&board->folds), atomic_load(&board->slowest_ms));
	arena_free(a);
	help_end();
	return check_end();
}
