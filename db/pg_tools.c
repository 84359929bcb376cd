/* pg_tools.c: walks, housekeeping, proofs and figures of the PostgreSQL engine, and news from machine to machine. */
#include "base/arena.h"
#include "base/clock.h"
#include "base/metrics.h"
#include "db/news.h"
#include "db/pg.h"
#include "db/pg_array.h"
#include "db/pg_engine.h"
#include "db/pg_schema.h"
#include "base/banned.h"

#define SWEEPS	20	/* statements of one round of housekeeping */

/* --- walking --- */

/* On a connection of its own, so that fn may use the store. */
enum store_result
pg_tools_each(struct engine *e, store_each_fn fn, void *arg)
{
	bool wrong, more = true;
	struct pg *pg = pg_new(e->url, pg_setup_walk, &wrong);
	enum pg_fault f = pg != NULL ? pg_script(pg, pg_walk_begin, PG_LONG) : PG_AWAY;
	int64_t now = clock_sec();

	while (f == PG_OK && more && (f = pg_run(pg, &pg_walk, NULL, 0, PG_LONG)) == PG_OK && pg_rows(pg) > 0)
		for (size_t i = 0; more && i < pg_rows(pg); i++) {
			int64_t expires = pg_int(pg, i, 2);
			size_t len;
			if (expires == 0 || expires > now)
				more = fn(arg, pg_bytes(pg, i, 0, &len), pg_bytes(pg, i, 1, &len), expires);
		}
	pg_free(pg);
	return f == PG_OK ? STORE_OK : STORE_FAILED;
}

/* --- housekeeping --- */

static enum store_result
sweep(struct engine *e, int most)
{
	enum pg_fault f = PG_OK;
	int64_t gone = 1;

	if (e->read_only)
		return STORE_FAILED;
	for (int i = 0; f == PG_OK && gone > 0 && (most == 0 || i < most); i++) {
		struct pg_value v = pg_int8(e->scratch, clock_sec_least());
		f = pg_ask(e, &pg_sweep, &v, 1);
		gone = f == PG_OK ? pg_int(e->pg, 0, 0) : 0;
		metric_add(metric_own(METRIC_STORE_SWEPT), (uint64_t)gone);
		arena_reset(e->scratch);
	}
	if (f == PG_OK)
		f = pg_ask(e, &pg_sweep_writers, NULL, 0);
	return pg_result_of(e, f);
}

enum store_result
pg_tools_fold(struct engine *e)
{
	return sweep(e, 0);
}

void
pg_tools_tend(struct engine *e)
{
	sweep(e, SWEEPS);
}

/* --- tools --- */

static bool
count_one(void *arg, const char *key, const char *value, int64_t expires)
{
	(void)key, (void)value, (void)expires;
	++*(size_t *)arg;
	return true;
}

/* Every page of the table is read, which has the server prove its checksum, and the index is held against it. */
enum store_result
pg_tools_check(struct engine *e, FILE *out)
{
	bool wrong;
	struct pg *pg = pg_new(e->url, pg_setup_walk, &wrong);
	int64_t table = -1, index = -1;
	size_t n = 0;
	bool walked = pg_tools_each(e, count_one, &n) == STORE_OK;

	if (pg != NULL && walked && pg_script(pg, "begin isolation level repeatable read read only; set enable_indexscan = off;"
	    "set enable_indexonlyscan = off; set enable_bitmapscan = off", PG_LONG) == PG_OK &&
	    pg_run(pg, &pg_count_table, NULL, 0, PG_LONG) == PG_OK)
		table = pg_int(pg, 0, 0);
	if (table >= 0 && pg_script(pg, "set enable_seqscan = off; set enable_indexscan = on; set enable_indexonlyscan = on",
	    PG_LONG) == PG_OK && pg_run(pg, &pg_count_index, NULL, 0, PG_LONG) == PG_OK)
		index = pg_int(pg, 0, 0);
	if (index < 0)
		fprintf(out, "the table cannot be read: %s\n", pg != NULL && *pg_why(pg) != '\0' ? pg_why(pg) : pg_why(e->pg));
	else if (table != index)
		fprintf(out, "%lld records in the table, %lld in its index\n", (long long)table, (long long)index);
	pg_free(pg);
	return index >= 0 && table == index ? STORE_OK : STORE_FAILED;
}

size_t
pg_tools_stats(struct engine *e, struct store_stat *out)
{
	size_t n = 0, len;

	if (pg_ask(e, &pg_figures, NULL, 0) != PG_OK || pg_rows(e->pg) != 1)
		return 0;
	for (int i = 0; pg_figures_names[i] != NULL; i++)
		if (pg_bytes(e->pg, 0, i, &len) != NULL)
			out[n++] = (struct store_stat){ pg_figures_names[i], (uint64_t)pg_int(e->pg, 0, i) };
	return n;
}

/* --- news --- */

void
pg_tools_tell(struct engine *e, const char *news)
{
	struct pg_value v = pg_text(news);

	pg_send(e->pg, &pg_tell, &v, 1);
}

/* What is told while there is no connection is not heard: whoever waits looks once more then. */
int
pg_tools_hear(struct engine *e, void (*fn)(const char *news))
{
	const char *news;

	if (e->ear == 0 || e->ear != pg_number(e->pg) || pg_fd(e->pg) < 0) {
		if (pg_ready(e->pg) != PG_OK || pg_script(e->pg, pg_listen, PG_CALL) != PG_OK)
			return -1;
		if (e->ear != 0)
			fn(NEWS_MISSED);
		e->ear = pg_number(e->pg);
	}
	while ((news = pg_heard(e->pg)) != NULL)
		fn(news);
	return pg_fd(e->pg);
}
