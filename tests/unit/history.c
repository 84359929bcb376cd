/* history.c: a device's changes, read back: its own only, newest first, within bounds. */
#include "base/clock.h"
#include "device/change.h"
#include "device/command.h"
#include "device/history.h"
#include "tests/unit/device_fixture.h"
#include "base/banned.h"

static struct history h;

static void
set(const char *id, const char *text)
{
	const char *why;

	CHECK(state_set(store, arena, catalogue, FIXTURE_USER, id, &text, 1, &why, NULL) == STORE_OK);
}

static enum store_result
read_range(const char *id, int64_t since, int64_t until, size_t max)
{
	const struct history_range range = { FIXTURE_USER, id, since, until, max };

	return history_read(store, arena, &range, &h);
}

/* "level=7 level=3": attributes and values as they came out. */
static const char *
told(void)
{
	const char *text = "";

	for (size_t i = 0; i < h.n; i++)
		text = arena_printf(arena, "%s%s%s=%s", text, i > 0 ? " " : "", h.values[i].attribute,
		    json_print(arena, h.values[i].value));
	return text;
}

static int64_t
next_ms(void)
{
	int64_t now = clock_ms();

	while (clock_ms() <= now)
		;
	return clock_ms();
}

static void
test_own_only(void)
{
	fixture_add("{\"id\":\"lamp\",\"name\":\"Lamp\",\"type\":\"c2c-dimmer\"}");
	fixture_add("{\"id\":\"leak\",\"name\":\"Leak\",\"type\":\"c2c-leak\"}");
	CHECK(read_range("lamp", 0, 0, 0) == STORE_OK && h.n == 0 && !h.more);
	CHECK(read_range("none", 0, 0, 0) == STORE_ABSENT);
	set("lamp", "switchLevel.level=3");
	set("leak", "temperatureMeasurement.temperature=70F");
	set("lamp", "switchLevel.level=7");
	set("leak", "waterSensor.water=wet");
	set("lamp", "switch.switch=on");
	CHECK(read_range("lamp", 0, 0, 0) == STORE_OK);
	CHECK_STR(told(), "switch=\"on\" level=7 level=3");
	CHECK_STR(h.values[1].capability, "switchLevel");
	CHECK_STR(h.values[1].component, "main");
	CHECK_STR(h.values[1].unit, "%");
	/* What it was before, and since when: of the first change what the device began with. */
	CHECK_STR(json_print(arena, json_get(h.values[1].was, "value")), "3");
	CHECK(json_get_int(h.values[1].was, "time", 0) == h.values[2].time);
	CHECK_STR(json_print(arena, json_get(h.values[2].was, "value")), "100");
	CHECK_STR(json_get_string(h.values[0].was, "value"), "off");
	CHECK(read_range("leak", 0, 0, 0) == STORE_OK);
	CHECK_STR(told(), "water=\"wet\" temperature=70");
	CHECK_STR(h.values[1].unit, "F");
}

static void
test_ways_in(void)
{
	const struct command on = { "main", "switch", "off", NULL };
	struct command_outcome out;

	command_run(store, arena, catalogue, FIXTURE_USER, "lamp", &on, 1, "grant", &out);
	CHECK(state_set_online(store, arena, FIXTURE_USER, "lamp", false) == STORE_OK);
	CHECK(device_rename(store, arena, FIXTURE_USER, "lamp", "Lantern") == STORE_OK);
	CHECK(state_set_online(store, arena, FIXTURE_USER, "lamp", true) == STORE_OK);
	CHECK(read_range("lamp", 0, 0, 1) == STORE_OK && h.n == 1);
	CHECK_STR(json_get_string(h.values[0].was, "value"), "offline");
	CHECK(read_range("lamp", 0, 0, 3) == STORE_OK && h.more);
	CHECK_STR(told(), "healthStatus=\"online\" healthStatus=\"offline\" switch=\"off\"");
}

static void
test_range(void)
{
	int64_t start = next_ms(), middle;

	set("leak", "battery.battery=50");
	middle = next_ms();
	set("leak", "battery.battery=40");
	CHECK(read_range("leak", start, 0, 0) == STORE_OK && !h.more);
	CHECK_STR(told(), "battery=40 battery=50");
	CHECK(read_range("leak", middle, 0, 0) == STORE_OK && !h.more);
	CHECK_STR(told(), "battery=40");
	CHECK(read_range("leak", start, middle, 0) == STORE_OK && !h.more);
	CHECK_STR(told(), "battery=50");
	CHECK(read_range("leak", next_ms(), 0, 0) == STORE_OK && h.n == 0);
	CHECK(read_range("leak", start, 0, 1) == STORE_OK && h.n == 1 && h.more);
	CHECK(read_range("leak", start, 0, 2) == STORE_OK && h.n == 2);
}

/* Several values of one change; a walk has an end however busy a device is. */
static void
test_bounds(void)
{
	const char *both[] = { "switch.switch=on", "switchLevel.level=0" }, *why;

	CHECK(state_set(store, arena, catalogue, FIXTURE_USER, "lamp", both, 2, &why, NULL) == STORE_OK);
	CHECK(read_range("lamp", 0, 0, 2) == STORE_OK);
	CHECK_STR(told(), "level=0 switch=\"on\"");
	for (int i = 0; i < HISTORY_STEPS + 20; i++)
		set("lamp", arena_printf(arena, "switchLevel.level=%d", i % 2 + 1));
	CHECK(read_range("lamp", 0, 0, 0) == STORE_OK);
	CHECK(h.n == HISTORY_STEPS && h.more);
}

/* What came before a device of the same id is not this one's. */
static void
test_again(void)
{
	CHECK(device_delete(store, arena, FIXTURE_USER, "leak") == STORE_OK);
	CHECK(read_range("leak", 0, 0, 0) == STORE_ABSENT);
	fixture_add("{\"id\":\"leak\",\"name\":\"Leak\",\"type\":\"c2c-leak\"}");
	CHECK(read_range("leak", 0, 0, 0) == STORE_OK && h.n == 0);
}

/* After a day a change is gone, and the walk ends there. */
static void
test_a_day(void)
{
	const char *path = arena_printf(arena, "%s/clock", folder);
	int64_t ahead = 23 * 3600 * 1000LL;
	FILE *f = fopen(path, "w+");

	CHECK(f != NULL && fwrite(&ahead, sizeof(ahead), 1, f) == 1 && fflush(f) == 0);
	set("leak", "battery.battery=9");
	clock_follow(path);
	set("leak", "battery.battery=8");
	CHECK(read_range("leak", 0, 0, 0) == STORE_OK);
	CHECK_STR(told(), "battery=8 battery=9");
	ahead += 2 * 3600 * 1000LL;
	CHECK(f != NULL && fseek(f, 0, SEEK_SET) == 0 && fwrite(&ahead, sizeof(ahead), 1, f) == 1 && fclose(f) == 0);
	CHECK(read_range("leak", 0, 0, 0) == STORE_OK && !h.more);
	CHECK_STR(told(), "battery=8");
}

int
main(void)
{
	fixture_open();
	test_own_only();
	test_ways_in();
	test_range();
	test_bounds();
	test_again();
	test_a_day();
	return fixture_close();
}
