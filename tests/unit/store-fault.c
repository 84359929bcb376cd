/* Every file call of the store fails, once and for ever, in every way; or the process is killed before, in the middle
 * of and after it. Nothing acknowledged may be lost, nothing half-written may show, and when the fault is gone the
 * work goes on without a restart. GDBM's own calls are caught by defining write, fsync and ftruncate here. */
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <sys/wait.h>

#include "tests/unit/check.h"
#include "tests/unit/store-help.h"
#include "db/commit.h"
#include "db/engine.h"
#include "db/file.h"
#include "db/index.h"
#include "db/journal.h"
#include "db/live.h"
#include "base/banned.h"

#define SEGMENT	(8u << 10)
#define LOST	400

/* A gdbm_open that fails leaks its cache: GDBM's own, seen in 1.23. */
const char *__lsan_default_suppressions(void);
const char *
__lsan_default_suppressions(void)
{
	return "leak:gdbm_fd_open\n";
}

/* --- the file layer that fails --- */

enum mode { NEVER, FAIL, SHORT, KILL_BEFORE, KILL_HALF, KILL_AFTER, KILL_INDEXED };

static struct plan {
	enum mode	 mode;
	int		 error;
	long		 at;		/* which call */
	bool		 for_ever;
	bool		 syncs_only, quiet_calls_only;
} plan;
static long calls;
static bool hit;	/* the plan took effect */

/* What the disk was told and then failed to take. */
struct range { ino_t file; off_t at; size_t len; };
static struct range unsynced[LOST], lost[LOST];
static int unsynced_count, lost_count;

/* Is it this call's turn? can: what the call can suffer. */
static bool
is_due(bool interruptible, bool sync)
{
	if (plan.mode == NEVER || (plan.error == EINTR && !interruptible) || (plan.syncs_only && !sync))
		return false;
	calls++;
	if (calls != plan.at && !(plan.for_ever && calls > plan.at))
		return false;
	hit = true;
	if (plan.mode == KILL_BEFORE)
		raise(SIGKILL);
	errno = plan.error;
	return true;
}

static void
after_call(bool due)
{
	if (due && (plan.mode == KILL_AFTER || plan.mode == KILL_HALF))
		raise(SIGKILL);
}

#define FAILS(due) ((due) && plan.mode == FAIL)

static int
bad_open(int folder, const char *name, int flags, mode_t mode)
{
	bool due = is_due(false, false);
	int fd = FAILS(due) ? -1 : file_system.open(folder, name, flags, mode);

	after_call(due);
	return fd;
}

static ssize_t
bad_read(int fd, void *data, size_t len, off_t at)
{
	bool due = is_due(true, false);
	ssize_t n = FAILS(due) ? -1 : file_system.read(fd, data, due && plan.mode == SHORT ? (len + 1) / 2 : len, at);

	after_call(due);
	return n;
}

static void
note_write(int fd, off_t at, ssize_t len)
{
	struct stat st;

	if (len <= 0 || fstat(fd, &st) != 0)
		return;
	for (int i = 0; i < lost_count; i++)	/* written again, it is not lost */
		if (lost[i].file == st.st_ino && lost[i].at == at && lost[i].len <= (size_t)len)
			lost[i] = lost[--lost_count];
	if (unsynced_count < LOST)
		unsynced[unsynced_count++] = (struct range){ st.st_ino, at, (size_t)len };
}

static struct engine *indexing;	/* KILL_INDEXED: the child's store */

static ssize_t
bad_write(int fd, const void *data, size_t len, off_t at)
{
	bool due = is_due(true, false);

	if (FAILS(due))
		return -1;
	ssize_t n = file_system.write(fd, data, due && plan.mode != KILL_AFTER && len > 1 &&
	    plan.mode != KILL_INDEXED ? len / 2 : len, at);
	note_write(fd, at, n);
	if (due && plan.mode == KILL_INDEXED) {
		struct segment *s = view_active(&indexing->view);
		const struct journal_tx *tx = segment_tx(s, (uint64_t)at);
		if (tx != NULL)
			index_apply(s, tx);
		raise(SIGKILL);
	}
	after_call(due);
	return n;
}

/* A sync that fails loses what it should have saved, and does not say so again. */
static void
forget_writes(int fd, bool failed)
{
	struct stat st;
	int left = 0;

	if (fstat(fd, &st) != 0)
		return;
	for (int i = 0; i < unsynced_count; i++) {
		if (unsynced[i].file != st.st_ino)
			unsynced[left++] = unsynced[i];
		else if (failed && lost_count < LOST)
			lost[lost_count++] = unsynced[i];
	}
	unsynced_count = left;
}

static int
bad_sync(int fd)
{
	bool due = is_due(true, true);
	int r = FAILS(due) ? -1 : file_system.sync(fd);

	if (!(r != 0 && errno == EINTR))
		forget_writes(fd, r != 0);
	after_call(due);
	return r;
}

static int
bad_sync_folder(int fd)
{
	bool due = is_due(true, true);
	int r = FAILS(due) ? -1 : file_system.sync_folder(fd);

	after_call(due);
	return r;
}

static int
bad_truncate(int fd, off_t size)
{
	bool due = is_due(false, false);
	int r = FAILS(due) ? -1 : file_system.truncate(fd, size);

	after_call(due);
	return r;
}

static int
bad_reserve(int fd, off_t from, off_t len)
{
	bool due = is_due(false, false);
	int r = FAILS(due) ? -1 : file_system.reserve(fd, from, len);

	after_call(due);
	return r;
}

static int
bad_rename(int folder, const char *from, const char *to)
{
	bool due = is_due(false, false);
	int r = FAILS(due) ? -1 : file_system.rename(folder, from, to);

	after_call(due);
	return r;
}

static int
bad_unlink(int folder, const char *name)
{
	bool due = is_due(false, false);
	int r = FAILS(due) ? -1 : file_system.unlink(folder, name);

	after_call(due);
	return r;
}

static void *
bad_map(int fd, size_t len, bool writable)
{
	bool due = is_due(false, false);
	void *p = FAILS(due) ? NULL : file_system.map(fd, len, writable);

	after_call(due);
	return p;
}

static const struct file_ops bad_files = {
	.open = bad_open, .close = close, .read = bad_read, .write = bad_write, .sync = bad_sync,
	.sync_folder = bad_sync_folder, .truncate = bad_truncate, .reserve = bad_reserve, .rename = bad_rename,
	.unlink = bad_unlink, .map = bad_map,
};

/* GDBM's calls come here, because the program's own definitions go before the library's. */
ssize_t
write(int fd, const void *data, size_t len)
{
	bool due = fd > 2 && is_due(false, false);	/* GDBM goes on after EINTR for ever, but a file has none */

	if (FAILS(due))
		return -1;
	ssize_t n = syscall(SYS_write, fd, data, due && len > 1 && plan.mode != KILL_AFTER ? len / 2 : len);
	after_call(due);
	return n;
}

int
fsync(int fd)
{
	return (int)syscall(SYS_fsync, fd);
}

int
ftruncate(int fd, off_t size)
{
	return (int)syscall(SYS_ftruncate, fd, size);
}

/* --- the work --- */

struct progress { long acked, tried; };

static enum store_result
count_up(struct store_tx *tx, void *arg)
{
	const char *v;
	char text[1200];
	long n = store_tx_get(tx, "n", &v) == STORE_OK ? strtol(v, NULL, 10) : 0;

	if (arg != NULL)
		*(long *)arg = n + 1;
	snprintf(text, sizeof(text), "%ld %0*d", n + 1, 700, 0);
	enum store_result r = store_tx_put(tx, "n", text, 0);
	return r == STORE_OK ? store_tx_put(tx, "copy", text, 0) : r;
}

/* STORE_OK moves both marks, anything else only what was tried. */
static enum store_result
commit(struct store *s, struct arena *a, struct progress *p)
{
	long n = 0;
	enum store_result r = store_run(s, a, count_up, &n);

	if (n > p->tried)
		p->tried = n;
	if (r == STORE_OK)
		p->acked = n;
	return r;
}

static bool
count_records(void *arg, const char *key, const char *value, int64_t expires)
{
	(void)key, (void)value, (void)expires;
	++*(int *)arg;
	return true;
}

/* Everything that a store does. How many of it failed. */
static int
work(struct store *s, struct arena *a, struct progress *p, const char *copy)
{
	int bad = 0, records = 0;
	char why[300];
	const char *v;
	FILE *out = fopen("/dev/null", "w");

	for (int i = 0; i < 7; i++)
		bad += commit(s, a, p) != STORE_OK;
	bad += store_fold(s) != STORE_OK;
	for (int i = 0; i < 6; i++)
		bad += commit(s, a, p) != STORE_OK;
	enum store_result r = store_get(s, a, "n", &v);
	bad += r != STORE_OK && (r != STORE_ABSENT || p->acked > 0);
	bad += store_settle(s) != STORE_OK;
	bad += store_each(s, count_records, &records) != STORE_OK;
	bad += store_check(s, out) != STORE_OK;
	bad += store_backup(s, copy, why, sizeof(why)) != STORE_OK;
	fclose(out);
	return bad;
}

/* The number in the store if both records agree; -1 if they do not. */
static long
state(struct store *s, struct arena *a)
{
	const char *n, *copy;
	enum store_result r = store_get(s, a, "n", &n), q = store_get(s, a, "copy", &copy);

	if (r == STORE_ABSENT && q == STORE_ABSENT)
		return 0;
	return r == STORE_OK && q == STORE_OK && strcmp(n, copy) == 0 ? strtol(n, NULL, 10) : -1;
}

static int
fault(const char *what, long k, long got, const struct progress *p)
{
	printf("# call %ld: %s: state %ld, acknowledged %ld, tried %ld\n", k, what, got, p->acked, p->tried);
	return 1;
}

static int
prove(struct store *s, struct arena *a, struct progress *p, long k, const char *when)
{
	long n = s != NULL ? state(s, a) : -2;

	if (n < p->acked || n > p->tried)
		return fault(when, k, n, p);
	p->acked = p->tried = n;
	if (commit(s, a, p) != STORE_OK)
		return fault("does not go on", k, n, p);
	return 0;
}

/* A machine that crashes now finds the files as they are, without what failed syncs have lost. */
static int
prove_crash(const char *path, struct arena *a, const struct progress *p, long k)
{
	char to[300], command[1200], file[700];
	struct progress after = *p;
	struct stat st;

	snprintf(to, sizeof(to), "%s/crashed", help_folder);
	snprintf(command, sizeof(command), "cp -r --sparse=always '%s' '%s' && rm -f '%s/live'", path, to, to);
	if (system(command) != 0)
		return 1;
	for (int seg = 1; seg < 40; seg++) {
		snprintf(file, sizeof(file), "%s/journal.%d", path, seg);
		if (stat(file, &st) != 0)
			continue;
		snprintf(file, sizeof(file), "%s/journal.%d", to, seg);
		int fd = open(file, O_RDWR);
		for (int i = 0; i < lost_count; i++)
			if (lost[i].file == st.st_ino)
				file_clear(fd, lost[i].at, lost[i].at + (off_t)lost[i].len);
		close(fd);
	}
	struct store *s = help_open(to, SEGMENT, true);
	int bad = prove(s, a, &after, k, "after a crash");
	store_close(s);
	help_remove(to);
	return bad;
}

/* One fault at call k. *reached: there was such a call. */
static int
try_fault(long k, struct arena *a, bool *reached)
{
	char path[300], copy[300];
	struct progress p = { 0, 0 };
	enum mode mode = plan.mode;

	snprintf(path, sizeof(path), "%s/store", help_folder);
	snprintf(copy, sizeof(copy), "%s/copy", help_folder);
	file_ops = &bad_files;
	calls = unsynced_count = lost_count = 0;
	hit = false;
	plan.at = k;
	FILE *out = stdout;
	struct store *s = NULL;
	char why[300];
	store_open(&s, &(struct store_options){ .path = path, .segment = SEGMENT, .no_fold = true }, why, sizeof(why));
	int failed = s != NULL ? work(s, a, &p, copy) : 1, bad = 0;
	bool harmless = hit && !plan.for_ever && (plan.error == EINTR || mode == SHORT);
	if (harmless && failed > 0)
		bad += fault("shows though it should not", k, failed, &p);
	plan.mode = NEVER;
	*reached = hit;
	if (s == NULL)
		s = help_open(path, SEGMENT, true);
	bad += prove(s, a, &p, k, "with the same handle");
	if (lost_count > 0)
		bad += prove_crash(path, a, &p, k);
	/* The same fault when everything is closed. */
	plan.mode = mode;
	calls = 0;
	plan.at = k % 7 + 1;
	store_close(s);
	plan.mode = NEVER;
	s = help_open(path, SEGMENT, true);
	bad += prove(s, a, &p, k, "opened again");
	if (s == NULL || store_check(s, out) != STORE_OK)
		bad += fault("check", k, 0, &p);
	store_close(s);
	file_ops = &file_system;
	plan.mode = mode;
	help_remove(path);
	help_remove(copy);
	arena_reset(a);
	return bad;
}

static long
try_faults(struct plan how, struct arena *a, int *bad)
{
	bool reached = true;
	long k;

	for (k = 1; reached && *bad == 0; k++) {
		plan = how;
		*bad += try_fault(k, a, &reached);
	}
	plan.mode = NEVER;
	return k - 2;
}

static void
test_faults(struct arena *a)
{
	static const struct { const char *name; struct plan plan; } all[] = {
		{ "EIO once", { .mode = FAIL, .error = EIO } },
		{ "EIO for ever", { .mode = FAIL, .error = EIO, .for_ever = true } },
		{ "no space once", { .mode = FAIL, .error = ENOSPC } },
		{ "no space for ever", { .mode = FAIL, .error = ENOSPC, .for_ever = true } },
		{ "interrupted once", { .mode = FAIL, .error = EINTR } },
		{ "interrupted for ever", { .mode = FAIL, .error = EINTR, .for_ever = true } },
		{ "short once", { .mode = SHORT } },
		{ "short for ever", { .mode = SHORT, .for_ever = true } },
		{ "EIO from one sync", { .mode = FAIL, .error = EIO, .syncs_only = true } },
		{ "EIO from all syncs", { .mode = FAIL, .error = EIO, .syncs_only = true, .for_ever = true } },
	};

	for (size_t i = 0; i < sizeof(all) / sizeof(all[0]); i++) {
		int bad = 0;
		long n = try_faults(all[i].plan, a, &bad);
		printf("# %s: %ld calls\n", all[i].name, n);
		CHECK(bad == 0 && n > 10);
	}
}

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
	test_faults(a);
	test_kills(a);
	test_killed_with_lock(a);
	help_end();
	arena_free(a);
	return check_end();
}
