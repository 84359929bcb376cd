/* control.c: a table of the capabilities that a phone knows how to draw; others are moved by hand. */
#include "sim/control.h"

#include <stdlib.h>
#include <string.h>

#include "base/arena.h"
#include "base/json.h"
#include "sim/cloud.h"
#include "sim/devices.h"
#include "sim/sim.h"
#include "web/request.h"
#include "base/banned.h"

enum kind { BUTTONS, RANGE, NUMBER, CHOICE, COLOR };

/* words: of buttons the commands, of a choice the attribute that lists what there is or the words themselves. */
static const struct control {
	const char	*capability, *attribute;
	enum kind	 kind;
	const char	*command, *words;
	int		 min, max;
} controls[] = {
	{ "st.switch", "switch", BUTTONS, NULL, "on off", 0, 0 },
	{ "st.switchLevel", "level", RANGE, "setLevel", NULL, 0, 100 },
	{ "st.colorControl", "hue", COLOR, "setColor", NULL, 0, 100 },
	{ "st.colorTemperature", "colorTemperature", RANGE, "setColorTemperature", NULL, 1500, 7500 },
	{ "st.lock", "lock", BUTTONS, NULL, "lock unlock", 0, 0 },
	{ "st.doorControl", "door", BUTTONS, NULL, "open close", 0, 0 },
	{ "st.garageDoorControl", "door", BUTTONS, NULL, "open close", 0, 0 },
	{ "st.windowShade", "windowShade", BUTTONS, NULL, "open pause close", 0, 0 },
	{ "st.windowShadeLevel", "shadeLevel", RANGE, "setShadeLevel", NULL, 0, 100 },
	{ "st.windowShadePreset", NULL, BUTTONS, NULL, "presetPosition", 0, 0 },
	{ "st.valve", "valve", BUTTONS, NULL, "open close", 0, 0 },
	{ "st.alarm", "alarm", BUTTONS, NULL, "siren strobe both off", 0, 0 },
	{ "st.chime", "chime", BUTTONS, NULL, "chime off", 0, 0 },
	{ "st.tone", NULL, BUTTONS, NULL, "beep", 0, 0 },
	{ "st.momentary", NULL, BUTTONS, NULL, "push", 0, 0 },
	{ "st.fanSpeed", "fanSpeed", RANGE, "setFanSpeed", NULL, 0, 4 },
	{ "st.thermostatMode", "thermostatMode", CHOICE, "setThermostatMode", "supportedThermostatModes", 0, 0 },
	{ "st.thermostatFanMode", "thermostatFanMode", CHOICE, "setThermostatFanMode", "supportedThermostatFanModes", 0, 0 },
	{ "st.thermostatHeatingSetpoint", "heatingSetpoint", NUMBER, "setHeatingSetpoint", NULL, -460, 10000 },
	{ "st.thermostatCoolingSetpoint", "coolingSetpoint", NUMBER, "setCoolingSetpoint", NULL, -460, 10000 },
	{ "st.airConditionerMode", "airConditionerMode", CHOICE, "setAirConditionerMode", "supportedAcModes", 0, 0 },
	{ "st.airConditionerFanMode", "fanMode", CHOICE, "setFanMode", "supportedAcFanModes", 0, 0 },
	{ "st.fanOscillationMode", "fanOscillationMode", CHOICE, "setFanOscillationMode", "supportedFanOscillationModes", 0, 0 },
	{ "st.audioVolume", "volume", RANGE, "setVolume", NULL, 0, 100 },
	{ "st.audioMute", "mute", BUTTONS, NULL, "mute unmute", 0, 0 },
	{ "st.mediaPlayback", "playbackStatus", BUTTONS, NULL, "play pause stop", 0, 0 },
	{ "st.mediaTrackControl", NULL, BUTTONS, NULL, "previousTrack nextTrack", 0, 0 },
	{ "st.mediaInputSource", "inputSource", CHOICE, "setInputSource", "supportedInputSources", 0, 0 },
	{ "st.robotCleanerMovement", "robotCleanerMovement", CHOICE, "setRobotCleanerMovement",
	    "homing idle charging alarm powerOff reserve point after cleaning pause", 0, 0 },
};
#define CONTROLS (sizeof(controls) / sizeof(controls[0]))

/* --- showing --- */

static void
add_words(struct arena *a, struct json *list, const char *words, const char *now)
{
	while (*words != '\0') {
		size_t n = strcspn(words, " ");
		struct json *w = json_append(a, list, json_object(a));
		char *word = arena_strndup(a, words, n);
		json_set_string(a, w, "word", word);
		json_set_bool(a, w, "now", now != NULL && strcmp(now, word) == 0);
		words += n + (words[n] == ' ');
	}
}

static void
add_choice(struct arena *a, struct json *list, const struct json *device, const char *component, const struct control *c,
    const char *now)
{
	const struct json *supported = devices_value(device, component, c->capability, c->words);

	if (json_type(supported) != JSON_ARRAY) {
		if (strchr(c->words, ' ') != NULL)
			add_words(a, list, c->words, now);
		return;
	}
	for (const struct json *e = json_first(supported); e != NULL; e = json_next(e)) {
		const char *word = json_type(e) == JSON_OBJECT ? json_get_string(e, "id") : json_string(e);
		if (word == NULL)
			continue;
		struct json *w = json_append(a, list, json_object(a));
		json_set_string(a, w, "word", word);
		json_set_bool(a, w, "now", now != NULL && strcmp(now, word) == 0);
	}
}

static char *
number_text(struct arena *a, const struct json *v, int otherwise)
{
	double n;

	return json_number(v, &n) ? arena_printf(a, "%.10g", n) : arena_printf(a, "%d", otherwise);
}

static void
fill(struct arena *a, struct json *v, const struct json *device, const char *component, const struct control *c)
{
	const struct json *now = c->attribute != NULL ? devices_value(device, component, c->capability, c->attribute) : NULL;
	static const char *const kinds[] = { "buttons", "range", "number", "choice", "color" };
	struct json *list = json_array(a);

	json_set_string(a, v, "command", c->command);
	json_set_string(a, v, "value", number_text(a, now, c->min < 0 ? 20 : c->min));
	json_set_string(a, v, "min", arena_printf(a, "%d", c->min));
	json_set_string(a, v, "max", arena_printf(a, "%d", c->max));
	if (c->kind == BUTTONS)
		add_words(a, list, c->words, json_string(now));
	else if (c->kind == CHOICE)
		add_choice(a, list, device, component, c, json_string(now));
	else if (c->kind == COLOR)
		json_set_string(a, v, "saturation",
		    number_text(a, devices_value(device, component, c->capability, "saturation"), 100));
	json_set_bool(a, v, "is_choice", c->kind == CHOICE && json_first(list) != NULL);
	json_set(a, v, kinds[c->kind], json_first(list) != NULL ? list : c->kind == BUTTONS || c->kind == CHOICE ? NULL :
	    json_new_bool(a, true));
}

static const struct control *
find(const char *capability)
{
	for (size_t i = 0; capability != NULL && i < CONTROLS; i++)
		if (strcmp(controls[i].capability, capability) == 0)
			return &controls[i];
	return NULL;
}

static bool
is_listed(const struct json *list, const char *component, const char *capability)
{
	for (const struct json *e = json_first(list); e != NULL; e = json_next(e))
		if (strcmp(json_get_string(e, "component"), component) == 0 &&
		    strcmp(json_get_string(e, "capability"), capability) == 0)
			return true;
	return false;
}

struct json *
control_show(struct arena *a, const struct json *device)
{
	struct json *list = json_array(a);

	for (const struct json *s = json_first(json_get(device, "states")); s != NULL; s = json_next(s)) {
		const char *component = json_get_string(s, "component"), *capability = json_get_string(s, "capability");
		const struct control *c = find(capability);
		if (c == NULL || component == NULL || is_listed(list, component, capability))
			continue;
		struct json *v = json_append(a, list, json_object(a));
		json_set_string(a, v, "component", component);
		json_set_string(a, v, "capability", capability);
		json_set_string(a, v, "label", arena_printf(a, "%s%s%s", strcmp(component, "main") == 0 ? "" : component,
		    strcmp(component, "main") == 0 ? "" : " ", c->kind == COLOR ? "color" : c->attribute != NULL ? c->attribute :
		    capability + 3));
		fill(a, v, device, component, c);
	}
	return list;
}

/* --- reading --- */

static struct json *
read_number(struct arena *a, const char *text)
{
	char *end;
	double n = text != NULL ? strtod(text, &end) : 0;

	if (text == NULL || end == text || *end != '\0' || !(n > -1e15 && n < 1e15))
		return NULL;
	return json_new_number(a, n);
}

static struct json *
read_color(struct sim *s)
{
	struct json *color = json_object(s->arena);
	struct json *hue = read_number(s->arena, request_form(s->rq, "hue"));
	struct json *saturation = read_number(s->arena, request_form(s->rq, "saturation"));

	if (hue == NULL || saturation == NULL)
		return NULL;
	json_set(s->arena, color, "hue", hue);
	json_set(s->arena, color, "saturation", saturation);
	return color;
}

struct json *
control_read(struct sim *s, const char **why)
{
	const struct request *rq = s->rq;
	const char *as = request_form(rq, "as"), *value = request_form(rq, "value"), *text = request_form(rq, "arguments");
	const char *capability = request_form(rq, "capability"), *command = request_form(rq, "command");
	const char *component = request_form(rq, "component");
	struct json *arguments = json_array(s->arena), *one = NULL;

	*why = "Name a capability and a command.";
	if (capability == NULL || command == NULL)
		return NULL;
	*why = "The arguments must be a JSON array.";
	if (text != NULL && json_type(arguments = json_parse(s->arena, text, strlen(text), NULL)) != JSON_ARRAY)
		return NULL;
	*why = "The value makes no sense.";
	if (as != NULL && strcmp(as, "none") != 0) {
		one = strcmp(as, "number") == 0 ? read_number(s->arena, value) : strcmp(as, "color") == 0 ? read_color(s) :
		    value != NULL ? json_new_string(s->arena, value) : NULL;
		if (one == NULL)
			return NULL;
		json_append(s->arena, arguments, one);
	}
	return cloud_make_command(s, component != NULL ? component : "main", capability, command, arguments);
}
