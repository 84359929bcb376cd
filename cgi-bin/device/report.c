/* report.c: what a source heard of a device is put into its state, and told. */
#include <string.h>

#include "base/arena.h"
#include "base/clock.h"
#include "base/json.h"
#include "db/record.h"
#include "device/change.h"
#include "device/device.h"
#include "device/state.h"
#include "base/banned.h"

struct telling {
	struct arena		*arena;
	const struct json	*before;
	struct json		*news;	/* array of state_show */
};

/* Each value that was not there before, or was another. */
static void
tell(void *arg, const struct state_value *v)
{
	struct telling *t = arg;
	const struct json *old = state_slot(t->before, v->component, v->capability, v->attribute);

	if (old != NULL && json_get_int(old, "time", 0) == v->time && json_equal(json_get(old, "value"), v->value))
		return;
	if (strcmp(v->capability, DEVICE_HEALTH) == 0 && old == NULL)	/* it stands in no slot: whoever turns it tells it */
		return;
	json_append(t->arena, t->news, state_show(t->arena, v));
}

static enum store_result
turn(struct store_tx *tx, struct arena *a, const char *user, const char *id, struct json *state, bool online)
{
	struct state_value v = { .component = "main", .capability = DEVICE_HEALTH, .attribute = "healthStatus",
	    .value = json_new_string(a, online ? "online" : "offline"), .time = clock_ms() };
	struct json *states = json_array(a);

	json_set_bool(a, state, "online", online);
	json_set_int(a, state, "since", v.time);
	json_append(a, states, state_show(a, &v));
	return state_tx_change(tx, NULL, state, (struct change){ .kind = CHANGE_ONLINE, .user = user, .device = id, .states = states });
}

enum store_result
state_tx_report(struct store_tx *tx, const struct catalogue *c, const char *user, const char *id,
    const struct state_report *report, const char **why)
{
	struct arena *a = store_tx_arena(tx);
	struct telling t = { .arena = a, .news = json_array(a) };
	const char *fault, *first = NULL;
	struct device d;
	struct json *state;
	enum store_result r = device_tx_find(tx, user, id, &d);

	if (r == STORE_OK)
		r = record_tx_get(tx, state_key(a, user, id), &state);
	if (r != STORE_OK)
		return r;
	t.before = json_copy(a, state);
	for (const struct json *v = json_first(report->values); v != NULL; v = json_next(v))
		if ((fault = state_assign_json(a, c, &d, state, json_name(v), v, clock_ms())) != NULL && first == NULL)
			first = fault;
	if (why != NULL)
		*why = first;
	if (state_online(t.before) != report->online && (r = turn(tx, a, user, id, state, report->online)) != STORE_OK)
		return r;
	state_each(a, c, &d, state, tell, &t);
	if (json_first(t.news) == NULL)
		return STORE_OK;
	return state_tx_change(tx, c, state, (struct change){ .kind = CHANGE_STATE, .user = user, .device = id, .states = t.news });
}
