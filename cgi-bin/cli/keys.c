/* keys.c: gatehouse keys ...: the keys that tokens are signed with. */
#include "base/arena.h"
#include "base/json.h"
#include "cli/args.h"
#include "cli/noun.h"
#include "cli/output.h"
#include "oauth/keyring.h"
#include "base/banned.h"

static const struct output_column columns[] = {
	{ "kid", "kid", OUTPUT_TEXT },
	{ "created", "created", OUTPUT_TIME },
	{ "signs_from", "signs from", OUTPUT_TIME },
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

/* The list, where all that is listed can be read; else the refusal. */
static enum cli_exit
show_keys(struct cli *c, bool quiet)
{
	const char *why = NULL;
	struct keyring *ring = keyring_open(c->arena, c->config, c->store, &why);

	if (ring == NULL)
		return output_refuse(c, "put the key's file back from a backup", "%s", why);
	if (!quiet)
		output_list(c, keyring_list(c->arena, ring), columns, "no keys");
	keyring_close(ring);
	return CLI_DONE;
}

static enum cli_exit
rotate(struct cli *c)
{
	const char *why = NULL;
	int64_t signs_from;
	bool made = false;

	if (!keyring_create(c->arena, c->config, c->store, &made, &why))
		return output_refuse(c, "look at the rights of the instance's folder secret, then run it again", "%s",
		    why);
	if (made)
		return show_keys(c, false);
	if (show_keys(c, true) != CLI_DONE)
		return CLI_REFUSED;
	if (!keyring_rotate(c->arena, c->config, c->store, args_has(c, "now"), &signs_from, &why))
		return output_refuse(c, output_command(c, "keys list"), "no new key was made: %s", why);
	return show_keys(c, false);
}

static const struct cli_option rotate_options[] = {
	{ "now", NULL, 0, "the new key signs at once, for when the old one got out; without it, it is only published now, and "
	    "signs when every client must have seen it" },
	{ NULL, NULL, 0, NULL },
};

static const struct cli_verb verbs[] = {
	{ "list", "", "List the signing keys.", NULL, CLI_STORE, list },
	{ "rotate", "", "Make a new signing key; where there is none, the first one and the server's own key.",
	    rotate_options, CLI_STORE, rotate },
	{ NULL, NULL, NULL, NULL, 0, NULL },
};

const struct cli_noun cli_keys = {
	"keys", "The keys that tokens are signed with.",
	"gatehouse --root run keys list\n"
	"gatehouse --root run keys rotate\n",
	verbs, false,
};
