/* schema_callback.c: grantCallbackAccess and what it leads to: who may be called, what is kept, when it is asked for;
 * messages that come twice; what SmartThings disliked, and floods of it.
 * long because: each stands on the link and the devices of those before it. */
#include <sched.h>
#include <sys/mman.h>
#include <sys/wait.h>

#include "courier/box.h"
#include "schema/callback.h"
#include "schema/callback_url.h"
#include "oauth/activity.h"
#include "tests/unit/schema_fixture.h"
#include "base/banned.h"

#define GOOD "https://c2c-us.smartthings.com/oauth/token"

/* The fixture's config with client id, other hosts, or loopback allowed. */
static struct config
config_with(bool loopback)
{
	struct config c = *config;

	c.smartthings.client_id = "st-app";
	c.smartthings.callback_hosts = parse("[\".smartthings.com\",\"events.example.org\"]");
	c.insecure_loopback = loopback;
	return c;
}

/* loopback: fine only where loopback is allowed. */
static const struct { const char *url; bool fine, loopback; } urls[] = {
	{ GOOD, true, false }, { "https://c2c-eu.smartthings.com:443/device/events?x=1", true, false },
	{ "HTTPS://C2C-AP.SmartThings.COM/x", true, false }, { "https://c2c-us.smartthings.com", true, false },
	{ "https://events.example.org/", true, false },
	{ NULL, false, false }, { "", false, false }, { "https://", false, false }, { "https:///x", false, false },
	{ "http://c2c-us.smartthings.com/x", false, false }, { "ftp://c2c-us.smartthings.com/x", false, false },
	{ "//c2c-us.smartthings.com/x", false, false }, { "file:///etc/passwd", false, false },
	{ "https://c2c-us.smartthings.com:8443/x", false, false }, { "https://c2c-us.smartthings.com:/x", false, false },
	{ "https://c2c-us.smartthings.com:0443/x", false, false }, { "https://c2c-us.smartthings.com:443443/x", false, false },
	{ "https://user@c2c-us.smartthings.com/x", false, false }, { "https://a:b@c2c-us.smartthings.com/x", false, false },
	{ "https://c2c-us.smartthings.com@evil.example/x", false, false },
	{ "https://evil.example\\@c2c-us.smartthings.com/x", false, false },
	{ "https://evil.example\\.smartthings.com/x", false, false }, { "https://evil.example#.smartthings.com/x", false, false },
	{ "https://evil.example?.smartthings.com/x", false, false }, { "https://evil.example/.smartthings.com", false, false },
	{ "https://smartthings.com/x", false, false }, { "https://evilsmartthings.com/x", false, false },
	{ "https://smartthings.com.evil.example/x", false, false }, { "https://.smartthings.com/x", false, false },
	{ "https://a..smartthings.com/x", false, false }, { "https://c2c-us.smartthings.com./x", false, false },
	{ "https://c2c us.smartthings.com/x", false, false }, { "https://c2c-us.smartthings.com/\x01", false, false },
	{ "https://x%2e.smartthings.com/x", false, false }, { "https://\xd1\x95.smartthings.com/x", false, false },
	{ "https://x.events.example.org/", false, false }, { " " GOOD, false, false }, { GOOD "\n", false, false },
	{ "https://169.254.169.254/x", false, false }, { "https://10.0.0.1/x", false, false },
	{ "https://[fe80::1]/x", false, false }, { "https://2130706433/x", false, false },
	{ "http://127.0.0.1:9000/x", false, true }, { "https://127.0.0.1/x", false, true },
	{ "http://localhost/x", false, true }, { "http://[::1]:9000/x", false, true },
	{ "http://127.0.0.2/x", false, false }, { "http://127.0.0.1.evil.example/x", false, false },
	{ "http://localhost.evil.example/x", false, false }, { "http://[::1/x", false, false },
	{ "http://127.0.0.1@evil.example/x", false, false }, { "http://[::ffff:10.0.0.1]/x", false, false },
};

static void
test_urls(void)
{
	const struct config strict = config_with(false), loose = config_with(true);
	bool here;

	for (size_t i = 0; i < sizeof(urls) / sizeof(urls[0]); i++) {
		CHECK((callback_url_fault(&strict, urls[i].url, &here) == NULL) == urls[i].fine);
		CHECK((callback_url_fault(&loose, urls[i].url, &here) == NULL) == (urls[i].fine || urls[i].loopback));
	}
	CHECK(callback_url_fault(&strict, arena_printf(arena, GOOD "%02000d", 0), &here) != NULL);
}

static struct json *
grant_access(const char *token, const char *proof, const char *places)
{
	return send_message("grantCallbackAccess", token, arena_printf(arena, ",\"callbackAuthentication\":%s,"
	    "\"callbackUrls\":%s", proof, places));
}

#define PROOF "{\"grantType\":\"authorization_code\",\"scope\":\"callback-access\",\"code\":\"c0de-1\",\"clientId\":\"st-app\"}"
#define PLACES "{\"oauthToken\":\"" GOOD "\",\"stateCallback\":\"https://c2c-us.smartthings.com/device/events\"}"

static bool
kept(struct callback *c)
{
	return callback_find(store, arena, keyring, user.id, link_id, c) == STORE_OK;
}

static void
test_refused(void)
{
	const struct { const char *proof, *places, *error; } rows[] = {
		{ "null", PLACES, "BAD-REQUEST" }, { "[]", PLACES, "BAD-REQUEST" }, { "\"x\"", PLACES, "BAD-REQUEST" },
		{ "{}", PLACES, "INVALID-CLIENT" },
		{ "{\"code\":\"c\",\"clientId\":7}", PLACES, "INVALID-CLIENT" },
		{ "{\"code\":\"c\",\"clientId\":\"\"}", PLACES, "INVALID-CLIENT" },
		{ "{\"code\":\"c\",\"clientId\":\"ST-APP\"}", PLACES, "INVALID-CLIENT" },
		{ "{\"code\":\"c\",\"clientId\":\"st-app\",\"grantType\":\"refresh_token\"}", PLACES, "BAD-REQUEST" },
		{ "{\"code\":\"c\",\"clientId\":\"st-app\",\"grantType\":1}", PLACES, "BAD-REQUEST" },
		{ "{\"clientId\":\"st-app\"}", PLACES, "INVALID-CODE" },
		{ "{\"code\":\"\",\"clientId\":\"st-app\"}", PLACES, "INVALID-CODE" },
		{ "{\"code\":[\"c\"],\"clientId\":\"st-app\"}", PLACES, "INVALID-CODE" },
		{ PROOF, "null", "BAD-REQUEST" }, { PROOF, "[]", "BAD-REQUEST" }, { PROOF, "{}", "BAD-REQUEST" },
		{ PROOF, "{\"oauthToken\":\"" GOOD "\"}", "BAD-REQUEST" },
		{ PROOF, "{\"stateCallback\":\"" GOOD "\"}", "BAD-REQUEST" },
		{ PROOF, "{\"oauthToken\":1,\"stateCallback\":\"" GOOD "\"}", "BAD-REQUEST" },
		{ PROOF, "{\"oauthToken\":\"https://evil.example/\",\"stateCallback\":\"" GOOD "\"}", "BAD-REQUEST" },
		{ PROOF, "{\"oauthToken\":\"" GOOD "\",\"stateCallback\":\"https://169.254.169.254/\"}", "BAD-REQUEST" },
	};
	const char *token = make_token("[\"lamp\"]", "devices:read", 3600);
	struct callback c;

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		grant_access(token, rows[i].proof, rows[i].places);
		CHECK(status == 200);
		CHECK_STR(global_error(), rows[i].error);
		CHECK_STR(header("interactionType"), "grantCallbackAccess");
		CHECK(!kept(&c));
	}
	grant_access("nonsense", PROOF, PLACES);
	CHECK_STR(global_error(), "INVALID-TOKEN");
	send_message("grantCallbackAccess", token, "");
	CHECK_STR(global_error(), "BAD-REQUEST");
}

static bool
asked_for(const char *token)
{
	return json_get_bool(send_message("discoveryRequest", token, ""), "requestGrantCallbackAccess", false);
}

static enum store_result
lose(struct store_tx *tx, void *arg)
{
	struct callback *c = arg;

	c->code = c->refresh = NULL;
	return callback_tx_put(tx, keyring, c);
}

static void
test_kept(void)
{
	const char *token = make_token("[\"lamp\"]", "devices:read devices:control", 3600), *raw;
	struct callback c;

	CHECK(asked_for(token));
	grant_access(token, PROOF, PLACES);
	CHECK(global_error() == NULL && json_count(answer) == 1 && kept(&c));
	CHECK_STR(c.code, "c0de-1");
	CHECK_STR(c.token_url, GOOD);
	CHECK(!callback_is_lost(&c) && !asked_for(token));
	/* Nothing in the store can be used by who reads it, nor moved to another link. */
	CHECK(store_get(store, arena, arena_printf(arena, "callback/%s/%s", user.id, link_id), &raw) == STORE_OK);
	CHECK(strstr(raw, "c0de-1") == NULL);
	/* The same message again changes nothing, also once the code is used; another code does. */
	CHECK(callback_find(store, arena, keyring, user.id, "other", &c) == STORE_ABSENT && kept(&c));
	CHECK(store_run(store, arena, lose, &c) == STORE_OK && kept(&c) && callback_is_lost(&c));
	CHECK(asked_for(token));
	grant_access(token, PROOF, PLACES);
	CHECK(kept(&c) && c.code == NULL);
	grant_access(token, "{\"code\":\"c0de-2\",\"clientId\":\"st-app\"}", PLACES);
	CHECK(kept(&c) && c.code != NULL && strcmp(c.code, "c0de-2") == 0);
	CHECK(!asked_for(token));
}

static void
found(void *arg, const char *word)
{
	size_t *n = arg;

	CHECK(strncmp(word, user.id, strlen(user.id)) == 0 && word[strlen(user.id)] == '/');
	(*n)++;
}

/* A link is announced once, and taken out once. */
static void
test_boxes(void)
{
	size_t n = 0;
	bool full;

	for (int round = 0; round < 2; round++)
		for (unsigned box = 0; box < BOXES; box++)
			CHECK(box_collect(store, arena, box, found, &n, &full) == STORE_OK && !full);
	CHECK(n == 1);
}

static long long
volume(void)
{
	const struct json *list = json_get(entry(0), "states");
	long long n = -1;

	for (const struct json *s = json_first(list); s != NULL; s = json_next(s))
		if (strcmp(json_get_string(s, "attribute"), "volume") == 0)
			json_int(json_get(s, "value"), &n);
	return n;
}

#define UP(id, argument) "{\"headers\":{\"interactionType\":\"commandRequest\",\"requestId\":\"" id "\"},\"authentication\":" \
    "{\"token\":\"%s\"},\"devices\":[{\"externalDeviceId\":\"%s\",\"commands\":[{\"capability\":\"st.audioVolume\"," \
    "\"command\":\"volumeUp\",\"arguments\":[" argument "]}]}]}"

static long long
up(const char *format, const char *token)
{
	const char *at = strstr(format, "%s"), *other = strstr(at + 2, "%s");

	send_text(arena_printf(arena, "%.*s%s%.*s%s%s", (int)(at - format), format, token, (int)(other - at - 2), at + 2,
	    "radio", other + 2));
	return volume();
}

/* A step is made once, however often its message comes within a minute. */
static void
test_repeated(void)
{
	const char *token = make_token("[\"radio\"]", "devices:control", 3600);
	long long first = up(UP("one", ""), token);

	CHECK(up(UP("one", ""), token) == first);
	CHECK(up(UP("one", ""), token) == first);
	CHECK(up(UP("one", "1"), token) == first + 1);	/* the same id, another message */
	CHECK(up(UP("two", ""), token) == first + 2);
	CHECK(up(UP("one", ""), make_token("[\"radio\"]", "devices:control", 3600)) == first + 3);	/* another link's */
	CHECK(up(UP("one", ""), token) == first + 3);
	/* Also a step that could not be made when it came first. */
	const char *why, *loud = "audioVolume.volume=100", *soft = "audioVolume.volume=40";
	CHECK(state_set(store, arena, catalogue, user.id, "radio", &loud, 1, &why, NULL) == STORE_OK);
	CHECK(up(UP("three", ""), token) == 100);
	CHECK(state_set(store, arena, catalogue, user.id, "radio", &soft, 1, &why, NULL) == STORE_OK);
	CHECK(up(UP("three", ""), token) == 40);
}

#define ROUNDS 40
#define PROCESSES 3

/* One of several processes: round by round they send the same message at the same instant. */
static void
step_at_once(const char *token, int *here)
{
	struct store_options options = { .engine = "gdbm", .path = arena_printf(arena, "%s/store", folder) };
	char text[200];
	const char *why;
	bool fine = store_open(&store, &options, text, sizeof(text)) == STORE_OK &&
	    (keyring = keyring_open(arena, config, store, &why)) != NULL;

	/* Also who has failed goes on: the others wait for it. */
	for (int i = 0; i < ROUNDS; i++) {
		__atomic_add_fetch(here, 1, __ATOMIC_SEQ_CST);
		while (__atomic_load_n(here, __ATOMIC_SEQ_CST) < PROCESSES * (i + 1))
			sched_yield();
		if (!fine)
			continue;
		send_message("commandRequest", token, arena_printf(arena, ",\"devices\":[{\"externalDeviceId\":\"radio\",\"commands\":"
		    "[{\"capability\":\"st.audioVolume\",\"command\":\"volumeUp\"},{\"capability\":\"st.audioVolume\",\"command\":"
		    "\"volumeUp\",\"arguments\":[%d]}]}]", i));
		fine = global_error() == NULL && device_error(0) == NULL && volume() == 2 * (i + 1);
	}
	_exit(fine ? 0 : 1);
}

/* A message that comes twice at the same instant, to two processes, is carried out by one of them. */
static void
test_at_once(void)
{
	const char *token = make_token("[\"radio\"]", "devices:control", 3600), *why, *text = "audioVolume.volume=0";
	int *here = mmap(NULL, sizeof(*here), PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0), status_of, good = 0;

	CHECK(here != MAP_FAILED);
	CHECK(state_set(store, arena, catalogue, user.id, "radio", &text, 1, &why, NULL) == STORE_OK);
	fflush(stdout);
	for (int i = 0; i < PROCESSES; i++)
		if (fork() == 0)
			step_at_once(token, here);
	for (int i = 0; i < PROCESSES; i++)
		good += wait(&status_of) > 0 && status_of == 0;
	CHECK(good == PROCESSES);
	const struct json *state;
	CHECK(state_get(store, arena, user.id, "radio", &state) == STORE_OK);
	CHECK(json_get_int(state_slot(state, "main", "audioVolume", "volume"), "value", 0) == 2 * ROUNDS);
	munmap(here, sizeof(*here));
}

static void
test_journal(void)
{
	const char *token = make_token("[\"lamp\"]", "devices:read", 3600);
	struct json *list;

	send_message("interactionResult", token, ",\"originatingInteractionType\":\"discoveryRequest\",\"deviceState\":"
	    "[{\"externalDeviceId\":\"lamp\",\"deviceError\":[{\"errorEnum\":\"BAD-RESPONSE\",\"detail\":\"blank\"},{}]}]");
	CHECK(activity_list(store, arena, user.id, 1, 0, &list) == STORE_OK);
	CHECK_STR(json_get_string(json_first(list), "event"), "interaction_result");
	CHECK_STR(json_get_string(json_first(list), "grant"), link_id);
	CHECK_STR(json_get_string(json_first(list), "detail"), "discoveryRequest lamp: BAD-RESPONSE blank and 1 more");
	send_text("{\"headers\":{\"interactionType\":\"interactionResult\",\"requestId\":\"r\"},\"globalError\":"
	    "{\"errorEnum\":\"BAD-REQUEST\",\"detail\":\"why\"}}");
	CHECK(activity_list(store, arena, "-", 1, 0, &list) == STORE_OK);
	CHECK_STR(json_get_string(json_first(list), "detail"), ": BAD-REQUEST why");
}

/* How many of a user's events are of this kind and, unless it is NULL, of this link. */
static size_t
events(const char *who, const char *event, const char *grant)
{
	struct json *list;
	size_t n = 0;

	CHECK(activity_list(store, arena, who, 10000, 0, &list) == STORE_OK);
	for (const struct json *e = json_first(list); e != NULL; e = json_next(e))
		n += strcmp(json_get_string(e, "event"), event) == 0 && (grant == NULL ||
		    (json_get_string(e, "grant") != NULL && strcmp(json_get_string(e, "grant"), grant) == 0));
	return n;
}

#define RESULT ",\"originatingInteractionType\":\"stateCallback\",\"globalError\":{\"errorEnum\":\"BAD-REQUEST\",\"detail\":\"%d\"}"

/* Whoever sends what SmartThings dislikes, with or without a token, cannot push other events out, nor write without end. */
static void
test_flood(void)
{
	const char *noisy = make_token("[\"lamp\"]", "devices:read", 86400), *noisy_link = link_id;
	const char *calm = make_token("[\"lamp\"]", "devices:read", 86400), *calm_link = link_id;
	struct json *list;

	log_open("test", (enum log_level)(LOG_LEVEL_ERROR + 1));
	activity_note(store, arena, &(struct activity){ .event = "authn_login_fail", .detail = "nobody's" });
	send_message("interactionResult", calm, arena_printf(arena, RESULT, 0));
	for (int i = 0; i < 300; i++) {
		send_message("interactionResult", noisy, arena_printf(arena, RESULT, i));
		send_text(arena_printf(arena, "{\"headers\":{\"interactionType\":\"interactionResult\",\"requestId\":\"r\"}" RESULT "}", i));
		CHECK(status == 200 && json_count(answer) == 1);
	}
	CHECK(events(user.id, "interaction_result", noisy_link) == ACTIVITY_RESULTS_MINUTE);
	CHECK(events("-", "interaction_result", NULL) <= ACTIVITY_RESULTS_MINUTE);
	/* Hours later: the last ones of each link, and all else is still there. */
	for (int i = 300; i < 340; i++) {
		clock_ahead(60 * (i - 299));
		send_message("interactionResult", noisy, arena_printf(arena, RESULT, i));
		send_text(arena_printf(arena, "{\"headers\":{\"interactionType\":\"interactionResult\",\"requestId\":\"r\"}" RESULT "}", i));
	}
	CHECK(events(user.id, "interaction_result", noisy_link) == ACTIVITY_RESULTS);
	CHECK(events(user.id, "interaction_result", calm_link) == 1);
	CHECK(events("-", "interaction_result", NULL) == ACTIVITY_RESULTS && events("-", "authn_login_fail", NULL) == 1);
	CHECK(activity_list(store, arena, user.id, 1, 0, &list) == STORE_OK);
	CHECK_STR(json_get_string(json_first(list), "detail"), "stateCallback: BAD-REQUEST 339");
	/* The operator sees all of it; an owner who goes takes it along. */
	CHECK(events(NULL, "interaction_result", NULL) >= 2 * ACTIVITY_RESULTS + 1);
	CHECK(activity_forget(store, arena, user.id) == STORE_OK);
	CHECK(events(user.id, "interaction_result", NULL) == 0 && events("-", "interaction_result", NULL) == ACTIVITY_RESULTS);
	clock_ahead(0);
	log_open("test", LOG_LEVEL_ERROR);
}

int
main(void)
{
	schema_fixture_open();
	add_device("{\"id\":\"lamp\",\"type\":\"c2c-dimmer\",\"name\":\"Lamp\"}");
	add_device("{\"id\":\"radio\",\"type\":\"0e7ee5f2-6d2b-4a5e-8c3c-1a2b3c4d5e6f\",\"name\":\"Radio\","
	    "\"capabilities\":[\"audioVolume\"]}");
	test_urls();
	/* Without a client id no callbacks are possible: they are refused, and not asked for. */
	CHECK(!asked_for(make_token("[\"lamp\"]", "devices:read", 3600)));
	grant_access(make_token("[\"lamp\"]", "devices:read", 3600), "{\"code\":\"c\",\"clientId\":\"\"}", PLACES);
	CHECK_STR(global_error(), "INVALID-CLIENT");
	const struct config strict = config_with(false);
	config = &strict;
	test_refused();
	test_kept();
	test_boxes();
	test_repeated();
	test_at_once();
	test_journal();
	test_flood();
	return schema_fixture_close();
}
