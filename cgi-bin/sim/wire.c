/* wire.c: a ring of records. */
#include "sim/wire.h"

#include <string.h>

#include "base/arena.h"
#include "base/clock.h"
#include "base/json.h"
#include "base/text.h"
#include "db/record.h"
#include "base/banned.h"

#define BATCH 50	/* deletes a transaction */

static char *
wire_key(struct arena *a, const char *home, long long seq)
{
	return record_key(a, "sim-wire", home, arena_printf(a, "%lld", seq % WIRE_KEPT), NULL);
}

static void
put_body(struct arena *a, struct json *v, const char *name, const char *body)
{
	bool text = text_is_utf8(body, strlen(body));

	json_set_string(a, v, name, text ? arena_strndup(a, body, (size_t)text_cut(body, WIRE_BODY)) : "[not UTF-8]");
}

static struct json *
to_record(struct arena *a, const struct exchange *x)
{
	struct json *v = record_new(a);

	json_set_int(a, v, "seq", x->seq);
	json_set_int(a, v, "at", x->at);
	json_set_bool(a, v, "inbound", x->inbound);
	json_set_string(a, v, "kind", x->kind);
	json_set_string(a, v, "method", x->method);
	json_set_string(a, v, "path", x->path);
	json_set_bool(a, v, "form", x->form);
	if (x->headers != NULL && *x->headers != '\0')
		json_set_string(a, v, "headers", x->headers);
	put_body(a, v, "request", x->request);
	put_body(a, v, "answer", x->answer);
	json_set_bool(a, v, "cut", strlen(x->request) > WIRE_BODY);
	json_set_int(a, v, "status", x->status);
	json_set_int(a, v, "ms", x->ms);
	json_set_string(a, v, "error", x->error);
	if (json_first(x->faults) != NULL)
		json_set(a, v, "faults", json_copy(a, x->faults));
	json_set_int(a, v, "replay_of", x->replay_of);
	return v;
}

static const char *
or_empty(const char *s)
{
	return s != NULL ? s : "";
}

static struct exchange
from_record(const struct json *v)
{
	return (struct exchange){
		.seq = json_get_int(v, "seq", 0),
		.at = json_get_int(v, "at", 0),
		.inbound = json_get_bool(v, "inbound", false),
		.kind = or_empty(json_get_string(v, "kind")),
		.method = or_empty(json_get_string(v, "method")),
		.path = or_empty(json_get_string(v, "path")),
		.form = json_get_bool(v, "form", false),
		.headers = json_get_string(v, "headers"),
		.request = or_empty(json_get_string(v, "request")),
		.answer = or_empty(json_get_string(v, "answer")),
		.cut = json_get_bool(v, "cut", false),
		.status = (int)json_get_int(v, "status", 0),
		.ms = json_get_int(v, "ms", 0),
		.error = json_get_string(v, "error"),
		.faults = json_get(v, "faults"),
		.replay_of = json_get_int(v, "replay_of", 0),
	};
}

/* --- writing --- */

struct adding {
	struct home	*home;
	struct exchange	*exchange;
	home_fn		 fn;
	void		*arg;
};

static void
count(struct home *h, struct json *record, struct json *devices, void *arg)
{
	struct adding *g = arg;

	g->exchange->seq = json_get_int(record, "seq", 0) + 1;
	json_set_int(h->arena, record, "seq", g->exchange->seq);
	if (g->fn != NULL)
		g->fn(h, record, devices, g->arg);
}

static enum store_result
add(struct store_tx *tx, void *arg)
{
	struct adding *g = arg;
	struct arena *a = store_tx_arena(tx);
	enum store_result r = home_tx_change(tx, g->home, count, g);

	if (r != STORE_OK)
		return r;
	return record_tx_put(tx, wire_key(a, g->home->id, g->exchange->seq), to_record(a, g->exchange),
	    clock_sec() + HOME_KEPT);
}

enum store_result
wire_add(struct home *h, struct exchange *x, home_fn fn, void *arg)
{
	struct adding g = { h, x, fn, arg };

	return store_run(h->store, h->arena, add, &g);
}

struct forgetting {
	const struct home *home;
	long long	 from;
};

static enum store_result
forget(struct store_tx *tx, void *arg)
{
	const struct forgetting *f = arg;
	enum store_result r = STORE_OK;

	for (long long i = f->from; i < f->from + BATCH && r == STORE_OK; i++)
		r = record_tx_delete(tx, wire_key(store_tx_arena(tx), f->home->id, i));
	return r;
}

enum store_result
wire_forget(const struct home *h)
{
	enum store_result r = STORE_OK;

	for (long long from = 0; from < WIRE_KEPT && r == STORE_OK; from += BATCH) {
		struct forgetting f = { h, from };
		r = store_run(h->store, h->arena, forget, &f);
	}
	return r;
}

/* --- reading --- */

enum store_result
wire_find(const struct home *h, long long seq, struct exchange *x)
{
	struct json *v;
	enum store_result r = seq > 0 ? record_get(h->store, h->arena, wire_key(h->arena, h->id, seq), &v) : STORE_ABSENT;

	if (r != STORE_OK)
		return r;
	*x = from_record(v);
	return x->seq == seq ? STORE_OK : STORE_ABSENT;
}

enum store_result
wire_each(const struct home *h, bool (*fn)(void *, const struct exchange *), void *arg)
{
	long long newest = json_get_int(h->record, "seq", 0);

	for (long long seq = newest; seq > 0 && seq > newest - WIRE_KEPT; seq--) {
		struct exchange x;
		enum store_result r = wire_find(h, seq, &x);
		if (r == STORE_ABSENT)
			continue;
		if (r != STORE_OK)
			return r;
		if (!fn(arg, &x))
			break;
	}
	return STORE_OK;
}

bool
wire_is(const struct exchange *x, const char *status)
{
	const struct { const char *name; bool is; } all[] = {
		{ "answered", x->status >= 200 && x->status < 400 },
		{ "refused", x->status >= 400 && x->status < 500 },
		{ "failed", x->status == 0 || x->status >= 500 },
		{ "faulty", json_first(x->faults) != NULL },
	};

	if (status == NULL)
		return true;
	for (size_t i = 0; i < sizeof(all) / sizeof(all[0]); i++)
		if (strcmp(all[i].name, status) == 0)
			return all[i].is;
	return false;
}
