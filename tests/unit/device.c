/* device.c: definitions good and bad, and the records they become. */
#include "base/clock.h"
#include "tests/unit/device_fixture.h"
#include "base/banned.h"

#define UUID "0f3b6a1e-7c4d-4c55-9f0e-5d1a2b3c4d5e"
#define DEFINE(rest) "{\"id\":\"a\",\"name\":\"A\",\"type\":" rest "}"

static const char *
fault(const char *definition, struct device *d, struct json **state)
{
	return device_define(arena, catalogue, parse(definition), d, state);
}

static void
test_define(void)
{
	struct device d;
	struct json *state = NULL;
	int64_t before = clock_ms();

	CHECK_STR(fault("{\"id\":\"hall\",\"name\":\"Hall lamp\",\"type\":\"c2c-dimmer\",\"room\":\"Hall\","
	    "\"set\":{\"switchLevel.level\":42,\"st.switch.switch\":\"on\"}}", &d, &state), NULL);
	CHECK_STR(d.id, "hall");
	CHECK_STR(d.room, "Hall");
	CHECK_STR(d.source, "virtual");
	CHECK_STR(d.manufacturer, "Gatehouse");
	CHECK_STR(d.model, "Dimmer");
	CHECK(d.hw_version == NULL && d.sw_version == NULL);
	CHECK_STR(json_print(arena, d.components), "{\"main\":[\"switch\",\"switchLevel\",\"healthCheck\",\"refresh\"]}");
	CHECK_STR(json_print(arena, d.categories), "[\"light\"]");
	CHECK(device_has(&d, "main", "switch") && !device_has(&d, "main", "colorControl"));
	CHECK(!device_has(&d, "other", "switch") && device_has(&d, "main", "healthCheck"));
	CHECK_STR(json_print(arena, json_get(state_slot(state, "main", "switchLevel", "level"), "value")), "42");
	CHECK_STR(json_print(arena, json_get(state_slot(state, "main", "switch", "switch"), "value")), "\"on\"");
	CHECK(json_get_int(state_slot(state, "main", "switch", "switch"), "time", 0) >= before);
	CHECK(state_online(state));
	CHECK_STR(fault("{\"id\":\"p\",\"name\":\"P\",\"type\":\"" UUID "\",\"capabilities\":[\"st.switch\",\"thermostatMode\","
	    "\"switch\"],\"model\":\"M1\",\"manufacturer\":\"Example Works\",\"hwVersion\":\"1\",\"swVersion\":\"2\","
	    "\"categories\":[\"thermostat\"]}", &d, &state), NULL);
	CHECK_STR(json_print(arena, d.components), "{\"main\":[\"switch\",\"thermostatMode\",\"healthCheck\",\"refresh\"]}");
	CHECK_STR(d.model, "M1");
	CHECK_STR(d.hw_version, "1");
	CHECK_STR(json_print(arena, d.categories), "[\"thermostat\"]");
	CHECK_STR(fault("{\"id\":\"p\",\"name\":\"P\",\"type\":\"" UUID "\",\"components\":{\"outlet2\":[\"switch\"],"
	    "\"main\":[\"powerMeter\"]},\"set\":{\"outlet2/switch.switch\":\"on\",\"powerMeter.power\":\"12.5W\"}}",
	    &d, &state), NULL);
	CHECK_STR(json_print(arena, d.components),
	    "{\"main\":[\"powerMeter\",\"healthCheck\",\"refresh\"],\"outlet2\":[\"switch\"]}");
	CHECK_STR(json_print(arena, json_get(state_slot(state, "outlet2", "switch", "switch"), "value")), "\"on\"");
	CHECK_STR(json_print(arena, json_get(state_slot(state, "main", "powerMeter", "power"), "value")), "12.5");
}

static const struct { const char *definition, *why; } wrong[] = {
	{ "[]", "is an object" },
	{ "{}", "id is missing" },
	{ "{\"id\":\"a\",\"type\":\"c2c-switch\"}", "name is missing" },
	{ DEFINE("\"c2c-switch\",\"rom\":\"x\""), "no member rom" },
	{ DEFINE("7"), "type must be a text" },
	{ DEFINE("\"c2c-swich\""), "no such type: c2c-swich" },
	{ DEFINE("\"c2c-switch\",\"room\":\" \""), "room must be a text" },
	{ DEFINE("\"c2c-switch\",\"model\":\"\""), "model must be a text" },
	{ DEFINE("\"c2c-switch\",\"capabilities\":[\"lock\"]"), "has capabilities of its own" },
	{ DEFINE("\"" UUID "\""), "needs capabilities, or components" },
	{ DEFINE("\"" UUID "\",\"capabilities\":[\"switch\"],\"components\":{}"), "needs capabilities, or components" },
	{ DEFINE("\"" UUID "0\",\"capabilities\":[\"switch\"]"), "no such type" },
	{ DEFINE("\"0f3b6a1e-7c4d-4c55-9f0e-5d1a2b3c4d5\",\"capabilities\":[\"switch\"]"), "no such type" },
	{ DEFINE("\"" UUID "\",\"capabilities\":[\"swich\"]"), "no such capability: \"swich\"" },
	{ DEFINE("\"" UUID "\",\"capabilities\":[7]"), "no such capability: 7" },
	{ DEFINE("\"" UUID "\",\"capabilities\":\"switch\""), "must be a list" },
	{ DEFINE("\"" UUID "\",\"components\":[\"switch\"]"), "components must be an object" },
	{ DEFINE("\"" UUID "\",\"components\":{\"online\":[\"switch\"]}"), "cannot be called online" },
	{ DEFINE("\"" UUID "\",\"components\":{\"v\":[\"switch\"]}"), "cannot be called v" },
	{ DEFINE("\"" UUID "\",\"components\":{\"a/b\":[\"switch\"]}"), "a component's name has" },
	{ DEFINE("\"" UUID "\",\"components\":{\"b\":[\"x\"]}"), "no such capability" },
	{ DEFINE("\"c2c-switch\",\"categories\":[7]"), "categories must be" },
	{ DEFINE("\"c2c-switch\",\"set\":[]"), "set must be an object" },
	{ DEFINE("\"c2c-switch\",\"set\":{\"switchLevel.level\":1}"), "switchLevel.level: the device has no such capability" },
	{ DEFINE("\"c2c-dimmer\",\"set\":{\"switchLevel.level\":101}"), "must be 0 to 100" },
	{ DEFINE("\"c2c-dimmer\",\"set\":{\"switchLevel.level\":\"4%%\"}"), "no unit" },
	{ DEFINE("\"c2c-switch\",\"set\":{\"switch.switch\":true}"), "must be one of: on, off" },
	{ DEFINE("\"c2c-switch\",\"set\":{\"switch\":\"on\"}"), "say which attribute" },
};

static void
test_wrong(void)
{
	struct device d;
	struct json *state;

	for (size_t i = 0; i < sizeof(wrong) / sizeof(wrong[0]); i++) {
		const char *why = fault(wrong[i].definition, &d, &state);
		CHECK(why != NULL && strstr(why, wrong[i].why) != NULL);
		if (why == NULL || strstr(why, wrong[i].why) == NULL)
			printf("#  got: %s\n# want: %s\n", why != NULL ? why : "(null)", wrong[i].why);
	}
	CHECK(device_id_fault("a.b_c:d#e~f-9") == NULL);
	CHECK(device_id_fault("") != NULL && device_id_fault("a/b") != NULL && device_id_fault("a b") != NULL);
	CHECK(device_id_fault("\xc3\xa4") != NULL);
	CHECK(device_id_fault("0123456789012345678901234567890123456789012345678901234567890123") == NULL);
	CHECK(device_id_fault("01234567890123456789012345678901234567890123456789012345678901234") != NULL);
	CHECK(device_name_fault("K\xc3\xbc" "che") == NULL && device_name_fault("") != NULL && device_name_fault("a\nb") != NULL);
}

static const char *
ids(void)
{
	struct json *list;

	return device_ids(store, arena, FIXTURE_USER, &list) == STORE_OK ? json_print(arena, list) : NULL;
}

static void
test_records(void)
{
	struct device d, found;
	struct json *state;
	bool exists = true;
	const char *value;
	const struct json *kept;

	CHECK_STR(ids(), "[]");
	CHECK(device_find(store, arena, FIXTURE_USER, "a", &found) == STORE_ABSENT);
	CHECK(fault(DEFINE("\"c2c-switch\",\"room\":\"Hall\""), &d, &state) == NULL);
	CHECK(device_add(store, arena, FIXTURE_USER, &d, state, 2, &exists) == STORE_OK && !exists);
	CHECK(changes_so_far() == 1);
	CHECK(device_add(store, arena, FIXTURE_USER, &d, state, 2, &exists) == STORE_OK && exists);
	CHECK(changes_so_far() == 1);
	CHECK(device_find(store, arena, FIXTURE_USER, "a", &found) == STORE_OK);
	CHECK_STR(found.name, "A");
	CHECK_STR(found.room, "Hall");
	CHECK_STR(found.type, "c2c-switch");
	CHECK(found.hw_version == NULL && clock_sec() - found.created < 10);
	CHECK_STR(json_get_string(device_show(arena, &found), "room"), "Hall");
	CHECK(json_get(device_show(arena, &found), "hwVersion") == NULL);
	CHECK(device_find(store, arena, "u2", "a", &found) == STORE_ABSENT);
	CHECK(device_find(store, arena, FIXTURE_USER, "../a", &found) == STORE_ABSENT);
	CHECK(device_find(store, arena, FIXTURE_USER, "", &found) == STORE_ABSENT);
	fixture_add("{\"id\":\"b\",\"name\":\"B\",\"type\":\"c2c-lock-2\"}");
	CHECK_STR(ids(), "[\"a\",\"b\"]");
	d.id = "c";
	CHECK(device_add(store, arena, FIXTURE_USER, &d, state, 2, &exists) == STORE_LIMIT);
	CHECK_STR(ids(), "[\"a\",\"b\"]");
	CHECK(device_find(store, arena, FIXTURE_USER, "c", &found) == STORE_ABSENT);
	CHECK(device_rename(store, arena, FIXTURE_USER, "a", "New name") == STORE_OK);
	CHECK(device_find(store, arena, FIXTURE_USER, "a", &found) == STORE_OK);
	CHECK_STR(found.name, "New name");
	CHECK(changes_so_far() == 3);
	CHECK(device_rename(store, arena, FIXTURE_USER, "a", "") == STORE_LIMIT);
	CHECK(device_rename(store, arena, FIXTURE_USER, "z", "N") == STORE_ABSENT);
	CHECK(device_move(store, arena, FIXTURE_USER, "a", "Attic") == STORE_OK);
	CHECK(device_find(store, arena, FIXTURE_USER, "a", &found) == STORE_OK);
	CHECK_STR(found.room, "Attic");
	CHECK(device_move(store, arena, FIXTURE_USER, "a", " ") == STORE_LIMIT);
	CHECK(device_move(store, arena, FIXTURE_USER, "z", NULL) == STORE_ABSENT);
	CHECK(device_move(store, arena, FIXTURE_USER, "a", NULL) == STORE_OK);
	CHECK(device_find(store, arena, FIXTURE_USER, "a", &found) == STORE_OK && found.room == NULL);
	CHECK(device_delete(store, arena, FIXTURE_USER, "z") == STORE_ABSENT);
	CHECK(device_delete(store, arena, FIXTURE_USER, "a") == STORE_OK);
	CHECK(changes_so_far() == 6);
	CHECK_STR(ids(), "[\"b\"]");
	CHECK(device_find(store, arena, FIXTURE_USER, "a", &found) == STORE_ABSENT);
	CHECK(state_get(store, arena, FIXTURE_USER, "a", &kept) == STORE_ABSENT && kept == NULL);
	CHECK(device_delete_all(store, arena, FIXTURE_USER) == STORE_OK);
	CHECK_STR(ids(), "[]");
	CHECK(store_get(store, arena, "state/" FIXTURE_USER "/b", &value) == STORE_ABSENT);
	CHECK(store_get(store, arena, "changes/" FIXTURE_USER, &value) == STORE_ABSENT);
}

static const struct json *
many(size_t n, const char *last)
{
	struct json *list = json_array(arena);

	for (size_t i = 0; i < n; i++)
		json_append(arena, list, parse(arena_printf(arena,
		    "{\"id\":\"d%zu\",\"name\":\"D\",\"type\":\"%s\"}", i, i + 1 == n ? last : "c2c-motion-7")));
	return list;
}

static void
test_add_all(void)
{
	const char *why = NULL;
	struct json *list;
	struct device d;

	CHECK(device_add_all(store, arena, catalogue, FIXTURE_USER, many(70, "nonsense"), 500, &why) == STORE_LIMIT);
	CHECK(why != NULL && strstr(why, "device 70: no such type: nonsense") != NULL);
	CHECK_STR(ids(), "[]");
	CHECK(device_add_all(store, arena, catalogue, FIXTURE_USER, many(3, "c2c-switch"), 500, &why) == STORE_OK && why == NULL);
	CHECK(device_rename(store, arena, FIXTURE_USER, "d1", "Mine") == STORE_OK);
	CHECK(device_add_all(store, arena, catalogue, FIXTURE_USER, many(70, "c2c-switch"), 500, &why) == STORE_OK);
	CHECK(device_ids(store, arena, FIXTURE_USER, &list) == STORE_OK && json_count(list) == 70);
	CHECK(device_find(store, arena, FIXTURE_USER, "d1", &d) == STORE_OK);
	CHECK_STR(d.name, "Mine");
	CHECK(device_add_all(store, arena, catalogue, FIXTURE_USER, many(71, "c2c-switch"), 70, &why) == STORE_LIMIT);
	CHECK_STR(why, "more than 70 devices");
	CHECK(device_delete_all(store, arena, FIXTURE_USER) == STORE_OK);
	CHECK_STR(ids(), "[]");
	CHECK(device_find(store, arena, FIXTURE_USER, "d69", &d) == STORE_ABSENT);
}

int
main(void)
{
	fixture_open();
	test_define();
	test_wrong();
	test_records();
	test_add_all();
	return fixture_close();
}
