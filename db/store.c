/* store.c: transactions over any engine: what was read is remembered with its version, what is written is held back
 * until the end, and the engine takes it all if the versions still hold.
 *
 * long because: begin, read, write and commit share the state of a transaction, which nobody else sees. */
#include "db/store.h"

#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "base/arena.h"
#include "base/buf.h"
#include "base/secret.h"
#include "db/copy.h"
#include "db/engine.h"
#include "db/news.h"
#include "db/recall.h"
#include "base/banned.h"

#define RUNS		16		/* how often a transaction is tried */
#define SCRATCH_MAX	(64u << 20)	/* memory for one transaction's books; the reads' own values are the caller's */
#define PAUSE_US	20		/* the first back-off; it doubles */
#define PAUSE_MAX_US	5000

static const struct engine_ops *const engines[] = { &engine_gdbm, &engine_postgresql };

struct store {
	const struct engine_ops	*ops;
	struct engine		*engine;
	struct recall		*recall;	/* NULL until it is asked for */
	bool			 defers;	/* store_defer */
	struct arena		*scratch;	/* of the last transaction, empty, for the next one; NULL: none, or in use */
};

/* A key that the transaction has touched. */
struct touched {
	uint32_t	 hash;
	const char	*key;
	const char	*value;		/* as the transaction sees it now; NULL: absent */
	uint64_t	 version;	/* as first read */
	int64_t		 expires;
	size_t		 bytes;		/* what its write counts towards STORE_TX_BYTES */
	bool		 read, written;
};

struct store_tx {
	struct store	*store;
	struct arena	*arena, *scratch;
	struct touched	*keys;
	size_t		 count, size;
	size_t		 reads, writes, bytes;
	enum engine_when when;
	enum store_result spoiled;	/* a read that failed: what fn makes of it must not be committed */
	struct after	*after, **last_after;
};

/* Who is called when it is committed. */
struct after {
	void		(*fn)(const char *);
	const char	*arg;
	struct after	*next;
};

const char *
store_result_name(enum store_result r)
{
	static const char *const names[] = {
		[STORE_OK] = "ok", [STORE_ABSENT] = "absent", [STORE_CONFLICT] = "conflict", [STORE_FULL] = "full",
		[STORE_FAILED] = "failed", [STORE_UNKNOWN] = "unknown", [STORE_LIMIT] = "limit",
	};

	return (size_t)r < sizeof(names) / sizeof(names[0]) ? names[r] : "unknown";
}

static bool
key_fits(const char *key)
{
	return key != NULL && *key != '\0' && strnlen(key, STORE_KEY_MAX + 1) <= STORE_KEY_MAX;
}

/* --- open and close --- */

static const struct engine_ops *
engine_named(const char *name)
{
	if (name == NULL)
		return engines[0];
	for (size_t i = 0; i < sizeof(engines) / sizeof(engines[0]); i++)
		if (strcmp(engines[i]->name, name) == 0)
			return engines[i];
	return NULL;
}

enum store_result
store_open(struct store **out, const struct store_options *options, char *why, size_t why_size)
{
	const struct engine_ops *ops = engine_named(options->engine);
	struct engine *engine = NULL;

	*out = NULL;
	if (ops == NULL) {
		snprintf(why, why_size, "store.engine: there is no engine called %.50s", options->engine);
		return STORE_FAILED;
	}
	enum store_result r = ops->open(&engine, options, why, why_size);
	if (r != STORE_OK)
		return r;
	struct store *s = calloc(1, sizeof(*s));
	if (s == NULL) {
		snprintf(why, why_size, "out of memory");
		ops->close(engine);
		return STORE_FAILED;
	}
	s->ops = ops;
	s->engine = engine;
	*out = s;
	return STORE_OK;
}

void
store_close(struct store *s)
{
	if (s == NULL)
		return;
	s->ops->close(s->engine);
	recall_free(s->recall);
	arena_free(s->scratch);
	free(s);
}

/* --- one record --- */

enum store_result
store_get(struct store *s, struct arena *arena, const char *key, const char **value)
{
	struct engine_record rec = { .value = NULL };

	*value = NULL;
	if (!key_fits(key))
		return STORE_LIMIT;
	enum store_result r = s->ops->get(s->engine, arena, key, &rec);
	if (r == STORE_OK)
		*value = rec.value;
	return r;
}

enum store_result
store_peek(struct store *s, const char *key, const char **value, size_t *len)
{
	struct engine_record rec = { .value = NULL };

	if (!key_fits(key))
		return STORE_LIMIT;
	enum store_result r = s->ops->get(s->engine, NULL, key, &rec);
	*value = r == STORE_OK ? rec.value : NULL;
	*len = rec.len;
	return r;
}

bool
store_asks(const struct store *s)
{
	return s->ops->expect != NULL;
}

void
store_expect(struct store *s, struct arena *arena, const char *const *keys, size_t n)
{
	if (s->ops->expect != NULL)
		s->ops->expect(s->engine, arena, keys, n);
}

struct recall *
store_recall(struct store *s)
{
	if (s->recall == NULL)
		s->recall = recall_new();
	return s->recall;
}

struct recall *
store_tx_recall(const struct store_tx *tx)
{
	return store_recall(tx->store);
}

/* --- inside a transaction --- */

static uint32_t
hash_of(const char *key)
{
	uint32_t h = 2166136261u;	/* FNV-1a: only saves most of the strcmps below */

	for (; *key != '\0'; key++)
		h = (h ^ (unsigned char)*key) * 16777619u;
	return h;
}

/* The entry of key, made if there is none. */
static struct touched *
touch(struct store_tx *tx, const char *key)
{
	uint32_t hash = hash_of(key);

	for (size_t i = 0; i < tx->count; i++)
		if (tx->keys[i].hash == hash && strcmp(tx->keys[i].key, key) == 0)
			return &tx->keys[i];
	if (tx->count == tx->size) {
		size_t size = tx->size == 0 ? 16 : tx->size * 2;
		struct touched *bigger = arena_alloc(tx->scratch, size * sizeof(*bigger));
		if (tx->count > 0)
			memcpy(bigger, tx->keys, tx->count * sizeof(*bigger));
		tx->keys = bigger;
		tx->size = size;
	}
	struct touched *t = &tx->keys[tx->count++];
	*t = (struct touched){ .hash = hash, .key = arena_strdup(tx->scratch, key) };
	return t;
}

enum store_result
store_tx_get(struct store_tx *tx, const char *key, const char **value)
{
	struct engine_record rec = { .value = NULL };

	*value = NULL;
	if (!key_fits(key))
		return STORE_LIMIT;
	struct touched *t = touch(tx, key);
	if (!t->read && !t->written) {
		enum store_result r = tx->store->ops->get(tx->store->engine, tx->arena, key, &rec);
		if (r != STORE_OK && r != STORE_ABSENT)
			return tx->spoiled = r;
		t->read = true;
		t->version = rec.version;
		t->value = r == STORE_OK ? rec.value : NULL;
		tx->reads++;
	}
	/* A caller may still hold the value when the transaction's own memory is gone. */
	if (t->written && t->value != NULL)
		*value = arena_strdup(tx->arena, t->value);
	else
		*value = t->value;
	return t->value != NULL ? STORE_OK : STORE_ABSENT;
}

bool
store_tx_asks(const struct store_tx *tx)
{
	return store_asks(tx->store);
}

void
store_tx_expect(struct store_tx *tx, const char *const *keys, size_t n)
{
	store_expect(tx->store, tx->arena, keys, n);
}

/* Note that key shall get value (in scratch memory; NULL: be deleted). bytes is what it counts towards the limit. */
static enum store_result
write_key(struct store_tx *tx, const char *key, const char *value, int64_t expires, size_t bytes)
{
	struct touched *t = touch(tx, key);
	size_t before = t->written ? t->bytes : 0;

	if (!t->written && tx->writes == STORE_TX_KEYS)
		return STORE_LIMIT;
	if (tx->bytes - before + bytes > STORE_TX_BYTES)
		return STORE_LIMIT;
	tx->writes += !t->written;
	tx->bytes += bytes - before;
	t->written = true;
	t->bytes = bytes;
	t->value = value;
	t->expires = expires;
	return STORE_OK;
}

enum store_result
store_tx_put(struct store_tx *tx, const char *key, const char *value, int64_t expires)
{
	if (!key_fits(key) || value == NULL || expires < 0)
		return STORE_LIMIT;
	size_t len = strnlen(value, STORE_VALUE_MAX + 1);
	if (len > STORE_VALUE_MAX)
		return STORE_LIMIT;
	return write_key(tx, key, arena_strndup(tx->scratch, value, len), expires, strlen(key) + len);
}

enum store_result
store_tx_delete(struct store_tx *tx, const char *key)
{
	if (!key_fits(key))
		return STORE_LIMIT;
	return write_key(tx, key, NULL, 0, strlen(key));
}

void
store_tx_then(struct store_tx *tx, void (*fn)(const char *arg), const char *arg)
{
	for (const struct after *t = tx->after; t != NULL; t = t->next)
		if (t->fn == fn && strcmp(t->arg, arg) == 0)
			return;
	struct after *t = arena_alloc(tx->scratch, sizeof(*t));
	*t = (struct after){ fn, arg, NULL };
	*tx->last_after = t;
	tx->last_after = &t->next;
}

struct arena *
store_tx_arena(struct store_tx *tx)
{
	return tx->arena;
}

/* --- running one --- */

static enum store_result
commit(struct store_tx *tx, bool with_writes)
{
	struct engine_read *reads = arena_alloc(tx->scratch, (tx->reads + 1) * sizeof(*reads));
	struct engine_write *writes = arena_alloc(tx->scratch, (tx->writes + 1) * sizeof(*writes));
	size_t r = 0, w = 0;

	for (size_t i = 0; i < tx->count; i++) {
		const struct touched *t = &tx->keys[i];
		if (t->read)
			reads[r++] = (struct engine_read){ t->key, t->version };
		if (t->written && with_writes)
			writes[w++] = (struct engine_write){ t->key, t->value, t->expires };
	}
	return tx->store->ops->commit(tx->store->engine, reads, r, writes, w, tx->when);
}

/* One attempt. STORE_CONFLICT from the engine sets *again; from fn it is fn's own word. */
static enum store_result
attempt(struct store_tx *tx, store_fn fn, void *arg, bool *again)
{
	enum store_result said = fn(tx, arg), r;

	*again = false;
	if (tx->spoiled != STORE_OK)
		return tx->spoiled;
	if (said == STORE_OK)
		r = commit(tx, true);
	else if (said == STORE_FAILED || said == STORE_LIMIT || tx->reads < 2)
		return said;
	else	/* A refusal must not rest on two records of different moments. */
		r = commit(tx, false);
	*again = r == STORE_CONFLICT;
	return r == STORE_OK ? said : r;
}

/* It has been committed: whoever is to know is told, here and on other machines. */
static void
tell(const struct store_tx *tx)
{
	const struct engine_ops *ops = tx->store->ops;
	struct buf news = buf_new(tx->scratch, NEWS_MAX);

	for (const struct after *t = tx->after; t != NULL; t = t->next)
		t->fn(t->arg);
	if (ops->tell == NULL || tx->after == NULL)
		return;
	news_begin(&news);
	for (const struct after *t = tx->after; t != NULL; t = t->next)
		news_add(&news, t->fn, t->arg);
	if (news_is_some(&news))
		ops->tell(tx->store->engine, news.over ? NEWS_MISSED : news.data);
}

static void
back_off(int run)
{
	uint32_t random, most = (uint32_t)PAUSE_US << run;

	secret_random(&random, sizeof(random));
	if (most > PAUSE_MAX_US)
		most = PAUSE_MAX_US;
	nanosleep(&(struct timespec){ 0, (long)(random % most) * 1000 }, NULL);
}

static enum store_result
run(struct store *s, struct arena *arena, store_fn fn, void *arg, enum engine_when when)
{
	enum store_result r = STORE_CONFLICT;
	bool again = true;

	for (int i = 0; again && i < RUNS; i++) {
		struct store_tx tx = { .store = s, .arena = arena, .when = when };
		if (i > 0)
			back_off(i);
		tx.scratch = s->scratch != NULL ? s->scratch : arena_new(SCRATCH_MAX);
		s->scratch = NULL;
		tx.last_after = &tx.after;
		r = attempt(&tx, fn, arg, &again);
		if (r == STORE_OK)
			tell(&tx);
		arena_reset(tx.scratch);
		arena_free(s->scratch);	/* fn ran another one */
		s->scratch = tx.scratch;
	}
	return r;
}

enum store_result
store_run(struct store *s, struct arena *arena, store_fn fn, void *arg)
{
	return run(s, arena, fn, arg, s->defers ? ENGINE_OWED : ENGINE_DURABLE);
}

enum store_result
store_run_soon(struct store *s, struct arena *arena, store_fn fn, void *arg)
{
	return run(s, arena, fn, arg, ENGINE_SOON);
}

void
store_defer(struct store *s)
{
	s->defers = s->ops->owed != NULL;
}

uint64_t
store_owed(struct store *s)
{
	return s->defers ? s->ops->owed(s->engine) : 0;
}

enum store_result
store_await(struct store *s, uint64_t owed)
{
	return owed == 0 ? STORE_OK : s->ops->await(s->engine, owed);
}

/* --- straight to the engine --- */

enum store_result
store_settle(struct store *s)
{
	return s->ops->settle(s->engine);
}

enum store_result
store_each(struct store *s, store_each_fn fn, void *arg)
{
	return s->ops->each(s->engine, fn, arg);
}

enum store_result
store_fold(struct store *s)
{
	return s->ops->fold(s->engine);
}

enum store_result
store_check(struct store *s, FILE *out)
{
	return s->ops->check(s->engine, out);
}

void
store_tend(struct store *s)
{
	if (s->ops->tend != NULL)
		s->ops->tend(s->engine);
}

int
store_hear(struct store *s)
{
	return s->ops->hear != NULL ? s->ops->hear(s->engine, news_do) : -1;
}

size_t
store_stats(struct store *s, struct store_stat out[STORE_STATS])
{
	return s->ops->stats(s->engine, out);
}

enum store_result
store_backup(struct store *s, const char *to, char *why, size_t why_size)
{
	if (s->ops->backup == NULL)
		return copy_to_folder(s->ops, s->engine, to, why, why_size);
	return s->ops->backup(s->engine, to, why, why_size);
}
