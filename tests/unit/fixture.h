/* fixture.h: an instance in a temporary folder: config, store, keys, and a clock that a test may move. */
#ifndef FIXTURE_H
#define FIXTURE_H
#include <fcntl.h>
#include <stdlib.h>
#include <unistd.h>

#include "base/arena.h"
#include "base/clock.h"
#include "base/config.h"
#include "base/json.h"
#include "base/log.h"
#include "base/secret.h"
#include "db/store.h"
#include "oauth/client.h"
#include "oauth/keyring.h"
#include "oauth/user.h"

#define FIXTURE_SECRET "s3cret-of-the-client_42"
#define FIXTURE_PASSWORD "correct horse 9"

static struct fixture {
	char			 root[200];
	struct arena		*arena;
	const struct config	*config;
	struct store		*store;
	struct keyring		*keyring;
	int			 clock;
} fx;

static inline void
fixture_fail(const char *what, const char *why)
{
	printf("Bail out! %s: %s\n", what, why != NULL ? why : "");
	exit(1);
}

/* Move the time to ms milliseconds ahead of the real one. */
static inline void
fixture_clock(int64_t ms)
{
	if (pwrite(fx.clock, &ms, sizeof(ms), 0) != (ssize_t)sizeof(ms))
		fixture_fail("clock", fx.root);
}

/* Write a file below the instance's folder. */
static inline void
fixture_write(const char *name, const char *text)
{
	FILE *f = fopen(arena_printf(fx.arena, "%s/%s", fx.root, name), "w");

	if (f == NULL || fputs(text, f) < 0 || fclose(f) != 0)
		fixture_fail(name, "cannot be written");
}

static inline void
fixture_begin(void)
{
	const char *why = NULL, *tmp = getenv("TMPDIR");
	char text[500];
	bool made;

	log_open("test", LOG_LEVEL_ERROR);
	fx.arena = arena_new((size_t)1 << 30);
	snprintf(fx.root, sizeof(fx.root), "%s/gatehouse-unit.XXXXXX", tmp != NULL ? tmp : "/tmp");
	if (mkdtemp(fx.root) == NULL)
		fixture_fail("mkdtemp", fx.root);
	fixture_write("gatehouse.json", "{\"public_url\":\"http://127.0.0.1:8080\",\"insecure_loopback\":true}\n");
	if ((fx.config = config_load(fx.arena, fx.root, &why)) == NULL)
		fixture_fail("config", why);
	struct store_options options = { .engine = "gdbm", .path = config_path(fx.arena, fx.config, "store") };
	if (store_open(&fx.store, &options, text, sizeof(text)) != STORE_OK)
		fixture_fail("store", text);
	if (!keyring_create(fx.arena, fx.config, fx.store, &made, &why) ||
	    (fx.keyring = keyring_open(fx.arena, fx.config, fx.store, &why)) == NULL)
		fixture_fail("keys", why);
	char *clock = config_path(fx.arena, fx.config, "clock");
	fx.clock = open(clock, O_RDWR | O_CREAT | O_CLOEXEC, 0600);
	fixture_clock(0);
	clock_follow(clock);
}

static inline void
fixture_end(void)
{
	keyring_close(fx.keyring);
	store_close(fx.store);
	close(fx.clock);
	if (system(arena_printf(fx.arena, "rm -r '%s'", fx.root)) != 0)
		fixture_fail("rm", fx.root);
	arena_free(fx.arena);
}

/* A client as an operator would register it; change what a test needs, then fixture_save it. */
static inline struct client
fixture_client(const char *id, const char *const *uris)
{
	struct json *list = json_array(fx.arena);

	for (; *uris != NULL; uris++)
		json_append_string(fx.arena, list, *uris);
	return (struct client){ .id = id, .name = "A client", .secret_hash = secret_digest(fx.arena, FIXTURE_SECRET),
	    .redirect_uris = list, .scope = "devices:read devices:control", .auth = CLIENT_AUTH_ANY,
	    .grants = "authorization_code,refresh_token", .rotate = true };
}

static inline void
fixture_save(const struct client *c)
{
	bool exists;

	if (client_save(fx.store, fx.arena, c, true, &exists) != STORE_OK)
		fixture_fail("client", c->id);
}

static inline struct user
fixture_user(const char *name)
{
	struct user u;
	bool taken;

	if (user_add(fx.store, fx.arena, name, NULL, &u, &taken) != STORE_OK || taken)
		fixture_fail("user", name);
	return u;
}
#endif
