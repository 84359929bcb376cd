/* webapp_client.c: the clients that apps' files describe. */
#include <errno.h>
#include <string.h>

#include "base/arena.h"
#include "base/config.h"
#include "base/json.h"
#include "base/secret.h"
#include "db/record.h"
#include "endpoints/webapp.h"
#include "oauth/client.h"
#include "base/banned.h"

#define SECRET_MIN	16	/* characters */

struct client
webapp_client(const struct webapp *app)
{
	return (struct client){ .id = app->client_id, .name = app->display_name, .redirect_uris = app->redirect_uris,
	    .scope = app->scope, .auth = app->is_public ? CLIENT_AUTH_NONE : CLIENT_AUTH_ANY,
	    .pkce_required = app->pkce_required, .grants = "authorization_code,refresh_token", .rotate = app->rotate,
	    .access_ttl = app->access_ttl, .link = app->display_link, .about = app->about, .app = app->id };
}

/* The hash of the secret that a file holds in its first line. */
static const char *
secret_of(const struct webapp *app, const struct config *config, struct arena *a, const char **why)
{
	const char *path = config_path(a, config, app->secret_file);
	size_t len;
	char *text = config_read_file(a, path, 4096, &len);

	if (text == NULL) {
		*why = arena_printf(a, "%s: %s", path, strerror(errno));
		return NULL;
	}
	text[strcspn(text, "\r\n")] = '\0';
	if (strlen(text) < SECRET_MIN) {
		*why = arena_printf(a, "%s: the first line must be a secret of at least %d characters", path, SECRET_MIN);
		return NULL;
	}
	return secret_digest(a, text);
}

static bool
same(const char *a, const char *b)
{
	return a == b || (a != NULL && b != NULL && strcmp(a, b) == 0);
}

static bool
register_one(const struct webapp *app, const struct config *config, struct store *store, struct arena *a, const char **why)
{
	struct client want = webapp_client(app), have = { 0 };
	enum store_result r = client_find(store, a, app->client_id, &have);
	bool exists;

	if (r != STORE_OK && r != STORE_ABSENT) {
		*why = "the store cannot be read";
		return false;
	}
	if (r == STORE_OK && !same(have.app, app->id)) {
		*why = arena_printf(a, "app %s: clientId: there is a client %s already that is not its own", app->id, app->client_id);
		return false;
	}
	if (app->secret_file != NULL && (want.secret_hash = secret_of(app, config, a, why)) == NULL)
		return false;
	if (app->secret_file == NULL && !app->is_public) {
		want.secret_hash = have.secret_hash != NULL ? have.secret_hash : secret_digest(a, secret_token(a, 32));
		want.old_secret_hash = have.old_secret_hash;
		want.old_secret_until = have.old_secret_until;
	}
	want.disabled = have.disabled;
	if (r == STORE_OK && same(want.secret_hash, have.secret_hash) && json_equal(client_show(a, &want), client_show(a, &have)))
		return true;
	if ((r = client_save(store, a, &want, true, &exists)) != STORE_OK)
		*why = arena_printf(a, "the client of the app %s cannot be written: %s", app->id, store_result_name(r));
	return r == STORE_OK;
}

/* --- apps that are gone --- */

#define KNOWN "apps/clients"

/* Clients of apps whose file is not there any more are refused until it is back; those of this start are noted for the next. */
static enum store_result
set_gone_aside(struct store_tx *tx, void *arg)
{
	const struct webapps *apps = arg;
	struct arena *a = store_tx_arena(tx);
	struct json *r, *now = json_array(a);
	enum store_result result = record_tx_get(tx, KNOWN, &r);

	if (result != STORE_OK && result != STORE_ABSENT)
		return result;
	for (size_t i = 0; i < apps->n; i++)
		json_append_string(a, now, apps->list[i].client_id);
	const struct json *before = result == STORE_OK ? json_get(r, "ids") : json_array(a);
	if (json_equal(before, now))
		return STORE_OK;
	for (const struct json *id = json_first(before); id != NULL; id = json_next(id))
		if (!json_array_has(now, json_string(id)) && (result = client_tx_app_gone(tx, json_string(id))) != STORE_OK)
			return result;
	r = record_new(a);
	json_set(a, r, "ids", now);
	return record_tx_put(tx, KNOWN, r, 0);
}

bool
webapps_register(const struct webapps *apps, const struct config *config, struct store *store, struct arena *a,
    const char **why)
{
	for (size_t i = 0; i < apps->n; i++)
		if (!register_one(&apps->list[i], config, store, a, why))
			return false;
	struct webapps copy = *apps;
	enum store_result r = store_run(store, a, set_gone_aside, &copy);
	if (r != STORE_OK)
		*why = arena_printf(a, "the clients of apps cannot be written: %s", store_result_name(r));
	return r == STORE_OK;
}
