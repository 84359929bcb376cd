/* attention.c: the values that are no good news. */
#include "console/attention.h"

#include <string.h>

#include "base/json.h"
#include "device/device.h"
#include "device/state.h"
#include "base/banned.h"

static const struct { const char *capability, *attribute, *value; } alarms[] = {
	{ "waterSensor", "water", "wet" },
	{ "smokeDetector", "smoke", "detected" },
	{ "carbonMonoxideDetector", "carbonMonoxide", "detected" },
	{ "gasDetector", "gas", "detected" },
	{ "tamperAlert", "tamper", "detected" },
	{ "temperatureAlarm", "temperatureAlarm", "freeze" },
	{ "temperatureAlarm", "temperatureAlarm", "heat" },
	{ "temperatureAlarm", "temperatureAlarm", "rateOfRise" },
	{ "alarm", "alarm", "both" },
	{ "alarm", "alarm", "siren" },
	{ "alarm", "alarm", "strobe" },
	{ "lock", "lock", "not fully locked" },
	{ "panicAlarm", "panicAlarm", "panic" },
};

static unsigned
find_in(const struct json *component, const struct json *state)
{
	const char *name = json_name(component);
	unsigned found = 0;
	double level;

	for (size_t i = 0; i < sizeof(alarms) / sizeof(alarms[0]); i++) {
		const char *value = json_get_string(state_slot(state, name, alarms[i].capability, alarms[i].attribute), "value");
		if (value != NULL && strcmp(value, alarms[i].value) == 0)
			found |= ATTENTION_ALARM;
	}
	if (json_number(json_get(state_slot(state, name, "battery", "battery"), "value"), &level) && level <= ATTENTION_BATTERY_LOW)
		found |= ATTENTION_BATTERY;
	return found;
}

unsigned
attention_find(const struct device *d, const struct json *state)
{
	unsigned found = state_online(state) ? 0 : ATTENTION_OFFLINE;

	for (const struct json *m = json_first(d->components); m != NULL; m = json_next(m))
		found |= find_in(m, state);
	return found;
}

const char *
attention_name(size_t i, enum attention *which)
{
	static const struct { const char *name; enum attention which; } names[] = {
		{ "offline", ATTENTION_OFFLINE }, { "alarm", ATTENTION_ALARM }, { "battery", ATTENTION_BATTERY },
	};

	if (i >= sizeof(names) / sizeof(names[0]))
		return NULL;
	*which = names[i].which;
	return names[i].name;
}
