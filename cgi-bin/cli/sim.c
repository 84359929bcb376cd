/* sim.c: gatehouse sim ...: the simulator from a terminal.
 *
 * long because: one small function and one list of options a verb stand beside the table of verbs. */
#include <string.h>

#include "base/arena.h"
#include "base/clock.h"
#include "base/config.h"
#include "base/json.h"
#include "cli/args.h"
#include "cli/noun.h"
#include "cli/output.h"
#include "cli/sim_app.h"
#include "cli/sim_checks.h"
#include "cli/sim_home.h"
#include "base/banned.h"

/* Open the home, let fn work on it, close it. */
static enum cli_exit
with_home(struct cli *c, int (*fn)(struct cli *, struct browser *))
{
	struct browser b;
	int result = sim_home_open(c, &b);

	if (result != CLI_DONE)
		return result;
	result = fn(c, &b);
	browser_close(&b);
	return result;
}

/* --- what is shown --- */

static const struct output_column device_columns[] = {
	{ "id", "DEVICE", OUTPUT_TEXT },
	{ "name", "NAME", OUTPUT_TEXT },
	{ "room", "ROOM", OUTPUT_TEXT },
	{ "offline", "OFFLINE", OUTPUT_YES },
	{ "is", "IS", OUTPUT_TEXT },
	{ NULL, NULL, OUTPUT_TEXT },
};

/* The home as the last answer has it. */
static int
show_home(struct cli *c, struct browser *b)
{
	struct json *rows = json_array(c->arena);

	if (c->json) {
		output_json(c, b->json);
		return CLI_DONE;
	}
	for (const struct json *d = json_first(json_get(b->json, "devices")); d != NULL; d = json_next(d)) {
		struct json *row = json_append(c->arena, rows, json_copy(c->arena, d));
		json_set_string(c->arena, row, "is", sim_home_values(c->arena, json_get(d, "values"), "name"));
	}
	output_say(c, "link: %s", json_get_string(b->json, "link"));
	output_list(c, rows, device_columns, "no devices");
	return CLI_DONE;
}

static int
show_it(struct cli *c, struct browser *b)
{
	return sim_home_ask(b, "/sim/api/home", NULL) == CLI_DONE ? show_home(c, b) : CLI_REFUSED;
}

static enum cli_exit
show(struct cli *c)
{
	return with_home(c, show_it);
}

/* --- link, checks --- */

static int
link_it(struct cli *c, struct browser *b)
{
	size_t n;
	const char **ids = args_values(c, "device", &n);
	struct json *devices = n > 0 ? json_array(c->arena) : NULL;

	for (size_t i = 0; i < n; i++)
		json_append_string(c->arena, devices, ids[i]);
	if (sim_home_link(c, b, args_value(c, "user"), devices, args_has(c, "include-new")) != CLI_DONE)
		return CLI_REFUSED;
	return show_home(c, b);
}

static enum cli_exit
link_home(struct cli *c)
{
	return with_home(c, link_it);
}

static int
check_it(struct cli *c, struct browser *b)
{
	return sim_checks_run(c, b, args_value(c, "user"));
}

static enum cli_exit
checks(struct cli *c)
{
	return with_home(c, check_it);
}

/* --- trigger --- */

static int
trigger_it(struct cli *c, struct browser *b)
{
	static const char *const fields[] = { "device", "component", "capability", "command", "arguments", "way", "times" };
	char *form = browser_add(b, "", "action", c->words[0]);

	if (sim_app_is(c->words[0]))
		return sim_app_trigger(c, b, c->words[0]);

	for (size_t i = 0; i < sizeof(fields) / sizeof(fields[0]); i++)
		if (args_has(c, fields[i]))
			form = browser_add(b, form, fields[i], args_value(c, fields[i]));
	if (sim_home_ask(b, "/sim/api/do", form) != CLI_DONE)
		return CLI_REFUSED;
	const struct json *last = json_get(b->json, "last");
	const char *error = json_get_string(b->json, "error");
	bool ok = json_get_bool(last, "ok", true);
	if (!ok)
		return output_refuse(c, output_command(c, "sim log"), "%s: %s", c->words[0], error != NULL ? error : "it went wrong");
	return show_home(c, b);
}

static enum cli_exit
trigger(struct cli *c)
{
	return with_home(c, trigger_it);
}

static enum cli_exit
show_app(struct cli *c)
{
	return with_home(c, sim_app_show);
}

/* --- log, replay --- */

static const struct output_column wire_columns[] = {
	{ "seq", "ID", OUTPUT_TEXT },
	{ "at", "AT", OUTPUT_MS },
	{ "inbound", "TO US", OUTPUT_YES },
	{ "kind", "KIND", OUTPUT_TEXT },
	{ "status", "STATUS", OUTPUT_TEXT },
	{ "ms", "MS", OUTPUT_TEXT },
	{ "faulty", "NOT RIGHT", OUTPUT_YES },
	{ NULL, NULL, OUTPUT_TEXT },
};

static int
show_exchange(struct cli *c, struct browser *b)
{
	if (c->json) {
		output_json(c, b->json);
		return CLI_DONE;
	}
	output_say(c, "%s %s %s: %lld", json_get_string(b->json, "when"), json_get_string(b->json, "method"),
	    json_get_string(b->json, "path"), json_get_int(b->json, "status", 0));
	output_say(c, "%s\n\n%s", json_get_string(b->json, "request"), json_get_string(b->json, "answer"));
	for (const struct json *f = json_first(json_get(b->json, "faults")); f != NULL; f = json_next(f))
		output_say(c, "not right: %s", json_get_string(f, "error"));
	output_say(c, "\n%s", json_get_string(b->json, "curl"));
	return CLI_DONE;
}

static char *
exchange_path(struct cli *c, struct browser *b)
{
	return arena_printf(c->arena, "/sim/api/wire/%s", browser_add(b, "", "", c->words[0]) + 1);
}

static int
log_it(struct cli *c, struct browser *b)
{
	static const char *const filters[] = { "kind", "status" };
	char *query = arena_strdup(c->arena, "");

	if (c->words_count > 0)
		return sim_home_ask(b, exchange_path(c, b), NULL) == CLI_DONE ? show_exchange(c, b) : CLI_REFUSED;
	for (size_t i = 0; i < 2; i++)
		if (args_has(c, filters[i]))
			query = browser_add(b, query, filters[i], args_value(c, filters[i]));
	if (sim_home_ask(b, arena_printf(c->arena, "/sim/api/wire?%s", query), NULL) != CLI_DONE)
		return CLI_REFUSED;
	output_list(c, json_get(b->json, "wire"), wire_columns, "nothing on the wire");
	return CLI_DONE;
}

static enum cli_exit
log_wire(struct cli *c)
{
	return with_home(c, log_it);
}

static int
replay_it(struct cli *c, struct browser *b)
{
	const char *body = args_value(c, "body");

	if (sim_home_ask(b, exchange_path(c, b), body != NULL ? browser_add(b, "", "body", body) : "") != CLI_DONE)
		return CLI_REFUSED;
	return show_exchange(c, b);
}

static enum cli_exit
replay(struct cli *c)
{
	return with_home(c, replay_it);
}

/* --- the clock --- */

/* SmartThings renews its tokens by itself when they end, and tells apps of their timers; nothing to do, nothing to say. */
static int
catch_up(struct cli *c, struct browser *b)
{
	(void)c;
	browser_go(b, "/sim/api/do", "action=due");
	return CLI_DONE;
}

/* The operator's own: the page moves it only where no stranger can come. */
static enum cli_exit
move_clock(struct cli *c)
{
	int64_t to;

	if (!c->config->simulator)
		return output_refuse(c, "set \"simulator\": true in gatehouse.json and restart",
		    "only a demo instance has a clock that moves");
	if (!clock_step(c->words[0], &to))
		return args_wrong(c, "%s: it is hour, day, month or now", c->words[0]);
	if (!clock_move(config_path(c->arena, c->config, "clock"), to))
		return output_refuse(c, output_command(c, "sim clock now"), "the clock cannot be moved further");
	output_say(c, "the clock is %lld hours ahead", (long long)(to / 3600000));
	return with_home(c, catch_up);
}

/* --- the noun --- */

static const struct cli_option link_options[] = {
	{ "user", "U", CLI_MUST, "whose account; U presses Allow" },
	{ "device", "ID", CLI_MANY, "a device to allow; otherwise all" },
	{ "include-new", NULL, 0, "also devices that are added later" },
	{ NULL, NULL, 0, NULL },
};
static const struct cli_option trigger_options[] = {
	{ "device", "ID", 0, "of states, command and app_event" },
	{ "component", "NAME", 0, "of command; otherwise main" },
	{ "capability", "CAP", 0, "of command, such as st.switch; of app_event" },
	{ "command", "NAME", 0, "of command, such as on" },
	{ "arguments", "JSON", 0, "of command: an array, such as [75]" },
	{ "way", "W", 0, "of callbacks: ok, 401, 429, 500, slow, token_500, token_refused" },
	{ "set", "ID=VALUE", CLI_MANY, "of app_install and app_page: a setting" },
	{ "attribute", "NAME", 0, "of app_event, such as motion" },
	{ "value", "V", 0, "of app_event, such as active" },
	{ "type", "T", 0, "of app_event; otherwise DEVICE_EVENT" },
	{ "go", "WAY", 0, "of app_page: next, back, again, done or to.PAGE" },
	{ "times", "N", 0, "of callbacks: how often; otherwise until changed" },
	{ NULL, NULL, 0, NULL },
};
static const struct cli_option log_options[] = {
	{ "kind", "K", 0, "only this kind, such as stateCallback" },
	{ "status", "S", 0, "answered, refused, failed or faulty" },
	{ NULL, NULL, 0, NULL },
};
static const struct cli_option replay_options[] = {
	{ "body", "TEXT", 0, "another body; $ACCESS_TOKEN and the like stand for today's secrets" },
	{ NULL, NULL, 0, NULL },
};
static const struct cli_option checks_options[] = {
	{ "user", "U", CLI_MUST, "whose account is linked for it" },
	{ NULL, NULL, 0, NULL },
};

static const struct cli_verb verbs[] = {
	{ "link", "", "Link the operator's simulated home to an account, as SmartThings would.", link_options, CLI_STORE, link_home },
	{ "show", "", "Show the home as the phone has it: link, devices and their values.", NULL, CLI_CONFIG, show },
	{ "app", "", "Show the SmartApp of the home: its devices, subscriptions and timers.", NULL, CLI_CONFIG, show_app },
	{ "trigger", "MESSAGE", "Have SmartThings do something: discovery, states, command, grant, refresh, replay, expire,"
	    " bad_command, bad_argument, unknown_device, bad_token, result, callbacks, checks, unlink, due, forget; of the SmartApp:"
	    " app_confirm, app_install, app_begin, app_page, app_drop, app_event, app_oauth, app_expire, app_mistakes,"
	    " app_uninstall.", trigger_options,
	    CLI_CONFIG, trigger },
	{ "log", "[ID]", "List the messages on the wire, newest first; or show one whole.", log_options, CLI_CONFIG, log_wire },
	{ "replay", "ID", "Send a message again.", replay_options, CLI_CONFIG, replay },
	{ "clock", "STEP", "Move the instance's clock: hour, day, month; now brings it back.", NULL, CLI_CONFIG, move_clock },
	{ "checks", "", "Do all that certification asks for, both sides of it, and show what is green.", checks_options, CLI_STORE,
	    checks },
	{ NULL, NULL, NULL, NULL, 0, NULL },
};

const struct cli_noun cli_sim = {
	"sim", "The simulator: SmartThings, played against this instance.",
	"gatehouse sim link --user demo\n"
	"gatehouse sim trigger command --device kitchen-dimmer --capability st.switchLevel --command setLevel --arguments [75]\n"
	"gatehouse sim log --kind stateCallback\n"
	"gatehouse sim trigger app_install --set sensors=porch-motion --set lights=porch-light --set minutes=5\n"
	"gatehouse sim trigger app_event --device porch-motion --value active\n"
	"gatehouse sim checks --user demo\n",
	verbs, false,
};
