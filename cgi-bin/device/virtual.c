/* virtual.c: devices that are only a record: a command does what the catalogue says, in one transaction. */
#include <string.h>

#include "base/arena.h"
#include "base/clock.h"
#include "base/json.h"
#include "db/record.h"
#include "device/catalogue.h"
#include "device/change.h"
#include "device/device.h"
#include "device/effect.h"
#include "device/source.h"
#include "device/state.h"
#include "base/banned.h"

#define ONCE_KEPT 60	/* seconds in which a repeated message is known */

/* What stays the same over the commands of one transaction. */
struct work {
	struct source_job	*job;
	const struct device	*device;
	const struct device_type *type;
	struct json		*state, *news;	/* news: array of state_show_change */
	int64_t			 now;
};

/* Put one change into the state. */
static void
put(struct work *w, const struct checked_command *c, const struct effect_change *change)
{
	struct source_job *job = w->job;
	struct state_value v = { .component = c->component, .capability = change->capability->id,
	    .attribute = change->attribute->name, .value = change->value, .unit = change->unit, .data = change->data,
	    .time = w->now };
	const struct json *was;

	source_touch(job, v.component, v.capability, v.attribute);
	if (state_put(job->arena, w->state, &v, change->attribute->event, &was) && state_find(job->arena, job->catalogue,
	    w->device, w->state, v.component, v.capability, v.attribute, &v))
		json_append(job->arena, w->news, state_show_change(job->arena, &v, was));
}

/* One command: all of its effects, or none. False if it cannot be done. */
static bool
carry_out_one(struct work *w, const struct checked_command *c)
{
	struct source_job *job = w->job;
	const struct effect_run run = { job->arena, job->catalogue, w->device, w->type, w->state, c->component,
	    c->capability, c->type, c->arguments };
	struct effect_change changes[EFFECTS_MAX];
	size_t n;
	bool refresh;
	const char *why = effects_compute(&run, changes, &n, &refresh);

	if (why != NULL) {
		job->fault = COMMAND_BAD_ARGUMENT;
		job->detail = arena_printf(job->arena, "%s: %s", c->type->name, why);
		source_touch_command(job, w->device, c);
		return false;
	}
	job->all = job->all || refresh;
	for (size_t i = 0; i < n; i++)
		put(w, c, &changes[i]);
	return true;
}

/* Was this message carried out before? Then its outcome is that of then, and what it was about is told as it is now. */
static enum store_result
recall(struct store_tx *tx, struct source_job *job, const struct device *d, bool *done)
{
	struct json *r;
	enum store_result result = record_tx_get(tx, job->once, &r);

	*done = result == STORE_OK;
	if (!*done)
		return result == STORE_ABSENT ? STORE_OK : result;
	job->fault = (enum command_fault)json_get_int(r, "fault", COMMAND_OK);
	job->detail = json_get_string(r, "detail");
	for (size_t i = 0; i < job->n; i++)
		source_touch_command(job, d, &job->commands[i]);
	return STORE_OK;
}

static enum store_result
remember(struct store_tx *tx, const struct source_job *job, int64_t now)
{
	struct arena *a = store_tx_arena(tx);
	struct json *r = record_new(a);

	json_set_int(a, r, "fault", job->fault);
	if (job->detail != NULL)
		json_set_string(a, r, "detail", job->detail);
	return record_tx_put(tx, job->once, r, now / 1000 + ONCE_KEPT);
}

/* Must it be known when the message comes again? What only set values that were there already may be done again, and costs no
 * write; a step that went nowhere (it was as loud as it gets) would go somewhere by then. */
static bool
is_to_be_remembered(const struct work *w)
{
	bool some = json_first(w->news) != NULL;

	for (size_t i = 0; i < w->job->n && !some; i++)
		some = effects_go_on(w->job->commands[i].type);
	return some && w->job->once != NULL;
}

static void
expect(struct store_tx *tx, const struct source_job *job)
{
	struct arena *a = store_tx_arena(tx);

	if (!store_tx_asks(tx))
		return;
	const char *keys[] = { device_key(a, job->user, job->device), state_key(a, job->user, job->device), job->once,
	    change_key(a, job->user) };
	store_tx_expect(tx, keys, sizeof(keys) / sizeof(keys[0]));
}

static enum store_result
carry_out_fn(struct store_tx *tx, void *arg)
{
	struct source_job *job = arg;
	struct device d;
	struct json *state;
	bool done = false;

	expect(tx, job);
	enum store_result r = device_tx_find(tx, job->user, job->device, &d);
	source_begin(job);
	if (r == STORE_OK)
		r = record_tx_get(tx, state_key(job->arena, job->user, job->device), &state);
	if (r != STORE_OK)
		return r;
	job->state = state;
	if (!state_online(state)) {
		job->fault = COMMAND_OFFLINE;
		job->detail = "the device is offline";
		return STORE_OK;
	}
	if (job->once != NULL && ((r = recall(tx, job, &d, &done)) != STORE_OK || done))
		return r;
	struct work w = { job, &d, catalogue_type(job->catalogue, d.type), state, json_array(job->arena), clock_ms() };
	for (size_t i = 0; i < job->n && carry_out_one(&w, &job->commands[i]); i++)
		;
	if (is_to_be_remembered(&w) && (r = remember(tx, job, w.now)) != STORE_OK)
		return r;
	if (json_first(w.news) == NULL)
		return STORE_OK;
	return state_tx_change(tx, job->catalogue, state, (struct change){ .kind = CHANGE_STATE, .user = job->user, .device = job->device,
	    .states = w.news, .origin = job->origin });
}

static void
carry_out(struct source_job *job, void *about)
{
	(void)about;
	source_stored(job, store_run(job->store, job->arena, carry_out_fn, job));
}

const struct source source_virtual = { "virtual", carry_out, NULL };
