/* activity.c: a ring of small records a user, and one record a user for what clients disliked. */
#include "oauth/activity.h"

#include <stdlib.h>
#include <string.h>

#include "base/arena.h"
#include "base/clock.h"
#include "base/json.h"
#include "base/log.h"
#include "db/record.h"
#include "base/banned.h"

#define NOBODY "-"
#define RESULTS_USER 100	/* of all links of a user: they stand in one record */
#define MINUTE 60000		/* ms */
#define KEPT (400 * 86400)	/* seconds: longer than anybody looks back */

static char *
entry_key(struct arena *a, const char *user, long long n)
{
	return record_key(a, "activity", user, arena_printf(a, "%lld", n % ACTIVITY_KEPT), NULL);
}

static char *
count_key(struct arena *a, const char *user)
{
	return record_key(a, "activity-seq", user, NULL);
}

static struct json *
to_record(struct arena *a, const struct activity *e, long long n)
{
	const struct { const char *name, *value; } members[] = {
		{ "event", e->event }, { "user", e->user }, { "client", e->client }, { "grant", e->grant },
		{ "detail", e->detail }, { "device", e->device }, { "error", e->error }, { "remote", e->remote },
		{ "request", e->request },
	};
	struct json *r = record_new(a);

	json_set_int(a, r, "time", clock_ms());
	json_set_int(a, r, "seq", n);
	for (size_t i = 0; i < sizeof(members) / sizeof(members[0]); i++)
		json_set_string(a, r, members[i].name, members[i].value);
	return r;
}

enum store_result
activity_tx_note(struct store_tx *tx, const struct activity *e)
{
	struct arena *a = store_tx_arena(tx);
	const char *user = e->user != NULL ? e->user : NOBODY;
	char *key = count_key(a, user);
	struct json *count;
	enum store_result r = record_tx_get(tx, key, &count);

	if (r == STORE_ABSENT)
		count = record_new(a);
	else if (r != STORE_OK)
		return r;
	long long n = json_get_int(count, "seq", 0) + 1;
	json_set_int(a, count, "seq", n);
	if ((r = record_tx_put(tx, key, count, 0)) != STORE_OK)
		return r;
	return record_tx_put(tx, entry_key(a, user, n), to_record(a, e, n), clock_sec() + KEPT);
}

/* --- what clients disliked --- */

static char *
results_key(struct arena *a, const char *user)
{
	return record_key(a, "results", user, NULL);
}

static bool
is_of(const struct json *r, const char *grant)
{
	const char *s = json_get_string(r, "grant");

	return grant == NULL || s == NULL ? grant == s : strcmp(grant, s) == 0;
}

/* A copy of the list, without the oldest where one more would be too many, of this link or of all. */
static struct json *
shortened(struct arena *a, const struct json *list, const char *grant, size_t own)
{
	struct json *rest = json_array(a);
	size_t all = json_count(list);

	for (const struct json *r = json_first(list); r != NULL; r = json_next(r)) {
		bool mine = is_of(r, grant);
		if ((mine && own >= ACTIVITY_RESULTS) || all >= RESULTS_USER) {
			own -= mine;
			all--;
		} else
			json_append(a, rest, json_copy(a, r));
	}
	return rest;
}

enum store_result
activity_tx_result(struct store_tx *tx, const struct activity *e, bool *kept, bool *last)
{
	struct arena *a = store_tx_arena(tx);
	char *key = results_key(a, e->user != NULL ? e->user : NOBODY);
	int64_t now = clock_ms(), seq = 0;
	size_t own = 0, recent = 0;
	struct json *record;
	enum store_result result = record_tx_get(tx, key, &record);

	if (result == STORE_ABSENT)
		record = record_new(a);
	else if (result != STORE_OK)
		return result;
	const struct json *list = json_get(record, "list");
	for (const struct json *r = json_first(list); r != NULL; r = json_next(r)) {
		int64_t time = json_get_int(r, "time", 0);
		own += is_of(r, e->grant);
		recent += is_of(r, e->grant) && time > now - MINUTE && time <= now;
		seq = json_get_int(r, "seq", 0);
	}
	*kept = recent < ACTIVITY_RESULTS_MINUTE;
	*last = recent + 1 == ACTIVITY_RESULTS_MINUTE;
	if (!*kept)
		return STORE_OK;
	struct json *longer = shortened(a, list, e->grant, own);
	json_append(a, longer, to_record(a, e, seq + 1));
	json_set(a, record, "list", longer);
	return record_tx_put(tx, key, record, now / 1000 + KEPT);
}

static const char *
or_dash(const char *s)
{
	return s != NULL ? s : "-";
}

void
activity_log(const struct activity *e)
{
	log_event(LOG_LEVEL_INFO, e->event, "user=%s client=%s grant=%s remote=%s detail=\"%.200s\"", or_dash(e->user),
	    or_dash(e->client), or_dash(e->grant), or_dash(e->remote), or_dash(e->detail));
}

static enum store_result
note(struct store_tx *tx, void *arg)
{
	return activity_tx_note(tx, arg);
}

void
activity_note(struct store *store, struct arena *a, const struct activity *e)
{
	struct activity copy = *e;

	activity_log(e);
	enum store_result r = store_run(store, a, note, &copy);
	if (r != STORE_OK)
		log_event(LOG_LEVEL_ERROR, "activity_lost", "event=%s store=%s", e->event, store_result_name(r));
}

/* --- reading --- */

struct reading {
	struct arena	*arena;
	struct json	*list;
	int64_t		 after;
};

static void
take(struct reading *d, const struct json *r)
{
	if (json_get_int(r, "time", 0) > d->after)
		json_append(d->arena, d->list, json_copy(d->arena, r));
}

static void
take_all(struct reading *d, const struct json *results)
{
	for (const struct json *r = json_first(json_get(results, "list")); r != NULL; r = json_next(r))
		take(d, r);
}

static bool
visit(void *arg, const char *key, const char *value, int64_t expires)
{
	struct reading *d = arg;

	(void)expires;
	if (strncmp(key, "activity/", 9) == 0)
		take(d, record_parse(d->arena, value));
	else if (strncmp(key, "results/", 8) == 0)
		take_all(d, record_parse(d->arena, value));
	return true;
}

static enum store_result
read_ring(struct store *store, struct reading *d, const char *user)
{
	struct json *count, *r;
	enum store_result result = record_get(store, d->arena, count_key(d->arena, user), &count);
	long long n = json_get_int(count, "seq", 0);

	for (long long i = n; result == STORE_OK && i > 0 && i > n - ACTIVITY_KEPT; i--) {
		enum store_result one = record_get(store, d->arena, entry_key(d->arena, user, i), &r);
		if (one == STORE_OK)
			take(d, r);
		else if (one != STORE_ABSENT)
			result = one;
	}
	return result == STORE_ABSENT ? STORE_OK : result;
}

static enum store_result
read_user(struct store *store, struct reading *d, const char *user)
{
	struct json *results;
	enum store_result r = record_get(store, d->arena, results_key(d->arena, user), &results);

	if (r != STORE_OK && r != STORE_ABSENT)
		return r;
	take_all(d, results);
	return read_ring(store, d, user);
}

static int
newest_first(const void *a, const void *b)
{
	const struct json *const *x = a, *const *y = b;
	long long tx = json_get_int(*x, "time", 0), ty = json_get_int(*y, "time", 0);
	long long nx = json_get_int(*x, "seq", 0), ny = json_get_int(*y, "seq", 0);

	return tx != ty ? (tx < ty) - (tx > ty) : (nx < ny) - (nx > ny);
}

enum store_result
activity_list(struct store *store, struct arena *a, const char *user, size_t max, int64_t after, struct json **list)
{
	struct reading d = { a, json_array(a), after };
	enum store_result r = user != NULL ? read_user(store, &d, user) : store_each(store, visit, &d);
	size_t n = json_count(d.list), i = 0;
	const struct json **sorted = arena_alloc(a, (n + 1) * sizeof(*sorted));

	for (const struct json *e = json_first(d.list); e != NULL; e = json_next(e))
		sorted[i++] = e;
	qsort(sorted, n, sizeof(*sorted), newest_first);
	*list = json_array(a);
	for (i = 0; i < n && i < max; i++) {
		struct json *shown = json_append(a, *list, json_copy(a, sorted[i]));
		json_set(a, shown, "v", NULL);
		json_set(a, shown, "seq", NULL);
	}
	return r;
}

/* --- forgetting --- */

struct forgetting {
	const char	*user;
	long long	 from;
};

static enum store_result
forget_some(struct store_tx *tx, void *arg)
{
	const struct forgetting *f = arg;
	struct arena *a = store_tx_arena(tx);
	enum store_result r = record_tx_delete(tx, count_key(a, f->user));

	if (r == STORE_OK)
		r = record_tx_delete(tx, results_key(a, f->user));
	for (long long i = f->from; r == STORE_OK && i < f->from + STORE_TX_KEYS - 2 && i < ACTIVITY_KEPT; i++)
		r = record_tx_delete(tx, entry_key(a, f->user, i));
	return r;
}

enum store_result
activity_forget(struct store *store, struct arena *a, const char *user)
{
	struct forgetting f = { user, 0 };
	enum store_result r = STORE_OK;

	for (; r == STORE_OK && f.from < ACTIVITY_KEPT; f.from += STORE_TX_KEYS - 2)
		r = store_run(store, a, forget_some, &f);
	return r;
}
