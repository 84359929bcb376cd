/* control.c: robust locks, a futex, and the list of failed syncs. */
#include "db/control.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <linux/futex.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

#include "base/secret.h"
#include "db/shared.h"
#include "base/banned.h"

#define MAGIC	(0x4c525443454854ull ^ sizeof(struct control))
#define SLEEP_MS 50	/* a waker may be killed before it wakes */
#define LOCK_MS	100	/* the same for locks, see control_lock */

static void
read_boot(char boot[40])
{
	memset(boot, 0, 40);
	int fd = open("/proc/sys/kernel/random/boot_id", O_RDONLY | O_CLOEXEC);
	if (fd < 0)
		return;
	if (read(fd, boot, 39) < 0)
		boot[0] = '\0';
	close(fd);
}

/* None of these can fail on Linux: what they are given is known, and nothing is allocated. */
static void
lock_create(pthread_mutex_t *m)
{
	pthread_mutexattr_t a;

	pthread_mutexattr_init(&a);
	pthread_mutexattr_setpshared(&a, PTHREAD_PROCESS_SHARED);
	pthread_mutexattr_setrobust(&a, PTHREAD_MUTEX_ROBUST);
	pthread_mutex_init(m, &a);
	pthread_mutexattr_destroy(&a);
}

struct control *
control_create(const struct folder *f, const char *name)
{
	int fd = file_open(f, name, O_RDWR | O_CREAT | O_TRUNC);
	struct control *c = NULL;

	if (fd < 0)
		return NULL;
	if (file_ops->truncate(fd, sizeof(*c)) == 0 && file_ops->reserve(fd, 0, sizeof(*c)) == 0)
		c = file_ops->map(fd, sizeof(*c), true);
	int why = errno;
	file_ops->close(fd);
	errno = why;
	if (c == NULL)
		return NULL;
	memset(c, 0, sizeof(*c));
	read_boot(c->boot);
	secret_random(&c->seed, sizeof(c->seed));
	atomic_store(&c->epoch, 1);
	lock_create(&c->writer);
	lock_create(&c->syncer);
	c->magic = MAGIC;
	return c;
}

struct control *
control_open(const struct folder *f, const char *name, bool read_only)
{
	int fd = file_open(f, name, read_only ? O_RDONLY : O_RDWR);
	struct control *c = NULL;
	char boot[40];

	if (fd < 0)
		return NULL;
	if (file_size(fd) == sizeof(*c))
		c = file_ops->map(fd, sizeof(*c), !read_only);
	file_ops->close(fd);
	/* Beside the files it may be of a machine that has been restarted since. In /dev/shm it cannot; and there a container and the
	 * services in it may each be told another boot id. */
	read_boot(boot);
	if (c != NULL && (c->magic != MAGIC || (shared_is_beside(f) && memcmp(c->boot, boot, sizeof(boot)) != 0))) {
		control_close(c);
		c = NULL;
	}
	return c;
}

void
control_close(struct control *c)
{
	munmap(c, sizeof(*c));
}

/* --- locks --- */

static bool
locked(pthread_mutex_t *m, int r, bool *died)
{
	*died = r == EOWNERDEAD;
	if (*died)
		r = pthread_mutex_consistent(m);
	return r == 0;
}

static struct timespec
soon(long ms)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	t.tv_nsec += ms * 1000000L;
	t.tv_sec += t.tv_nsec / 1000000000L;
	t.tv_nsec %= 1000000000L;
	return t;
}

/* Never without a limit: if a waiter is killed between being woken and saying that others wait too, the next owner
 * does not know of them and wakes nobody. Seen in tests: two kills at the right moments, and a third process slept on. */
bool
control_lock(pthread_mutex_t *m, bool *died)
{
	struct timespec limit;
	int r = pthread_mutex_trylock(m);

	while (r == EBUSY || r == ETIMEDOUT) {
		limit = soon(LOCK_MS);
		r = pthread_mutex_clocklock(m, CLOCK_MONOTONIC, &limit);
	}
	return locked(m, r, died);
}

bool
control_try(pthread_mutex_t *m, bool *died)
{
	return locked(m, pthread_mutex_trylock(m), died);
}

void
control_unlock(pthread_mutex_t *m)
{
	pthread_mutex_unlock(m);
}

static uint32_t
bit_of(uint32_t batch)
{
	return 1u << batch % 32;
}

void
control_sleep(struct control *c, uint32_t seen, uint32_t batch)
{
	struct timespec until = soon(SLEEP_MS);

	atomic_fetch_add(&c->sleepers, 1);
	syscall(SYS_futex, &c->wake, FUTEX_WAIT_BITSET, seen, &until, NULL, bit_of(batch));
	atomic_fetch_sub(&c->sleepers, 1);
}

void
control_wake_all(struct control *c)
{
	atomic_fetch_add(&c->wake, 1);
	if (atomic_load(&c->sleepers) != 0)	/* a killed sleeper leaves it too high: costs a call, no more */
		syscall(SYS_futex, &c->wake, FUTEX_WAKE, INT_MAX, NULL, NULL, 0);
}

void
control_wake_batch(struct control *c, uint32_t batch)
{
	atomic_fetch_add(&c->wake, 1);
	if (atomic_load(&c->sleepers) == 0)
		return;
	syscall(SYS_futex, &c->wake, FUTEX_WAKE_BITSET, INT_MAX, NULL, NULL, bit_of(batch));
	syscall(SYS_futex, &c->wake, FUTEX_WAKE_BITSET, 1, NULL, NULL, bit_of(batch + 1));
}

/* --- failed syncs --- */

void
control_note_failure(struct control *c, uint64_t segment, uint64_t proven, int why)
{
	uint32_t n = atomic_load(&c->failures);

	c->failure[n % CONTROL_FAILURES] = (struct control_failure){ segment, proven, why };
	atomic_store(&c->failures, n + 1);
}

bool
control_failure_of(const struct control *c, uint64_t segment, uint64_t *proven)
{
	uint32_t n = atomic_load(&c->failures);
	const struct control_failure *last = &c->failure[(n + CONTROL_FAILURES - 1) % CONTROL_FAILURES];

	*proven = last->proven;
	return n > 0 && last->segment == segment;
}

int
control_was_taken_back(const struct control *c, uint64_t pos)
{
	uint32_t n = atomic_load(&c->failures), kept = n < CONTROL_FAILURES ? n : CONTROL_FAILURES;

	for (uint32_t i = 0; i < kept; i++) {
		const struct control_failure *f = &c->failure[i];
		if (f->segment == pos >> 32 && pos > f->proven)
			return f->why != 0 ? f->why : EIO;
	}
	/* Of what is older than the list's memory nothing can be said. */
	return n > CONTROL_FAILURES && pos < c->failure[n % CONTROL_FAILURES].proven ? EIO : 0;
}
