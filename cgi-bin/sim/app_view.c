/* app_view.c: from the record's part "app" to what is shown. */
#include "sim/app_view.h"

#include <string.h>

#include "app.h"
#include "base/arena.h"
#include "base/config.h"
#include "base/json.h"
#include "sim/app_event.h"
#include "sim/install.h"
#include "sim/sim.h"
#include "sim/thing.h"
#include "sim/view.h"
#include "sim/wizard.h"
#include "base/banned.h"

static const char *
or_star(const struct json *v, const char *name)
{
	const char *s = json_get_string(v, name);

	return s != NULL ? s : "*";
}

/* "Porch motion: motionSensor.motion *" */
static char *
subscription_text(struct arena *a, const struct json *s)
{
	const char *source = json_get_string(s, "sourceType");
	const struct json *it = json_get(s, "device") != NULL ? json_get(s, "device") : json_get(s, "capability");
	const struct thing *t = thing_find(json_get_string(it, "deviceId"));

	if (it == NULL)
		return arena_strdup(a, source);
	const char *value = json_string(json_get(it, "value"));
	return arena_printf(a, "%s: %s.%s %s", t != NULL ? t->name : source, or_star(it, "capability"), or_star(it, "attribute"),
	    value != NULL ? value : json_get(it, "value") != NULL ? json_print(a, json_get(it, "value")) : "*");
}

static struct json *
view_subscriptions(struct arena *a, const struct json *app)
{
	struct json *list = json_array(a);

	for (const struct json *s = json_first(json_get(app, "subscriptions")); s != NULL; s = json_next(s))
		json_append_string(a, list, subscription_text(a, s));
	return list;
}

static struct json *
view_schedules(struct arena *a, const struct json *app)
{
	struct json *list = json_array(a);

	for (const struct json *s = json_first(json_get(app, "schedules")); s != NULL; s = json_next(s)) {
		struct json *v = json_append(a, list, json_object(a));
		json_set_string(a, v, "name", json_get_string(s, "name"));
		json_set_string(a, v, "cron", json_get_string(json_get(s, "cron"), "expression"));
		json_set_string(a, v, "next", sim_moment(a, json_get_int(s, "next", 0)));
	}
	return list;
}

/* --- things --- */

static void
view_attribute(struct arena *a, struct json *v, const struct json *states, const struct thing *t, const struct thing_attribute *at)
{
	const struct json *now = thing_value(a, states, t, at);
	const char *text = json_string(now);

	json_set_string(a, v, "capability", at->capability);
	json_set_string(a, v, "attribute", at->attribute);
	json_set_string(a, v, "value", text != NULL ? text : json_print(a, now));
	json_set_string(a, v, "unit", at->unit);
	if (at->values == NULL) {
		json_set_bool(a, v, "number", true);
		return;
	}
	struct json *words = json_set(a, v, "words", json_array(a));
	for (const char *w = at->values; *w != '\0';) {
		size_t n = strcspn(w, " ");
		char *word = arena_strndup(a, w, n);
		struct json *one = json_append(a, words, json_object(a));
		json_set_string(a, one, "word", word);
		json_set_bool(a, one, "now", text != NULL && strcmp(text, word) == 0);
		w += n + (w[n] == ' ');
	}
}

static struct json *
view_things(struct arena *a, const struct json *app)
{
	struct json *list = json_array(a);

	for (const struct thing *t = thing_table; t->id != NULL; t++) {
		struct json *v = json_append(a, list, json_object(a)), *attributes = json_array(a);
		json_set_string(a, v, "id", t->id);
		json_set_string(a, v, "slug", t->slug);
		json_set_string(a, v, "name", t->name);
		json_set_string(a, v, "room", t->room);
		json_set(a, v, "attributes", attributes);
		for (const struct thing_attribute *at = thing_attributes; at->thing != NULL; at++)
			if (strcmp(at->thing, t->slug) == 0)
				view_attribute(a, json_append(a, attributes, json_object(a)), json_get(app, "states"), t, at);
	}
	return list;
}

static struct json *
view_types(struct arena *a)
{
	struct json *list = json_array(a);

	for (const struct app_event_type *t = app_event_types; t->name != NULL; t++)
		json_append_string(a, list, t->name);
	return list;
}

struct json *
app_view(struct sim *s)
{
	struct arena *a = s->arena;
	const struct config *c = s->app->config;
	const struct json *app = install_of(&s->home);
	struct json *v = view_home(s), *page = wizard_show(s);

	json_set_bool(a, v, "configured", install_configured(c));
	json_set_bool(a, v, "reachable", install_reachable(c));
	json_set_string(a, v, "smartthings", install_base(a, c));
	json_set_string(a, v, "app_name", json_get_string(app, "name"));
	json_set_string(a, v, "app_description", json_get_string(app, "description"));
	json_set_bool(a, v, "confirmed", json_get(app, "confirmed") != NULL);
	json_set_string(a, v, "installed", install_id(app));
	if (page != NULL)
		json_set(a, v, "page", page);
	json_set(a, v, "subscriptions", view_subscriptions(a, app));
	json_set(a, v, "schedules", view_schedules(a, app));
	json_set(a, v, "things", view_things(a, app));
	json_set(a, v, "types", view_types(a));
	json_set_bool(a, v, "due", install_is_due(app));
	return v;
}
