/* callback.c: records "callback/<user>/<grant>". */
#include "schema/callback.h"

#include <string.h>

#include "base/arena.h"
#include "base/json.h"
#include "db/record.h"
#include "oauth/grant.h"
#include "oauth/seal.h"
#include "base/banned.h"

static char *
callback_key(struct arena *a, const char *user, const char *grant)
{
	return record_key(a, "callback", user, grant, NULL);
}

struct json *
callback_choice(struct arena *a, const struct grant *g)
{
	struct json *v = json_object(a);

	json_set(a, v, "devices", json_copy(a, g->devices));
	json_set_bool(a, v, "include_new", g->include_new);
	if (g->include_new && json_first(g->left_out) != NULL)
		json_set(a, v, "left_out", json_copy(a, g->left_out));
	return v;
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
		.chosen = json_get(r, "chosen"),
		.whole = json_get_bool(r, "whole", false),
		.tokens = { json_get_int(r, "token_failures", 0), json_get_int(r, "tokens_fail_since", 0) },
		.events = { json_get_int(r, "event_failures", 0), json_get_int(r, "events_fail_since", 0) },
		.next = json_get_int(r, "next", 0),
		.delivered = json_get_int(r, "delivered", 0),
		.told = json_get_int(r, "told", 0),
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
	if (c->chosen != NULL)
		json_set(a, r, "chosen", json_copy(a, c->chosen));
	json_set_bool(a, r, "whole", c->whole);
	json_set_int(a, r, "token_failures", c->tokens.failures);
	json_set_int(a, r, "tokens_fail_since", c->tokens.since);
	json_set_int(a, r, "event_failures", c->events.failures);
	json_set_int(a, r, "events_fail_since", c->events.since);
	json_set_int(a, r, "next", c->next);
	json_set_int(a, r, "delivered", c->delivered);
	json_set_int(a, r, "told", c->told);
	return record_tx_put(tx, key, r, 0);
}

enum store_result
callback_tx_delete(struct store_tx *tx, const char *user, const char *grant)
{
	return record_tx_delete(tx, callback_key(store_tx_arena(tx), user, grant));
}
