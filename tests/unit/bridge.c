/* The bridge without a library: what node servers send by MQTT, what they are told, and who is there.
 *
 * long because: one life of a node server, from its first message to its end. */
#include <sys/stat.h>

#include "base/bell.h"
#include "device/state.h"
#include "nodeserver/bridge.h"
#include "nodeserver/messages.h"
#include "nodeserver/nodes.h"
#include "nodeserver/presence.h"
#include "nodeserver/registry.h"
#include "nodeserver/service.h"
#include "tests/unit/schema_fixture.h"
#include "base/banned.h"

#define SENT_MAX 2000

static struct bridge *bridge;
static struct arena *work;	/* the bridge's own */
static struct nodeserver_context x;
static struct nodeserver ns;

/* What was published: the last number, and each text by its number. */
static int number, sent_from;
static bool busy;
static const char *topics[SENT_MAX], *texts[SENT_MAX];

static int
publish(void *arg, const char *topic, const char *text)
{
	CHECK(arg == &number);
	if (busy || number + 1 >= SENT_MAX)
		return 0;
	number++;
	topics[number] = arena_strdup(arena, topic);
	texts[number] = arena_strdup(arena, text);
	return number;
}

static void
begin_bridge(void)
{
	const struct nodeserver_context own = { config, store, keyring, catalogue, work };

	bridge_free(bridge);
	bridge = bridge_new(&own, publish, &number);
	must(bridge != NULL, "bridge");
	bridge_begin(bridge);
}

/* What bridge_work publishes now, as words: the first member of each message. */
static const char *
told(void)
{
	const char *words = "";

	sent_from = number + 1;
	CHECK(bridge_work(bridge) >= 0);
	for (int i = sent_from; i <= number; i++)
		words = arena_printf(arena, "%s%s%s", words, *words != '\0' ? " " : "", json_name(json_first(parse(texts[i]))));
	return words;
}

static void
acknowledge(bool heard)
{
	for (int i = sent_from; i <= number; i++)
		bridge_heard(bridge, i, heard);
}

/* So many seconds later; earlier, if it is below 0. */
static void
later(int64_t seconds)
{
	static int64_t ahead;

	ahead += seconds;
	clock_ahead(ahead);
}

/* Tell until there is nothing more to tell. Configs are told a little apart. */
static void
drain(void)
{
	for (int i = 0; i < 20; i++) {
		told();
		acknowledge(true);
		later(1);
	}
}

static bool
take_at(const char *topic, const char *text)
{
	return bridge_take(bridge, topic, text, strlen(text));
}

static bool
take(const char *text)
{
	return take_at(arena_printf(arena, "pgc/%s/ns", registry_identity(arena, &ns)), text);
}

/* The frame with the worker's name in place of each @. */
static const char *
named(const char *frame)
{
	const char *text = "", *at;

	for (; (at = strchr(frame, '@')) != NULL; frame = at + 1)
		text = arena_printf(arena, "%s%.*s%s", text, (int)(at - frame), frame, ns.worker);
	return arena_printf(arena, "%s%s", text, frame);
}

static void
log_says(const char *frame)
{
	const char *line = named(frame);

	bridge_log(bridge, line, strlen(line));
}

static const struct json *
record(void)
{
	must(registry_find(&x, user.id, ns.n, &ns) == STORE_OK, "record");
	return ns.record;
}

static bool
device_online(void)
{
	const struct json *state;

	return state_get(store, arena, user.id, nodes_device_id(arena, ns.n, "lamp"), &state) == STORE_OK && state_online(state);
}

static long long
changes(void)
{
	const char *value;

	return store_get(store, arena, arena_printf(arena, "changes/%s", user.id), &value) == STORE_OK ?
	    json_get_int(parse(value), "seq", -1) : 0;
}


/* --- in --- */

static void
test_topics(void)
{
	const char *json = "{\"customparams\":{\"a\":1}}";
	const char *const wrong[] = { "pgc/@/other", "pgc/@", "pgc/@/ns/@", "xgc/@/ns", "pgc//ns", "pgc/x@/ns", "pgc/@.2/ns", "" };
	const char *const texts_wrong[] = { "", "x", "[]", "5", "[{\"connected\":true}]", "{\"connected\":true", "{\"connected\":true,\"connected\":true}" };

	for (size_t i = 0; i < sizeof(wrong) / sizeof(wrong[0]); i++)
		CHECK(take_at(named(wrong[i]), json));
	for (size_t i = 0; i < sizeof(texts_wrong) / sizeof(texts_wrong[0]); i++)
		CHECK(take(texts_wrong[i]));
	CHECK_NAMED(json_get(record(), "customParamsVersion") == NULL && !ns.connected, "nothing of that was done");
	CHECK(json_get(record(), "mqtt") == NULL);
	CHECK_STR(told(), "");
	CHECK(take_at(named("pgc/@/isy"), json) && json_get_int(record(), "customParamsVersion", 0) == 1);
	CHECK(take(json) && json_get_int(record(), "customParamsVersion", 0) == 2);
	CHECK_NAMED(ns.connected && json_get_bool(ns.record, "mqtt", false), "it is there, and by MQTT");
	drain();
}

static void
test_will(void)
{
	long long stamp, seq;

	CHECK(take("{\"connected\":true}") && json_get_bool(record(), "connected", false));
	CHECK(take("{\"addnode\":{\"address\":\"controller\",\"name\":\"C\",\"nodedefid\":\"C\",\"primary\":\"controller\",\"drivers\":[]}}"));
	CHECK(take("{\"addnode\":{\"address\":\"lamp\",\"name\":\"L\",\"nodedefid\":\"D\",\"primary\":\"controller\","
	    "\"drivers\":[{\"driver\":\"ST\",\"value\":\"0\",\"uom\":51}]}}"));
	CHECK(device_online());
	CHECK(take("{\"connected\":false,\"userId\":\"u\"}") && !json_get_bool(record(), "connected", true));
	CHECK(!device_online());
	/* Once more, as a will that comes late: nothing at all happens, to it or to its devices. */
	stamp = json_get_int(record(), "lastDisconnect", 0);
	seq = changes();
	drain();
	later(100);
	CHECK(take("{\"connected\":false}") && json_get_int(record(), "lastDisconnect", 0) == stamp);
	CHECK(changes() == seq && !ns.connected);
	CHECK_STR(told(), "id");
	acknowledge(true);
}

static void
test_flood(void)
{
	later(100);
	bridge_begin(bridge);
	long long before = json_get_int(record(), "customParamsVersion", 0);
	for (int i = 0; i < BRIDGE_FLOOD + 20; i++)
		take("{\"customparams\":{}}");
	CHECK_NAMED(json_get_int(record(), "customParamsVersion", 0) == before + BRIDGE_FLOOD + 20, "what waited in the broker is no flood");
	later(BRIDGE_BACKLOG_MS / 1000 + 1);
	before = json_get_int(record(), "customParamsVersion", 0);
	bool good = true;
	for (int i = 0; i < BRIDGE_FLOOD + 20; i++)
		good = take("{\"customparams\":{}}") && good;
	CHECK_NAMED(good, "what is dropped need not come again");
	CHECK(json_get_int(record(), "customParamsVersion", 0) == before + BRIDGE_FLOOD);
	later(BRIDGE_FLOOD_MS / 1000 - 5);
	take("{\"customparams\":{}}");
	CHECK_NAMED(json_get_int(record(), "customParamsVersion", 0) == before + BRIDGE_FLOOD, "still in the same ten seconds");
	later(6);
	take("{\"customparams\":{}}");
	CHECK(json_get_int(record(), "customParamsVersion", 0) == before + BRIDGE_FLOOD + 1);
	/* A clock that is set back is no reason to be deaf. */
	for (int i = 0; i < BRIDGE_FLOOD; i++)
		take("{\"customparams\":{}}");
	before = json_get_int(record(), "customParamsVersion", 0);
	later(-5000);
	take("{\"customparams\":{}}");
	CHECK(json_get_int(record(), "customParamsVersion", 0) == before + 1);
	later(5000);
	drain();
}

/* A store that takes nothing: the message is not done, and must come again. */
static void
test_again(void)
{
	struct store_options options = { .engine = "gdbm", .path = arena_printf(arena, "%s/store", folder), .read_only = true };
	char reason[200];
	struct store *blind;

	must(store_open(&blind, &options, reason, sizeof(reason)) == STORE_OK, reason);
	const struct nodeserver_context own = { config, blind, keyring, catalogue, work };
	struct bridge *b = bridge_new(&own, publish, &number);
	const char *topic = named("pgc/@/ns"), *message = "{\"notices\":{\"a\":\"b\"}}";
	bridge_begin(b);
	CHECK(!bridge_take(b, topic, message, strlen(message)));
	CHECK_NAMED(bridge_take(b, topic, "x", 1), "what will never be anything need not come again");
	bridge_free(b);
	store_close(blind);
	CHECK(json_count(json_get(record(), "notices")) == 0);
}

/* --- out --- */

static void
act_query(int times)
{
	while (times-- > 0)
		must(service_act(&x, &ns, "query", parse("{}")) == STORE_OK, "query");
}

static void
test_tell(void)
{
	begin_bridge();
	CHECK(take("{\"connected\":true}"));
	drain();
	CHECK_STR(told(), "");
	must(service_act(&x, &ns, "query", parse("{}")) == STORE_OK && service_act(&x, &ns, "query", parse("{\"address\":\"lamp\"}")) == STORE_OK, "query");
	CHECK_STR(told(), "query query");
	CHECK_STR(topics[number], named("pgc/@/ns/@"));
	CHECK_STR(texts[number], "{\"query\":{\"address\":\"lamp\"}}");
	CHECK_NAMED(strcmp(told(), "") == 0, "they are on their way");
	sent_from -= 2;
	/* One is acknowledged, one is not: both are told again, when patience is at its end. */
	bridge_heard(bridge, number, true);
	CHECK_STR(told(), "");
	later(11);
	CHECK_STR(told(), "query query");
	bridge_heard(bridge, number - 2, false);	/* late: it counts for nothing */
	acknowledge(true);
	CHECK(json_get_bool(record(), "connected", false));
	CHECK_STR(told(), "");
	/* It cannot be sent now, then it can. */
	busy = true;
	must(service_act(&x, &ns, "query", parse("{}")) == STORE_OK, "query");
	CHECK_STR(told(), "");
	busy = false;
	later(2);
	CHECK_STR(told(), "query");
	/* Nobody listens: it is gone, and what it was not told waits. */
	acknowledge(false);
	CHECK(!json_get_bool(record(), "connected", true) && json_get(ns.record, "mqtt") == NULL && !device_online());
	CHECK_STR(told(), "");
	CHECK(take("{\"connected\":true}"));
	CHECK_STR(arena_strndup(arena, told(), 5), "query");
	acknowledge(true);
	CHECK(device_online());
}

/* Acknowledgements of two publications, in every order. */
static void
test_acknowledgements(void)
{
	drain();
	act_query(2);
	CHECK_STR(told(), "query query");
	int first = sent_from;
	/* What comes meanwhile waits until both are acknowledged; the same number twice is one. */
	act_query(1);
	CHECK_STR(told(), "");
	bridge_heard(bridge, first, true);
	bridge_heard(bridge, first, true);
	CHECK_STR(told(), "");
	bridge_heard(bridge, first + 1, true);
	CHECK_STR(told(), "query");
	acknowledge(true);
	/* Nobody heard one of them: a later one that somebody heard, as a connection was being lost, does not outweigh that. */
	act_query(2);
	CHECK_STR(told(), "query query");
	bridge_heard(bridge, sent_from, false);
	bridge_heard(bridge, sent_from + 1, true);
	CHECK(!json_get_bool(record(), "connected", true));
	CHECK(take("{\"connected\":true}"));
	later(1);
	told();
	acknowledge(true);
	/* ... but what was then sent again, and heard, does. */
	drain();
	act_query(2);
	CHECK_STR(told(), "query query");
	bridge_heard(bridge, sent_from, false);
	later(11);
	CHECK_STR(told(), "query query");
	acknowledge(true);
	CHECK(json_get_bool(record(), "connected", false));
	/* More than are told at a time, and what its owner changes, follow at once. */
	drain();
	act_query(INBOX_READ + 1);
	told();
	CHECK(number - sent_from + 1 == INBOX_READ);
	acknowledge(true);
	CHECK_STR(told(), "query");
	acknowledge(true);
	const char *why;
	int code;
	must(service_change(&x, &ns, parse("{\"customParams\":{\"a\":1}}"), &code, &why) == STORE_OK && code == 200, "change");
	CHECK_STR(told(), "config");
	acknowledge(true);
	/* A new connection: who is there is asked for at once. */
	drain();
	CHECK_STR(told(), "");
	bridge_begin(bridge);
	CHECK_STR(told(), "id");
	acknowledge(true);
}

static void
test_numbers(void)
{
	/* Numbers that were never given. */
	bridge_heard(bridge, 0, false);
	bridge_heard(bridge, -1, false);
	bridge_heard(bridge, 65535, false);
	bridge_heard(bridge, 65536, false);
	bridge_heard(bridge, SENT_MAX, false);
	CHECK(json_get_bool(record(), "connected", false));
}

static int64_t
until(void)
{
	const char *value;

	must(store_get(store, arena, arena_printf(arena, "nodeserver-presence/%s", ns.worker), &value) == STORE_OK, "presence");
	return json_get_int(parse(value), "until", 0);
}

static void
test_probe(void)
{
	drain();
	later(250);
	CHECK_STR(told(), "id");
	CHECK_STR(texts[number], arena_printf(arena, "{\"id\":\"%s\"}", registry_controller(arena, user.id)));
	acknowledge(true);
	CHECK_NAMED(until() > clock_ms() + 100000 && until() <= clock_ms() + 120000, "who listens is there for two minutes");
	CHECK_STR(told(), "");
	int wait = bridge_work(bridge);
	CHECK(wait > BRIDGE_PROBE - 2000 && wait <= BRIDGE_PROBE);
	later(BRIDGE_PROBE / 1000 - 3);
	CHECK_STR(told(), "");
	later(4);
	CHECK_STR(told(), "id");
	acknowledge(true);
	/* Another bridge asks for whoever was there. */
	begin_bridge();
	CHECK_STR(told(), "id");
	acknowledge(false);
	CHECK(!json_get_bool(record(), "connected", true));
	begin_bridge();
	CHECK_STR(told(), "");
	/* The connection is another: what was on its way is told again. */
	CHECK(take("{\"connected\":true}"));
	drain();
	must(service_act(&x, &ns, "query", parse("{}")) == STORE_OK, "query");
	CHECK_STR(told(), "query");
	bridge_begin(bridge);
	CHECK_STR(told(), "query");
	acknowledge(true);
}

static void
test_log(void)
{
	static const char *const no_end[] = { "1700000000: Client @ already connected, closing old connection.", "x: Client @ disconnected.",
	    "1700000000: New client connected from 127.0.0.1:1 as @", "1700000000: Client x@ disconnected.",
	    "1700000000: Client @x disconnected.", ": Client", "", "1: Client " };

	CHECK(take("{\"connected\":true}"));
	for (size_t i = 0; i < sizeof(no_end) / sizeof(no_end[0]); i++)
		log_says(no_end[i]);
	log_says(arena_printf(arena, "1700000000: Client %.*s disconnected.", (int)strlen(ns.worker) - 1, ns.worker));
	CHECK(json_get_bool(record(), "connected", false));
	log_says("1700000000: Client @ closed its connection.");
	CHECK(!json_get_bool(record(), "connected", true) && json_get(ns.record, "mqtt") == NULL);
}

static void
test_end(void)
{
	const char *former = named("pgc/@/ns");

	CHECK(take("{\"connected\":true}"));
	drain();
	must(registry_rotate(&x, &ns) == STORE_OK, "rotation");
	later(BRIDGE_PROBE / 1000 + 1);
	CHECK_STR(told(), "delete");
	CHECK_STR(topics[number], arena_printf(arena, "%s/%s", former, ns.worker));
	acknowledge(false);	/* who it was is of no interest */
	long long before = json_get_int(record(), "customParamsVersion", 0);
	CHECK(take_at(former, "{\"customparams\":{}}"));
	CHECK(json_get_int(record(), "customParamsVersion", 0) == before);
	CHECK(take("{\"customparams\":{}}") && json_get_int(record(), "customParamsVersion", 0) == before + 1);
	drain();
	const char *topic = arena_printf(arena, "pgc/%s/ns", registry_identity(arena, &ns));
	must(service_delete(&x, &ns, false) == STORE_OK, "deletion");
	CHECK_STR(told(), "delete");
	CHECK(take_at(topic, "{\"connected\":true}"));
	CHECK(registry_find(&x, user.id, ns.n, &ns) == STORE_ABSENT);
	CHECK_STR(told(), "");
}

int
main(void)
{
	const char *why = NULL;
	int code = 0;

	schema_fixture_open();
	log_open("test", (enum log_level)(LOG_LEVEL_ERROR + 1));
	work = arena_new((size_t)64 << 20);
	x = (struct nodeserver_context){ config, store, keyring, catalogue, arena };
	must(mkdir(arena_printf(arena, "%s/sock", folder), 0700) == 0, "sock");
	bell_open(folder);
	must(registry_create(&x, user.id, parse("{\"name\":\"Bridge\"}"), &ns, &why, &code) == STORE_OK, "node server");
	begin_bridge();
	test_topics();
	test_will();
	test_flood();
	test_again();
	test_tell();
	test_acknowledgements();
	test_numbers();
	test_probe();
	test_log();
	test_end();
	bridge_free(bridge);
	arena_free(work);
	return schema_fixture_close();
}
