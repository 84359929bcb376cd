/* Looking at a device: what was shown of it once is shown again only while nothing of it is another. */
#include "device/sight.h"

#include "device/catalogue.h"
#include "tests/unit/device_fixture.h"
#include "base/banned.h"

static const char one_way, another_way;

/* What is remembered of the device for a purpose; NULL: nothing. */
static const char *
shown(const char *user, const char *id, const struct catalogue *c, const void *purpose)
{
	struct sight sight;

	if (sight_find_state(store, arena, user, id, &sight) != STORE_OK)
		return "not there";
	struct json *v = sight_shown(store, arena, c, &sight, purpose);
	return v != NULL ? json_print(arena, v) : NULL;
}

static void
keep(const char *user, const char *id, const void *purpose, const char *json)
{
	struct sight sight;

	CHECK(sight_find_state(store, arena, user, id, &sight) == STORE_OK);
	const struct json *v = sight_keep(store, arena, catalogue, &sight, purpose, parse(json));
	CHECK(strcmp(json_print(arena, v), json) == 0);
}

static bool
is_shown(const char *user, const char *id, const void *purpose, const char *json)
{
	const char *text = shown(user, id, catalogue, purpose);

	return json == NULL ? text == NULL : text != NULL && strcmp(text, json) == 0;
}

static void
add(const char *user, const char *id)
{
	struct device d;
	struct json *state;
	bool exists;

	CHECK(device_define(arena, catalogue, parse(arena_printf(arena, "{\"id\":\"%s\",\"type\":\"c2c-dimmer\",\"name\":\"D\"}", id)), &d,
	    &state) == NULL);
	CHECK(device_add(store, arena, user, &d, state, 10, &exists) == STORE_OK);
}

/* Records that were read often enough to be remembered. */
static void
look_often(const char *user, const char *id)
{
	for (int i = 0; i < 3; i++)
		shown(user, id, catalogue, &one_way);
}

int
main(void)
{
	fixture_open();
	add("u1", "a");
	add("u2", "a");
	keep("u1", "a", &one_way, "{\"first\":1}");
	CHECK_NAMED(is_shown("u1", "a", &one_way, NULL), "a record that was read once is not remembered, nor what was made of it");

	look_often("u1", "a");
	look_often("u2", "a");
	keep("u1", "a", &one_way, "{\"id\":\"a\",\"list\":[1,\"x\"]}");
	CHECK(is_shown("u1", "a", &one_way, "{\"id\":\"a\",\"list\":[1,\"x\"]}"));
	CHECK_NAMED(is_shown("u1", "a", &another_way, NULL), "another way of showing it");
	CHECK_NAMED(is_shown("u2", "a", &one_way, NULL), "another user's device of the same id and looks");

	/* The same catalogue, read anew. */
	struct catalogue anew = *catalogue;
	anew.edition++;
	CHECK(shown("u1", "a", &anew, &one_way) == NULL);

	/* Its state, then its record are others: at once, and for good. */
	CHECK(state_set_online(store, arena, "u1", "a", false) == STORE_OK);
	CHECK(is_shown("u1", "a", &one_way, NULL));
	look_often("u1", "a");
	CHECK(is_shown("u1", "a", &one_way, NULL));
	keep("u1", "a", &one_way, "{\"offline\":true}");
	CHECK(is_shown("u1", "a", &one_way, "{\"offline\":true}"));
	CHECK(device_rename(store, arena, "u1", "a", "E") == STORE_OK);
	look_often("u1", "a");
	CHECK(is_shown("u1", "a", &one_way, NULL));

	/* What a device is does not follow its state. */
	struct sight sight;
	for (int i = 0; i < 2; i++)
		CHECK(sight_find(store, arena, "u1", "a", &sight) == STORE_OK && sight.state == NULL);
	sight_keep(store, arena, catalogue, &sight, &one_way, parse("{\"what\":1}"));
	CHECK(state_set_online(store, arena, "u1", "a", true) == STORE_OK);
	CHECK(sight_find(store, arena, "u1", "a", &sight) == STORE_OK);
	CHECK(strcmp(json_print(arena, sight_shown(store, arena, catalogue, &sight, &one_way)), "{\"what\":1}") == 0);

	CHECK(sight_find_state(store, arena, "u1", "none", &sight) == STORE_ABSENT && sight.record == NULL);
	return fixture_close();
}
