/* engine-postgresql.c: the engine over a PostgreSQL server: for more than one machine. docs/store.md tells how it works; reading
 * is in pg_read.c, writing in pg_commit.c, the rest in pg_tools.c. */
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "base/arena.h"
#include "base/clock.h"
#include "base/log.h"
#include "base/metrics.h"
#include "db/engine.h"
#include "db/pg.h"
#include "db/pg_array.h"
#include "db/pg_engine.h"
#include "db/pg_schema.h"
#include "base/banned.h"

#define START		5000	/* ms that a server has to come up when we do */
#define NAP		50	/* ms between two tries */
#define SCRATCH		(8u << 20)	/* memory for the arrays of one commit */

/* --- open and close --- */

static void
engine_close(struct engine *e)
{
	if (e == NULL)
		return;
	pg_read_forget(e);
	pg_free(e->pg);
	arena_free(e->scratch);
	if (e->url != NULL)
		explicit_bzero(e->url, strlen(e->url));	/* it may hold a password */
	free(e->url);
	free(e);
}

/* Is there a store of a form that we know? STORE_ABSENT: there is none. */
static enum store_result
look_at_format(struct engine *e, char *why, size_t why_size)
{
	enum pg_fault f = pg_run(e->pg, &pg_format, NULL, 0, PG_CALL);

	if (f == PG_REFUSED && (strcmp(pg_state(e->pg), "42P01") == 0 || strcmp(pg_state(e->pg), "3F000") == 0))
		return STORE_ABSENT;
	if (f != PG_OK) {
		snprintf(why, why_size, "store.url: %s", pg_why(e->pg));
		return STORE_FAILED;
	}
	if (pg_rows(e->pg) == 1 && pg_int(e->pg, 0, 0) == PG_SCHEMA_FORMAT)
		return STORE_OK;
	snprintf(why, why_size, "the database holds a store of another version");
	return STORE_FAILED;
}

static enum store_result
make(struct engine *e, char *why, size_t why_size)
{
	enum store_result r = look_at_format(e, why, why_size);

	if (r == STORE_ABSENT && e->read_only)
		snprintf(why, why_size, "the database holds no store yet");
	if (r != STORE_ABSENT || e->read_only)
		return r == STORE_ABSENT ? STORE_FAILED : r;
	if (pg_script(e->pg, pg_schema_make, PG_LONG) != PG_OK) {
		snprintf(why, why_size, "store.url: the tables cannot be made: %s", pg_why(e->pg));
		return STORE_FAILED;
	}
	r = look_at_format(e, why, why_size);
	return r == STORE_ABSENT ? STORE_FAILED : r;
}

/* A server that is not up yet is waited for; one that says no is not. */
static enum store_result
reach(struct engine *e, char *why, size_t why_size)
{
	int64_t ms = e->read_only ? 0 : START;

	while (pg_ready(e->pg) != PG_OK) {
		if (ms <= 0 || pg_answers(e->pg)) {
			snprintf(why, why_size, "store.url: cannot connect: %s", pg_why(e->pg));
			return STORE_FAILED;
		}
		nanosleep(&(struct timespec){ 0, NAP * 1000000 }, NULL);
		ms -= NAP;
	}
	return STORE_OK;
}

static enum store_result
engine_open(struct engine **out, const struct store_options *options, char *why, size_t why_size)
{
	struct engine *e = calloc(1, sizeof(*e));
	bool wrong = false;

	*out = NULL;
	if (e == NULL || (e->url = strdup(options->url != NULL ? options->url : "")) == NULL) {
		snprintf(why, why_size, "out of memory");
		free(e);
		return STORE_FAILED;
	}
	e->scratch = arena_new(SCRATCH);
	e->conflicts = metric_own(METRIC_STORE_CONFLICTS);
	e->read_only = options->read_only;
	e->locks = !options->serializable;
	e->setup = e->locks ? pg_setup_locks : pg_setup_serializable;
	if (*e->url != '\0')
		e->pg = pg_new(e->url, e->setup, &wrong);
	enum store_result r = STORE_FAILED;
	if (e->pg == NULL)
		snprintf(why, why_size, *e->url == '\0' ? "store.url: the engine postgresql needs one" :
		    "store.url: this is no address of a PostgreSQL database");
	else if ((r = reach(e, why, why_size)) == STORE_OK)
		r = make(e, why, why_size);
	if (r == STORE_OK)
		*out = e;
	else
		engine_close(e);
	return r;
}

/* --- asking --- */

enum store_result
pg_result_of(const struct engine *e, enum pg_fault f)
{
	static const enum store_result results[] = { [PG_OK] = STORE_OK, [PG_AWAY] = STORE_FAILED, [PG_LOST] = STORE_FAILED,
	    [PG_AGAIN] = STORE_CONFLICT, [PG_FULL] = STORE_FULL, [PG_REFUSED] = STORE_FAILED };

	if (f == PG_REFUSED)
		log_event(LOG_LEVEL_ERROR, "store_refused", "state=%s why=\"%s\"", pg_state(e->pg), pg_why(e->pg));
	return results[f];
}

enum pg_fault
pg_ask(struct engine *e, const struct pg_statement *s, const struct pg_value *v, size_t count)
{
	enum pg_fault f = PG_AGAIN;

	for (int i = 0; i < 3 && (f == PG_AGAIN || f == PG_LOST); i++)
		f = pg_run(e->pg, s, v, count, PG_CALL);
	return f;
}

const struct engine_ops engine_postgresql = {
	.name = "postgresql", .open = engine_open, .close = engine_close, .get = pg_read_one,
	.expect = pg_read_expect, .commit = pg_commit_run, .settle = pg_commit_settle, .each = pg_tools_each, .fold = pg_tools_fold,
	.tend = pg_tools_tend, .check = pg_tools_check, .stats = pg_tools_stats, .tell = pg_tools_tell, .hear = pg_tools_hear,
};
