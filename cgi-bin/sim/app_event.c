/* app_event.c: a table of types with their members. */
#include "sim/app_event.h"

#include <string.h>

#include "base/json.h"
#include "sim/install.h"
#include "sim/thing.h"
#include "base/banned.h"

#define HUB "c0000000-0000-4000-8000-000000000001"

const struct app_event_type app_event_types[] = {
	{ "MODE_EVENT", "modeId", { { "modeId", "a0000000-0000-4000-8000-000000000002" } } },
	{ "TIMER_EVENT", "name", { { "name", "timer" }, { "type", "ONCE" }, { "time", "1970-01-01T00:00:00Z" } } },
	{ "SCENE_LIFECYCLE_EVENT", "sceneId", { { "sceneId", "b0000000-0000-4000-8000-000000000001" }, { "lifecycle", "UPDATE" } } },
	{ "SECURITY_ARM_STATE_EVENT", "armState", { { "armState", "ARMED_AWAY" } } },
	{ "DEVICE_HEALTH_EVENT", "status", { { "status", "OFFLINE" }, { "reason", "NONE" }, { "hubId", "" }, { "deviceId", NULL } } },
	{ "DEVICE_LIFECYCLE_EVENT", "lifecycle", { { "lifecycle", "DELETE" }, { "deviceName", "A device" }, { "deviceId", NULL } } },
	{ "DEVICE_COMMANDS_EVENT", NULL, { { "externalId", "simulated" }, { "deviceId", NULL } } },
	{ "HUB_HEALTH_EVENT", "status", { { "status", "OFFLINE" }, { "reason", "DISCONNECTED" }, { "hubId", HUB } } },
	{ "INSTALLED_APP_LIFECYCLE_EVENT", "lifecycle", { { "lifecycle", "UPDATE" } } },
	{ "WEATHER_EVENT", NULL, { { NULL, NULL } } },
	{ "NEVER_HEARD_OF_EVENT", NULL, { { NULL, NULL } } },
	{ NULL, NULL, { { NULL, NULL } } },
};

static void
add_commands(struct arena *a, struct json *data)
{
	struct json *list = json_set(a, data, "commands", json_array(a)), *c = json_append(a, list, json_object(a));

	json_set_string(a, c, "componentId", "main");
	json_set_string(a, c, "capability", "switch");
	json_set_string(a, c, "command", "on");
	json_set(a, c, "arguments", json_array(a));
}

struct json *
app_event_make(struct arena *a, const struct json *app, const char *type, const char *value, const char *device)
{
	const struct app_event_type *t = app_event_types;
	const struct thing *thing = thing_find(device);
	struct json *data = json_object(a);

	while (t->name != NULL && strcmp(t->name, type) != 0)
		t++;
	if (t->name == NULL)
		return NULL;
	for (size_t i = 0; i < 5 && t->members[i][0] != NULL; i++) {
		const char *otherwise = t->members[i][1] != NULL ? t->members[i][1] : thing != NULL ? thing->id : thing_table[0].id;
		bool chosen = value != NULL && t->chosen != NULL && strcmp(t->chosen, t->members[i][0]) == 0;
		json_set_string(a, data, t->members[i][0], chosen ? value : otherwise);
	}
	if (strcmp(type, "DEVICE_COMMANDS_EVENT") == 0)
		add_commands(a, data);
	if (strcmp(type, "INSTALLED_APP_LIFECYCLE_EVENT") == 0)
		json_set_string(a, data, "installedAppId", install_id(app));
	return install_event(a, app, type, data);
}
