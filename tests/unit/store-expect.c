/* store_expect, whatever engine is behind it: what is read next is asked for together, and no read is another for it. */
#include <string.h>

#include "base/arena.h"
#include "tests/unit/check.h"
#include "tests/unit/store-help.h"
#include "base/banned.h"

#define SEGMENT	(1u << 20)

static struct arena *arena;
static struct store *store, *other;	/* another process, as far as the engine can tell */
static char path[300];

struct put { const char *key, *value; int64_t expires; };

static enum store_result
put_fn(struct store_tx *tx, void *arg)
{
	const struct put *p = arg;

	return p->value != NULL ? store_tx_put(tx, p->key, p->value, p->expires) : store_tx_delete(tx, p->key);
}

static enum store_result
put(const char *key, const char *value, int64_t expires)
{
	return store_run(store, arena, put_fn, &(struct put){ key, value, expires });
}

static void
other_puts(const char *key, const char *value)
{
	CHECK(store_run(other, arena, put_fn, &(struct put){ key, value, 0 }) == STORE_OK);
}

static const char *
get(const char *key)
{
	const char *value;

	return store_get(store, arena, key, &value) == STORE_OK ? value : NULL;
}

static const char *const expected[] = { "x/1", NULL, "x/2", "x/none", "x/old" };
#define EXPECTED (sizeof(expected) / sizeof(expected[0]))

/* The other writes between what is asked for and what is read: the first run rests on what was, and comes to nothing. */
static enum store_result
expect_fn(struct store_tx *tx, void *arg)
{
	int *runs = arg;
	const char *value;

	CHECK(store_tx_asks(tx) == store_asks(store));
	store_tx_expect(tx, expected, EXPECTED);
	if (++*runs == 1)
		other_puts("x/1", "10");
	CHECK(store_tx_get(tx, "x/2", &value) == STORE_OK);
	CHECK(store_tx_get(tx, "x/1", &value) == STORE_OK);
	return store_tx_put(tx, "x/1", arena_printf(store_tx_arena(tx), "%s+%d", value, *runs), 0);
}

static void
test_expect(void)
{
	struct arena *own = arena_new(1u << 20);
	int runs = 0;

	CHECK(store_asks(store) == engine_is_remote());
	CHECK(put("x/1", "one", 0) == STORE_OK && put("x/2", "two", 0) == STORE_OK && put("x/old", "old", 1) == STORE_OK);
	store_expect(store, arena, expected, EXPECTED);
	CHECK_STR(get("x/none"), NULL);
	CHECK_STR(get("x/2"), "two");
	CHECK_STR(get("x/old"), NULL);
	CHECK_STR(get("x/1"), "one");
	/* It is good for one read. */
	store_expect(store, arena, expected, EXPECTED);
	other_puts("x/1", "uno");
	CHECK_STR(get("x/1"), store_asks(store) ? "one" : "uno");
	CHECK_STR(get("x/1"), "uno");
	/* Another record is read: what is left may be older than that. */
	store_expect(store, arena, expected, EXPECTED);
	other_puts("x/1", "eins");
	CHECK_STR(get("x/3"), NULL);
	CHECK_STR(get("x/1"), "eins");
	/* Something is written, or the arena ends. */
	store_expect(store, arena, expected, EXPECTED);
	CHECK(put("x/1", "ein", 0) == STORE_OK);
	CHECK_STR(get("x/1"), "ein");
	store_expect(store, own, expected, EXPECTED);
	other_puts("x/1", "hana");
	arena_reset(own);
	CHECK_STR(get("x/1"), "hana");
	CHECK(store_run(store, arena, expect_fn, &runs) == STORE_OK && runs == (store_asks(store) ? 2 : 1));
	CHECK_STR(get("x/1"), store_asks(store) ? "10+2" : "10+1");
	/* A handle may be closed before the arena ends. */
	store_expect(other, own, expected, EXPECTED);
	store_close(other);
	arena_free(own);
}

/* More than is held. */
static void
test_expect_much(void)
{
	const char *keys[2000];
	char *big = arena_alloc(arena, STORE_VALUE_MAX + 1);

	memset(big, 'b', STORE_VALUE_MAX);
	for (int i = 0; i < 2000; i++)
		keys[i] = arena_printf(arena, "x/big/%d", i);
	for (int i = 0; i < 20; i++)
		CHECK(put(keys[i], big, 0) == STORE_OK);
	store_expect(store, arena, keys, 20);
	for (int i = 0; i < 20; i++)
		CHECK_STR(get(keys[i]), big);
	store_expect(store, arena, keys + 19, 1981);
	CHECK_STR(get(keys[1999]), NULL);
	CHECK_STR(get(keys[19]), big);
	store_expect(store, arena, keys, 0);
	CHECK_STR(get(keys[0]), big);
	for (int i = 0; i < 20; i++)
		CHECK(put(keys[i], NULL, 0) == STORE_OK);
}

int
main(void)
{
	help_begin();
	snprintf(path, sizeof(path), "%s/store", help_folder);
	arena = arena_new(256u << 20);
	store = help_open(path, SEGMENT, true);
	other = help_open(path, SEGMENT, true);
	CHECK(store != NULL && other != NULL);
	test_expect_much();
	test_expect();
	store_close(store);
	arena_free(arena);
	help_end();
	return check_end();
}
