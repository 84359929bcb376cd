/* here.c: devices of this server, as rules see them: by their owner's name and "capability.attribute". */
#include "smartapp/here.h"

#include <string.h>

#include "base/arena.h"
#include "base/clock.h"
#include "base/json.h"
#include "db/record.h"
#include "device/change.h"
#include "device/device.h"
#include "device/state.h"
#include "oauth/user.h"
#include "smartapp/lifecycle.h"
#include "base/banned.h"

/* "outlet2/switch.switch" taken apart; false if it is not that. */
static bool
take_apart(struct arena *a, const char *name, const char **component, const char **capability, const char **attribute)
{
	const char *slash = strchr(name, '/'), *rest = slash != NULL ? slash + 1 : name, *dot = strrchr(rest, '.');

	if (dot == NULL)
		return false;
	*component = slash != NULL ? arena_strndup(a, name, (size_t)(slash - name)) : "main";
	*capability = arena_strndup(a, strncmp(rest, "st.", 3) == 0 ? rest + 3 : rest,
	    (size_t)(dot - (strncmp(rest, "st.", 3) == 0 ? rest + 3 : rest)));
	*attribute = dot + 1;
	return true;
}

static bool
value_of(struct arena *a, const struct catalogue *c, const struct device *d, const struct json *state, const char *name,
    struct state_value *v)
{
	const char *component, *capability, *attribute;

	return take_apart(a, name, &component, &capability, &attribute) &&
	    state_find(a, c, d, state, component, capability, attribute, v);
}

enum store_result
here_tx_set(struct store_tx *tx, const struct catalogue *c, const struct set_wish *w, const char **why)
{
	struct arena *a = store_tx_arena(tx);
	struct device d;
	struct json *state, *changed = json_array(a);
	struct state_value v;
	enum store_result r = device_tx_find(tx, w->user, w->device, &d);

	*why = "there is no such device";
	if (r == STORE_OK)
		r = record_tx_get(tx, state_key(a, w->user, w->device), &state);
	if (r != STORE_OK)
		return r == STORE_ABSENT ? STORE_OK : r;
	struct json *before = json_copy(a, state);
	if ((*why = state_assign_json(a, c, &d, state, w->attribute, w->value, clock_ms())) != NULL || json_equal(before, state))
		return STORE_OK;
	if (value_of(a, c, &d, state, w->attribute, &v))
		json_append(a, changed, state_show_change(a, &v, state_slot(before, v.component, v.capability, v.attribute)));
	return state_tx_change(tx, c, state, (struct change){ .kind = CHANGE_STATE, .user = w->user, .device = w->device,
	    .states = changed, .origin = w->origin });
}

const struct json *
here_get(struct store *store, struct arena *a, const struct catalogue *c, const char *name, const char *device,
    const char *attribute)
{
	struct user user;
	struct device d;
	const struct json *state;
	struct state_value v;

	if (user_by_name(store, a, name, &user) != STORE_OK || device_find(store, a, user.id, device, &d) != STORE_OK ||
	    state_get(store, a, user.id, device, &state) != STORE_OK)
		return NULL;
	return value_of(a, c, &d, state, attribute, &v) ? v.value : NULL;
}
