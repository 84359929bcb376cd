/* request_event.c: events: a time, a type, and a member that is named after it. */
#include "smartapp/request_event.h"

#include <string.h>

#include "base/arena.h"
#include "base/json.h"
#include "smartapp/request.h"
#include "smartapp/when.h"
#include "base/banned.h"

static const struct { const char *name, *member; } types[] = {
	[SMARTAPP_DEVICE_COMMANDS_EVENT] = { "DEVICE_COMMANDS_EVENT", "deviceCommandsEvent" },
	[SMARTAPP_DEVICE_EVENT] = { "DEVICE_EVENT", "deviceEvent" },
	[SMARTAPP_DEVICE_HEALTH_EVENT] = { "DEVICE_HEALTH_EVENT", "deviceHealthEvent" },
	[SMARTAPP_DEVICE_LIFECYCLE_EVENT] = { "DEVICE_LIFECYCLE_EVENT", "deviceLifecycleEvent" },
	[SMARTAPP_HUB_HEALTH_EVENT] = { "HUB_HEALTH_EVENT", "hubHealthEvent" },
	[SMARTAPP_INSTALLED_APP_LIFECYCLE_EVENT] = { "INSTALLED_APP_LIFECYCLE_EVENT", "installedAppLifecycleEvent" },
	[SMARTAPP_MODE_EVENT] = { "MODE_EVENT", "modeEvent" },
	[SMARTAPP_SCENE_LIFECYCLE_EVENT] = { "SCENE_LIFECYCLE_EVENT", "sceneLifecycleEvent" },
	[SMARTAPP_SECURITY_ARM_STATE_EVENT] = { "SECURITY_ARM_STATE_EVENT", "securityArmStateEvent" },
	[SMARTAPP_TIMER_EVENT] = { "TIMER_EVENT", "timerEvent" },
	[SMARTAPP_WEATHER_EVENT] = { "WEATHER_EVENT", "weatherEvent" },
};

const char *
smartapp_event_name(enum smartapp_event_type t)
{
	return t < SMARTAPP_OTHER_EVENT ? types[t].name : "";
}

enum smartapp_event_type
smartapp_event_type(const char *name)
{
	size_t i = 0;

	while (i < SMARTAPP_OTHER_EVENT && strcmp(types[i].name, name) != 0)
		i++;
	return (enum smartapp_event_type)i;
}

static const struct json *
object(const struct json *v, const char *name)
{
	const struct json *m = json_get(v, name);

	return json_type(m) == JSON_OBJECT ? m : NULL;
}

/* 1970-01-01T00:00:00Z is how the platform writes "no time". */
static bool
read_time(const struct json *v, int64_t now, int64_t *ms)
{
	*ms = 0;
	if (v != NULL && json_type(v) != JSON_NULL && (json_string(v) == NULL || !when_iso(json_string(v), ms)))
		return false;
	*ms = *ms == 0 ? now : *ms;
	return true;
}

static const char *
read_event(const struct json *v, int64_t now, struct smartapp_event *e)
{
	e->type_name = json_get_string(v, "eventType");
	if (e->type_name == NULL)
		return "an event has no eventType";
	if (!read_time(json_get(v, "eventTime"), now, &e->time))
		return "an eventTime is not as \"2020-03-24T13:23:37.000Z\"";
	e->type = smartapp_event_type(e->type_name);
	e->weather_data = object(v, "weatherData");
	e->air_quality_data = object(v, "airQualityData");
	if (e->type == SMARTAPP_OTHER_EVENT)
		return NULL;
	e->data = object(v, types[e->type].member);
	/* What a weather event looks like is not public: it may be just the siblings. */
	return e->data != NULL || e->type == SMARTAPP_WEATHER_EVENT ? NULL : "an event lacks the member that its eventType names";
}

const char *
smartapp_events_read(struct arena *a, const struct json *list, int64_t now, struct smartapp_event **out, size_t *count)
{
	const char *fault = NULL;

	*out = NULL;
	*count = 0;
	if (json_type(list) != JSON_ARRAY)
		return "eventData.events is missing or no list";
	if (json_count(list) > SMARTAPP_EVENTS_MAX)
		return "there are too many events in one request";
	for (const struct json *v = json_first(list); v != NULL && fault == NULL; v = json_next(v)) {
		*out = arena_alloc(a, sizeof(**out));
		fault = read_event(v, now, *out);
		out = &(*out)->next;
		++*count;
	}
	return fault;
}

const struct smartapp_event *
smartapp_filter(const struct smartapp_event *e, enum smartapp_event_type type, smartapp_predicate predicate, void *arg)
{
	while (e != NULL && (e->type != type || (predicate != NULL && !predicate(arg, e->data))))
		e = e->next;
	return e;
}

const struct json *
smartapp_for_type(const struct smartapp_event *e, enum smartapp_event_type type)
{
	return e->type == type ? e->data : NULL;
}
