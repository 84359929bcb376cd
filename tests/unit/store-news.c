/* What a transaction rings and wakes is heard by other machines that share the store, once, and by nobody twice: two processes, each
 * with bells of its own. On files of one machine there is nobody to hear. */
#include <poll.h>
#include <signal.h>
#include <stdatomic.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <time.h>

#include "base/bell.h"
#include "base/wake.h"
#include "tests/unit/check.h"
#include "tests/unit/store-help.h"
#include "base/banned.h"

#define SEGMENT	(64u << 10)

static struct arena *arena;
static struct shared { _Atomic int listening, woken; _Atomic unsigned rung; char word[300]; } *shared;

static enum store_result
ring(struct store_tx *tx, void *arg)
{
	store_tx_then(tx, bell_ring, "worker-1");
	store_tx_then(tx, wake_send, arg);
	return store_tx_put(tx, "rung", "x", 0);
}

static const char *
machine(const char *name)
{
	const char *root = arena_printf(arena, "%s/%s", help_folder, name);

	if (mkdir(root, 0700) != 0 || mkdir(arena_printf(arena, "%s/sock", root), 0700) != 0)
		abort();
	return root;
}

/* The other machine's courier: it hears until it is killed. */
static _Noreturn void
other(const char *root, const char *store)
{
	char word[WAKE_WORD + 1];
	struct store *s = help_open(store, SEGMENT, true);
	struct wake *w = wake_listen(root);

	wake_open(root);
	bell_open(root);
	for (;;) {
		struct pollfd p = { .fd = store_hear(s), .events = POLLIN };
		atomic_store(&shared->listening, p.fd >= 0 ? 1 : 2);
		while (wake_read(w, word)) {
			memcpy(shared->word, word, sizeof(word));
			atomic_fetch_add(&shared->woken, 1);
		}
		atomic_store(&shared->rung, bell_reading("worker-1"));
		poll(&p, 1, 100);
	}
}

static bool
soon_is(_Atomic int *what, int value)
{
	for (int i = 0; i < 3000 && atomic_load(what) != value; i++)
		nanosleep(&(struct timespec){ 0, 10000000 }, NULL);
	return atomic_load(what) == value;
}

int
main(void)
{
	arena = arena_new(64u << 20);
	help_begin();
	const char *here = machine("here"), *there = machine("there"), *path = arena_printf(arena, "%s/store", help_folder);
	shared = mmap(NULL, sizeof(*shared), PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	store_close(help_open(path, SEGMENT, true));
	fflush(stdout);
	pid_t child = fork();
	if (child == 0)
		other(there, path);
	wake_open(here);
	bell_open(here);
	struct store *s = help_open(path, SEGMENT, true);
	CHECK(engine_is_remote() ? soon_is(&shared->listening, 1) : soon_is(&shared->listening, 2));
	unsigned before = bell_reading("worker-1");
	store_hear(s);
	CHECK(store_run(s, arena, ring, (char[]){ "ann/42" }) == STORE_OK);
	CHECK(bell_reading("worker-1") == before + 1);
	if (engine_is_remote()) {
		CHECK(soon_is(&shared->woken, 1));
		CHECK_STR(shared->word, "ann/42");
		CHECK(atomic_load(&shared->rung) == 1);
		/* What comes back to us was done here already. */
		store_hear(s);
		CHECK(bell_reading("worker-1") == before + 1);
		/* And again, on the same connections. */
		CHECK(store_run(s, arena, ring, (char[]){ "bob/7" }) == STORE_OK && soon_is(&shared->woken, 2));
	}
	kill(child, SIGKILL);
	waitpid(child, NULL, 0);
	store_close(s);
	help_end();
	arena_free(arena);
	return check_end();
}
