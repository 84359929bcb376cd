/* device_add.c: gatehouse device add: options become a definition, which the device floor judges. */
#include "cli/device_add.h"

#include <string.h>

#include "base/arena.h"
#include "base/clock.h"
#include "base/config.h"
#include "base/guess.h"
#include "base/json.h"
#include "cli/args.h"
#include "cli/find.h"
#include "cli/output.h"
#include "device/capability.h"
#include "device/device.h"
#include "device/state.h"
#include "oauth/user.h"
#include "base/banned.h"

static const struct output_column columns[] = { { "created", "created", OUTPUT_TIME }, { NULL, NULL, 0 } };

/* "--capability outlet2/switch" and "--capability switch" as {"main":["switch"],"outlet2":["switch"]}. */
static struct json *
components(const struct cli *c, const char *const *given, size_t n)
{
	struct json *all = json_object(c->arena);

	for (size_t i = 0; i < n; i++) {
		const char *slash = strchr(given[i], '/'), *capability = slash != NULL ? slash + 1 : given[i];
		const char *component = slash == NULL ? "main" :
		    arena_strndup(c->arena, given[i], (size_t)(slash - given[i]));
		struct json *list = json_copy(c->arena, json_get(all, component));
		if (list == NULL)
			list = json_array(c->arena);
		json_append_string(c->arena, list, strncmp(capability, "st.", 3) == 0 ? capability + 3 : capability);
		json_set(c->arena, all, component, list);
	}
	return all;
}

/* The options as a definition that device_define reads. */
static struct json *
definition(const struct cli *c)
{
	static const char *const texts[] = { "id", "type", "name", "room" };
	struct json *v = json_object(c->arena);
	size_t n;
	const char **capabilities = args_values(c, "capability", &n);

	for (size_t i = 0; i < sizeof(texts) / sizeof(texts[0]); i++)
		json_set_string(c->arena, v, texts[i], args_value(c, texts[i]));
	if (n > 0)
		json_set(c->arena, v, "components", components(c, capabilities, n));
	return v;
}

/* A type that is neither a UUID nor known: which one was meant? */
static int
refuse_definition(const struct cli *c, const char *fault)
{
	const char *type = args_value(c, "type"), *name;
	struct guess g = guess_new(type);

	for (size_t i = 0; (name = catalogue_type_name(c->catalogue, i)) != NULL; i++)
		guess_try(&g, name);
	bool uuid = type[strspn(type, "0123456789abcdefABCDEF-")] == '\0';
	if (uuid || catalogue_type(c->catalogue, type) != NULL)
		return output_refuse(c, output_command(c, "help device add"), "%s", fault);
	if (g.best == NULL)
		return output_refuse(c, output_command(c, "device types"), "%s", fault);
	return output_refuse(c, output_command(c, "device types"), "there is no device type %.60s; did you mean %s?",
	    type, g.best);
}

enum cli_exit
device_verb_add(struct cli *c)
{
	struct user u;
	struct device d;
	struct json *state;
	bool exists;
	size_t n;
	const char **sets = args_values(c, "set", &n), *fault;

	if (find_user(c, args_value(c, "user"), &u) != CLI_DONE)
		return CLI_REFUSED;
	if ((fault = device_define(c->arena, c->catalogue, definition(c), &d, &state)) != NULL)
		return refuse_definition(c, fault);
	for (size_t i = 0; i < n; i++)
		if ((fault = state_assign(c->arena, c->catalogue, &d, state, sets[i], clock_ms())) != NULL)
			return output_refuse(c, output_command(c, "help device add"), "--set %.200s: %s", sets[i],
			    fault);
	enum store_result r = device_add(c->store, c->arena, u.id, &d, state,
	    (size_t)c->config->limits.devices_per_user, &exists);
	if (r == STORE_LIMIT)
		return output_refuse(c, "delete some, or raise limits.devices_per_user in the config",
		    "%s has %lld devices already, which is the limit", u.name, c->config->limits.devices_per_user);
	if (r != STORE_OK)
		return output_store(c, r);
	if (exists)
		return output_refuse(c, output_command(c, "device show %s --user %s", output_word(c, d.id),
		    output_word(c, u.name)),
		    "%s has a device with the id %s already", u.name, d.id);
	if ((r = device_find(c->store, c->arena, u.id, d.id, &d)) != STORE_OK)
		return output_store(c, r);
	output_object(c, device_show(c->arena, &d), columns);
	return CLI_DONE;
}
