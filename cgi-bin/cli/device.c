/* device.c: gatehouse device ...: the virtual devices of a user, and how each of them is. */
#include "device/device.h"

#include "base/arena.h"
#include "base/json.h"
#include "cli/args.h"
#include "cli/device_add.h"
#include "cli/find.h"
#include "cli/noun.h"
#include "cli/output.h"
#include "cli/rows.h"
#include "device/capability.h"
#include "device/state.h"
#include "oauth/user.h"
#include "base/banned.h"

static const struct output_column list_columns[] = {
	{ "id", "id", OUTPUT_TEXT },
	{ "type", "type", OUTPUT_TEXT },
	{ "name", "name", OUTPUT_TEXT },
	{ "room", "room", OUTPUT_TEXT },
	{ "online", "online", OUTPUT_YES },
	{ NULL, NULL, 0 },
};
static const struct output_column show_columns[] = {
	{ "created", "created", OUTPUT_TIME },
	{ "online", "online", OUTPUT_YES },
	{ NULL, NULL, 0 },
};
static const struct output_column state_columns[] = {
	{ "component", "component", OUTPUT_TEXT },
	{ "capability", "capability", OUTPUT_TEXT },
	{ "attribute", "attribute", OUTPUT_TEXT },
	{ "value", "value", OUTPUT_TEXT },
	{ "unit", "unit", OUTPUT_TEXT },
	{ "timestamp", "since", OUTPUT_MS },
	{ NULL, NULL, 0 },
};
static const struct output_column type_columns[] = { { "type", "type", OUTPUT_TEXT }, { NULL, NULL, 0 } };

/* --- finding --- */

static int
refuse_absent(const struct cli *c, const struct user *u, const char *id)
{
	return output_refuse(c, output_command(c, "device list --user %s", output_word(c, u->name)),
	    "%s has no device with the id %.64s", u->name, id);
}

/* The user of --user. */
static int
find_owner(const struct cli *c, struct user *u)
{
	return find_user(c, args_value(c, "user"), u);
}

/* The user of --user and the device that the first word names. */
static int
find_device(const struct cli *c, struct user *u, struct device *d)
{
	if (find_owner(c, u) != CLI_DONE)
		return CLI_REFUSED;
	enum store_result r = device_find(c->store, c->arena, u->id, c->words[0], d);
	if (r == STORE_ABSENT)
		return refuse_absent(c, u, c->words[0]);
	return r == STORE_OK ? CLI_DONE : output_store(c, r);
}

/* --- list and show --- */

static enum cli_exit
list(struct cli *c)
{
	struct user u;
	struct json *ids, *rows = json_array(c->arena);
	struct device d;
	const struct json *state;

	if (find_owner(c, &u) != CLI_DONE)
		return CLI_REFUSED;
	enum store_result r = device_ids(c->store, c->arena, u.id, &ids);
	for (const struct json *id = json_first(ids); r == STORE_OK && id != NULL; id = json_next(id)) {
		r = device_find(c->store, c->arena, u.id, json_string(id), &d);
		if (r == STORE_OK)
			r = state_get(c->store, c->arena, u.id, json_string(id), &state);
		if (r == STORE_OK) {
			struct json *row = json_append(c->arena, rows, device_show(c->arena, &d));
			json_set_bool(c->arena, row, "online", state_online(state));
		} else if (r == STORE_ABSENT)
			r = STORE_OK;	/* deleted since the list was read */
	}
	if (r != STORE_OK)
		return output_store(c, r);
	output_list(c, rows_sorted(c->arena, rows, "online"), list_columns, arena_printf(c->arena,
	    "%s has no devices; next: %s", u.name, output_command(c, "help device add")));
	return CLI_DONE;
}

struct states {
	struct arena	*arena;
	struct json	*rows;
};

static void
state_row(void *arg, const struct state_value *v)
{
	struct states *s = arg;
	struct json *row = json_append(s->arena, s->rows, json_object(s->arena));

	json_set_string(s->arena, row, "component", v->component);
	json_set_string(s->arena, row, "capability", v->capability);
	json_set_string(s->arena, row, "attribute", v->attribute);
	json_set(s->arena, row, "value", json_copy(s->arena, v->value));
	json_set_string(s->arena, row, "unit", v->unit);
	json_set_int(s->arena, row, "timestamp", v->time);
}

static enum cli_exit
show(struct cli *c)
{
	struct user u;
	struct device d;
	const struct json *state;
	struct states s = { c->arena, json_array(c->arena) };

	if (find_device(c, &u, &d) != CLI_DONE)
		return CLI_REFUSED;
	enum store_result r = state_get(c->store, c->arena, u.id, d.id, &state);
	if (r != STORE_OK)
		return output_store(c, r);
	state_each(c->arena, c->catalogue, &d, state, state_row, &s);
	struct json *v = device_show(c->arena, &d);
	json_set_bool(c->arena, v, "online", state_online(state));
	if (c->json) {
		json_set(c->arena, v, "states", s.rows);
		output_json(c, v);
		return CLI_DONE;
	}
	output_object(c, v, show_columns);
	output_say(c, "%s", "");
	output_list(c, s.rows, state_columns, "no attribute has a value yet");
	return CLI_DONE;
}

static enum cli_exit
types(struct cli *c)
{
	struct json *rows = json_array(c->arena);
	const char *name;

	for (size_t i = 0; (name = catalogue_type_name(c->catalogue, i)) != NULL; i++)
		json_set_string(c->arena, json_append(c->arena, rows, json_object(c->arena)), "type", name);
	output_list(c, rows, type_columns, "the catalogue has no types");
	return CLI_DONE;
}

/* --- changing --- */

static enum cli_exit
set(struct cli *c)
{
	struct user u;
	struct device d;
	struct json *changed = NULL;
	const char *why = NULL;

	if (find_device(c, &u, &d) != CLI_DONE)
		return CLI_REFUSED;
	enum store_result r = state_set(c->store, c->arena, c->catalogue, u.id, d.id, c->words + 1, c->words_count - 1,
	    &why, &changed);
	if (r == STORE_LIMIT && why != NULL)
		return output_refuse(c, output_command(c, "device show %s --user %s", output_word(c, d.id),
		    output_word(c, u.name)), "%s; nothing was changed", why);
	if (r != STORE_OK)
		return output_store(c, r);
	output_list(c, changed != NULL ? changed : json_array(c->arena), state_columns, "it was so already");
	return CLI_DONE;
}

/* Say how the change of the device that the first word names went. */
static int
changed(const struct cli *c, const struct user *u, enum store_result r, const char *what)
{
	struct json *v = json_object(c->arena);

	if (r == STORE_ABSENT)
		return refuse_absent(c, u, c->words[0]);
	if (r != STORE_OK)
		return output_store(c, r);
	json_set_string(c->arena, v, "id", c->words[0]);
	json_set_string(c->arena, v, "done", what);
	if (c->json)
		output_json(c, v);
	output_say(c, "device %s is %s", c->words[0], what);
	return CLI_DONE;
}

static enum cli_exit
rename_verb(struct cli *c)
{
	struct user u;
	const char *fault = device_name_fault(c->words[1]);

	if (fault != NULL)
		return output_refuse(c, "choose another name", "%s", fault);
	if (find_owner(c, &u) != CLI_DONE)
		return CLI_REFUSED;
	return changed(c, &u, device_rename(c->store, c->arena, u.id, c->words[0], c->words[1]), "renamed");
}

static enum cli_exit
delete(struct cli *c)
{
	struct user u;

	if (find_owner(c, &u) != CLI_DONE)
		return CLI_REFUSED;
	return changed(c, &u, device_delete(c->store, c->arena, u.id, c->words[0]), "deleted");
}

static enum cli_exit
offline(struct cli *c)
{
	struct user u;

	if (find_owner(c, &u) != CLI_DONE)
		return CLI_REFUSED;
	return changed(c, &u, state_set_online(c->store, c->arena, u.id, c->words[0], false), "offline");
}

static enum cli_exit
online(struct cli *c)
{
	struct user u;

	if (find_owner(c, &u) != CLI_DONE)
		return CLI_REFUSED;
	return changed(c, &u, state_set_online(c->store, c->arena, u.id, c->words[0], true), "online");
}

/* --- the noun --- */

#define USER_OPTION { "user", "U", CLI_MUST, "whose device it is: a name or an id" }

static const struct cli_option user_option[] = { USER_OPTION, { NULL, NULL, 0, NULL } };
static const struct cli_option add_options[] = {
	USER_OPTION,
	{ "type", "T", CLI_MUST, "one of device types, or the UUID of a device profile with its capabilities listed" },
	{ "capability", "CAP", CLI_MANY, "for a UUID: switchLevel, or outlet2/switch for another component than main" },
	{ "id", "ID", CLI_MUST, "1 to 64 of A-Z a-z 0-9 . _ : # ~ -; never changes" },
	{ "name", "N", CLI_MUST, "what people call it" },
	{ "room", "R", 0, "where it is" },
	{ "set", "CAP.ATTR=VALUE", CLI_MANY, "how it begins, as in device set" },
	{ NULL, NULL, 0, NULL },
};

static const struct cli_verb verbs[] = {
	{ "add", "", "Add a virtual device.", add_options, CLI_STORE | CLI_CATALOGUE, device_verb_add },
	{ "list", "", "List a user's devices, those offline first.", user_option, CLI_STORE, list },
	{ "show", "ID", "Show a device with all its states.", user_option, CLI_STORE | CLI_CATALOGUE, show },
	{ "set", "ID CAP.ATTR=VALUE...", "Change states of a device, all or none: switchLevel.level=40, "
	    "outlet2/switch.switch=on, temperatureMeasurement.temperature=20.5C.", user_option,
	    CLI_STORE | CLI_CATALOGUE, set },
	{ "rename", "ID NAME", "Give a device another name.", user_option, CLI_STORE, rename_verb },
	{ "delete", "ID", "Delete a device.", user_option, CLI_STORE, delete },
	{ "offline", "ID", "Let a device be out of reach: commands to it fail.", user_option, CLI_STORE, offline },
	{ "online", "ID", "Undo offline.", user_option, CLI_STORE, online },
	{ "types", "", "List the types that add knows.", NULL, CLI_CATALOGUE, types },
	{ NULL, NULL, NULL, NULL, 0, NULL },
};

const struct cli_noun cli_device = {
	"device", "Virtual devices: what they are, and how they are just now.",
	"gatehouse device add --user kim --type c2c-dimmer --id lamp --name Lamp --set switchLevel.level=40\n"
	"gatehouse device set lamp --user kim switch.switch=on switchLevel.level=80\n"
	"gatehouse device show lamp --user kim\n",
	verbs, false,
};
