/* A process is killed before, in the middle of and after every file call that it makes, alone and in company. Nothing
 * acknowledged may be lost, nothing half-written may show, and whoever comes next goes on. */
#include <sys/mman.h>
#include <sys/wait.h>

#include "tests/unit/check.h"
#include "tests/unit/store-bad.h"
#include "db/commit.h"
#include "db/engine.h"
#include "base/banned.h"

/* --- killed at every call --- */

static struct progress *shared;

static _Noreturn void
die_at(const char *path, long k)
{
	struct arena *a = arena_new(64u << 20);
	char why[300];
	struct store *s = NULL;

	file_ops = &bad_files;
	calls = 0;
	plan.at = k;
	if (store_open(&s, &(struct store_options){ .path = path, .segment = SEGMENT, .no_fold = true }, why,
	    sizeof(why)) != STORE_OK)
		_exit(3);
	for (int i = 0; i < 7; i++)
		commit(s, a, shared);
	store_fold(s);
	commit(s, a, shared);
	store_close(s);
	_exit(hit ? 2 : 0);
}

/* The child's transaction is in the index, but nobody knows that it is there. */
static _Noreturn void
die_indexed(const char *path)
{
	char why[300], text[700];
	uint64_t end;

	memset(text, 'x', sizeof(text) - 1);
	text[sizeof(text) - 1] = '\0';
	if (engine_gdbm.open(&indexing, &(struct store_options){ .path = path, .segment = SEGMENT, .no_fold = true }, why,
	    sizeof(why)) != STORE_OK)
		_exit(3);
	struct engine_write w[] = { { "other", text, 0 } };
	file_ops = &bad_files;
	calls = 0;
	plan.at = 1;
	/* Calls that clear room ahead come before the one that is meant. */
	while (commit_append(indexing, NULL, 0, w, 1, &end) == STORE_OK && !hit)
		;
	_exit(0);
}

/* company: another process has the store open meanwhile. */
static int
try_kill(long k, bool company, struct arena *a, bool *reached)
{
	char path[300];
	int status = 0, bad = 0;

	snprintf(path, sizeof(path), "%s/killed", help_folder);
	struct store *s = company ? help_open(path, SEGMENT, true) : NULL;
	shared->tried = shared->acked + 20;	/* the child cannot tell how far it came */
	fflush(stdout);
	pid_t child = fork();
	if (child == 0) {
		if (plan.mode == KILL_INDEXED)
			die_indexed(path);
		die_at(path, k);
	}
	waitpid(child, &status, 0);
	*reached = WIFSIGNALED(status);
	if (!WIFSIGNALED(status) && WEXITSTATUS(status) != 0)
		bad += fault("the child says", k, WEXITSTATUS(status), shared);
	if (!company)
		s = help_open(path, SEGMENT, true);
	if (s != NULL && k % 4 == 0 && store_fold(s) != STORE_OK)
		bad += fault("fold", k, 0, shared);
	bad += prove(s, a, shared, k, company ? "with company" : "alone");
	if (s == NULL || store_check(s, stdout) != STORE_OK)
		bad += fault("check", k, 0, shared);
	store_close(s);
	arena_reset(a);
	return bad;
}

static void
test_kills(struct arena *a)
{
	static const struct { const char *name; enum mode mode; } all[] = {
		{ "killed before", KILL_BEFORE }, { "killed half way", KILL_HALF }, { "killed after", KILL_AFTER },
	};

	for (size_t i = 0; i < sizeof(all) / sizeof(all[0]) * 2; i++) {
		int bad = 0;
		bool reached = true;
		long k;
		plan = (struct plan){ .mode = all[i / 2].mode };
		for (k = 1; reached && bad == 0; k++)
			bad += try_kill(k, i % 2 == 0, a, &reached);
		printf("# %s%s: %ld calls\n", all[i / 2].name, i % 2 == 0 ? ", in company" : "", k - 2);
		CHECK(bad == 0 && k > 20);
	}
	plan.mode = NEVER;
}

static enum store_result
put_other(struct store_tx *tx, void *arg)
{
	(void)arg;
	return store_tx_put(tx, "other", "there", 0);
}

/* Before a dead writer's work is finished, its index must not mislead anybody. */
static void
test_killed_with_lock(struct arena *a)
{
	char path[300];
	int bad = 0;
	bool reached;
	const char *v;

	snprintf(path, sizeof(path), "%s/killed", help_folder);
	for (int i = 0; i < 20 && bad == 0; i++) {
		struct store *s = help_open(path, SEGMENT, true);
		bad += store_run(s, a, put_other, NULL) != STORE_OK;
		plan = (struct plan){ .mode = KILL_INDEXED };
		bad += try_kill(1, true, a, &reached);
		bad += store_get(s, a, "other", &v) != STORE_OK;
		plan.mode = NEVER;
		store_close(s);
	}
	CHECK(bad == 0 && reached);
}

int
main(void)
{
	struct arena *a = arena_new(64u << 20);

	help_begin();
	shared = mmap(NULL, sizeof(*shared), PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	test_kills(a);
	test_killed_with_lock(a);
	help_end();
	arena_free(a);
	return check_end();
}
