/* activity.c: gatehouse activity: what happened to accounts and links. */
#include "oauth/activity.h"

#include <unistd.h>

#include "base/arena.h"
#include "base/clock.h"
#include "base/json.h"
#include "cli/args.h"
#include "cli/find.h"
#include "cli/noun.h"
#include "cli/output.h"
#include "oauth/user.h"
#include "base/banned.h"

#define SHOWN		50	/* events, unless told otherwise */
#define SHOWN_MAX	100000
#define LATE		5000	/* ms that an event may show up behind a younger one: another process wrote it */
#define POLL_ARENA	((size_t)256 << 20)

/* One line of a list that grows. Columns would need to know what comes later. */
static void
print_event(const struct cli *c, const struct json *e)
{
	static const struct { const char *name, *title; } more[] = {
		{ "client", "client" }, { "grant", "grant" }, { "detail", "why" }, { "remote", "from" },
	};
	struct json *v = json_copy(c->arena, e);
	const char *id = json_get_string(e, "user");
	struct user u;

	json_set_string(c->arena, v, "user_id", id);
	if (id != NULL && user_by_id(c->store, c->arena, id, &u) == STORE_OK)
		json_set_string(c->arena, v, "user", u.name);
	if (c->json) {
		output_json(c, v);
		return;
	}
	char *line = arena_printf(c->arena, "%s  %-24s  %s", output_text(c, json_get(e, "time"), OUTPUT_MS),
	    output_text(c, json_get(e, "event"), OUTPUT_TEXT), output_text(c, json_get(v, "user"), OUTPUT_TEXT));
	for (size_t i = 0; i < sizeof(more) / sizeof(more[0]); i++)
		if (json_get_string(e, more[i].name) != NULL)
			line = arena_printf(c->arena, "%s  %s=%s", line, more[i].title,
			    output_word(c, json_get_string(e, more[i].name)));
	output_say(c, "%s", line);
}

/* Of the events after a moment, those that were not in the list before: the last max of them, oldest first. *list: all
 * of them, as texts. */
static enum store_result
print_new(const struct cli *c, const char *user, size_t max, int64_t after, const struct json *before,
    struct json **list)
{
	struct json *events;
	enum store_result r = activity_list(c->store, c->arena, user, SHOWN_MAX, after, &events);
	size_t n = 0, all = json_count(events);
	const struct json **row = arena_alloc(c->arena, (all + 1) * sizeof(*row));

	*list = json_array(c->arena);
	for (const struct json *e = json_first(events); e != NULL; e = json_next(e)) {
		json_append_string(c->arena, *list, json_print(c->arena, e));
		row[n++] = e;
	}
	for (n = r == STORE_OK ? (all < max ? all : max) : 0; n > 0; n--)
		if (!json_array_has(before, json_print(c->arena, row[n - 1])))
			print_event(c, row[n - 1]);
	return r;
}

/* Print, and look again each second where that is wanted, until a signal ends the process. Two arenas take turns: what was
 * seen lives in the older one. */
static enum cli_exit
print_all(const struct cli *c, const char *user, size_t max)
{
	struct arena *last = arena_new(POLL_ARENA);
	struct json *seen = NULL;
	bool again = true;
	int result = CLI_DONE;

	for (int64_t after = 0; again; after = clock_ms() - LATE) {
		struct cli now = *c;
		now.arena = arena_new(POLL_ARENA);
		enum store_result r = print_new(&now, user, max, after, seen, &seen);
		result = r == STORE_OK ? output_end() : output_store(c, r);
		arena_free(last);
		last = now.arena;
		max = SHOWN_MAX;
		again = result == CLI_DONE && args_has(c, "follow");
		if (again)
			sleep(1);
	}
	if (result == CLI_DONE && json_first(seen) == NULL)
		output_say(c, "nothing has happened yet");
	arena_free(last);
	return result;
}

static enum cli_exit
list(struct cli *c)
{
	const char *name = args_value(c, "user");
	struct user u = { 0 };
	long long max;

	if (!args_number(c, "limit", 1, SHOWN_MAX, SHOWN, &max))
		return CLI_USAGE;
	if (name != NULL && find_user(c, name, &u) != CLI_DONE)
		return CLI_REFUSED;
	return print_all(c, u.id, (size_t)max);
}

static const struct cli_option list_options[] = {
	{ "follow", NULL, 0, "go on with what happens from now on, until Ctrl-C" },
	{ "user", "U", 0, "only what concerns this user" },
	{ "limit", "N", 0, "the last N events; otherwise 50" },
	{ NULL, NULL, 0, NULL },
};

static const struct cli_verb verbs[] = {
	{ "list", "", "Print what happened, the latest last; with --json an object a line.", list_options, CLI_STORE, list },
	{ NULL, NULL, NULL, NULL, 0, NULL },
};

const struct cli_noun cli_activity = {
	"activity", "What happened: logins, consents, tokens taken back, refusals.",
	"gatehouse activity --limit 100\n"
	"gatehouse activity --user kim --json\n",
	verbs, true,
};
