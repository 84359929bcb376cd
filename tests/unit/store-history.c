/* Many processes, a history of what each asked and was told, and a judge: is there one order of all transactions that
 * explains it, in which nothing comes before what had ended when it began? (strict serializability: every record by
 * itself is then linearizable, and transactions are atomic). Some of the processes are killed on the way.
 *
 * long because: the judge and what it judges are one argument. */
#include <signal.h>
#include <stdatomic.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <time.h>

#include "tests/unit/check.h"
#include "tests/unit/store-help.h"
#include "base/banned.h"

#define PROCESSES 64
#define KEYS	6
#define TOUCH	2	/* keys that one transaction touches */
#define OPS	12000
#define SEGMENT	(32u << 10)

/* One transaction. A writer adds one to every key that it touches, so the versions of a key are 1, 2, 3 ... */
struct op {
	_Atomic int	 state;		/* 0: begun only, 1: done, 2: given up */
	bool		 writes;
	int		 key[TOUCH];
	long		 version[TOUCH];	/* that it wrote, or read */
	int64_t		 begun, ended;
};

static struct history { _Atomic int count; _Atomic int stop; struct op op[OPS]; } *history;
static char path[300];

static int64_t
now(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return (int64_t)t.tv_sec * 1000000000 + t.tv_nsec;
}

static enum store_result
touch(struct store_tx *tx, void *arg)
{
	struct op *op = arg;
	enum store_result r = STORE_OK;

	for (int i = 0; i < TOUCH && r == STORE_OK; i++) {
		char key[20], text[300];
		const char *v;
		snprintf(key, sizeof(key), "key/%d", op->key[i]);
		long n = store_tx_get(tx, key, &v) == STORE_OK ? strtol(v, NULL, 10) : 0;
		op->version[i] = op->writes ? n + 1 : n;
		snprintf(text, sizeof(text), "%ld %0*d", n + 1, (int)(n % 200), 0);
		if (op->writes)
			r = store_tx_put(tx, key, text, 0);
	}
	return r;
}

#define OWED 8	/* answers that one process keeps back */

/* Answers that wait for the disk together. */
struct answers {
	struct op	*op[OWED];
	uint64_t	 owed[OWED];
	int		 n;
};

static void
answer(struct store *s, struct answers *w)
{
	for (int i = 0; i < w->n; i++) {
		enum store_result r = store_await(s, w->owed[i]);
		w->op[i]->ended = now();
		atomic_store(&w->op[i]->state, r == STORE_OK ? 1 : 2);
	}
	w->n = 0;
}

/* Every second one answers several of its transactions together. */
static _Noreturn void
worker(uint64_t seed)
{
	bool defers = help_random(&seed) % 2 == 0;
	struct answers waiting = { .n = 0 };
	struct arena *a = arena_new(64u << 20);
	struct store *s = help_open(path, SEGMENT, true);

	if (s != NULL && defers)
		store_defer(s);
	while (s != NULL && !atomic_load(&history->stop)) {
		int i = atomic_fetch_add(&history->count, 1);
		if (i >= OPS)
			break;
		struct op *op = &history->op[i];
		op->writes = help_random(&seed) % 3 != 0;
		op->key[0] = (int)(help_random(&seed) % KEYS);
		op->key[1] = (op->key[0] + 1 + (int)(help_random(&seed) % (KEYS - 1))) % KEYS;
		op->begun = now();
		enum store_result r = store_run(s, a, touch, op);
		if (r != STORE_OK)
			atomic_store(&op->state, 2);
		else {
			waiting.op[waiting.n] = op;
			waiting.owed[waiting.n++] = store_owed(s);
		}
		if (!defers || waiting.n == OWED || help_random(&seed) % 4 == 0)
			answer(s, &waiting);
		if (help_random(&seed) % 500 == 0)
			store_fold(s);
		arena_reset(a);
	}
	answer(s, &waiting);
	_exit(0);
}

/* --- the judge --- */

/* An arrow from one node to another: the first comes before the second. Nodes are transactions, and moments at which
 * one had ended. */
struct arrow { int to, next; };

static int first_arrow[2 * OPS], arrows_in[2 * OPS], arrow_count;
static struct arrow arrows[12 * OPS];

static void
arrow(int from, int to)
{
	arrows[arrow_count] = (struct arrow){ to, first_arrow[from] };
	first_arrow[from] = arrow_count++;
	arrows_in[to]++;
}

static int by_version_key;	/* which key qsort compares by */

static long
version_of(int i)
{
	const struct op *op = &history->op[i];

	return op->key[0] == by_version_key ? op->version[0] : op->version[1];
}

static int
by_version(const void *a, const void *b)
{
	int i = *(const int *)a, j = *(const int *)b;
	long d = version_of(i) - version_of(j);

	/* Who wrote a version comes before who read it. */
	return d != 0 ? (d < 0 ? -1 : 1) : (int)history->op[j].writes - (int)history->op[i].writes;
}

static int
by_end(const void *a, const void *b)
{
	int64_t d = history->op[*(const int *)a].ended - history->op[*(const int *)b].ended;

	return d < 0 ? -1 : d > 0;
}

/* The order that the versions of one key show. False: one was written twice, or a gap that no kill explains. */
static bool
order_of_key(int key, const int *ops, int n, int killed)
{
	static int mine[OPS];
	int count = 0, writer = -1, last_writer = -1, gaps = 0;
	long version = 0;

	for (int i = 0; i < n; i++)
		if (history->op[ops[i]].key[0] == key || history->op[ops[i]].key[1] == key)
			mine[count++] = ops[i];
	by_version_key = key;
	qsort(mine, (size_t)count, sizeof(*mine), by_version);
	int group = 0;	/* where the readers of the last version begin */
	for (int i = 0; i < count; i++) {
		const struct op *op = &history->op[mine[i]];
		if (!op->writes) {
			if (writer >= 0 && version_of(mine[i]) == version)
				arrow(writer, mine[i]);
			else if (last_writer >= 0)	/* it read what a killed one wrote */
				arrow(last_writer, mine[i]);
			continue;
		}
		if (version_of(mine[i]) == version && writer >= 0)
			return false;
		gaps += (int)(version_of(mine[i]) - version - 1);
		for (int r = group; r < i; r++)	/* whoever read less comes before this one */
			arrow(mine[r], mine[i]);
		if (writer >= 0 && group == i)
			arrow(writer, mine[i]);
		last_writer = writer = mine[i];
		version = version_of(mine[i]);
		group = i;
	}
	return gaps <= killed;
}

/* Is there an order that all arrows agree with? Take away, again and again, what nothing comes before. */
static bool
has_order(int nodes)
{
	static int ready[2 * OPS];
	int done = 0, count = 0;

	for (int i = 0; i < nodes; i++)
		if (arrows_in[i] == 0)
			ready[count++] = i;
	while (done < count) {
		int i = ready[done++];
		for (int a = first_arrow[i]; a >= 0; a = arrows[a].next)
			if (--arrows_in[arrows[a].to] == 0)
				ready[count++] = arrows[a].to;
	}
	return done == nodes;
}

/* What had ended before something began comes before it: a chain of moments, so that there are few arrows. */
static void
order_of_time(const int *ops, int n)
{
	static int ended[OPS];
	int moments = OPS;

	memcpy(ended, ops, (size_t)n * sizeof(*ops));
	qsort(ended, (size_t)n, sizeof(*ended), by_end);
	for (int i = 0; i < n; i++) {
		arrow(ended[i], moments + i);
		if (i > 0)
			arrow(moments + i - 1, moments + i);
	}
	for (int i = 0; i < n; i++) {
		int low = 0, high = n;	/* how many had ended when this one began */
		while (low < high) {
			int middle = (low + high) / 2;
			if (history->op[ended[middle]].ended < history->op[ops[i]].begun)
				low = middle + 1;
			else
				high = middle;
		}
		if (low > 0)
			arrow(moments + low - 1, ops[i]);
	}
}

static bool
judge(int total)
{
	static int ops[OPS];
	int n = 0, killed = 0;
	bool good = true;

	memset(first_arrow, -1, sizeof(first_arrow));
	memset(arrows_in, 0, sizeof(arrows_in));
	arrow_count = 0;
	for (int i = 0; i < total; i++) {
		if (atomic_load(&history->op[i].state) == 1)
			ops[n++] = i;
		else	/* killed, or given up after too many conflicts: may be there or not */
			killed++;
	}
	for (int k = 0; k < KEYS; k++)
		good = good && order_of_key(k, ops, n, killed);
	order_of_time(ops, n);
	printf("# %d transactions, %d without an answer\n", n, killed);
	return good && has_order(2 * OPS);
}

/* Does the judge see a fault? Take one read back to an older version. */
static bool
judge_sees(int total)
{
	for (int i = total - 1; i > total / 2; i--) {
		struct op *op = &history->op[i];
		if (!op->writes && atomic_load(&op->state) == 1 && op->version[0] > 300) {
			op->version[0] -= 300;
			return !judge(total);
		}
	}
	return false;
}

int
main(void)
{
	uint64_t random = help_seed();
	pid_t workers[PROCESSES];

	help_begin();
	history = mmap(NULL, sizeof(*history), PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	for (long round = 0; round < 3 * help_soak(); round++) {
		memset(history, 0, sizeof(*history));
		snprintf(path, sizeof(path), "%s/store%ld", help_folder, round);
		fflush(stdout);
		/* All of them in the first round, four in the second, eight in the third. */
		int n = round % 3 == 0 ? PROCESSES : (int)(round % 3) * 4;
		for (int i = 0; i < n; i++) {
			uint64_t seed = help_random(&random);
			if ((workers[i] = fork()) == 0)
				worker(seed);
		}
		for (int i = 0; i < n / 4; i++) {
			usleep((useconds_t)(help_random(&random) % 20000));
			kill(workers[i], SIGKILL);
		}
		for (int i = 0; i < n; i++)
			waitpid(workers[i], NULL, 0);
		int total = history->count < OPS ? history->count : OPS;
		CHECK(total == OPS);
		CHECK(judge(total));
		if (round == 0)
			CHECK(judge_sees(total));
		help_remove(path);
	}
	help_end();
	return check_end();
}
