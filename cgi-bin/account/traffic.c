/* traffic.c: a row a kind of message; then all of them by time. */
#include "account/traffic.h"

#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#include "base/arena.h"
#include "base/clock.h"
#include "base/json.h"
#include "device/change.h"
#include "oauth/exchange.h"
#include "oauth/grant.h"
#include "schema/told.h"
#include "base/banned.h"

#define TOLD_SEEN ((CHANGE_KEPT + 3600 + 60) * (int64_t)1000)	/* ms: a step that goes well is kept once an hour */
#define TWICE 2000						/* ms: of one refusal, here and in the journal */

/* What is not in the journal anyhow: a command that went well is a change, and so on. NULL: not shown. */
static const struct { enum exchange_step step; const char *done, *failed; } rows[] = {
	{ EXCHANGE_GRANT, "asked_grant", "failed_grant" },
	{ EXCHANGE_DISCOVERY, "asked_discovery", "failed_discovery" },
	{ EXCHANGE_REFRESH, "asked_refresh", "failed_refresh" },
	{ EXCHANGE_COMMAND, NULL, "failed_command" },
	{ EXCHANGE_TOKENS, NULL, "failed_tokens" },
	{ EXCHANGE_EVENT, NULL, "failed_event" },
};

struct gathering {
	struct store		*store;
	struct arena		*arena;
	const char		*user;
	const struct json	*journal;
	struct json		*list;
	enum store_result	 result;
};

static bool
is_in_journal(const struct gathering *t, const char *grant, int64_t time)
{
	for (const struct json *e = json_first(t->journal); e != NULL; e = json_next(e)) {
		const char *event = json_get_string(e, "event"), *of = json_get_string(e, "grant");
		int64_t away = json_get_int(e, "time", 0) - time;
		if (event != NULL && strncmp(event, "callback_", 9) == 0 && of != NULL && strcmp(of, grant) == 0 &&
		    away < TWICE && away > -TWICE)
			return true;
	}
	return false;
}

static void
add(struct gathering *t, const struct grant *g, const char *event, int64_t time, const char *error)
{
	if (event == NULL || time == 0)
		return;
	struct json *v = json_append(t->arena, t->list, json_object(t->arena));
	json_set_string(t->arena, v, "event", event);
	json_set_int(t->arena, v, "time", time);
	json_set_string(t->arena, v, "grant", g->id);
	json_set_string(t->arena, v, "error", error);
	json_set_string(t->arena, v, "detail", error);
}

static void
add_link(void *arg, const struct grant *g)
{
	struct gathering *t = arg;
	struct exchange_seen seen[EXCHANGE_STEPS];

	if (t->result == STORE_OK)
		t->result = exchange_read(t->store, t->arena, t->user, g->id, seen);
	if (t->result != STORE_OK)
		return;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		const struct exchange_seen *s = &seen[rows[i].step];
		add(t, g, rows[i].done, s->done, NULL);
		if (s->failed != 0 && !is_in_journal(t, g->id, s->failed))
			add(t, g, rows[i].failed, s->failed, s->error);
	}
	if (clock_ms() - seen[EXCHANGE_EVENT].done < TOLD_SEEN)
		t->result = told_list(t->store, t->arena, t->user, g->id, t->list);
}

static int
newest_first(const void *a, const void *b)
{
	long long x = json_get_int(*(const struct json *const *)a, "time", 0);
	long long y = json_get_int(*(const struct json *const *)b, "time", 0);

	return (x < y) - (x > y);
}

bool
traffic_is(const char *event)
{
	static const char *const begins[] = { "asked_", "failed_", "told_" };

	for (size_t i = 0; event != NULL && i < sizeof(begins) / sizeof(begins[0]); i++)
		if (strncmp(event, begins[i], strlen(begins[i])) == 0)
			return true;
	return false;
}

enum store_result
traffic_list(struct store *store, struct arena *a, const char *user, const struct json *journal, struct json **events)
{
	struct gathering t = { store, a, user, journal, json_array(a), STORE_OK };
	enum store_result r = grant_each(store, a, user, add_link, &t);

	if (r == STORE_OK)
		r = t.result;
	size_t n = json_count(journal) + json_count(t.list), i = 0;
	const struct json **sorted = arena_alloc(a, (n + 1) * sizeof(*sorted));
	for (const struct json *e = json_first(journal); e != NULL; e = json_next(e))
		sorted[i++] = e;
	for (const struct json *e = json_first(t.list); e != NULL; e = json_next(e))
		sorted[i++] = e;
	qsort(sorted, n, sizeof(*sorted), newest_first);
	*events = json_array(a);
	for (i = 0; i < n; i++)
		json_append(a, *events, json_copy(a, sorted[i]));
	return r;
}
