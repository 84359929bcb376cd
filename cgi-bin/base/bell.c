/* bell.c: counters in a mapped file, and inotify on it. */
#include "base/bell.h"

#include <fcntl.h>
#include <limits.h>
#include <poll.h>
#include <stdatomic.h>
#include <stdio.h>
#include <sys/inotify.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/pause.h"
#include "base/banned.h"

#define SIZE	(BELL_CELLS * sizeof(atomic_uint))
#define BLIND	50	/* ms between looks where there are no bells */

static char path[PATH_MAX];
static int file = -1, ear = -1;
static atomic_uint *cells;

void
bell_open(const char *root)
{
	int n = snprintf(path, sizeof(path), "%s/sock/bells", root);

	if (file >= 0 || n < 0 || (size_t)n >= sizeof(path) ||
	    (file = open(path, O_RDWR | O_CREAT | O_NOFOLLOW | O_CLOEXEC, 0600)) < 0)
		return;
	/* Shorter it would be a trap for whoever reads the map. It is never made shorter, so two may do this at once. */
	off_t size = lseek(file, 0, SEEK_END);
	void *map = size > (off_t)SIZE || ftruncate(file, (off_t)SIZE + 1) == 0 ?
	    mmap(NULL, SIZE, PROT_READ | PROT_WRITE, MAP_SHARED, file, 0) : MAP_FAILED;
	if (map != MAP_FAILED)
		cells = map;
}

/* FNV-1a. */
static atomic_uint *
cell(const char *name)
{
	uint32_t h = 2166136261u;

	for (; *name != '\0'; name++)
		h = (h ^ (unsigned char)*name) * 16777619u;
	return &cells[h % BELL_CELLS];
}

void
bell_ring(const char *name)
{
	if (cells == NULL)
		return;
	atomic_fetch_add(cell(name), 1);
	(void)!pwrite(file, "", 1, (off_t)SIZE);	/* what it says does not matter */
}

void
bell_ring_all(void)
{
	for (size_t i = 0; cells != NULL && i < BELL_CELLS; i++)
		atomic_fetch_add(&cells[i], 1);
	if (cells != NULL)
		(void)!pwrite(file, "", 1, (off_t)SIZE);
}

static uint64_t
mix(uint64_t h, const void *data, size_t len)
{
	for (const unsigned char *p = data; len > 0; len--)
		h = (h ^ *p++) * 1099511628211u;
	return h;
}

/* The file's place on its disk may be the same on another machine, but not since the same start of the system. */
uint64_t
bell_place(void)
{
	static uint64_t place;
	char boot[64] = "";
	struct stat st;

	if (place != 0 || file < 0 || fstat(file, &st) != 0)
		return place;
	int fd = open("/proc/sys/kernel/random/boot_id", O_RDONLY | O_CLOEXEC);
	ssize_t n = fd >= 0 ? read(fd, boot, sizeof(boot)) : 0;
	if (fd >= 0)
		close(fd);
	place = mix(mix(mix(14695981039346656037u, boot, n > 0 ? (size_t)n : 0), &st.st_dev, sizeof(st.st_dev)), &st.st_ino,
	    sizeof(st.st_ino));
	return place;
}

unsigned
bell_reading(const char *name)
{
	return cells != NULL ? atomic_load(cell(name)) : 0;
}

int
bell_fd(void)
{
	if (ear < 0 && cells != NULL && (ear = inotify_init1(IN_NONBLOCK | IN_CLOEXEC)) >= 0 &&
	    inotify_add_watch(ear, path, IN_MODIFY) < 0) {
		close(ear);
		ear = -1;
	}
	return ear;
}

void
bell_hush(void)
{
	char events[4096];

	while (ear >= 0 && read(ear, events, sizeof(events)) > 0)
		;
}

bool
bell_wait(const char *name, unsigned reading, int64_t ms)
{
	int64_t end = clock_steady_ms() + ms, left;
	struct pollfd p = { .fd = bell_fd(), .events = POLLIN };

	while (bell_reading(name) == reading) {
		if ((left = end - clock_steady_ms()) <= 0)
			return false;
		pause_begin();
		if (p.fd < 0) {
			poll(NULL, 0, left < BLIND ? (int)left : BLIND);
			return true;
		}
		/* The ear may have missed what rang before it was there: a look every second does no harm. */
		poll(&p, 1, left < 1000 ? (int)left : 1000);
		bell_hush();
	}
	return true;
}
