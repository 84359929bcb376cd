/* gatehouse.c: the command line tool: users, clients, devices, tokens, grants, activity, config,
 * keys and store of an instance. */
#include <stdio.h>
#include <stdlib.h>

#include "app.h"
#include "base/arena.h"
#include "base/json.h"
#include "cli/args.h"
#include "cli/help.h"
#include "cli/noun.h"
#include "cli/output.h"
#include "base/banned.h"

#define VERSION		"0.1.0"
#define ARENA_LIMIT	((size_t)1 << 30)	/* lists of everything go through it */

/* A noun more is a row here and its name in cli/noun.h. */
static const struct cli_noun *const nouns[] = {
	&cli_user,
	&cli_client,
	&cli_device,
	&cli_token,
	&cli_grant,
	&cli_activity,
	&cli_sim,
	&cli_config,
	&cli_keys,
	&cli_store,
	&cli_smartapp,
	&cli_schema,
	&cli_app,
	&cli_connector,
	&cli_courier,
	&cli_log,
	&cli_metrics,
	&cli_nodeserver,
	NULL,
};

/* Open what the verb needs, run it, close. */
static int
run(struct cli *c)
{
	static const struct { unsigned cli, app; } parts[] = {
		{ CLI_STORE, APP_STORE }, { CLI_CATALOGUE, APP_CATALOGUE }, { CLI_KEYS, APP_KEYS },
		{ CLI_PASSWORDS, APP_PASSWORDS },
	};
	struct app app = { 0 };
	unsigned wanted = 0;

	for (size_t i = 0; i < sizeof(parts) / sizeof(parts[0]); i++)
		if ((c->verb->parts & parts[i].cli) != 0)
			wanted |= parts[i].app;
	if (c->verb->parts != 0) {
		if (c->root == NULL)
			return output_refuse(c, "name it by --root or GATEHOUSE_ROOT; ./deploy.sh makes one in run",
			    "which instance? None was named");
		app_open(&app, "gatehouse", c->root, wanted);
	}
	c->config = app.config;
	c->store = app.store;
	c->catalogue = app.catalogue;
	c->keyring = app.keyring;
	c->breached = app.breached;
	int result = (int)c->verb->run(c);
	if (c->verb->parts != 0)
		app_close(&app);
	return result;
}

static int
say_version(const struct cli *c)
{
	struct json *v = json_object(c->arena);

	json_set_string(c->arena, v, "version", VERSION);
	if (c->json)
		output_json(c, v);
	output_say(c, "gatehouse %s", VERSION);
	return CLI_DONE;
}

int
main(int argc, char **argv)
{
	struct arena *arena = arena_new(ARENA_LIMIT);
	struct cli c = { .arena = arena, .conf = app_share(arena, "conf") };
	enum args_want want = args_read(&c, nouns, argc, argv);
	const char *root = getenv("GATEHOUSE_ROOT");
	int result = CLI_USAGE;

	if (c.root == NULL && root != NULL && *root != '\0')
		c.root = root;
	if (want == ARGS_HELP)
		help_show(&c, nouns);
	if (want == ARGS_HELP || want == ARGS_VERSION)
		result = want == ARGS_VERSION ? say_version(&c) : CLI_DONE;
	else if (want == ARGS_RUN)
		result = run(&c);
	int end = output_end();
	arena_free(arena);
	return result != CLI_DONE ? result : end;
}
