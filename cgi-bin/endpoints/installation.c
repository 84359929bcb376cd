/* installation.c: reads a grant's preferences. */
#include "endpoints/installation.h"

#include <string.h>

#include "base/arena.h"
#include "base/config.h"
#include "base/json.h"
#include "device/device.h"
#include "endpoints/webapp.h"
#include "oauth/grant.h"
#include "base/banned.h"

const struct json *
installation_settings(const struct grant *g)
{
	return json_get(g->preferences, "settings");
}

/* Does the device have this capability in any component? */
static bool
has_anywhere(const struct device *d, const char *capability)
{
	for (const struct json *m = json_first(d->components); m != NULL; m = json_next(m))
		if (device_has(d, json_name(m), capability))
			return true;
	return false;
}

enum store_result
installation_input(struct store *store, struct arena *a, const struct grant *g, const struct input *in,
    const struct json *all, struct json **ids)
{
	const struct json *chosen = json_get(json_get(g->preferences, "inputs"), in->name);
	struct device d;

	*ids = json_array(a);
	for (const struct json *id = json_first(all); id != NULL; id = json_next(id)) {
		bool has = json_array_has(chosen, json_string(id));
		if (g->preferences == NULL) {
			enum store_result r = device_find(store, a, g->user, json_string(id), &d);
			if (r != STORE_OK && r != STORE_ABSENT)
				return r;
			has = r == STORE_OK && has_anywhere(&d, in->capability);
		}
		if (has)
			json_append_string(a, *ids, json_string(id));
	}
	return STORE_OK;
}

struct json *
installation_location(struct arena *a, const struct grant *g)
{
	struct json *v = json_object(a);

	json_set_string(a, v, "id", g->user);
	json_set_string(a, v, "name", "Home");
	return v;
}

char *
installation_uri(struct arena *a, const struct config *config, const char *id)
{
	return arena_printf(a, "%s" INSTALLATION_PATH "%s", config->public_url, id);
}
