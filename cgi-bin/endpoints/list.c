/* list.c: the kinds that look at devices: list, get. */
#include <string.h>

#include "base/arena.h"
#include "base/json.h"
#include "device/definition.h"
#include "device/device.h"
#include "device/state.h"
#include "endpoints/handler.h"
#include "endpoints/template.h"
#include "base/banned.h"

static void
check_items(struct definition *d, const char *path, const struct webapp *app, const struct json *spec)
{
	handler_check_devices(d, path, app, spec);
	handler_check_member(d, path, spec, "item", false, ABOUT_REQUEST | ABOUT_DEVICE);
}

/* What is told of a device where the app's file does not say it. */
static const struct json *
item_of(struct execution *x, const struct json *spec, bool brief)
{
	static const char short_item[] = "{\"id\":\"$id\",\"label\":\"$label\"}";
	static const char long_item[] = "{\"id\":\"$id\",\"label\":\"$label\",\"room\":\"$room\",\"type\":\"$type\","
	    "\"status\":\"$status\",\"capabilities\":\"$capabilities\",\"commands\":\"$commands\","
	    "\"attributes\":\"$attributes\"}";
	const struct json *item = json_get(spec, "item");

	if (item != NULL)
		return item;
	return brief ? json_parse(x->arena, short_item, sizeof(short_item) - 1, NULL) :
	    json_parse(x->arena, long_item, sizeof(long_item) - 1, NULL);
}

static struct json *
expand(struct execution *x, const struct json *item, const struct device_view *view)
{
	const struct template_scope t = { x, view, NULL, NULL };

	return template_expand(&t, item);
}

static void
run_list(struct execution *x, const struct json *spec)
{
	const struct json *ids = handler_devices(x, spec), *item = item_of(x, spec, true);
	struct json *list = json_array(x->arena);
	struct device_view view;
	struct device d;

	for (const struct json *id = json_first(ids); id != NULL; id = json_next(id)) {
		enum store_result r = handler_view(x, json_string(id), &d, &view);
		if (r == STORE_OK)
			json_append(x->arena, list, expand(x, item, &view));
		else if (r != STORE_ABSENT) {
			handler_fail(x, r);
			return;
		}
	}
	if (ids != NULL)
		handler_done(x, spec, list);
}

bool
handler_one(struct execution *x, const struct json *spec, struct device *d, struct device_view *view)
{
	const struct json *ids = handler_devices(x, spec);

	if (ids == NULL)
		return false;
	enum store_result r = handler_view(x, json_string(json_first(ids)), d, view);
	if (r == STORE_ABSENT)
		handler_refuse(x, 404, "Device not found");
	else if (r != STORE_OK)
		handler_fail(x, r);
	return r == STORE_OK;
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
	struct device_view view;
	struct device d;

	if (handler_one(x, spec, &d, &view))
		handler_done(x, spec, expand(x, item_of(x, spec, false), &view));
}

const struct handler handler_list = {
	"list", "input item", check_items, run_list, false, "The devices of an input, or all that the app may use",
};

const struct handler handler_get = {
	"get", "device item", check_get, run_get, false, "One device",
};
