/* config.c: gatehouse config ...: is the config right, and what is in force? */
#include <string.h>
#include <unistd.h>

#include "base/config.h"

#include "base/arena.h"
#include "base/json.h"
#include "cli/args.h"
#include "cli/noun.h"
#include "cli/output.h"
#include "device/capability.h"
#include "device/device.h"
#include "link/connector.h"
#include "oauth/breached.h"
#include "smartapp/logins.h"
#include "smartapp/smartapp.h"
#include "base/banned.h"

static const struct output_column columns[] = {
	{ "starter_devices", "starter_devices (how many)", OUTPUT_COUNT },
	{ NULL, NULL, 0 },
};

/* Read the file that was named, or the instance's. NULL if it is not right, which was said. */
static const struct config *
read_config(const struct cli *c, const char **file)
{
	const char *why = NULL;
	const struct config *config = NULL;

	*file = c->words_count > 0 ? c->words[0] : NULL;
	if (*file == NULL && c->root == NULL) {
		output_refuse(c, "gatehouse --root DIR config check",
		    "which config? Neither a file nor an instance was named");
		return NULL;
	}
	if (*file == NULL)
		*file = arena_printf(c->arena, "%s/gatehouse.json", c->root);
	if ((config = config_load_file(c->arena, *file, &why)) == NULL)
		output_refuse(c, "mend it (docs/configuration.md explains every key), then run this again", "%s", why);
	return config;
}

/* What the config's reader cannot judge: whether the starter devices are devices. */
static int
check_starters(const struct cli *c, const struct config *config, const char *file)
{
	const char *why = NULL;
	struct json *state;
	struct device d;
	size_t place = 0;

	const char *custom = config_path(c->arena, config, "custom-capabilities.json");
	if (json_first(config->starter_devices) == NULL && access(custom, F_OK) != 0)
		return CLI_DONE;
	const struct catalogue *catalogue = catalogue_load(c->arena, c->conf, config->root, &why);
	if (catalogue == NULL)
		return output_refuse(c, strncmp(why, custom, strlen(custom)) == 0 ? "mend it, then run this again" :
		    "set GATEHOUSE_SHARE to the folder that conf/ lies in", "%s", why);
	for (const struct json *v = json_first(config->starter_devices); v != NULL; v = json_next(v)) {
		const char *fault = device_define(c->arena, catalogue, v, &d, &state);
		place++;
		if (fault != NULL)
			return output_refuse(c, "mend it, then run this again",
			    "%s: starter_devices: element %zu: %s", file, place, fault);
	}
	return CLI_DONE;
}

static bool
is_connector(void *arg, const char *name)
{
	return connectors_find(arg, name) != NULL;
}

/* The files that the SmartApp's keys lead to. */
static int
check_smartapp(const struct cli *c, const struct config *config, struct connectors *connectors, const char *file)
{
	const struct smartapp_logins logins = { .known = is_connector, .arg = connectors };
	const char *key, *fault = smartapp_config_fault(c->arena, config, &logins, &key);
	size_t len;

	if (fault == NULL)
		return CLI_DONE;
	const char *text = config_read_file(c->arena, file, CONFIG_MAX, &len);
	return output_refuse(c, "mend it (docs/smartapp.md), then run this again", "%s:%zu: %s: %s", file,
	    text != NULL ? json_line_of(text, key) : 0, key, fault);
}

/* The files beside it that describe other makers' clouds, if it has any. */
static int
check_connectors(const struct cli *c, const struct config *config, struct connectors *all)
{
	const struct connectors *read;
	const char *why = NULL;

	*all = (struct connectors){ NULL, 0 };
	if (access(config_path(c->arena, config, CONNECTOR_FOLDER), F_OK) != 0)
		return CLI_DONE;
	const struct catalogue *catalogue = catalogue_load(c->arena, c->conf, config->root, &why);
	if (catalogue == NULL)
		return output_refuse(c, "set GATEHOUSE_SHARE to the folder that conf/ lies in", "%s", why);
	if ((read = connectors_load(c->arena, config, catalogue, &why)) == NULL)
		return output_refuse(c, "mend it (docs/connectors.md), then run this again", "%s", why);
	*all = *read;
	return CLI_DONE;
}

static int
check_breached(const struct cli *c, const struct config *config, const char *file)
{
	const char *why;
	struct breached *list = breached_configured(c->arena, config, file, &why);

	breached_close(list);
	return why == NULL ? CLI_DONE : output_refuse(c, "name the list as it was downloaded, or leave the key away", "%s", why);
}

static enum cli_exit
check(struct cli *c)
{
	const char *file;
	const struct config *config = read_config(c, &file);
	struct connectors connectors;

	if (config == NULL || check_starters(c, config, file) != CLI_DONE || check_connectors(c, config, &connectors) != CLI_DONE ||
	    check_smartapp(c, config, &connectors, file) != CLI_DONE || check_breached(c, config, file) != CLI_DONE)
		return CLI_REFUSED;
	struct json *v = json_object(c->arena);
	json_set_string(c->arena, v, "file", file);
	json_set_bool(c->arena, v, "ok", true);
	if (c->json)
		output_json(c, v);
	output_say(c, "%s is right", file);
	return CLI_DONE;
}

/* "oauth.code_ttl  60", a line a key. */
static struct json *
flat(struct arena *a, const struct json *all)
{
	struct json *out = json_object(a);

	for (const struct json *m = json_first(all); m != NULL; m = json_next(m)) {
		if (json_type(m) != JSON_OBJECT)
			json_set(a, out, json_name(m), json_copy(a, m));
		else
			for (const struct json *k = json_first(m); k != NULL; k = json_next(k))
				json_set(a, out, arena_printf(a, "%s.%s", json_name(m), json_name(k)), json_copy(a, k));
	}
	return out;
}

static enum cli_exit
show(struct cli *c)
{
	struct json *all = config_show(c->arena, c->config);

	output_object(c, c->json ? all : flat(c->arena, all), columns);
	return CLI_DONE;
}

static const struct cli_verb verbs[] = {
	{ "check", "[FILE]", "Say whether a config and the files that it names are right.", NULL, 0, check },
	{ "show", "", "Show every key with the value in force.", NULL, CLI_CONFIG, show },
	{ NULL, NULL, NULL, NULL, 0, NULL },
};

const struct cli_noun cli_config = {
	"config", "The file gatehouse.json of an instance.",
	"gatehouse config check conf/gatehouse.json\n"
	"gatehouse --root run config show\n",
	verbs, false,
};
