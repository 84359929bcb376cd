/* Subscriptions of third parties: how many a user may have. What they are told stands in rest-events.bats. */
#include "endpoints/subscription.h"
#include "tests/unit/check.h"
#include "tests/unit/fixture.h"
#include "base/banned.h"

static enum store_result
add(const char *user, const char *grant, int n, struct subscription *s)
{
	*s = (struct subscription){ .grant = grant, .device = "lamp", .callback = arena_printf(fx.arena, "https://dash.example/%d", n) };
	return subscription_add(fx.store, fx.arena, user, s);
}

static void
count(void *arg, const struct subscription *s)
{
	(void)s;
	++*(int *)arg;
}

int
main(void)
{
	struct subscription first, s;
	int n, fine = 0;

	fixture_begin();
	CHECK(add("ann", "one", 0, &first) == STORE_OK);
	for (n = 1; n < SUBSCRIPTIONS_MAX; n++)
		fine += add("ann", n % 2 == 0 ? "one" : "two", n, &s) == STORE_OK;
	CHECK(fine == SUBSCRIPTIONS_MAX - 1);
	CHECK(add("ann", "one", n, &s) == STORE_LIMIT);
	CHECK_NAMED(add("ann", "one", 0, &s) == STORE_OK && strcmp(s.id, first.id) == 0, "one that is there is found again");
	CHECK(add("bob", "three", 0, &s) == STORE_OK);
	CHECK(subscription_remove(fx.store, fx.arena, "ann", "two", first.id) == STORE_ABSENT);
	CHECK(subscription_remove(fx.store, fx.arena, "ann", "one", first.id) == STORE_OK);
	CHECK(add("ann", "one", n, &s) == STORE_OK);
	CHECK(add("ann", "one", n + 1, &s) == STORE_LIMIT);
	n = 0;
	CHECK(subscription_each(fx.store, fx.arena, "ann", count, &n) == STORE_OK && n == SUBSCRIPTIONS_MAX);
	fixture_end();
	return check_end();
}
