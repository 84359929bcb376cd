/* state_refresh.c: stateRefreshRequest (schema protocol 1.3): exactly the devices asked for, in their order. */
#include "base/arena.h"
#include "base/json.h"
#include "device/device.h"
#include "device/sight.h"
#include "device/state.h"
#include "schema/dispatch.h"
#include "schema/interactions.h"
#include "schema/states.h"
#include "base/banned.h"

/* Bytes of states in one answer: some 15,000 of them. Who asks for more must ask for fewer devices at a time. */
#define PRINTED_MAX ((size_t)2 << 20)

/* Where state_each's values go. */
struct listing {
	struct arena	*arena;
	struct json	*states;
};

static void
list(void *arg, const struct state_value *v)
{
	struct listing *l = arg;

	schema_add_state(l->arena, l->states, v);
}

/* The entry of a device that the link may see; NULL: its record is damaged. */
static struct json *
show(struct schema_message *m, const char *id, const struct sight *sight)
{
	static const char purpose;
	const struct schema_context *c = m->context;
	struct json *entry = sight_shown(c->store, m->arena, c->catalogue, sight, &purpose);
	struct device d;

	if (entry != NULL || !device_read(sight->record, &d))
		return entry;
	entry = schema_add_device_state(m->scratch, json_array(m->scratch), id);
	if (!state_online(sight->state))
		schema_set_device_error(m->scratch, entry, SCHEMA_DEVICE_OFFLINE, "the device is offline");
	else {
		struct listing l = { m->scratch, json_set(m->scratch, entry, "states", json_array(m->scratch)) };
		state_each(m->scratch, c->catalogue, &d, sight->state, list, &l);
	}
	return sight_keep(c->store, m->arena, c->catalogue, sight, &purpose, entry);
}

/* One device's entry, at the end of entries; *bytes grows by what it takes. */
static enum store_result
refresh(struct schema_message *m, const char *id, struct json *entries, size_t *bytes)
{
	struct sight sight;
	struct json *entry;
	enum store_result r = !grant_has_device(&m->grant, id) ? STORE_ABSENT :
	    sight_find_state(m->context->store, m->scratch, m->grant.user, id, &sight);

	if (r == STORE_ABSENT) {
		entry = schema_add_device_state(m->arena, entries, id);
		schema_set_device_error(m->arena, entry, SCHEMA_DEVICE_DELETED, "no such device");
		return STORE_OK;
	}
	entry = r == STORE_OK ? show(m, id, &sight) : NULL;
	json_append(m->arena, entries, entry);
	*bytes += entry != NULL ? json_size(entry) : 0;
	return r == STORE_OK && entry == NULL ? STORE_FAILED : r;
}

/* Those of the devices asked for that the link may see. */
static void
expect(const struct schema_message *m)
{
	struct json *ids = json_array(m->arena);

	for (const struct json *v = json_first(m->devices); v != NULL; v = json_next(v))
		if (grant_has_device(&m->grant, json_get_string(v, "externalDeviceId")))
			json_append(m->arena, ids, json_new_string(m->arena, json_get_string(v, "externalDeviceId")));
	sight_expect(m->context->store, m->arena, m->grant.user, ids, true);
}

enum schema_error
schema_state_refresh(struct schema_message *m, struct json *answer)
{
	struct json *entries = json_set(m->arena, answer, "deviceState", json_array(m->arena));
	size_t bytes = 0;

	if (store_asks(m->context->store))
		expect(m);
	for (const struct json *v = json_first(m->devices); v != NULL; v = json_next(v)) {
		arena_reset(m->scratch);
		if (refresh(m, json_get_string(v, "externalDeviceId"), entries, &bytes) != STORE_OK) {
			m->detail = "the states cannot be read now";
			return SCHEMA_UNAVAILABLE;
		}
		if (bytes > PRINTED_MAX) {
			m->detail = "too much for one answer: ask for fewer devices at a time";
			return SCHEMA_BAD_REQUEST;
		}
	}
	return SCHEMA_OK;
}
