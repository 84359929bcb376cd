/* Grants: kept, found, revoked, ended by time, listed without growing for ever. */
#include "oauth/grant.h"
#include "tests/unit/check.h"
#include "tests/unit/fixture.h"
#include "base/banned.h"

#define DAY 86400

static struct user ann;

static struct grant
make(int64_t idle, int64_t max)
{
	struct json *devices = json_array(fx.arena);
	struct grant g = { .user = ann.id, .client = "app", .scope = "devices:read", .devices = devices };

	json_append_string(fx.arena, devices, "lamp");
	CHECK(grant_create(fx.store, fx.arena, &g, idle, max) == STORE_OK);
	return g;
}

static enum store_result
find(const struct grant *g, struct grant *back)
{
	return grant_find(fx.store, fx.arena, g->user, g->id, back);
}

static void
test_one(void)
{
	struct grant g = make(DAY, 10 * DAY), back;

	CHECK(strlen(g.id) == 22 && find(&g, &back) == STORE_OK);
	CHECK_STR(back.client, "app");
	CHECK(back.sequence == 0 && back.revoked == NULL && back.expires == back.created + 10 * DAY);
	CHECK(grant_has_device(&back, "lamp") && !grant_has_device(&back, "door") && !grant_has_device(&back, "lam"));
	CHECK(grant_has_scope(&back, "devices:read") && !grant_has_scope(&back, "devices:control") && !grant_has_scope(&back, "devices"));
	CHECK(grant_find(fx.store, fx.arena, "nobody", g.id, &back) == STORE_ABSENT);
	CHECK(grant_search(fx.store, fx.arena, g.id, &back) == STORE_OK && strcmp(back.user, ann.id) == 0);
	CHECK(grant_search(fx.store, fx.arena, "nothing", &back) == STORE_ABSENT);
	CHECK(grant_revoke(fx.store, fx.arena, ann.id, "nothing", "user") == STORE_ABSENT);
	CHECK(grant_revoke(fx.store, fx.arena, ann.id, g.id, "user") == STORE_OK);
	CHECK(grant_revoke(fx.store, fx.arena, ann.id, g.id, "operator") == STORE_OK);
	CHECK(find(&g, &back) == STORE_OK);
	CHECK_STR(back.revoked, "user");
}

static void
test_new_devices(void)
{
	struct grant g = make(DAY, DAY), back;
	struct json *left = json_array(fx.arena), *none = json_array(fx.arena);

	json_append_string(fx.arena, left, "door");
	CHECK(grant_choose(fx.store, fx.arena, ann.id, g.id, none, true, left) == STORE_OK && find(&g, &back) == STORE_OK);
	CHECK(grant_has_device(&back, "lamp") && grant_has_device(&back, "later") && !grant_has_device(&back, "door"));
	CHECK(grant_choose(fx.store, fx.arena, ann.id, g.id, left, false, NULL) == STORE_OK && find(&g, &back) == STORE_OK);
	CHECK(!grant_has_device(&back, "later") && grant_has_device(&back, "door"));
	CHECK(grant_revoke(fx.store, fx.arena, ann.id, g.id, "user") == STORE_OK);
	CHECK(grant_choose(fx.store, fx.arena, ann.id, g.id, none, true, NULL) == STORE_ABSENT);
}

static void
test_end(void)
{
	struct grant idle = make(DAY, 10 * DAY), old = make(20 * DAY, DAY), back;

	fixture_clock(DAY * 1000LL - 5000);
	CHECK(find(&idle, &back) == STORE_OK && find(&old, &back) == STORE_OK);
	fixture_clock(DAY * 1000LL + 5000);
	CHECK_NAMED(find(&idle, &back) == STORE_ABSENT, "idle for too long");
	CHECK_NAMED(find(&old, &back) == STORE_ABSENT, "too old, used or not");
	fixture_clock(0);
}

static void
count(void *arg, const struct grant *g)
{
	int *n = arg;

	*n += g->revoked == NULL;
}

static int
length_of_list(void)
{
	struct json *r;
	const char *value;

	if (store_get(fx.store, fx.arena, arena_printf(fx.arena, "grants/%s", ann.id), &value) != STORE_OK)
		return -1;
	r = json_parse(fx.arena, value, strlen(value), NULL);
	return (int)json_count(json_get(r, "grants"));
}

static void
test_list(void)
{
	int alive = 0, all = 0;

	for (int i = 0; i < 150; i++) {
		struct grant g = { .user = ann.id, .client = "app", .scope = "devices:read" };
		if (grant_create(fx.store, fx.arena, &g, DAY, DAY) != STORE_OK ||
		    (i % 50 != 0 && grant_revoke(fx.store, fx.arena, ann.id, g.id, "user") != STORE_OK))
			fixture_fail("grant", "");
	}
	CHECK(grant_each(fx.store, fx.arena, ann.id, count, &alive) == STORE_OK && alive == 3 + 2);	/* two of test_end */
	CHECK(grant_each(fx.store, fx.arena, NULL, count, &all) == STORE_OK && all == alive);
	CHECK(length_of_list() <= 100);
	alive = 0;
	CHECK(grant_each(fx.store, fx.arena, "nobody", count, &alive) == STORE_OK && alive == 0);
}

int
main(void)
{
	fixture_begin();
	ann = fixture_user("ann");
	test_one();
	test_new_devices();
	test_end();
	test_list();
	fixture_end();
	return check_end();
}
