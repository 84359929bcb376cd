/* grant.c: gatehouse grant ...: what users allowed clients. */
#include "oauth/grant.h"

#include "base/arena.h"
#include "base/clock.h"
#include "base/json.h"
#include "cli/args.h"
#include "cli/find.h"
#include "cli/noun.h"
#include "cli/output.h"
#include "cli/rows.h"
#include "oauth/user.h"
#include "base/banned.h"

static const struct output_column list_columns[] = {
	{ "id", "id", OUTPUT_TEXT },
	{ "user", "user", OUTPUT_TEXT },
	{ "client", "client", OUTPUT_TEXT },
	{ "scope", "scope", OUTPUT_TEXT },
	{ "devices", "devices", OUTPUT_COUNT },
	{ "include_new", "new ones", OUTPUT_YES },
	{ "last_used", "last used", OUTPUT_TIME },
	{ "ends", "ends", OUTPUT_TIME },
	{ "state", "state", OUTPUT_TEXT },
	{ NULL, NULL, 0 },
};
static const struct output_column show_columns[] = {
	{ "user_id", "user id", OUTPUT_TEXT },
	{ "created", "created", OUTPUT_TIME },
	{ "last_used", "last used", OUTPUT_TIME },
	{ "include_new", "devices added later too", OUTPUT_YES },
	{ "left_out", "but never", OUTPUT_TEXT },
	{ "ends", "ends, if it is not used any more", OUTPUT_TIME },
	{ "expires", "ends whatever happens", OUTPUT_TIME },
	{ "revoked", "revoked by", OUTPUT_TEXT },
	{ NULL, NULL, 0 },
};

/* What people want to know; the owner's name where there still is one. */
static struct json *
as_json(const struct cli *c, const struct grant *g)
{
	struct arena *a = c->arena;
	struct json *v = json_object(a);
	struct user u;
	bool owned = user_by_id(c->store, a, g->user, &u) == STORE_OK;

	json_set_string(a, v, "id", g->id);
	json_set_string(a, v, "user", owned ? u.name : "(deleted)");
	json_set_string(a, v, "user_id", g->user);
	json_set_string(a, v, "client", g->client);
	json_set_string(a, v, "scope", g->scope);
	json_set(a, v, "devices", json_copy(a, g->devices));
	json_set_int(a, v, "created", g->created);
	json_set_int(a, v, "last_used", g->last_used);
	json_set_bool(a, v, "include_new", g->include_new);
	json_set(a, v, "left_out", g->include_new ? json_copy(a, g->left_out) : NULL);
	json_set_int(a, v, "ends", grant_ends(g));
	json_set_int(a, v, "expires", g->expires);
	json_set_string(a, v, "state",
	    g->revoked != NULL || !owned ? "revoked" : grant_ends(g) <= clock_sec() ? "expired" : "alive");
	json_set_string(a, v, "revoked", g->revoked);
	return v;
}

struct listing {
	const struct cli	*cli;
	struct json		*rows;
};

static void
list_one(void *arg, const struct grant *g)
{
	struct listing *l = arg;

	json_append(l->cli->arena, l->rows, as_json(l->cli, g));
}

static enum cli_exit
list(struct cli *c)
{
	struct listing l = { c, json_array(c->arena) };
	const char *name = args_value(c, "user");
	struct user u = { 0 };

	if (name != NULL && find_user(c, name, &u) != CLI_DONE)
		return CLI_REFUSED;
	enum store_result r = grant_each(c->store, c->arena, u.id, list_one, &l);
	if (r != STORE_OK)
		return output_store(c, r);
	output_list(c, rows_sorted(c->arena, l.rows, "created"), list_columns,
	    "no grants: nobody has allowed a client anything yet");
	return CLI_DONE;
}

static int
find_grant(const struct cli *c, struct grant *g)
{
	enum store_result r = grant_search(c->store, c->arena, c->words[0], g);

	if (r == STORE_ABSENT)
		return output_refuse(c, output_command(c, "grant list"), "there is no grant with the id %.60s",
		    c->words[0]);
	return r == STORE_OK ? CLI_DONE : output_store(c, r);
}

static enum cli_exit
show(struct cli *c)
{
	struct grant g;

	if (find_grant(c, &g) != CLI_DONE)
		return CLI_REFUSED;
	output_object(c, as_json(c, &g), show_columns);
	return CLI_DONE;
}

/* What the user has and the grant does not get. */
static struct json *
left_out(struct arena *a, const struct json *all, const struct json *chosen)
{
	struct json *list = json_array(a);

	for (const struct json *id = json_first(all); id != NULL; id = json_next(id))
		if (!json_array_has(chosen, json_string(id)))
			json_append_string(a, list, json_string(id));
	return list;
}

static enum cli_exit
choose(struct cli *c)
{
	bool include_new = args_has(c, "include-new");
	struct json *chosen, *all;
	struct grant g;
	struct user u;

	if (!args_has(c, "device") && !include_new)
		return args_wrong(c, "name devices by --device, or let it get new ones by --include-new; "
		    "to take everything away, there is grant revoke");
	if (find_grant(c, &g) != CLI_DONE || find_user(c, g.user, &u) != CLI_DONE ||
	    find_devices(c, &u, &chosen, &all) != CLI_DONE)
		return CLI_REFUSED;
	enum store_result r = grant_choose(c->store, c->arena, g.user, g.id, chosen, include_new,
	    left_out(c->arena, all, chosen));
	if (r == STORE_ABSENT)
		return output_refuse(c, output_command(c, "grant list"), "grant %s is revoked", g.id);
	if (r != STORE_OK)
		return output_store(c, r);
	if ((r = grant_find(c->store, c->arena, g.user, g.id, &g)) != STORE_OK)
		return output_store(c, r);
	output_object(c, as_json(c, &g), show_columns);
	return CLI_DONE;
}

static enum cli_exit
revoke(struct cli *c)
{
	struct grant g;

	if (find_grant(c, &g) != CLI_DONE)
		return CLI_REFUSED;
	enum store_result r = grant_revoke(c->store, c->arena, g.user, g.id, "operator");
	if (r != STORE_OK)
		return output_store(c, r);
	if (g.revoked == NULL)
		g.revoked = "operator";
	if (c->json)
		output_json(c, as_json(c, &g));
	output_say(c, "grant %s is revoked; its tokens are refused from now on", g.id);
	return CLI_DONE;
}

static const struct cli_option list_options[] = {
	{ "user", "U", 0, "only those of this user" },
	{ NULL, NULL, 0, NULL },
};

static const struct cli_option choose_options[] = {
	{ "device", "ID", CLI_MANY, "a device that it holds from now on" },
	{ "include-new", NULL, 0, "devices that the user adds later belong to it, too" },
	{ NULL, NULL, 0, NULL },
};

static const struct cli_verb verbs[] = {
	{ "list", "", "List what clients may do, oldest first.", list_options, CLI_STORE, list },
	{ "show", "ID", "Show a grant with its devices.", NULL, CLI_STORE, show },
	{ "choose", "ID", "Change which devices a grant holds, at once.", choose_options, CLI_STORE, choose },
	{ "revoke", "ID", "End a grant with all its tokens, at once.", NULL, CLI_STORE, revoke },
	{ NULL, NULL, NULL, NULL, 0, NULL },
};

const struct cli_noun cli_grant = {
	"grant", "Grants: which client may do what, on which devices, for whom.",
	"gatehouse grant list --user kim\n"
	"gatehouse grant choose n5HnZVQ0n4rkb3QbMV2sVg --device lamp --include-new\n"
	"gatehouse grant revoke n5HnZVQ0n4rkb3QbMV2sVg\n",
	verbs, false,
};
