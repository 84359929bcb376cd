/* inbox.c: a count and one record a message. */
#include "nodeserver/inbox.h"

#include <string.h>

#include "base/arena.h"
#include "base/bell.h"
#include "base/clock.h"
#include "base/json.h"
#include "db/record.h"
#include "nodeserver/registry.h"
#include "nodeserver/trace.h"
#include "oauth/seal.h"
#include "base/banned.h"

#define DROP 50	/* messages that one transaction drops */

static char *
head_key(struct arena *a, const char *worker)
{
	return record_key(a, "nodeserver-inbox", worker, NULL);
}

static char *
message_key(struct arena *a, const char *worker, long long seq)
{
	return record_key(a, "nodeserver-message", worker, arena_printf(a, "%lld", seq), NULL);
}

/* The count: first and last number that wait, config (its number; 0 = told), config_at (ms: not to be told before), told (the last
 * stop that was told), begun (stops up to there were for an earlier run). */
struct head {
	struct json	*record;
	long long	 first, last, config;
	int64_t		 config_at;
	long long	 told, begun;
};

static enum store_result
read_head(enum store_result r, struct arena *a, struct json *record, struct head *h)
{
	if (r == STORE_ABSENT)
		record = record_new(a);
	else if (r != STORE_OK)
		return r;
	*h = (struct head){ record, json_get_int(record, "first", 1), json_get_int(record, "last", 0),
	    json_get_int(record, "config", 0), json_get_int(record, "configAt", 0), json_get_int(record, "told", 0),
	    json_get_int(record, "begun", 0) };
	return STORE_OK;
}

static enum store_result
tx_head(struct store_tx *tx, const char *worker, struct head *h)
{
	struct json *record;
	enum store_result r = record_tx_get(tx, head_key(store_tx_arena(tx), worker), &record);

	return read_head(r, store_tx_arena(tx), record, h);
}

static enum store_result
tx_put_head(struct store_tx *tx, const char *worker, const struct head *h)
{
	struct arena *a = store_tx_arena(tx);

	json_set_int(a, h->record, "first", h->first);
	json_set_int(a, h->record, "last", h->last);
	json_set_int(a, h->record, "config", h->config);
	json_set_int(a, h->record, "configAt", h->config_at);
	json_set_int(a, h->record, "told", h->told);
	json_set_int(a, h->record, "begun", h->begun);
	return record_tx_put(tx, head_key(a, worker), h->record, 0);
}

enum store_result
inbox_tx_add(struct store_tx *tx, const struct keyring *ring, const char *worker, const struct json *message)
{
	struct arena *a = store_tx_arena(tx);
	struct json *record = record_new(a);
	struct head h;
	enum store_result r = tx_head(tx, worker, &h);

	if (r != STORE_OK)
		return r;
	const char *key = message_key(a, worker, ++h.last);
	if (ring != NULL)
		json_set_string(a, record, "sealed", seal_hide(a, ring, key, json_print(a, message)));
	else
		json_set(a, record, "message", json_copy(a, message));
	if (h.last - h.first >= INBOX_MAX)
		r = record_tx_delete(tx, message_key(a, worker, h.first++));
	if (r == STORE_OK)
		r = record_tx_put(tx, key, record, clock_sec() + INBOX_KEPT);
	if (r == STORE_OK)
		r = trace_tx_out(tx, worker, message);
	store_tx_then(tx, bell_ring, worker);
	return r == STORE_OK ? tx_put_head(tx, worker, &h) : r;
}

enum store_result
inbox_tx_config(struct store_tx *tx, const char *worker)
{
	struct head h;
	int64_t now = clock_ms();
	enum store_result r = tx_head(tx, worker, &h);

	if (r != STORE_OK)
		return r;
	if (h.config_at <= now)
		h.config_at = h.config_at + INBOX_CONFIG_MS > now ? h.config_at + INBOX_CONFIG_MS : now;
	h.config = ++h.last;
	store_tx_then(tx, bell_ring, worker);
	return tx_put_head(tx, worker, &h);
}

/* --- stops --- */

static bool
is_stop(const struct json *message)
{
	return json_get(message, "stop") != NULL;
}

struct telling {
	const char	*worker;
	long long	 seq;
};

static enum store_result
told_fn(struct store_tx *tx, void *arg)
{
	const struct telling *t = arg;
	struct head h;
	enum store_result r = tx_head(tx, t->worker, &h);

	if (r != STORE_OK || h.told >= t->seq)
		return r;
	h.told = t->seq;
	return tx_put_head(tx, t->worker, &h);
}

enum store_result
inbox_tx_begin(struct store_tx *tx, const char *worker, bool told)
{
	struct head h;
	enum store_result r = tx_head(tx, worker, &h);

	if (r != STORE_OK)
		return r;
	long long begun = told ? h.told : h.last;
	if (begun < h.first || begun <= h.begun)
		return STORE_OK;
	h.begun = begun;
	return tx_put_head(tx, worker, &h);
}

static enum store_result
begin_fn(struct store_tx *tx, void *arg)
{
	return inbox_tx_begin(tx, arg, false);
}

enum store_result
inbox_begin(const struct nodeserver_context *x, const char *worker)
{
	return store_run(x->store, x->arena, begin_fn, arena_strdup(x->arena, worker));
}

/* --- reading --- */

static enum store_result
read_one(const struct nodeserver_context *x, const char *worker, long long seq, struct json **message)
{
	struct arena *a = x->arena;
	const char *key = message_key(a, worker, seq), *text;
	struct json *record;
	enum store_result r = record_get(x->store, a, key, &record);

	*message = NULL;
	if (r != STORE_OK)
		return r == STORE_ABSENT ? STORE_OK : r;
	if (json_get(record, "message") != NULL)
		*message = json_copy(a, json_get(record, "message"));
	else if ((text = seal_reveal(a, x->keyring, key, json_get_string(record, "sealed"))) != NULL)
		*message = json_parse(a, text, strlen(text), NULL);
	return STORE_OK;
}

static void
add(struct arena *a, struct inbox_read *q, long long seq, struct json *message)
{
	struct json *v = json_append(a, q->messages, json_object(a));

	json_set_int(a, v, "seq", seq);
	json_set(a, v, "msg", message);
}

enum store_result
inbox_read(const struct nodeserver_context *x, const char *worker, long long after, struct inbox_read *q)
{
	struct json *record, *message;
	struct head h;
	long long stop = 0;
	enum store_result r = record_get(x->store, x->arena, head_key(x->arena, worker), &record);

	*q = (struct inbox_read){ .messages = json_array(x->arena) };
	if ((r = read_head(r, x->arena, record, &h)) != STORE_OK)
		return r;
	/* A number that was never given: that of a store which was put back to an earlier day. */
	if (after < h.first - 1 || after > h.last)
		after = h.first - 1;
	for (q->next = after; q->next < h.last && json_count(q->messages) < INBOX_READ; q->next++) {
		long long seq = q->next + 1;
		if (seq == h.config && h.config_at > clock_ms()) {
			q->wait_ms = h.config_at - clock_ms();
			break;
		}
		if (seq == h.config) {
			q->config = seq;
			add(x->arena, q, seq, json_new_null(x->arena));
		} else if ((r = read_one(x, worker, seq, &message)) != STORE_OK)
			return r;
		else if (message != NULL && !(is_stop(message) && seq <= h.begun)) {
			add(x->arena, q, seq, message);
			stop = is_stop(message) ? seq : stop;
		}
	}
	return stop > h.told ? store_run(x->store, x->arena, told_fn, &(struct telling){ worker, stop }) : store_settle(x->store);
}

/* --- dropping --- */

struct dropping {
	const char	*worker;
	long long	 upto;
	bool		 more;
};

static enum store_result
drop_fn(struct store_tx *tx, void *arg)
{
	struct dropping *d = arg;
	struct arena *a = store_tx_arena(tx);
	struct head h;
	enum store_result r = tx_head(tx, d->worker, &h);

	d->more = false;
	if (r != STORE_OK || d->upto < h.first || d->upto > h.last)
		return r;
	for (int i = 0; i < DROP && h.first <= d->upto && r == STORE_OK; i++)
		r = record_tx_delete(tx, message_key(a, d->worker, h.first++));
	d->more = h.first <= d->upto;
	return r == STORE_OK ? tx_put_head(tx, d->worker, &h) : r;
}

enum store_result
inbox_acknowledge(const struct nodeserver_context *x, const char *worker, long long after)
{
	struct dropping d = { .worker = worker, .upto = after, .more = true };
	struct json *record;
	struct head h;
	enum store_result r = record_get(x->store, x->arena, head_key(x->arena, worker), &record);

	/* Mostly there is nothing to drop: then nothing is written. */
	if ((r = read_head(r, x->arena, record, &h)) != STORE_OK || after < h.first)
		return r;
	while (r == STORE_OK && d.more)
		r = store_run(x->store, x->arena, drop_fn, &d);
	return r;
}

enum store_result
inbox_waiting(const struct nodeserver_context *x, const char *worker, long long *n)
{
	struct json *record;
	struct head h;
	enum store_result r = record_get(x->store, x->arena, head_key(x->arena, worker), &record);

	r = read_head(r, x->arena, record, &h);
	*n = r == STORE_OK ? h.last - h.first + 1 : 0;
	return r;
}

static enum store_result
forget_fn(struct store_tx *tx, void *arg)
{
	return record_tx_delete(tx, head_key(store_tx_arena(tx), arg));
}

enum store_result
inbox_forget(const struct nodeserver_context *x, const char *worker)
{
	struct json *record;
	struct head h;
	enum store_result r = record_get(x->store, x->arena, head_key(x->arena, worker), &record);

	if ((r = read_head(r, x->arena, record, &h)) == STORE_OK && (r = inbox_acknowledge(x, worker, h.last)) == STORE_OK)
		r = store_run(x->store, x->arena, forget_fn, arena_strdup(x->arena, worker));
	return r;
}
