/* act.c: one function an action; each tells whether it went as it should. */
#include "sim/act.h"

#include <string.h>

#include "app.h"
#include "base/arena.h"
#include "base/clock.h"
#include "base/config.h"
#include "base/json.h"
#include "base/text.h"
#include "sim/app_act.h"
#include "sim/callback.h"
#include "sim/cloud.h"
#include "sim/control.h"
#include "sim/devices.h"
#include "sim/run.h"
#include "sim/sim.h"
#include "sim/tokens.h"
#include "sim/view.h"
#include "web/request.h"
#include "base/banned.h"

/* What is missing of a request; NULL: it could be carried out, and *ok says whether it went well. */
typedef const char *(*action_fn)(struct sim *, bool *ok);

static const char *
discovery(struct sim *s, bool *ok)
{
	*ok = cloud_discover(s);
	return NULL;
}

static const char *
states(struct sim *s, bool *ok)
{
	*ok = cloud_states(s, request_form(s->rq, "device"));
	return NULL;
}

static const char *
command(struct sim *s, bool *ok)
{
	const char *why, *device = request_form(s->rq, "device");
	struct json *c = control_read(s, &why);

	if (device == NULL)
		return "Name a device.";
	if (c == NULL)
		return why;
	*ok = cloud_command(s, device, c);
	return NULL;
}

static const char *
grant(struct sim *s, bool *ok)
{
	*ok = tokens_ready(s) && cloud_grant(s);
	return NULL;
}

static const char *
refresh(struct sim *s, bool *ok)
{
	*ok = tokens_renew(s, false);
	return NULL;
}

static const char *
replay(struct sim *s, bool *ok)
{
	*ok = run_replay(s);
	return NULL;
}

static const char *
expire(struct sim *s, bool *ok)
{
	if (!view_clock_free(s))
		return "The clock can be moved from the command line only: gatehouse sim clock day.";
	*ok = run_expire(s);
	return NULL;
}

static const char *
result(struct sim *s, bool *ok)
{
	*ok = run_result(s);
	return NULL;
}

/* bad_command, bad_argument, unknown_device, bad_token */
static const char *
mistake(struct sim *s, bool *ok)
{
	*ok = run_mistake(s, request_form(s->rq, "action"));
	return NULL;
}

static const char *
unlink_home(struct sim *s, bool *ok)
{
	*ok = cloud_unlink(s);
	return NULL;
}

static const char *
forget(struct sim *s, bool *ok)
{
	*ok = home_forget(&s->home) == STORE_OK;
	return NULL;
}

static void
clear_checks(struct home *h, struct json *record, struct json *devices, void *arg)
{
	static const char *const kept[] = { "oauth", "token" };	/* of the link that there is */
	const struct json *old = json_get(record, "checks");
	struct json *checks = json_object(h->arena);

	(void)devices;
	(void)arg;
	for (size_t i = 0; home_is_linked(h) && i < sizeof(kept) / sizeof(kept[0]); i++)
		if (json_get(old, kept[i]) != NULL)
			json_set(h->arena, checks, kept[i], json_copy(h->arena, json_get(old, kept[i])));
	json_set(h->arena, record, "checks", checks);
}

/* What was seen before counts no more. */
static const char *
untick(struct sim *s, bool *ok)
{
	*ok = home_change(&s->home, clear_checks, NULL) == STORE_OK;
	return NULL;
}

/* --- callbacks --- */

struct way {
	const char	*way;
	long long	 times;
};

static void
set_way(struct home *h, struct json *record, struct json *devices, void *arg)
{
	const struct way *w = arg;

	(void)devices;
	json_set_string(h->arena, record, "callbacks", w->way);
	json_set_int(h->arena, record, "callbacks_left", w->times);
}

static const char *
callbacks(struct sim *s, bool *ok)
{
	const char *wanted = request_form(s->rq, "way"), *times = request_form(s->rq, "times");
	struct way w = { NULL, -1 };

	for (size_t i = 0; wanted != NULL && callback_ways[i].name != NULL; i++)
		if (strcmp(callback_ways[i].name, wanted) == 0)
			w.way = wanted;
	if (w.way == NULL || (times != NULL && !text_to_int(times, -1, 1000, &w.times)))
		return "Name a way to answer and how often.";
	*ok = home_change(&s->home, set_way, &w) == STORE_OK;
	return NULL;
}

/* --- time --- */

/* What SmartThings does by itself when time has passed: tokens that have ended are renewed, apps are told what is due. */
static const char *
due(struct sim *s, bool *ok)
{
	*ok = !tokens_are_due(&s->home) || tokens_ready(s);
	*ok = app_act_deliver(s) && *ok;
	return NULL;
}

static const char *
move_clock(struct sim *s, bool *ok)
{
	const char *by = request_form(s->rq, "by");
	int64_t to;

	if (!view_clock_free(s))
		return "The clock can be moved from the command line only: gatehouse sim clock day.";
	if (by == NULL || !clock_step(by, &to))
		return "Move the clock by an hour, a day, a month, or back to now.";
	*ok = clock_move(config_path(s->arena, s->app->config, "clock"), to);
	if (*ok)
		due(s, ok);
	/* SmartThings asks every day, and the day may be over. */
	if (*ok && home_is_linked(&s->home))
		*ok = cloud_discover(s) && cloud_states(s, NULL);
	return NULL;
}

/* --- the table --- */

static const struct action {
	const char	*name, *text;	/* text: what is said when it is done */
	action_fn	 fn;
	bool		 unlinked;	/* can be done without a link */
} actions[] = {
	{ "discovery", "sim_did_discovery", discovery, false },
	{ "states", "sim_did_states", states, false },
	{ "command", "sim_did_command", command, false },
	{ "grant", "sim_did_grant", grant, false },
	{ "refresh", "sim_did_refresh", refresh, false },
	{ "replay", "sim_did_replay", replay, false },
	{ "expire", "sim_did_expire", expire, false },
	{ "bad_command", "sim_did_mistake", mistake, false },
	{ "bad_argument", "sim_did_mistake", mistake, false },
	{ "unknown_device", "sim_did_mistake", mistake, false },
	{ "bad_token", "sim_did_mistake", mistake, false },
	{ "result", "sim_did_result", result, false },
	{ "callbacks", "sim_did_callbacks", callbacks, true },
	{ "checks", "sim_did_checks", run_all, false },
	{ "untick", "sim_did_untick", untick, true },
	{ "unlink", "sim_did_unlink", unlink_home, false },
	{ "clock", "sim_did_clock", move_clock, true },
	{ "due", "sim_did_due", due, true },
	{ "forget", NULL, forget, true },
};

struct done {
	const char	*text;
	bool		 ok;
};

static void
note(struct home *h, struct json *record, struct json *devices, void *arg)
{
	const struct done *d = arg;
	struct json *last = json_object(h->arena);

	(void)devices;
	json_set_string(h->arena, last, "text", d->text);
	json_set_bool(h->arena, last, "ok", d->ok);
	json_set_int(h->arena, last, "at", clock_ms());
	json_set(h->arena, record, "last", d->text != NULL ? last : NULL);
}

bool
act_note(struct sim *s, const char *text, bool ok)
{
	struct done d = { text, ok };

	return home_change(&s->home, note, &d) == STORE_OK;
}

static void
carry_out(struct sim *s, const struct action *action)
{
	bool ok = false;
	const char *missing = action->fn(s, &ok), *back = request_form(s->rq, "back");

	if (missing != NULL) {
		sim_error(s, 400, "error_400", missing);
		return;
	}
	if (s->home.record != NULL && action->text != NULL && !act_note(s, action->text, ok)) {
		sim_unavailable(s);
		return;
	}
	sim_done(s, back != NULL && strcmp(back, "checks") == 0 ? "/sim/checks" :
	    back != NULL && strcmp(back, "app") == 0 ? "/sim/app" : "/sim");
}

void
act_do(struct app *app, const struct request *rq, struct response *rs)
{
	const char *name = request_form(rq, "action");
	struct sim s;

	if (!sim_open(&s, app, rq, rs))
		return;
	const struct action *found = NULL;
	for (size_t i = 0; name != NULL && i < sizeof(actions) / sizeof(actions[0]); i++)
		if (strcmp(actions[i].name, name) == 0)
			found = &actions[i];
	if (found == NULL)
		sim_error(&s, 400, "error_400", "There is no such action.");
	else if (s.home.record == NULL && strcmp(found->name, "clock") != 0)
		sim_error(&s, 409, "sim_error_unlinked", "This home is not linked.");
	else if (!found->unlinked && !home_is_linked(&s.home))
		sim_error(&s, 409, "sim_error_unlinked", "This home is not linked.");
	else
		carry_out(&s, found);
	sim_close(&s);
}
