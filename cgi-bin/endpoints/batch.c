/* batch.c: from changes to posts. */
#include "endpoints/batch.h"

#include <string.h>

#include "base/arena.h"
#include "base/clock.h"
#include "base/json.h"
#include "base/secret.h"
#include "courier/outbox.h"
#include "db/record.h"
#include "device/change.h"
#include "endpoints/handler.h"
#include "endpoints/notify.h"
#include "endpoints/subscription.h"
#include "oauth/client.h"
#include "oauth/grant.h"
#include "oauth/user.h"
#include "web/fetch.h"
#include "base/banned.h"

#define POSTS_MAX	16	/* of one transaction */
#define CHANGES_MAX	100	/* that are looked at in one go */
#define LIFE		86400	/* seconds that a subscriber may be away */

struct post {
	const char	*subscription, *url, *body;
	struct post	*next;
};

/* A subscription with the grant that it hangs on. */
struct subscriber {
	struct subscription	 subscription;
	struct grant		 grant;
	bool			 dead;
	bool			 paused;	/* its client may know nothing now */
};

struct reading {
	struct courier		*courier;
	struct arena		*arena;
	struct batch		*batch;
	struct subscriber	*list;
	size_t			 n, posts;
	struct post		**last;
};

/* --- who subscribes --- */

static enum store_result
find_grant(struct reading *r, struct subscriber *s)
{
	for (const struct subscriber *o = r->list; o < s; o++)
		if (strcmp(o->subscription.grant, s->subscription.grant) == 0) {
			s->grant = o->grant;
			s->paused = o->paused;
			return STORE_OK;
		}
	enum store_result result = grant_find(r->courier->store, r->arena, r->batch->user, s->subscription.grant, &s->grant);
	struct client client;
	if (result == STORE_OK)
		result = client_find(r->courier->store, r->arena, s->grant.client, &client);
	if (result == STORE_ABSENT)
		s->grant = (struct grant){ .revoked = "gone" };
	s->paused = result == STORE_OK && !client_is_live(&client);
	return result == STORE_ABSENT ? STORE_OK : result;
}

static enum store_result
read_subscribers(struct reading *r, const struct json *list)
{
	r->list = arena_alloc(r->arena, (json_count(list) + 1) * sizeof(*r->list));
	for (const struct json *i = json_first(list); i != NULL; i = json_next(i)) {
		struct subscriber *s = &r->list[r->n];
		subscription_read(i, &s->subscription);
		enum store_result result = find_grant(r, s);
		if (result != STORE_OK)
			return result;
		s->dead = s->grant.revoked != NULL ||
		    (s->subscription.device != NULL && !grant_has_device(&s->grant, s->subscription.device));
		r->n++;
	}
	return STORE_OK;
}

/* --- changes --- */

static const char *
body_of(struct arena *a, const char *device, const struct json *state)
{
	struct json *body = json_object(a), *evt = json_set(a, body, "evt", json_object(a));

	json_set_string(a, evt, "deviceId", device);
	json_set_string(a, evt, "name", json_get_string(state, "attribute"));
	json_set(a, evt, "value", json_copy(a, json_get(state, "value")));
	return json_print(a, body);
}

static bool
wants(const struct reading *r, const struct subscriber *s, const struct change *c, long long seq, const struct json *state)
{
	const struct subscription *u = &s->subscription;

	if (s->dead || s->paused || seq <= u->from || !grant_has_device(&s->grant, c->device) ||
	    (u->device != NULL && strcmp(u->device, c->device) != 0))
		return false;
	if (u->attribute == NULL)
		return true;
	const struct attribute_name n = attribute_name_read(r->arena, u->attribute);
	return attribute_name_is(&n, json_get_string(state, "component"), json_get_string(state, "capability"),
	    json_get_string(state, "attribute"));
}

/* The posts of one change that are not queued yet. False: there was no room for all of them. */
static bool
add_posts(struct reading *r, const struct change *c, long long seq, const struct json *told)
{
	struct arena *a = r->arena;
	size_t place = 0;

	for (const struct json *state = json_first(c->states); state != NULL; state = json_next(state), place++)
		for (size_t i = 0; i < r->n; i++) {
			const struct subscription *s = &r->list[i].subscription;
			const char *name = arena_printf(a, "%s %zu", s->id, place);
			if (!wants(r, &r->list[i], c, seq, state) || json_array_has(told, name))
				continue;
			if (r->posts == POSTS_MAX)
				return false;
			struct post *p = arena_alloc(a, sizeof(*p));
			*p = (struct post){ s->id, s->callback, body_of(a, c->device, state), NULL };
			*r->last = p;
			r->last = &p->next;
			r->posts++;
			json_append_string(a, r->batch->told, name);
		}
	return true;
}

static void
end_of_device(struct reading *r, const char *device)
{
	for (size_t i = 0; i < r->n; i++)
		if (r->list[i].subscription.device != NULL && strcmp(r->list[i].subscription.device, device) == 0)
			r->list[i].dead = true;
}

/* From the change after batch->upto on. told: what is queued of that one already. */
static enum store_result
read_changes(struct reading *r, long long newest, const struct json *told)
{
	struct batch *b = r->batch;
	struct change c;

	for (int n = 0; b->upto < newest && n < CHANGES_MAX; n++) {
		enum store_result result = change_find(r->courier->store, r->arena, b->user, b->upto + 1, &c);
		if (result != STORE_OK && result != STORE_ABSENT)
			return result;
		b->told = told != NULL ? json_copy(r->arena, told) : json_array(r->arena);
		if (result == STORE_OK && c.kind == CHANGE_DELETED)
			end_of_device(r, c.device);
		if (result == STORE_OK && c.kind == CHANGE_STATE && !add_posts(r, &c, b->upto + 1, told))
			break;
		b->told = NULL;
		told = NULL;
		b->upto++;
	}
	b->more = b->upto < newest;
	return STORE_OK;
}

enum store_result
batch_read(struct courier *c, const char *user, long long seen, struct batch *b)
{
	struct arena *a = c->arena;
	struct reading r = { .courier = c, .arena = a, .batch = b };
	struct json *record, *dead = json_array(a);
	long long newest;
	struct user u;

	*b = (struct batch){ .user = arena_strdup(a, user), .dead = dead };
	r.last = &b->posts;
	enum store_result result = record_get(c->store, a, subscription_key(a, user), &record);
	if (result != STORE_OK)
		return result;
	if (json_first(json_get(record, "list")) == NULL)
		return STORE_ABSENT;
	result = user_by_id(c->store, a, user, &u);
	b->gone = result == STORE_ABSENT;
	if (result != STORE_OK)
		return b->gone ? STORE_OK : result;
	long long seq = json_get_int(record, "seq", 0);
	b->upto = seen > seq ? seen : seq;
	if ((result = read_subscribers(&r, json_get(record, "list"))) != STORE_OK ||
	    (result = change_newest(c->store, a, user, &newest)) != STORE_OK ||
	    (result = read_changes(&r, newest, b->upto == seq ? json_get(record, "told") : NULL)) != STORE_OK)
		return result;
	for (size_t i = 0; i < r.n; i++)
		if (r.list[i].dead)
			json_append_string(a, dead, r.list[i].subscription.id);
	return STORE_OK;
}

bool
batch_is_empty(const struct batch *b)
{
	return b->posts == NULL && json_first(b->dead) == NULL && !b->gone;
}

/* --- writing --- */

static bool
is_there(const struct json *record, const char *id)
{
	for (const struct json *i = json_first(json_get(record, "list")); i != NULL; i = json_next(i))
		if (strcmp(json_get_string(i, "id"), id) == 0)
			return true;
	return false;
}

/* "sha256=" and the HMAC of "TIME.BODY" in hexadecimal, under the subscription's secret. */
static const char *
signature(struct arena *a, const struct keyring *keyring, const struct post *p, const char *moment)
{
	static const char digits[] = "0123456789abcdef";
	const char *secret = subscription_secret(a, keyring, p->subscription);
	const char *text = arena_printf(a, "%s.%s", moment, p->body);
	unsigned char mac[SECRET_HASH];
	char hex[2 * SECRET_HASH + 1] = { 0 };

	secret_hmac(secret, strlen(secret), text, strlen(text), mac);
	for (size_t i = 0; i < SECRET_HASH; i++) {
		hex[2 * i] = digits[mac[i] >> 4];
		hex[2 * i + 1] = digits[mac[i] & 15];
	}
	return arena_printf(a, "sha256=%s", hex);
}

static enum store_result
queue(struct store_tx *tx, const struct keyring *keyring, const char *user, const struct post *p)
{
	struct arena *a = store_tx_arena(tx);
	const char *moment = arena_printf(a, "%lld", (long long)clock_sec());
	const char *const headers[] = { "X-Gatehouse-Subscription", p->subscription, "X-Gatehouse-Timestamp", moment,
	    "X-Gatehouse-Signature", signature(a, keyring, p, moment), NULL };
	struct json *about = json_object(a);

	json_set_string(a, about, "subscription", p->subscription);
	const struct outbox_call call = { .user = user, .lane = subscription_lane(a, p->subscription),
	    .kind = endpoints_post.name, .method = "POST", .url = p->url, .headers = headers, .body = p->body, .about = about };
	enum store_result r = outbox_tx_add(tx, keyring, &call);
	return r == STORE_LIMIT ? STORE_OK : r;	/* its lane is full: it has been away for a thousand changes */
}

enum store_result
batch_tx_write(struct store_tx *tx, const struct keyring *keyring, const struct batch *b)
{
	struct arena *a = store_tx_arena(tx);
	const char *key = subscription_key(a, b->user);
	struct json *record;
	enum store_result r = record_tx_get(tx, key, &record);

	if (r != STORE_OK || b->gone)
		return r == STORE_ABSENT ? STORE_OK : r != STORE_OK ? r : record_tx_delete(tx, key);
	for (const struct post *p = b->posts; p != NULL && r == STORE_OK; p = p->next)
		if (is_there(record, p->subscription))
			r = queue(tx, keyring, b->user, p);
	for (const struct json *id = json_first(b->dead); id != NULL && r == STORE_OK; id = json_next(id))
		r = subscription_tx_drop(tx, b->user, record, json_string(id));
	if (r != STORE_OK)
		return r;
	json_set_int(a, record, "seq", b->upto);
	json_set(a, record, "told", json_copy(a, b->told));
	return json_first(json_get(record, "list")) == NULL ? record_tx_delete(tx, key) : record_tx_put(tx, key, record, 0);
}

/* --- what came of a post --- */

/* A subscriber that is gone (410), or was away for a day, is told no more. */
static enum store_result
outcome(struct store_tx *tx, const struct courier *c, const struct outbox_call *call, struct outbox_outcome *o)
{
	struct arena *a = store_tx_arena(tx);
	const char *id = json_get_string(call->about, "subscription");
	struct json *record;

	(void)c;
	if (id == NULL || (o->verdict != OUTBOX_GIVEN_UP && o->answer->status != 410))
		return STORE_OK;
	enum store_result r = record_tx_get(tx, subscription_key(a, call->user), &record);
	if (r != STORE_OK)
		return r == STORE_ABSENT ? STORE_OK : r;
	r = subscription_tx_drop(tx, call->user, record, id);
	return r == STORE_OK ? record_tx_put(tx, subscription_key(a, call->user), record, 0) : r;
}

const struct outbox_kind endpoints_post = { .name = "subscription", .outcome = outcome, .life = LIFE };
