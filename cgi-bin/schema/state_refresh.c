/* state_refresh.c: stateRefreshRequest (schema protocol 1.3): exactly the devices asked for, in their order. */
#include "base/arena.h"
#include "base/json.h"
#include "device/device.h"
#include "device/state.h"
#include "schema/dispatch.h"
#include "schema/interactions.h"
#include "schema/states.h"
#include "base/banned.h"

/* Where state_each's values go. */
struct listing {
	struct arena	*arena;
	struct json	*states;
	size_t		 bytes;
};

static void
list(void *arg, const struct state_value *v)
{
	struct listing *l = arg;

	l->bytes += schema_add_state(l->arena, l->states, v);
}

/* What the store has about one device, if the link may see it. STORE_ABSENT if not. */
static enum store_result
look(struct schema_message *m, const char *id, struct device *d, const struct json **state)
{
	enum store_result r;

	if (!grant_has_device(&m->grant, id))
		return STORE_ABSENT;
	r = device_find(m->context->store, m->scratch, m->grant.user, id, d);
	return r == STORE_OK ? state_get(m->context->store, m->scratch, m->grant.user, id, state) : r;
}

/* One device's entry; *bytes grows by what it takes. */
static enum store_result
refresh(struct schema_message *m, const char *id, struct json *entries, size_t *bytes)
{
	struct device d;
	const struct json *state;
	enum store_result r = look(m, id, &d, &state);

	if (r != STORE_OK && r != STORE_ABSENT)
		return r;
	struct json *entry = schema_add_device_state(m->arena, entries, id);
	if (r == STORE_ABSENT)
		schema_set_device_error(m->arena, entry, SCHEMA_DEVICE_DELETED, "no such device");
	else if (!state_online(state))
		schema_set_device_error(m->arena, entry, SCHEMA_DEVICE_OFFLINE, "the device is offline");
	else {
		struct listing l = { m->arena, json_set(m->arena, entry, "states", json_array(m->arena)), 0 };
		state_each(m->scratch, m->context->catalogue, &d, state, list, &l);
		*bytes += l.bytes;
	}
	return STORE_OK;
}

enum schema_error
schema_state_refresh(struct schema_message *m, struct json *answer)
{
	struct json *entries = json_set(m->arena, answer, "deviceState", json_array(m->arena));
	size_t bytes = 0;

	for (const struct json *v = json_first(m->devices); v != NULL; v = json_next(v)) {
		arena_reset(m->scratch);
		if (refresh(m, json_get_string(v, "externalDeviceId"), entries, &bytes) != STORE_OK) {
			m->detail = "the states cannot be read now";
			return SCHEMA_UNAVAILABLE;
		}
		if (bytes > SCHEMA_STATES_MAX) {
			m->detail = "too much for one answer: ask for fewer devices at a time";
			return SCHEMA_BAD_REQUEST;
		}
	}
	return SCHEMA_OK;
}
