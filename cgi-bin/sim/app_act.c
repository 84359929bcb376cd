/* app_act.c: one function an action, and a table of them. */
#include "sim/app_act.h"

#include <string.h>

#include "app.h"
#include "base/arena.h"
#include "base/config.h"
#include "base/json.h"
#include "sim/act.h"
#include "sim/app_back.h"
#include "sim/app_event.h"
#include "sim/app_view.h"
#include "sim/install.h"
#include "sim/pages.h"
#include "sim/phase.h"
#include "sim/sim.h"
#include "sim/thing.h"
#include "sim/wizard.h"
#include "web/request.h"
#include "web/response.h"
#include "base/banned.h"

#define ROUNDS 3	/* what the app's answer to an event causes may be told at once */

/* What is missing of a request; NULL: it could be carried out, and *ok says whether it went well. */
typedef const char *(*app_action_fn)(struct sim *, bool *ok, const char **text);

/* --- telling --- */

static void
take_pending(struct home *h, struct json *record, struct json *devices, void *arg)
{
	struct json *app = install_edit(h->arena, record);
	const struct json **events = arg;

	(void)devices;
	install_wake(h->arena, app);
	const struct json *pending = json_get(app, "pending");
	*events = pending != NULL ? json_copy(h->arena, pending) : NULL;
	json_set(h->arena, app, "pending", NULL);
}

bool
app_act_deliver(struct sim *s)
{
	const struct json *events = NULL;
	bool ok = true;

	for (int i = 0; i < ROUNDS && ok && install_is_due(install_of(&s->home)); i++) {
		ok = home_change(&s->home, take_pending, &events) == STORE_OK;
		if (ok && json_first(events) != NULL)
			ok = phase_events(s, events);
	}
	return ok;
}

/* --- the actions --- */

static const char *
confirm(struct sim *s, bool *ok, const char **text)
{
	(void)text;
	*ok = phase_confirmation(s);
	return NULL;
}

static const char *
begin(struct sim *s, bool *ok, const char **text)
{
	(void)text;
	*ok = wizard_begin(s);
	return NULL;
}

static const char *
page(struct sim *s, bool *ok, const char **text)
{
	const char *why = wizard_go(s, ok);

	if (why == NULL && !*ok && json_first(json_get(install_draft(&s->home), "missing")) != NULL)
		*text = NULL;	/* the page itself says what is missing */
	else if (install_id(install_of(&s->home)) != NULL && wizard_show(s) == NULL)
		*text = "sim_did_install";
	return why;
}

static const char *
install(struct sim *s, bool *ok, const char **text)
{
	const char *why;

	(void)text;
	*ok = wizard_fill(s, &why);
	return why != NULL ? arena_printf(s->arena, "Nothing of the simulator's fits the setting %s: name it.", why) : NULL;
}

static const char *
drop(struct sim *s, bool *ok, const char **text)
{
	(void)text;
	*ok = wizard_drop(s);
	return NULL;
}

struct happening {
	const struct thing *thing;
	const struct thing_attribute *attribute;
	struct json	*value;
	struct json	*event;		/* of another type */
	size_t		 told;
};

static void
happen(struct home *h, struct json *record, struct json *devices, void *arg)
{
	struct happening *it = arg;
	struct json *app = install_edit(h->arena, record);

	(void)devices;
	if (it->event != NULL)
		install_pend(h->arena, app, json_copy(h->arena, it->event));
	else
		it->told = install_happens(h->arena, app, it->thing, it->attribute, json_copy(h->arena, it->value));
}

/* What a form says of an event; NULL if it can be made. */
static const char *
read_event(struct sim *s, struct happening *it)
{
	const char *type = request_form(s->rq, "type"), *device = request_form(s->rq, "device"), *value = request_form(s->rq, "value");

	if (type != NULL && strcmp(type, "DEVICE_EVENT") != 0) {
		it->event = app_event_make(s->arena, install_of(&s->home), type, value, device);
		return it->event != NULL ? NULL : "There is no such type of event.";
	}
	it->thing = thing_find(device);
	if (it->thing == NULL)
		return "Name a device of the simulator.";
	it->attribute = thing_attribute(it->thing, request_form(s->rq, "capability"), request_form(s->rq, "attribute"));
	if (it->attribute == NULL)
		return "This device has no such attribute.";
	it->value = value != NULL ? thing_read(s->arena, it->attribute, value) : NULL;
	return it->value != NULL ? NULL : "This attribute has no such value.";
}

static const char *
event(struct sim *s, bool *ok, const char **text)
{
	struct happening it = { .told = 1 };
	const char *why = read_event(s, &it);

	if (why != NULL)
		return why;
	*ok = home_change(&s->home, happen, &it) == STORE_OK && app_act_deliver(s);
	if (it.told == 0)
		*text = "sim_did_nobody";
	return NULL;
}

static const char *
mistakes(struct sim *s, bool *ok, const char **text)
{
	(void)text;
	*ok = phase_mistakes(s);
	return NULL;
}

static const char *
oauth(struct sim *s, bool *ok, const char **text)
{
	(void)text;
	*ok = app_back_made_up(s);
	return NULL;
}

static void
end_tokens(struct home *h, struct json *record, struct json *devices, void *arg)
{
	struct json *app = install_edit(h->arena, record);

	(void)devices;
	(void)arg;
	json_set_int(h->arena, app, "access_until", 0);
	json_set(h->arena, app, "tokens", NULL);
}

static const char *
expire(struct sim *s, bool *ok, const char **text)
{
	(void)text;
	*ok = home_change(&s->home, end_tokens, NULL) == STORE_OK;
	return NULL;
}

static const char *
uninstall(struct sim *s, bool *ok, const char **text)
{
	(void)text;
	*ok = phase_uninstall(s);
	return NULL;
}

static const struct app_action {
	const char	*name, *text;
	app_action_fn	 fn;
	bool		 installed;	/* needs an installed app */
} actions[] = {
	{ "confirm", "sim_did_confirm", confirm, false },
	{ "begin", "sim_did_page", begin, false },
	{ "page", "sim_did_page", page, false },
	{ "install", "sim_did_install", install, false },
	{ "drop", "sim_did_drop", drop, false },
	{ "event", "sim_did_event", event, true },
	{ "mistakes", "sim_did_mistakes", mistakes, false },
	{ "oauth", "sim_did_oauth", oauth, true },
	{ "expire", "sim_did_app_expire", expire, true },
	{ "uninstall", "sim_did_uninstall", uninstall, true },
};

static void
carry_out(struct sim *s, const struct app_action *action)
{
	const char *text = action->text;
	bool ok = false;
	const char *missing = action->fn(s, &ok, &text);

	if (missing != NULL)
		sim_error(s, 400, "error_400", missing);
	else if (!act_note(s, text, ok))
		sim_unavailable(s);
	else if (s->api)
		response_json(s->rs, 200, app_view(s));
	else
		sim_done(s, "/sim/app");
}

static void
press(struct sim *s)
{
	const char *name = request_form(s->rq, "action");
	const struct app_action *found = NULL;
	enum store_result r;

	for (size_t i = 0; name != NULL && i < sizeof(actions) / sizeof(actions[0]); i++)
		if (strcmp(actions[i].name, name) == 0)
			found = &actions[i];
	if (found == NULL)
		sim_error(s, 400, "error_400", "There is no such action.");
	else if (!install_configured(s->app->config))
		sim_error(s, 409, "sim_error_no_app", "There is no SmartApp on this server: set smartapp.definition.");
	else if (found->installed && install_id(install_of(&s->home)) == NULL)
		sim_error(s, 409, "sim_error_not_installed", "No SmartApp is installed in this home.");
	else if ((r = home_make(&s->home)) == STORE_LIMIT)
		sim_error(s, 429, "sim_error_full", "There are too many simulated homes; try again in an hour.");
	else if (r != STORE_OK)
		sim_unavailable(s);
	else
		carry_out(s, found);
}

void
app_act_page(struct app *app, const struct request *rq, struct response *rs)
{
	struct sim s;

	if (!sim_open(&s, app, rq, rs))
		return;
	if (strcmp(rq->method, "POST") == 0)
		press(&s);
	else if (!pages_is_old(&s))
		sim_page(&s, "sim-app", app_view(&s));
	sim_close(&s);
}
