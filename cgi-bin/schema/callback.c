/* callback.c: records "callback/<user>/<grant>" and the boxes "courier/box/<n>". */
#include "schema/callback.h"

#include <string.h>

#include "base/arena.h"
#include "base/json.h"
#include "base/secret.h"
#include "db/record.h"
#include "oauth/seal.h"
#include "base/banned.h"

#define BOX_MAX 500	/* links of one box */

static char *
callback_key(struct arena *a, const char *user, const char *grant)
{
	return record_key(a, "callback", user, grant, NULL);
}

bool
callback_is_lost(const struct callback *c)
{
	return c->code == NULL && c->refresh == NULL;
}

static void
from_record(struct arena *a, const struct keyring *ring, const char *key, const struct json *r, struct callback *c)
{
	*c = (struct callback){
		.user = c->user,
		.grant = c->grant,
		.token_url = json_get_string(r, "token_url"),
		.state_url = json_get_string(r, "state_url"),
		.code = seal_reveal(a, ring, key, json_get_string(r, "code")),
		.code_hash = json_get_string(r, "code_hash"),
		.access = seal_reveal(a, ring, key, json_get_string(r, "access")),
		.refresh = seal_reveal(a, ring, key, json_get_string(r, "refresh")),
		.obtained = json_get_int(r, "obtained", 0),
		.expires = json_get_int(r, "expires", 0),
		.cursor = json_get_int(r, "cursor", 0),
		.whole = json_get_bool(r, "whole", false),
		.tokens = { json_get_int(r, "token_failures", 0), json_get_int(r, "tokens_fail_since", 0) },
		.events = { json_get_int(r, "event_failures", 0), json_get_int(r, "events_fail_since", 0) },
		.next = json_get_int(r, "next", 0),
	};
}

enum store_result
callback_find(struct store *store, struct arena *a, const struct keyring *ring, const char *user, const char *grant,
    struct callback *c)
{
	char *key = callback_key(a, user, grant);
	struct json *r;
	enum store_result result = record_get(store, a, key, &r);

	*c = (struct callback){ .user = user, .grant = grant };
	if (result == STORE_OK)
		from_record(a, ring, key, r, c);
	return result;
}

enum store_result
callback_tx_find(struct store_tx *tx, const struct keyring *ring, const char *user, const char *grant,
    struct callback *c)
{
	struct arena *a = store_tx_arena(tx);
	char *key = callback_key(a, user, grant);
	struct json *r;
	enum store_result result = record_tx_get(tx, key, &r);

	*c = (struct callback){ .user = user, .grant = grant };
	if (result == STORE_OK)
		from_record(a, ring, key, r, c);
	return result;
}

static void
set_hidden(struct arena *a, const struct keyring *ring, const char *key, struct json *r, const char *name,
    const char *secret)
{
	if (secret != NULL)
		json_set_string(a, r, name, seal_hide(a, ring, key, secret));
}

enum store_result
callback_tx_put(struct store_tx *tx, const struct keyring *ring, const struct callback *c)
{
	struct arena *a = store_tx_arena(tx);
	char *key = callback_key(a, c->user, c->grant);
	struct json *r = record_new(a);

	if (key == NULL)
		return STORE_LIMIT;
	json_set_string(a, r, "token_url", c->token_url);
	json_set_string(a, r, "state_url", c->state_url);
	set_hidden(a, ring, key, r, "code", c->code);
	json_set_string(a, r, "code_hash", c->code_hash);
	set_hidden(a, ring, key, r, "access", c->access);
	set_hidden(a, ring, key, r, "refresh", c->refresh);
	json_set_int(a, r, "obtained", c->obtained);
	json_set_int(a, r, "expires", c->expires);
	json_set_int(a, r, "cursor", c->cursor);
	json_set_bool(a, r, "whole", c->whole);
	json_set_int(a, r, "token_failures", c->tokens.failures);
	json_set_int(a, r, "tokens_fail_since", c->tokens.since);
	json_set_int(a, r, "event_failures", c->events.failures);
	json_set_int(a, r, "events_fail_since", c->events.since);
	json_set_int(a, r, "next", c->next);
	return record_tx_put(tx, key, r, 0);
}

enum store_result
callback_tx_delete(struct store_tx *tx, const char *user, const char *grant)
{
	return record_tx_delete(tx, callback_key(store_tx_arena(tx), user, grant));
}

/* --- boxes --- */

static char *
box_key(struct arena *a, unsigned box)
{
	return record_key(a, "courier", "box", arena_printf(a, "%u", box % CALLBACK_BOXES), NULL);
}

enum store_result
callback_tx_announce(struct store_tx *tx, const char *user, const char *grant)
{
	struct arena *a = store_tx_arena(tx);
	unsigned char hash[SECRET_HASH];
	struct json *r, *links;

	secret_sha256(grant, strlen(grant), hash);
	char *key = box_key(a, hash[0]), *link = arena_printf(a, "%s/%s", user, grant);
	enum store_result result = record_tx_get(tx, key, &r);
	if (result == STORE_ABSENT)
		r = record_new(a);
	else if (result != STORE_OK)
		return result;
	links = json_copy(a, json_get(r, "links"));
	links = json_set(a, r, "links", links != NULL ? links : json_array(a));
	if (json_array_has(links, link) || json_get_bool(r, "full", false))
		return STORE_OK;
	if (json_count(links) < BOX_MAX)
		json_append_string(a, links, link);
	else
		json_set_bool(a, r, "full", true);
	return record_tx_put(tx, key, r, 0);
}

struct emptying {
	unsigned	 box;
	struct json	*links;
	bool		 full;
};

static enum store_result
empty(struct store_tx *tx, void *arg)
{
	struct emptying *e = arg;
	struct arena *a = store_tx_arena(tx);
	struct json *r;
	enum store_result result = record_tx_get(tx, box_key(a, e->box), &r);

	e->links = NULL;
	e->full = false;
	if (result != STORE_OK)
		return result == STORE_ABSENT ? STORE_OK : result;
	e->links = json_copy(a, json_get(r, "links"));
	e->full = json_get_bool(r, "full", false);
	return record_tx_delete(tx, box_key(a, e->box));
}

enum store_result
callback_collect(struct store *store, struct arena *a, unsigned box,
    void (*fn)(void *arg, const char *user, const char *grant), void *arg, bool *full)
{
	struct emptying e = { box, NULL, false };
	const char *there;
	enum store_result r = store_get(store, a, box_key(a, box), &there);

	*full = false;
	if (r != STORE_OK)	/* as nearly always: it costs no transaction */
		return r == STORE_ABSENT ? STORE_OK : r;
	r = store_run(store, a, empty, &e);
	*full = r == STORE_OK && e.full;
	for (const struct json *v = r == STORE_OK ? json_first(e.links) : NULL; v != NULL; v = json_next(v)) {
		const char *link = json_string(v), *slash = link != NULL ? strchr(link, '/') : NULL;
		if (slash != NULL)
			fn(arg, arena_strndup(a, link, (size_t)(slash - link)), slash + 1);
	}
	return r;
}
