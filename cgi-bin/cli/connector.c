/* connector.c: gatehouse connector ...: the vendors' clouds that owners can link, as the instance's files say. */
#include "base/arena.h"
#include "base/config.h"
#include "base/json.h"
#include "cli/connector_try.h"
#include "cli/noun.h"
#include "cli/output.h"
#include "link/connector.h"
#include "base/banned.h"

static const struct output_column columns[] = {
	{ "id", "id", OUTPUT_TEXT },
	{ "name", "name", OUTPUT_TEXT },
	{ "authorize_url", "login at", OUTPUT_TEXT },
	{ "hosts", "may call", OUTPUT_TEXT },
	{ "every", "looks every (s)", OUTPUT_TEXT },
	{ "fault", "fault", OUTPUT_TEXT },
	{ NULL, NULL, 0 },
};

/* A connector, and what is missing outside of its file. */
static struct json *
row(const struct cli *c, const struct connector *k)
{
	struct json *v = json_object(c->arena);
	const char *why;

	connector_secret(c->arena, c->config, k, &why);
	json_set_string(c->arena, v, "id", k->id);
	json_set_string(c->arena, v, "name", k->name);
	json_set_string(c->arena, v, "authorize_url", k->oauth.authorize_url);
	json_set(c->arena, v, "hosts", json_copy(c->arena, k->hosts));
	json_set_int(c->arena, v, "every", k->every);
	if (why != NULL)
		json_set_string(c->arena, v, "fault", why);
	return v;
}

static enum cli_exit
list(struct cli *c)
{
	const char *why = NULL;
	const struct connectors *all = connectors_load(c->arena, c->config, c->catalogue, &why);
	struct json *rows = json_array(c->arena);

	if (all == NULL)
		return output_refuse(c, "mend it (docs/connectors.md explains every member), then run this again", "%s", why);
	for (size_t i = 0; i < all->n; i++)
		json_append(c->arena, rows, row(c, &all->list[i]));
	output_list(c, rows, columns, "no connectors: put a file into the folder connectors of the instance");
	return CLI_DONE;
}

static const struct cli_option try_options[] = {
	{ "user", "USER", 0, "by this user's link: its token is used, nothing is changed" },
	{ "answer", "FILE", 0, "no call: what the vendor answers to list, in a file" },
	{ NULL, NULL, 0, NULL },
};

static const struct cli_verb verbs[] = {
	{ "list", "", "List the connectors, and what is wrong with one.", NULL, CLI_CONFIG | CLI_CATALOGUE, list },
	{ "check", "NAME", "Look at one connector's file, its secrets and its types.", NULL, CLI_CONFIG | CLI_CATALOGUE,
	    connector_try_check },
	{ "try", "NAME", "Go through a connector step by step, and say which pointer finds what.", try_options,
	    CLI_STORE | CLI_CATALOGUE | CLI_KEYS, connector_try_run },
	{ NULL, NULL, NULL, NULL, 0, NULL },
};

const struct cli_noun cli_connector = {
	"connector", "Vendors' clouds whose devices owners can link.",
	"gatehouse --root run connector list\n"
	"gatehouse --root run connector list --json\n"
	"gatehouse --root run connector check gatehouse\n"
	"gatehouse --root run connector try gatehouse --user demo\n",
	verbs, false,
};
