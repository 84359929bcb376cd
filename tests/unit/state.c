/* state.c: values of attributes: first ones, what an owner sets, online and offline. */
#include "base/clock.h"
#include "device/change.h"
#include "tests/unit/device_fixture.h"
#include "base/banned.h"

#define UUID "0f3b6a1e-7c4d-4c55-9f0e-5d1a2b3c4d5e"

/* What state_each tells, a line a value. */
static void
list_value(void *arg, const struct state_value *v)
{
	char **text = arg;

	*text = arena_printf(arena, "%s%s %s.%s=%s%s\n", *text, v->component, v->capability, v->attribute,
	    json_print(arena, v->value), v->unit != NULL ? v->unit : "");
	CHECK(v->time > 0);
}

static const char *
listing(const char *id)
{
	char *text = arena_strdup(arena, "");
	const struct json *state;
	struct device d;

	if (device_find(store, arena, FIXTURE_USER, id, &d) != STORE_OK ||
	    state_get(store, arena, FIXTURE_USER, id, &state) != STORE_OK)
		return NULL;
	state_each(arena, catalogue, &d, state, list_value, &text);
	return text;
}

static void
test_first(void)
{
	fixture_add("{\"id\":\"fan\",\"name\":\"Fan\",\"type\":\"c2c-fan-controller-3speed\"}");
	CHECK_STR(listing("fan"), "main healthCheck.healthStatus=\"online\"\nmain switch.switch=\"off\"\n"
	    "main fanSpeed.fanSpeed=0\n");
	fixture_add("{\"id\":\"leak\",\"name\":\"Leak\",\"type\":\"c2c-leak\"}");
	CHECK_STR(listing("leak"), "main healthCheck.healthStatus=\"online\"\nmain waterSensor.water=\"dry\"\n"
	    "main battery.battery=100%\nmain temperatureMeasurement.temperature=20C\n");
	fixture_add("{\"id\":\"shade\",\"name\":\"Shade\",\"type\":\"c2c-shade\"}");
	CHECK_STR(listing("shade"), "main healthCheck.healthStatus=\"online\"\nmain windowShade.windowShade=\"closed\"\n"
	    "main windowShade.supportedWindowShadeCommands=[\"open\",\"close\",\"pause\"]\nmain switch.switch=\"off\"\n"
	    "main switchLevel.level=0%\n");
	fixture_add("{\"id\":\"two\",\"name\":\"Two\",\"type\":\"" UUID "\","
	    "\"components\":{\"main\":[\"switch\"],\"outlet2\":[\"switch\",\"button\"]}}");
	CHECK_STR(listing("two"), "main healthCheck.healthStatus=\"online\"\nmain switch.switch=\"off\"\n"
	    "outlet2 switch.switch=\"off\"\noutlet2 button.numberOfButtons=1\n"
	    "outlet2 button.supportedButtonValues=[\"pushed\",\"held\",\"double\"]\n");
	CHECK_STR(listing("none"), NULL);
}

static struct json *changed;
static const char *why;

static enum store_result
set(const char *id, const char *text)
{
	return state_set(store, arena, catalogue, FIXTURE_USER, id, &text, 1, &why, &changed);
}

static void
test_set(void)
{
	const char *both[] = { "switch.switch=on", "fanSpeed.fanSpeed=3" };
	const char *half[] = { "switch.switch=off", "fanSpeed.fanSpeed=4" };
	int64_t before = clock_ms();
	long long changes;

	CHECK(state_set(store, arena, catalogue, FIXTURE_USER, "fan", both, 2, &why, &changed) == STORE_OK && why == NULL);
	CHECK(json_count(changed) == 2);
	CHECK_STR(json_get_string(json_at(changed, 0), "capability"), "switch");
	CHECK_STR(json_get_string(json_at(changed, 0), "component"), "main");
	CHECK_STR(json_get_string(json_at(changed, 0), "value"), "on");
	CHECK(json_get_int(json_at(changed, 0), "timestamp", 0) >= before);
	CHECK_STR(value_in_store("fan", "main", "fanSpeed", "fanSpeed"), "3");
	/* All or none. */
	changes = changes_so_far();
	CHECK(state_set(store, arena, catalogue, FIXTURE_USER, "fan", half, 2, &why, &changed) == STORE_LIMIT);
	CHECK_STR(why, "fanSpeed.fanSpeed must be 0 to 3");
	CHECK_STR(value_in_store("fan", "main", "switch", "switch"), "\"on\"");
	/* The same again is no news. */
	CHECK(set("fan", "switch.switch=on") == STORE_OK && json_count(changed) == 0);
	CHECK(changes_so_far() == changes);
	CHECK(set("fan", "switch.switch=off") == STORE_OK && json_count(changed) == 1);
	CHECK(changes_so_far() == changes + 1);
	CHECK(set("none", "switch.switch=off") == STORE_ABSENT);
	CHECK(state_set(store, arena, catalogue, FIXTURE_USER, "fan", both, 1, &why, NULL) == STORE_OK);
}

static void
test_units(void)
{
	const struct json *slot, *state;

	CHECK(set("leak", "st.temperatureMeasurement.temperature=20.5C") == STORE_OK && json_count(changed) == 1);
	CHECK_STR(json_get_string(json_first(changed), "unit"), "C");
	CHECK(set("leak", "temperatureMeasurement.temperature=68F") == STORE_OK);
	CHECK_STR(json_get_string(json_first(changed), "unit"), "F");
	CHECK(set("leak", "temperatureMeasurement.temperature=-7.25e1") == STORE_OK);
	CHECK_STR(json_get_string(json_first(changed), "unit"), "F");
	CHECK_STR(value_in_store("leak", "main", "temperatureMeasurement", "temperature"), "-72.5");
	CHECK(state_get(store, arena, FIXTURE_USER, "leak", &state) == STORE_OK);
	slot = state_slot(state, "main", "temperatureMeasurement", "temperature");
	CHECK_STR(json_get_string(slot, "unit"), "F");
	CHECK(set("leak", "temperatureMeasurement.temperature=20K") == STORE_LIMIT && strstr(why, "no unit \"K\", but C") != NULL);
	CHECK(set("leak", "battery.battery=50%") == STORE_OK);
	CHECK(set("leak", "battery.battery=50 %") == STORE_LIMIT);
	CHECK(set("leak", "waterSensor.water=wet") == STORE_OK);
}

/* Texts that are no value of what they name, and what is said of them. */
static const struct { const char *device, *text, *why; } wrong[] = {
	{ "fan", "", "no value" }, { "fan", "=on", "say which" }, { "fan", "switch=on", "say which" },
	{ "fan", "switch.=on", "say which" }, { "fan", ".switch=on", "say which" },
	{ "fan", "switch.switch", "no value" }, { "fan", "switch.swich=on", "switch has no such attribute" },
	{ "fan", "lock.lock=locked", "no such capability" }, { "fan", "nonsense.x=1", "no such capability" },
	{ "fan", "two/switch.switch=on", "two/switch.switch: the device has no such" }, { "fan", "switch.switch=ON", "must be one of" },
	{ "fan", "switch.switch=", "must be one of" }, { "fan", "fanSpeed.fanSpeed=", "must be a number" },
	{ "fan", "fanSpeed.fanSpeed=1.5", "must be a whole number" }, { "fan", "fanSpeed.fanSpeed=-1", "must be 0 to 3" },
	{ "fan", "fanSpeed.fanSpeed=0x1", "no unit \"x1\"" }, { "fan", "fanSpeed.fanSpeed=inf", "must be a number" },
	{ "fan", "fanSpeed.fanSpeed=nan", "must be a number" }, { "fan", "fanSpeed.fanSpeed=1e999", "must be a whole number" },
	{ "leak", "temperatureMeasurement.temperature=1e999", "must be a number" },
	{ "leak", "temperatureMeasurement.temperature=1e", "no unit \"e\"" },
	{ "fan", "fanSpeed.fanSpeed= 1", "must be a number" }, { "fan", "healthCheck.healthStatus=offline", "goes offline" },
	{ "shade", "windowShade.supportedWindowShadeCommands=open", "must be JSON" },
	{ "shade", "windowShade.supportedWindowShadeCommands=[\"open\",\"shut\"]", "item 2 must be one of" },
	{ "shade", "windowShade.supportedWindowShadeCommands={}", "must be a list" },
	{ "box", "imageCapture.encrypted=1", "must be true or false" }, { "box", "imageCapture.encrypted=yes", "must be true or" },
	{ "box", "imageCapture.captureTime=yesterday", "must be a time" }, { "box", "imageCapture.image=ftp://x/", "must be a URL" },
	{ "box", "imageCapture.captureTime=2026-11-21T10:00:00+1:00", "must be a time" },
	{ "box", "color.colorValue={\"hue\":1,\"saturation\":101}", "saturation must be 0 to 100" },
	{ "box", "color.colorValue=[1]", "must be an object" },
	{ "box", "thermostatHeatingSetpoint.heatingSetpointRange={\"minimum\":5}", "maximum is missing" },
	{ "box", "threeAxis.threeAxis=[0,0,10001]", "item 3 must be -10000 to 10000" },
};

static void
test_kinds(void)
{
	fixture_add("{\"id\":\"box\",\"name\":\"Box\",\"type\":\"" UUID "\",\"capabilities\":[\"imageCapture\",\"color\","
	    "\"thermostatHeatingSetpoint\",\"threeAxis\",\"airConditionerMode\",\"button\",\"execute\"]}");
	for (size_t i = 0; i < sizeof(wrong) / sizeof(wrong[0]); i++) {
		CHECK(set(wrong[i].device, wrong[i].text) == STORE_LIMIT && why != NULL && strstr(why, wrong[i].why) != NULL);
		if (why == NULL || strstr(why, wrong[i].why) == NULL)
			printf("# %s\n#  got: %s\n# want: %s\n", wrong[i].text, why != NULL ? why : "(null)", wrong[i].why);
	}
	CHECK(set("box", "imageCapture.encrypted=true") == STORE_OK);
	CHECK_STR(value_in_store("box", "main", "imageCapture", "encrypted"), "true");
	CHECK(set("box", "imageCapture.captureTime=2026-11-21T10:00:00.5Z") == STORE_OK);
	CHECK(set("box", "imageCapture.captureTime=2026-11-21T10:00:00-08:00") == STORE_OK);
	CHECK(set("box", "imageCapture.captureTime=2026-11-21") == STORE_OK);
	CHECK(set("box", "imageCapture.image=https://example.com/a=b") == STORE_OK);
	CHECK_STR(value_in_store("box", "main", "imageCapture", "image"), "\"https://example.com/a=b\"");
	CHECK(set("box", "color.colorValue={\"hue\":360,\"saturation\":1.5}") == STORE_OK);
	CHECK(set("box", "threeAxis.threeAxis=[1,-2,3]") == STORE_OK);
	CHECK(set("box", "execute.data={\"any\":[1,{\"thing\":null}]}") == STORE_OK);
	CHECK(set("two", "outlet2/st.switch.switch=on") == STORE_OK);
	CHECK_STR(value_in_store("two", "outlet2", "switch", "switch"), "\"on\"");
	CHECK_STR(value_in_store("two", "main", "switch", "switch"), "\"off\"");
	/* 255 characters, not bytes. */
	const char *text = "airConditionerMode.airConditionerMode=";
	for (int i = 0; i < 255; i++)
		text = arena_printf(arena, "%s\xc3\xa4", text);
	CHECK(set("box", text) == STORE_OK);
	CHECK(set("box", arena_printf(arena, "%sx", text)) == STORE_LIMIT && strstr(why, "at most 255 characters") != NULL);
}

/* A button's value is news each time. */
static void
test_events(void)
{
	const struct json *state;
	long long first;

	CHECK(set("two", "outlet2/button.button=pushed") == STORE_OK && json_count(changed) == 1);
	state_get(store, arena, FIXTURE_USER, "two", &state);
	first = json_get_int(state_slot(state, "outlet2", "button", "button"), "time", 0);
	while (clock_ms() <= first)
		;
	CHECK(set("two", "outlet2/button.button=pushed") == STORE_OK && json_count(changed) == 1);
	state_get(store, arena, FIXTURE_USER, "two", &state);
	CHECK(json_get_int(state_slot(state, "outlet2", "button", "button"), "time", 0) > first);
	/* Whoever tells of changes sees at a glance that this one must not wait, whatever came behind it. */
	long long newest, event, pushed = changes_so_far();
	CHECK(set("fan", "switch.switch=on") == STORE_OK || set("fan", "switch.switch=off") == STORE_OK);
	CHECK(state_set_online(store, arena, FIXTURE_USER, "two", false) == STORE_OK);
	CHECK(state_set_online(store, arena, FIXTURE_USER, "two", true) == STORE_OK);
	CHECK(change_newest_event(store, arena, FIXTURE_USER, &newest, &event) == STORE_OK);
	CHECK(newest == changes_so_far() && newest > pushed && event == pushed);
	CHECK(change_newest_event(store, arena, "nobody", &newest, &event) == STORE_OK && newest == 0 && event == 0);
}

static void
test_online(void)
{
	const struct json *state;
	long long changes = changes_so_far();

	CHECK(state_set_online(store, arena, FIXTURE_USER, "fan", false) == STORE_OK);
	CHECK(state_get(store, arena, FIXTURE_USER, "fan", &state) == STORE_OK && !state_online(state));
	CHECK(strncmp(listing("fan"), "main healthCheck.healthStatus=\"offline\"\n", 40) == 0);
	CHECK(changes_so_far() == changes + 1);
	CHECK(state_set_online(store, arena, FIXTURE_USER, "fan", false) == STORE_OK);
	CHECK(changes_so_far() == changes + 1);
	CHECK(state_set_online(store, arena, FIXTURE_USER, "fan", true) == STORE_OK);
	CHECK(state_get(store, arena, FIXTURE_USER, "fan", &state) == STORE_OK && state_online(state));
	CHECK(state_set_online(store, arena, FIXTURE_USER, "none", true) == STORE_ABSENT);
}

/* More than a record holds is refused, not lost. */
static void
test_too_much(void)
{
	struct json *big = json_array(arena);
	const char *texts[5];

	for (int i = 0; i < 15000; i++)
		json_append(arena, big, json_new_number(arena, 1));
	CHECK(set("box", arena_printf(arena, "execute.data={\"x\":%s}", json_print(arena, big))) == STORE_LIMIT);
	CHECK(strstr(why, "is too large") != NULL);
	big = json_array(arena);
	for (int i = 0; i < 100; i++)
		json_append_string(arena, big, arena_printf(arena, "%0250d", i));
	CHECK(set("box", arena_printf(arena, "airConditionerMode.supportedAcModes=%s", json_print(arena, big))) == STORE_LIMIT);
	CHECK(strstr(why, "is too large") != NULL);
	fixture_add("{\"id\":\"wide\",\"name\":\"W\",\"type\":\"" UUID "\",\"components\":{\"a\":[\"execute\"],\"b\":[\"execute\"],"
	    "\"c\":[\"execute\"],\"d\":[\"execute\"],\"e\":[\"execute\"]}}");
	big = json_array(arena);
	for (int i = 0; i < 8000; i++)
		json_append(arena, big, json_new_number(arena, 1));
	for (int i = 0; i < 5; i++)	/* 16,000 bytes each */
		texts[i] = arena_printf(arena, "%c/execute.data={\"x\":%s}", 'a' + i, json_print(arena, big));
	CHECK(state_set(store, arena, catalogue, FIXTURE_USER, "wide", texts, 5, &why, NULL) == STORE_LIMIT);
	CHECK(strstr(why, "more than one device can hold") != NULL);
	CHECK_STR(value_in_store("wide", "a", "execute", "data"), NULL);
	CHECK(state_set(store, arena, catalogue, FIXTURE_USER, "wide", texts, 4, &why, NULL) == STORE_OK);
}

int
main(void)
{
	fixture_open();
	test_first();
	test_set();
	test_units();
	test_kinds();
	test_events();
	test_online();
	test_too_much();
	return fixture_close();
}
