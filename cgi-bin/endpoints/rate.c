/* rate.c: a table in shared memory: sets of slots, found by a hash, a window's begin and count in each slot. */
#include "endpoints/rate.h"

#include <errno.h>
#include <fcntl.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/arena.h"
#include "base/clock.h"
#include "base/secret.h"
#include "db/store.h"
#include "base/banned.h"

#define SETS	4096	/* with SLOTS: 65,536 installations that are active in the same minute */
#define SLOTS	16
#define KEY	16	/* bytes of the hash that stand for an installation */
#define WINDOW	(RATE_WINDOW * (int64_t)1000)

struct slot {
	unsigned char	 key[KEY];
	int64_t		 begin;		/* ms; 0 = free */
	int64_t		 count;
};

struct set {
	struct slot	 slots[SLOTS];
};

struct rate {
	int		 fd;
	struct set	*sets;
};

const struct rate_verdict rate_fresh = { true, 0, RATE_WINDOW };

/* A file of ours alone, of full size: with its blocks taken, so that a full disk is found out here and not by a signal. */
static const char *
open_file(const char *path, int *fd)
{
	struct stat st;

	*fd = open(path, O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0600);
	if (*fd < 0 || fstat(*fd, &st) != 0)
		return strerror(errno);
	if (!S_ISREG(st.st_mode) || st.st_uid != geteuid() || st.st_size > (off_t)(SETS * sizeof(struct set)))
		return "it is no file of ours";
	int failed = posix_fallocate(*fd, 0, (off_t)(SETS * sizeof(struct set)));
	return failed != 0 ? strerror(failed) : NULL;
}

struct rate *
rate_open(struct arena *a, const char *root, const char **why)
{
	struct rate *r = arena_alloc(a, sizeof(*r));
	const char *path = arena_printf(a, "%s/rate", root), *fault = open_file(path, &r->fd);

	r->sets = MAP_FAILED;
	if (fault == NULL) {
		r->sets = mmap(NULL, SETS * sizeof(struct set), PROT_READ | PROT_WRITE, MAP_SHARED, r->fd, 0);
		fault = r->sets == MAP_FAILED ? strerror(errno) : NULL;
	}
	if (fault == NULL)
		return r;
	*why = arena_printf(a, "%s: %s", path, fault);
	rate_close(r);
	return NULL;
}

void
rate_close(struct rate *r)
{
	if (r == NULL)
		return;
	if (r->sets != MAP_FAILED)
		munmap(r->sets, SETS * sizeof(struct set));
	if (r->fd >= 0)
		close(r->fd);
	r->sets = MAP_FAILED;
	r->fd = -1;
}

/* A lock on the set's bytes of the file. It belongs to our open file, and goes with it. */
static void
lock(const struct rate *r, uint32_t set, short kind)
{
	struct flock l = { .l_type = kind, .l_whence = SEEK_SET, .l_start = (off_t)(set * sizeof(struct set)),
	    .l_len = sizeof(struct set) };

	while (fcntl(r->fd, F_OFD_SETLKW, &l) != 0 && errno == EINTR)
		continue;
}

/* Does this window last at now? One from the future was begun before the clock was set back. */
static bool
lasts(const struct slot *s, int64_t now)
{
	return s->begin != 0 && s->begin <= now && now < s->begin + WINDOW;
}

/* The slot of this key: its own, else the one whose window is over, or began first. */
static struct slot *
find(struct set *set, const unsigned char *key, int64_t now)
{
	struct slot *oldest = &set->slots[0];

	for (size_t i = 0; i < SLOTS; i++) {
		struct slot *s = &set->slots[i];
		if (s->begin != 0 && memcmp(s->key, key, KEY) == 0)
			return s;
		if (!lasts(s, now) ? lasts(oldest, now) : lasts(oldest, now) && s->begin < oldest->begin)
			oldest = s;
	}
	return oldest;
}

/* A process may be killed between any two writes: while a slot becomes another's it is free. */
static void
begin_window(struct slot *s, const unsigned char *key, int64_t now)
{
	volatile struct slot *v = s;

	v->begin = 0;
	v->count = 0;
	for (size_t i = 0; i < KEY; i++)
		v->key[i] = key[i];
	v->begin = now;
}

struct rate_verdict
rate_take(struct rate *r, const char *user, const char *installation)
{
	char name[STORE_KEY_MAX + 1];	/* they stand in a key together; no user's id has a slash */
	unsigned char key[SECRET_HASH];
	uint32_t set;

	snprintf(name, sizeof(name), "%s/%s", user, installation);
	secret_sha256(name, strlen(name), key);
	memcpy(&set, key + KEY, sizeof(set));
	set %= SETS;
	lock(r, set, F_WRLCK);
	int64_t now = clock_ms();	/* under the lock: windows are seen in their order */
	struct slot *s = find(&r->sets[set], key, now);
	if (!lasts(s, now) || memcmp(s->key, key, KEY) != 0)
		begin_window(s, key, now);
	struct rate_verdict v = { s->count < RATE_LIMIT, (int)s->count, (int)((s->begin + WINDOW - now + 999) / 1000) };
	if (v.allowed)
		s->count++;
	lock(r, set, F_UNLCK);
	return v;
}
