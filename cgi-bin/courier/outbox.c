/* outbox.c: the records, and putting calls into them. */
#include "courier/outbox.h"

#include <stdlib.h>
#include <string.h>

#include "base/arena.h"
#include "base/clock.h"
#include "base/json.h"
#include "base/secret.h"
#include "courier/box.h"
#include "courier/lane.h"
#include "db/record.h"
#include "oauth/seal.h"
#include "base/banned.h"

#define KEPT (30 * 86400)	/* seconds: a call of a lane that was dropped is swept up then */

static char *
lane_key(struct arena *a, const char *user, const char *name)
{
	return record_key(a, "outbox", user, name, NULL);
}

static char *
call_key(struct arena *a, const struct lane *l, long long number)
{
	return record_key(a, "outbox-call", l->user, l->name, arena_printf(a, "%lld", number), NULL);
}

/* --- lanes --- */

static void
from_record(const struct json *r, const char *user, const char *name, struct lane *l)
{
	*l = (struct lane){ user, name, json_get_string(r, "id"), json_get_int(r, "first", 1), json_get_int(r, "last", 0),
	    json_get_int(r, "failures", 0), json_get_int(r, "since", 0), json_get_int(r, "next", 0),
	    json_get_string(r, "why") };
	if (l->id == NULL)
		l->id = "";
}

enum store_result
lane_find(struct store *store, struct arena *a, const char *user, const char *name, struct lane *l)
{
	struct json *r;
	enum store_result result = record_get(store, a, lane_key(a, user, name), &r);

	from_record(r, user, name, l);
	return result;
}

enum store_result
lane_tx_find(struct store_tx *tx, const char *user, const char *name, struct lane *l)
{
	struct json *r;
	enum store_result result = record_tx_get(tx, lane_key(store_tx_arena(tx), user, name), &r);

	from_record(r, user, name, l);
	return result;
}

enum store_result
lane_tx_put(struct store_tx *tx, const struct lane *l)
{
	struct arena *a = store_tx_arena(tx);
	struct json *r = record_new(a);

	json_set_string(a, r, "id", l->id);
	json_set_int(a, r, "first", l->first);
	json_set_int(a, r, "last", l->last);
	json_set_int(a, r, "failures", l->failures);
	json_set_int(a, r, "since", l->since);
	json_set_int(a, r, "next", l->next);
	if (l->why != NULL)
		json_set_string(a, r, "why", l->why);
	return record_tx_put(tx, lane_key(a, l->user, l->name), r, 0);
}

enum store_result
lane_tx_pop(struct store_tx *tx, struct lane *l)
{
	struct arena *a = store_tx_arena(tx);
	enum store_result r = record_tx_delete(tx, call_key(a, l, l->first));

	l->first++;
	if (r != STORE_OK)
		return r;
	return l->first > l->last ? record_tx_delete(tx, lane_key(a, l->user, l->name)) : lane_tx_put(tx, l);
}

/* --- calls --- */

/* What only we may read. */
static char *
hide(struct arena *a, const struct keyring *ring, const char *key, const struct outbox_call *c)
{
	struct json *secret = json_object(a), *headers = json_set(a, secret, "headers", json_array(a));

	json_set_string(a, secret, "url", c->url);
	for (const char *const *h = c->headers; h != NULL && *h != NULL; h++)
		json_append_string(a, headers, *h);
	if (c->body != NULL)
		json_set_string(a, secret, "body", c->body);
	return seal_hide(a, ring, key, json_print(a, secret));
}

/* Host and port, for people. */
static char *
host_of(struct arena *a, const char *url)
{
	const char *host = strstr(url, "://");

	host = host != NULL ? host + 3 : url;
	return arena_strndup(a, host, strcspn(host, "/?#"));
}

static enum store_result
put_call(struct store_tx *tx, const struct keyring *ring, const struct lane *l, const struct outbox_call *c)
{
	struct arena *a = store_tx_arena(tx);
	char *key = call_key(a, l, l->last);
	struct json *r = record_new(a);
	int64_t now = clock_ms();

	if (key == NULL || (c->body != NULL && strlen(c->body) > OUTBOX_BODY_MAX))
		return STORE_LIMIT;
	json_set_string(a, r, "kind", c->kind);
	json_set_string(a, r, "method", c->method);
	json_set_string(a, r, "host", host_of(a, c->url));
	json_set_string(a, r, "sealed", hide(a, ring, key, c));
	json_set_int(a, r, "created", now);
	if (c->about != NULL)
		json_set(a, r, "about", json_copy(a, c->about));
	return record_tx_put(tx, key, r, now / 1000 + KEPT);
}

enum store_result
outbox_tx_add(struct store_tx *tx, const struct keyring *ring, const struct outbox_call *c)
{
	struct arena *a = store_tx_arena(tx);
	const char *user = c->user != NULL ? c->user : LANE_NOBODY;
	struct lane l;
	enum store_result r = lane_tx_find(tx, user, c->lane, &l);
	bool fresh = r == STORE_ABSENT;

	if (r != STORE_OK && !fresh)
		return r;
	if (fresh)
		l = (struct lane){ .user = user, .name = c->lane, .id = secret_token(a, 9), .first = 1 };
	if (l.last - l.first + 1 >= OUTBOX_LANE_MAX)
		return STORE_LIMIT;
	l.last++;
	if ((r = put_call(tx, ring, &l, c)) != STORE_OK || (r = lane_tx_put(tx, &l)) != STORE_OK)
		return r;
	/* Of a lane that has something waiting the courier knows. */
	return fresh ? box_tx_leave(tx, arena_printf(a, LANE_WORD "%s/%s", user, c->lane)) : STORE_OK;
}

enum store_result
outbox_tx_drop(struct store_tx *tx, const char *user, const char *lane)
{
	return record_tx_delete(tx, lane_key(store_tx_arena(tx), user != NULL ? user : LANE_NOBODY, lane));
}

static const char *const *
read_headers(struct arena *a, const struct json *list)
{
	const char **headers = arena_alloc(a, (json_count(list) + 1) * sizeof(*headers));
	size_t n = 0;

	for (const struct json *v = json_first(list); v != NULL && json_string(v) != NULL; v = json_next(v))
		headers[n++] = json_string(v);
	headers[n & ~(size_t)1] = NULL;
	return headers;
}

enum store_result
lane_call(struct store *store, struct arena *a, const struct keyring *ring, const struct lane *l, long long number,
    struct outbox_call *c)
{
	char *key = call_key(a, l, number);
	struct json *r;
	enum store_result result = record_get(store, a, key, &r);
	const char *text = seal_reveal(a, ring, key, json_get_string(r, "sealed"));
	const struct json *secret = text != NULL ? json_parse(a, text, strlen(text), NULL) : NULL;

	*c = (struct outbox_call){ l->user, l->name, json_get_string(r, "kind"), json_get_string(r, "method"),
	    json_get_string(secret, "url"), read_headers(a, json_get(secret, "headers")), json_get_string(secret, "body"),
	    json_get(r, "about"), json_get_int(r, "created", 0), number, l->failures };
	return result != STORE_OK ? result : c->method != NULL && c->url != NULL ? STORE_OK : STORE_ABSENT;
}
