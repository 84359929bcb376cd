/* keys.c: gatehouse keys ...: the keys that tokens are signed with. */
#include "base/arena.h"
#include "base/json.h"
#include "cli/noun.h"
#include "cli/output.h"
#include "oauth/keyring.h"
#include "base/banned.h"

static const struct output_column columns[] = {
	{ "kid", "kid", OUTPUT_TEXT },
	{ "created", "created", OUTPUT_TIME },
	{ "current", "current", OUTPUT_YES },
	{ NULL, NULL, 0 },
};

/* CLI_STORE only, no CLI_KEYS: an instance without keys is what these verbs are for. */

static enum cli_exit
list(struct cli *c)
{
	const char *why = NULL;
	struct keyring *ring = keyring_open(c->arena, c->config, c->store, &why);

	if (ring == NULL)
		return output_refuse(c, output_command(c, "keys rotate"), "%s", why);
	output_list(c, keyring_list(c->arena, ring), columns, "no keys");
	keyring_close(ring);
	return CLI_DONE;
}

static enum cli_exit
rotate(struct cli *c)
{
	const char *why = NULL;
	bool made = false;

	if (!keyring_create(c->arena, c->config, c->store, &made, &why))
		return output_refuse(c, "look at the rights of the instance's folder secret, then run it again", "%s",
		    why);
	struct keyring *ring = keyring_open(c->arena, c->config, c->store, &why);
	if (ring == NULL)
		return output_refuse(c, "put the key's file back from a backup", "%s", why);
	if (made)
		output_list(c, keyring_list(c->arena, ring), columns, "no keys");
	keyring_close(ring);
	if (!made)
		return output_refuse(c, output_command(c, "keys list"), "there is a signing key, and this version "
		    "cannot replace one while it is in use; nothing was changed");
	return CLI_DONE;
}

static const struct cli_verb verbs[] = {
	{ "list", "", "List the signing keys.", NULL, CLI_STORE, list },
	{ "rotate", "", "Make the first signing key, and the server's own key; refused where there are keys.", NULL,
	    CLI_STORE, rotate },
	{ NULL, NULL, NULL, NULL, 0, NULL },
};

const struct cli_noun cli_keys = {
	"keys", "The keys that tokens are signed with.",
	"gatehouse --root run keys list\n",
	verbs,
};
