/* states.c: the kind that tells what was: the values of the last day. */
#include <string.h>

#include "base/arena.h"
#include "base/json.h"
#include "base/text.h"
#include "device/definition.h"
#include "device/device.h"
#include "device/history.h"
#include "device/state.h"
#include "endpoints/handler.h"
#include "endpoints/template.h"
#include "base/banned.h"

#define USUAL 100	/* values that are told of a device, unless the request says otherwise */

static void
check_states(struct definition *d, const char *path, const struct webapp *app, const struct json *spec)
{
	static const char *const members[] = { "attribute", "since", "until", "max" };

	handler_check_devices(d, path, app, spec);
	for (size_t i = 0; i < sizeof(members) / sizeof(members[0]); i++)
		handler_check_member(d, path, spec, members[i], false, ABOUT_REQUEST);
	handler_check_member(d, path, spec, "item", false, ABOUT_REQUEST | ABOUT_DEVICE | ABOUT_VALUE);
}

/* A whole number, as JSON or as text; otherwise if it is not given. */
static bool
read_number(struct execution *x, const struct json *spec, const char *member, long long max, long long otherwise,
    long long *out)
{
	const struct json *v = handler_value(x, spec, member);
	const char *s = json_string(v);
	bool fine = v == NULL || (s != NULL ? text_to_int(s, 0, max, out) : json_int(v, out) && *out >= 0 && *out <= max);

	if (v == NULL)
		*out = otherwise;
	if (!fine)
		handler_refuse(x, 400, "%s must be a whole number from 0 to %lld", member, max);
	return fine;
}

/* Add what is asked for of one device, newest first. */
static enum store_result
add_device(struct execution *x, const struct json *spec, const char *id, const struct history_range *range,
    const struct attribute_name *wanted, size_t max, struct json *list)
{
	const struct json *item = json_get(spec, "item");
	struct device_view view;
	struct history h;
	struct device d;
	size_t told = 0;
	enum store_result r = handler_view(x, id, &d, &view);

	if (r == STORE_OK)
		r = history_read(x->context->store, x->arena, range, &h);
	for (size_t i = 0; r == STORE_OK && i < h.n && told < max; i++) {
		const struct state_value *v = &h.values[i];
		if (wanted != NULL && !attribute_name_is(wanted, v->component, v->capability, v->attribute))
			continue;
		const struct template_scope t = { x, &view, v, NULL };
		struct json *shown = item != NULL ? template_expand(&t, item) : state_show(x->arena, v);
		if (item == NULL)
			json_set_string(x->arena, shown, "deviceId", id);
		json_append(x->arena, list, shown);
		told++;
	}
	return r == STORE_ABSENT ? STORE_OK : r;
}

static void
run_states(struct execution *x, const struct json *spec)
{
	const struct json *ids = handler_devices(x, spec);
	struct json *list = json_array(x->arena);
	long long since, until, max;
	bool refused;

	if (ids == NULL || !read_number(x, spec, "since", INT64_MAX, 0, &since) ||
	    !read_number(x, spec, "until", INT64_MAX, 0, &until) || !read_number(x, spec, "max", HISTORY_STEPS, USUAL, &max))
		return;
	const char *name = handler_text(x, spec, "attribute", false, &refused);
	if (refused)
		return;
	struct attribute_name wanted = { 0 };
	if (name != NULL)
		wanted = attribute_name_read(x->arena, name);
	for (const struct json *id = json_first(ids); id != NULL; id = json_next(id)) {
		/* Where one attribute is wanted, others must not use its places up. */
		const struct history_range range = { x->grant.user, json_string(id), since, until, name == NULL ? (size_t)max : 0 };
		enum store_result r = max == 0 ? STORE_OK :
		    add_device(x, spec, json_string(id), &range, name != NULL ? &wanted : NULL, (size_t)max, list);
		if (r != STORE_OK) {
			handler_fail(x, r);
			return;
		}
	}
	handler_done(x, spec, list);
}

const struct handler handler_states = {
	"states", "device input attribute since until max item", check_states, run_states, false,
	"What values were, newest first",
};
