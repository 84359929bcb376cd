/* app.c: open what a program needs, or say what is wrong and end. */
#include "app.h"

#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/arena.h"
#include "base/bell.h"
#include "base/clock.h"
#include "base/config.h"
#include "base/log.h"
#include "base/metrics.h"
#include "base/wake.h"
#include "db/configured.h"
#include "device/capability.h"
#include "endpoints/rate.h"
#include "endpoints/webapp.h"
#include "link/link.h"
#include "nodeserver/source.h"
#include "oauth/breached.h"
#include "oauth/keyring.h"
#include "web/page.h"
#include "web/serve.h"
#include "base/banned.h"

#define ARENA_LIMIT ((size_t)64 << 20)

static _Noreturn void
die(const char *program, const char *why)
{
	fprintf(stderr, "%s: %s\n", program, why);
	exit(1);
}

/* The nearest folder above this program that holds conf/, or holds share/ with it: a source tree or an instance. */
static char *
installation(struct arena *a)
{
	static const char *const below[] = { "", "/share" };
	char self[PATH_MAX];
	ssize_t n = readlink("/proc/self/exe", self, sizeof(self) - 1);

	self[n > 0 ? n : 0] = '\0';
	for (char *slash; (slash = strrchr(self, '/')) != NULL && slash != self;) {
		*slash = '\0';
		for (size_t i = 0; i < sizeof(below) / sizeof(below[0]); i++)
			if (access(arena_printf(a, "%s%s/conf/capabilities.json", self, below[i]), R_OK) == 0)
				return arena_printf(a, "%s%s", self, below[i]);
	}
	return arena_strdup(a, ".");
}

char *
app_share(struct arena *a, const char *name)
{
	const char *share = getenv("GATEHOUSE_SHARE");

	return arena_printf(a, "%s/%s", share != NULL && *share != '\0' ? share : installation(a), name);
}

static void
open_store(struct app *app, const char *program)
{
	char why[512];

	if (store_open_configured(&app->store, app->arena, app->config, false, why, sizeof(why)) != STORE_OK)
		die(program, why);
}

/* The apps, and a client for each. */
static void
open_webapps(struct app *app, const char *program)
{
	const char *why = NULL;

	app->webapps = webapps_load(app->arena, app->config->root, app->catalogue, &why);
	if (app->webapps == NULL || !webapps_register(app->webapps, app->config, app->store, app->arena, &why))
		die(program, why);
}

void
app_open(struct app *app, const char *program, const char *root, unsigned parts)
{
	const char *why = NULL;

	*app = (struct app){ .arena = arena_new(ARENA_LIMIT) };
	log_open(program, getenv("GATEHOUSE_DEBUG") != NULL ? LOG_LEVEL_DEBUG : LOG_LEVEL_INFO);
	if (root == NULL && ((root = getenv("GATEHOUSE_ROOT")) == NULL || *root == '\0'))
		die(program, "which instance? Set GATEHOUSE_ROOT to its folder, or run ./deploy.sh to make one in ./run");
	if ((app->config = config_load(app->arena, root, &why)) == NULL)
		die(program, why);
	metrics_open(app->config->root, program);
	log_follow();
	wake_open(app->config->root);
	bell_open(app->config->root);
	if (app->config->simulator)
		clock_follow(config_path(app->arena, app->config, "clock"));
	if (parts & (APP_STORE | APP_KEYS))
		open_store(app, program);
	if (parts & APP_CATALOGUE && (app->catalogue = catalogue_load(app->arena, app_share(app->arena, "conf"),
	    app->config->root, &why)) == NULL)
		die(program, why);
	if (parts & APP_KEYS && (app->keyring = keyring_open(app->arena, app->config, app->store, &why)) == NULL)
		die(program, why);
	if (parts & APP_KEYS && parts & APP_CATALOGUE)
		nodeserver_source_add(app->arena, app->config, app->keyring);
	if (parts & APP_PAGES && (app->pages = page_load(app->arena, app_share(app->arena, "html"), &why)) == NULL)
		die(program, why);
	if (parts & APP_WEBAPPS)
		open_webapps(app, program);
	if (parts & APP_RATE && (app->rate = rate_open(app->arena, app->config->root, &why)) == NULL)
		die(program, why);
	if (parts & APP_PASSWORDS && (app->breached = breached_configured(app->arena, app->config,
	    arena_printf(app->arena, "%s/gatehouse.json", root), &why)) == NULL && why != NULL)
		die(program, why);
	if (parts & APP_LINKS && (app->links = links_open(app->arena, app->config, app->store, app->keyring, app->catalogue,
	    &why)) == NULL)
		die(program, why);
}

static void
defer(struct app *app)
{
	store_defer(app->store);
}

static uint64_t
owed(struct app *app)
{
	return store_owed(app->store);
}

static bool
pay(struct app *app, uint64_t mark)
{
	return store_await(app->store, mark) == STORE_OK;
}

const struct owing app_owing = { .defer = defer, .owed = owed, .pay = pay, .hold_ms = 5 };

void
app_refresh(struct app *app)
{
	if (app->catalogue != NULL)
		catalogue_refresh(app->catalogue);
}

void
app_close(struct app *app)
{
	breached_close(app->breached);
	links_close(app->links);
	rate_close(app->rate);
	keyring_close(app->keyring);
	catalogue_close(app->catalogue);
	store_close(app->store);
	arena_free(app->arena);
	*app = (struct app){ 0 };
}
