/* pg_read.c: reading of the PostgreSQL engine: one record, or in one question all that are read next. */
#include <string.h>

#include "base/arena.h"
#include "base/clock.h"
#include "db/engine.h"
#include "db/pg.h"
#include "db/pg_array.h"
#include "db/pg_engine.h"
#include "db/pg_schema.h"
#include "base/banned.h"

#define AHEAD_KEYS	1024		/* that one question is asked for; the rest is read one by one */
#define AHEAD_BYTES	(4u << 20)	/* of their values: where it is more, each is read when its turn comes */

/* What was read before it was asked for. It lives in the arena of whoever expected it, and ends with that. */
struct pg_ahead {
	struct engine	*engine;	/* NULL: it is over */
	unsigned	 connection;
	size_t		 count, next;
	struct ahead_record {
		const char		*key;	/* NULL: it was read */
		struct engine_record	 record;	/* value NULL: there is none */
	}		*records;
};

static void
on_arena_end(void *arg)
{
	struct pg_ahead *h = arg;

	if (h->engine != NULL)
		pg_read_forget(h->engine);
}

void
pg_read_forget(struct engine *e)
{
	if (e->ahead != NULL)
		e->ahead->engine = NULL;
	e->ahead = NULL;
}

/* --- ahead --- */

static struct pg_ahead *
ahead_new(struct arena *a, const char *const *keys, size_t n)
{
	struct pg_ahead *h = arena_alloc(a, sizeof(*h));

	h->records = arena_alloc(a, (n + 1) * sizeof(*h->records));
	for (size_t i = 0; i < n && h->count < AHEAD_KEYS; i++)
		if (keys[i] != NULL)
			h->records[h->count++].key = arena_strdup(a, keys[i]);
	return h;
}

static enum pg_fault
ask_for_all(struct engine *e, const struct pg_ahead *h)
{
	struct pg_bytes *keys = arena_alloc(e->scratch, (h->count + 1) * sizeof(*keys));

	for (size_t i = 0; i < h->count; i++)
		keys[i] = (struct pg_bytes){ h->records[i].key, strlen(h->records[i].key) };
	struct pg_value v = pg_array_bytes(e->scratch, keys, h->count);
	enum pg_fault f = pg_run(e->pg, &pg_get_all, &v, 1, PG_CALL);
	arena_reset(e->scratch);
	return f;
}

/* The row of a record that there is; its value is where libpq has it. */
static struct engine_record
record_of(const struct pg *pg, size_t row)
{
	struct engine_record r = { .version = (uint64_t)pg_int(pg, row, 1), .expires = pg_int(pg, row, 2) };

	r.value = pg_bytes(pg, row, 0, &r.len);
	return r;
}

/* Take over the answer, which has a row for each key, in their order. False: it is too much to be held. */
static bool
ahead_fill(struct pg_ahead *h, struct arena *a, const struct pg *pg)
{
	size_t bytes = 0;

	if (pg_rows(pg) != h->count)
		return false;
	for (size_t i = 0; i < h->count; i++)
		bytes += record_of(pg, i).len;
	for (size_t i = 0; i < h->count && bytes <= AHEAD_BYTES; i++) {
		struct engine_record r = record_of(pg, i);
		if (r.value != NULL)
			r.value = arena_strndup(a, r.value, r.len);
		h->records[i].record = r;
	}
	return bytes <= AHEAD_BYTES;
}

/* Where it cannot be had, nothing is said: each record's own read will. */
void
pg_read_expect(struct engine *e, struct arena *a, const char *const *keys, size_t n)
{
	struct pg_ahead *h = ahead_new(a, keys, n);

	pg_read_forget(e);
	if (h->count < 2 || ask_for_all(e, h) != PG_OK || !ahead_fill(h, a, e->pg))
		return;
	h->connection = pg_number(e->pg);
	h->engine = e;
	e->ahead = h;
	arena_then(a, on_arena_end, h);
}

/* The record, if it was read ahead. Whatever else is read in between may be newer than what is left: then all of it is void. */
static const struct engine_record *
take_ahead(struct engine *e, const char *key)
{
	struct pg_ahead *h = e->ahead;

	for (size_t i = 0; h != NULL && h->connection == pg_number(e->pg) && i < h->count; i++) {
		struct ahead_record *r = &h->records[(h->next + i) % h->count];
		if (r->key != NULL && strcmp(r->key, key) == 0) {
			r->key = NULL;
			h->next = h->next + i + 1;
			return &r->record;
		}
	}
	pg_read_forget(e);
	return NULL;
}

/* --- one --- */

enum store_result
pg_read_one(struct engine *e, struct arena *arena, const char *key, struct engine_record *rec)
{
	const struct engine_record *ahead = take_ahead(e, key);
	struct pg_value v = pg_text(key);
	enum pg_fault f = ahead == NULL ? pg_ask(e, &pg_get, &v, 1) : PG_OK;

	*rec = (struct engine_record){ .value = NULL };
	if (f != PG_OK)
		return pg_result_of(e, f);
	if (e->read_on == 0)
		e->read_on = pg_number(e->pg);
	if (ahead != NULL)
		*rec = *ahead;
	else if (pg_rows(e->pg) == 1)
		*rec = record_of(e->pg, 0);
	e->soon_seen |= rec->version & 1;
	bool live = rec->value != NULL && (rec->expires == 0 || rec->expires > clock_sec());
	if (live && arena != NULL)
		rec->value = arena_strndup(arena, rec->value, rec->len);
	return live ? STORE_OK : STORE_ABSENT;
}
