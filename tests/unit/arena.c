/* Memory of one request: aligned, zeroed, limited, wiped. */
#include <signal.h>
#include <stdint.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/arena.h"
#include "tests/unit/check.h"
#include "base/banned.h"

static bool
all_zero(const unsigned char *p, size_t n)
{
	for (size_t i = 0; i < n; i++)
		if (p[i] != 0)
			return false;
	return true;
}

static void
test_pieces(struct arena *a)
{
	size_t sizes[] = { 0, 1, 15, 16, 17, 1000, 16384, 16385, 100000 };
	bool aligned = true, zero = true, apart = true;
	unsigned char *before = NULL;
	size_t before_n = 0;

	for (int round = 0; round < 3; round++) {
		for (size_t i = 0; i < sizeof(sizes) / sizeof(sizes[0]); i++) {
			unsigned char *p = arena_alloc(a, sizes[i]);
			aligned = aligned && (uintptr_t)p % 16 == 0;
			zero = zero && all_zero(p, sizes[i]);
			memset(p, 0xa5, sizes[i]);
			if (before != NULL)	/* writing here did not touch the one before */
				apart = apart && (before_n == 0 || before[before_n - 1] == 0xa5);
			before = p;
			before_n = sizes[i];
		}
		arena_reset(a);
		before = NULL;
	}
	CHECK(aligned);
	CHECK(zero);
	CHECK(apart);
}

static void
test_texts(struct arena *a)
{
	CHECK_STR(arena_strdup(a, ""), "");
	CHECK_STR(arena_strdup(a, "lamp"), "lamp");
	CHECK_STR(arena_strndup(a, "lamp", 2), "la");
	CHECK(memcmp(arena_strndup(a, "a\0b", 3), "a\0b", 4) == 0);
	CHECK_STR(arena_printf(a, "%s-%d", "x", 7), "x-7");
	CHECK(strlen(arena_printf(a, "%020000d", 1)) == 20000);
}

/* Does asking for n bytes of a limit of 4096 end the process, and not by a wild access? */
static bool
ends(size_t first, size_t n)
{
	int status;

	fflush(stdout);
	pid_t child = fork();
	if (child == 0) {
		setrlimit(RLIMIT_CORE, &(struct rlimit){ 0, 0 });
		close(STDERR_FILENO);
		struct arena *small = arena_new(4096);
		arena_alloc(small, first);
		arena_alloc(small, n);
		_exit(0);
	}
	return waitpid(child, &status, 0) == child && WIFSIGNALED(status) && WTERMSIG(status) == SIGABRT;
}

static void
test_limit(void)
{
	CHECK(!ends(2048, 2048));
	CHECK(ends(2048, 2049));
	CHECK(ends(16, 5000));
	CHECK(ends(16, SIZE_MAX));
	CHECK(ends(16, SIZE_MAX - 20));
}

/* Tokens lived here: nothing of them may be left. (Under ASan each piece is a malloc and is gone.) */
static void
test_wiped(struct arena *a)
{
#ifndef ARENA_EACH_MALLOC
	arena_reset(a);
	char *p = arena_strdup(a, "a token");
	arena_reset(a);
	CHECK(all_zero((const unsigned char *)p, 7));
#endif
	arena_reset(a);
}

int
main(void)
{
	struct arena *a = arena_new((size_t)1 << 20);

	test_pieces(a);
	test_texts(a);
	test_limit();
	test_wiped(a);
	arena_free(a);
	arena_free(NULL);
	return check_end();
}
