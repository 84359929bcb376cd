/* outbox_send.c: the courier's side of the outbox: the first call of each lane that is due. */
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#include "base/arena.h"
#include "base/clock.h"
#include "base/metrics.h"
#include "courier/backoff.h"
#include "courier/lane.h"
#include "courier/target.h"
#include "courier/try.h"
#include "web/fetch.h"
#include "base/banned.h"

static void
answered(void *arg, const struct fetch_answer *answer)
{
	struct try *t = arg;
	struct courier *c = t->outbox->courier;
	struct lane l = { .user = t->place->is.user, .name = t->place->is.name };

	/* What it was about is read again: nothing of it was kept in memory while it was under way. */
	(void)!lane_call(c->store, c->arena, c->keyring, &l, t->number, &t->call);
	try_end(t, answer);
}

/* --- beginning it --- */

static const struct outbox_kind *
find_kind(const struct outbox *o, const char *name)
{
	for (const struct outbox_kind *const *k = o->kinds; *k != NULL && name != NULL; k++)
		if (strcmp((*k)->name, name) == 0)
			return *k;
	return NULL;
}

static void
has_room(struct host_waiter *w)
{
	struct place *p = (struct place *)(void *)((char *)w - offsetof(struct place, waiter));

	roster_schedule(&p->is, p->waits);
}

/* Its host has all the calls that it can take. */
static void
queue_up(struct outbox *o, struct place *p, const char *url)
{
	p->waits = p->is.due.at;
	p->waiter.ready = has_room;
	if (courier_wait(o->courier, url, &p->waiter))
		roster_schedule(&p->is, DUE_NEVER);
	else
		try_later(p, TRY_LATER);
}

/* NULL if it may be made, else why not. */
static const char *
fault_of(const struct outbox *o, const struct try *t, enum store_result opened, struct fetch_request *request)
{
	struct target_rule rule = { .any_port = true };
	const char *fault;

	if (opened != STORE_OK)
		return "it cannot be opened";
	if (t->kind == NULL)
		return "nobody knows this kind of call";
	if (t->kind->rule != NULL) {
		rule = (struct target_rule){ .hosts = NULL };
		t->kind->rule(o->courier->config, &rule);
	}
	fault = target_fault(o->courier->config, &rule, t->call.url, &request->loopback);
	return fault != NULL ? arena_printf(o->courier->arena, "its URL %s", fault) : NULL;
}

static void
send(struct outbox *o, struct place *p, struct try *t, const char *fault, struct fetch_request *request)
{
	p->busy = true;
	roster_schedule(&p->is, DUE_NEVER);
	request->method = t->call.method;
	request->url = t->call.url;
	request->headers = t->call.headers;
	request->body = t->call.body;
	request->len = t->call.body != NULL ? strlen(t->call.body) : 0;
	if (fault != NULL)
		try_refuse(t, fault);
	else if (!courier_call(o->courier, request, answered, t))
		try_refuse(t, "it could not begin");
}

/* Make the first call of a lane, or say why not. */
static void
make(struct outbox *o, struct place *p, const struct lane *l, const struct outbox_call *call, enum store_result opened)
{
	const struct outbox_kind *kind = find_kind(o, call->kind);
	struct try *t = calloc(1, sizeof(*t));
	struct fetch_request request = { 0 };
	const char *fault;

	if (t == NULL) {
		try_later(p, TRY_LATER);
		return;
	}
	*t = (struct try){ .outbox = o, .place = p, .kind = kind, .number = l->first, .call = *call };
	memcpy(t->id, l->id, strnlen(l->id, sizeof(t->id) - 1));
	fault = fault_of(o, t, opened, &request);
	int64_t wait = fault == NULL && kind->prepare != NULL ? kind->prepare(o->courier, &t->call) : 0;
	if (wait < 0)
		fault = "it is not wanted any more";
	else if (wait == 0 && fault == NULL)	/* it may have another URL now */
		fault = fault_of(o, t, opened, &request);
	if (wait <= 0 && (fault != NULL || courier_may_call(o->courier, t->call.url))) {
		send(o, p, t, fault, &request);
		return;
	}
	if (wait > 0)
		try_later(p, wait);
	else
		queue_up(o, p, t->call.url);
	free(t);
}

static void
step(struct outbox *o, struct place *p, int64_t now)
{
	struct courier *c = o->courier;
	struct outbox_call call = { 0 };
	struct lane l;
	enum store_result r = lane_find(c->store, c->arena, p->is.user, p->is.name, &l);

	if (r == STORE_ABSENT)
		roster_remove(&p->is);
	else if (r != STORE_OK)
		try_later(p, TRY_LATER);
	else if (l.next > now && l.next <= now + BACKOFF_MAX * 2)
		roster_schedule(&p->is, l.next);
	else if ((r = lane_call(c->store, c->arena, c->keyring, &l, l.first, &call)) == STORE_OK || r == STORE_ABSENT)
		make(o, p, &l, &call, r);
	else
		try_later(p, TRY_LATER);
}

/* --- the sender --- */

static void *
begin_outbox(struct courier *c, const void *about)
{
	struct outbox *o = calloc(1, sizeof(*o));
	struct roster *lanes = o != NULL ? roster_new(sizeof(struct place)) : NULL;

	if (lanes == NULL) {
		free(o);
		return NULL;
	}
	*o = (struct outbox){ c, about, lanes, metric_own(METRIC_OUTBOX_LANES) };
	return o;
}

static void
end_outbox(void *arg)
{
	struct outbox *o = arg;

	roster_free(o->lanes);
	free(o);
}

static void
see(void *arg, const char *key, const char *value)
{
	const struct outbox *o = arg;

	(void)value;
	if (strncmp(key, "outbox/", 7) == 0)
		roster_add_path(o->lanes, key + 7);
}

static void
hear(void *arg, const char *word)
{
	const struct outbox *o = arg;

	if (strncmp(word, LANE_WORD, strlen(LANE_WORD)) == 0)
		roster_add_path(o->lanes, word + strlen(LANE_WORD));
}

static int64_t
work(void *arg)
{
	struct outbox *o = arg;
	int64_t now = clock_ms();
	struct place *p = roster_first(o->lanes);

	for (int steps = 0; steps < COURIER_STEPS && courier_has_room(o->courier); steps++) {
		if (p == NULL || p->is.due.at > now)
			break;
		step(o, p, now);
		p = roster_first(o->lanes);
	}
	metric_set(o->waiting, roster_count(o->lanes));
	return p != NULL && courier_has_room(o->courier) ? p->is.due.at : DUE_NEVER;
}

struct sender
outbox_sender(const struct outbox_kind *const *kinds)
{
	return (struct sender){ "outbox", kinds, begin_outbox, see, hear, NULL, work, end_outbox };
}
