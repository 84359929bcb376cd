/* sim_checks.c: SmartThings' part by HTTP, the owner's by this same tool. */
#include "cli/sim_checks.h"

#include <fcntl.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "base/arena.h"
#include "base/json.h"
#include "cli/find.h"
#include "cli/noun.h"
#include "cli/output.h"
#include "cli/sim_app.h"
#include "cli/sim_home.h"
#include "oauth/grant.h"
#include "oauth/user.h"
#include "base/banned.h"

#define DEVICE "simulator-check"
#define CLIENT "smartthings"
#define PATIENCE 40		/* seconds for a callback: a courier that heard nothing looks once a minute at the latest */
#define WORDS_MAX 16

/* --- the owner's part --- */

/* This tool again, on the same instance, without its output. */
static bool
tool(struct cli *c, const char *const *words)
{
	const char *argv[WORDS_MAX + 4] = { "gatehouse", "--root", c->root };
	int status = 0;

	for (size_t i = 0; i < WORDS_MAX && words[i] != NULL; i++)
		argv[i + 3] = words[i];
	pid_t pid = fork();
	if (pid == 0) {
		int null = open("/dev/null", O_RDWR);
		for (int fd = 0; fd <= 2 && null >= 0; fd++)
			dup2(null, fd);
		execv("/proc/self/exe", (char *const *)(void *)argv);
		_exit(127);
	}
	while (pid > 0 && waitpid(pid, &status, 0) < 0)
		;
	return pid > 0 && WIFEXITED(status) && WEXITSTATUS(status) == 0;
}

struct newest {
	struct grant	 grant;
	bool		 found;
};

static void
look_at(void *arg, const struct grant *g)
{
	struct newest *n = arg;

	if (g->revoked == NULL && strcmp(g->client, CLIENT) == 0) {
		n->grant = *g;
		n->found = true;
	}
}

/* What the owner does on the page of the link: the newest is ours, we have just made it. */
static bool
end_link(struct cli *c, const char *user)
{
	struct newest n = { .found = false };

	return grant_each(c->store, c->arena, user, look_at, &n) == STORE_OK && n.found &&
	    tool(c, (const char *const[]){ "grant", "revoke", n.grant.id, NULL });
}

/* --- waiting --- */

static const struct json *
find_check(const struct json *home, const char *id)
{
	static const char *const parts[] = { "asks", "tells", "ends", "app" };

	for (size_t i = 0; i < sizeof(parts) / sizeof(parts[0]); i++)
		for (const struct json *e = json_first(json_get(json_get(home, "checks"), parts[i])); e != NULL; e = json_next(e))
			if (strcmp(json_get_string(e, "id"), id) == 0)
				return e;
	return NULL;
}

/* Is it there already? A check by its id, or what the home has by a name. */
static bool
is_there(const struct json *home, const char *what)
{
	const struct json *check = find_check(home, what);

	return check != NULL ? json_get_string(check, "at") != NULL : json_get(home, what) != NULL;
}

bool
sim_checks_wait(struct browser *b, const char *what)
{
	for (int tries = 0; tries < PATIENCE * 5; tries++) {
		if (sim_home_ask(b, "/sim/api/home", NULL) != CLI_DONE)
			return false;
		if (is_there(b->json, what))
			return true;
		nanosleep(&(struct timespec){ .tv_nsec = 200000000 }, NULL);
	}
	return false;
}

/* --- the list --- */

static bool
act(struct browser *b, const char *form)
{
	return sim_home_ask(b, "/sim/api/do", form) == CLI_DONE;
}

/* The owner moves a device, and the server tells. A step that fails shows as a check that is not green. */
static void
be_told(struct cli *c, struct browser *b, const char *user)
{
	const struct { const char *words[8], *wanted; } steps[] = {
		{ { "device", "set", DEVICE, "--user", user, "st.switchLevel.level=41", NULL }, "told" },
		{ { "device", "offline", DEVICE, "--user", user, NULL }, "offline" },
		{ { "device", "online", DEVICE, "--user", user, NULL }, "online" },
		{ { "device", "rename", DEVICE, "Simulator check, renamed", "--user", user, NULL }, "found" },
		{ { "device", "delete", DEVICE, "--user", user, NULL }, "deleted" },
	};

	act(b, "action=callbacks&way=401&times=1");
	for (size_t i = 0; i < sizeof(steps) / sizeof(steps[0]); i++)
		if (!tool(c, steps[i].words) || !sim_checks_wait(b, steps[i].wanted))
			return;
	sim_checks_wait(b, "callback_refresh");
}

static bool
both_ways(struct cli *c, struct browser *b, const struct user *u)
{
	if (sim_home_link(c, b, u->name, NULL, true) != CLI_DONE)
		return false;
	act(b, "action=untick");
	act(b, "action=grant");
	act(b, "action=checks");
	if (sim_checks_wait(b, "callback_expires"))
		be_told(c, b, u->name);
	act(b, "action=unlink");
	if (sim_home_link(c, b, u->name, NULL, false) != CLI_DONE)
		return false;
	if (sim_checks_wait(b, "callback_expires") && end_link(c, u->id))
		sim_checks_wait(b, "unlinked");
	/* Where there is a SmartApp. */
	if (find_check(b->json, "app_install") != NULL)
		sim_app_checks(c, b);
	return sim_home_ask(b, "/sim/api/home", NULL) == CLI_DONE;
}

static const struct output_column columns[] = {
	{ "id", "CHECK", OUTPUT_TEXT },
	{ "seen", "SEEN", OUTPUT_YES },
	{ "at", "AT", OUTPUT_TEXT },
	{ NULL, NULL, OUTPUT_TEXT },
};

static struct json *
rows(struct cli *c, const struct json *home)
{
	struct json *list = json_array(c->arena);

	for (const struct json *part = json_first(json_get(home, "checks")); part != NULL; part = json_next(part))
		for (const struct json *e = json_type(part) == JSON_ARRAY ? json_first(part) : NULL; e != NULL; e = json_next(e)) {
			struct json *row = json_append(c->arena, list, json_object(c->arena));
			json_set_string(c->arena, row, "id", json_get_string(e, "id"));
			json_set_bool(c->arena, row, "seen", json_get_string(e, "at") != NULL);
			json_set_string(c->arena, row, "at", json_get_string(e, "at"));
		}
	return list;
}

int
sim_checks_run(struct cli *c, struct browser *b, const char *user)
{
	struct user u;

	if (find_user(c, user, &u) != CLI_DONE)
		return CLI_REFUSED;
	tool(c, (const char *const[]){ "device", "delete", DEVICE, "--user", u.name, NULL });
	if (!tool(c, (const char *const[]){ "device", "add", "--user", u.name, "--type", "c2c-dimmer", "--id", DEVICE,
	    "--name", "Simulator check", NULL }))
		return output_refuse(c, output_command(c, "device list --user %s", output_word(c, u.name)),
		    "the device for the checks cannot be added");
	bool done = both_ways(c, b, &u);
	tool(c, (const char *const[]){ "device", "delete", DEVICE, "--user", u.name, NULL });
	if (!done)
		return CLI_REFUSED;
	output_list(c, rows(c, b->json), columns, "there are no checks");
	const struct json *checks = json_get(b->json, "checks");
	if (json_get_bool(checks, "green", false))
		return CLI_DONE;
	return output_refuse(c, output_command(c, "sim log --status faulty"), "%lld of %lld checks are green",
	    json_get_int(checks, "done", 0), json_get_int(checks, "all", 0));
}
