/* schema_devices.c: discovery, state refresh and commands as SmartThings sends them, and as an attacker would.
 * long because: the three messages are tried on the same devices, each with its good, edge and hostile cases. */
#include "tests/unit/schema_fixture.h"
#include "base/banned.h"

#define UUID "0f3b6a1e-7c4d-4c55-9f0e-5d1a2b3c4d5e"
#define ALL "devices:read devices:control"

static const char *token;

static const char *
printed(const struct json *v, const char *name)
{
	return json_get(v, name) != NULL ? json_print(arena, json_get(v, name)) : NULL;
}

static void
test_discovery(void)
{
	const struct json *d;

	send_message("discoveryRequest", token, "");
	CHECK(status == 200);
	CHECK_STR(header("interactionType"), "discoveryResponse");
	CHECK_STR(header("requestId"), "req-1");
	CHECK(json_get(answer, "authentication") == NULL && json_get(answer, "requestGrantCallbackAccess") == NULL);
	/* Those of the link only, in the order added; one that was deleted meanwhile is left out. */
	CHECK(json_count(json_get(answer, "devices")) == 3);
	d = json_at(json_get(answer, "devices"), 0);
	CHECK_STR(json_get_string(d, "externalDeviceId"), "dim-1");
	CHECK_STR(json_get_string(d, "friendlyName"), "Hall lamp");
	CHECK_STR(json_get_string(d, "deviceHandlerType"), "c2c-dimmer");
	CHECK_STR(printed(d, "manufacturerInfo"),
	    "{\"manufacturerName\":\"Example Works\",\"modelName\":\"VD-2\",\"hwVersion\":\"1\",\"swVersion\":\"3.2\"}");
	CHECK_STR(printed(d, "deviceContext"), "{\"roomName\":\"Hall\",\"categories\":[\"light\"]}");
	CHECK(json_get_string(d, "deviceUniqueId") != NULL && json_get_string(json_get(d, "deviceCookie"), "added") != NULL);
	d = json_at(json_get(answer, "devices"), 1);
	CHECK_STR(json_get_string(d, "externalDeviceId"), "custom");
	CHECK_STR(json_get_string(d, "deviceHandlerType"), UUID);
	CHECK_STR(printed(d, "manufacturerInfo"), "{\"manufacturerName\":\"Gatehouse\",\"modelName\":\"Virtual device\"}");
	CHECK_STR(printed(d, "deviceContext"), NULL);
	CHECK_STR(json_get_string(json_at(json_get(answer, "devices"), 2), "externalDeviceId"), "door");
	send_message("discoveryRequest", make_token("[]", ALL, 0), "");
	CHECK_STR(printed(answer, "devices"), "[]");
}

#define D(id) "{\"externalDeviceId\":\"" id "\"}"
#define DEVICES(list) ",\"devices\":[" list "]"

static void
test_refresh(void)
{
	const struct json *s;

	send_message("stateRefreshRequest", token, DEVICES("{\"externalDeviceId\":\"door\",\"deviceCookie\":{\"x\":[1]}},"
	    D("gone-9") "," D("dim-1") "," D("hidden") "," D("deleted") "," D("door") "," D("") "," D("a/b") "," D("\\u00e4")));
	CHECK(status == 200);
	CHECK_STR(header("interactionType"), "stateRefreshResponse");
	CHECK(json_count(json_get(answer, "deviceState")) == 9);
	CHECK_STR(json_get_string(entry(0), "externalDeviceId"), "door");
	CHECK_STR(states(0), "st.healthCheck.healthStatus=\"online\" st.contactSensor.contact=\"closed\" st.battery.battery=100%");
	CHECK(json_get(entry(0), "deviceError") == NULL);
	CHECK_STR(json_get_string(entry(1), "externalDeviceId"), "gone-9");
	CHECK_STR(device_error(1), "DEVICE-DELETED");
	CHECK(states(1) == NULL);
	CHECK_STR(states(2), "st.healthCheck.healthStatus=\"online\" st.switch.switch=\"off\" st.switchLevel.level=42%");
	s = json_at(json_get(entry(2), "states"), 2);
	CHECK_STR(json_get_string(s, "component"), "main");
	CHECK(json_get_int(s, "timestamp", 0) > 1600000000000);
	CHECK(json_get(s, "data") == NULL);
	/* It exists, but was not chosen for this link: no one must see the difference. */
	CHECK_STR(device_error(3), "DEVICE-DELETED");
	CHECK_STR(json_print(arena, json_get(entry(3), "deviceError")), json_print(arena, json_get(entry(1), "deviceError")));
	CHECK_STR(device_error(4), "DEVICE-DELETED");
	CHECK_STR(states(5), states(0));
	CHECK_STR(device_error(6), "DEVICE-DELETED");
	CHECK_STR(device_error(7), "DEVICE-DELETED");
	CHECK_STR(json_get_string(entry(8), "externalDeviceId"), "\xc3\xa4");
	send_message("stateRefreshRequest", token, DEVICES(""));
	CHECK_STR(printed(answer, "deviceState"), "[]");
	CHECK(state_set_online(store, arena, user.id, "door", false) == STORE_OK);
	send_message("stateRefreshRequest", token, DEVICES(D("door") "," D("dim-1")));
	CHECK_STR(device_error(0), "DEVICE-OFFLINE");
	CHECK(device_error(1) == NULL && states(1) != NULL);
	CHECK(state_set_online(store, arena, user.id, "door", true) == STORE_OK);
}

/* What is wrong with the list itself: nothing is answered about any device, and nothing is done. */
static void
test_malformed(void)
{
	static const char *const rests[] = {
		"", ",\"devices\":null", ",\"devices\":{}", ",\"devices\":\"dim-1\"", DEVICES("7"), DEVICES("null"),
		DEVICES("{}"), DEVICES("{\"externalDeviceId\":7}"), DEVICES("{\"externalDeviceId\":null}"), DEVICES("[]"),
	};
	static const char good[] = "{\"externalDeviceId\":\"dim-1\",\"commands\":[{\"component\":\"main\",\"capability\":"
	    "\"st.switchLevel\",\"command\":\"setLevel\",\"arguments\":[99]}]}";
	static const char *const commands[] = {
		D("door"), "{\"externalDeviceId\":\"door\",\"commands\":null}", "{\"externalDeviceId\":\"door\",\"commands\":\"on\"}",
		"{\"externalDeviceId\":\"door\",\"commands\":{}}", "{\"externalDeviceId\":\"door\",\"commands\":[7]}",
		"{\"externalDeviceId\":\"door\",\"commands\":[{}]}",
		"{\"externalDeviceId\":\"door\",\"commands\":[{\"capability\":\"st.switch\"}]}",
		"{\"externalDeviceId\":\"door\",\"commands\":[{\"command\":\"on\"}]}",
		"{\"externalDeviceId\":\"door\",\"commands\":[{\"capability\":\"st.switch\",\"command\":1}]}",
		"{\"externalDeviceId\":\"door\",\"commands\":[{\"capability\":[],\"command\":\"on\"}]}",
		"{\"externalDeviceId\":\"door\",\"commands\":[{\"capability\":\"st.switch\",\"command\":\"on\",\"component\":0}]}",
	};
	const char *many = "{}";

	for (size_t i = 0; i < sizeof(rests) / sizeof(rests[0]); i++) {
		send_message("stateRefreshRequest", token, rests[i]);
		CHECK_STR(global_error(), "BAD-REQUEST");
		CHECK_STR(header("interactionType"), "stateRefreshResponse");
		send_message("commandRequest", token, rests[i]);
		CHECK_STR(global_error(), "BAD-REQUEST");
		CHECK_STR(header("interactionType"), "commandResponse");
	}
	for (size_t i = 0; i < sizeof(commands) / sizeof(commands[0]); i++) {
		send_message("commandRequest", token, arena_printf(arena, DEVICES("%s,%s"), good, commands[i]));
		CHECK(status == 200);
		CHECK_STR(global_error(), "BAD-REQUEST");
		CHECK(json_get(answer, "deviceState") == NULL);
	}
	for (int i = 0; i < 51; i++)
		many = arena_printf(arena, "%s%s{\"capability\":\"st.switch\",\"command\":\"on\"}", i > 0 ? many : "", i > 0 ? "," : "");
	send_message("commandRequest", token, arena_printf(arena, DEVICES("%s,{\"externalDeviceId\":\"dim-1\",\"commands\":[%s]}"),
	    good, many));
	CHECK_STR(global_error(), "BAD-REQUEST");
	send_message("stateRefreshRequest", token, DEVICES(D("dim-1")));
	CHECK_STR(states(0), "st.healthCheck.healthStatus=\"online\" st.switch.switch=\"off\" st.switchLevel.level=42%");
}

/* One device with one command: capability, command, arguments as JSON (NULL = absent). */
static void
command(const char *id, const char *capability, const char *name, const char *arguments)
{
	send_message("commandRequest", token, arena_printf(arena, DEVICES("{\"externalDeviceId\":\"%s\",\"deviceCookie\":{},"
	    "\"commands\":[{\"component\":\"main\",\"capability\":\"%s\",\"command\":\"%s\"%s%s}]}"), id, capability, name,
	    arguments != NULL ? ",\"arguments\":" : "", arguments != NULL ? arguments : ""));
	CHECK(status == 200 && global_error() == NULL);
	CHECK_STR(header("interactionType"), "commandResponse");
	CHECK(json_count(json_get(answer, "deviceState")) == 1);
	CHECK_STR(json_get_string(entry(0), "externalDeviceId"), id);
}

static const struct { const char *id, *capability, *command, *arguments, *states, *error; } commands[] = {
	{ "dim-1", "st.switch", "on", "[]", "st.switch.switch=\"on\"", NULL },
	{ "dim-1", "st.switch", "off", NULL, "st.switch.switch=\"off\"", NULL },
	{ "dim-1", "st.switch", "on", "null", "st.switch.switch=\"on\"", NULL },
	{ "dim-1", "switch", "off", "[]", "st.switch.switch=\"off\"", NULL },
	{ "dim-1", "st.switchLevel", "setLevel", "[50,3]", "st.switchLevel.level=50%", NULL },
	{ "dim-1", "st.refresh", "refresh", "[]",
	    "st.healthCheck.healthStatus=\"online\" st.switch.switch=\"off\" st.switchLevel.level=50%", NULL },
	{ "dim-1", "st.switch", "toggle", "[]", NULL, "CAPABILITY-NOT-SUPPORTED" },
	{ "dim-1", "st.lock", "lock", "[]", NULL, "CAPABILITY-NOT-SUPPORTED" },
	{ "dim-1", "st.st.switch", "on", "[]", NULL, "CAPABILITY-NOT-SUPPORTED" },
	{ "dim-1", "", "", "[]", NULL, "CAPABILITY-NOT-SUPPORTED" },
	{ "dim-1", "st.switchLevel", "setLevel", "[\"42\"]", "st.switchLevel.level=50%", "RESOURCE-CONSTRAINT-VIOLATION" },
	{ "dim-1", "st.switchLevel", "setLevel", "[101]", "st.switchLevel.level=50%", "RESOURCE-CONSTRAINT-VIOLATION" },
	{ "dim-1", "st.switchLevel", "setLevel", "[42.7]", "st.switchLevel.level=50%", "RESOURCE-CONSTRAINT-VIOLATION" },
	{ "dim-1", "st.switchLevel", "setLevel", "[1e999]", "st.switchLevel.level=50%", "RESOURCE-CONSTRAINT-VIOLATION" },
	{ "dim-1", "st.switchLevel", "setLevel", "[-0.0]", "st.switchLevel.level=0%", NULL },
	{ "dim-1", "st.switchLevel", "setLevel", "{\"level\":3}", "st.switchLevel.level=0%", "RESOURCE-CONSTRAINT-VIOLATION" },
	{ "dim-1", "st.switchLevel", "setLevel", "\"3\"", "st.switchLevel.level=0%", "RESOURCE-CONSTRAINT-VIOLATION" },
	{ "door", "st.contactSensor", "open", "[]", NULL, "CAPABILITY-NOT-SUPPORTED" },
	{ "hidden", "st.switch", "on", "[]", NULL, "DEVICE-DELETED" },
	{ "deleted", "st.switch", "on", "[]", NULL, "DEVICE-DELETED" },
	{ "gone-9", "st.switch", "on", "[]", NULL, "DEVICE-DELETED" },
	{ "custom", "st.lock", "unlock", "[]", "st.lock.lock=\"unlocked\"", NULL },
};

static void
test_commands(void)
{
	for (size_t i = 0; i < sizeof(commands) / sizeof(commands[0]); i++) {
		command(commands[i].id, commands[i].capability, commands[i].command, commands[i].arguments);
		CHECK_STR(states(0), commands[i].states);
		CHECK_STR(device_error(0), commands[i].error);
	}
	CHECK_STR(json_print(arena, json_get(json_at(json_get(entry(0), "states"), 0), "data")), "{\"method\":\"command\"}");
	/* A name that is cut in our answer is cut between characters. */
	const char *name = "x";
	for (int i = 0; i < 60; i++)
		name = arena_printf(arena, "%s\xe2\x82\xac", name);
	command("dim-1", "st.switch", name, "[]");
	CHECK_STR(device_error(0), "CAPABILITY-NOT-SUPPORTED");
	CHECK(state_set_online(store, arena, user.id, "dim-1", false) == STORE_OK);
	command("dim-1", "st.switch", "on", "[]");
	CHECK_STR(device_error(0), "DEVICE-OFFLINE");
	CHECK_STR(states(0), NULL);
	CHECK(state_set_online(store, arena, user.id, "dim-1", true) == STORE_OK);
}

#define SET(n) "{\"component\":\"main\",\"capability\":\"st.switchLevel\",\"command\":\"setLevel\",\"arguments\":[" #n "]}"

/* Several devices, several commands, the same device twice; a failing one stops its device, not the others. */
static void
test_several(void)
{
	send_message("commandRequest", token, DEVICES(
	    "{\"externalDeviceId\":\"dim-1\",\"commands\":[" SET(10) "," SET(11) "," SET(1000) "," SET(12) "]},"
	    "{\"externalDeviceId\":\"nobody\",\"commands\":[" SET(1) "]},"
	    "{\"externalDeviceId\":\"custom\",\"commands\":[{\"component\":\"aux\",\"capability\":\"st.switch\","
	    "\"command\":\"on\"}]},"
	    "{\"externalDeviceId\":\"dim-1\",\"commands\":[" SET(20) "]},"
	    "{\"externalDeviceId\":\"dim-1\",\"commands\":[]}"));
	CHECK(json_count(json_get(answer, "deviceState")) == 5);
	CHECK_STR(states(0), "st.switchLevel.level=11%");
	CHECK_STR(device_error(0), "RESOURCE-CONSTRAINT-VIOLATION");
	CHECK_STR(device_error(1), "DEVICE-DELETED");
	CHECK_STR(states(2), "st.switch.switch=\"on\"");
	CHECK_STR(json_get_string(json_first(json_get(entry(2), "states")), "component"), "aux");
	CHECK_STR(states(3), "st.switchLevel.level=20%");
	CHECK(device_error(3) == NULL);
	CHECK_STR(states(4), "st.healthCheck.healthStatus=\"online\"");
	send_message("stateRefreshRequest", token, DEVICES(D("dim-1")));
	CHECK_STR(states(0), "st.healthCheck.healthStatus=\"online\" st.switch.switch=\"off\" st.switchLevel.level=20%");
}

/* Somebody else's link sees nothing of ours, and cannot move it. */
static void
test_stranger(void)
{
	struct user other;
	bool taken;
	const char *mine = user.id, *stranger;

	must(user_add(store, arena, "bob", NULL, &other, &taken) == STORE_OK, "bob");
	user.id = other.id;
	stranger = make_token("[\"dim-1\",\"door\"]", ALL, 0);
	user.id = mine;
	send_message("discoveryRequest", stranger, "");
	CHECK_STR(printed(answer, "devices"), "[]");
	send_message("stateRefreshRequest", stranger, DEVICES(D("dim-1")));
	CHECK_STR(device_error(0), "DEVICE-DELETED");
	send_message("commandRequest", stranger, DEVICES("{\"externalDeviceId\":\"dim-1\",\"commands\":[" SET(77) "]}"));
	CHECK_STR(device_error(0), "DEVICE-DELETED");
	send_message("stateRefreshRequest", token, DEVICES(D("dim-1")));
	CHECK(strstr(states(0), "level=20%") != NULL);
}

/* n times the same text with commas. */
static const char *
repeated(const char *text, size_t n)
{
	size_t len = strlen(text);
	char *all = arena_alloc(arena, n * (len + 1) + 1);

	for (size_t i = 0; i < n; i++) {
		memcpy(all + i * (len + 1), text, len);
		all[i * (len + 1) + len] = ',';
	}
	all[n * (len + 1) - 1] = '\0';
	return all;
}

/* Many devices, and answers that would not fit: refused, not died of. */
static void
test_many(void)
{
	const char *ids = "\"big\"", *asked = "";

	for (int i = 0; i < 200; i++) {
		add_device(arena_printf(arena, "{\"id\":\"d%d\",\"name\":\"D\",\"type\":\"c2c-motion-7\"}", i));
		ids = arena_printf(arena, "%s,\"d%d\"", ids, i);
		asked = arena_printf(arena, "%s%s{\"externalDeviceId\":\"d%d\"}", asked, i > 0 ? "," : "", i);
	}
	const char *many = make_token(arena_printf(arena, "[%s]", ids), ALL, 0);
	send_message("discoveryRequest", many, "");
	CHECK(json_count(json_get(answer, "devices")) == 200);
	send_message("stateRefreshRequest", many, arena_printf(arena, DEVICES("%s"), asked));
	CHECK(json_count(json_get(answer, "deviceState")) == 200);
	CHECK_STR(json_get_string(entry(199), "externalDeviceId"), "d199");
	CHECK(states(199) != NULL && device_error(199) == NULL);
	send_message("stateRefreshRequest", many, arena_printf(arena, DEVICES("%s"), repeated(D("d0"), 500)));
	CHECK(json_count(json_get(answer, "deviceState")) == 500);
	send_message("stateRefreshRequest", many, arena_printf(arena, DEVICES("%s"), repeated(D("d0"), 501)));
	CHECK_STR(global_error(), "BAD-REQUEST");
	add_device("{\"id\":\"big\",\"name\":\"Big\",\"type\":\"" UUID "\",\"capabilities\":[\"execute\"]}");
	const char *text = arena_printf(arena, "execute.data={\"x\":[%s]}", repeated("0", 7000)), *why;
	CHECK(state_set(store, arena, catalogue, user.id, "big", &text, 1, &why, NULL) == STORE_OK);
	send_message("stateRefreshRequest", many, arena_printf(arena, DEVICES("%s"), repeated(D("big"), 5)));
	CHECK(global_error() == NULL && json_count(json_get(answer, "deviceState")) == 5);
	send_message("stateRefreshRequest", many, arena_printf(arena, DEVICES("%s"), repeated(D("big"), 500)));
	CHECK_STR(global_error(), "BAD-REQUEST");
	send_message("commandRequest", many, arena_printf(arena, DEVICES("%s"), repeated("{\"externalDeviceId\":\"big\","
	    "\"commands\":[{\"capability\":\"st.refresh\",\"command\":\"refresh\"}]}", 100)));
	CHECK(global_error() == NULL && json_count(json_get(answer, "deviceState")) == 100);
	CHECK(states(0) != NULL && device_error(0) == NULL);
	CHECK_STR(device_error(99), "DEVICE-UNAVAILABLE");
	CHECK(state_set_online(store, arena, user.id, "big", false) == STORE_OK);
	send_message("stateRefreshRequest", many, arena_printf(arena, DEVICES("%s"), repeated(D("big"), 500)));
	CHECK(json_count(json_get(answer, "deviceState")) == 500);
	CHECK_STR(device_error(499), "DEVICE-OFFLINE");
}

/* A link that new devices join by themselves, but for one that was left out. */
static void
test_new_devices(void)
{
	const struct token_context x = { config, store, keyring, arena };
	struct grant g = { .user = user.id, .client = client.id, .scope = ALL, .devices = parse("[\"dim-1\"]"),
	    .include_new = true, .left_out = parse("[\"custom\"]") };
	struct json *tokens;
	const char *t;

	must(grant_create(store, arena, &g, 864000, 864000) == STORE_OK, "grant");
	must(token_for_grant(&x, &client, &g, 0, &tokens) == OAUTH_OK, "token");
	t = json_get_string(tokens, "access_token");
	add_device("{\"id\":\"newcomer\",\"name\":\"N\",\"type\":\"c2c-switch\"}");
	send_message("discoveryRequest", t, "");
	const char *ids = "";
	for (const struct json *d = json_first(json_get(answer, "devices")); d != NULL; d = json_next(d))
		ids = arena_printf(arena, "%s %s", ids, json_get_string(d, "externalDeviceId"));
	CHECK_STR(ids, " dim-1 door hidden newcomer");
	send_message("commandRequest", t, DEVICES("{\"externalDeviceId\":\"newcomer\",\"commands\":[{\"capability\":"
	    "\"st.switch\",\"command\":\"on\"}]}," D("custom")));
	CHECK_STR(global_error(), "BAD-REQUEST");	/* no commands for the second */
	send_message("stateRefreshRequest", t, DEVICES(D("newcomer") "," D("custom")));
	CHECK(states(0) != NULL && device_error(0) == NULL);
	CHECK_STR(device_error(1), "DEVICE-DELETED");
	CHECK(device_delete(store, arena, user.id, "newcomer") == STORE_OK);
}

/* A capability's object that nobody knows all members of stays what its type says. */
static void
test_objects(void)
{
	const char *t = make_token("[\"color\"]", ALL, 0);

	add_device("{\"id\":\"color\",\"name\":\"C\",\"type\":\"" UUID "\",\"capabilities\":[\"color\"]}");
	send_message("commandRequest", t, DEVICES("{\"externalDeviceId\":\"color\",\"commands\":[{\"capability\":\"st.color\","
	    "\"command\":\"setColorValue\",\"arguments\":[{\"hue\":1,\"saturation\":2,\"junk\":[1,2,3]}]}]}"));
	CHECK_STR(states(0), "st.color.colorValue={\"hue\":1,\"saturation\":2}");
}

/* A record that cannot be read: HTTP 503 where the whole answer needs it, one device's error where commands went well
 * before it. */
static enum store_result
spoil_fn(struct store_tx *tx, void *arg)
{
	return store_tx_put(tx, arena_printf(arena, "device/%s/%s", user.id, (const char *)arg), "{\"v\":1}", 0);
}

static void
test_no_store(void)
{
	char id[] = "door";

	CHECK(store_run(store, arena, spoil_fn, id) == STORE_OK);
	send_message("discoveryRequest", token, "");
	CHECK(status == 503 && json_get(answer, "devices") == NULL);
	CHECK_STR(global_error(), "UNKNOWN-ERROR");
	CHECK_STR(header("interactionType"), "discoveryResponse");
	send_message("stateRefreshRequest", token, DEVICES(D("dim-1") "," D("door")));
	CHECK(status == 503 && json_get(answer, "deviceState") == NULL);
	send_message("commandRequest", token, DEVICES("{\"externalDeviceId\":\"dim-1\",\"commands\":[" SET(33) "]},"
	    "{\"externalDeviceId\":\"door\",\"commands\":[]}"));
	CHECK(status == 200);
	CHECK_STR(states(0), "st.switchLevel.level=33%");
	CHECK_STR(device_error(1), "DEVICE-UNAVAILABLE");
	CHECK(states(1) == NULL);
}

int
main(void)
{
	schema_fixture_open();
	add_device("{\"id\":\"dim-1\",\"name\":\"Hall lamp\",\"type\":\"c2c-dimmer\",\"room\":\"Hall\",\"manufacturer\":"
	    "\"Example Works\",\"model\":\"VD-2\",\"hwVersion\":\"1\",\"swVersion\":\"3.2\",\"set\":{\"switchLevel.level\":42}}");
	add_device("{\"id\":\"custom\",\"name\":\"Custom\",\"type\":\"" UUID "\","
	    "\"components\":{\"main\":[\"lock\"],\"aux\":[\"switch\"]}}");
	add_device("{\"id\":\"door\",\"name\":\"Door\",\"type\":\"c2c-contact-3\"}");
	add_device("{\"id\":\"hidden\",\"name\":\"Hidden\",\"type\":\"c2c-switch\"}");
	add_device("{\"id\":\"deleted\",\"name\":\"Deleted\",\"type\":\"c2c-switch\"}");
	must(device_delete(store, arena, user.id, "deleted") == STORE_OK, "delete");
	token = make_token("[\"dim-1\",\"custom\",\"deleted\",\"door\"]", ALL, 0);
	test_discovery();
	test_refresh();
	test_malformed();
	test_commands();
	test_several();
	test_new_devices();
	test_stranger();
	test_many();
	test_objects();
	test_no_store();
	return schema_fixture_close();
}
