/* grant.c: records "grant/<user>/<id>" and the list "grants/<user>".
 * long because: all that changes these records stands in one place. */
#include "oauth/grant.h"

#include <string.h>

#include "base/arena.h"
#include "base/clock.h"
#include "base/json.h"
#include "base/secret.h"
#include "base/text.h"
#include "base/wake.h"
#include "db/record.h"
#include "oauth/activity.h"
#include "base/banned.h"

#define LIST_LONG 100		/* from here on a longer list is looked over for dead ones */
#define LIST_LOOK 20		/* so many at a time: a transaction reads a bounded number of records */
#define REVOKED_KEPT (31 * 86400)	/* seconds that a revoked grant is told from an unknown one: longer than any token lives */

void
grant_read(const struct json *r, struct grant *g)
{
	*g = (struct grant){
		.id = json_get_string(r, "id"),
		.user = json_get_string(r, "user"),
		.client = json_get_string(r, "client"),
		.scope = json_get_string(r, "scope"),
		.devices = json_get(r, "devices"),
		.include_new = json_get_bool(r, "include_new", false),
		.left_out = json_get(r, "left_out"),
		.preferences = json_get(r, "preferences"),
		.created = json_get_int(r, "created", 0),
		.last_used = json_get_int(r, "last_used", 0),
		.expires = json_get_int(r, "expires", 0),
		.idle = json_get_int(r, "idle", 0),
		.sequence = (uint32_t)json_get_int(r, "sequence", 0),
		.rotated = json_get_int(r, "rotated", 0),
		.revoked = json_get_string(r, "revoked"),
	};
}

static struct json *
to_record(struct arena *a, const struct grant *g)
{
	struct json *r = record_new(a);

	json_set_string(a, r, "id", g->id);
	json_set_string(a, r, "user", g->user);
	json_set_string(a, r, "client", g->client);
	json_set_string(a, r, "scope", g->scope);
	json_set(a, r, "devices", json_copy(a, g->devices));
	if (g->include_new) {
		json_set_bool(a, r, "include_new", true);
		json_set(a, r, "left_out", json_copy(a, g->left_out));
	}
	json_set(a, r, "preferences", json_copy(a, g->preferences));
	json_set_int(a, r, "created", g->created);
	json_set_int(a, r, "last_used", g->last_used);
	json_set_int(a, r, "expires", g->expires);
	json_set_int(a, r, "idle", g->idle);
	json_set_int(a, r, "sequence", g->sequence);
	json_set_int(a, r, "rotated", g->rotated);
	json_set_string(a, r, "revoked", g->revoked);
	return r;
}

char *
grant_key(struct arena *a, const char *user, const char *id)
{
	return record_key(a, "grant", user, id, NULL);
}

/* --- one --- */

enum store_result
grant_find(struct store *store, struct arena *a, const char *user, const char *id, struct grant *g)
{
	const struct json *r;
	enum store_result result = record_read(store, a, grant_key(a, user, id), &r, NULL);

	if (result == STORE_OK)
		grant_read(r, g);
	return result;
}

enum store_result
grant_tx_get(struct store_tx *tx, const char *user, const char *id, struct grant *g)
{
	struct json *r;
	enum store_result result = record_tx_get(tx, grant_key(store_tx_arena(tx), user, id), &r);

	if (result == STORE_OK)
		grant_read(r, g);
	return result;
}

enum store_result
grant_tx_put(struct store_tx *tx, const struct grant *g, int64_t idle)
{
	struct grant kept = *g;

	kept.idle = idle;
	return grant_tx_keep(tx, &kept);
}

enum store_result
grant_tx_keep(struct store_tx *tx, const struct grant *g)
{
	struct arena *a = store_tx_arena(tx);

	return record_tx_put(tx, grant_key(a, g->user, g->id), to_record(a, g), grant_ends(g));
}

int64_t
grant_ends(const struct grant *g)
{
	int64_t idle = g->last_used + g->idle;

	return idle < g->expires ? idle : g->expires;
}

/* Drop from the front of a long list what no longer exists. */
static enum store_result
prune(struct store_tx *tx, const char *user, struct json *ids)
{
	struct arena *a = store_tx_arena(tx);
	const struct json *id = json_first(ids), *next;
	struct grant g;

	for (int looked = 0; id != NULL && looked < LIST_LOOK; looked++, id = next) {
		next = json_next(id);
		enum store_result r = grant_tx_get(tx, user, json_string(id), &g);
		if (r == STORE_ABSENT || (r == STORE_OK && g.revoked != NULL))
			json_array_remove(ids, arena_strdup(a, json_string(id)));
		else if (r != STORE_OK)
			return r;
	}
	return STORE_OK;
}

enum store_result
grant_tx_add(struct store_tx *tx, const struct grant *g, int64_t idle)
{
	struct arena *a = store_tx_arena(tx);
	char *key = record_key(a, "grants", g->user, NULL);
	struct json *list;
	enum store_result r = record_tx_get(tx, key, &list);

	if (r == STORE_ABSENT)
		list = record_new(a);
	else if (r != STORE_OK)
		return r;
	struct json *ids = json_copy(a, json_get(list, "grants"));
	ids = json_set(a, list, "grants", ids != NULL ? ids : json_array(a));
	if (json_count(ids) >= LIST_LONG && (r = prune(tx, g->user, ids)) != STORE_OK)
		return r;
	json_append_string(a, ids, g->id);
	if ((r = record_tx_put(tx, key, list, 0)) != STORE_OK)
		return r;
	return grant_tx_put(tx, g, idle);
}

/* --- making and revoking --- */

void
grant_begin(struct arena *a, struct grant *g, int64_t max)
{
	g->id = secret_id(a, 16);
	g->created = g->last_used = clock_sec();
	g->expires = g->created + max;
	g->sequence = 0;
	g->rotated = 0;
	g->revoked = NULL;
}

struct creating {
	const struct grant	*grant;
	int64_t			 idle;
};

static enum store_result
create(struct store_tx *tx, void *arg)
{
	const struct creating *c = arg;

	return grant_tx_add(tx, c->grant, c->idle);
}

enum store_result
grant_create(struct store *store, struct arena *a, struct grant *g, int64_t idle, int64_t max)
{
	struct creating c = { g, idle };

	grant_begin(a, g, max);
	return store_run(store, a, create, &c);
}

struct revoking {
	const char	*user, *id, *why;
};

static enum store_result
revoke(struct store_tx *tx, void *arg)
{
	const struct revoking *v = arg;
	struct grant g;
	enum store_result r = grant_tx_get(tx, v->user, v->id, &g);

	store_tx_then(tx, wake_send, v->user);
	if (r != STORE_OK || g.revoked != NULL)
		return r;
	g.revoked = v->why;
	g.last_used = clock_sec();
	r = grant_tx_put(tx, &g, REVOKED_KEPT);
	return r != STORE_OK ? r : activity_tx_note(tx, &(struct activity){ .event = "authn_token_revoked", .user = v->user,
	    .client = g.client, .grant = v->id, .detail = v->why });
}

enum store_result
grant_revoke(struct store *store, struct arena *a, const char *user, const char *id, const char *why)
{
	struct revoking v = { user, id, why };

	return store_run(store, a, revoke, &v);
}

struct choosing {
	const char		*user, *id;
	const struct json	*devices, *left_out, *preferences;
	bool			 include_new;
};

static enum store_result
choose(struct store_tx *tx, void *arg)
{
	const struct choosing *c = arg;
	struct grant g;
	enum store_result r = grant_tx_get(tx, c->user, c->id, &g);

	if (r != STORE_OK || g.revoked != NULL)
		return r == STORE_OK ? STORE_ABSENT : r;
	g.devices = c->devices;
	g.include_new = c->include_new;
	g.left_out = c->left_out;
	if (c->preferences != NULL)
		g.preferences = c->preferences;
	store_tx_then(tx, wake_send, c->user);	/* who holds the link is to be told which devices it has now */
	return grant_tx_keep(tx, &g);
}

enum store_result
grant_choose(struct store *store, struct arena *a, const char *user, const char *id, const struct json *devices,
    bool include_new, const struct json *left_out)
{
	struct choosing c = { user, id, devices, left_out, NULL, include_new };

	return store_run(store, a, choose, &c);
}

enum store_result
grant_prefer(struct store *store, struct arena *a, const char *user, const char *id, const struct json *devices,
    const struct json *preferences)
{
	struct choosing c = { user, id, devices, NULL, preferences, false };

	return store_run(store, a, choose, &c);
}

bool
grant_has_device(const struct grant *g, const char *device)
{
	return json_array_has(g->devices, device) || (g->include_new && !json_array_has(g->left_out, device));
}

struct json *
grant_devices(struct arena *a, const struct grant *g, const struct json *all)
{
	struct json *list = json_array(a);

	for (const struct json *id = json_first(all); id != NULL; id = json_next(id))
		if (grant_has_device(g, json_string(id)))
			json_append_string(a, list, json_string(id));
	return list;
}

bool
grant_has_scope(const struct grant *g, const char *scope)
{
	return g->scope != NULL && text_list_has(g->scope, " ", scope);
}
