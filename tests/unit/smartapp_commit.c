/* What came of a request, written down: records of installed apps, requests that come again, and for what a disk is waited. */
#include "smartapp/installed.h"
#include "smartapp/lifecycle.h"
#include "tests/unit/fixture.h"
#include "tests/unit/check.h"
#include "base/banned.h"

static struct smartapp_request rq;

/* A request of this phase at that time (seconds), of the one installed app. */
static void
begun(struct lifecycle *c, enum smartapp_phase phase, int64_t now)
{
	rq = (struct smartapp_request){ .phase = phase, .data = { .auth_token = "at", .refresh_token = "rt",
	    .installed_app = { .installed_app_id = "i-1", .location_id = "l-1" } } };
	lifecycle_begin(c, fx.arena, &rq);
	c->config = fx.config;
	c->store = fx.store;
	c->keyring = fx.keyring;
	c->now = now * 1000;
}

static enum store_result
commit(struct lifecycle *c)
{
	return lifecycle_commit(c, json_object(fx.arena));
}

static struct json *
parse(const char *text)
{
	return json_parse(fx.arena, text, strlen(text), NULL);
}

static struct installed
found(void)
{
	struct installed i;

	CHECK(installed_find(fx.store, fx.arena, fx.keyring, "i-1", &i) == STORE_OK);
	return i;
}

static void
test_installed(void)
{
	struct lifecycle c;

	begun(&c, SMARTAPP_INSTALL, 1000);

	CHECK(commit(&c) == STORE_OK);
	CHECK(found().installed == 1000 && found().updated == 1000 && found().access_until == 1000 + INSTALLED_ACCESS_LIFE);
	begun(&c, SMARTAPP_UPDATE, 2000);
	rq.data.auth_token = "at-2";
	rq.data.refresh_token = NULL;	/* it need not bring one: the old one goes on */
	c.state = parse("{\"a\":1,\"b\":[2]}");
	CHECK(commit(&c) == STORE_OK);
	CHECK(found().installed == 1000 && found().updated == 2000 && found().refreshed == 1000);
	CHECK_STR(found().access, "at-2");
	CHECK_STR(found().refresh, "rt");
	begun(&c, SMARTAPP_EVENT, 3000);
	c.state = parse("{\"a\":null,\"c\":3}");
	CHECK(commit(&c) == STORE_OK && found().updated == 2000);
	CHECK_STR(json_print(fx.arena, found().state), "{\"b\":[2],\"c\":3}");
	begun(&c, SMARTAPP_UNINSTALL, 4000);
	c.gone = true;
	struct installed i;
	CHECK(commit(&c) == STORE_OK && installed_find(fx.store, fx.arena, fx.keyring, "i-1", &i) == STORE_ABSENT);
}

/* How often the disk was waited for since it was asked last. */
static uint64_t
waits(void)
{
	static uint64_t before;
	struct store_stat all[STORE_STATS];
	uint64_t now = 0, last = before;

	for (size_t n = store_stats(fx.store, all), i = 0; i < n; i++)
		now = strcmp(all[i].name, "syncs") == 0 ? all[i].value : now;
	before = now;
	return now - last;
}

static void
test_waits(void)
{
	static const char *const hashes[] = { "h-0", "h-1", "h-2", "h-3", "h-4", "h-5", "h-6" };
	int64_t until = clock_sec() + 300;
	struct lifecycle c;

	waits();
	for (int k = 0; k < 7; k++) {
		static const enum smartapp_phase phases[] = { SMARTAPP_EVENT, SMARTAPP_CONFIGURATION, SMARTAPP_EVENT, SMARTAPP_EVENT,
			SMARTAPP_INSTALL, SMARTAPP_UPDATE, SMARTAPP_UNINSTALL };
		begun(&c, phases[k], clock_sec());
		c.seen = (struct seen){ .hash = hashes[k], .until = until };
		c.gone = k == 6;
		if (k == 2)
			c.state = parse("{\"x\":1}");
		if (k == 3)
			CHECK(lifecycle_wish(&c, "GET", "/a", NULL));
		CHECK(commit(&c) == STORE_OK);
		CHECK_NAMED((waits() == 0) == (k < 2), hashes[k]);
	}
	/* What came before is there at once, also that of what no disk was waited for. */
	for (int k = 0; k < 7; k++) {
		struct seen_outcome o;
		CHECK_NAMED(seen_find(fx.store, fx.arena, &(struct seen){ .hash = hashes[k], .until = until }, &o) == STORE_OK &&
		    o.error == SMARTAPP_OK, hashes[k]);
	}
}

static void
test_twins(void)
{
	int64_t until = clock_sec() + 300;
	struct lifecycle first, second;
	struct seen_outcome o = { SMARTAPP_INTERNAL_ERROR, NULL };
	struct seen one = { .hash = "t-2", .until = until }, two = one, later = { .hash = "t-3", .until = clock_sec() };

	begun(&first, SMARTAPP_EVENT, clock_sec());
	begun(&second, SMARTAPP_EVENT, clock_sec());
	first.seen = second.seen = (struct seen){ .hash = "t-1", .until = until };
	first.state = parse("{\"n\":1}");
	second.state = parse("{\"n\":2}");
	CHECK(commit(&first) == STORE_OK && commit(&second) == STORE_ABSENT);
	CHECK_STR(json_print(fx.arena, found().state), "{\"n\":1}");
	/* One claims; its answer is the other's. */
	CHECK(seen_claim(fx.store, fx.arena, &one, &o) == STORE_ABSENT && one.claimed);
	o.error = SMARTAPP_BAD_REQUEST_ERROR;
	CHECK(seen_put(fx.store, fx.arena, &one, &o) == STORE_OK);
	o.error = SMARTAPP_OK;
	CHECK(seen_claim(fx.store, fx.arena, &two, &o) == STORE_OK && !two.claimed && o.error == SMARTAPP_BAD_REQUEST_ERROR);
	/* Too old to be believed: not remembered any more. */
	CHECK(seen_put(fx.store, fx.arena, &later, &o) == STORE_OK && seen_find(fx.store, fx.arena, &later, &o) == STORE_ABSENT);
}

/* Values of devices here: twenty-five, and the last one of each. */
static void
test_sets(void)
{
	struct lifecycle c;

	begun(&c, SMARTAPP_EVENT, 1000);
	fixture_user("ann");
	CHECK(!lifecycle_set(&c, "bob", "lamp", "switch.switch", parse("\"on\"")));
	for (int k = 0; k < 25; k++)
		CHECK(lifecycle_set(&c, "ann", "lamp", arena_printf(fx.arena, "a.%d", k), parse("1")));
	CHECK(!lifecycle_set(&c, "ann", "lamp", "a.25", parse("1")) && !lifecycle_set(&c, "ann", "lamp2", "a.0", parse("1")));
	CHECK(lifecycle_mirror(&c, "ann", "lamp", "a.0", parse("2")) && c.set_count == 25);
	CHECK_STR(json_print(fx.arena, c.sets->value), "2");
	CHECK_STR(c.sets->origin, "smartapp i-1");
	CHECK_STR(json_print(fx.arena, c.sets->next->value), "1");
}

int
main(void)
{
	fixture_begin();
	test_installed();
	test_waits();
	test_twins();
	test_sets();
	fixture_end();
	return check_end();
}
