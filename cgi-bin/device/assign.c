/* assign.c: what the owner types is put into a device's state: "outlet2/st.switch.switch=on". */
#include <string.h>

#include "base/arena.h"
#include "base/clock.h"
#include "base/json.h"
#include "base/text.h"
#include "db/record.h"
#include "device/catalogue.h"
#include "device/change.h"
#include "device/device.h"
#include "device/state.h"
#include "device/value.h"
#include "base/banned.h"

/* What a name such as "outlet2/st.switch.switch" leads to. */
struct target {
	const char		*component;
	const struct capability	*capability;
	const struct attribute	*attribute;
	const struct json	*was;	/* the slot that was replaced; NULL = there was none */
};

/* False if it leads nowhere; *why then says so. */
static bool
find_target(struct arena *a, const struct catalogue *c, const struct device *d, const char *name, struct target *t,
    const char **why)
{
	const char *said = arena_strndup(a, name, (size_t)text_cut(name, 100));
	const char *slash = strchr(name, '/'), *rest = slash != NULL ? slash + 1 : name, *dot = strrchr(rest, '.');

	*t = (struct target){ .component = slash != NULL ? arena_strndup(a, name, (size_t)(slash - name)) : "main" };
	if (dot == NULL || dot == rest || dot[1] == '\0') {
		*why = arena_printf(a, "%s: say which attribute: CAPABILITY.ATTRIBUTE=VALUE", said);
		return false;
	}
	t->capability = catalogue_capability(c, arena_strndup(a, rest, (size_t)(dot - rest)));
	if (t->capability == NULL || !device_has(d, t->component, t->capability->id)) {
		*why = arena_printf(a, "%s: the device has no such capability in this component", said);
		return false;
	}
	t->attribute = device_type_attribute(catalogue_type(c, d->type), t->capability, dot + 1);
	if (t->attribute == NULL)
		*why = arena_printf(a, "%s: %s has no such attribute", said, t->capability->id);
	else if (strcmp(t->capability->id, DEVICE_HEALTH) == 0 && strcmp(t->attribute->name, "healthStatus") == 0)
		*why = arena_printf(a, "%s: the device itself goes offline and online", said);
	else
		return true;
	return false;
}

static bool
put(struct arena *a, struct json *state, struct target *t, const struct json *value, const char *unit, int64_t ms)
{
	return state_put(a, state, &(struct state_value){ .component = t->component, .capability = t->capability->id,
	    .attribute = t->attribute->name, .value = value_kept(a, &t->attribute->type, value), .unit = unit,
	    .time = ms }, t->attribute->event, &t->was);
}

/* Assign one text; *news says whether that changed anything. */
static const char *
assign(struct arena *a, const struct catalogue *c, const struct device *d, struct json *state, const char *text,
    int64_t ms, struct target *t, bool *news)
{
	size_t len = strcspn(text, "=");
	const char *name = arena_strndup(a, text, len), *unit, *why;
	struct json *value;

	*news = false;
	if (text[len] == '\0')
		return arena_printf(a, "%.*s: no value: CAPABILITY.ATTRIBUTE=VALUE", text_cut(name, 100), name);
	if (!find_target(a, c, d, name, t, &why))
		return why;
	if ((why = value_parse(a, t->attribute, text + len + 1, &value, &unit)) != NULL)
		return arena_printf(a, "%.*s %s", text_cut(name, 100), name, why);
	*news = put(a, state, t, value, unit, ms);
	return NULL;
}

const char *
state_assign(struct arena *a, const struct catalogue *c, const struct device *d, struct json *state, const char *text,
    int64_t ms)
{
	struct target t;
	bool news;

	return assign(a, c, d, state, text, ms, &t, &news);
}

const char *
state_assign_json(struct arena *a, const struct catalogue *c, const struct device *d, struct json *state,
    const char *name, const struct json *value, int64_t ms)
{
	struct target t;
	const char *why;

	if (!find_target(a, c, d, name, &t, &why))
		return why;
	if ((why = value_fault(a, &t.attribute->type, value)) == NULL)
		put(a, state, &t, value, NULL, ms);
	else if (json_string(value) != NULL)
		return state_assign(a, c, d, state, arena_printf(a, "%s=%s", name, json_string(value)), ms);
	return why != NULL ? arena_printf(a, "%.*s %s", text_cut(name, 100), name, why) : NULL;
}

/* --- on a stored device --- */

struct set_job {
	struct arena		*arena;
	const struct catalogue	*catalogue;
	const char		*user, *id;
	const char		*const *texts;
	size_t			 n;
	const char		*why;
	struct json		*changed;
};

static enum store_result
assign_all(struct set_job *job, const struct device *d, struct json *state)
{
	struct arena *a = job->arena;
	int64_t now = clock_ms();

	for (size_t i = 0; i < job->n; i++) {
		struct target t;
		struct state_value v;
		bool news;
		job->why = assign(a, job->catalogue, d, state, job->texts[i], now, &t, &news);
		if (job->why != NULL)
			return STORE_LIMIT;
		if (news && state_find(a, job->catalogue, d, state, t.component, t.capability->id, t.attribute->name, &v))
			json_append(a, job->changed, state_show_change(a, &v, t.was));
	}
	return STORE_OK;
}

bool
state_is_settable(const struct device *d)
{
	return d->source == NULL || strcmp(d->source, SOURCE_LINK) != 0;
}

static enum store_result
set_fn(struct store_tx *tx, void *arg)
{
	struct set_job *job = arg;
	struct device d;
	struct json *state;
	enum store_result r = device_tx_find(tx, job->user, job->id, &d);

	job->changed = json_array(job->arena);
	job->why = NULL;
	if (r == STORE_OK && !state_is_settable(&d)) {
		job->why = "another maker's cloud says how this device is: send it a command instead";
		return STORE_LIMIT;
	}
	if (r == STORE_OK)
		r = record_tx_get(tx, state_key(job->arena, job->user, job->id), &state);
	if (r == STORE_OK)
		r = assign_all(job, &d, state);
	if (r != STORE_OK || json_first(job->changed) == NULL)
		return r;
	return state_tx_change(tx, job->catalogue, state, (struct change){ .kind = CHANGE_STATE, .user = job->user, .device = job->id,
	    .states = job->changed });
}

enum store_result
state_set(struct store *s, struct arena *a, const struct catalogue *c, const char *user, const char *id,
    const char *const *texts, size_t n, const char **why, struct json **changed)
{
	struct set_job job = { a, c, user, id, texts, n, NULL, NULL };
	enum store_result r = store_run(s, a, set_fn, &job);

	if (r == STORE_LIMIT && job.why == NULL)
		job.why = "all that together is more than one device can hold";
	*why = job.why;
	if (changed != NULL)
		*changed = job.changed;
	return r;
}
