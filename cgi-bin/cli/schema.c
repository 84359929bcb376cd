/* schema.c: gatehouse schema ...: what SmartThings must know of this connector. */
#include <string.h>

#include "base/arena.h"
#include "base/config.h"
#include "base/json.h"
#include "base/text.h"
#include "cli/args.h"
#include "cli/find.h"
#include "cli/input.h"
#include "cli/noun.h"
#include "cli/output.h"
#include "oauth/client.h"
#include "base/banned.h"

#define CLIENT "smartthings"	/* the client that SmartThings is, unless another is named */

static const char *
given(const struct cli *c, const char *option, const char *otherwise)
{
	const char *value = args_value(c, option);

	return value != NULL ? value : otherwise;
}

/* In the order of SmartThings' own form. */
static struct json *
form(struct cli *c, const struct client *client, const char *secret)
{
	const char *url = c->config->public_url, *name = given(c, "name", "Gatehouse");
	const struct { const char *name, *value; } members[] = {
		{ "appName", name },
		{ "partnerName", given(c, "partner", name) },
		{ "userEmail", args_value(c, "email") },
		{ "schemaType", "st-schema" },
		{ "hostingType", "webhook" },
		{ "webhookUrl", arena_printf(c->arena, "%s/schema", url) },
		{ "oAuthAuthorizationUrl", arena_printf(c->arena, "%s/authorize", url) },
		{ "oAuthTokenUrl", arena_printf(c->arena, "%s/token", url) },
		{ "oAuthClientId", client->id },
		{ "oAuthClientSecret", secret },
		{ "oAuthScope", client->scope },
	};
	struct json *v = json_object(c->arena);

	for (size_t i = 0; i < sizeof(members) / sizeof(members[0]); i++)
		json_set_string(c->arena, v, members[i].name, members[i].value);
	return v;
}

/* Only its hash is kept: where it was not noted, client secret makes another. */
static enum cli_exit
check_secret(struct cli *c, const struct client *client, const char *secret)
{
	if (secret == NULL)
		return CLI_USAGE;
	if (!client_secret_ok(client, secret))
		return output_refuse(c, output_command(c, "client secret %s", output_word(c, client->id)),
		    "this is not the secret of the client %s", client->id);
	return CLI_DONE;
}

static enum cli_exit
registration(struct cli *c)
{
	const char *secret = "the client's secret; --secret-stdin puts it here";
	struct client client;

	if (find_client(c, given(c, "client", CLIENT), &client) != CLI_DONE)
		return CLI_REFUSED;
	if (!text_is_name(given(c, "name", "x"), 100) || !text_is_name(given(c, "partner", "x"), 100))
		return args_wrong(c, "--name and --partner are 1 to 100 characters");
	if (strchr(args_value(c, "email"), '@') == NULL)
		return args_wrong(c, "--email must be an address");
	if (args_has(c, "secret-stdin")) {
		secret = input_secret(c, "secret");
		enum cli_exit wrong = check_secret(c, &client, secret);
		if (wrong != CLI_DONE)
			return wrong;
	}
	output_json(c, form(c, &client, secret));
	if (strncmp(c->config->public_url, "https://", 8) != 0)
		output_error("note: public_url is not https: SmartThings cannot reach it; ./deploy.sh --public-url URL sets it");
	return CLI_DONE;
}

static const struct cli_option registration_options[] = {
	{ "email", "ADDRESS", CLI_MUST, "of your Samsung account" },
	{ "name", "N", 0, "what people read in the app; otherwise Gatehouse" },
	{ "partner", "N", 0, "your name as the maker; otherwise the same" },
	{ "client", "ID", 0, "the client that SmartThings is here; otherwise smartthings" },
	{ "secret-stdin", NULL, 0, "read that client's secret from the first line of stdin" },
	{ NULL, NULL, 0, NULL },
};

static const struct cli_verb verbs[] = {
	{ "registration", "", "Print the JSON that SmartThings' registration wants.", registration_options, CLI_STORE,
	    registration },
	{ NULL, NULL, NULL, NULL, 0, NULL },
};

const struct cli_noun cli_schema = {
	"schema", "The SmartThings Schema connector.",
	"gatehouse schema registration --email kim@example.org >registration.json\n",
	verbs, false,
};
