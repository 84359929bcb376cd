/* delivery_step.c: beginning a call, waiting for one, and what is written without one. */
#include "schema/delivery_step.h"

#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#include "base/arena.h"
#include "base/clock.h"
#include "base/json.h"
#include "schema/callback_url.h"
#include "web/fetch.h"
#include "base/banned.h"

#define CALLS_EVERY 1000	/* ms between two events to one link */

void
step_again(const struct step *s, int64_t after)
{
	s->link->again = true;
	roster_schedule(&s->link->is, s->now + after);
}

struct call *
step_call(const struct step *s, enum call_kind kind)
{
	struct call *call = calloc(1, sizeof(*call));

	if (call != NULL)
		*call = (struct call){ .delivery = s->d, .link = s->link, .kind = kind };
	return call;
}

void
step_begin(const struct step *s, struct call *call, const char *url, const struct json *message)
{
	const char *body = json_print(s->arena, message);
	struct fetch_request request = { .method = "POST", .url = url, .body = body, .len = strlen(body) };
	const char *why = callback_url_fault(s->courier->config, url, &request.loopback);
	struct fetch_answer none = { .body = "", .head = "", .error = why != NULL ? why : "it could not begin" };

	call->message = strdup(body);
	call->expires = s->grant.expires;
	s->link->busy = true;
	if (call->kind >= CALL_DEVICES)
		s->link->called = s->now;
	roster_schedule(&s->link->is, DUE_NEVER);
	if (why != NULL || !courier_call(s->courier, &request, delivery_end, call))
		delivery_end(call, &none);
}

static void
has_room(struct host_waiter *w)
{
	struct link *link = (struct link *)(void *)((char *)w - offsetof(struct link, waiter));

	roster_schedule(&link->is, link->waits);
}

bool
step_may_call(const struct step *s, const char *url)
{
	if (url == NULL || courier_may_call(s->courier, url))
		return true;
	s->link->again = true;
	s->link->waits = s->link->is.due.at;
	s->link->waiter.ready = has_room;
	if (courier_wait(s->courier, url, &s->link->waiter))
		roster_schedule(&s->link->is, DUE_NEVER);
	else
		step_again(s, STEP_LATER);
	return false;
}

int64_t
step_wait(const struct step *s)
{
	int64_t wait = s->link->called + CALLS_EVERY - s->now;

	return wait > 0 && wait <= CALLS_EVERY ? wait : 0;
}

/* --- without a call --- */

/* What is written at the end of the round. Until then the link is busy. */
struct advancing {
	struct delivery	*d;
	struct link	*link;
	long long	 cursor;	/* 0: as it is */
	const struct json *chosen;	/* NULL: as it is */
	bool		 whole;
	int64_t		 after;		/* ms: when to look again then */
};

static enum store_result
advance_fn(struct store_tx *tx, void *arg)
{
	const struct advancing *v = arg;
	const struct keyring *ring = v->d->courier->keyring;
	struct callback c;
	enum store_result r = callback_tx_find(tx, ring, v->link->is.user, v->link->is.name, &c);

	if (r != STORE_OK)
		return r == STORE_ABSENT ? STORE_OK : r;
	c.cursor = v->cursor > 0 ? v->cursor : c.cursor;
	c.chosen = v->chosen != NULL ? v->chosen : c.chosen;
	if (v->whole) {	/* even if nothing has changed since */
		c.whole = true;
		c.cursor -= c.cursor > 0;
	}
	return callback_tx_put(tx, ring, &c);
}

static void
advanced(void *arg, enum store_result r)
{
	const struct advancing *v = arg;

	v->link->busy = false;
	v->link->again = true;
	roster_schedule(&v->link->is, clock_ms() + (r == STORE_OK ? v->after : STEP_LATER));
}

/* The link is busy until it is written. */
static void
write_later(const struct step *s, store_fn fn, void (*then)(void *, enum store_result), struct advancing what)
{
	struct advancing *v = arena_alloc(s->arena, sizeof(*v));

	*v = what;
	v->d = s->d;
	v->link = s->link;
	s->link->busy = true;
	roster_schedule(&s->link->is, DUE_NEVER);
	courier_write(s->courier, fn, then, v);
}

void
step_advance(const struct step *s, long long cursor, int64_t after)
{
	write_later(s, advance_fn, advanced, (struct advancing){ .cursor = cursor, .after = after });
}

void
step_choose(const struct step *s, const struct json *chosen, bool whole)
{
	write_later(s, advance_fn, advanced, (struct advancing){ .chosen = chosen, .whole = whole });
}

static enum store_result
forget_fn(struct store_tx *tx, void *arg)
{
	const struct advancing *v = arg;

	return callback_tx_delete(tx, v->link->is.user, v->link->is.name);
}

static void
forgotten(void *arg, enum store_result r)
{
	const struct advancing *v = arg;

	if (r == STORE_OK)
		roster_remove(&v->link->is);
	else
		advanced(arg, r);
}

void
step_forget(const struct step *s)
{
	write_later(s, forget_fn, forgotten, (struct advancing){ .after = 0 });
}
