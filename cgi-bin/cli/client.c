/* client.c: gatehouse client ...: who may ask for tokens. */
#include "oauth/client.h"

#include <string.h>

#include "base/arena.h"
#include "base/json.h"
#include "base/clock.h"
#include "base/secret.h"
#include "cli/args.h"
#include "cli/client_options.h"
#include "cli/find.h"
#include "cli/input.h"
#include "cli/noun.h"
#include "cli/output.h"
#include "cli/rows.h"
#include "base/banned.h"

#define SECRET_BYTES	32	/* of one that we make up */
#define SECRET_LEAST	16	/* characters of one that is given: nobody shall guess it at the token endpoint */
#define OVERLAP_MAX (30 * 86400)	/* seconds that two secrets may count */

static const struct output_column columns[] = {
	{ "id", "id", OUTPUT_TEXT },
	{ "name", "name", OUTPUT_TEXT },
	{ "auth", "auth", OUTPUT_TEXT },
	{ "scope", "scope", OUTPUT_TEXT },
	{ "disabled", "disabled", OUTPUT_YES },
	{ "redirect_uris", "redirect URIs", OUTPUT_TEXT },
	{ NULL, NULL, 0 },
};
static const struct output_column show_columns[] = {
	{ "redirect_uris", "redirect URIs", OUTPUT_TEXT },
	{ "scope_aliases", "scope aliases", OUTPUT_TEXT },
	{ "pkce_required", "PKCE required", OUTPUT_YES },
	{ "rotate", "refresh tokens rotate", OUTPUT_YES },
	{ "access_ttl", "access token seconds (0: as configured)", OUTPUT_TEXT },
	{ "legacy_groovy", "parameters in the query (legacy)", OUTPUT_YES },
	{ "jwk", "public key", OUTPUT_TEXT },
	{ "app_gone", "its app's file is gone", OUTPUT_YES },
	{ "disabled", "disabled", OUTPUT_YES },
	{ "public", "public", OUTPUT_YES },
	{ "secret", "secret (shown this once)", OUTPUT_TEXT },
	{ NULL, NULL, 0 },
};

static bool
has_secret(const struct client *client)
{
	return client->auth != CLIENT_AUTH_NONE && client->auth != CLIENT_AUTH_PRIVATE_KEY_JWT;
}

/* The secret that was given on stdin, or one made up (*made); NULL if it cannot be one, which was said. */
static const char *
secret_for(const struct cli *c, bool *made)
{
	*made = !args_has(c, "secret-stdin");
	if (*made)
		return secret_token(c->arena, SECRET_BYTES);
	const char *secret = input_secret(c, "secret");
	if (secret == NULL || strlen(secret) >= SECRET_LEAST)
		return secret;
	output_refuse(c, "leave --secret-stdin away to have one made up",
	    "a client's secret needs at least %d characters", SECRET_LEAST);
	return NULL;
}

/* What a client that is replaced keeps, as no option speaks of it. */
static void
keep(const struct cli *c, struct client *client, const struct client *old)
{
	client->disabled = old->disabled;
	if (client->auth == CLIENT_AUTH_PRIVATE_KEY_JWT)
		client->jwk = client->jwk != NULL ? client->jwk : old->jwk;
	else if (client->auth != CLIENT_AUTH_NONE && !args_has(c, "secret-stdin"))
		client->secret_hash = old->secret_hash;
}

/* Print the client, and its secret where we made it up. */
static void
show_with(const struct cli *c, const struct client *client, const char *secret)
{
	struct json *v = client_show(c->arena, client);

	json_set_string(c->arena, v, "secret", secret);
	output_object(c, v, show_columns);
}

/* --- verbs --- */

static enum cli_exit
add(struct cli *c)
{
	struct client client, old;
	const char *secret = NULL, *fault;
	bool made = false, exists, replace = args_has(c, "replace");

	if (!client_options_read(c, &client))
		return CLI_USAGE;
	if (!client_options_key(c, &client))
		return CLI_REFUSED;
	enum store_result r = client_find(c->store, c->arena, client.id, &old);
	if (r != STORE_OK && r != STORE_ABSENT)
		return output_store(c, r);
	if (r == STORE_OK && replace)
		keep(c, &client, &old);
	if (client.secret_hash == NULL && has_secret(&client)) {
		if ((secret = secret_for(c, &made)) == NULL)
			return CLI_REFUSED;
		client.secret_hash = secret_digest(c->arena, secret);
	}
	if ((fault = client_check(c->arena, &client)) != NULL)
		return output_refuse(c, output_command(c, "help client add"), "%s", fault);
	if ((r = client_save(c->store, c->arena, &client, replace, &exists)) != STORE_OK)
		return output_store(c, r);
	if (exists && !replace)
		return output_refuse(c, output_command(c, "client show %s", client.id),
		    "there is a client with the id %s already; --replace would change it", client.id);
	show_with(c, &client, made ? secret : NULL);
	return CLI_DONE;
}

struct listing {
	struct arena	*arena;
	struct json	*rows;
};

static void
list_one(void *arg, const struct client *client)
{
	struct listing *l = arg;

	json_append(l->arena, l->rows, client_show(l->arena, client));
}

static enum cli_exit
list(struct cli *c)
{
	struct listing l = { c->arena, json_array(c->arena) };
	enum store_result r = client_each(c->store, c->arena, list_one, &l);

	if (r != STORE_OK)
		return output_store(c, r);
	output_list(c, rows_sorted(c->arena, l.rows, "id"), columns, arena_printf(c->arena, "no clients yet; next: %s",
	    output_command(c, "client add ID --redirect-uri URI")));
	return CLI_DONE;
}

static enum cli_exit
show(struct cli *c)
{
	struct client client;

	if (find_client(c, c->words[0], &client) != CLI_DONE)
		return CLI_REFUSED;
	show_with(c, &client, NULL);
	return CLI_DONE;
}

static enum cli_exit
secret_verb(struct cli *c)
{
	struct client client;
	bool made, exists;
	long long overlap;

	if (!args_number(c, "overlap", 0, OVERLAP_MAX, 0, &overlap))
		return CLI_USAGE;
	if (find_client(c, c->words[0], &client) != CLI_DONE)
		return CLI_REFUSED;
	if (!has_secret(&client))
		return output_refuse(c, output_command(c, "client show %s", client.id),
		    "client %s %s: it has no secret; client add --replace could give it one", client.id,
		    client.auth == CLIENT_AUTH_NONE ? "is public" : "signs with a key");
	const char *secret = secret_for(c, &made);
	if (secret == NULL)
		return CLI_REFUSED;
	client.old_secret_hash = overlap > 0 ? client.secret_hash : NULL;
	client.old_secret_until = clock_sec() + overlap;
	client.secret_hash = secret_digest(c->arena, secret);
	enum store_result r = client_save(c->store, c->arena, &client, true, &exists);
	if (r != STORE_OK)
		return output_store(c, r);
	show_with(c, &client, made ? secret : NULL);
	return CLI_DONE;
}

static int
set_disabled(struct cli *c, bool disabled)
{
	struct client client;
	bool exists;

	if (find_client(c, c->words[0], &client) != CLI_DONE)
		return CLI_REFUSED;
	client.disabled = disabled;
	enum store_result r = client_save(c->store, c->arena, &client, true, &exists);
	if (r != STORE_OK)
		return output_store(c, r);
	if (c->json)
		output_json(c, client_show(c->arena, &client));
	output_say(c, disabled ? "client %s is disabled: it and its tokens are refused until client enable" :
	    "client %s is enabled", client.id);
	return CLI_DONE;
}

static enum cli_exit
disable(struct cli *c)
{
	return set_disabled(c, true);
}

static enum cli_exit
enable(struct cli *c)
{
	return set_disabled(c, false);
}

static enum cli_exit
delete(struct cli *c)
{
	struct client client;

	if (find_client(c, c->words[0], &client) != CLI_DONE)
		return CLI_REFUSED;
	enum store_result r = client_delete(c->store, c->arena, client.id);
	if (r != STORE_OK)
		return output_store(c, r);
	if (c->json)
		output_json(c, client_show(c->arena, &client));
	output_say(c, "client %s is deleted; its tokens are refused from now on", client.id);
	return CLI_DONE;
}

/* --- the noun --- */

#define SECRET_HELP "read the secret from the first line of stdin; without it one is made up and printed"

static const struct cli_option add_options[] = {
	{ "redirect-uri", "URI", CLI_MANY, "where codes may be sent, compared byte for byte; may be a comma list" },
	{ "name", "N", 0, "what people read on the consent page; otherwise the id" },
	{ "secret-stdin", NULL, 0, SECRET_HELP },
	{ "public", NULL, 0, "a client without secret, which needs PKCE" },
	{ "scope", "\"A B\"", 0, "what it may ask for, and what it gets if it asks for nothing; otherwise "
	    "devices:read devices:control" },
	{ "scope-alias", "THEIRS=OURS", CLI_MANY, "a name of the client's own for one of ours" },
	{ "auth", "any|basic|post|none|private_key_jwt", 0, "how it proves itself at /token; otherwise any, for a public one "
	    "none, with a key private_key_jwt" },
	{ "jwk", "FILE", 0, "its public key, a JWK: it signs assertions and has no secret" },
	{ "pkce", "required|optional", 0, "must it send a code challenge? Otherwise required; SmartThings sends none" },
	{ "grant", "TYPE,TYPE", 0, "of authorization_code, refresh_token (these two otherwise), client_credentials, "
	    "device_code" },
	{ "rotation", "always|never", 0, "a new refresh token at each refresh? Otherwise always" },
	{ "access-ttl", "S", 0, "seconds that access tokens live; otherwise oauth.access_ttl of the config" },
	{ "link", "URL", 0, "an https address shown with its name on the consent page" },
	{ "about", "TEXT", 0, "a sentence about it, shown there" },
	{ "legacy-groovy", NULL, 0, "it sends everything in the query of /token, and refreshes by code" },
	{ "replace", NULL, 0, "change a client that exists; it keeps its secret, unless a new one is on stdin, and its key" },
	{ NULL, NULL, 0, NULL },
};
static const struct cli_option secret_options[] = {
	{ "secret-stdin", NULL, 0, SECRET_HELP },
	{ "overlap", "S", 0, "let the old secret count for so many seconds more, until all that use it have the new one" },
	{ NULL, NULL, 0, NULL },
};

static const struct cli_verb verbs[] = {
	{ "add", "ID", "Register a client.", add_options, CLI_STORE, add },
	{ "list", "", "List all clients.", NULL, CLI_STORE, list },
	{ "show", "ID", "Show everything about a client but its secret.", NULL, CLI_STORE, show },
	{ "secret", "ID", "Give a client a new secret; the old one ends at once, or after --overlap.", secret_options, CLI_STORE,
	    secret_verb },
	{ "disable", "ID", "Refuse a client and all its tokens; nothing is lost.", NULL, CLI_STORE, disable },
	{ "enable", "ID", "Undo disable.", NULL, CLI_STORE, enable },
	{ "delete", "ID", "Delete a client; its tokens are refused from then on.", NULL, CLI_STORE, delete },
	{ NULL, NULL, NULL, NULL, 0, NULL },
};

const struct cli_noun cli_client = {
	"client", "The OAuth clients: SmartThings, and whoever else may ask for tokens.",
	"gatehouse client add smartthings --pkce optional --redirect-uri https://c2c-us.smartthings.com/oauth/callback\n"
	"gatehouse client add app --public --redirect-uri com.example.app:/done --scope devices:read\n"
	"gatehouse client secret smartthings\n",
	verbs, false,
};
