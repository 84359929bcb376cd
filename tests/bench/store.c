/* The store beside others, doing the same work: a transaction reads two records of 240 bytes, writes both, and is on
 * disk when it returns; a read gets one record. Each writer and reader is a process.
 *
 * store BACKEND FOLDER RECORDS fill              make the records
 * store BACKEND FOLDER RECORDS WRITERS READERS SECONDS RATE
 *     RATE 0: writers go as fast as they can; else so many transactions a second each
 * prints: backend records writers readers tx/s p50us p99us reads/s p50us p99us */
#include <signal.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "base/arena.h"
#include "db/store.h"
#ifdef WITH_PEERS
#include <hiredis/hiredis.h>
#include <lmdb.h>
#include <sqlite3.h>
#endif

#define VALUE 240
#define SLOTS 4000	/* of the histogram, 1 us each up to 2 ms, then 100 us each */

struct side { _Atomic long count; _Atomic int slot[SLOTS]; };
static struct board { struct side tx, get; _Atomic int stop; } *board;
static long records;
static const char *folder;

struct backend {
	const char *name;
	void	 (*open)(bool fill);
	void	 (*fill)(long from, long to);
	bool	 (*tx)(long a, long b, const char *value);
	bool	 (*get)(long a);
};

static void
key_of(long i, char key[48])
{
	snprintf(key, 48, "device/%08ld/%016lx", i, (unsigned long)i * 0x9e3779b97f4a7c15ul);
}

static void
check(bool good, const char *what)
{
	if (good)
		return;
	fprintf(stderr, "store bench: %s failed\n", what);
	exit(1);
}

/* --- ours --- */

static struct store *store;
static struct arena *arena;

static void
our_open(bool fill)
{
	char why[300];

	(void)fill;
	arena = arena_new(64u << 20);
	check(store_open(&store, &(struct store_options){ .path = folder }, why, sizeof(why)) == STORE_OK, why);
}

struct range { long from, to; const char *value; };

static enum store_result
our_fill_some(struct store_tx *tx, void *arg)
{
	const struct range *r = arg;
	char key[48];

	for (long i = r->from; i < r->to; i++) {
		key_of(i, key);
		store_tx_put(tx, key, r->value, 0);
	}
	return STORE_OK;
}

static void
our_fill(long from, long to)
{
	char value[VALUE + 1];

	memset(value, 'f', VALUE);
	value[VALUE] = '\0';
	for (long i = from; i < to; i += 60) {
		struct range r = { i, i + 60 < to ? i + 60 : to, value };
		check(store_run(store, arena, our_fill_some, &r) == STORE_OK, "fill");
		arena_reset(arena);
	}
	check(store_fold(store) == STORE_OK, "fold");
}

static enum store_result
our_two(struct store_tx *tx, void *arg)
{
	const struct range *r = arg;
	const char *v, *w;
	char a[48], b[48];

	key_of(r->from, a);
	key_of(r->to, b);
	if (store_tx_get(tx, a, &v) != STORE_OK || store_tx_get(tx, b, &w) != STORE_OK)
		return STORE_FAILED;
	store_tx_put(tx, a, r->value, 0);
	return store_tx_put(tx, b, r->value, 0);
}

static bool
our_tx(long a, long b, const char *value)
{
	struct range r = { a, b, value };
	enum store_result got;

	while ((got = store_run(store, arena, our_two, &r)) == STORE_CONFLICT)
		;
	arena_reset(arena);
	return got == STORE_OK;
}

static bool
our_get(long a)
{
	const char *v;
	char key[48];

	key_of(a, key);
	bool good = store_get(store, arena, key, &v) == STORE_OK && strlen(v) == VALUE;
	arena_reset(arena);
	return good;
}

#ifdef WITH_PEERS
/* --- LMDB --- */

static MDB_env *env;
static MDB_dbi dbi;

static void
lmdb_open(bool fill)
{
	MDB_txn *t;

	check(mdb_env_create(&env) == 0 && mdb_env_set_mapsize(env, 8ul << 30) == 0 && mdb_env_set_maxreaders(env, 500) == 0 &&
	    mdb_env_open(env, folder, fill ? MDB_NOSYNC : 0, 0600) == 0, "lmdb open");
	check(mdb_txn_begin(env, NULL, 0, &t) == 0 && mdb_dbi_open(t, NULL, MDB_CREATE, &dbi) == 0 && mdb_txn_commit(t) == 0,
	    "lmdb dbi");
}

static bool
lmdb_put(MDB_txn *t, long i, const char *value)
{
	char key[48];

	key_of(i, key);
	MDB_val k = { strlen(key), key }, v = { VALUE, (void *)(uintptr_t)value };
	return mdb_put(t, dbi, &k, &v, 0) == 0;
}

static bool
lmdb_find(MDB_txn *t, long i)
{
	char key[48], copy[VALUE];

	key_of(i, key);
	MDB_val k = { strlen(key), key }, v;
	if (mdb_get(t, dbi, &k, &v) != 0 || v.mv_size != VALUE)
		return false;
	memcpy(copy, v.mv_data, VALUE);
	return copy[0] != 0;
}

static void
lmdb_fill(long from, long to)
{
	char value[VALUE];
	MDB_txn *t;

	memset(value, 'f', VALUE);
	for (long i = from; i < to;) {
		check(mdb_txn_begin(env, NULL, 0, &t) == 0, "lmdb fill");
		for (long n = 0; n < 1000 && i < to; n++)
			check(lmdb_put(t, i++, value), "lmdb put");
		check(mdb_txn_commit(t) == 0, "lmdb fill");
	}
	mdb_env_sync(env, 1);
}

static bool
lmdb_tx(long a, long b, const char *value)
{
	MDB_txn *t;

	return mdb_txn_begin(env, NULL, 0, &t) == 0 && lmdb_find(t, a) && lmdb_find(t, b) && lmdb_put(t, a, value) &&
	    lmdb_put(t, b, value) && mdb_txn_commit(t) == 0;
}

static bool
lmdb_get(long a)
{
	static MDB_txn *t;
	bool good = (t == NULL ? mdb_txn_begin(env, NULL, MDB_RDONLY, &t) : mdb_txn_renew(t)) == 0 && lmdb_find(t, a);

	mdb_txn_reset(t);
	return good;
}

/* --- SQLite --- */

static sqlite3 *db;
static sqlite3_stmt *get_stmt, *put_stmt, *begin_stmt, *commit_stmt;

static sqlite3_stmt *
prepare(const char *sql)
{
	sqlite3_stmt *s;

	check(sqlite3_prepare_v2(db, sql, -1, &s, NULL) == SQLITE_OK, sql);
	return s;
}

static void
lite_open(bool fill)
{
	char file[300];

	snprintf(file, sizeof(file), "%s/db", folder);
	check(sqlite3_open(file, &db) == SQLITE_OK, "sqlite open");
	sqlite3_busy_timeout(db, 20000);
	sqlite3_exec(db, "PRAGMA journal_mode=WAL", NULL, NULL, NULL);
	sqlite3_exec(db, fill ? "PRAGMA synchronous=OFF" : "PRAGMA synchronous=FULL", NULL, NULL, NULL);
	sqlite3_exec(db, "PRAGMA mmap_size=1073741824", NULL, NULL, NULL);
	sqlite3_exec(db, "CREATE TABLE IF NOT EXISTS kv (k TEXT PRIMARY KEY, v TEXT) WITHOUT ROWID", NULL, NULL, NULL);
	get_stmt = prepare("SELECT v FROM kv WHERE k = ?");
	put_stmt = prepare("INSERT OR REPLACE INTO kv VALUES (?, ?)");
	begin_stmt = prepare("BEGIN IMMEDIATE");
	commit_stmt = prepare("COMMIT");
}

static bool
lite_step(sqlite3_stmt *s)
{
	int r = sqlite3_step(s);

	sqlite3_reset(s);
	return r == SQLITE_DONE || r == SQLITE_ROW;
}

static bool
lite_put(long i, const char *value)
{
	char key[48];

	key_of(i, key);
	sqlite3_bind_text(put_stmt, 1, key, -1, SQLITE_STATIC);
	sqlite3_bind_text(put_stmt, 2, value, VALUE, SQLITE_STATIC);
	return lite_step(put_stmt);
}

static bool
lite_get(long i)
{
	char key[48], copy[VALUE];

	key_of(i, key);
	sqlite3_bind_text(get_stmt, 1, key, -1, SQLITE_STATIC);
	bool good = sqlite3_step(get_stmt) == SQLITE_ROW && sqlite3_column_bytes(get_stmt, 0) == VALUE;
	if (good)
		memcpy(copy, sqlite3_column_text(get_stmt, 0), VALUE);
	sqlite3_reset(get_stmt);
	return good && copy[0] != 0;
}

static void
lite_fill(long from, long to)
{
	char value[VALUE];

	memset(value, 'f', VALUE);
	for (long i = from; i < to;) {
		check(lite_step(begin_stmt), "sqlite fill");
		for (long n = 0; n < 1000 && i < to; n++)
			check(lite_put(i++, value), "sqlite put");
		check(lite_step(commit_stmt), "sqlite fill");
	}
	sqlite3_exec(db, "PRAGMA wal_checkpoint(TRUNCATE)", NULL, NULL, NULL);
}

static bool
lite_tx(long a, long b, const char *value)
{
	return lite_step(begin_stmt) && lite_get(a) && lite_get(b) && lite_put(a, value) && lite_put(b, value) &&
	    lite_step(commit_stmt);
}

/* --- Redis, over its Unix socket; the transaction is a script, one round trip --- */

static redisContext *redis;
static char script[64];

static redisReply *
redis_do(const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	redisReply *r = redisvCommand(redis, fmt, ap);
	va_end(ap);
	check(r != NULL && r->type != REDIS_REPLY_ERROR, r != NULL ? r->str : "redis");
	return r;
}

static void
redis_open(bool fill)
{
	char path[300];

	(void)fill;
	snprintf(path, sizeof(path), "%s/socket", folder);
	redis = redisConnectUnix(path);
	check(redis != NULL && redis->err == 0, "redis connect");
	redisReply *r = redis_do("SCRIPT LOAD %s", "local a = redis.call('GET', KEYS[1]) local b = redis.call('GET', KEYS[2]) "
	    "if not a or not b then return 0 end redis.call('MSET', KEYS[1], ARGV[1], KEYS[2], ARGV[1]) return 1");
	snprintf(script, sizeof(script), "%s", r->str);
	freeReplyObject(r);
}

static void
redis_fill(long from, long to)
{
	char value[VALUE + 1], key[40];

	memset(value, 'f', VALUE);
	value[VALUE] = '\0';
	freeReplyObject(redis_do("CONFIG SET appendfsync no"));
	for (long i = from; i < to; i++) {
		key_of(i, key);
		redisAppendCommand(redis, "SET %s %s", key, value);
		if (i % 1000 == 999 || i == to - 1)
			for (long n = i % 1000 + 1; n > 0; n--) {
				redisReply *r;
				check(redisGetReply(redis, (void **)&r) == REDIS_OK, "redis fill");
				freeReplyObject(r);
			}
	}
	freeReplyObject(redis_do("CONFIG SET appendfsync always"));
}

static bool
redis_tx(long a, long b, const char *value)
{
	char ka[48], kb[48];

	key_of(a, ka);
	key_of(b, kb);
	redisReply *r = redis_do("EVALSHA %s 2 %s %s %s", script, ka, kb, value);
	bool good = r->integer == 1;
	freeReplyObject(r);
	return good;
}

static bool
redis_get(long a)
{
	char key[48];

	key_of(a, key);
	redisReply *r = redis_do("GET %s", key);
	bool good = r->len == VALUE;
	freeReplyObject(r);
	return good;
}
#endif

static const struct backend backends[] = {
	{ "gatehouse", our_open, our_fill, our_tx, our_get },
#ifdef WITH_PEERS
	{ "lmdb", lmdb_open, lmdb_fill, lmdb_tx, lmdb_get },
	{ "sqlite", lite_open, lite_fill, lite_tx, lite_get },
	{ "redis", redis_open, redis_fill, redis_tx, redis_get },
#endif
};

/* --- measuring --- */

static double
now_us(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return (double)t.tv_sec * 1e6 + (double)t.tv_nsec / 1e3;
}

static void
count(struct side *s, double us)
{
	long slot = us < 2000 ? (long)us : 2000 + (long)((us - 2000) / 100);

	atomic_fetch_add_explicit(&s->slot[slot < SLOTS ? slot : SLOTS - 1], 1, memory_order_relaxed);
	atomic_fetch_add_explicit(&s->count, 1, memory_order_relaxed);
}

static double
percentile(struct side *s, double share)
{
	long want = (long)((double)s->count * share), sum = 0;

	for (int i = 0; i < SLOTS; i++)
		if ((sum += s->slot[i]) > want)
			return i < 2000 ? i : 2000 + (i - 2000) * 100.0;
	return 0;
}

static uint64_t
step(uint64_t *x)
{
	*x ^= *x << 13;
	*x ^= *x >> 7;
	return *x ^= *x << 17;
}

static _Noreturn void
run(const struct backend *b, bool writer, int number, long rate)
{
	uint64_t x = (uint64_t)(number + 1) * 0x9e3779b97f4a7c15ul;
	char value[VALUE + 1];
	double next = now_us();

	memset(value, 'a' + number % 26, VALUE);
	value[VALUE] = '\0';
	b->open(false);
	while (!atomic_load_explicit(&board->stop, memory_order_relaxed)) {
		long i = (long)(step(&x) % (uint64_t)records), j = (long)(step(&x) % (uint64_t)records);
		if (writer && rate > 0) {
			next += 1e6 / (double)rate;
			double wait = next - now_us();
			if (wait > 0)
				usleep((useconds_t)wait);
		}
		double start = now_us();
		check(writer ? b->tx(i, j == i ? (j + 1) % records : j, value) : b->get(i), writer ? "transaction" : "read");
		count(writer ? &board->tx : &board->get, now_us() - start);
	}
	if (store != NULL)
		store_close(store);
	_exit(0);
}

int
main(int argc, char **argv)
{
	const struct backend *b = NULL;

	check(argc == 5 || argc == 8, "usage: store BACKEND FOLDER RECORDS fill | WRITERS READERS SECONDS RATE");
	for (size_t i = 0; i < sizeof(backends) / sizeof(backends[0]); i++)
		if (strcmp(backends[i].name, argv[1]) == 0)
			b = &backends[i];
	check(b != NULL, "backend");
	folder = argv[2];
	records = strtol(argv[3], NULL, 10);
	mkdir(folder, 0700);
	if (argc == 5) {
		b->open(true);
		b->fill(0, records);
		if (store != NULL)
			store_close(store);
		return 0;
	}
	int writers = (int)strtol(argv[4], NULL, 10), readers = (int)strtol(argv[5], NULL, 10);
	double seconds = strtod(argv[6], NULL);
	board = mmap(NULL, sizeof(*board), PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	for (int i = 0; i < writers + readers; i++)
		if (fork() == 0)
			run(b, i < writers, i, strtol(argv[7], NULL, 10));
	usleep(400000);	/* all have opened */
	memset(&board->tx, 0, sizeof(board->tx));
	memset(&board->get, 0, sizeof(board->get));
	double start = now_us();
	usleep((useconds_t)(seconds * 1e6));
	long tx = board->tx.count, get = board->get.count;
	double took = (now_us() - start) / 1e6;
	atomic_store(&board->stop, 1);
	int status, bad = 0;
	while (wait(&status) > 0)
		bad |= status;
	printf("%-10s %8ld %3d %3d %9.0f %7.0f %7.0f %10.0f %6.0f %6.0f\n", b->name, records, writers, readers,
	    (double)tx / took, percentile(&board->tx, 0.5), percentile(&board->tx, 0.99), (double)get / took,
	    percentile(&board->get, 0.5), percentile(&board->get, 0.99));
	return bad != 0;
}
