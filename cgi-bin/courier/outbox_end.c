/* outbox_end.c: what came of a call: the next of its lane, another try later, or the end of patience. */
#include <stdlib.h>
#include <string.h>

#include "base/arena.h"
#include "base/clock.h"
#include "base/log.h"
#include "courier/backoff.h"
#include "courier/lane.h"
#include "courier/try.h"
#include "web/fetch.h"
#include "base/banned.h"

#define DAY 86400	/* seconds: how long a call is tried unless its kind says otherwise */

void
try_later(struct place *p, int64_t after)
{
	p->busy = false;
	roster_schedule(&p->is, after > 0 ? clock_ms() + after : 0);
}

static enum store_result
put_off(struct store_tx *tx, const struct try *t, struct lane *l)
{
	int64_t now = clock_ms() / 1000;

	l->since = l->since > 0 && l->since <= now ? l->since : now;
	l->failures++;
	l->next = t->outcome.next;
	l->why = t->outcome.why;
	return t->outcome.verdict == OUTBOX_AGAIN ? lane_tx_put(tx, l) : lane_tx_pop(tx, l);
}

/* Has it failed so long that it makes no sense any more? */
static bool
is_too_old(const struct try *t, const struct lane *l)
{
	int64_t life = t->kind != NULL && t->kind->life > 0 ? t->kind->life : DAY;

	return l->failures + 1 >= OUTBOX_TRIES && clock_ms() - t->call.created >= life * 1000;
}

static bool
is_ours(const struct try *t, enum store_result r, const struct lane *l)
{
	return r == STORE_OK && strcmp(l->id, t->id) == 0 && l->first == t->number;
}

static enum store_result
write_outcome(struct store_tx *tx, void *arg)
{
	struct try *t = arg;
	const struct member *m = &t->place->is;
	struct lane l;
	enum store_result r = lane_tx_find(tx, m->user, m->name, &l);

	if (!is_ours(t, r, &l))	/* it was dropped */
		return r == STORE_ABSENT ? STORE_OK : r;
	t->outcome = t->usual;
	t->outcome.next = clock_ms() + backoff_asked(l.failures + 1, t->retry_after);
	if (t->outcome.verdict == OUTBOX_AGAIN && is_too_old(t, &l))
		t->outcome.verdict = OUTBOX_GIVEN_UP;
	t->call.failures = l.failures;
	if (t->kind != NULL && t->kind->outcome != NULL) {
		r = t->kind->outcome(tx, t->outbox->courier, &t->call, &t->outcome);
		if (r == STORE_OK)	/* it may have queued more, or dropped all */
			r = lane_tx_find(tx, m->user, m->name, &l);
		if (!is_ours(t, r, &l))
			return r == STORE_ABSENT ? STORE_OK : r;
	}
	if (t->outcome.verdict >= OUTBOX_AGAIN)
		return put_off(tx, t, &l);
	l.failures = l.since = l.next = 0;
	l.why = NULL;
	return lane_tx_pop(tx, &l);
}

static void
log_outcome(const struct try *t)
{
	static const char *const verdicts[] = { "done", "refused", "again", "given_up" };
	const struct member *m = &t->place->is;

	log_event(t->outcome.verdict == OUTBOX_DONE ? LOG_LEVEL_DEBUG : LOG_LEVEL_WARN, "outbox", "kind=%s user=%s lane=%s "
	    "result=%s why=\"%s\"", t->call.kind != NULL ? t->call.kind : "-", m->user, m->name,
	    verdicts[t->outcome.verdict], t->outcome.why);
}

static void
written(void *arg, enum store_result r)
{
	struct try *t = arg;

	if (r == STORE_OK)
		log_outcome(t);
	else
		log_event(LOG_LEVEL_WARN, "outbox_not_kept", "user=%s lane=%s store=%s", t->place->is.user, t->place->is.name,
		    store_result_name(r));
	try_later(t->place, r == STORE_OK ? 0 : TRY_LATER);
	free(t);
}

static enum outbox_verdict
judge(int status)
{
	if (status >= 200 && status < 300)
		return OUTBOX_DONE;
	return status == 0 || status == 408 || status == 425 || status == 429 || status >= 500 ? OUTBOX_AGAIN : OUTBOX_REFUSED;
}

/* The answer, which lives for this call alone, is needed until the round ends. */
static const struct fetch_answer *
keep(struct arena *a, const struct fetch_answer *answer)
{
	struct fetch_answer *kept = arena_alloc(a, sizeof(*kept));

	*kept = *answer;
	kept->body = arena_strndup(a, answer->body, answer->len);
	kept->head = arena_strdup(a, answer->head);
	return kept;
}

static void
end(struct try *t, const struct fetch_answer *answer, enum outbox_verdict verdict)
{
	struct courier *c = t->outbox->courier;

	answer = keep(c->arena, answer);
	t->usual = t->outcome = (struct outbox_outcome){ verdict, answer,
	    answer->status == 0 ? answer->error : arena_printf(c->arena, "HTTP %d", answer->status), 0 };
	t->retry_after = answer->retry_after;
	courier_write(c, write_outcome, written, t);
}

void
try_end(struct try *t, const struct fetch_answer *answer)
{
	end(t, answer, judge(answer->status));
}

void
try_refuse(struct try *t, const char *why)
{
	end(t, &(struct fetch_answer){ .body = "", .head = "", .error = why }, OUTBOX_REFUSED);
}
