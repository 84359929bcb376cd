/* attribute.c: attributes by the names that requests have for them, and the kind that tells one value. */
#include <string.h>

#include "base/arena.h"
#include "base/json.h"
#include "device/definition.h"
#include "device/device.h"
#include "device/state.h"
#include "endpoints/handler.h"
#include "endpoints/template.h"
#include "base/banned.h"

struct attribute_name
attribute_name_read(struct arena *a, const char *text)
{
	struct attribute_name n = { "main", NULL, NULL };
	const char *slash = strchr(text, '/'), *rest = slash != NULL ? slash + 1 : text, *dot = strrchr(rest, '.');

	if (slash != NULL)
		n.component = arena_strndup(a, text, (size_t)(slash - text));
	if (dot != NULL)
		n.capability = arena_strndup(a, rest, (size_t)(dot - rest));
	n.attribute = dot != NULL ? dot + 1 : rest;
	return n;
}

bool
attribute_name_is(const struct attribute_name *n, const char *component, const char *capability, const char *attribute)
{
	return strcmp(component, n->component) == 0 && strcmp(attribute, n->attribute) == 0 &&
	    (n->capability == NULL || strcmp(capability, n->capability) == 0);
}

struct looking {
	struct attribute_name	 name;
	struct state_value	*out;
	bool			 found;
};

static void
look(void *arg, const struct state_value *v)
{
	struct looking *l = arg;

	if (l->found || !attribute_name_is(&l->name, v->component, v->capability, v->attribute))
		return;
	*l->out = *v;
	l->found = true;
}

bool
handler_attribute(struct execution *x, const struct device_view *view, const char *name, struct state_value *out)
{
	struct looking l = { attribute_name_read(x->arena, name), out, false };

	state_each(x->arena, x->context->catalogue, view->device, view->state, look, &l);
	return l.found;
}

/* --- the kind --- */

static void
check_attribute(struct definition *d, const char *path, const struct webapp *app, const struct json *spec)
{
	handler_check_devices(d, path, app, spec);
	handler_check_member(d, path, spec, "device", true, ABOUT_REQUEST);
	handler_check_member(d, path, spec, "attribute", true, ABOUT_REQUEST);
	handler_check_member(d, path, spec, "item", false, ABOUT_REQUEST | ABOUT_DEVICE | ABOUT_VALUE);
}

static void
run_attribute(struct execution *x, const struct json *spec)
{
	const struct json *item = json_get(spec, "item");
	struct device_view view;
	struct state_value v;
	struct device d;
	bool refused;

	if (!handler_one(x, spec, &d, &view))
		return;
	const char *name = handler_text(x, spec, "attribute", true, &refused);
	if (refused)
		return;
	if (!handler_attribute(x, &view, name, &v)) {
		handler_refuse(x, 404, "Attribute not found");
		return;
	}
	const struct template_scope t = { x, &view, &v, NULL };
	handler_done(x, spec, item != NULL ? template_expand(&t, item) : state_show(x->arena, &v));
}

const struct handler handler_attribute_kind = {
	"attribute", "device attribute item", check_attribute, run_attribute, false, "One value of a device",
};
