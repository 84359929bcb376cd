/* told.c: what is kept of the messages that SmartThings was sent: in how many records, for how long, and without what. */
#include <stdlib.h>
#include <string.h>

#include "device/change.h"
#include "oauth/grant.h"
#include "schema/callback.h"
#include "schema/told.h"
#include "tests/unit/check.h"
#include "tests/unit/fixture.h"
#include "base/banned.h"

#define USER owner.id

static struct user owner;
static struct grant link_of_user;

/* --- what is read of a message --- */

static struct json *
message(const char *text)
{
	return json_parse(fx.arena, text, strlen(text), NULL);
}

static const char *
read_text(const char *text)
{
	struct json *told = told_read(fx.arena, message(text));

	return told != NULL ? json_print(fx.arena, told) : "none";
}

static void
test_read(void)
{
	CHECK_STR(read_text("{\"authentication\":{\"token\":\"T0KEN\"},\"deviceState\":[{\"externalDeviceId\":\"lamp\",\"states\":["
	    "{\"component\":\"main\",\"capability\":\"st.switch\",\"attribute\":\"switch\",\"value\":\"on\",\"timestamp\":1},"
	    "{\"component\":\"out2\",\"capability\":\"st.switchLevel\",\"attribute\":\"level\",\"value\":7,\"unit\":\"%\"},"
	    "{\"component\":\"main\",\"capability\":\"st.x\",\"attribute\":\"list\",\"value\":[1]}]}]}"),
	    "{\"event\":\"told_states\",\"devices\":[{\"states\":[{\"attribute\":\"switch\",\"value\":\"on\"},"
	    "{\"component\":\"out2\",\"attribute\":\"level\",\"value\":7,\"unit\":\"%\"}],\"device\":\"lamp\"}],\"more\":0}");
	CHECK_STR(read_text("{\"deviceState\":[{\"externalDeviceId\":\"a\",\"deviceError\":[{\"errorEnum\":\"DEVICE-DELETED\"}]}]}"),
	    "{\"event\":\"told_states\",\"devices\":[{\"states\":[],\"device\":\"a\",\"error\":\"DEVICE-DELETED\"}],\"more\":0}");
	CHECK_STR(read_text("{\"devices\":[{\"externalDeviceId\":\"a\",\"friendlyName\":\"A\"}]}"),
	    "{\"event\":\"told_devices\",\"devices\":[{\"states\":[],\"device\":\"a\"}],\"more\":0}");
	CHECK_STR(read_text("{\"globalError\":{\"errorEnum\":\"INTEGRATION-DELETED\"}}"), "none");
	CHECK_STR(read_text("{}"), "none");
}

/* A secret of the message, a code of a lock among them, is in no record, wherever it is repeated; a long text is cut. */
static void
test_secrets(void)
{
	char *text = arena_printf(fx.arena, "{\"authentication\":{\"token\":\"T0KEN-12345\"},\"deviceState\":[{\"externalDeviceId\":\"l\","
	    "\"states\":[{\"attribute\":\"lockCodes\",\"value\":\"4711-PIN\"},{\"attribute\":\"note\",\"value\":\"is T0KEN-12345\"},"
	    "{\"attribute\":\"long\",\"value\":\"%0300d\"}]}]}", 0);
	const char *kept = read_text(text);

	CHECK(strstr(kept, "T0KEN") == NULL);
	CHECK(strstr(kept, "4711") == NULL);
	CHECK(strlen(kept) < 400);
}

static void
test_bounds(void)
{
	const char *list = "";
	const struct json *told;

	for (int i = 0; i < 40; i++)
		list = arena_printf(fx.arena, "%s%s{\"externalDeviceId\":\"d%d\",\"states\":[{\"attribute\":\"a\",\"value\":%d},"
		    "{\"attribute\":\"b\",\"value\":%d}]}", list, i > 0 ? "," : "", i, i, i);
	told = told_read(fx.arena, message(arena_printf(fx.arena, "{\"deviceState\":[%s]}", list)));
	CHECK(json_count(json_get(told, "devices")) == TOLD_DEVICES);
	/* 8 devices have 16 values, of which 12 are kept; 32 devices are left out. */
	CHECK(json_get_int(told, "more", 0) == 32 + 4);
}

/* --- what is kept --- */

static enum store_result
note(struct store_tx *tx, void *arg)
{
	struct callback c;
	enum store_result r = callback_tx_find(tx, fx.keyring, USER, link_of_user.id, &c);

	if (r == STORE_OK)
		r = told_tx_note(tx, &c, arg);
	return r == STORE_OK ? callback_tx_put(tx, fx.keyring, &c) : r;
}

static void
tell(const char *device, const char *attribute, int value)
{
	struct json *told = told_read(fx.arena, message(arena_printf(fx.arena, "{\"deviceState\":[{\"externalDeviceId\":\"%s\","
	    "\"states\":[{\"component\":\"main\",\"attribute\":\"%s\",\"value\":%d}]}]}", device, attribute, value)));

	CHECK(store_run(fx.store, fx.arena, note, told) == STORE_OK);
}

static enum store_result
begin_link(struct store_tx *tx, void *arg)
{
	struct callback c = { .user = USER, .access = "a", .refresh = "r" };
	enum store_result r;

	(void)arg;
	link_of_user = (struct grant){ .user = USER, .client = "smartthings", .scope = "devices:read",
	    .devices = json_array(store_tx_arena(tx)) };
	grant_begin(store_tx_arena(tx), &link_of_user, 30 * 86400);
	c.grant = link_of_user.id = arena_strdup(fx.arena, link_of_user.id);
	r = grant_tx_add(tx, &link_of_user, 30 * 86400);
	return r == STORE_OK ? callback_tx_put(tx, fx.keyring, &c) : r;
}

static struct json *
kept(void)
{
	struct json *list = json_array(fx.arena);

	CHECK(told_list(fx.store, fx.arena, USER, link_of_user.id, list) == STORE_OK);
	return list;
}

/* How many records there are with so many messages in them. */
static int
with_times(long long times)
{
	const struct json *list = kept();
	int n = 0;

	for (const struct json *e = json_first(list); e != NULL; e = json_next(e))
		n += json_get_int(e, "times", 0) == times;
	return n;
}

static void
test_together(void)
{
	CHECK(store_run(fx.store, fx.arena, begin_link, NULL) == STORE_OK);
	CHECK(json_count(kept()) == 0);
	for (int i = 0; i < 50; i++)
		tell("meter", "power", i);
	CHECK(json_count(kept()) == 1 && with_times(50) == 1);
	CHECK(json_get_int(json_at(json_get(json_at(json_get(json_first(kept()), "devices"), 0), "states"), 0), "value", 0) == 49);
	/* Another attribute, another device, and the first after a while: records of their own. */
	tell("meter", "energy", 1);
	tell("lamp", "power", 1);
	CHECK(json_count(kept()) == 3);
	fixture_clock(TOLD_TOGETHER + 1000);
	tell("lamp", "power", 2);
	CHECK(json_count(kept()) == 4 && with_times(1) == 3);
}

static void
test_ring(void)
{
	for (int i = 0; i < 3 * TOLD_KEPT; i++)
		tell(i % 2 == 0 ? "a" : "b", "power", i);
	const struct json *list = kept();
	CHECK(json_count(list) == TOLD_KEPT);
	for (const struct json *e = json_first(list); e != NULL; e = json_next(e))
		CHECK(json_get_int(json_at(json_get(json_at(json_get(e, "devices"), 0), "states"), 0), "value", 0) >= 2 * TOLD_KEPT);
}

static void
test_end(void)
{
	fixture_clock((CHANGE_KEPT + 120) * (int64_t)1000);
	CHECK(json_count(kept()) == 0);
	tell("a", "power", 1);
	CHECK(json_count(kept()) == 1);
	/* Who is disabled, as somebody is who will be deleted, gets no new records. */
	CHECK(user_set_disabled(fx.store, fx.arena, USER, true) == STORE_OK);
	tell("b", "power", 1);
	CHECK(json_count(kept()) == 1);
	CHECK(told_forget(fx.store, fx.arena, USER) == STORE_OK);
	CHECK(json_count(kept()) == 0);
}

int
main(void)
{
	fixture_begin();
	owner = fixture_user("ann");
	test_read();
	test_secrets();
	test_bounds();
	test_together();
	test_ring();
	test_end();
	fixture_end();
	return check_end();
}
