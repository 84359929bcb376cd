/* source.c: commands to the vendor, outside any lock; then what came of them into the device's state. */
#include "link/source.h"

#include <string.h>

#include "base/arena.h"
#include "base/clock.h"
#include "base/json.h"
#include "base/log.h"
#include "db/record.h"
#include "device/device.h"
#include "device/source.h"
#include "device/state.h"
#include "link/ask.h"
#include "link/connector.h"
#include "link/link.h"
#include "link/pick.h"
#include "base/banned.h"

/* One message to one device. */
struct errand {
	const struct links	*links;
	struct source_job	*job;
	struct device		 device;
	const struct json	*state;
	struct link		 link;
	const struct connector	*connector;
	int64_t			 deadline;
	enum command_fault	 fault;
	const char		*detail;
};

static bool
fail(struct errand *e, enum command_fault fault, const char *detail)
{
	e->fault = fault;
	e->detail = detail;
	return false;
}

/* The values that a command's request may use. */
static struct json *
values(const struct errand *e, const struct checked_command *c, const struct json *rule)
{
	struct arena *a = e->job->arena;
	const struct json *map = json_get(rule, "map"), *to;
	struct json *v = ask_values(a, &e->link);
	size_t i = 0;

	json_set_string(a, v, "id", json_get_string(e->device.remote, "id"));
	json_set_string(a, v, "component", c->component);
	json_set_string(a, v, "capability", source_capability(c));
	json_set_string(a, v, "command", source_command(c));
	json_set(a, v, "arguments", c->arguments != NULL ? json_copy(a, c->arguments) : json_array(a));
	for (const struct json *arg = json_first(c->arguments); arg != NULL; arg = json_next(arg), i++) {
		to = json_string(arg) != NULL ? json_get(map, json_string(arg)) : NULL;
		json_set(a, v, arena_printf(a, "arg%zu", i), json_copy(a, to != NULL ? to : arg));
	}
	return v;
}

static bool
judge(struct errand *e, const struct ask *ask)
{
	switch (ask->result) {
	case ASK_FINE:
		return true;
	case ASK_LOGIN:
		return fail(e, COMMAND_OFFLINE, "its owner must log in at the vendor again");
	case ASK_REFUSED:
		if (ask->status == 404 || ask->status == 410)
			return fail(e, COMMAND_OFFLINE, "the vendor does not know the device any more");
		if (ask->status == 400 || ask->status == 422)
			return fail(e, COMMAND_BAD_ARGUMENT, "the vendor does not accept that");
		break;
	case ASK_TROUBLE:
		break;
	}
	return fail(e, COMMAND_UNAVAILABLE, arena_printf(e->job->arena, "the vendor does not do it: %s", ask->why));
}

static bool
carry_out_one(struct errand *e, const struct checked_command *c, const struct json **said)
{
	struct arena *a = e->job->arena;
	const struct json *rule = connector_command(e->connector, e->device.type, source_capability(c), source_command(c));
	const char *why = source_command_fault(e->job, &e->device, e->state, c);

	if (why != NULL)
		return fail(e, COMMAND_BAD_ARGUMENT, arena_printf(a, "%s: %s", source_command(c), why));
	if (strcmp(source_capability(c), DEVICE_REFRESH) == 0 && (rule == NULL || json_get(json_get(e->connector->commands,
	    e->device.type), "refresh/refresh") == NULL))
		return link_wake(e->links->store, a, e->link.user, e->link.id) == STORE_OK ||
		    fail(e, COMMAND_UNAVAILABLE, "the store cannot be written");
	if (rule == NULL)
		return fail(e, COMMAND_NOT_SUPPORTED, arena_printf(a, "the vendor has nothing for %s", source_command(c)));
	struct ask ask = { .links = e->links, .arena = a, .link = &e->link, .connector = e->connector, .rule = rule,
	    .values = values(e, c, rule) };
	ask_run(&ask, e->deadline);
	if (ask.result == ASK_FINE && json_get(rule, "answer") != NULL)
		*said = pick_by(a, ask.body, rule, "answer");
	return judge(e, &ask);
}

/* What is needed before anybody is called. False: the fault is set. */
static bool
prepare(struct errand *e)
{
	struct source_job *job = e->job;
	enum store_result r = device_find(job->store, job->arena, job->user, job->device, &e->device);
	const char *id = r == STORE_OK ? json_get_string(e->device.remote, "link") : NULL;

	if (r == STORE_OK)
		r = state_get(job->store, job->arena, job->user, job->device, &e->state);
	if (r == STORE_OK)
		r = link_find(job->store, job->arena, job->user, id != NULL ? id : "", &e->link);
	if (r != STORE_OK)
		return fail(e, COMMAND_UNAVAILABLE, r == STORE_ABSENT ? "its link is gone" : "the store cannot be read");
	e->connector = connectors_find(e->links->connectors, e->link.connector);
	return e->connector != NULL || fail(e, COMMAND_UNAVAILABLE, "the connector of its link is gone");
}

/* Was this very message carried out before? */
static bool
is_known(const struct source_job *job)
{
	struct json *r;

	return job->once != NULL && record_get(job->store, job->arena, job->once, &r) == STORE_OK;
}

struct telling {
	const struct links	*links;
	const char		*user, *device;
	const struct json	*values;
};

static enum store_result
tell(struct store_tx *tx, void *arg)
{
	const struct telling *t = arg;
	struct state_report report = { .online = true, .values = t->values };

	return state_tx_report(tx, t->links->catalogue, t->user, t->device, &report, NULL);
}

/* What the vendor's own answer says of the device. */
static enum store_result
take_values(const struct links *x, struct arena *a, const char *user, const char *device, const struct json *values)
{
	struct telling t = { x, user, device, values };

	return store_run(x->store, a, tell, &t);
}

static void
carry_out(struct source_job *job, void *about)
{
	struct errand e = { .links = about, .job = job, .deadline = clock_ms() + LINK_COMMAND_MS };
	const struct json *said = NULL;
	size_t done = 0, n = job->n;
	bool ready = prepare(&e);

	if (ready && (is_known(job) || !state_online(e.state))) {
		source_virtual.carry_out(job, source_virtual.about);
		return;
	}
	while (ready && done < n && carry_out_one(&e, &job->commands[done], &said))
		done++;
	job->n = done;
	source_virtual.carry_out(job, source_virtual.about);
	job->n = n;
	if (json_type(said) == JSON_OBJECT && job->fault == COMMAND_OK && take_values(e.links, job->arena, job->user, job->device,
	    pick_values(job->arena, e.connector, e.device.type, said)) == STORE_OK)
		state_get(job->store, job->arena, job->user, job->device, &job->state);
	if (e.fault == COMMAND_OK || job->fault != COMMAND_OK)
		return;
	job->fault = e.fault;
	job->detail = e.detail;
	log_event(LOG_LEVEL_WARN, "link_command", "user=%s link=%s device=%s why=\"%s\"", job->user, e.link.id != NULL ? e.link.id : "-",
	    job->device, e.detail);
	if (done < n && e.fault != COMMAND_OFFLINE)
		source_touch_command(job, &e.device, &job->commands[done]);
}

void
link_source_open(struct arena *a, const struct links *links)
{
	struct source *s = arena_alloc(a, sizeof(*s));

	*s = (struct source){ SOURCE_LINK, carry_out, (void *)(uintptr_t)links };
	source_add(s);
}
