/* exchange.c: one small record that is read each time, two large ones a step that are rarely written. */
#include "oauth/exchange.h"

#include <string.h>

#include "base/arena.h"
#include "base/clock.h"
#include "base/json.h"
#include "base/log.h"
#include "base/mask.h"
#include "db/record.h"
#include "oauth/grant.h"
#include "base/banned.h"

#define TEXT_MAX 8192			/* bytes of a message that are kept */
#define KEPT (31 * 86400)		/* seconds */
#define DONE_EVERY 3600000		/* ms between two that went well */
#define FAILED_EVERY 60000		/* ms between two of the same failure */
#define TURN_EVERY 1000			/* ms between two turns from well to wrong or back */

static const char *const names[] = {
	[EXCHANGE_ALLOWED] = "allowed", [EXCHANGE_CODE] = "code", [EXCHANGE_GRANT] = "grant", [EXCHANGE_TOKENS] = "tokens",
	[EXCHANGE_DISCOVERY] = "discovery", [EXCHANGE_REFRESH] = "refresh", [EXCHANGE_COMMAND] = "command",
	[EXCHANGE_EVENT] = "event", [EXCHANGE_RESULT] = "result",
};

static char *
times_key(struct arena *a, const char *user, const char *grant)
{
	return record_key(a, "exchanges", user, grant, NULL);
}

static char *
text_key(struct arena *a, const char *user, const char *grant, enum exchange_step step, bool failed)
{
	return record_key(a, "exchange", user, grant, arena_printf(a, "%s%s", names[step], failed ? "-failed" : ""), NULL);
}

static struct exchange_seen
seen(const struct json *times, enum exchange_step step)
{
	const struct json *s = json_get(times, names[step]);

	return (struct exchange_seen){ json_get_int(s, "first", 0), json_get_int(s, "done", 0), json_get_int(s, "failed", 0),
	    json_get_string(s, "error") };
}

/* Is every ms over since then? Also if then is to come: the clock was set back. */
static bool
over(int64_t now, int64_t then, int64_t every)
{
	return then == 0 || now < then || now - then >= every;
}

static bool
is_due(const struct exchange *x, const struct exchange_seen *s, int64_t now)
{
	bool failed = s->failed > s->done, other;

	if (x->error == NULL)
		return over(now, s->done, failed ? TURN_EVERY : DONE_EVERY);
	other = s->error == NULL || strcmp(s->error, x->error) != 0;
	return over(now, s->failed, !failed || other ? TURN_EVERY : FAILED_EVERY);
}

/* --- keeping --- */

static enum store_result
put_messages(struct store_tx *tx, const struct exchange *x, const struct mask *m, int64_t now)
{
	struct arena *a = store_tx_arena(tx);
	struct json *r = record_new(a);

	json_set_int(a, r, "time", now);
	json_set_string(a, r, "line", x->line != NULL ? mask_text(a, m, x->line) : NULL);
	if (x->headers != NULL)
		json_set(a, r, "headers", json_copy(a, x->headers));
	if (x->request != NULL)
		json_set_string(a, r, "request", mask_print(a, m, x->request, TEXT_MAX));
	if (x->status != 0)
		json_set_int(a, r, "status", x->status);
	if (x->answer != NULL)
		json_set_string(a, r, "answer", mask_print(a, m, x->answer, TEXT_MAX));
	return record_tx_put(tx, text_key(a, x->grant->user, x->grant->id, x->step, x->error != NULL), r,
	    clock_sec() + KEPT);
}

enum store_result
exchange_tx_keep(struct store_tx *tx, const struct exchange *x)
{
	struct arena *a = store_tx_arena(tx);
	char *key = times_key(a, x->grant->user, x->grant->id);
	int64_t now = x->time != 0 ? x->time : clock_ms();
	struct json *r;
	enum store_result result = record_tx_get(tx, key, &r);

	if (result != STORE_OK && result != STORE_ABSENT)
		return result;
	if (result == STORE_ABSENT)
		r = record_new(a);
	struct exchange_seen s = seen(r, x->step);
	if (!is_due(x, &s, now))
		return STORE_OK;
	struct json *times = json_object(a);
	struct exchange readable = *x;	/* what was printed already may hold secrets, too */
	struct mask m = { 0 };
	readable.answer = json_read_again(a, x->answer);
	mask_learn(&m, x->request);
	mask_learn(&m, readable.answer);
	json_set_int(a, times, "first", s.first != 0 || x->error != NULL ? s.first : now);
	json_set_int(a, times, "done", x->error == NULL ? now : s.done);
	json_set_int(a, times, "failed", x->error != NULL ? now : s.failed);
	json_set_string(a, times, "error", x->error != NULL ? mask_text(a, &m, x->error) : s.error);
	json_set(a, r, names[x->step], times);
	if ((result = record_tx_put(tx, key, r, x->grant->expires)) != STORE_OK)
		return result;
	return put_messages(tx, &readable, &m, now);
}

bool
exchange_tx_due(struct store_tx *tx, const struct exchange *x)
{
	struct json *r;
	enum store_result result = record_tx_get(tx, times_key(store_tx_arena(tx), x->grant->user, x->grant->id), &r);
	struct exchange_seen s = seen(result == STORE_OK ? r : NULL, x->step);

	return (result == STORE_OK || result == STORE_ABSENT) && is_due(x, &s, clock_ms());
}

static enum store_result
keep(struct store_tx *tx, void *arg)
{
	return exchange_tx_keep(tx, arg);
}

void
exchange_keep(struct store *store, struct arena *a, const struct exchange *x)
{
	struct exchange copy = *x;
	const struct json *times;
	enum store_result r = record_read(store, a, times_key(a, x->grant->user, x->grant->id), &times, NULL);
	struct exchange_seen s = seen(r == STORE_OK ? times : NULL, x->step);

	if ((r != STORE_OK && r != STORE_ABSENT) || !is_due(x, &s, clock_ms()))
		return;
	if ((r = store_run(store, a, keep, &copy)) != STORE_OK)
		log_event(LOG_LEVEL_WARN, "exchange_lost", "step=%s grant=%s store=%s", names[x->step], x->grant->id,
		    store_result_name(r));
}

/* --- reading --- */

enum store_result
exchange_read(struct store *store, struct arena *a, const char *user, const char *grant,
    struct exchange_seen out[EXCHANGE_STEPS])
{
	struct json *times = NULL;
	enum store_result r = record_get(store, a, times_key(a, user, grant), &times);

	for (int i = 0; i < EXCHANGE_STEPS; i++)
		out[i] = seen(times, (enum exchange_step)i);
	return r == STORE_ABSENT ? STORE_OK : r;
}

enum store_result
exchange_find(struct store *store, struct arena *a, const char *user, const char *grant, enum exchange_step step,
    bool failed, struct json **record)
{
	return record_get(store, a, text_key(a, user, grant, step, failed), record);
}

struct forgetting {
	struct store		*store;
	struct arena		*arena;
	const struct grant	*grant;
	enum store_result	 result;
};

static enum store_result
forget(struct store_tx *tx, void *arg)
{
	const struct grant *g = ((const struct forgetting *)arg)->grant;
	struct arena *a = store_tx_arena(tx);
	enum store_result r = record_tx_delete(tx, times_key(a, g->user, g->id));

	for (int i = 0; i < 2 * EXCHANGE_STEPS && r == STORE_OK; i++)
		r = record_tx_delete(tx, text_key(a, g->user, g->id, (enum exchange_step)(i / 2), i % 2 == 1));
	return r;
}

static void
forget_link(void *arg, const struct grant *g)
{
	struct forgetting *f = arg;

	f->grant = g;
	if (f->result == STORE_OK)
		f->result = store_run(f->store, f->arena, forget, f);
}

enum store_result
exchange_forget(struct store *store, struct arena *a, const char *user)
{
	struct forgetting f = { store, a, NULL, STORE_OK };
	enum store_result r = grant_each(store, a, user, forget_link, &f);

	return r != STORE_OK ? r : f.result;
}
