/* presence.c: the time until which a node server is there, and what follows when that changes. */
#include "nodeserver/presence.h"

#include <string.h>

#include "base/arena.h"
#include "base/clock.h"
#include "base/json.h"
#include "courier/box.h"
#include "db/record.h"
#include "nodeserver/nodes.h"
#include "nodeserver/inbox.h"
#include "nodeserver/registry.h"
#include "base/banned.h"

#define SPARE 10000	/* ms by which a longer presence is worth a write */

static char *
presence_key(struct arena *a, const char *worker)
{
	return record_key(a, "nodeserver-presence", worker, NULL);
}

int64_t
presence_of_message(const struct nodeserver *ns)
{
	return 2 * json_get_int(ns->record, "longPoll", 0) + PRESENCE_SLACK;
}

struct turning {
	struct nodeserver	*ns;
	bool			 connected, started, stopped, set_stopped;
	bool			 by_owner;	/* who stops or starts it */
	bool			 if_late;	/* only if its time is over */
	bool			 done;
	int64_t			 until;		/* ms; 0 = leave it */
};

static enum store_result
put_until(struct store_tx *tx, const struct nodeserver *ns, int64_t until)
{
	struct arena *a = store_tx_arena(tx);
	struct json *r = record_new(a);

	json_set_string(a, r, "user", ns->user);
	json_set_int(a, r, "n", ns->n);
	json_set_int(a, r, "until", until);
	return record_tx_put(tx, presence_key(a, ns->worker), r, 0);
}

/* Was it heard of meanwhile? */
static enum store_result
is_late(struct store_tx *tx, const struct nodeserver *ns, bool *late)
{
	struct json *record;
	enum store_result r = record_tx_get(tx, presence_key(store_tx_arena(tx), ns->worker), &record);

	*late = r == STORE_ABSENT || (r == STORE_OK && json_get_int(record, "until", 0) <= clock_ms());
	return r == STORE_ABSENT ? STORE_OK : r;
}

static enum store_result
turn_fn(struct store_tx *tx, void *arg)
{
	struct turning *t = arg;
	struct arena *a = store_tx_arena(tx);
	struct nodeserver *ns = t->ns;
	enum store_result r = registry_tx_find(tx, ns->user, ns->n, ns);

	t->done = true;
	if (r == STORE_OK && t->if_late)
		r = is_late(tx, ns, &t->done);
	if (r != STORE_OK || !t->done)
		return r;
	bool changed = ns->connected != t->connected;
	if (t->until != 0 && (r = put_until(tx, ns, t->until)) != STORE_OK)
		return r;
	/* Gone once more, as a last will says that comes late: nothing is new. */
	if (!changed && !t->connected && !t->set_stopped)
		return STORE_OK;
	if (t->set_stopped)
		ns->stopped = t->stopped;
	if (t->set_stopped && !t->stopped && (r = inbox_tx_begin(tx, ns->worker, !t->by_owner)) != STORE_OK)
		return r;
	ns->connected = t->connected;
	if (t->started || (changed && t->connected))
		json_set_int(a, ns->record, "timeStarted", clock_ms());
	if (t->connected)
		json_set_bool(a, ns->record, "firstRun", false);
	else if (changed)
		json_set_int(a, ns->record, "lastDisconnect", clock_ms());
	/* The courier looks at it when the time is over; how long that is stands in the record. */
	if (t->connected && (r = box_tx_leave(tx, arena_printf(a, PRESENCE_WORD "%s", ns->worker))) != STORE_OK)
		return r;
	if ((r = nodes_tx_controller(tx, ns, t->connected)) == STORE_OK && (r = registry_tx_put(tx, ns)) == STORE_OK)
		r = inbox_tx_config(tx, ns->worker);
	return r;
}

/* Devices first, if they come online: who breaks off in between has not said that it is connected, and does it again. */
static enum store_result
turn(const struct nodeserver_context *x, struct turning *t)
{
	enum store_result r = STORE_OK;

	if (t->connected)
		r = nodes_set_online(x, t->ns, true);
	if (r == STORE_OK)
		r = store_run(x->store, x->arena, turn_fn, t);
	if (r == STORE_OK && !t->connected && t->done)
		r = nodes_set_online(x, t->ns, false);
	return r;
}

enum store_result
presence_turn(const struct nodeserver_context *x, struct nodeserver *ns, bool connected, bool started)
{
	struct turning t = { .ns = ns, .connected = connected, .started = started, .set_stopped = connected,
	    .until = clock_ms() + (connected ? presence_of_message(ns) * 1000 : 0) };

	return turn(x, &t);
}

enum store_result
presence_expire(const struct nodeserver_context *x, struct nodeserver *ns)
{
	return turn(x, &(struct turning){ .ns = ns, .if_late = true });
}

enum store_result
presence_stop(const struct nodeserver_context *x, struct nodeserver *ns, bool stopped)
{
	int64_t until = 0;
	struct json *r;

	if (record_get(x->store, x->arena, presence_key(x->arena, ns->worker), &r) == STORE_OK)
		until = json_get_int(r, "until", 0);
	struct turning t = { .ns = ns, .connected = !stopped && until > clock_ms(), .set_stopped = true, .stopped = stopped,
	    .by_owner = true };

	return turn(x, &t);
}

static enum store_result
longer_fn(struct store_tx *tx, void *arg)
{
	const struct turning *t = arg;

	return put_until(tx, t->ns, t->until);
}

enum store_result
presence_heard(const struct nodeserver_context *x, struct nodeserver *ns, int64_t seconds)
{
	int64_t until = clock_ms() + seconds * 1000;
	struct json *record;
	enum store_result r = record_get(x->store, x->arena, presence_key(x->arena, ns->worker), &record);
	int64_t before = r == STORE_OK ? json_get_int(record, "until", 0) : 0;
	struct turning t = { .ns = ns, .connected = true, .until = until };

	if (r != STORE_OK && r != STORE_ABSENT)
		return r;
	if (!ns->stopped && !ns->connected)
		return turn(x, &t);
	/* A clock that was moved back must not keep anybody connected for years. */
	if (until - before > SPARE || before - until > 86400000)
		return store_run(x->store, x->arena, longer_fn, &t);
	return STORE_OK;
}

enum store_result
presence_is_there(const struct nodeserver_context *x, const struct nodeserver *ns, bool *there)
{
	struct json *record;
	enum store_result r = record_get(x->store, x->arena, presence_key(x->arena, ns->worker), &record);

	*there = r == STORE_OK && ns->connected && !ns->stopped && json_get_int(record, "until", 0) > clock_ms();
	return r == STORE_ABSENT ? STORE_OK : r;
}

enum store_result
presence_tx_forget(struct store_tx *tx, const struct nodeserver *ns)
{
	return record_tx_delete(tx, presence_key(store_tx_arena(tx), ns->worker));
}
