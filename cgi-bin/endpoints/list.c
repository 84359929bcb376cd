/* list.c: the kinds that look at devices: list, get. */
#include <string.h>

#include "base/arena.h"
#include "base/json.h"
#include "device/definition.h"
#include "device/device.h"
#include "device/sight.h"
#include "endpoints/handler.h"
#include "endpoints/template.h"
#include "base/banned.h"

static void
check_items(struct definition *d, const char *path, const struct webapp *app, const struct json *spec)
{
	handler_check_devices(d, path, app, spec);
	handler_check_member(d, path, spec, "item", false, ABOUT_REQUEST | ABOUT_DEVICE);
}

/* How devices are shown. */
struct showing {
	const struct json	*item;		/* a template */
	const void		*purpose;	/* for device/sight.h; NULL: it is another with each request */
};

/* As the app's file says it, or else in our own way. Where the request has no part in it, and the answer takes it as it is, what was
 * made once is good for the next. */
static struct showing
showing_of(struct execution *x, const struct json *spec, bool brief)
{
	static const char short_item[] = "{\"id\":\"$id\",\"label\":\"$label\"}";
	static const char long_item[] = "{\"id\":\"$id\",\"label\":\"$label\",\"room\":\"$room\",\"type\":\"$type\","
	    "\"status\":\"$status\",\"capabilities\":\"$capabilities\",\"commands\":\"$commands\","
	    "\"attributes\":\"$attributes\"}";
	const char *own = brief ? short_item : long_item;
	const struct json *item = json_get(spec, "item");
	const void *purpose = item != NULL ? (const void *)item : own;

	if (item == NULL)
		item = json_parse(x->arena, own, strlen(own), NULL);
	if ((template_needs(x->arena, item) & ~(unsigned)ABOUT_DEVICE) != 0 ||
	    (template_needs(x->arena, json_get(spec, "answer")) & ABOUT_PARTS_OF_RESULT) != 0)
		purpose = NULL;
	return (struct showing){ item, purpose };
}

/* A device in that way; NULL: its record is damaged. */
static struct json *
show(struct execution *x, const struct showing *how, const struct sight *sight)
{
	const struct endpoints_context *c = x->context;
	struct json *v = how->purpose != NULL ? sight_shown(c->store, x->arena, c->catalogue, sight, how->purpose) : NULL;
	struct device d;

	if (v != NULL || !device_read(sight->record, &d))
		return v;
	v = template_expand(&(struct template_scope){ .execution = x, .device = &(struct device_view){ &d, sight->state } }, how->item);
	return how->purpose != NULL ? sight_keep(c->store, x->arena, c->catalogue, sight, how->purpose, v) : v;
}

static void
run_list(struct execution *x, const struct json *spec)
{
	const struct json *ids = handler_devices(x, spec);
	const struct showing how = showing_of(x, spec, true);
	struct json *list = json_array(x->arena);

	sight_expect(x->context->store, x->arena, x->grant.user, ids, true);
	for (const struct json *id = json_first(ids); id != NULL; id = json_next(id)) {
		struct sight sight;
		enum store_result r = handler_sight(x, json_string(id), &sight);
		if (r == STORE_ABSENT)
			continue;
		struct json *item = r == STORE_OK ? show(x, &how, &sight) : NULL;
		if (item == NULL) {
			handler_fail(x, r == STORE_OK ? STORE_FAILED : r);
			return;
		}
		json_append(x->arena, list, item);
	}
	if (ids != NULL)
		handler_done(x, spec, list);
}

/* The device that an action names; false: the answer is made. */
static bool
sight_of(struct execution *x, const struct json *spec, struct sight *sight)
{
	const struct json *ids = handler_devices(x, spec);

	if (ids == NULL)
		return false;
	enum store_result r = handler_sight(x, json_string(json_first(ids)), sight);
	if (r == STORE_ABSENT)
		handler_refuse(x, 404, "Device not found");
	else if (r != STORE_OK)
		handler_fail(x, r);
	return r == STORE_OK;
}

bool
handler_one(struct execution *x, const struct json *spec, struct device *d, struct device_view *view)
{
	struct sight sight;

	if (!sight_of(x, spec, &sight))
		return false;
	*view = (struct device_view){ d, sight.state };
	if (device_read(sight.record, d))
		return true;
	handler_fail(x, STORE_FAILED);
	return false;
}

static void
check_get(struct definition *d, const char *path, const struct webapp *app, const struct json *spec)
{
	check_items(d, path, app, spec);
	handler_check_member(d, path, spec, "device", true, ABOUT_REQUEST);
}

static void
run_get(struct execution *x, const struct json *spec)
{
	const struct showing how = showing_of(x, spec, false);
	struct sight sight;

	if (!sight_of(x, spec, &sight))
		return;
	const struct json *v = show(x, &how, &sight);
	if (v != NULL)
		handler_done(x, spec, v);
	else
		handler_fail(x, STORE_FAILED);
}

const struct handler handler_list = {
	"list", "input item", check_items, run_list, false, "The devices of an input, or all that the app may use",
};

const struct handler handler_get = {
	"get", "device item", check_get, run_get, false, "One device",
};
