/* token.c: gatehouse token issue: tokens without a browser, for tests and for a first look with curl. */
#include "oauth/token.h"

#include "base/arena.h"
#include "base/config.h"
#include "base/json.h"
#include "cli/args.h"
#include "cli/find.h"
#include "cli/noun.h"
#include "cli/output.h"
#include "oauth/client.h"
#include "oauth/grant.h"
#include "oauth/user.h"
#include "base/banned.h"

#define EXPIRES_MAX (30LL * 86400)	/* seconds, as --access-ttl of a client: signing keys count for longer */

static int
refuse_disabled(const struct cli *c, const struct user *u, const struct client *client)
{
	if (u->disabled)
		return output_refuse(c, output_command(c, "user enable %s", output_word(c, u->name)),
		    "user %s is disabled", u->name);
	if (client->disabled)
		return output_refuse(c, output_command(c, "client list"), "client %s is disabled", client->id);
	return CLI_DONE;
}

static enum cli_exit
issue(struct cli *c)
{
	struct token_context context = { c->config, c->store, c->keyring, c->arena };
	struct user u;
	struct client client;
	struct grant g = { 0 };
	struct json *answer, *chosen, *all;
	long long expires_in;

	if (!args_number(c, "expires-in", 1, EXPIRES_MAX, 0, &expires_in))
		return CLI_USAGE;
	if (find_user(c, args_value(c, "user"), &u) != CLI_DONE ||
	    find_client(c, args_value(c, "client"), &client) != CLI_DONE ||
	    refuse_disabled(c, &u, &client) != CLI_DONE || find_devices(c, &u, &chosen, &all) != CLI_DONE)
		return CLI_REFUSED;
	g.devices = args_has(c, "device") ? chosen : all;
	g.user = u.id;
	g.client = client.id;
	if ((g.scope = client_scope(c->arena, &client, args_value(c, "scope"))) == NULL)
		return output_refuse(c, output_command(c, "client show %s", client.id),
		    "client %s may not have all of this scope; it may have %s", client.id, client.scope);
	enum store_result r = grant_create(c->store, c->arena, &g, c->config->oauth.refresh_idle_ttl,
	    c->config->oauth.refresh_max_ttl);
	if (r != STORE_OK)
		return output_store(c, r);
	enum oauth_error e = token_for_grant(&context, &client, &g, expires_in, &answer);
	if (e != OAUTH_OK)
		return output_refuse(c, output_command(c, "keys list"), "no token could be made: %s",
		    oauth_error_name(e));
	output_json(c, answer);
	return CLI_DONE;
}

static const struct cli_option issue_options[] = {
	{ "user", "U", CLI_MUST, "who is taken to have consented" },
	{ "client", "C", CLI_MUST, "the id of the client that gets the tokens" },
	{ "device", "ID", CLI_MANY, "a device that the grant holds; otherwise all that the user has now" },
	{ "scope", "\"A B\"", 0, "otherwise all that the client may have" },
	{ "expires-in", "S", 0, "seconds that the access token lives; otherwise as configured" },
	{ NULL, NULL, 0, NULL },
};

static const struct cli_verb verbs[] = {
	{ "issue", "", "Make a grant as if the user had consented, and print the token response as JSON.",
	    issue_options, CLI_STORE | CLI_KEYS, issue },
	{ NULL, NULL, NULL, NULL, 0, NULL },
};

const struct cli_noun cli_token = {
	"token", "Tokens made here, without browser and consent page.",
	"gatehouse token issue --user kim --client smartthings\n"
	"TOKEN=$(gatehouse token issue --user kim --client smartthings --device lamp | jq -r .access_token)\n",
	verbs, false,
};
