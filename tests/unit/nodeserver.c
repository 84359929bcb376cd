/* A node server over HTTPS, without a server: what its messages do to its presence, what waits for it, and stops that are over.
 *
 * long because: one node server goes from test to test. */
#include <sys/stat.h>

#include "base/bell.h"
#include "device/state.h"
#include "nodeserver/inbox.h"
#include "nodeserver/messages.h"
#include "nodeserver/nodes.h"
#include "nodeserver/presence.h"
#include "nodeserver/registry.h"
#include "nodeserver/service.h"
#include "tests/unit/schema_fixture.h"
#include "base/banned.h"

static struct nodeserver_context x;
static struct nodeserver ns;
static int64_t now_ahead;

static void
later(int64_t seconds)
{
	now_ahead += seconds;
	clock_ahead(now_ahead);
}

static const struct json *
record(void)
{
	must(registry_find(&x, user.id, ns.n, &ns) == STORE_OK, "record");
	return ns.record;
}

/* The status of the message's first result. */
static long long
hear(const char *text)
{
	struct json *results = json_array(arena);

	record();
	must(messages_hear(&x, &ns, parse(text), results) == STORE_OK, text);
	record();
	return json_get_int(json_first(json_first(results)), "statusCode", 0);
}

/* What is told after a number, as words and what stands in "address" or "a" of each. */
static struct inbox_read heard;
static const char *
told(long long after)
{
	const char *words = "";

	record();
	must(service_read(&x, &ns, after, &heard) == STORE_OK, "read");
	for (const struct json *m = json_first(heard.messages); m != NULL; m = json_next(m)) {
		const struct json *v = json_first(json_get(m, "msg"));
		const char *address = json_get_string(v, "address");
		words = arena_printf(arena, "%s%s%s%s%s", words, *words != '\0' ? " " : "", json_name(v), address != NULL ? ":" : "",
		    address != NULL ? address : "");
	}
	return words;
}

static void
all_acknowledged(void)
{
	later(1);
	told(-1);
	must(inbox_acknowledge(&x, ns.worker, heard.next) == STORE_OK, "acknowledged");
	CHECK_STR(told(-1), "");
}

static void
act(const char *action, const char *about)
{
	record();
	must(service_act(&x, &ns, action, parse(about)) == STORE_OK, action);
	record();
}

static bool
online(const char *address)
{
	const struct json *state;

	return state_get(store, arena, user.id, nodes_device_id(arena, ns.n, address), &state) == STORE_OK && state_online(state);
}

static long long
changes(void)
{
	const char *value;

	return store_get(store, arena, arena_printf(arena, "changes/%s", user.id), &value) == STORE_OK ?
	    json_get_int(parse(value), "seq", -1) : 0;
}

static bool
there(void)
{
	bool is = false;

	record();
	must(presence_is_there(&x, &ns, &is) == STORE_OK, "presence");
	return is;
}

/* --- presence --- */

static int64_t
presence_until(void)
{
	const char *value;

	must(store_get(store, arena, arena_printf(arena, "nodeserver-presence/%s", ns.worker), &value) == STORE_OK, "presence");
	return json_get_int(parse(value), "until", 0);
}

static void
test_connected(void)
{
	CHECK(hear("{\"connected\":true}") == 200 && ns.connected && !json_get_bool(ns.record, "firstRun", true));
	long long started = json_get_int(ns.record, "timeStarted", 0), gone;
	CHECK(started > 0 && there());
	CHECK(hear("{\"addnode\":{\"address\":\"controller\",\"name\":\"C\",\"nodedefid\":\"C\",\"primary\":\"controller\",\"drivers\":[]}}") == 200);
	CHECK(hear("{\"addnode\":{\"address\":\"lamp\",\"name\":\"L\",\"nodedefid\":\"D\",\"primary\":\"controller\","
	    "\"drivers\":[{\"driver\":\"ST\",\"value\":\"0\",\"uom\":51}]}}") == 200);
	later(5);
	CHECK(hear("{\"connected\":true}") == 200 && json_get_int(ns.record, "timeStarted", 0) > started);
	CHECK(online("lamp"));
	later(1);
	CHECK(hear("{\"connected\":false}") == 200 && !ns.connected && !there() && !online("lamp"));
	gone = json_get_int(ns.record, "lastDisconnect", 0);
	started = json_get_int(ns.record, "timeStarted", 0);
	CHECK(gone > started);
	all_acknowledged();
	/* Once more: nothing is new, and nobody is told. */
	long long seq = changes();
	later(5);
	CHECK(hear("{\"connected\":false}") == 200 && json_get_int(ns.record, "lastDisconnect", 0) == gone);
	CHECK(json_get_int(ns.record, "timeStarted", 0) == started && changes() == seq);
	CHECK_STR(told(-1), "");
	/* ... but a device that was left online by whoever was killed in between. */
	must(nodes_set_online(&x, &ns, true) == STORE_OK && online("lamp"), "online");
	CHECK(hear("{\"connected\":false}") == 200 && !online("lamp"));
	/* Who has said that it leaves is away, whenever its owner stops and starts it. */
	later(3);
	act("stop", "{}");
	CHECK(ns.stopped && json_get_int(ns.record, "lastDisconnect", 0) == gone);
	act("start", "{}");
	CHECK(!ns.stopped && !ns.connected);
	/* What is no yes and no no changes nothing. */
	CHECK(hear("{\"connected\":\"false\"}") == 400 && hear("{\"connected\":null}") == 400 && hear("{\"connected\":0}") == 400);
	CHECK(!ns.connected);
	/* Any other message says that it is there. */
	CHECK(hear("{\"status\":{\"address\":\"lamp\",\"driver\":\"ST\",\"value\":7}}") == 200 && ns.connected && online("lamp"));
	CHECK(json_get_int(ns.record, "timeStarted", 0) > started);
}

static void
test_time(void)
{
	bool late;

	/* Two long polls and half a minute. */
	hear("{\"polls\":{\"shortPoll\":5,\"longPoll\":10}}");
	hear("{\"connected\":true}");
	CHECK(presence_of_message(&ns) == 50);
	later(48);
	CHECK(there());
	later(3);
	CHECK(!there() && ns.connected);
	must(presence_expire(&x, &ns) == STORE_OK, "expire");
	record();
	CHECK(!ns.connected && !online("lamp"));
	/* Whoever was heard of meanwhile is not turned off. */
	hear("{\"config\":{}}");
	CHECK(ns.connected);
	struct nodeserver before = ns;
	must(presence_expire(&x, &before) == STORE_OK, "expire");
	record();
	late = !ns.connected;
	CHECK(!late && online("lamp"));
	/* Longer, and never shorter; a little longer is not worth a write. */
	must(presence_heard(&x, &ns, 500) == STORE_OK, "heard");
	int64_t until = presence_until();
	must(presence_heard(&x, &ns, 505) == STORE_OK && presence_heard(&x, &ns, 20) == STORE_OK, "heard");
	CHECK(presence_until() == until);
	must(presence_heard(&x, &ns, 515) == STORE_OK && presence_until() > until, "heard");
	later(15);
	later(490);
	CHECK(there());
	later(20);
	CHECK(!there());
	must(presence_heard(&x, &ns, 50) == STORE_OK, "heard");
	CHECK(there());
	/* A clock that was years ahead, and is right again. */
	later(86400 * 400);
	must(presence_heard(&x, &ns, 50) == STORE_OK, "heard");
	later(-86400 * 400);
	must(presence_heard(&x, &ns, 50) == STORE_OK, "heard");
	later(60);
	CHECK(!there());
}

/* --- stops --- */

static void
test_stops(void)
{
	hear("{\"connected\":true}");
	all_acknowledged();
	/* Told, not acknowledged, and begun again: that stop was for the run before. What else waits is told still. */
	act("query", "{}");
	act("stop", "{}");
	act("query", "{\"address\":\"lamp\"}");
	later(1);
	CHECK_STR(told(-1), "query:all stop config query:lamp");
	CHECK_STR(told(-1), "query:all stop config query:lamp");
	CHECK(ns.stopped && !ns.connected);
	CHECK(hear("{\"status\":{\"address\":\"lamp\",\"driver\":\"ST\",\"value\":8}}") == 200);
	CHECK_NAMED(ns.stopped && !ns.connected, "what still comes does not start it");
	CHECK_STR(told(-1), "query:all stop query:lamp config");
	hear("{\"connected\":true}");
	CHECK(!ns.stopped && ns.connected);
	later(1);
	CHECK_STR(told(-1), "query:all query:lamp config");
	/* A second stop counts. */
	act("stop", "{}");
	CHECK_STR(arena_strndup(arena, told(-1), 25), "query:all query:lamp stop");
	all_acknowledged();
	hear("{\"connected\":true}");
	all_acknowledged();
	/* One that nobody was told of holds, whatever the program says meanwhile ... */
	act("stop", "{}");
	hear("{\"connected\":true}");
	later(1);
	CHECK_STR(told(-1), "stop config");
	all_acknowledged();
	/* ... until its owner starts it, told or not. */
	act("stop", "{}");
	act("start", "{}");
	later(1);
	CHECK_STR(told(-1), "config");
	CHECK(!ns.stopped);
	hear("{\"stop\":{}}");
	CHECK(ns.stopped && !ns.connected);
	act("start", "{}");
	/* A restart is over when the program begins by its PGURL, told or not. */
	act("restart", "{}");
	CHECK(!ns.stopped && !ns.connected);
	must(inbox_begin(&x, ns.worker) == STORE_OK, "begin");
	later(1);
	CHECK_STR(told(-1), "config");
	all_acknowledged();
	must(inbox_begin(&x, ns.worker) == STORE_OK, "begin");
	act("restart", "{}");
	CHECK_STR(arena_strndup(arena, told(-1), 4), "stop");
	all_acknowledged();
	/* Its own word is told to itself, and over when it is back. */
	hear("{\"restart\":{}}");
	CHECK_STR(arena_strndup(arena, told(-1), 4), "stop");
	hear("{\"connected\":true}");
	later(1);
	CHECK_STR(told(-1), "config");
	all_acknowledged();
}

/* --- what waits --- */

static void
test_inbox(void)
{
	long long first, n;

	act("query", "{}");
	told(-1);
	first = heard.next;
	CHECK_STR(told(first), "");
	CHECK_STR(told(first - 1), "query:all");
	CHECK_NAMED(strcmp(told(first + 1), "query:all") == 0, "a number that was never given");
	CHECK_NAMED(strcmp(told(0), "query:all") == 0, "one that is long gone");
	must(inbox_acknowledge(&x, ns.worker, first + 1) == STORE_OK, "acknowledge");
	CHECK_STR(told(-1), "query:all");
	must(inbox_acknowledge(&x, ns.worker, first - 1) == STORE_OK, "acknowledge");
	CHECK_STR(told(-1), "query:all");
	must(inbox_waiting(&x, ns.worker, &n) == STORE_OK && n == 1, "one waits");
	must(inbox_acknowledge(&x, ns.worker, first) == STORE_OK, "acknowledge");
	must(inbox_waiting(&x, ns.worker, &n) == STORE_OK && n == 0, "none waits");
	CHECK_STR(told(-1), "");
	CHECK(heard.next == first && heard.wait_ms == 0);
	/* Fifty at a time, five hundred at most: of more, the oldest go. */
	for (int i = 0; i < INBOX_MAX + 10; i++)
		act("command", arena_printf(arena, "{\"address\":\"lamp\",\"cmd\":\"C%d\"}", i));
	must(inbox_waiting(&x, ns.worker, &n) == STORE_OK && n == INBOX_MAX, "as many as may");
	told(-1);
	CHECK(json_count(heard.messages) == INBOX_READ);
	CHECK_STR(json_get_string(json_get(json_get(json_first(heard.messages), "msg"), "command"), "cmd"), "C10");
	CHECK(json_get_int(json_first(heard.messages), "seq", 0) == first + 11 && heard.next == first + 60);
	must(inbox_acknowledge(&x, ns.worker, first + 10 + INBOX_MAX - 1) == STORE_OK, "acknowledge");
	told(-1);
	CHECK_STR(json_get_string(json_get(json_get(json_first(heard.messages), "msg"), "command"), "cmd"), "C509");
	CHECK(json_count(heard.messages) == 1);
	all_acknowledged();
	/* The config: told as it is, once, in its newest place, and not again for a while. */
	hear("{\"config\":{}}");
	CHECK_STR(told(-1), "config");
	act("query", "{}");
	hear("{\"notices\":{\"a\":\"b\"}}");
	CHECK_STR(told(-1), "query:all");
	CHECK(heard.next == first + INBOX_MAX + 12);
	CHECK_STR(told(heard.next), "");
	CHECK(heard.wait_ms > 0 && heard.wait_ms <= INBOX_CONFIG_MS);
	later(1);
	CHECK_STR(told(-1), "query:all config");
	CHECK_STR(json_print(arena, json_get(json_get(json_get(json_at(heard.messages, 1), "msg"), "config"), "notices")), "{\"a\":\"b\"}");
	all_acknowledged();
}

/* A week, and nobody came for it. */
static void
test_age(void)
{
	act("query", "{}");
	later(INBOX_KEPT - 60);
	CHECK_STR(told(-1), "query:all");
	later(120);
	CHECK_STR(told(-1), "");
	/* What may be kept. */
	char big[REGISTRY_MEMBER_MAX + 1];
	memset(big, 'x', REGISTRY_MEMBER_MAX);
	big[REGISTRY_MEMBER_MAX - 7] = '\0';
	CHECK(hear(arena_printf(arena, "{\"notices\":{\"a\":\"%s\"}}", big)) == 413);
	big[REGISTRY_MEMBER_MAX - 8] = '\0';
	CHECK(hear(arena_printf(arena, "{\"notices\":{\"a\":\"%s\"}}", big)) == 200);
	CHECK(hear(arena_printf(arena, "{\"customparams\":{\"a\":\"%sx\"}}", big)) == 413);
	CHECK(hear(arena_printf(arena, "{\"customdata\":{\"a\":\"%sx\"}}", big)) == 200);
	all_acknowledged();
}

/* What is kept for the wrong hands: an OAuth answer waits encrypted, and too many webhooks are refused. */
static void
test_tell(void)
{
	bool full = true;
	const char *value;

	record();
	must(service_tell(&x, &ns, "oauth", parse("{\"code\":\"c0de\"}"), &full) == STORE_OK && !full, "tell");
	told(-1);
	CHECK_STR(json_print(arena, json_get(json_first(heard.messages), "msg")), "{\"oauth\":{\"code\":\"c0de\"}}");
	must(store_get(store, arena, arena_printf(arena, "nodeserver-message/%s/%lld", ns.worker, heard.next), &value) == STORE_OK, "message");
	CHECK(strstr(value, "c0de") == NULL && strstr(value, "sealed") != NULL);
	int n = 1;
	while (n < 200 && service_tell(&x, &ns, "webhook", parse("{}"), &full) == STORE_OK && !full)
		n++;
	CHECK(n == SERVICE_WEBHOOKS + 1);
	must(inbox_forget(&x, ns.worker) == STORE_OK, "forget");
	CHECK_STR(told(-1), "");
	CHECK(heard.next == 0);
}

int
main(void)
{
	const char *why = NULL;
	int code = 0;

	schema_fixture_open();
	x = (struct nodeserver_context){ config, store, keyring, catalogue, arena };
	must(mkdir(arena_printf(arena, "%s/sock", folder), 0700) == 0, "sock");
	bell_open(folder);
	must(registry_create(&x, user.id, parse("{\"name\":\"Unit\"}"), &ns, &why, &code) == STORE_OK, "node server");
	test_connected();
	test_time();
	test_stops();
	test_inbox();
	test_age();
	test_tell();
	return schema_fixture_close();
}
