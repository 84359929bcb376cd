/* sim_app.c: forms to the simulator's API, and what it answers. */
#include "cli/sim_app.h"

#include <stddef.h>
#include <string.h>

#include "base/arena.h"
#include "base/clock.h"
#include "base/config.h"
#include "base/json.h"
#include "cli/args.h"
#include "cli/noun.h"
#include "cli/output.h"
#include "cli/sim_checks.h"
#include "cli/sim_home.h"
#include "base/banned.h"

#define API "/sim/api/app"
#define PREFIX "app_"

static const struct output_column thing_columns[] = {
	{ "slug", "DEVICE", OUTPUT_TEXT },
	{ "name", "NAME", OUTPUT_TEXT },
	{ "is", "IS", OUTPUT_TEXT },
	{ NULL, NULL, OUTPUT_TEXT },
};

/* The app as the last answer has it. */
static int
show(struct cli *c, struct browser *b)
{
	struct json *rows = json_array(c->arena);
	const char *name = json_get_string(b->json, "app_name"), *id = json_get_string(b->json, "installed");

	if (c->json) {
		output_json(c, b->json);
		return CLI_DONE;
	}
	output_say(c, "app: %s, %s%s", name != NULL ? name : "not asked yet", id != NULL ? "installed as " : "not installed",
	    id != NULL ? id : "");
	for (const struct json *e = json_first(json_get(b->json, "subscriptions")); e != NULL; e = json_next(e))
		output_say(c, "subscribed: %s", json_string(e));
	for (const struct json *e = json_first(json_get(b->json, "schedules")); e != NULL; e = json_next(e))
		output_say(c, "timer: %s at %s", json_get_string(e, "name"), json_get_string(e, "next"));
	for (const struct json *t = json_first(json_get(b->json, "things")); t != NULL; t = json_next(t)) {
		struct json *row = json_append(c->arena, rows, json_copy(c->arena, t));
		json_set_string(c->arena, row, "is", sim_home_values(c->arena, json_get(t, "attributes"), "attribute"));
	}
	output_list(c, rows, thing_columns, "no devices");
	return CLI_DONE;
}

int
sim_app_show(struct cli *c, struct browser *b)
{
	return sim_home_ask(b, API, NULL) == CLI_DONE ? show(c, b) : CLI_REFUSED;
}

/* --- trigger --- */

bool
sim_app_is(const char *message)
{
	return strncmp(message, PREFIX, strlen(PREFIX)) == 0;
}

/* --set lights=porch-light is the field s.lights of the app's pages. */
static char *
add_settings(struct cli *c, struct browser *b, char *form)
{
	size_t n;
	const char **list = args_values(c, "set", &n);

	for (size_t i = 0; i < n; i++) {
		size_t len = strcspn(list[i], "=");
		if (list[i][len] == '=')
			form = browser_add(b, form, arena_printf(c->arena, "s.%.*s", (int)len, list[i]), list[i] + len + 1);
	}
	return form;
}

int
sim_app_trigger(struct cli *c, struct browser *b, const char *message)
{
	static const char *const fields[] = { "device", "capability", "attribute", "value", "type", "go" };
	char *form = browser_add(b, "", "action", message + strlen(PREFIX));

	for (size_t i = 0; i < sizeof(fields) / sizeof(fields[0]); i++)
		if (args_has(c, fields[i]))
			form = browser_add(b, form, fields[i], args_value(c, fields[i]));
	if (sim_home_ask(b, API, add_settings(c, b, form)) != CLI_DONE)
		return CLI_REFUSED;
	const char *error = json_get_string(b->json, "error");
	if (!json_get_bool(json_get(b->json, "last"), "ok", true))
		return output_refuse(c, output_command(c, "sim log"), "%s: %s", message, error != NULL ? error : "it went wrong");
	if (strcmp(message, "app_page") == 0 && json_get_bool(json_get(b->json, "page"), "stopped", false))
		return output_refuse(c, "name them by --set ID=VALUE", "%s: settings of page %s are missing, or not as they should be",
		    message, json_get_string(json_get(b->json, "page"), "id"));
	return show(c, b);
}

/* --- checks --- */

/* The same, step by step, that static/checks.js does on the page. */
static const struct step {
	const char	*form, *wanted;	/* wanted: a check to wait for; NULL = none */
	bool		 clock;		/* an hour on, and back after it */
} steps[] = {
	{ "action=confirm", "app_confirmed", false },
	{ "action=mistakes", NULL, false },
	{ "action=install", "app_subscribed", false },
	{ "action=event&device=porch-motion&attribute=motion&value=active", "app_command", false },
	{ "action=event&device=porch-motion&attribute=motion&value=inactive", "app_schedule", true },
	{ "action=expire", NULL, false },
	{ "action=event&device=porch-motion&attribute=motion&value=active", "app_refresh", false },
	{ "action=install", "app_resubscribed", false },
	{ "action=oauth", NULL, false },
	{ "action=uninstall", NULL, false },
};

static void
an_hour(struct cli *c, struct browser *b)
{
	const char *path = config_path(c->arena, c->config, "clock");
	int64_t before = clock_offset(), to;

	if (!clock_step("hour", &to) || !clock_move(path, to))
		return;
	sim_home_ask(b, "/sim/api/do", "action=due");
	sim_checks_wait(b, "app_timer");
	clock_move(path, before);
}

void
sim_app_checks(struct cli *c, struct browser *b)
{
	if (sim_home_ask(b, API, NULL) == CLI_DONE && json_get(b->json, "installed") != NULL)
		sim_home_ask(b, API, "action=uninstall");
	for (size_t i = 0; i < sizeof(steps) / sizeof(steps[0]); i++) {
		if (sim_home_ask(b, API, steps[i].form) != CLI_DONE)
			return;
		if (steps[i].wanted != NULL && !sim_checks_wait(b, steps[i].wanted))
			return;
		if (steps[i].clock)
			an_hour(c, b);
	}
}
