/* client.c: the record "client/<id>" and what follows from it.
 * long because: what a client is and what it may do stand in one place, a short function each. */
#include "oauth/client.h"

#include <string.h>

#include "base/arena.h"
#include "base/json.h"
#include "db/record.h"
#include "base/banned.h"

#define ID_MAX 100
#define ALNUM "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789"

static const char *const auth_names[] = {
	[CLIENT_AUTH_ANY] = "any", [CLIENT_AUTH_BASIC] = "basic", [CLIENT_AUTH_POST] = "post", [CLIENT_AUTH_NONE] = "none",
	[CLIENT_AUTH_PRIVATE_KEY_JWT] = "private_key_jwt",
};

const char *
client_auth_name(enum client_auth auth)
{
	return auth_names[auth];
}

bool
client_auth_parse(const char *name, enum client_auth *auth)
{
	for (size_t i = 0; i < sizeof(auth_names) / sizeof(auth_names[0]); i++)
		if (strcmp(auth_names[i], name) == 0) {
			*auth = (enum client_auth)i;
			return true;
		}
	return false;
}

/* --- the record --- */

static void
from_record(const struct json *r, struct client *c)
{
	*c = (struct client){
		.id = json_get_string(r, "id"),
		.name = json_get_string(r, "name"),
		.secret_hash = json_get_string(r, "secret_hash"),
		.old_secret_hash = json_get_string(r, "old_secret_hash"),
		.old_secret_until = json_get_int(r, "old_secret_until", 0),
		.jwk = json_get(r, "jwk"),
		.redirect_uris = json_get(r, "redirect_uris"),
		.scope = json_get_string(r, "scope"),
		.scope_aliases = json_get(r, "scope_aliases"),
		.pkce_required = json_get_bool(r, "pkce_required", true),
		.grants = json_get_string(r, "grants"),
		.rotate = json_get_bool(r, "rotate", true),
		.access_ttl = json_get_int(r, "access_ttl", 0),
		.legacy_groovy = json_get_bool(r, "legacy_groovy", false),
		.link = json_get_string(r, "link"),
		.about = json_get_string(r, "about"),
		.app = json_get_string(r, "app"),
		.app_gone = json_get_bool(r, "app_gone", false),
		.disabled = json_get_bool(r, "disabled", false),
	};
	const char *auth = json_get_string(r, "auth");
	if (auth == NULL || !client_auth_parse(auth, &c->auth))
		c->auth = CLIENT_AUTH_BASIC;
}

static struct json *
to_record(struct arena *a, const struct client *c)
{
	struct json *r = record_new(a);

	json_set_string(a, r, "id", c->id);
	json_set_string(a, r, "name", c->name);
	json_set_string(a, r, "secret_hash", c->secret_hash);
	if (c->old_secret_hash != NULL) {
		json_set_string(a, r, "old_secret_hash", c->old_secret_hash);
		json_set_int(a, r, "old_secret_until", c->old_secret_until);
	}
	json_set(a, r, "jwk", json_copy(a, c->jwk));
	json_set(a, r, "redirect_uris", json_copy(a, c->redirect_uris));
	json_set_string(a, r, "scope", c->scope);
	json_set(a, r, "scope_aliases", json_copy(a, c->scope_aliases));
	json_set_string(a, r, "auth", client_auth_name(c->auth));
	json_set_bool(a, r, "pkce_required", c->pkce_required);
	json_set_string(a, r, "grants", c->grants);
	json_set_bool(a, r, "rotate", c->rotate);
	json_set_int(a, r, "access_ttl", c->access_ttl);
	json_set_bool(a, r, "legacy_groovy", c->legacy_groovy);
	json_set_string(a, r, "link", c->link);
	json_set_string(a, r, "about", c->about);
	json_set_string(a, r, "app", c->app);
	if (c->app_gone)
		json_set_bool(a, r, "app_gone", true);
	json_set_bool(a, r, "disabled", c->disabled);
	return r;
}

bool
client_is_live(const struct client *c)
{
	return !c->disabled && !c->app_gone;
}

bool
client_is_id(const char *id)
{
	size_t len = strlen(id);

	return len > 0 && len <= ID_MAX && strspn(id, ALNUM "._~-") == len;
}

char *
client_key(struct arena *a, const char *id)
{
	return record_key(a, "client", id, NULL);
}

enum store_result
client_find(struct store *store, struct arena *a, const char *id, struct client *c)
{
	const struct json *r;

	if (!client_is_id(id))
		return STORE_ABSENT;
	enum store_result result = record_read(store, a, client_key(a, id), &r, NULL);
	if (result == STORE_OK)
		from_record(r, c);
	return result;
}

struct saving {
	const struct client	*client;
	bool			 replace, exists;
};

static enum store_result
save(struct store_tx *tx, void *arg)
{
	struct saving *s = arg;
	struct arena *a = store_tx_arena(tx);
	char *key = client_key(a, s->client->id);
	struct json *old;
	enum store_result r = record_tx_get(tx, key, &old);

	s->exists = r == STORE_OK;
	if ((r != STORE_OK && r != STORE_ABSENT) || (s->exists && !s->replace))
		return r;
	return record_tx_put(tx, key, to_record(a, s->client), 0);
}

enum store_result
client_save(struct store *store, struct arena *a, const struct client *c, bool replace, bool *exists)
{
	struct saving s = { c, replace, false };
	enum store_result r = store_run(store, a, save, &s);

	*exists = s.exists;
	return r;
}

static enum store_result
drop(struct store_tx *tx, void *arg)
{
	char *key = client_key(store_tx_arena(tx), arg);
	struct json *old;
	enum store_result r = record_tx_get(tx, key, &old);

	return r == STORE_OK ? record_tx_delete(tx, key) : r;
}

enum store_result
client_delete(struct store *store, struct arena *a, const char *id)
{
	char *copy = arena_strdup(a, id);

	return client_is_id(id) ? store_run(store, a, drop, copy) : STORE_ABSENT;
}

enum store_result
client_tx_app_gone(struct store_tx *tx, const char *id)
{
	struct arena *a = store_tx_arena(tx);
	char *key = client_key(a, id);
	struct json *r;
	enum store_result result = record_tx_get(tx, key, &r);

	if (result != STORE_OK || json_get_string(r, "app") == NULL)
		return result == STORE_ABSENT ? STORE_OK : result;
	json_set_bool(a, r, "app_gone", true);
	return record_tx_put(tx, key, r, 0);
}

struct walk {
	struct arena	*arena;
	void		(*fn)(void *, const struct client *);
	void		*arg;
};

static bool
visit(void *arg, const char *key, const char *value, int64_t expires)
{
	struct walk *w = arg;
	struct client c;

	(void)expires;
	if (strncmp(key, "client/", 7) != 0)
		return true;
	struct json *r = record_parse(w->arena, value);
	if (r != NULL) {
		from_record(r, &c);
		w->fn(w->arg, &c);
	}
	return true;
}

enum store_result
client_each(struct store *store, struct arena *a, void (*fn)(void *, const struct client *), void *arg)
{
	struct walk w = { a, fn, arg };

	return store_each(store, visit, &w);
}

struct json *
client_show(struct arena *a, const struct client *c)
{
	struct json *shown = to_record(a, c);

	json_set(a, shown, "v", NULL);
	json_set(a, shown, "secret_hash", NULL);
	json_set(a, shown, "old_secret_hash", NULL);
	json_set_bool(a, shown, "public", c->auth == CLIENT_AUTH_NONE);
	return shown;
}
