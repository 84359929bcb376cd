/* store-help.h: a folder for a test's stores, and opening them. */
#ifndef STORE_HELP_H
#define STORE_HELP_H

#include <ftw.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "base/arena.h"
#include "db/store.h"
#include "tests/unit/store-engine.h"

/* A gdbm_open that fails leaks its cache: GDBM's own, seen in 1.23. */
__attribute__((visibility("default"))) const char *__lsan_default_suppressions(void);
const char *
__lsan_default_suppressions(void)
{
	return "leak:gdbm_fd_open\n";
}

#ifdef COVERAGE
/* A child that ends by _exit would not be counted. */
extern void __gcov_dump(void);
__attribute__((visibility("default"))) _Noreturn void _exit(int);
_Noreturn void
_exit(int code)
{
	__gcov_dump();
	for (;;)
		syscall(SYS_exit_group, code);
}
#endif

static char help_folder[200];	/* removed by help_end */

/* Memory is faster than disk, and what these tests prove does not depend on which. STORE_TEST_DIR says otherwise. */
static inline void
help_begin(void)
{
	const char *tmp = getenv("STORE_TEST_DIR");

	if (tmp == NULL)
		tmp = access("/dev/shm", W_OK) == 0 ? "/dev/shm" : "/tmp";
	snprintf(help_folder, sizeof(help_folder), "%s/store-test.XXXXXX", tmp);
	if (mkdtemp(help_folder) == NULL)
		exit(1);
}

static inline int
help_remove_one(const char *path, const struct stat *st, int kind, struct FTW *where)
{
	static const char memory[] = "/dev/shm/gatehouse.";
	char to[300];
	ssize_t n;

	(void)st, (void)where;
	/* Where everybody was killed, the store's shared memory is still there, and "live" leads to it. */
	if (kind == FTW_SL && (n = readlink(path, to, sizeof(to) - 1)) > 0) {
		to[n] = '\0';
		if (strncmp(to, memory, strlen(memory)) == 0)
			nftw(to, help_remove_one, 16, FTW_DEPTH | FTW_PHYS);
	}
	return remove(path);
}

static inline void
help_remove(const char *path)
{
	nftw(path, help_remove_one, 16, FTW_DEPTH | FTW_PHYS);
}

static inline void
help_end(void)
{
	help_remove(help_folder);
}

/* How much of a long test to do: 1, or what STORE_SOAK says. */
static inline long
help_soak(void)
{
	const char *s = getenv("STORE_SOAK");

	return s != NULL && strtol(s, NULL, 10) > 0 ? strtol(s, NULL, 10) : 1;
}

/* The seed of this run: from STORE_SEED, or new. Print it, so that a failure can be had again. */
static inline uint64_t
help_seed(void)
{
	const char *s = getenv("STORE_SEED");
	struct { unsigned long long n; } seed = { s != NULL ? strtoull(s, NULL, 10) : (unsigned long long)getpid() * 7919 };

	printf("# STORE_SEED=%llu\n", seed.n);
	return seed.n;
}

/* xorshift: the same numbers for the same seed. */
static inline uint64_t
help_random(uint64_t *state)
{
	*state = *state * 6364136223846793005ull + 1442695040888963407ull;
	return (*state >> 33) ^ (*state >> 17 & 0xffff);
}

static inline struct store *
help_open(const char *path, size_t segment, bool no_fold)
{
	struct store_options options = engine_options(path);
	struct store *s = NULL;
	char why[300] = "";

	options.segment = segment;
	options.no_fold = no_fold;
	if (store_open(&s, &options, why, sizeof(why)) != STORE_OK)
		printf("# open: %s\n", why);
	return s;
}

#endif
