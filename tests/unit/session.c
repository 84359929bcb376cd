/* Sessions: their two ends in time, and what ends them at once. */
#include "oauth/session.h"
#include "tests/unit/check.h"
#include "tests/unit/fixture.h"
#include "base/banned.h"

static struct user ann;

static enum store_result
find(const char *cookie)
{
	struct session s;

	return session_find(fx.store, fx.arena, fx.config, cookie, &s);
}

static const char *
begin(void)
{
	struct session s;

	if (session_begin(fx.store, fx.arena, fx.config, &ann, "Firefox", "192.0.2.1", &s) != STORE_OK)
		fixture_fail("session", "");
	return s.cookie;
}

static void
test_cookie(void)
{
	const char *one = begin(), *two = begin();
	const char *bad[] = { "", ".", "a", "a.", ".b", "a.b", "a/b.c", "../x.y" };
	struct session s;

	CHECK(strcmp(one, two) != 0);
	CHECK(session_find(fx.store, fx.arena, fx.config, one, &s) == STORE_OK);
	CHECK_STR(s.user.name, "ann");
	CHECK_STR(s.cookie, one);
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++)
		CHECK_NAMED(find(bad[i]) == STORE_ABSENT, arena_printf(fx.arena, "cookie \"%s\"", bad[i]));
	CHECK(find(NULL) == STORE_ABSENT);
	CHECK(find(arena_strndup(fx.arena, one, strlen(one) - 1)) == STORE_ABSENT);
	CHECK(find(arena_printf(fx.arena, "x%s", one)) == STORE_ABSENT);
	CHECK_NAMED(session_end(fx.store, fx.arena, one) == STORE_OK && find(one) == STORE_ABSENT, "B27 dead at the server too");
	CHECK(session_end(fx.store, fx.arena, one) == STORE_OK && session_end(fx.store, fx.arena, "x") == STORE_OK);
	CHECK(find(two) == STORE_OK);
}

static void
test_time(void)
{
	const char *cookie = begin();
	int64_t idle = fx.config->oauth.session_idle_ttl * 1000, max = fx.config->oauth.session_max_ttl * 1000, t = 0;

	fixture_clock(t = idle - 5000);
	CHECK_NAMED(find(cookie) == STORE_OK, "used before its idle end");
	fixture_clock(t += idle - 5000);
	CHECK_NAMED(find(cookie) == STORE_OK, "each use moves that end");
	fixture_clock(t + idle + 5000);
	CHECK_NAMED(find(cookie) == STORE_ABSENT, "idle for too long");
	fixture_clock(0);
	cookie = begin();
	for (t = 0; t < max - idle / 2; t += idle / 2) {
		fixture_clock(t);
		if (find(cookie) != STORE_OK)
			CHECK_NAMED(false, "in use before its absolute end");
	}
	fixture_clock(max - 5000);
	CHECK_NAMED(find(cookie) == STORE_OK, "in use until its absolute end");
	fixture_clock(max + 5000);
	CHECK_NAMED(find(cookie) == STORE_ABSENT, "and no longer");
	fixture_clock(0);
}

static void
test_account(void)
{
	const char *cookie = begin();

	CHECK(user_set_disabled(fx.store, fx.arena, ann.id, true) == STORE_OK && find(cookie) == STORE_ABSENT);
	CHECK(user_set_disabled(fx.store, fx.arena, ann.id, false) == STORE_OK && find(cookie) == STORE_OK);
	CHECK(user_delete(fx.store, fx.arena, ann.id) == STORE_OK && find(cookie) == STORE_ABSENT);
}

int
main(void)
{
	fixture_begin();
	ann = fixture_user("ann");
	test_cookie();
	test_time();
	test_account();
	fixture_end();
	return check_end();
}
