/* run.c: each step ticks its own checks. */
#include "sim/run.h"

#include <string.h>

#include "app.h"
#include "base/arena.h"
#include "base/clock.h"
#include "base/config.h"
#include "base/json.h"
#include "sim/cloud.h"
#include "sim/devices.h"
#include "sim/sim.h"
#include "sim/tokens.h"
#include "sim/view.h"
#include "base/banned.h"

/* The first device that has this capability, "" if none has; any at all for NULL. */
static const char *
device_with(struct sim *s, const char *capability)
{
	for (const struct json *d = json_first(json_get(s->home.devices, "list")); d != NULL; d = json_next(d)) {
		if (json_get_bool(d, "offline", false))
			continue;
		if (capability == NULL)
			return json_get_string(d, "id");
		for (const struct json *e = json_first(json_get(d, "states")); e != NULL; e = json_next(e)) {
			const char *has = json_get_string(e, "capability");
			if (has != NULL && strcmp(has, capability) == 0)
				return json_get_string(d, "id");
		}
	}
	return "";
}

static struct json *
one_number(struct sim *s, double n)
{
	struct json *list = json_array(s->arena);

	json_append(s->arena, list, json_new_number(s->arena, n));
	return list;
}

bool
run_mistake(struct sim *s, const char *which)
{
	struct json *on = cloud_make_command(s, "main", "st.switch", "on", NULL);

	if (strcmp(which, "bad_token") == 0)
		return cloud_bad_token(s);
	if (strcmp(which, "unknown_device") == 0)
		return cloud_provoke(s, which, "no-such-device", on, "DEVICE-DELETED");
	if (strcmp(which, "bad_argument") == 0)
		return cloud_provoke(s, which, device_with(s, "st.switchLevel"),
		    cloud_make_command(s, "main", "st.switchLevel", "setLevel", one_number(s, 101)),
		    "RESOURCE-CONSTRAINT-VIOLATION");
	return cloud_provoke(s, "bad_command", device_with(s, NULL),
	    cloud_make_command(s, "main", "st.switch", "selfDestruct", NULL), "CAPABILITY-NOT-SUPPORTED");
}

bool
run_replay(struct sim *s)
{
	/* Right after a refresh, as if its answer had been lost: later it counts as theft, and ends the link. */
	return tokens_renew(s, false) && tokens_renew(s, true);
}

bool
run_expire(struct sim *s)
{
	const char *clock = config_path(s->arena, s->app->config, "clock");
	int64_t before = clock_offset(), left = json_get_int(s->home.record, "expires", 0) - clock_sec();

	if (left < 0)
		left = 0;
	if (!clock_move(clock, before + (left + 1) * 1000))
		return false;
	bool ok = cloud_expired(s);
	clock_move(clock, before);
	/* What was issued in the future does not count in the present. */
	return tokens_renew(s, false) && ok;
}

bool
run_result(struct sim *s)
{
	struct json *faults = json_array(s->arena), *f = json_append(s->arena, faults, json_object(s->arena));

	json_set_string(s->arena, f, "device", device_with(s, NULL));
	json_set_string(s->arena, f, "error", "sent by the simulator, to show where it goes");
	return cloud_result(s, faults, "discoveryRequest");
}

/* Something is switched to what it is not, and is so afterwards. */
static bool
command_and_look(struct sim *s)
{
	const char *id = device_with(s, "st.switch");
	const char *now = json_string(devices_value(devices_find(s->home.devices, id), "main", "st.switch", "switch"));
	const char *wanted = now != NULL && strcmp(now, "on") == 0 ? "off" : "on";

	if (!cloud_command(s, id, cloud_make_command(s, "main", "st.switch", wanted, NULL)) || !cloud_states(s, id))
		return false;
	now = json_string(devices_value(devices_find(s->home.devices, id), "main", "st.switch", "switch"));
	return now != NULL && strcmp(now, wanted) == 0;
}

const char *
run_all(struct sim *s, bool *ok)
{
	static const char *const mistakes[] = { "bad_command", "bad_argument", "unknown_device", "bad_token" };

	/* Each goes on whatever became of the one before: the list shows what is missing. */
	*ok = cloud_discover(s);
	*ok = cloud_states(s, NULL) && *ok;
	*ok = command_and_look(s) && *ok;
	for (size_t i = 0; i < sizeof(mistakes) / sizeof(mistakes[0]); i++)
		*ok = run_mistake(s, mistakes[i]) && *ok;
	*ok = run_result(s) && *ok;
	*ok = run_replay(s) && *ok;
	if (view_clock_free(s))
		*ok = run_expire(s) && *ok;
	*ok = cloud_grant(s) && *ok;
	return NULL;
}
