/* Every allocation of the store fails, once and for ever: an error, never a crash, nothing acknowledged is lost, and when
 * there is memory again the work goes on. Arenas are left out: they end the process by intent, and that is a kill. */
#include "tests/unit/check.h"
#include "tests/unit/store-help.h"
#include "db/engine.h"
#include "base/banned.h"

#define SEGMENT	(8u << 10)
#define COMMITS	13

#ifndef __SANITIZE_ADDRESS__
static long allocations, fail_at;
static bool for_ever, hit;

static bool
fails(void)
{
	if (fail_at == 0)
		return false;
	allocations++;
	bool now = allocations == fail_at || (for_ever && allocations > fail_at);
	hit = hit || now;
	return now;
}

void *__libc_malloc(size_t);
void *__libc_calloc(size_t, size_t);
void *__libc_realloc(void *, size_t);

/* The program's own definitions go before the system's, also for GDBM and for what the system allocates itself. */
__attribute__((visibility("default"))) void *
malloc(size_t n)
{
	return fails() ? NULL : __libc_malloc(n);
}

__attribute__((visibility("default"))) void *
calloc(size_t n, size_t size)
{
	return fails() ? NULL : __libc_calloc(n, size);
}

__attribute__((visibility("default"))) void *
realloc(void *p, size_t n)
{
	return fails() ? NULL : __libc_realloc(p, n);
}

struct progress { long acked, tried; };

static struct engine *
open_engine(const char *path)
{
	struct engine *e = NULL;
	char why[300];

	engine_gdbm.open(&e, &(struct store_options){ .path = path, .segment = SEGMENT, .no_fold = true }, why, sizeof(why));
	return e;
}

static bool
commit(struct engine *e, struct progress *p)
{
	char text[800];

	snprintf(text, sizeof(text), "%ld %0*d", p->tried + 1, 700, 0);
	struct engine_write w[] = { { "n", text, 0 }, { "copy", text, 0 } };
	p->tried++;
	if (engine_gdbm.commit(e, NULL, 0, w, 2, false) != STORE_OK)
		return false;
	p->acked = p->tried;
	return true;
}

static bool
pass(void *arg, const char *key, const char *value, int64_t expires)
{
	(void)arg, (void)key, (void)value, (void)expires;
	return true;
}

static int
work(struct engine *e, struct arena *a, struct progress *p, const char *copy, FILE *out)
{
	struct engine_record rec = { .value = NULL };
	char why[300];
	int bad = 0;

	for (int i = 0; i < COMMITS; i++) {
		bad += !commit(e, p);
		if (i == COMMITS / 2)
			bad += engine_gdbm.fold(e) != STORE_OK;
	}
	enum store_result r = engine_gdbm.get(e, a, "n", &rec);
	bad += r != STORE_OK && r != STORE_ABSENT;
	bad += engine_gdbm.each(e, pass, NULL) != STORE_OK;
	bad += engine_gdbm.check(e, out) != STORE_OK;
	return bad + (engine_gdbm.backup(e, copy, why, sizeof(why)) != STORE_OK);
}

static long
state(struct engine *e, struct arena *a)
{
	struct engine_record n = { .value = NULL }, copy = { .value = NULL };
	enum store_result r = engine_gdbm.get(e, a, "n", &n), q = engine_gdbm.get(e, a, "copy", &copy);

	if (r == STORE_ABSENT && q == STORE_ABSENT)
		return 0;
	return r == STORE_OK && q == STORE_OK && strcmp(n.value, copy.value) == 0 ? strtol(n.value, NULL, 10) : -1;
}

static int
prove(struct engine *e, struct arena *a, struct progress *p, long k, const char *when)
{
	long n = e != NULL ? state(e, a) : -2;

	if (n >= p->acked && n <= p->tried && commit(e, p))
		return 0;
	printf("# allocation %ld, %s: state %ld, acknowledged %ld, tried %ld\n", k, when, n, p->acked, p->tried);
	return 1;
}

static int
try_one(long k, struct arena *a, FILE *out)
{
	char path[300], copy[300];
	struct progress p = { 0, 0 };

	snprintf(path, sizeof(path), "%s/store", help_folder);
	snprintf(copy, sizeof(copy), "%s/copy", help_folder);
	allocations = 0;
	hit = false;
	fail_at = k;
	struct engine *e = open_engine(path);
	int failed = e != NULL ? work(e, a, &p, copy, out) : 1;
	fail_at = 0;
	if (e == NULL)
		e = open_engine(path);
	int bad = prove(e, a, &p, k, "with the same handle") + (hit && for_ever && failed == 0);
	if (e != NULL)
		engine_gdbm.close(e);
	e = open_engine(path);
	bad += prove(e, a, &p, k, "opened again");
	bad += e == NULL || engine_gdbm.check(e, stdout) != STORE_OK;
	if (e != NULL)
		engine_gdbm.close(e);
	help_remove(path);
	help_remove(copy);
	arena_reset(a);
	return bad;
}

static void
try_all(bool ever, struct arena *a, FILE *out)
{
	int bad = 0;
	long k = 1;

	for_ever = ever;
	for (hit = true; hit && bad == 0; k++)
		bad += try_one(k, a, out);
	printf("# %ld allocations, failing %s\n", k - 2, ever ? "for ever" : "once");
	CHECK(bad == 0 && k > 40);
}
#endif

int
main(void)
{
#ifdef __SANITIZE_ADDRESS__
	printf("ok 1 - allocations # SKIP the sanitizer has the allocator; tests/store.bats runs the release build\n1..1\n");
	return 0;
#else
	struct arena *a = arena_new(16u << 20);
	FILE *out = fopen("/dev/null", "w");

	fputc(' ', out);	/* its buffer is there */
	help_begin();
	try_all(false, a, out);
	try_all(true, a, out);
	help_end();
	fclose(out);
	arena_free(a);
	return check_end();
#endif
}
