/* The store's interface, whatever engine is behind it.
 *
 * long because: one test stands here for every promise of db/store.h. */
#include <stdlib.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/arena.h"
#include "base/clock.h"
#include "base/json.h"
#include "db/record.h"
#include "db/store.h"
#include "tests/unit/check.h"
#include "tests/unit/store-engine.h"
#include "base/banned.h"

static struct arena *arena;
static struct store *store;
static char folder[256], path[300];

static struct store *
open_store(void)
{
	struct store_options options = engine_options(path);
	struct store *s = NULL;
	char why[200] = "";

	if (store_open(&s, &options, why, sizeof(why)) != STORE_OK)
		printf("# %s\n", why);
	return s;
}

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

static const char *
get(const char *key)
{
	const char *value;

	return store_get(store, arena, key, &value) == STORE_OK ? value : NULL;
}

static void
test_one_record(void)
{
	const char *value = "x";

	CHECK(store_get(store, arena, "a/1", &value) == STORE_ABSENT && value == NULL);
	CHECK(put("a/1", "{\"v\":1}", 0) == STORE_OK);
	CHECK_STR(get("a/1"), "{\"v\":1}");
	CHECK(put("a/1", "", 0) == STORE_OK);
	CHECK_STR(get("a/1"), "");
	CHECK(put("a/1", NULL, 0) == STORE_OK);
	CHECK_STR(get("a/1"), NULL);
	CHECK(put("a/1", NULL, 0) == STORE_OK);
	CHECK(store_settle(store) == STORE_OK);
}

static void
test_expiry(void)
{
	int64_t now = clock_sec();

	CHECK(put("e/1", "late", now - 1) == STORE_OK);
	CHECK_STR(get("e/1"), NULL);
	CHECK(put("e/1", "soon", now + 1000) == STORE_OK);
	CHECK_STR(get("e/1"), "soon");
}

/* Inside a transaction: own writes are seen, a give-up leaves nothing. */
static enum store_result
own_writes_fn(struct store_tx *tx, void *arg)
{
	const char *v;
	bool *ok = arg;

	*ok = store_tx_get(tx, "o/1", &v) == STORE_ABSENT;
	*ok = *ok && store_tx_put(tx, "o/1", "one", 0) == STORE_OK;
	*ok = *ok && store_tx_get(tx, "o/1", &v) == STORE_OK && strcmp(v, "one") == 0;
	*ok = *ok && store_tx_delete(tx, "o/1") == STORE_OK;
	*ok = *ok && store_tx_get(tx, "o/1", &v) == STORE_ABSENT;
	*ok = *ok && store_tx_put(tx, "o/1", "two", 0) == STORE_OK;
	*ok = *ok && store_tx_arena(tx) == arena;
	return STORE_OK;
}

static enum store_result
give_up_fn(struct store_tx *tx, void *arg)
{
	(void)arg;
	store_tx_put(tx, "o/1", "three", 0);
	store_tx_delete(tx, "a/1");
	return STORE_ABSENT;
}

static void
test_transaction(void)
{
	bool ok = false;

	CHECK(store_run(store, arena, own_writes_fn, &ok) == STORE_OK && ok);
	CHECK_STR(get("o/1"), "two");
	CHECK(store_run(store, arena, give_up_fn, NULL) == STORE_ABSENT);
	CHECK_STR(get("o/1"), "two");
}

/* Limits. */
static enum store_result
many_keys_fn(struct store_tx *tx, void *arg)
{
	int n = *(int *)arg;

	for (int i = 0; i < n; i++) {
		enum store_result r = store_tx_put(tx, arena_printf(arena, "many/%d", i), "x", 0);
		if (r != STORE_OK)
			return r;
	}
	return STORE_OK;
}

static enum store_result
many_bytes_fn(struct store_tx *tx, void *arg)
{
	enum store_result r = STORE_OK;

	for (int i = 0; i < 5 && r == STORE_OK; i++)
		r = store_tx_put(tx, arena_printf(arena, "big/%d", i), arg, 0);
	return r;
}

/* The same key again and again counts once. */
static enum store_result
same_key_fn(struct store_tx *tx, void *arg)
{
	enum store_result r = STORE_OK;

	for (int i = 0; i < 100 && r == STORE_OK; i++)
		r = store_tx_put(tx, "same", arg, 0);
	return r;
}

static void
test_limits(void)
{
	char *big = arena_alloc(arena, STORE_VALUE_MAX + 2), *key = arena_alloc(arena, STORE_KEY_MAX + 2);
	const char *v;
	int n = STORE_TX_KEYS;

	memset(big, 'b', STORE_VALUE_MAX);
	memset(key, 'k', STORE_KEY_MAX);
	CHECK(put(key, big, 0) == STORE_OK);
	CHECK_STR(get(key), big);
	big[STORE_VALUE_MAX] = 'b';
	CHECK(put(key, big, 0) == STORE_LIMIT);
	key[STORE_KEY_MAX] = 'k';
	CHECK(put(key, "x", 0) == STORE_LIMIT);
	CHECK(store_get(store, arena, key, &v) == STORE_LIMIT);
	CHECK(put("", "x", 0) == STORE_LIMIT);
	CHECK(put("x", "x", -1) == STORE_LIMIT);
	CHECK(store_run(store, arena, many_keys_fn, &n) == STORE_OK);
	n++;
	CHECK(store_run(store, arena, many_keys_fn, &n) == STORE_LIMIT);
	big[STORE_VALUE_MAX] = '\0';
	CHECK(store_run(store, arena, many_bytes_fn, big) == STORE_LIMIT);
	CHECK_STR(get("big/0"), NULL);
	CHECK(store_run(store, arena, same_key_fn, big) == STORE_OK);
}

/* Conflict: another handle writes between the read and the commit. */
struct race { struct store *other; int runs, spoil; };

static enum store_result
bump_fn(struct store_tx *tx, void *arg)
{
	const char *v;
	int n = store_tx_get(tx, "n", &v) == STORE_OK ? (int)strtol(v, NULL, 10) : 0;

	(void)arg;
	return store_tx_put(tx, "n", arena_printf(store_tx_arena(tx), "%d", n + 1), 0);
}

static enum store_result
race_fn(struct store_tx *tx, void *arg)
{
	struct race *r = arg;
	const char *v, *again;

	store_tx_get(tx, "n", &v);
	if (r->runs++ < r->spoil)
		store_run(r->other, arena, bump_fn, NULL);
	store_tx_get(tx, "n", &again);
	CHECK(v == again);	/* repeatable */
	return bump_fn(tx, NULL);
}

static void
test_conflict(void)
{
	struct race r = { open_store(), 0, 2 };

	CHECK(put("n", "0", 0) == STORE_OK);
	CHECK(store_run(store, arena, race_fn, &r) == STORE_OK);
	CHECK(r.runs == 3);
	CHECK_STR(get("n"), "3");
	r.runs = 0;
	r.spoil = 1000;
	CHECK(store_run(store, arena, race_fn, &r) == STORE_CONFLICT);
	CHECK(r.runs == 16);
	store_close(r.other);
}

/* A refusal that rests on two records of different moments is tried again too. */
static enum store_result
torn_fn(struct store_tx *tx, void *arg)
{
	struct race *r = arg;
	const char *v;

	store_tx_get(tx, "n", &v);
	if (r->runs++ < r->spoil)
		store_run(r->other, arena, bump_fn, NULL);
	store_tx_get(tx, "m", &v);
	return STORE_ABSENT;
}

static void
test_refusal_is_consistent(void)
{
	struct race r = { open_store(), 0, 1 };

	CHECK(store_run(store, arena, torn_fn, &r) == STORE_ABSENT);
	CHECK(r.runs == 2);
	store_close(r.other);
}

/* No increment of several processes is lost. */
#define PROCESSES 4
#define BUMPS 25

static void
bump_and_exit(void)
{
	store = open_store();
	for (int i = 0; i < BUMPS; i++)
		while (store_run(store, arena, bump_fn, NULL) == STORE_CONFLICT)
			;
	store_close(store);
	_exit(0);
}

static void
test_processes(void)
{
	int status, good = 0;

	CHECK(put("n", "0", 0) == STORE_OK);
	fflush(stdout);
	for (int i = 0; i < PROCESSES; i++)
		if (fork() == 0)
			bump_and_exit();
	for (int i = 0; i < PROCESSES; i++)
		good += wait(&status) > 0 && status == 0;
	CHECK(good == PROCESSES);
	CHECK_STR(get("n"), "100");
}

/* Walk, check, fold, stats, backup. */
static bool
count_live(void *arg, const char *key, const char *value, int64_t expires)
{
	(void)value;
	(void)expires;
	*(int *)arg += strncmp(key, "many/", 5) == 0;
	return strcmp(key, "e/dead") != 0;
}

static bool
stop_at_once(void *arg, const char *key, const char *value, int64_t expires)
{
	(void)key, (void)value, (void)expires;
	++*(int *)arg;
	return false;
}

static void
test_tools(void)
{
	struct store_stat stats[STORE_STATS];
	char why[200];
	int n = 0;

	CHECK(put("e/dead", "x", 1) == STORE_OK);
	CHECK(store_each(store, count_live, &n) == STORE_OK && n == STORE_TX_KEYS);
	n = 0;
	CHECK(store_each(store, stop_at_once, &n) == STORE_OK && n == 1);
	CHECK(store_check(store, stdout) == STORE_OK);
	CHECK(store_fold(store) == STORE_OK);
	CHECK_STR(get("o/1"), "two");
	n = 0;
	CHECK(store_each(store, count_live, &n) == STORE_OK && n == STORE_TX_KEYS);
	CHECK(store_stats(store, stats) > 0);
	char *to = arena_printf(arena, "%s/copy", folder);
	CHECK(store_backup(store, to, why, sizeof(why)) == STORE_OK);
	CHECK(store_backup(store, to, why, sizeof(why)) == STORE_FAILED);
	struct store *copy = NULL;
	struct store_options look = { .path = to, .read_only = true };	/* gdbm, whatever it is a copy of */
	n = 0;
	CHECK(store_open(&copy, &look, why, sizeof(why)) == STORE_OK && store_check(copy, stdout) == STORE_OK);
	CHECK(store_each(copy, count_live, &n) == STORE_OK && n == STORE_TX_KEYS);
	store_close(copy);
}

/* Opening. */
static void
test_open(void)
{
	struct store *s = NULL;
	char why[200] = "", *none = arena_printf(arena, "%s/none", folder);
	const char *v;

	CHECK(store_open(&s, &(struct store_options){ .engine = "oracle", .path = path }, why, sizeof(why)) == STORE_FAILED);
	CHECK(s == NULL && strstr(why, "oracle") != NULL);
	struct store_options look = engine_options(none);
	look.read_only = true;
	CHECK(store_open(&s, &look, why, sizeof(why)) == STORE_FAILED);
	CHECK(s == NULL && access(none, F_OK) != 0);
	look = engine_options(path);
	look.read_only = true;
	CHECK(store_open(&s, &look, why, sizeof(why)) == STORE_OK);
	CHECK(store_get(s, arena, "o/1", &v) == STORE_OK);
	CHECK(store_run(s, arena, bump_fn, NULL) == STORE_FAILED);
	store_close(s);
	store_close(NULL);
	CHECK_STR(store_result_name(STORE_FULL), "full");
	CHECK_STR(store_result_name((enum store_result)99), "unknown");
}

/* What has expired by a clock that somebody moved ahead is not removed: it is there again when that clock goes back. */
static void
test_moved_clock(void)
{
	char *file = arena_printf(arena, "%s/clock", folder);
	FILE *f = fopen(file, "w");

	CHECK(f != NULL && fwrite(&(int64_t){ 0 }, sizeof(int64_t), 1, f) == 1 && fclose(f) == 0);
	clock_follow(file);
	CHECK(put("e/moved", "x", clock_sec() + 1000) == STORE_OK);
	CHECK(clock_move(file, 2000000));
	CHECK_STR(get("e/moved"), NULL);
	CHECK(store_fold(store) == STORE_OK);
	CHECK_STR(get("e/moved"), NULL);
	CHECK(clock_move(file, 0));
	CHECK_STR(get("e/moved"), "x");
}

/* Records. */
static enum store_result
record_fn(struct store_tx *tx, void *arg)
{
	struct json *j, **out = arg;
	char *key = record_key(store_tx_arena(tx), "device", "u", "lamp", NULL);

	if (record_tx_get(tx, key, &j) == STORE_ABSENT)
		j = record_new(store_tx_arena(tx));
	json_set_string(store_tx_arena(tx), j, "name", "Lamp");
	*out = j;
	return record_tx_put(tx, key, j, 0);
}

static void
test_records(void)
{
	char *longest = arena_alloc(arena, STORE_KEY_MAX + 1);
	struct json *j;

	memset(longest, 'x', STORE_KEY_MAX);
	CHECK_STR(record_key(arena, "device", "u", "lamp", NULL), "device/u/lamp");
	CHECK_STR(record_key(arena, "device", "", "lamp", NULL), NULL);
	CHECK_STR(record_key(arena, "device", "u/lamp", NULL), NULL);
	CHECK_STR(record_key(arena, "device", "u\n", NULL), NULL);
	CHECK_STR(record_key(arena, "device", "u\x7f", NULL), NULL);
	CHECK_STR(record_key(arena, "device", "u\xff", NULL), NULL);
	CHECK_STR(record_key(arena, "d", longest, NULL), NULL);
	CHECK_STR(record_key(arena, longest, NULL), longest);
	CHECK(record_parse(arena, "{\"v\":1}") != NULL);
	CHECK(record_parse(arena, "{\"v\":2}") == NULL);
	CHECK(record_parse(arena, "{\"v\":0}") == NULL);
	CHECK(record_parse(arena, "{\"v\":\"1\"}") == NULL);
	CHECK(record_parse(arena, "[1]") == NULL);
	CHECK(record_parse(arena, "{") == NULL);
	CHECK(record_get(store, arena, NULL, &j) == STORE_ABSENT && j == NULL);
	CHECK(record_get(store, arena, "device/u/lamp", &j) == STORE_ABSENT && j == NULL);
	CHECK(store_run(store, arena, record_fn, &j) == STORE_OK);
	CHECK(record_get(store, arena, "device/u/lamp", &j) == STORE_OK);
	CHECK_STR(json_get_string(j, "name"), "Lamp");
	CHECK(put("device/u/lamp", "{}", 0) == STORE_OK);
	CHECK(record_get(store, arena, "device/u/lamp", &j) == STORE_FAILED && j == NULL);
}

int
main(void)
{
	const char *tmp = getenv("TMPDIR");

	snprintf(folder, sizeof(folder), "%s/store-test.XXXXXX", tmp != NULL ? tmp : "/tmp");
	if (mkdtemp(folder) == NULL)
		return 1;
	snprintf(path, sizeof(path), "%s/store", folder);
	arena = arena_new(256u << 20);
	store = open_store();
	CHECK(store != NULL);
	test_one_record();
	test_expiry();
	test_transaction();
	test_limits();
	test_conflict();
	test_refusal_is_consistent();
	test_processes();
	test_tools();
	test_open();
	test_records();
	test_moved_clock();
	store_close(store);
	if (system(arena_printf(arena, "rm -r '%s'", folder)) != 0)
		return 1;
	arena_free(arena);
	return check_end();
}
