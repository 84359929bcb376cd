/* smartapp.c: gatehouse smartapp ...: the SmartApp's definition and its installed apps. */
#include <string.h>

#include "base/arena.h"
#include "base/config.h"
#include "base/json.h"
#include "cli/args.h"
#include "cli/noun.h"
#include "cli/output.h"
#include "cli/smartapp_verify.h"
#include "db/record.h"
#include "smartapp/definition.h"
#include "smartapp/installed.h"
#include "smartapp/queue.h"
#include "base/banned.h"

/* --- check --- */

static enum cli_exit
check(struct cli *c)
{
	const char *file = c->words_count > 0 ? c->words[0] : c->config->smartapp.definition, *why;
	struct json *v = json_object(c->arena);

	if (*file == '\0')
		return output_refuse(c, "name a file, or set smartapp.definition", "there is no definition");
	if (c->words_count == 0)
		file = config_path(c->arena, c->config, file);
	const struct definition *d = definition_load(c->arena, file, &why);
	if (d == NULL)
		return output_refuse(c, "mend it (docs/smartapp.md has every member), then run this again", "%s", why);
	json_set_string(c->arena, v, "file", file);
	json_set_string(c->arena, v, "id", d->app.id);
	json_set_int(c->arena, v, "pages", (long long)d->pages_count);
	json_set_int(c->arena, v, "settings", (long long)json_count(d->settings));
	if (c->json)
		output_json(c, v);
	if (d->warning != NULL)
		output_error(d->warning);
	output_say(c, "%s is right", file);
	return CLI_DONE;
}

/* --- installed apps --- */

struct listing {
	struct cli	*cli;
	struct json	*rows;
};

static bool
add_row(void *arg, const char *key, const char *value, int64_t expires)
{
	struct listing *l = arg;
	struct arena *a = l->cli->arena;
	struct installed i;
	const struct json *calls;

	(void)expires;
	struct json *r = strncmp(key, "smartapp/", 9) == 0 ? record_parse(a, value) : NULL;
	if (r == NULL)
		return true;
	installed_read(a, l->cli->keyring, arena_strdup(a, key), r, &i);
	struct json *row = json_append(a, l->rows, installed_show(a, &i));
	if (queue_get(l->cli->store, a, QUEUE_CALLS, i.id, &calls) == STORE_OK)
		json_set_int(a, row, "waiting", (long long)json_count(calls));
	return true;
}

static const struct output_column columns[] = {
	{ "id", "ID", OUTPUT_TEXT }, { "location", "LOCATION", OUTPUT_TEXT }, { "installed", "INSTALLED", OUTPUT_TIME },
	{ "updated", "UPDATED", OUTPUT_TIME }, { "tokens", "TOKENS", OUTPUT_YES }, { "waiting", "WAITING", OUTPUT_TEXT },
	{ "needs", "NEEDS", OUTPUT_TEXT },
	{ NULL, NULL, 0 },
};

static enum cli_exit
list(struct cli *c)
{
	struct listing l = { c, json_array(c->arena) };
	enum store_result r = store_each(c->store, add_row, &l);

	if (r != STORE_OK)
		return output_store(c, r);
	output_list(c, l.rows, columns, "nobody has installed the SmartApp yet");
	return CLI_DONE;
}

static enum cli_exit
show(struct cli *c)
{
	const char *id = c->words[0];
	const struct json *calls, *posts;
	struct installed i;
	enum store_result r = installed_find(c->store, c->arena, c->keyring, id, &i);

	if (r == STORE_ABSENT)
		return output_refuse(c, output_command(c, "smartapp list"), "there is no installed app %s", id);
	if (r == STORE_OK)
		r = queue_get(c->store, c->arena, QUEUE_CALLS, id, &calls);
	if (r == STORE_OK)
		r = queue_get(c->store, c->arena, QUEUE_POSTS, id, &posts);
	if (r != STORE_OK)
		return output_store(c, r);
	struct json *v = installed_show(c->arena, &i);
	json_set(c->arena, v, "calls", json_copy(c->arena, calls));
	json_set(c->arena, v, "posts", json_copy(c->arena, posts));
	output_object(c, v, columns);
	return CLI_DONE;
}

static const struct cli_option verify_options[] = {
	{ "key", "FILE", 0, "the key's certificate, or public key, as PEM; otherwise what this instance has fetched" },
	{ "path", "PATH", 0, "the path of the target URL as registered; otherwise that of the definition" },
	{ NULL, NULL, 0, NULL },
};

static const struct cli_verb verbs[] = {
	{ "list", "", "List who has installed the SmartApp.", NULL, CLI_STORE | CLI_KEYS, list },
	{ "show", "ID", "Show one installed app: its configuration, its state, the calls that wait.", NULL,
	    CLI_STORE | CLI_KEYS, show },
	{ "check", "[FILE]", "Say whether the definition is right.", NULL, CLI_CONFIG, check },
	{ "verify", "FILE", "Say why a request that was captured is refused, rule by rule; asks nobody.", verify_options,
	    CLI_STORE, smartapp_verify },
	{ NULL, NULL, NULL, NULL, 0, NULL },
};

const struct cli_noun cli_smartapp = {
	"smartapp", "The SmartApp webhook.",
	"gatehouse smartapp check conf/apps/porch-light.yaml\n"
	"gatehouse smartapp verify captured.http --key certificate.pem\n"
	"gatehouse smartapp list\n",
	verbs, false,
};
