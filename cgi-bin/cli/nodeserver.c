/* nodeserver.c: gatehouse nodeserver ...: programs that bring devices, for operators and for scripts. */
#include "nodeserver/registry.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <unistd.h>

#include "base/arena.h"
#include "base/config.h"
#include "base/json.h"
#include "base/text.h"
#include "cli/args.h"
#include "cli/find.h"
#include "cli/noun.h"
#include "cli/output.h"
#include "nodeserver/certificate.h"
#include "nodeserver/service.h"
#include "oauth/user.h"
#include "base/banned.h"

static const struct output_column columns[] = {
	{ "slot", "SLOT", OUTPUT_TEXT }, { "name", "NAME", OUTPUT_TEXT }, { "connected", "CONNECTED", OUTPUT_YES },
	{ "stopped", "STOPPED", OUTPUT_YES }, { "worker", "WORKER", OUTPUT_TEXT }, { "added", "ADDED", OUTPUT_MS },
	{ NULL, NULL, 0 },
};

static struct nodeserver_context
context(const struct cli *c)
{
	return (struct nodeserver_context){ c->config, c->store, c->keyring, c->catalogue, c->arena };
}

static struct json *
row(const struct cli *c, const struct nodeserver *ns)
{
	struct json *v = json_object(c->arena);

	json_set_int(c->arena, v, "slot", ns->n);
	json_set_string(c->arena, v, "name", ns->name);
	json_set_bool(c->arena, v, "connected", ns->connected);
	json_set_bool(c->arena, v, "stopped", ns->stopped);
	json_set_string(c->arena, v, "worker", ns->worker);
	json_set_int(c->arena, v, "added", json_get_int(ns->record, "timeAdded", 0));
	return v;
}

/* What its program starts with: shown by those verbs that make it. */
static int
show_secrets(const struct cli *c, const struct nodeserver *ns)
{
	const struct nodeserver_context x = context(c);
	struct json *v = row(c, ns);

	json_set_string(c->arena, v, "token", registry_token(&x, ns));
	json_set_string(c->arena, v, "pgurl", registry_pgurl(&x, ns));
	output_object(c, v, columns);
	return CLI_DONE;
}

static enum cli_exit
add(struct cli *c)
{
	const struct nodeserver_context x = context(c);
	struct json *spec = json_object(c->arena);
	struct nodeserver ns;
	struct user u;
	const char *why;
	long long slot;
	int status;

	if (!args_number(c, "slot", 1, REGISTRY_SLOTS, 0, &slot))
		return CLI_USAGE;
	if (find_user(c, args_value(c, "user"), &u) != CLI_DONE)
		return CLI_REFUSED;
	json_set_string(c->arena, spec, "name", c->words[0]);
	if (slot != 0)
		json_set_int(c->arena, spec, "profileNum", slot);
	enum store_result r = registry_create(&x, u.id, spec, &ns, &why, &status);
	if (r == STORE_LIMIT && why != NULL)
		return output_refuse(c, output_command(c, "nodeserver list --user %s", output_word(c, u.name)), "%s", why);
	return r == STORE_OK ? show_secrets(c, &ns) : output_store(c, r);
}

struct listing {
	const struct cli	*cli;
	struct json		*rows;
};

static void
add_row(void *arg, const struct nodeserver *ns)
{
	struct listing *l = arg;

	json_append(l->cli->arena, l->rows, row(l->cli, ns));
}

static enum cli_exit
list(struct cli *c)
{
	const struct nodeserver_context x = context(c);
	struct listing l = { c, json_array(c->arena) };
	struct user u;

	if (find_user(c, args_value(c, "user"), &u) != CLI_DONE)
		return CLI_REFUSED;
	enum store_result r = registry_each(&x, u.id, add_row, &l);
	if (r != STORE_OK)
		return output_store(c, r);
	output_list(c, l.rows, columns, "no node servers yet");
	return CLI_DONE;
}

/* The one that the words name. CLI_DONE, or it was said that there is none. */
static int
find(const struct cli *c, struct nodeserver *ns)
{
	const struct nodeserver_context x = context(c);
	struct user u;
	long long n = 0;

	if (find_user(c, args_value(c, "user"), &u) != CLI_DONE)
		return CLI_REFUSED;
	enum store_result r = text_to_int(c->words[0], 1, REGISTRY_SLOTS, &n) ? registry_find(&x, u.id, (int)n, ns) : STORE_ABSENT;
	if (r == STORE_ABSENT)
		return output_refuse(c, output_command(c, "nodeserver list --user %s", output_word(c, u.name)),
		    "there is no node server in slot %.20s", c->words[0]);
	return r == STORE_OK ? CLI_DONE : output_store(c, r);
}

static enum cli_exit
rotate(struct cli *c)
{
	const struct nodeserver_context x = context(c);
	struct nodeserver ns;
	int e = find(c, &ns);

	if (e != CLI_DONE)
		return e;
	enum store_result r = registry_rotate(&x, &ns);
	return r == STORE_OK ? show_secrets(c, &ns) : output_store(c, r);
}

static enum cli_exit
delete(struct cli *c)
{
	const struct nodeserver_context x = context(c);
	struct nodeserver ns;
	int e = find(c, &ns);

	if (e != CLI_DONE)
		return e;
	enum store_result r = service_delete(&x, &ns, args_has(c, "keep-devices"));
	if (r != STORE_OK)
		return output_store(c, r);
	if (c->json)
		output_json(c, row(c, &ns));
	output_say(c, "node server %s is deleted", ns.name);
	return CLI_DONE;
}

/* --- MQTT --- */

/* The file that a client of the original looks for, with this text. */
static bool
write_file(const struct cli *c, const char *folder, const char *name, const char *text)
{
	const char *path = arena_printf(c->arena, "%s/%s", folder, name);
	int fd = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);

	if (fd < 0)
		return false;
	bool ok = write(fd, text, strlen(text)) == (ssize_t)strlen(text);
	return close(fd) == 0 && ok;
}

static enum cli_exit
cert(struct cli *c)
{
	const char *folder = args_value(c, "dir"), *why = NULL;
	struct certificate made;
	struct nodeserver ns;
	int e = find(c, &ns);

	if (e != CLI_DONE)
		return e;
	const char *identity = registry_identity(c->arena, &ns);
	if (!certificate_issue(c->arena, c->config, identity, &made, &why))
		return output_refuse(c, NULL, "%s", why);
	if (folder != NULL && (!write_file(c, folder, "private.key", made.key) || !write_file(c, folder, "iot.crt", made.certificate) ||
	    !write_file(c, folder, "AmazonRootCA1.pem", made.ca)))
		return output_refuse(c, NULL, "%s: the files cannot be written: %s", folder, strerror(errno));
	struct json *v = json_object(c->arena);
	json_set_string(c->arena, v, "iotHost", c->config->mqtt.host);
	json_set_int(c->arena, v, "iotPort", c->config->mqtt.port);
	json_set_string(c->arena, v, "stage", arena_printf(c->arena, "pgc/%s", identity));
	json_set_string(c->arena, v, "iotCert", made.certificate);
	json_set_string(c->arena, v, "iotPrivateKey", made.key);
	json_set_string(c->arena, v, "iotCA", made.ca);
	if (c->json)
		output_json(c, v);
	if (folder != NULL)
		output_say(c, "private.key, iot.crt and AmazonRootCA1.pem (our own) are in %s", folder);
	else
		output_say(c, "%s%s%s", made.key, made.certificate, made.ca);
	return CLI_DONE;
}

static enum cli_exit
broker(struct cli *c)
{
	const char *why = NULL;

	if (!certificate_create(c->arena, c->config, &why))
		return output_refuse(c, NULL, "%s", why);
	if (c->json)
		output_json(c, json_object(c->arena));
	output_say(c, "certificates of broker and bridge are in %s", config_path(c->arena, c->config, "secret/mqtt"));
	return CLI_DONE;
}

#define OWNER { "user", "U", CLI_MUST, "whose it is" }

static const struct cli_option add_options[] = {
	OWNER, { "slot", "N", 0, "1 to 25; otherwise the first that is free" }, { NULL, NULL, 0, NULL },
};
static const struct cli_option owner_options[] = { OWNER, { NULL, NULL, 0, NULL } };
static const struct cli_option delete_options[] = {
	OWNER, { "keep-devices", NULL, 0, "its devices stay, offline" }, { NULL, NULL, 0, NULL },
};

static const struct cli_option no_options[] = { { NULL, NULL, 0, NULL } };
static const struct cli_option cert_options[] = {
	OWNER, { "dir", "DIR", 0, "write the files there that the original's clients read" }, { NULL, NULL, 0, NULL },
};

#define PARTS (CLI_STORE | CLI_KEYS | CLI_CATALOGUE)

static const struct cli_verb verbs[] = {
	{ "add", "NAME", "Add a node server, and print its token and PGURL, which are shown this once.", add_options, PARTS, add },
	{ "list", "", "List a user's node servers.", owner_options, PARTS, list },
	{ "rotate", "SLOT", "Make a new token and PGURL; the old ones end at once.", owner_options, PARTS, rotate },
	{ "cert", "SLOT", "Make a key and a certificate for MQTT; they are kept nowhere.", cert_options, PARTS, cert },
	{ "broker", "", "Make the certificates of the MQTT broker and of polyglot-mqtt.", no_options, CLI_CONFIG, broker },
	{ "delete", "SLOT", "Delete it with nodes, devices and messages.", delete_options, PARTS, delete },
	{ NULL, NULL, NULL, NULL, 0, NULL },
};

const struct cli_noun cli_nodeserver = {
	"nodeserver", "Node servers: programs of a user's that bring devices.",
	"gatehouse nodeserver add Workshop --user kim\n"
	"gatehouse nodeserver add Workshop --user kim --json | jq -r .pgurl\n"
	"gatehouse nodeserver list --user kim\n",
	verbs, false,
};
