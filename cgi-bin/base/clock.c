/* clock.c: the real time plus an offset that lives in a mapped file. */
#include "base/clock.h"

#include <fcntl.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "base/banned.h"

#define HOUR ((int64_t)3600 * 1000)
#define FURTHEST (3650 * 24 * HOUR)

static const volatile int64_t *offset;

void
clock_follow(const char *path)
{
	struct stat st;
	int fd = open(path, O_RDONLY | O_CLOEXEC);

	if (fd < 0)
		return;
	if (fstat(fd, &st) == 0 && st.st_size >= (off_t)sizeof(*offset)) {
		void *p = mmap(NULL, sizeof(*offset), PROT_READ, MAP_SHARED, fd, 0);
		if (p != MAP_FAILED)
			offset = p;
	}
	close(fd);
}

int64_t
clock_offset(void)
{
	return offset != NULL ? *offset : 0;
}

/* In place: it is mapped. Eight bytes in one write are seen whole or not at all. */
bool
clock_move(const char *path, int64_t ms)
{
	int fd = ms <= FURTHEST ? open(path, O_WRONLY | O_CLOEXEC) : -1;
	bool done = fd >= 0 && pwrite(fd, &ms, sizeof(ms), 0) == (ssize_t)sizeof(ms);

	if (fd >= 0)
		close(fd);
	return done;
}

bool
clock_step(const char *step, int64_t *ms)
{
	static const struct { const char *name; int64_t ms; } steps[] = {
		{ "hour", HOUR }, { "day", 24 * HOUR }, { "month", 30 * 24 * HOUR },
	};

	*ms = 0;
	for (size_t i = 0; i < sizeof(steps) / sizeof(steps[0]); i++)
		if (strcmp(step, steps[i].name) == 0)
			*ms = clock_offset() + steps[i].ms;
	return *ms != 0 || strcmp(step, "now") == 0;
}

int64_t
clock_ms(void)
{
	struct timespec t;

	clock_gettime(CLOCK_REALTIME, &t);
	return (int64_t)t.tv_sec * 1000 + t.tv_nsec / 1000000 + clock_offset();
}

int64_t
clock_sec(void)
{
	return clock_ms() / 1000;
}

int64_t
clock_sec_least(void)
{
	int64_t ahead = clock_offset();

	return (clock_ms() - (ahead > 0 ? ahead : 0)) / 1000;
}

int64_t
clock_steady_us(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return (int64_t)t.tv_sec * 1000000 + t.tv_nsec / 1000;
}

int64_t
clock_steady_ms(void)
{
	return clock_steady_us() / 1000;
}
