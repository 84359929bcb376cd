/* installed.c: records "smartapp/<installed app>". */
#include "smartapp/installed.h"

#include <string.h>

#include "base/arena.h"
#include "base/json.h"
#include "db/record.h"
#include "oauth/seal.h"
#include "smartapp/queue.h"
#include "base/banned.h"

char *
installed_key(struct arena *a, const char *id)
{
	return record_key(a, "smartapp", id, NULL);
}

void
installed_read(struct arena *a, const struct keyring *ring, const char *key, const struct json *r, struct installed *i)
{
	*i = (struct installed){
		.id = strrchr(key, '/') + 1,
		.location = json_get_string(r, "location"),
		.config = json_get(r, "config"),
		.permissions = json_get(r, "permissions"),
		.state = json_get(r, "state"),
		.locale = json_get_string(r, "locale"),
		.access = seal_reveal(a, ring, key, json_get_string(r, "access")),
		.refresh = seal_reveal(a, ring, key, json_get_string(r, "refresh")),
		.access_until = json_get_int(r, "access_until", 0),
		.refreshed = json_get_int(r, "refreshed", 0),
		.asked = json_get_int(r, "asked", 0),
		.lost = json_get_int(r, "lost", 0),
		.event_access = seal_reveal(a, ring, key, json_get_string(r, "event_access")),
		.event_until = json_get_int(r, "event_until", 0),
		.installed = json_get_int(r, "installed", 0),
		.updated = json_get_int(r, "updated", 0),
	};
}

enum store_result
installed_find(struct store *store, struct arena *a, const struct keyring *ring, const char *id, struct installed *i)
{
	char *key = installed_key(a, id);
	struct json *r;
	enum store_result result = record_get(store, a, key, &r);

	*i = (struct installed){ .id = id };
	if (result == STORE_OK)
		installed_read(a, ring, key, r, i);
	return result;
}

enum store_result
installed_tx_find(struct store_tx *tx, const struct keyring *ring, const char *id, struct installed *i)
{
	struct arena *a = store_tx_arena(tx);
	char *key = installed_key(a, id);
	struct json *r;
	enum store_result result = record_tx_get(tx, key, &r);

	*i = (struct installed){ .id = id };
	if (result == STORE_OK)
		installed_read(a, ring, key, r, i);
	return result;
}

static void
set_hidden(struct arena *a, const struct keyring *ring, const char *key, struct json *r, const char *name, const char *secret)
{
	if (secret != NULL)
		json_set_string(a, r, name, seal_hide(a, ring, key, secret));
}

static void
set_json(struct arena *a, struct json *r, const char *name, const struct json *v)
{
	if (v != NULL)
		json_set(a, r, name, json_copy(a, v));
}

enum store_result
installed_tx_put(struct store_tx *tx, const struct keyring *ring, const struct installed *i)
{
	struct arena *a = store_tx_arena(tx);
	char *key = installed_key(a, i->id);
	struct json *r = record_new(a);

	if (key == NULL)
		return STORE_LIMIT;
	json_set_string(a, r, "location", i->location);
	json_set_string(a, r, "locale", i->locale);
	set_json(a, r, "config", i->config);
	set_json(a, r, "permissions", i->permissions);
	set_json(a, r, "state", i->state);
	set_hidden(a, ring, key, r, "access", i->access);
	json_set_int(a, r, "access_until", i->access_until);
	set_hidden(a, ring, key, r, "refresh", i->refresh);
	json_set_int(a, r, "refreshed", i->refreshed);
	if (i->asked != 0)
		json_set_int(a, r, "asked", i->asked);
	if (i->lost != 0)
		json_set_int(a, r, "lost", i->lost);
	set_hidden(a, ring, key, r, "event_access", i->event_access);
	json_set_int(a, r, "event_until", i->event_until);
	json_set_int(a, r, "installed", i->installed);
	json_set_int(a, r, "updated", i->updated);
	return record_tx_put(tx, key, r, 0);
}

enum store_result
installed_tx_delete(struct store_tx *tx, const char *id)
{
	enum store_result r = record_tx_delete(tx, installed_key(store_tx_arena(tx), id));

	return r == STORE_OK ? queue_tx_delete(tx, id) : r;
}

struct json *
installed_show(struct arena *a, const struct installed *i)
{
	struct json *v = json_object(a);

	json_set_string(a, v, "id", i->id);
	json_set_string(a, v, "location", i->location);
	json_set_string(a, v, "locale", i->locale);
	json_set_int(a, v, "installed", i->installed);
	json_set_int(a, v, "updated", i->updated);
	json_set_bool(a, v, "tokens", i->refresh != NULL);
	json_set_int(a, v, "access_until", i->access_until);
	if (i->lost != 0)
		json_set_string(a, v, "needs", "new tokens: open the app's settings in SmartThings and save them");
	set_json(a, v, "permissions", i->permissions);
	set_json(a, v, "config", i->config);
	set_json(a, v, "state", i->state);
	return v;
}
