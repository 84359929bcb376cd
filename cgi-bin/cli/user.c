/* user.c: gatehouse user ...: accounts.
 * long because: a function a verb, and the table of them. */
#include <string.h>

#include "base/arena.h"
#include "base/config.h"
#include "base/json.h"
#include "base/secret.h"
#include "cli/args.h"
#include "cli/find.h"
#include "cli/input.h"
#include "cli/noun.h"
#include "cli/output.h"
#include "cli/rows.h"
#include "cli/user_set.h"
#include "db/store.h"
#include "device/device.h"
#include "link/end.h"
#include "link/link.h"
#include "nodeserver/registry.h"
#include "nodeserver/service.h"
#include "oauth/activity.h"
#include "oauth/exchange.h"
#include "oauth/user.h"
#include "schema/told.h"
#include "base/banned.h"

#define GENERATED 12	/* bytes of a password that we make up: 16 characters */

static const struct output_column columns[] = {
	{ "name", "name", OUTPUT_TEXT },
	{ "id", "id", OUTPUT_TEXT },
	{ "created", "created", OUTPUT_TIME },
	{ "disabled", "disabled", OUTPUT_YES },
	{ "password", "password (shown this once)", OUTPUT_TEXT },
	{ NULL, NULL, 0 },
};
static const struct output_column list_columns[] = {
	{ "name", "name", OUTPUT_TEXT },
	{ "id", "id", OUTPUT_TEXT },
	{ "created", "created", OUTPUT_TIME },
	{ "disabled", "disabled", OUTPUT_YES },
	{ "operator", "operator", OUTPUT_YES },
	{ "second_factor", "second factor", OUTPUT_YES },
	{ NULL, NULL, 0 },
};

static struct json *
as_json(struct arena *a, const struct user *u)
{
	struct json *v = json_object(a);

	json_set_string(a, v, "id", u->id);
	json_set_string(a, v, "name", u->name);
	json_set_int(a, v, "created", u->created);
	json_set_bool(a, v, "disabled", u->disabled);
	json_set_bool(a, v, "operator", u->is_operator);
	json_set_bool(a, v, "second_factor", u->second_factor);
	return v;
}

/* What the floor below says in words of the web pages' texts, as sentences. */
static int
refuse_fault(const struct cli *c, const char *fault)
{
	static const struct { const char *fault, *what, *next; } texts[] = {
		{ "name_bad", "this cannot be a name",
		    "choose 1 to 100 bytes of text without slash and control characters" },
		{ "password_short", "the password is too short", "choose at least 8 characters" },
		{ "password_long", "the password is too long", "choose at most 1024 bytes" },
		{ "password_common", "this password is among those tried first",
		    "choose another, or leave --password-stdin away to have one made up" },
		{ "password_breached", "this password was in other people's breaches",
		    "choose another, or leave --password-stdin away to have one made up" },
		{ "password_unchecked", "the list of breached passwords cannot be read",
		    "look at login.breached_passwords in the config" },
	};

	for (size_t i = 0; i < sizeof(texts) / sizeof(texts[0]); i++)
		if (strcmp(texts[i].fault, fault) == 0)
			return output_refuse(c, texts[i].next, "%s", texts[i].what);
	return output_refuse(c, "choose another", "the name or the password cannot be taken: %s", fault);
}

/* The password that was given on stdin, or one made up (*made); NULL if it cannot be one, which was said. */
static const char *
password_for(const struct cli *c, const char *name, bool *made)
{
	const char *fault = NULL, *password;

	*made = !args_has(c, "password-stdin");
	if (*made)
		return secret_token(c->arena, GENERATED);
	password = input_secret(c, "password");
	if (password != NULL && (fault = user_password_fault(c->breached, name, password)) != NULL)
		refuse_fault(c, fault);
	return fault == NULL ? password : NULL;
}

/* --- verbs --- */

/* Are the starter devices right? Looked at before there is an account. */
static int
check_starters(struct cli *c)
{
	struct json *state;
	struct device d;

	if (json_first(c->config->starter_devices) == NULL)
		return output_refuse(c, "add some to the config (docs/configuration.md), or leave the option away",
		    "the config has no starter_devices");
	for (const struct json *v = json_first(c->config->starter_devices); v != NULL; v = json_next(v)) {
		const char *fault = device_define(c->arena, c->catalogue, v, &d, &state);
		if (fault != NULL)
			return output_refuse(c, output_command(c, "config check"), "starter_devices: %s", fault);
	}
	return CLI_DONE;
}

static int
add_starters(struct cli *c, const struct user *u)
{
	const char *why = NULL;
	enum store_result r = device_add_all(c->store, c->arena, c->catalogue, u->id, c->config->starter_devices,
	    (size_t)c->config->limits.devices_per_user, &why);

	if (r == STORE_OK)
		return CLI_DONE;
	output_error(arena_printf(c->arena, "user %s was added, but not all of the starter devices", u->name));
	if (r == STORE_LIMIT && why != NULL)
		return output_refuse(c, output_command(c, "config check"), "starter_devices: %s", why);
	return output_store(c, r);
}

static enum cli_exit
add(struct cli *c)
{
	const char *name = c->words[0], *fault = user_name_fault(c->arena, name), *password;
	bool starters = args_has(c, "starter-devices"), made, taken;
	struct user u;

	if (fault != NULL)
		return refuse_fault(c, fault);
	if (starters && check_starters(c) != CLI_DONE)
		return CLI_REFUSED;
	if ((password = password_for(c, name, &made)) == NULL)
		return CLI_REFUSED;
	enum store_result r = user_add(c->store, c->arena, name, password, &u, &taken);
	if (r != STORE_OK)
		return output_store(c, r);
	if (taken)
		return output_refuse(c, output_command(c, "user passwd %s", output_word(c, name)),
		    "there is a user called %s already", name);
	/* The password is printed whatever follows: it cannot be had again. */
	int result = starters ? add_starters(c, &u) : CLI_DONE;
	struct json *v = as_json(c->arena, &u);
	json_set_string(c->arena, v, "password", made ? password : NULL);
	output_object(c, v, columns);
	return result;
}

struct listing {
	struct arena	*arena;
	struct json	*rows;
};

static void
list_one(void *arg, const struct user *u)
{
	struct listing *l = arg;

	json_append(l->arena, l->rows, as_json(l->arena, u));
}

static enum cli_exit
list(struct cli *c)
{
	struct listing l = { c->arena, json_array(c->arena) };
	enum store_result r = user_each(c->store, c->arena, list_one, &l);

	if (r != STORE_OK)
		return output_store(c, r);
	output_list(c, rows_sorted(c->arena, l.rows, "name"), list_columns,
	    arena_printf(c->arena, "no users yet; next: %s", output_command(c, "user add NAME")));
	return CLI_DONE;
}

static enum cli_exit
passwd(struct cli *c)
{
	struct user u;
	bool made;

	if (find_user(c, c->words[0], &u) != CLI_DONE)
		return CLI_REFUSED;
	const char *password = password_for(c, u.name, &made);
	if (password == NULL)
		return CLI_REFUSED;
	enum store_result r = user_set_password(c->store, c->arena, u.id, password);
	if (r != STORE_OK)
		return output_store(c, r);
	struct json *v = as_json(c->arena, &u);
	json_set_string(c->arena, v, "password", made ? password : NULL);
	output_object(c, v, columns);
	return CLI_DONE;
}

/* Their vendors are told by the courier; not by a connector that is not right, whose links end here alone. */
static enum store_result
end_links(const struct cli *c, const char *user)
{
	const char *why;
	struct links *links = links_open(c->arena, c->config, c->store, c->keyring, c->catalogue, &why);
	enum store_result r = links != NULL ? link_end_all(links, c->arena, user) : STORE_OK;

	links_close(links);
	return r == STORE_OK ? link_forget_all(c->store, c->arena, user) : r;
}

static enum cli_exit
delete(struct cli *c)
{
	struct user u;

	if (find_user(c, c->words[0], &u) != CLI_DONE)
		return CLI_REFUSED;
	/* Disabled first, so that nobody adds a device behind our back; a run that breaks off can be run again. */
	enum store_result r = user_set_disabled(c->store, c->arena, u.id, true);
	if (r == STORE_OK)
		r = end_links(c, u.id);
	if (r == STORE_OK)
		r = service_delete_all(&(struct nodeserver_context){ c->config, c->store, c->keyring, c->catalogue, c->arena }, u.id);
	if (r == STORE_OK)
		r = device_delete_all(c->store, c->arena, u.id);
	if (r == STORE_OK)
		r = told_forget(c->store, c->arena, u.id);
	if (r == STORE_OK)
		r = exchange_forget(c->store, c->arena, u.id);
	if (r == STORE_OK)
		r = activity_forget(c->store, c->arena, u.id);
	if (r == STORE_OK)
		r = user_delete(c->store, c->arena, u.id);
	if (r != STORE_OK)
		return output_store(c, r);
	if (c->json)
		output_json(c, as_json(c->arena, &u));
	output_say(c, "user %s is deleted, with all devices; tokens are refused from now on", u.name);
	return CLI_DONE;
}

static int
set_disabled(struct cli *c, bool disabled)
{
	struct user u;

	if (find_user(c, c->words[0], &u) != CLI_DONE)
		return CLI_REFUSED;
	enum store_result r = user_set_disabled(c->store, c->arena, u.id, disabled);
	if (r != STORE_OK)
		return output_store(c, r);
	u.disabled = disabled;
	if (c->json)
		output_json(c, as_json(c->arena, &u));
	output_say(c, disabled ? "user %s is disabled: logins and tokens are refused until user enable" :
	    "user %s is enabled", u.name);
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
sign_in_link(struct cli *c)
{
	struct user u;
	const char *token;

	if (find_user(c, c->words[0], &u) != CLI_DONE)
		return CLI_REFUSED;
	if (u.disabled)
		return output_refuse(c, output_command(c, "user enable %s", output_word(c, u.name)),
		    "user %s is disabled", u.name);
	enum store_result r = user_link_make(c->store, c->arena, u.id, &token);
	if (r != STORE_OK)
		return output_store(c, r);
	struct json *v = json_object(c->arena);
	json_set_string(c->arena, v, "url", arena_printf(c->arena, "%s/login?link=%s", c->config->public_url, token));
	if (c->json)
		output_json(c, v);
	output_say(c, "%s", json_get_string(v, "url"));
	return CLI_DONE;
}

/* --- the noun --- */

#define PASSWORD_OPTION \
	{ "password-stdin", NULL, 0, "read it from the first line of stdin; without it one is made up and printed" }

static const struct cli_option password_option[] = {
	PASSWORD_OPTION,
	{ NULL, NULL, 0, NULL },
};
static const struct cli_option add_options[] = {
	PASSWORD_OPTION,
	{ "starter-devices", NULL, 0, "give the user the devices that the config lists in starter_devices" },
	{ NULL, NULL, 0, NULL },
};

static const struct cli_option sessions_options[] = {
	{ "end", NULL, 0, "end all of them" },
	{ NULL, NULL, 0, NULL },
};

static const struct cli_option factor_options[] = {
	{ "remove", NULL, 0, "take it away, for one who has lost the phone and the recovery codes" },
	{ NULL, NULL, 0, NULL },
};

static const struct cli_verb verbs[] = {
	{ "add", "NAME", "Add an account.", add_options, CLI_STORE | CLI_CATALOGUE | CLI_PASSWORDS, add },
	{ "list", "", "List all accounts.", NULL, CLI_STORE, list },
	{ "passwd", "NAME", "Give an account a new password.", password_option, CLI_STORE | CLI_PASSWORDS, passwd },
	{ "delete", "NAME", "Delete an account with all its devices.", NULL,
	    CLI_STORE | CLI_CATALOGUE | CLI_KEYS, delete },
	{ "disable", "NAME", "Refuse logins and tokens of an account; nothing is lost.", NULL, CLI_STORE, disable },
	{ "enable", "NAME", "Undo disable.", NULL, CLI_STORE, enable },
	{ "link", "NAME", "Print a URL that signs in once, within 30 minutes, without the password.", NULL, CLI_STORE,
	    sign_in_link },
	{ "sessions", "NAME", "List where an account is signed in.", sessions_options, CLI_STORE, user_set_sessions },
	{ "language", "NAME LANGUAGE", "Choose the language of an account's pages: en, ko, or browser.", NULL, CLI_STORE,
	    user_set_pages },
	{ "second-factor", "NAME", "Say whether an account's sign-in asks for a second factor.", factor_options, CLI_STORE,
	    user_set_second_factor },
	{ "operator", "NAME ON", "Say whether an account sees the operator's page: on or off.", NULL, CLI_STORE,
	    user_set_flag },
	{ NULL, NULL, NULL, NULL, 0, NULL },
};

const struct cli_noun cli_user = {
	"user", "The accounts of people who own devices.",
	"gatehouse user add kim --starter-devices\n"
	"gatehouse user add kim --password-stdin <password.txt\n"
	"gatehouse user link kim\n",
	verbs, false,
};
