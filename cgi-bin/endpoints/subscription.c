/* subscription.c: the record "subscriptions/<user>". */
#include "endpoints/subscription.h"

#include <stdint.h>
#include <string.h>

#include "base/arena.h"
#include "base/clock.h"
#include "base/json.h"
#include "base/secret.h"
#include "courier/box.h"
#include "courier/outbox.h"
#include "db/record.h"
#include "device/change.h"
#include "oauth/grant.h"
#include "oauth/keyring.h"
#include "base/banned.h"

char *
subscription_key(struct arena *a, const char *user)
{
	return record_key(a, "subscriptions", user, NULL);
}

char *
subscription_lane(struct arena *a, const char *id)
{
	return arena_printf(a, "subscription-%s", id);
}

char *
subscription_secret(struct arena *a, const struct keyring *keyring, const char *id)
{
	unsigned char key[SECRET_HASH];

	keyring_seal(keyring, "subscription", id, strlen(id), key);
	return secret_base64url(a, key, sizeof(key));
}

void
subscription_read(const struct json *item, struct subscription *s)
{
	*s = (struct subscription){
		.id = json_get_string(item, "id"),
		.grant = json_get_string(item, "grant"),
		.device = json_get_string(item, "device"),
		.attribute = json_get_string(item, "attribute"),
		.callback = json_get_string(item, "callback"),
		.from = json_get_int(item, "from", 0),
	};
}

static struct json *
to_item(struct arena *a, const struct subscription *s)
{
	struct json *v = json_object(a);

	json_set_string(a, v, "id", s->id);
	json_set_string(a, v, "grant", s->grant);
	json_set_string(a, v, "device", s->device);
	json_set_string(a, v, "attribute", s->attribute);
	json_set_string(a, v, "callback", s->callback);
	json_set_int(a, v, "from", s->from);
	json_set_int(a, v, "created", clock_sec());
	return v;
}

/* The record, or a fresh one, with a list of its own in it. */
static enum store_result
tx_record(struct store_tx *tx, const char *user, struct json **r, struct json **list)
{
	struct arena *a = store_tx_arena(tx);
	enum store_result result = record_tx_get(tx, subscription_key(a, user), r);

	if (result != STORE_OK && result != STORE_ABSENT)
		return result;
	if (result == STORE_ABSENT)
		*r = record_new(a);
	struct json *copy = json_copy(a, json_get(*r, "list"));
	*list = json_set(a, *r, "list", copy != NULL ? copy : json_array(a));
	return STORE_OK;
}

static bool
same(const char *a, const char *b)
{
	return a == b || (a != NULL && b != NULL && strcmp(a, b) == 0);
}

/* --- adding --- */

struct adding {
	const char		*user;
	struct subscription	*subscription;
};

static enum store_result
add(struct store_tx *tx, void *arg)
{
	const struct adding *d = arg;
	struct subscription *s = d->subscription, other;
	struct arena *a = store_tx_arena(tx);
	struct json *r, *list;
	enum store_result result = tx_record(tx, d->user, &r, &list);

	for (const struct json *i = result == STORE_OK ? json_first(list) : NULL; i != NULL; i = json_next(i)) {
		subscription_read(i, &other);
		if (same(other.grant, s->grant) && same(other.device, s->device) && same(other.attribute, s->attribute) &&
		    same(other.callback, s->callback)) {
			*s = other;
			return STORE_OK;
		}
	}
	if (result != STORE_OK || (result = change_tx_newest(tx, d->user, &s->from)) != STORE_OK)
		return result;
	if (json_count(list) >= SUBSCRIPTIONS_MAX)
		return STORE_LIMIT;
	if (json_first(list) == NULL)	/* nobody looked at what came before */
		json_set_int(a, r, "seq", s->from);
	json_append(a, list, to_item(a, s));
	result = record_tx_put(tx, subscription_key(a, d->user), r, 0);
	return result == STORE_OK ? box_tx_leave(tx, d->user) : result;
}

enum store_result
subscription_add(struct store *store, struct arena *a, const char *user, struct subscription *s)
{
	struct adding d = { user, s };

	s->id = secret_id(a, 16);
	return store_run(store, a, add, &d);
}

/* --- taking out --- */

enum store_result
subscription_tx_drop(struct store_tx *tx, const char *user, struct json *r, const char *id)
{
	struct arena *a = store_tx_arena(tx);
	struct json *rest = json_array(a);

	for (const struct json *i = json_first(json_get(r, "list")); i != NULL; i = json_next(i))
		if (!same(json_get_string(i, "id"), id))
			json_append(a, rest, json_copy(a, i));
	json_set(a, r, "list", rest);
	return outbox_tx_drop(tx, user, subscription_lane(a, id));
}

struct removing {
	const char		*user, *grant, *id;	/* id NULL: what the grant does not hold */
	const struct grant	*held;		/* NULL: the grant is no more */
	bool			 found;
};

static bool
is_meant(const struct removing *m, const struct subscription *s)
{
	if (!same(s->grant, m->grant))
		return false;
	if (m->id != NULL)
		return same(s->id, m->id);
	return m->held == NULL || (s->device != NULL && !grant_has_device(m->held, s->device));
}

static enum store_result
take_out(struct store_tx *tx, void *arg)
{
	struct removing *m = arg;
	struct arena *a = store_tx_arena(tx);
	struct json *r;
	enum store_result result = record_tx_get(tx, subscription_key(a, m->user), &r);

	m->found = false;
	const struct json *list = json_get(r, "list");
	for (const struct json *i = result == STORE_OK ? json_first(list) : NULL; i != NULL && result == STORE_OK;) {
		struct subscription s;
		subscription_read(i, &s);
		i = json_next(i);
		if (!is_meant(m, &s))
			continue;
		m->found = true;
		s.id = arena_strdup(a, s.id);
		result = subscription_tx_drop(tx, m->user, r, s.id);
		i = json_first(json_get(r, "list"));	/* it is another list now */
	}
	if (result != STORE_OK || !m->found)
		return result;
	return record_tx_put(tx, subscription_key(a, m->user), r, 0);
}

enum store_result
subscription_remove(struct store *store, struct arena *a, const char *user, const char *grant, const char *id)
{
	struct removing m = { .user = user, .grant = grant, .id = id };
	enum store_result r = store_run(store, a, take_out, &m);

	return r == STORE_OK && !m.found ? STORE_ABSENT : r;
}

enum store_result
subscription_prune(struct store *store, struct arena *a, const char *user, const char *grant)
{
	struct grant g;
	enum store_result r = grant_find(store, a, user, grant, &g);
	struct removing m = { .user = user, .grant = grant, .held = r == STORE_OK && g.revoked == NULL ? &g : NULL };

	if (r != STORE_OK && r != STORE_ABSENT)
		return r;
	r = store_run(store, a, take_out, &m);
	return r == STORE_ABSENT ? STORE_OK : r;
}

enum store_result
subscription_each(struct store *store, struct arena *a, const char *user,
    void (*fn)(void *arg, const struct subscription *), void *arg)
{
	struct subscription s;
	struct json *r;
	enum store_result result = record_get(store, a, subscription_key(a, user), &r);

	for (const struct json *i = json_first(json_get(r, "list")); result == STORE_OK && i != NULL; i = json_next(i)) {
		subscription_read(i, &s);
		fn(arg, &s);
	}
	return result == STORE_ABSENT ? STORE_OK : result;
}
