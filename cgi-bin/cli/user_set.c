/* user_set.c: who is an operator, which language pages have, second factors, where somebody is signed in. */
#include "cli/user_set.h"

#include <stdbool.h>
#include <string.h>

#include "base/arena.h"
#include "base/json.h"
#include "cli/args.h"
#include "cli/find.h"
#include "cli/output.h"
#include "oauth/activity.h"
#include "oauth/second_factor.h"
#include "oauth/session.h"
#include "oauth/user.h"
#include "base/banned.h"

static void
tell(const struct cli *c, const struct user *u, const char *member, struct json *value)
{
	struct json *v = json_object(c->arena);

	if (!c->json)
		return;
	json_set_string(c->arena, v, "id", u->id);
	json_set_string(c->arena, v, "name", u->name);
	json_set(c->arena, v, member, value);
	output_json(c, v);
}

enum cli_exit
user_set_flag(struct cli *c)
{
	struct user u;
	bool on = strcmp(c->words[1], "on") == 0;

	if (!on && strcmp(c->words[1], "off") != 0)
		return args_wrong(c, "%s is neither on nor off", c->words[1]);
	if (find_user(c, c->words[0], &u) != CLI_DONE)
		return CLI_REFUSED;
	enum store_result r = user_set_operator(c->store, c->arena, u.id, on);
	if (r != STORE_OK)
		return output_store(c, r);
	tell(c, &u, "operator", json_new_bool(c->arena, on));
	output_say(c, on ? "user %s sees the operator's page, /operator" : "user %s does not see the operator's page",
	    u.name);
	return CLI_DONE;
}

enum cli_exit
user_set_pages(struct cli *c)
{
	static const char *const known[] = { "en", "ko" };
	const char *language = NULL;
	struct user u;

	for (size_t i = 0; i < sizeof(known) / sizeof(known[0]); i++)
		if (strcmp(known[i], c->words[1]) == 0)
			language = known[i];
	if (language == NULL && strcmp(c->words[1], "browser") != 0)
		return args_wrong(c, "%s is no language of the pages: en, ko, or browser", c->words[1]);
	if (find_user(c, c->words[0], &u) != CLI_DONE)
		return CLI_REFUSED;
	enum store_result r = user_set_language(c->store, c->arena, u.id, language);
	if (r != STORE_OK)
		return output_store(c, r);
	tell(c, &u, "language", language != NULL ? json_new_string(c->arena, language) : json_new_null(c->arena));
	output_say(c, "pages for user %s are in %s", u.name, language != NULL ? language : "what the browser asks for");
	return CLI_DONE;
}

static enum cli_exit
show_factor(struct cli *c, const struct user *u)
{
	static const struct output_column factor_columns[] = {
		{ "second_factor", "second factor", OUTPUT_YES },
		{ "since", "since", OUTPUT_TIME },
		{ "recovery_codes", "recovery codes left", OUTPUT_TEXT },
		{ NULL, NULL, 0 },
	};
	struct second_factor f;
	struct json *v = json_object(c->arena);
	enum store_result r = second_factor_look(c->store, c->arena, u->id, &f);

	if (r != STORE_OK && r != STORE_ABSENT)
		return output_store(c, r);
	json_set_string(c->arena, v, "id", u->id);
	json_set_string(c->arena, v, "name", u->name);
	json_set_bool(c->arena, v, "second_factor", r == STORE_OK);
	if (r == STORE_OK) {
		json_set_int(c->arena, v, "since", f.since);
		json_set_int(c->arena, v, "recovery_codes", f.recovery);
	}
	output_object(c, v, factor_columns);
	return CLI_DONE;
}

enum cli_exit
user_set_second_factor(struct cli *c)
{
	struct user u;

	if (find_user(c, c->words[0], &u) != CLI_DONE)
		return CLI_REFUSED;
	if (!args_has(c, "remove"))
		return show_factor(c, &u);
	enum store_result r = second_factor_off(c->store, c->arena, u.id,
	    &(struct activity){ .event = "authn_second_factor_off", .user = u.id, .detail = "by the operator" });
	if (r != STORE_OK)
		return output_store(c, r);
	tell(c, &u, "second_factor", json_new_bool(c->arena, false));
	output_say(c, "user %s has no second factor any more", u.name);
	return CLI_DONE;
}

static const struct output_column columns[] = {
	{ "agent", "browser", OUTPUT_TEXT },
	{ "remote", "from", OUTPUT_TEXT },
	{ "created", "signed in", OUTPUT_TIME },
	{ "seen", "last seen", OUTPUT_TIME },
	{ NULL, NULL, 0 },
};

struct listing {
	struct arena	*arena;
	struct json	*rows;
};

static void
add(void *arg, const struct session *s)
{
	struct listing *l = arg;
	struct json *v = json_append(l->arena, l->rows, json_object(l->arena));

	json_set_string(l->arena, v, "id", s->id);
	json_set_string(l->arena, v, "agent", s->agent);
	json_set_string(l->arena, v, "remote", s->remote);
	json_set_int(l->arena, v, "created", s->created);
	json_set_int(l->arena, v, "seen", s->seen);
}

enum cli_exit
user_set_sessions(struct cli *c)
{
	struct listing l = { c->arena, json_array(c->arena) };
	struct user u;

	if (find_user(c, c->words[0], &u) != CLI_DONE)
		return CLI_REFUSED;
	enum store_result r = args_has(c, "end") ? user_end_sessions(c->store, c->arena, u.id) :
	    session_each(c->store, c->arena, &u, add, &l);
	if (r != STORE_OK)
		return output_store(c, r);
	if (!args_has(c, "end"))
		output_list(c, l.rows, columns, arena_printf(c->arena, "user %s is not signed in anywhere", u.name));
	else {
		tell(c, &u, "sessions", l.rows);
		output_say(c, "user %s is signed out everywhere", u.name);
	}
	return CLI_DONE;
}
