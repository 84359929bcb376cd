/* The counters of calls: exact across processes, whoever is killed, whatever the clock does. */
#include <sched.h>
#include <signal.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/wait.h>

#include "endpoints/rate.h"
#include "tests/unit/check.h"
#include "tests/unit/fixture.h"
#include "base/banned.h"

#define PROCESSES 8
#define CALLS 100
#define ROUNDS 40

static struct rate *
open_rate(void)
{
	const char *why = NULL;
	struct rate *r = rate_open(fx.arena, fx.root, &why);

	if (r == NULL)
		fixture_fail("rate", why);
	return r;
}

static void
test_window(void)
{
	struct rate *r = open_rate();
	struct rate_verdict v = rate_take(r, "u", "one");

	CHECK(v.allowed && v.current == 0 && v.ttl == RATE_WINDOW);
	for (int i = 1; i < RATE_LIMIT; i++)
		v = rate_take(r, "u", "one");
	CHECK(v.allowed && v.current == RATE_LIMIT - 1);
	v = rate_take(r, "u", "one");
	CHECK(!v.allowed && v.current == RATE_LIMIT && v.ttl > 0 && v.ttl <= RATE_WINDOW);
	CHECK(rate_take(r, "u", "other").allowed && rate_take(r, "other", "one").allowed);
	fixture_clock(RATE_WINDOW * 1000 - 5000);
	CHECK(!rate_take(r, "u", "one").allowed);
	fixture_clock(RATE_WINDOW * 1000 + 1000);
	v = rate_take(r, "u", "one");
	CHECK(v.allowed && v.current == 0 && v.ttl == RATE_WINDOW);
	fixture_clock(-3600000);
	v = rate_take(r, "u", "one");
	CHECK_NAMED(v.allowed && v.current == 0 && v.ttl == RATE_WINDOW, "the clock was set back: the window begins anew");
	fixture_clock(0);
	rate_close(r);
}

/* All begin at the same moment, again and again: what is not counted under the lock shows. */
static void
test_processes(void)
{
	struct shared { _Atomic int ready[ROUNDS], allowed[ROUNDS]; } *shared = mmap(NULL, sizeof(*shared), PROT_READ | PROT_WRITE,
	    MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	int exact = 0;

	for (int p = 0; p < PROCESSES; p++)
		if (fork() == 0) {
			struct rate *r = open_rate();
			for (int round = 0; round < ROUNDS; round++) {
				const char *name = arena_printf(fx.arena, "shared %d", round);
				shared->ready[round]++;
				while (shared->ready[round] < PROCESSES)
					sched_yield();
				for (int i = 0; i < CALLS; i++)
					shared->allowed[round] += rate_take(r, "u", name).allowed;
			}
			_exit(0);
		}
	while (wait(NULL) > 0)
		continue;
	for (int round = 0; round < ROUNDS; round++)
		exact += shared->allowed[round] == RATE_LIMIT;
	CHECK_NAMED(exact == ROUNDS, "eight processes at once: exactly the limit, each time");
}

/* Processes that are killed in the middle block nobody, and lose at most the call that they were in. */
static void
test_kills(void)
{
	for (int round = 0; round < 40; round++) {
		const char *name = arena_printf(fx.arena, "killed %d", round);
		pid_t pid = fork();
		if (pid == 0) {
			struct rate *r = open_rate();
			for (;;)
				rate_take(r, "u", name);
		}
		usleep(500);
		kill(pid, SIGKILL);
		waitpid(pid, NULL, 0);
	}
	struct rate *r = open_rate();
	int fine = 0;
	alarm(20);
	for (int round = 0; round < 40; round++) {
		struct rate_verdict v = rate_take(r, "u", arena_printf(fx.arena, "killed %d", round));
		fine += v.current >= 0 && v.current <= RATE_LIMIT && v.ttl > 0 && v.ttl <= RATE_WINDOW;
	}
	CHECK_NAMED(fine == 40, "after kills: every counter is one");
	rate_close(r);
}

/* More installations than a set has places: the oldest window makes room, nothing runs over. */
static void
test_many(void)
{
	struct rate *r = open_rate();
	int fresh = 0;

	for (int i = 0; i < 100000; i++) {
		char name[32];
		snprintf(name, sizeof(name), "many %d", i);
		fresh += rate_take(r, "u", name).current == 0;
	}
	CHECK(fresh == 100000);
	rate_close(r);
}

static void
test_file(void)
{
	const char *path = arena_printf(fx.arena, "%s/rate", fx.root), *why = NULL;
	struct stat st;

	CHECK(stat(path, &st) == 0 && (st.st_mode & 0777) == 0600);
	CHECK(unlink(path) == 0 && symlink("/etc/passwd", path) == 0 && rate_open(fx.arena, fx.root, &why) == NULL && why != NULL);
	CHECK(unlink(path) == 0 && mkdir(path, 0700) == 0 && rate_open(fx.arena, fx.root, &why) == NULL);
	CHECK(rmdir(path) == 0 && mkfifo(path, 0600) == 0 && rate_open(fx.arena, fx.root, &why) == NULL);
	unlink(path);
}

int
main(void)
{
	fixture_begin();
	test_window();
	test_processes();
	test_kills();
	test_many();
	test_file();
	fixture_end();
	return check_end();
}
