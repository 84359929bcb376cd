/* history.c: from a device's newest change to the one before, and so on. */
#include "device/history.h"

#include "base/arena.h"
#include "base/json.h"
#include "device/change.h"
#include "device/state.h"
#include "base/banned.h"

struct walk {
	struct arena		*arena;
	const struct history_range *range;
	struct history		*history;
	struct state_value	*values;
	size_t			 size;
	bool			 past;	/* what comes now is older than the range */
};

static void
add(struct walk *w, const struct state_value *v)
{
	struct history *h = w->history;

	if (w->range->max > 0 && h->n == w->range->max) {
		h->more = true;
		return;
	}
	if (h->n == w->size) {
		struct state_value *wider = arena_alloc(w->arena, (w->size = 2 * w->size + 32) * sizeof(*wider));
		for (size_t i = 0; i < h->n; i++)
			wider[i] = w->values[i];
		w->values = wider;
	}
	w->values[h->n++] = *v;
}

/* One change's values, the last first: of two about one attribute the later one is newer. */
static void
take(struct walk *w, const struct json *states)
{
	for (size_t i = json_count(states); i > 0 && !w->history->more; i--) {
		const struct json *s = json_at(states, i - 1);
		struct state_value v = { .component = json_get_string(s, "component"),
		    .capability = json_get_string(s, "capability"), .attribute = json_get_string(s, "attribute"),
		    .value = json_get(s, "value"), .unit = json_get_string(s, "unit"), .data = json_get(s, "data"),
		    .time = json_get_int(s, "timestamp", 0), .was = json_get(s, "was") };
		w->past = w->past || v.time < w->range->since;
		if (v.component != NULL && v.capability != NULL && v.attribute != NULL && v.time >= w->range->since &&
		    (w->range->until == 0 || v.time < w->range->until))
			add(w, &v);
	}
}

enum store_result
history_read(struct store *store, struct arena *a, const struct history_range *range, struct history *h)
{
	struct walk w = { .arena = a, .range = range, .history = h };
	const struct json *state;
	struct change c;
	size_t steps = 0;

	*h = (struct history){ 0 };
	enum store_result r = state_get(store, a, range->user, range->device, &state);
	long long seq = json_get_int(state, "changed", 0);
	for (; r == STORE_OK && seq > 0 && !w.past && !h->more && steps < HISTORY_STEPS; steps++) {
		r = change_find(store, a, range->user, seq, &c);
		if (r == STORE_ABSENT) {	/* older than a day: here the trace ends */
			seq = 0;
			r = STORE_OK;
		} else if (r == STORE_OK) {
			take(&w, c.states);
			seq = c.previous < seq ? c.previous : 0;
		}
	}
	h->more = h->more || (steps == HISTORY_STEPS && seq > 0 && !w.past);
	h->values = w.values;
	return r;
}
