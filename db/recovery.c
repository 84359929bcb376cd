/* recovery.c: from the files to shared memory, and the ways in and out. */
#include "db/recovery.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "db/commit.h"
#include "db/control.h"
#include "db/live.h"
#include "db/shared.h"
#include "db/start.h"
#include "base/banned.h"

#define ATTACH_TRIES 1000	/* about a second: others are in between for moments only; a start is waited for in flock */
#define STARTS 5
#define LEAVES 2

/* --- what stands in the folder --- */

struct sweep {
	uint64_t first;
};

static void
sweep_one(const struct folder *f, const char *name, void *arg)
{
	const struct sweep *s = arg;
	uint64_t number;

	if (start_number(name, "journal.", "", &number) || start_number(name, "base.", ".gdbm", &number) ||
	    start_number(name, "base.", ".sum", &number) || start_number(name, "base.", ".hash", &number)) {
		if (number < s->first)
			file_remove(f, name);
	}
}

void
recovery_sweep(struct engine *e, uint64_t first)
{
	struct sweep s = { first };

	folder_each(&e->folder, sweep_one, &s);
	for (uint64_t n = e->view.first; n > 0 && n < first; n++)
		view_index_remove(&e->view, n);
}

/* --- joining --- */

bool
recovery_open(struct engine *e, const char *path, bool read_only)
{
	*e = (struct engine){ .folder = { .fd = -1 }, .shared = { .fd = -1 }, .lock = -1, .read_only = read_only };
	if (!read_only && mkdir(path, 0700) != 0 && errno != EEXIST)
		return false;
	if (!folder_open(&e->folder, path))
		return false;
	e->lock = file_open(&e->folder, "lock", read_only ? O_RDONLY : O_RDWR | O_CREAT);
	if (e->lock < 0 && !read_only)	/* a read-only file system lets itself be locked all the same */
		e->lock = file_open(&e->folder, "lock", O_RDONLY);
	return e->lock >= 0 || read_only;	/* a backup has no lock and needs none to be looked at */
}

static bool
join(struct engine *e)
{
	if (!shared_find(&e->folder, &e->shared))
		return false;
	e->control = control_open(&e->shared, "control", e->read_only);
	e->view = (struct view){ .folder = &e->folder, .shared = &e->shared, .control = e->control,
	    .read_only = e->read_only };
	if (e->control != NULL && view_refresh(&e->view))
		return true;
	view_close(&e->view);
	if (e->control != NULL)
		control_close(e->control);
	e->control = NULL;
	folder_close(&e->shared);
	return false;
}

static bool
lock(struct engine *e, int how)
{
	int r;

	while ((r = flock(e->lock, how)) != 0 && errno == EINTR)
		;
	return r == 0;
}

bool
recovery_join(struct engine *e)
{
	return lock(e, LOCK_SH) && join(e);
}

static void
pause_a_little(void)
{
	nanosleep(&(struct timespec){ 0, 500000 + getpid() % 7 * 100000 }, NULL);
}

/* Alone with the files, but nothing can be written: look at them as they are. If not even that goes, why stays. */
static enum store_result
degrade(struct engine *e, enum store_result why)
{
	char other[300];

	if (start_picture(e, other, sizeof(other)) != STORE_OK)
		return why;
	e->degraded = why;
	lock(e, LOCK_UN);
	return STORE_OK;
}

/* One try. *again: others are in between; wait and try again. *starts counts the cold starts. */
static enum store_result
attach_once(struct engine *e, int *starts, bool *again, char *why, size_t why_size)
{
	*again = false;
	if (!e->read_only && lock(e, LOCK_EX | LOCK_NB)) {
		enum store_result r = start_cold(e, why, why_size);
		if (r != STORE_OK)
			return degrade(e, r);
		++*starts;
	}
	if (e->lock >= 0 && lock(e, LOCK_SH)) {
		if (join(e))
			return STORE_OK;
		if (e->read_only) {
			enum store_result r = start_picture(e, why, why_size);
			lock(e, LOCK_UN);
			return r;
		}
		lock(e, LOCK_UN);
	} else if (e->read_only)
		return start_picture(e, why, why_size);
	snprintf(why, why_size, "%s: cannot be opened though it was started: %s", e->folder.path, strerror(errno));
	*again = *starts < STARTS;	/* another may have left in between, but not every time */
	return STORE_FAILED;
}

enum store_result
recovery_attach(struct engine *e, char *why, size_t why_size)
{
	enum store_result r = STORE_FAILED;
	bool again = true;
	int starts = 0;

	for (int i = 0; again && i < ATTACH_TRIES; i++) {
		if (i > 0)
			pause_a_little();
		r = attach_once(e, &starts, &again, why, why_size);
	}
	if (again)
		snprintf(why, why_size, "%s: its shared memory is gone while other programs use it: restart them",
		    e->folder.path);
	return r;
}

void
recovery_revive(struct engine *e, bool start)
{
	char why[300];

	if (e->degraded == STORE_OK || (!start && e->view.count > 0 && !file_exists(&e->folder, "live")))
		return;
	view_close(&e->view);
	enum store_result was = e->degraded;
	e->degraded = STORE_OK;
	if (recovery_attach(e, why, sizeof(why)) != STORE_OK)
		e->degraded = was;	/* with nothing in view: the next call tries again */
}

/* --- leaving --- */

/* Is the published memory still the one that we are attached to? */
static bool
is_published(const struct engine *e)
{
	struct folder f = { .fd = -1 };
	struct control *c = shared_find(&e->folder, &f) ? control_open(&f, "control", true) : NULL;
	bool same = c != NULL && c->seed == e->control->seed;

	if (c != NULL)
		control_close(c);
	folder_close(&f);
	return same;
}

/* Is nobody else attached? A lock that could not be had alone is lost, so two that leave at once both get another try;
 * and somebody may have come, started anew and left in between. */
static bool
is_last(const struct engine *e)
{
	if (e->control == NULL || e->read_only)
		return false;
	for (int i = 0; i < LEAVES; i++) {
		if (i > 0)
			pause_a_little();
		if (flock(e->lock, LOCK_EX | LOCK_NB) == 0)
			return is_published(e);
	}
	return false;
}

void
recovery_detach(struct engine *e)
{
	bool last = is_last(e);

	if (last)
		commit_mark(e);
	view_close(&e->view);
	if (e->control != NULL)
		control_close(e->control);
	e->control = NULL;
	if (last)
		shared_remove(&e->folder);
	folder_close(&e->shared);
	if (e->lock >= 0)
		close(e->lock);
	folder_close(&e->folder);
	free(e->buf);
}
