/* connector_try.c: each step a row: what it is about, by which pointer, of which device, what was found, what is wrong.
 * long because: a small function a step, for two verbs that share their rows. */
#include "cli/connector_try.h"

#include <errno.h>
#include <string.h>

#include "base/arena.h"
#include "base/clock.h"
#include "base/config.h"
#include "base/json.h"
#include "base/text.h"
#include "cli/args.h"
#include "cli/find.h"
#include "cli/output.h"
#include "device/device.h"
#include "device/state.h"
#include "link/connector.h"
#include "link/hook.h"
#include "link/link.h"
#include "link/listing.h"
#include "link/pick.h"
#include "oauth/user.h"
#include "base/banned.h"

#define TRY_MS		15000
#define ANSWER_MAX	((size_t)1 << 20)
#define SHOWN		60	/* bytes of what was found */
#define DEVICES_SHOWN	1000

static const struct output_column columns[] = {
	{ "step", "step", OUTPUT_TEXT },
	{ "device", "device", OUTPUT_TEXT },
	{ "pointer", "pointer", OUTPUT_TEXT },
	{ "found", "found", OUTPUT_TEXT },
	{ "fault", "fault", OUTPUT_TEXT },
	{ NULL, NULL, 0 },
};

struct trying {
	struct cli		*cli;
	const struct connector	*connector;
	struct json		*rows;
	size_t			 faults;
};

/* A row. found NULL: nothing; fault NULL: it is fine. */
static void
say(struct trying *t, const char *step, const char *device, const char *pointer, const char *found, const char *fault)
{
	struct arena *a = t->cli->arena;
	struct json *v = json_append(a, t->rows, json_object(a));

	json_set_string(a, v, "step", step);
	json_set_string(a, v, "device", device);
	json_set_string(a, v, "pointer", pointer);
	json_set_string(a, v, "found", found != NULL ? arena_strndup(a, found, (size_t)text_cut(found, SHOWN)) : NULL);
	json_set_string(a, v, "fault", fault);
	t->faults += fault != NULL ? 1 : 0;
}

static enum cli_exit
end(struct trying *t)
{
	output_list(t->cli, t->rows, columns, "nothing was tried");
	if (t->faults == 0)
		return CLI_DONE;
	return output_refuse(t->cli, "docs/connectors.md explains every member", "%zu of %zu steps found a fault", t->faults,
	    json_count(t->rows));
}

/* The connector of that name. False: it was said what is wrong. */
static bool
find(struct trying *t, struct cli *c)
{
	const char *why = NULL;
	const struct connectors *all = connectors_load(c->arena, c->config, c->catalogue, &why);

	*t = (struct trying){ .cli = c, .rows = json_array(c->arena) };
	t->connector = all != NULL ? connectors_find(all, c->words[0]) : NULL;
	if (all == NULL)
		output_refuse(c, "mend it (docs/connectors.md explains every member), then run this again", "%s", why);
	else if (t->connector == NULL)
		output_refuse(c, output_command(c, "connector list"), "there is no connector %s", c->words[0]);
	return t->connector != NULL;
}

/* --- check --- */

static void
check_secrets(struct trying *t)
{
	const struct connector *k = t->connector;
	const char *file = json_get_string(json_get(k->hook, "hmac"), "secretFile"), *why;

	connector_secret(t->cli->arena, t->cli->config, k, &why);
	say(t, "oauth.clientSecretFile", NULL, NULL, k->oauth.auth == CONNECTOR_NONE ? "none is needed" : why == NULL ? "there" : NULL, why);
	if (file == NULL)
		return;
	connector_secret_file(t->cli->arena, t->cli->config, file, &why);
	say(t, "hook.hmac.secretFile", NULL, NULL, why == NULL ? "there" : NULL, why);
}

/* A type that devices may have: is there something that reads it, something that moves it? Neither must be. */
static void
check_type(struct trying *t, const char *type)
{
	const struct connector *k = t->connector;
	struct arena *a = t->cli->arena;
	const struct json *moved = json_get(k->commands, type) != NULL ? json_get(k->commands, type) : json_get(k->commands, "*");
	size_t reads = json_count(connector_state(k, type));

	say(t, arena_printf(a, "type %s", type), NULL, NULL, arena_printf(a, "state has %zu, commands %zu", reads, json_count(moved)),
	    reads == 0 ? "state has nothing for it: its values would never change" : NULL);
}

enum cli_exit
connector_try_check(struct cli *c)
{
	struct trying t;
	struct json *seen = json_object(c->arena);

	if (!find(&t, c))
		return CLI_REFUSED;
	say(&t, "file", NULL, NULL, "is right", NULL);
	check_secrets(&t);
	for (const struct json *rule = json_first(json_get(t.connector->list, "type")); rule != NULL; rule = json_next(rule)) {
		const char *type = json_get_string(rule, "handler");
		if (type == NULL || json_get(seen, type) != NULL)
			continue;
		json_set_bool(c->arena, seen, type, true);
		check_type(&t, type);
	}
	say(&t, "hook", NULL, NULL, t.connector->hook != NULL ? "the vendor tells of changes" : "none: looks alone", NULL);
	return end(&t);
}

/* --- try --- */

static const char *
shown(struct arena *a, const struct json *v)
{
	return v == NULL ? NULL : json_string(v) != NULL ? json_string(v) : json_print(a, v);
}

/* What one of list's pointers finds in an element. */
static void
try_member(struct trying *t, const char *device, const struct json *item, const char *member, bool must)
{
	struct arena *a = t->cli->arena;
	const char *pointer = json_get_string(t->connector->list, member);
	const struct json *found = pick(a, item, pointer);

	if (pointer != NULL)
		say(t, arena_printf(a, "list.%s", member), device, pointer, found != NULL ? shown(a, found) : "nothing",
		    found == NULL && must ? "without it there is no device" : NULL);
}

/* A device that could be ours, to see whether it would take the values. NULL if its type cannot be made. */
static struct json *
empty_state(struct trying *t, const char *type, struct device *d)
{
	struct arena *a = t->cli->arena;
	struct json *v = json_object(a), *state;

	json_set_string(a, v, "id", "tried");
	json_set_string(a, v, "type", type);
	json_set_string(a, v, "name", "tried");
	return device_define(a, t->cli->catalogue, v, d, &state) == NULL ? state : NULL;
}

static void
try_states(struct trying *t, const struct pick_device *d, const struct json *item)
{
	struct arena *a = t->cli->arena;
	struct device ours;
	struct json *state = empty_state(t, d->type, &ours);
	size_t i = 0;

	for (const struct json *rule = json_first(connector_state(t->connector, d->type)); rule != NULL; rule = json_next(rule), i++) {
		bool list = json_get(rule, "states") != NULL;
		const char *step = arena_printf(a, "state.%zu", i), *pointer = json_get_string(rule, list ? "states" : "pointer");
		const struct json *found = pick(a, item, pointer);
		if (found == NULL)
			say(t, step, d->id, pointer, "nothing", "nothing stands there");
		else if (!list && json_get(rule, "map") != NULL && json_get(json_get(rule, "map"), shown(a, found)) == NULL)
			say(t, step, d->id, pointer, shown(a, found), "map has nothing for it");
		else
			say(t, step, d->id, pointer, shown(a, found), NULL);
	}
	for (const struct json *v = json_first(d->values); v != NULL; v = json_next(v))
		say(t, json_name(v), d->id, NULL, shown(a, v), state == NULL ? "there is no such type" :
		    state_assign_json(a, t->cli->catalogue, &ours, state, json_name(v), v, 0));
}

static void
try_item(struct trying *t, const struct json *item, size_t n)
{
	static const char *const members[] = { "name", "room", "manufacturer", "model", "online" };
	struct arena *a = t->cli->arena;
	struct pick_device d;

	if (!pick_device(a, t->cli->catalogue, t->connector, item, &d)) {
		try_member(t, arena_printf(a, "element %zu", n), item, "id", true);
		return;
	}
	try_member(t, d.id, item, "id", true);
	for (size_t i = 0; i < sizeof(members) / sizeof(members[0]); i++)
		try_member(t, d.id, item, members[i], false);
	say(t, "list.type", d.id, NULL, d.type != NULL ? d.type : "nothing", d.type == NULL ? "no rule fits: it cannot be chosen" : NULL);
	if (d.type != NULL)
		try_states(t, &d, item);
}

static void
try_items(struct trying *t, const struct json *items)
{
	size_t n = 0;

	for (const struct json *item = json_first(items); item != NULL && n < DEVICES_SHOWN; item = json_next(item), n++)
		try_item(t, item, n);
	if (n == 0)
		say(t, "list.items", NULL, json_get_string(t->connector->list, "items"), "an empty list", NULL);
}

/* An answer that the vendor gave once, or gives in its documentation. */
static enum cli_exit
try_answer(struct trying *t, const char *file)
{
	struct arena *a = t->cli->arena;
	struct json_error err = { NULL, 0 };
	size_t len;
	const char *text = config_read_file(a, file, ANSWER_MAX, &len), *pointer = json_get_string(t->connector->list, "items");
	const struct json *body = text != NULL ? json_parse(a, text, len, &err) : NULL;

	if (text == NULL)
		return output_refuse(t->cli, "name a file with what the vendor answers to list", "%s: %s", file, strerror(errno));
	if (body == NULL)
		return output_refuse(t->cli, "mend it, then run this again", "%s:%zu: %s", file, err.line, err.what);
	const struct json *items = pick(a, body, pointer != NULL ? pointer : "");
	if (json_type(items) == JSON_ARRAY)
		try_items(t, items);
	else
		say(t, "list.items", NULL, pointer, items != NULL ? shown(a, items) : "nothing", "must be a list");
	return end(t);
}

/* The user's first link of this connector. */
static bool
find_link(struct trying *t, const struct links *x, const char *user, struct link *l)
{
	struct json *ids;

	if (link_ids(x->store, t->cli->arena, user, &ids) == STORE_OK)
		for (const struct json *id = json_first(ids); id != NULL; id = json_next(id))
			if (link_find(x->store, t->cli->arena, user, json_string(id), l) == STORE_OK &&
			    strcmp(l->connector, t->connector->id) == 0)
				return true;
	return false;
}

static void
try_account(struct trying *t, const struct links *x, const struct link *l)
{
	struct arena *a = t->cli->arena;
	struct ask ask = { .links = x, .arena = a, .link = l, .connector = t->connector, .rule = t->connector->account,
	    .values = json_object(a) };

	if (ask.rule == NULL)
		return;
	ask_run(&ask, clock_ms() + TRY_MS);
	say(t, "account", NULL, NULL, ask.result == ASK_FINE ? "an answer" : NULL, ask.result == ASK_FINE ? NULL : ask.why);
	for (const struct json *v = json_first(json_get(ask.rule, "values")); v != NULL && ask.result == ASK_FINE; v = json_next(v)) {
		const struct json *found = pick(a, ask.body, json_string(v));
		say(t, arena_printf(a, "account.values.%s", json_name(v)), NULL, json_string(v), found != NULL ? shown(a, found) : "nothing",
		    found == NULL ? "nothing stands there" : NULL);
	}
}

static void
try_hook(struct trying *t, const struct links *x, const struct link *l)
{
	struct hook h;

	if (t->connector->hook == NULL)
		return;
	enum store_result r = hook_find(x, t->cli->arena, l->user, l->id, &h);
	say(t, "hook.subscribe", NULL, NULL, r == STORE_OK && h.made > 0 ? "the vendor tells of changes" : "not made yet: the courier does it "
	    "after its next look", r == STORE_OK ? h.fault : NULL);
}

static enum cli_exit
try_link(struct trying *t, const struct links *x, const struct user *u)
{
	struct cli *c = t->cli;
	struct listing listing;
	struct link l;

	if (!find_link(t, x, u->id, &l))
		return output_refuse(c, arena_printf(c->arena, "log in there once: %s/connect/%s", c->config->public_url, t->connector->id),
		    "%s has no link of %s", u->name, t->connector->id);
	say(t, "link", NULL, NULL, link_status_name(l.status), l.status == LINK_LINKED ? NULL : "its owner must log in at the vendor");
	if (l.status != LINK_LINKED)
		return end(t);
	try_account(t, x, &l);
	listing_begin(&listing, x, c->arena, t->connector, &l);
	listing_run(&listing, clock_ms() + TRY_MS);
	say(t, "list", NULL, NULL, listing.ask.result == ASK_FINE ? arena_printf(c->arena, "%zu elements on %zu pages", json_count(listing.items),
	    listing.pages + 1) : NULL, listing.ask.result == ASK_FINE ? NULL : listing.ask.why);
	if (listing.ask.result == ASK_FINE)
		try_items(t, listing.items);
	try_hook(t, x, &l);
	return end(t);
}

enum cli_exit
connector_try_run(struct cli *c)
{
	const char *file = args_value(c, "answer"), *name = args_value(c, "user"), *why;
	struct trying t;
	struct user u;

	if ((file == NULL) == (name == NULL))
		return args_wrong(c, "try needs --user, or --answer; not both");
	if (!find(&t, c))
		return CLI_REFUSED;
	if (file != NULL)
		return try_answer(&t, file);
	if (find_user(c, name, &u) != CLI_DONE)
		return CLI_REFUSED;
	struct links *x = links_open(c->arena, c->config, c->store, c->keyring, c->catalogue, &why);
	if (x == NULL)
		return output_refuse(c, "mend it, then run this again", "%s", why);
	enum cli_exit e = try_link(&t, x, &u);
	links_close(x);
	return e;
}
