/* fold.c: out of the way of everybody: the base is built beside the old one, and two numbers change at the end.
 *
 * A folder may be killed anywhere. Before the new base is renamed into place nothing has happened. After that a start
 * takes the new base and drops what it replaces; processes that run on keep the old base and segments, which are
 * the same state, until the next fold publishes. */
#include "db/fold.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/file.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/clock.h"
#include "db/base.h"
#include "db/commit.h"
#include "db/control.h"
#include "db/live.h"
#include "db/recovery.h"
#include "base/banned.h"

#define LINGER 2	/* seconds */

int
fold_lock(const struct engine *e, bool wait)
{
	int fd = file_open(&e->folder, "fold.lock", O_RDWR | O_CREAT);

	if (fd < 0)
		return -1;
	while (flock(fd, LOCK_EX | (wait ? 0 : LOCK_NB)) != 0)
		if (errno != EINTR) {
			close(fd);
			return -1;
		}
	return fd;
}

void
fold_unlock(int fd)
{
	close(fd);
}

/* --- building --- */

struct folding {
	struct base_builder	*builder;
	enum store_result	 result;
	int64_t			 now;
	uint64_t		 records;
};

static bool
add(void *arg, const struct base_record *rec)
{
	struct folding *f = arg;

	if (rec->value == NULL || (rec->expires != 0 && rec->expires <= f->now))
		return true;
	f->result = base_add(f->builder, rec);
	f->records++;
	return f->result == STORE_OK;
}

static uint32_t
order(void *arg, const struct base_record *rec)
{
	const struct folding *f = arg;

	return base_order(f->builder, rec->key, rec->key_len);
}

/* The base of all but the newest segment of v. */
static enum store_result
build(struct engine *e, struct view *v, uint64_t *records)
{
	struct folding f = { .now = clock_sec_least() };

	f.builder = base_begin(&e->folder, v->base, &f.result);
	if (f.builder == NULL)
		return f.result;
	enum store_result r = view_each_merged(v, v->count - 1, order, add, &f);
	if (r == STORE_OK)
		r = f.result;
	*records = f.records;
	if (r == STORE_OK)
		return base_finish(f.builder, v->active);
	base_give_up(f.builder);
	return r;
}

static uint64_t
base_size(const struct folder *f, uint64_t number)
{
	char name[NAME_SIZE];
	int fd = file_open(f, base_name(name, number, "gdbm"), O_RDONLY);
	int64_t size = fd >= 0 ? file_size(fd) : 0;

	if (fd >= 0)
		file_ops->close(fd);
	return size > 0 ? (uint64_t)size : 0;
}

/* With the fold lock. */
static enum store_result
fold_locked(struct engine *e)
{
	struct view v = { .folder = &e->folder, .shared = &e->shared, .control = e->control, .read_only = true };
	enum store_result r = view_refresh(&v) ? STORE_OK : STORE_FAILED;
	int64_t start = clock_steady_ms();
	uint64_t records = 0;

	if (r == STORE_OK && v.count > 1) {
		r = build(e, &v, &records);
		if (r == STORE_OK)
			r = commit_publish_base(e, v.active, records, base_size(&e->folder, v.active));
		if (r == STORE_OK) {
			atomic_store(&e->control->fold_ms, (uint64_t)(clock_steady_ms() - start));
			recovery_sweep(e, v.active);
		}
	}
	view_close(&v);
	return r;
}

enum store_result
fold_run(struct engine *e, bool all, bool wait)
{
	int lock = fold_lock(e, wait);

	if (lock < 0)
		return !wait && errno == EWOULDBLOCK ? STORE_OK : result_of_errno(errno);
	enum store_result r = all ? commit_rotate(e) : STORE_OK;
	if (r == STORE_FULL)	/* no room for another segment: what is sealed can still be folded */
		r = STORE_OK;
	if (r == STORE_OK)
		r = fold_locked(e);
	fold_unlock(lock);
	return r;
}

/* --- in the background --- */

/* In a process of its own, with nothing of the parent's but its memory: no socket is kept open, no signal ignored. */
static _Noreturn void
fold_and_exit(const char *path)
{
	struct engine e;

	errno = nice(10);	/* if not, then at full speed */
	signal(SIGTERM, SIG_DFL);
	signal(SIGINT, SIG_DFL);
	close_range(3, ~0U, 0);
	int null = open("/dev/null", O_RDWR | O_CLOEXEC);
	for (int fd = 0; fd < 3; fd++)
		dup2(null, fd);
	/* Then stay a little, with the old base open: who has it open last pays for its end, and that shall be no writer. */
	if (recovery_open(&e, path, false) && recovery_join(&e) && fold_run(&e, false, false) == STORE_OK)
		sleep(LINGER);
	recovery_detach(&e);
	_exit(0);	/* what the parent registered for its exit is not ours */
}

void
fold_if_due(struct engine *e)
{
	uint32_t due = 1;
	int status;

	if (!e->tends || atomic_load_explicit(&e->control->fold_due, memory_order_relaxed) == 0 ||
	    !atomic_compare_exchange_strong(&e->control->fold_due, &due, 0))
		return;
	pid_t child = fork();
	if (child == 0) {
		if (fork() == 0)	/* a grandchild: nobody has to wait for it */
			fold_and_exit(e->folder.path);
		_exit(0);
	}
	while (child > 0 && waitpid(child, &status, 0) < 0 && errno == EINTR)
		;
}
