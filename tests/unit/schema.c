/* schema.c: what holds for every Schema message: the order of decisions, tokens, ids, and what is no message. */
#include "tests/unit/schema_fixture.h"
#include "base/banned.h"

static const char *token;

/* Bodies that are no JSON object. */
static void
test_no_message(void)
{
	static const struct { const char *body; size_t len; } bodies[] = {
#define B(s) { s, sizeof(s) - 1 }
		B(""), B(" "), B("null"), B("7"), B("\"x\""), B("[]"), B("[{}]"), B("{"), B("{}x"), B("{\"headers\":"),
		B("\xef\xbb\xbf{}"), B("{\"a\":\"\xff\"}"), B("{\"a\":\"\xed\xa0\x80\"}"), B("{\"a\":1,\"a\":2}"),
		B("{\"a\":\"\0\"}"), B("{}\0"), B("{\"a\":\"\\u0000\"}"), B("{\"a\":{\"b\":1,\"b\":1}}"), B("{'a':1}"),
		B("{\"a\":NaN}"), B("{\"a\":\"\n\"}"),
	};
	char *deep = arena_alloc(arena, 40001);

	for (size_t i = 0; i < sizeof(bodies) / sizeof(bodies[0]); i++) {
		send_bytes(bodies[i].body, bodies[i].len);
		CHECK(status == 400);
		CHECK_STR(global_error(), "BAD-REQUEST");
		CHECK(header("interactionType") == NULL && header("requestId") == NULL);
	}
	memset(deep, '[', 20000);
	memset(deep + 20000, ']', 20000);
	send_text(arena_printf(arena, "{\"a\":%s}", deep));
	CHECK(status == 400 && strcmp(global_error(), "BAD-REQUEST") == 0);
}

#define REST ",\"authentication\":{\"tokenType\":\"Bearer\",\"token\":\"%s\"}}"
#define HEADERS(h) "{\"headers\":" h REST

/* Headers: BAD-REQUEST for their shape, INVALID-INTERACTION-TYPE for the type, in that order; HTTP 200. */
static const struct { const char *body, *error, *type, *id; } headers[] = {
	{ HEADERS("{\"interactionType\":\"discoveryRequest\",\"requestId\":\"a B\\\"\"}"), NULL, "discoveryResponse", "a B\"" },
	{ HEADERS("{\"interactionType\":\"discoveryRequest\",\"requestId\":\"\"}"), NULL, "discoveryResponse", "" },
	{ HEADERS("{\"schema\":\"st-schema\",\"version\":\"2.0\",\"interactionType\":\"discoveryRequest\",\"requestId\":\"r\","
	    "\"more\":[]}"), NULL, "discoveryResponse", "r" },
	{ "{\"a\":1" REST, "BAD-REQUEST", NULL, NULL },
	{ HEADERS("null"), "BAD-REQUEST", NULL, NULL },
	{ HEADERS("[]"), "BAD-REQUEST", NULL, NULL },
	{ HEADERS("\"discoveryRequest\""), "BAD-REQUEST", NULL, NULL },
	{ HEADERS("{\"schema\":\"alexa-schema\",\"interactionType\":\"discoveryRequest\",\"requestId\":\"r\"}"), "BAD-REQUEST",
	    "discoveryResponse", "r" },
	{ HEADERS("{\"schema\":1,\"interactionType\":\"discoveryRequest\",\"requestId\":\"r\"}"), "BAD-REQUEST",
	    "discoveryResponse", "r" },
	{ HEADERS("{}"), "INVALID-INTERACTION-TYPE", NULL, NULL },
	{ HEADERS("{\"requestId\":\"r\"}"), "INVALID-INTERACTION-TYPE", NULL, "r" },
	{ HEADERS("{\"interactionType\":7,\"requestId\":\"r\"}"), "INVALID-INTERACTION-TYPE", NULL, "r" },
	{ HEADERS("{\"interactionType\":\"makeTea\",\"requestId\":\"r\"}"), "INVALID-INTERACTION-TYPE", "makeTea", "r" },
	{ HEADERS("{\"interactionType\":\"makeTea\"}"), "INVALID-INTERACTION-TYPE", "makeTea", NULL },
	{ HEADERS("{\"interactionType\":\"DiscoveryRequest\",\"requestId\":\"r\"}"), "INVALID-INTERACTION-TYPE",
	    "DiscoveryRequest", "r" },
	{ HEADERS("{\"interactionType\":\"discoveryResponse\",\"requestId\":\"r\"}"), "INVALID-INTERACTION-TYPE",
	    "discoveryResponse", "r" },
	{ HEADERS("{\"interactionType\":\"discoveryRequest\"}"), "BAD-REQUEST", "discoveryResponse", NULL },
	{ HEADERS("{\"interactionType\":\"discoveryRequest\",\"requestId\":null}"), "BAD-REQUEST", "discoveryResponse", NULL },
	{ HEADERS("{\"interactionType\":\"discoveryRequest\",\"requestId\":12}"), "BAD-REQUEST", "discoveryResponse", NULL },
};

static void
test_headers(void)
{
	for (size_t i = 0; i < sizeof(headers) / sizeof(headers[0]); i++) {
		const char *body = headers[i].body, *at = strstr(body, "%s");
		send_text(arena_printf(arena, "%.*s%s%s", (int)(at - body), body, token, at + 2));
		CHECK(status == 200);
		CHECK_STR(global_error(), headers[i].error);
		CHECK_STR(header("interactionType"), headers[i].type);
		CHECK_STR(header("requestId"), headers[i].id);
		CHECK((json_get(answer, "devices") != NULL) == (headers[i].error == NULL));
		if (headers[i].error != NULL)
			CHECK(json_get_string(json_get(answer, "globalError"), "detail") != NULL);
	}
}

/* Authentication: what is wrong with it, for each type that needs it. */
static void
test_authentication(void)
{
	static const char *const types[] = { "discoveryRequest", "stateRefreshRequest", "commandRequest" };
	static const char head[] = "{\"headers\":{\"interactionType\":\"%s\",\"requestId\":\"r\"},\"devices\":[]%s}";
	const struct { const char *authentication, *error; } rows[] = {
		{ "", "BAD-REQUEST" }, { ",\"authentication\":null", "BAD-REQUEST" },
		{ ",\"authentication\":\"x\"", "BAD-REQUEST" }, { ",\"authentication\":{}", "INVALID-TOKEN" },
		{ ",\"authentication\":{\"token\":null}", "INVALID-TOKEN" },
		{ ",\"authentication\":{\"token\":7}", "INVALID-TOKEN" },
		{ ",\"authentication\":{\"token\":\"\"}", "INVALID-TOKEN" },
		{ ",\"authentication\":{\"token\":\"nonsense\"}", "INVALID-TOKEN" },
		{ ",\"authentication\":{\"token\":\"a.b.c\"}", "INVALID-TOKEN" },
		{ ",\"authentication\":{\"token\":\"T\",\"tokenType\":\"Basic\"}", "INVALID-TOKEN" },
		{ ",\"authentication\":{\"token\":\"T\",\"tokenType\":null}", "INVALID-TOKEN" },
		{ ",\"authentication\":{\"token\":\"T\",\"tokenType\":\"bEARER\"}", NULL },
		{ ",\"authentication\":{\"token\":\"T\"}", NULL },
	};

	for (size_t t = 0; t < sizeof(types) / sizeof(types[0]); t++)
		for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
			const char *auth = rows[i].authentication, *at = strstr(auth, "\"T\"");
			if (at != NULL)
				auth = arena_printf(arena, "%.*s\"%s\"%s", (int)(at - auth), auth, token, at + 3);
			const char *body = head, *middle = strstr(head, "%s") + 2, *end = strstr(middle, "%s");
			send_text(arena_printf(arena, "%.*s%s%.*s%s%s", (int)(middle - 2 - body), body, types[t],
			    (int)(end - middle), middle, auth, end + 2));
			CHECK(status == 200);
			CHECK_STR(global_error(), rows[i].error);
			CHECK_STR(header("requestId"), "r");
		}
	send_message("discoveryRequest", arena_printf(arena, "%s%020000d", token, 0), "");
	CHECK_STR(global_error(), "INVALID-TOKEN");
}

static void
test_life_of_a_link(void)
{
	const char *t = make_token("[\"lamp\"]", "devices:read devices:control", 60), *id = link_id;
	struct grant g;

	send_message("discoveryRequest", t, "");
	CHECK_STR(global_error(), NULL);
	clock_ahead(3600);
	send_message("discoveryRequest", t, "");
	CHECK_STR(global_error(), "TOKEN-EXPIRED");
	CHECK_STR(header("interactionType"), "discoveryResponse");
	send_message("commandRequest", t, ",\"devices\":[]");
	CHECK_STR(global_error(), "TOKEN-EXPIRED");
	/* SmartThings says goodbye, long after: the link ends, also for the token's successors. */
	CHECK(grant_find(store, arena, user.id, id, &g) == STORE_OK && g.revoked == NULL);
	send_message("integrationDeleted", t, "");
	CHECK(status == 200);
	CHECK_STR(global_error(), NULL);
	CHECK_STR(header("interactionType"), "integrationDeleted");
	CHECK_STR(header("requestId"), "req-1");
	CHECK(json_count(answer) == 1);
	CHECK(grant_find(store, arena, user.id, id, &g) == STORE_OK);
	CHECK_STR(g.revoked, "client");
	clock_ahead(0);
	send_message("discoveryRequest", t, "");
	CHECK_STR(global_error(), "INTEGRATION-DELETED");
	send_message("integrationDeleted", t, "");
	CHECK_STR(global_error(), NULL);
	/* Of a token that we do not know nothing is to be done. */
	send_message("integrationDeleted", "nonsense", "");
	CHECK_STR(global_error(), NULL);
	send_text("{\"headers\":{\"interactionType\":\"integrationDeleted\",\"requestId\":\"r\"}}");
	CHECK_STR(global_error(), "BAD-REQUEST");
}

/* Why it was revoked decides whether the link is gone, or must be made again. */
static void
test_revoked(void)
{
	static const struct { const char *why, *error; } rows[] = {
		{ "user", "INTEGRATION-DELETED" }, { "operator", "INTEGRATION-DELETED" }, { "client", "INTEGRATION-DELETED" },
		{ "reuse", "INVALID-TOKEN" }, { "code_replay", "INVALID-TOKEN" },
	};

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		const char *t = make_token("[\"lamp\"]", "devices:read devices:control", 0);
		CHECK(grant_revoke(store, arena, user.id, link_id, rows[i].why) == STORE_OK);
		send_message("stateRefreshRequest", t, ",\"devices\":[{\"externalDeviceId\":\"lamp\"}]");
		CHECK_STR(global_error(), rows[i].error);
		CHECK(json_get(answer, "deviceState") == NULL);
	}
}

static void
test_scopes(void)
{
	const char *looking = make_token("[\"lamp\"]", "devices:read", 0);
	const char *blind = make_token("[\"lamp\"]", "devices:control", 0);

	send_message("stateRefreshRequest", looking, ",\"devices\":[{\"externalDeviceId\":\"lamp\"}]");
	CHECK_STR(global_error(), NULL);
	send_message("commandRequest", looking, ",\"devices\":[{\"externalDeviceId\":\"lamp\",\"commands\":[{\"capability\":"
	    "\"st.switch\",\"command\":\"on\"}]},{\"externalDeviceId\":\"gone\",\"commands\":[]}]");
	CHECK_STR(global_error(), NULL);
	CHECK_STR(device_error(0), "CAPABILITY-NOT-SUPPORTED");
	CHECK_STR(device_error(1), "DEVICE-DELETED");
	CHECK_STR(states(0), NULL);
	send_message("discoveryRequest", blind, "");
	CHECK_STR(global_error(), "INVALID-TOKEN");
	send_message("stateRefreshRequest", blind, ",\"devices\":[]");
	CHECK_STR(global_error(), "INVALID-TOKEN");
	send_message("commandRequest", blind, ",\"devices\":[{\"externalDeviceId\":\"lamp\",\"commands\":[]}]");
	CHECK_STR(device_error(0), NULL);
}

/* interactionResult is never turned away, whatever is in it, and says nothing back. */
static void
test_interaction_result(void)
{
	static const char *const rests[] = {
		"", ",\"originatingInteractionType\":\"discoveryRequest\"", ",\"authentication\":null", ",\"authentication\":{}",
		",\"globalError\":{\"errorEnum\":\"BAD-RESPONSE\",\"detail\":\"\\\" user=admin\\n\"}", ",\"globalError\":7",
		",\"deviceState\":[{\"deviceError\":[{\"errorEnum\":\"BAD-RESPONSE\",\"detail\":\"blank\"}]},7,null]",
		",\"deviceState\":{\"a\":{\"deviceError\":{\"b\":7}}}", ",\"deviceState\":\"x\"", ",\"originatingInteractionType\":{}",
	};

	log_open("test", (enum log_level)(LOG_LEVEL_ERROR + 1));
	for (size_t i = 0; i < sizeof(rests) / sizeof(rests[0]); i++) {
		send_text(arena_printf(arena, "{\"headers\":{\"interactionType\":\"interactionResult\",\"requestId\":\"r\"}%s}",
		    rests[i]));
		CHECK(status == 200 && json_count(answer) == 1);
		CHECK_STR(header("interactionType"), "interactionResult");
	}
	log_open("test", LOG_LEVEL_ERROR);
}

int
main(void)
{
	schema_fixture_open();
	add_device("{\"id\":\"lamp\",\"name\":\"Lamp\",\"type\":\"c2c-dimmer\"}");
	token = make_token("[\"lamp\"]", "devices:read devices:control", 0);
	test_no_message();
	test_headers();
	test_authentication();
	test_life_of_a_link();
	test_revoked();
	test_scopes();
	test_interaction_result();
	return schema_fixture_close();
}
