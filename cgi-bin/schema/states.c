/* states.c: one state as Schema's messages have it. */
#include "schema/states.h"

#include <string.h>

#include "base/arena.h"
#include "base/json.h"
#include "device/state.h"
#include "schema/envelope.h"
#include "base/banned.h"

#define NODE 100	/* bytes that a JSON value takes, about, with its name */

const char *
schema_capability(struct arena *a, const char *id)
{
	return strchr(id, '.') == NULL ? arena_printf(a, "st.%s", id) : id;
}

static size_t
nodes(const struct json *v)
{
	size_t n = 1;

	for (const struct json *c = json_first(v); c != NULL; c = json_next(c))
		n += nodes(c);
	return n;
}

size_t
schema_add_state(struct arena *a, struct json *states, const struct state_value *v)
{
	struct json *s = json_append(a, states, json_object(a));

	json_set_string(a, s, "component", v->component);
	json_set_string(a, s, "capability", schema_capability(a, v->capability));
	json_set_string(a, s, "attribute", v->attribute);
	json_set(a, s, "value", json_copy(a, v->value));
	if (v->unit != NULL)
		json_set_string(a, s, "unit", v->unit);
	if (v->data != NULL)
		json_set(a, s, "data", json_copy(a, v->data));
	if (v->time > 0)
		json_set_int(a, s, "timestamp", v->time);
	return NODE * nodes(s) + (json_string(v->value) != NULL ? strlen(json_string(v->value)) : 0);
}

void
schema_add_end(struct arena *a, struct json *list, const char *id)
{
	schema_set_device_error(a, schema_add_device_state(a, list, id), SCHEMA_DEVICE_DELETED,
	    "the device was removed by its owner");
}
