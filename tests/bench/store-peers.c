/* The stores that ours is measured beside, each used as its makers say for durable work.
 *
 * long because: three of them stand side by side, for whoever compares. */
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include <hiredis/hiredis.h>
#include <lmdb.h>
#include <sqlite3.h>

#include "tests/bench/store.h"
#include "base/banned.h"

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

	if (mdb_txn_begin(env, NULL, 0, &t) != 0)
		return false;
	if (lmdb_find(t, a) && lmdb_find(t, b) && lmdb_put(t, a, value) && lmdb_put(t, b, value))
		return mdb_txn_commit(t) == 0;
	mdb_txn_abort(t);
	return false;
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
	if (!lite_step(begin_stmt))
		return false;
	if (lite_get(a) && lite_get(b) && lite_put(a, value) && lite_put(b, value) && lite_step(commit_stmt))
		return true;
	sqlite3_exec(db, "ROLLBACK", NULL, NULL, NULL);
	return false;
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
	char value[VALUE + 1], key[48];

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

/* It writes its file anew when that has doubled, in a process of its own. */
static void
redis_rest(void)
{
	bool busy = true;

	redis_open(false);
	for (int i = 0; busy && i < 600; i++) {
		redisReply *r = redis_do("INFO persistence");
		busy = strstr(r->str, "aof_rewrite_in_progress:1") != NULL;
		freeReplyObject(r);
		usleep(busy ? 100000 : 0);
	}
}

static void
redis_close(void)
{
	redisFree(redis);
}

static void
lmdb_close(void)
{
	mdb_env_close(env);
}

static void
lite_close(void)
{
	sqlite3_finalize(get_stmt);
	sqlite3_finalize(put_stmt);
	sqlite3_finalize(begin_stmt);
	sqlite3_finalize(commit_stmt);
	sqlite3_close(db);
}

const struct backend backend_lmdb = { "lmdb", lmdb_open, lmdb_fill, lmdb_tx, lmdb_get, NULL, lmdb_close };
const struct backend backend_sqlite = { "sqlite", lite_open, lite_fill, lite_tx, lite_get, NULL, lite_close };
const struct backend backend_redis = { "redis", redis_open, redis_fill, redis_tx, redis_get, redis_rest, redis_close };
