/* schema_fixture.h: an instance with keys, a user, a client and links, and messages sent to schema_answer. */
#ifndef SCHEMA_FIXTURE_H
#define SCHEMA_FIXTURE_H

#include "base/clock.h"
#include "base/config.h"
#include "base/log.h"
#include "base/text.h"
#include "oauth/client.h"
#include "oauth/grant.h"
#include "oauth/keyring.h"
#include "oauth/token.h"
#include "oauth/user.h"
#include "schema/dispatch.h"
#include "tests/unit/device_fixture.h"

static const struct config *config;
static struct keyring *keyring;
static struct user user;
static struct client client;
static struct json *answer;	/* the last one */
static int status;

static inline void
must(bool ok, const char *what)
{
	if (!ok) {
		printf("# fixture: %s\n", what);
		exit(1);
	}
}

static inline void
schema_fixture_open(void)
{
	const char *why = "";
	bool flag;

	fixture_open();
	log_open("test", LOG_LEVEL_ERROR);
	FILE *f = fopen(arena_printf(arena, "%s/gatehouse.json", folder), "w");
	fputs("{\"public_url\":\"http://127.0.0.1:8080\"}", f);
	fclose(f);
	clock_follow(arena_printf(arena, "%s/clock", folder));
	config = config_load(arena, folder, &why);
	must(config != NULL && keyring_create(arena, config, store, &flag, &why), why);
	keyring = keyring_open(arena, config, store, &why);
	must(keyring != NULL, why);
	must(user_add(store, arena, "ann", NULL, &user, &flag) == STORE_OK && !flag, "user");
	client = (struct client){ .id = "smartthings", .name = "SmartThings", .redirect_uris = parse("[\"https://x.example/cb\"]"),
	    .scope = "devices:read devices:control", .auth = CLIENT_AUTH_NONE, .grants = "authorization_code,refresh_token",
	    .rotate = true };
	must(client_save(store, arena, &client, true, &flag) == STORE_OK, "client");
}

static inline int
schema_fixture_close(void)
{
	keyring_close(keyring);
	return fixture_close();
}

/* Add a device to the user of the tokens. */
static inline void
add_device(const char *definition)
{
	struct device d;
	struct json *state;
	bool exists = true;

	must(device_define(arena, catalogue, parse(definition), &d, &state) == NULL, definition);
	must(device_add(store, arena, user.id, &d, state, 1000, &exists) == STORE_OK && !exists, definition);
}

/* The id of the link that the last token belongs to. */
static const char *link_id;

/* A token for a new link to these devices (a JSON list) with this scope. */
static inline const char *
make_token(const char *devices, const char *scope, long long ttl)
{
	const struct token_context x = { config, store, keyring, arena };
	struct grant g = { .user = user.id, .client = client.id, .scope = scope, .devices = parse(devices) };
	struct json *tokens;

	must(grant_create(store, arena, &g, 864000, 864000) == STORE_OK, "grant");
	must(token_for_grant(&x, &client, &g, ttl, &tokens) == OAUTH_OK, "token");
	link_id = g.id;
	return json_get_string(tokens, "access_token");
}

/* Send bytes as they are, with as much memory as a request has in a program: running over it would end this one. */
static inline struct json *
send_bytes(const char *body, size_t len)
{
	struct arena *request = arena_new((size_t)64 << 20);
	const struct schema_context x = { config, store, keyring, catalogue, request, NULL };

	status = 0;
	const char *text = json_print(request, schema_answer(&x, body, len, &status));
	/* Whatever comes in: what goes out is JSON in UTF-8, and has headers. */
	answer = json_parse(arena, text, strlen(text), NULL);
	CHECK(answer != NULL);
	CHECK_STR(json_get_string(json_get(answer, "headers"), "schema"), "st-schema");
	CHECK_STR(json_get_string(json_get(answer, "headers"), "version"), "1.0");
	arena_free(request);
	return answer;
}

static inline struct json *
send_text(const char *body)
{
	return send_bytes(body, strlen(body));
}

/* Send a message of this type with a token and further members (",\"devices\":[...]" or ""). */
static inline struct json *
send_message(const char *type, const char *token, const char *rest)
{
	return send_text(arena_printf(arena, "{\"headers\":{\"schema\":\"st-schema\",\"version\":\"1.0\",\"interactionType\":"
	    "\"%s\",\"requestId\":\"req-1\"},\"authentication\":{\"tokenType\":\"Bearer\",\"token\":\"%s\"}%s}", type, token,
	    rest));
}

/* Move the clock that everything here follows. */
static inline void
clock_ahead(int64_t seconds)
{
	int64_t ms = seconds * 1000;
	FILE *f = fopen(arena_printf(arena, "%s/clock", folder), "r+");

	if (f == NULL)
		f = fopen(arena_printf(arena, "%s/clock", folder), "w");
	fwrite(&ms, sizeof(ms), 1, f);
	fclose(f);
	clock_follow(arena_printf(arena, "%s/clock", folder));
}

/* The errorEnum of the global error; NULL if there is none. */
static inline const char *
global_error(void)
{
	return json_get_string(json_get(answer, "globalError"), "errorEnum");
}

static inline const char *
header(const char *name)
{
	return json_get_string(json_get(answer, "headers"), name);
}

/* The i-th device's entry, and its error; NULL if it has none. */
static inline const struct json *
entry(size_t i)
{
	return json_at(json_get(answer, "deviceState"), i);
}

static inline const char *
device_error(size_t i)
{
	const struct json *list = json_get(entry(i), "deviceError");

	CHECK(list == NULL || (json_type(list) == JSON_ARRAY && json_count(list) == 1));
	return json_get_string(json_first(list), "errorEnum");
}

/* The states of an entry as "st.switch.switch=\"on\" ...". NULL if it has no states. */
static inline const char *
states(size_t i)
{
	const struct json *list = json_get(entry(i), "states");
	const char *text = "";

	if (list == NULL)
		return NULL;
	for (const struct json *s = json_first(list); s != NULL; s = json_next(s))
		text = arena_printf(arena, "%s%s%s.%s=%s%s", text, *text != '\0' ? " " : "", json_get_string(s, "capability"),
		    json_get_string(s, "attribute"), json_print(arena, json_get(s, "value")),
		    json_get(s, "unit") != NULL ? json_get_string(s, "unit") : "");
	return text;
}

#endif
