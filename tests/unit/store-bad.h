/* store-bad.h: a file layer that fails, tears, or kills, at the call that a plan names; and work whose result is known.
 *
 * GDBM's own calls are caught by defining write, fsync and ftruncate here.
 *
 * long because: every call of the layer has its own way to fail. */
#ifndef STORE_BAD_H
#define STORE_BAD_H

#include <errno.h>
#include <signal.h>
#include <sys/syscall.h>

#include "tests/unit/store-help.h"
#include "db/file.h"
#include "db/index.h"
#include "db/journal.h"
#include "db/live.h"

#define SEGMENT	(8u << 10)
#define LOST	400

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

static int
bad_flush(int fd, off_t from, off_t len)
{
	bool due = is_due(false, false);
	int r = FAILS(due) ? -1 : file_system.flush(fd, from, len);

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
	.unlink = bad_unlink, .flush = bad_flush, .map = bad_map,
};

/* GDBM's calls come here, because the program's own definitions go before the library's. */
__attribute__((visibility("default"))) ssize_t
write(int fd, const void *data, size_t len)
{
	bool due = fd > 2 && is_due(false, false);	/* GDBM goes on after EINTR for ever, but a file has none */

	if (FAILS(due))
		return -1;
	ssize_t n = syscall(SYS_write, fd, data, due && len > 1 && plan.mode != KILL_AFTER ? len / 2 : len);
	after_call(due);
	return n;
}

__attribute__((visibility("default"))) int
fsync(int fd)
{
	return (int)syscall(SYS_fsync, fd);
}

__attribute__((visibility("default"))) int
ftruncate(int fd, off_t size)
{
	return (int)syscall(SYS_ftruncate, fd, size);
}

/* --- work --- */

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

	if (r == STORE_OK)
		r = store_await(s, store_owed(s));
	if (n > p->tried)
		p->tried = n;
	if (r == STORE_OK)
		p->acked = n;
	return r;
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

#endif
