/* capability.c: the catalogue that we ship, and catalogues that are wrong. */
#include <sys/stat.h>

#include "device/catalogue.h"
#include "tests/unit/device_fixture.h"
#include "base/banned.h"

/* The table of SmartThings' device handler types, as its documentation has it. */
static const struct { const char *type, *capabilities; } types[] = {
	{ "c2c-switch", "switch" }, { "c2c-switch-power", "switch powerMeter" },
	{ "c2c-switch-energy", "switch energyMeter" }, { "c2c-switch-power-energy", "switch powerMeter energyMeter" },
	{ "c2c-switch-presence", "switch presenceSensor" }, { "c2c-dimmer", "switch switchLevel" },
	{ "c2c-dimmer-2", "switch switchLevel battery" },
	{ "c2c-dimmer-3", "switch switchLevel battery temperatureMeasurement" },
	{ "c2c-dimmer-power", "switch switchLevel powerMeter" }, { "c2c-dimmer-energy", "switch switchLevel energyMeter" },
	{ "c2c-dimmer-power-energy", "switch switchLevel powerMeter energyMeter" },
	{ "c2c-color-temperature-bulb", "switch switchLevel colorTemperature" },
	{ "c2c-rgb-color-bulb", "switch switchLevel colorControl" },
	{ "c2c-rgbw-color-bulb", "switch switchLevel colorControl colorTemperature" },
	{ "c2c-contact", "contactSensor battery temperatureMeasurement" },
	{ "c2c-contact-2", "contactSensor battery temperatureMeasurement accelerationSensor" },
	{ "c2c-contact-3", "contactSensor battery" }, { "c2c-contact-4", "contactSensor doorControl garageDoorControl" },
	{ "c2c-contact-5", "contactSensor battery tamperAlert" },
	{ "c2c-motion", "motionSensor battery temperatureMeasurement" }, { "c2c-motion-2", "motionSensor battery" },
	{ "c2c-motion-3", "motionSensor battery temperatureMeasurement accelerationSensor illuminanceMeasurement "
	    "tamperAlert ultravioletIndex" },
	{ "c2c-motion-4", "motionSensor battery temperatureMeasurement accelerationSensor illuminanceMeasurement" },
	{ "c2c-motion-5", "motionSensor battery temperatureMeasurement illuminanceMeasurement tamperAlert" },
	{ "c2c-motion-6", "motionSensor battery temperatureMeasurement relativeHumidityMeasurement illuminanceMeasurement" },
	{ "c2c-motion-7", "motionSensor battery temperatureMeasurement relativeHumidityMeasurement illuminanceMeasurement "
	    "ultravioletIndex powerSource tamperAlert" },
	{ "c2c-humidity", "relativeHumidityMeasurement battery temperatureMeasurement" },
	{ "c2c-humidity-2", "relativeHumidityMeasurement battery" },
	{ "c2c-leak", "waterSensor battery temperatureMeasurement" }, { "c2c-leak-2", "waterSensor battery" },
	{ "c2c-leak-3", "waterSensor battery tamperAlert" }, { "c2c-smoke", "smokeDetector battery" },
	{ "c2c-smoke-2", "smokeDetector" }, { "c2c-smoke-co", "carbonMonoxideDetector smokeDetector battery" },
	{ "c2c-smoke-co-2", "carbonMonoxideDetector smokeDetector" },
	{ "c2c-smoke-co-3", "carbonMonoxideDetector smokeDetector battery powerSource colorControl switch switchLevel "
	    "relativeHumidityMeasurement temperatureMeasurement" },
	{ "c2c-carbon-monoxide", "carbonMonoxideDetector" },
	{ "c2c-carbon-monoxide-2", "carbonMonoxideDetector battery tamperAlert" },
	{ "c2c-carbon-monoxide-3", "carbonMonoxideDetector battery" }, { "c2c-lock-2", "lock battery" },
	{ "c2c-lock-3", "lock battery temperatureMeasurement" }, { "c2c-shade", "windowShade switch switchLevel" },
	{ "c2c-valve", "valve" }, { "c2c-valve-2", "valve battery powerSource" }, { "c2c-valve-3", "valve switch" },
	{ "c2c-siren", "alarm switch" }, { "c2c-siren-2", "alarm" }, { "c2c-siren-3", "alarm switch battery" },
	{ "c2c-fan-controller-2speed", "switch fanSpeed" }, { "c2c-fan-controller-3speed", "switch fanSpeed" },
	{ "c2c-fan-controller-4speed", "switch fanSpeed" }, { "c2c-arrival", "presenceSensor battery" },
	{ "c2c-arrival-2", "presenceSensor battery tone" }, { "c2c-arrival-3", "presenceSensor" },
	{ "c2c-button", "button" }, { "c2c-button-2", "button battery" }, { "c2c-button-3", "button holdableButton" },
	{ "c2c-button-4", "button holdableButton battery" }, { "c2c-doorbell", "button motionSensor battery" },
	{ "c2c-doorbell-2", "button motionSensor switch imageCapture" }, { "c2c-doorbell-3", "button motionSensor" },
	{ "c2c-music-player", "musicPlayer switch" }, { "c2c-music-player-2", "musicPlayer switch audioNotification" },
	{ "c2c-camera", "videoCamera videoCapture bufferedVideoCapture switch" }, { "c2c-camera-2", "imageCapture" },
	{ "c2c-camera-3", "videoCamera videoCapture videoStream motionSensor signalStrength switch" },
	{ "c2c-camera-4", "videoCamera videoCapture videoStream motionSensor signalStrength switch soundSensor" },
	{ "c2c-camera-5", "videoCamera videoCapture videoStream motionSensor signalStrength switch soundSensor battery" },
	{ "c2c-camera-rtsp-1", "motionSensor switch soundSensor imageCapture cameraEvent videoStream" },
	{ "c2c-camera-rtsp-2", "motionSensor imageCapture videoStream" }, { "c2c-camera-rtsp-3", "motionSensor videoStream" },
	{ "c2c-camera-webrtc-1", "motionSensor switch soundSensor imageCapture cameraEvent webrtc" },
};

static void
test_types(void)
{
	size_t n = sizeof(types) / sizeof(types[0]);

	for (size_t i = 0; i < n; i++) {
		const struct device_type *t = catalogue_type(catalogue, types[i].type);
		const char *list = "";
		CHECK(t != NULL);
		if (t == NULL)
			continue;
		for (const struct json *v = json_first(json_get(t->components, "main")); v != NULL; v = json_next(v))
			list = arena_printf(arena, "%s%s%s", list, *list != '\0' ? " " : "", json_string(v));
		CHECK_STR(list, types[i].capabilities);
		CHECK(*t->category != '\0' && strspn(t->category, "abcdefghijklmnopqrstuvwxyz-") == strlen(t->category));
		CHECK(strspn(t->model, " ") < strlen(t->model));
	}
	CHECK(catalogue_type_name(catalogue, n - 1) != NULL && catalogue_type_name(catalogue, n) == NULL);
	CHECK_STR(catalogue_type_name(catalogue, 0), "c2c-switch");
	/* Names that others made up. */
	CHECK(catalogue_type(catalogue, "c2c-thermostat") == NULL);
	CHECK(catalogue_type(catalogue, "c2c-lock") == NULL);
	CHECK(catalogue_type(catalogue, "") == NULL);
}

/* What kind an attribute has; -1 if it is not there. */
static int
kind_of(const char *capability, const char *attribute)
{
	const struct capability *c = catalogue_capability(catalogue, capability);
	const struct attribute *a = c != NULL ? capability_attribute(c, attribute) : NULL;

	return a != NULL ? (int)a->type.kind : -1;
}

static void
test_capabilities(void)
{
	const struct capability *level = catalogue_capability(catalogue, "st.switchLevel");

	CHECK(catalogue->n_capabilities == 198);	/* 191, what came since, what was retired, what cameras name */
	CHECK(level != NULL && level == catalogue_capability(catalogue, "switchLevel"));
	CHECK(catalogue_capability(catalogue, "SwitchLevel") == NULL);
	CHECK(catalogue_capability(catalogue, "st.st.switchLevel") == NULL);
	CHECK(catalogue_capability(catalogue, "") == NULL);
	const struct attribute *a = capability_attribute(level, "level");
	CHECK(a->type.kind == VALUE_INTEGER && a->type.min == 0 && a->type.max == 100);
	CHECK_STR(a->units[0], "%");
	CHECK(capability_command(level, "setLevel")->n_arguments == 2);
	CHECK(capability_command(level, "setLevel")->arguments[1].optional);
	CHECK(capability_command(level, "on") == NULL);
	CHECK(kind_of("temperatureMeasurement", "temperature") == VALUE_NUMBER);
	CHECK_STR(capability_attribute(catalogue_capability(catalogue, "temperatureMeasurement"), "temperature")->units[0],
	    "C");
	CHECK(kind_of("securitySystem", "alarm") == VALUE_STRING);
	CHECK(kind_of("colorControl", "hue") == VALUE_NUMBER);
	CHECK(kind_of("threeAxis", "threeAxis") == VALUE_ARRAY);
	CHECK(kind_of("powerConsumptionReport", "powerConsumption") == VALUE_OBJECT);
	CHECK(kind_of("imageCapture", "encrypted") == VALUE_BOOLEAN);
	CHECK(kind_of("fanMode", "supportedFanModes") == VALUE_ARRAY);
	CHECK(kind_of("batteryLevel", "battery") == VALUE_ENUM);
	CHECK(kind_of("garageDoorControl", "door") == VALUE_ENUM);
	CHECK(kind_of("musicPlayer", "status") == VALUE_ENUM);
	CHECK(kind_of("switchLevel", "levelRange") == VALUE_OBJECT);
	/* A type's own range. */
	const struct capability *fan = catalogue_capability(catalogue, "fanSpeed");
	CHECK(device_type_attribute(catalogue_type(catalogue, "c2c-fan-controller-3speed"), fan, "fanSpeed")->type.max == 3);
	CHECK(device_type_attribute(NULL, fan, "fanSpeed")->type.max > 1e9);
}

/* --- wrong ones --- */

static void
write_file(const char *name, const char *text)
{
	FILE *f = fopen(arena_printf(arena, "%s/conf/%s", folder, name), "w");

	fputs(text, f);
	fclose(f);
}

#define COMMON "\"healthCheck\":{\"attributes\":{},\"commands\":{}},\n\"refresh\":{\"attributes\":{},\"commands\":{}}"
#define TYPES_OK "{\"types\":{\"c2c-x\":{\"category\":\"light\",\"model\":\"X\",\"components\":{\"main\":[\"a\"]}}}}"

/* The complaint, without the folder, about this capability "a" (it stands in line 3) and these types. */
static const char *
complaint(const char *capability, const char *device_types)
{
	const char *why = NULL;

	write_file("capabilities.json", arena_printf(arena, "{\"capabilities\":{%s,\n\"a\":%s}}", COMMON, capability));
	write_file("device-types.json", device_types);
	if (catalogue_load(arena, arena_printf(arena, "%s/conf", folder), NULL, &why) != NULL)
		return NULL;
	return why != NULL ? why + strlen(folder) + strlen("/conf/") : "?";
}

#define C(attributes, commands) "{\"attributes\":{" attributes "},\"commands\":{" commands "}}"
#define ON "\"s\":{\"type\":\"enum\",\"values\":[\"on\",\"off\"]}"
#define N "\"n\":{\"type\":\"integer\",\"min\":0,\"max\":9}"
#define EFFECT(e) "\"go\":{\"arguments\":[{\"name\":\"x\",\"type\":\"object\",\"members\":{\"y\":{\"type\":\"number\"}}}],\"effects\":[" e "]}"

static const struct { const char *capability, *why; } wrong[] = {
	{ C(ON, ""), NULL },
	{ C(ON "," N, EFFECT("{\"attribute\":\"n\",\"argument\":\"x.y\"}")), NULL },
	{ "7", "must be an object" },
	{ "{\"attributes\":{}}", "needs attributes and commands" },
	{ "{\"attributes\":{},\"commands\":{},\"atributes\":{}}", "a.atributes: no such member; did you mean attributes" },
	{ C("\"s\":{\"type\":\"enun\"}", ""), "a.attributes.s.type: no such type: enun" },
	{ C("\"s\":{\"values\":[\"a\"]}", ""), "type is missing" },
	{ C("\"s\":{\"type\":\"enum\"}", ""), "a.attributes.s.values: must be a list of texts" },
	{ C("\"s\":{\"type\":\"enum\",\"values\":[]}", ""), "an enum needs values" },
	{ C("\"s\":{\"type\":\"boolean\",\"min\":0}", ""), "does not go with this type" },
	{ C("\"s\":{\"type\":\"number\",\"min\":1,\"max\":0}", ""), "min is above max" },
	{ C("\"s\":{\"type\":\"number\",\"min\":\"1\"}", ""), "must be a number" },
	{ C("\"s\":{\"type\":\"string\",\"max\":0}", ""), "max of a text" },
	{ C("\"s\":{\"type\":\"string\",\"format\":\"date\"}", ""), "no such format" },
	{ C("\"s\":{\"type\":\"array\"}", ""), "must be an object" },
	{ C("\"s\":{\"type\":\"array\",\"items\":{\"type\":\"x\"}}", ""), "no such type: x" },
	{ C("\"s\":{\"type\":\"object\",\"members\":{\"a\":{}}}", ""), "type is missing" },
	{ C("\"s\":{\"type\":\"object\",\"members\":{},\"required\":[\"b\"]}", ""), "no member b, which is required" },
	{ C("\"s\":{\"type\":\"integer\",\"max\":5,\"initial\":6}", ""), "a.attributes.s.initial: must be 5 or less" },
	{ C("\"s\":{\"type\":\"number\",\"units\":\"C\"}", ""), "must be a list of texts" },
	{ C(ON, "\"go\":{\"effects\":[]}"), "arguments must be a list" },
	{ C(ON, "\"go\":{\"arguments\":[]}"), "must be a list of at most 16" },
	{ C(ON, "\"go\":{\"arguments\":[{\"name\":\"a\",\"type\":\"number\",\"optional\":true},"
	    "{\"name\":\"b\",\"type\":\"number\"}],\"effects\":[]}"), "cannot be required behind an optional one" },
	{ C(ON, EFFECT("{\"attribute\":\"t\",\"value\":\"on\"}")), "a has no attribute t" },
	{ C(ON, EFFECT("{\"attribute\":\"s\",\"value\":\"onn\"}")), "the value for s must be one of: on, off" },
	{ C(ON, EFFECT("{\"attribute\":\"s\"}")), "needs exactly one of" },
	{ C(ON, EFFECT("{\"attribute\":\"s\",\"value\":\"on\",\"argument\":\"x\"}")), "needs exactly one of" },
	{ C(ON, EFFECT("{\"attribute\":\"s\",\"argument\":\"z\"}")), "no such argument: z" },
	{ C(ON, EFFECT("{\"attribute\":\"s\",\"argument\":\"x.z\"}")), "no such argument: x.z" },
	{ C(ON, EFFECT("{\"capability\":\"b\",\"attribute\":\"s\",\"value\":\"on\"}")), "no such capability: b" },
	{ C(ON, EFFECT("{\"attribute\":\"s\",\"turn\":{\"on\":\"of\"}}")), "the value for s must be one of" },
	{ C(ON, EFFECT("{\"attribute\":\"s\",\"argument\":\"x.y\",\"ranges\":[{\"to\":1}]}")), "each row needs" },
	{ C(ON, EFFECT("{\"attribute\":\"s\",\"value\":\"on\",\"when\":{}}")), "must be one argument and its text" },
	{ C(N, EFFECT("{\"attribute\":\"n\",\"add\":0}")), "add must be a number" },
	{ C(N, EFFECT("{\"attribut\":\"n\",\"add\":1}")), "did you mean attribute" },
};

static const struct { const char *types, *why; } wrong_types[] = {
	{ TYPES_OK, NULL },
	{ "[]", "must be an object" },
	{ "{}", "types is missing" },
	{ "{\"types\":{\"t\":{\"category\":\"l\",\"model\":\"m\"}}}", "needs a component main" },
	{ "{\"types\":{\"t\":{\"category\":\"l\",\"components\":{\"main\":[\"a\"]}}}}", "model is missing" },
	{ "{\"types\":{\"t\":{\"category\":\"l\",\"model\":\"m\",\"components\":{\"main\":[\"b\"]}}}}",
	    "no such capability: \"b\"" },
	{ "{\"types\":{\"t\":{\"category\":\"l\",\"model\":\"m\",\"components\":{\"main\":[\"a\"]},"
	    "\"attributes\":{\"a.z\":{}}}}}", "types.t.attributes.a.z: no such attribute" },
	{ "{\"types\":{\"t\":{\"category\":\"l\",\"model\":\"m\",\"components\":{\"main\":[\"a\"]},"
	    "\"attributes\":{\"a.n\":{\"max\":3,\"initial\":4}}}}}", "must be 0 to 3" },
	{ "{", "not valid JSON" },
};

static void
check_complaint(const char *got, const char *file, const char *why)
{
	if (why == NULL) {
		CHECK_STR(got, NULL);
		return;
	}
	CHECK(got != NULL && strncmp(got, file, strlen(file)) == 0 && strstr(got, why) != NULL);
	if (got == NULL || strstr(got, why) == NULL)
		printf("#  got: %s\n# want: %s\n", got != NULL ? got : "(null)", why);
}

static void
test_wrong(void)
{
	const char *why = NULL;

	CHECK(catalogue_load(arena, "/nowhere", NULL, &why) == NULL && strstr(why, "/nowhere/capabilities.json: ") != NULL);
	mkdir(arena_printf(arena, "%s/conf", folder), 0700);
	for (size_t i = 0; i < sizeof(wrong) / sizeof(wrong[0]); i++)
		check_complaint(complaint(wrong[i].capability, TYPES_OK), "capabilities.json:3: ", wrong[i].why);
	for (size_t i = 0; i < sizeof(wrong_types) / sizeof(wrong_types[0]); i++)
		check_complaint(complaint(C(N, ""), wrong_types[i].types), "device-types.json:1: ", wrong_types[i].why);
	write_file("capabilities.json", "{\"capabilities\":{}}");
	CHECK(catalogue_load(arena, arena_printf(arena, "%s/conf", folder), NULL, &why) == NULL);
	CHECK(strstr(why, "every device needs healthCheck") != NULL);
}

int
main(void)
{
	fixture_open();
	test_types();
	test_capabilities();
	test_wrong();
	return fixture_close();
}
