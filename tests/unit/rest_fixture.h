/* rest_fixture.h: an instance with the real catalogue, an app file, devices and an installation, for tests of the REST API. */
#ifndef REST_FIXTURE_H
#define REST_FIXTURE_H

#include "device/capability.h"
#include "device/device.h"
#include "endpoints/endpoints.h"
#include "endpoints/webapp.h"
#include "oauth/grant.h"
#include "oauth/token.h"
#include "tests/unit/check.h"
#include "tests/unit/fixture.h"

static const struct catalogue *rest_catalogue;
static const struct webapps *rest_apps;
static struct rate *rest_rate;
static const char *rest_token, *rest_installation, *rest_user;

static inline void
rest_app(const char *name, const char *text)
{
	const char *path = arena_printf(fx.arena, "%s/apps/%s", fx.root, name);
	FILE *f = fopen(path, "w");

	if (f == NULL || fputs(text, f) < 0 || fclose(f) != 0)
		fixture_fail(name, "cannot be written");
}

static inline void
rest_begin(void)
{
	const char *why = NULL;

	fixture_begin();
	if (system(arena_printf(fx.arena, "mkdir '%s/apps'", fx.root)) != 0 ||
	    (rest_catalogue = catalogue_load(fx.arena, "conf", NULL, &why)) == NULL)
		fixture_fail("catalogue", why);
}

static inline void
rest_device(const char *user, const char *definition)
{
	struct device d;
	struct json *state;
	bool exists;
	const char *why = device_define(fx.arena, rest_catalogue, json_parse(fx.arena, definition, strlen(definition), NULL), &d,
	    &state);

	if (why != NULL || device_add(fx.store, fx.arena, user, &d, state, 500, &exists) != STORE_OK)
		fixture_fail("device", why);
}

/* Install the app of that client for a new user with two devices. */
static inline void
rest_install(const char *client_id)
{
	struct user u = fixture_user("ann");
	const struct token_context x = { fx.config, fx.store, fx.keyring, fx.arena };
	struct grant g = { .user = u.id, .client = client_id, .scope = WEBAPP_SCOPE };
	const char *why = NULL;
	struct client c;
	struct json *answer, *ids;

	rest_device(u.id, "{\"id\":\"A\",\"name\":\"Lamp\",\"type\":\"c2c-dimmer\"}");
	rest_device(u.id, "{\"id\":\"B\",\"name\":\"Door\",\"type\":\"c2c-contact-3\"}");
	if ((rest_apps = webapps_load(fx.arena, fx.root, rest_catalogue, &why)) == NULL ||
	    !webapps_register(rest_apps, fx.config, fx.store, fx.arena, &why) ||
	    (rest_rate = rate_open(fx.arena, fx.root, &why)) == NULL)
		fixture_fail("apps", why);
	if (device_ids(fx.store, fx.arena, u.id, &ids) != STORE_OK || client_find(fx.store, fx.arena, client_id, &c) != STORE_OK)
		fixture_fail("client", client_id);
	g.devices = ids;
	if (grant_create(fx.store, fx.arena, &g, 3600, 7200) != STORE_OK ||
	    token_for_grant(&x, &c, &g, 0, &answer) != OAUTH_OK)
		fixture_fail("grant", client_id);
	rest_token = json_get_string(answer, "access_token");
	rest_installation = g.id;
	rest_user = u.id;
}

static inline void
rest_end(void)
{
	rate_close(rest_rate);
	fixture_end();
}
#endif
