/* cloud.c: one message after the other, each judged and kept. */
#include "sim/cloud.h"

#include <string.h>

#include "app.h"
#include "base/arena.h"
#include "base/clock.h"
#include "base/config.h"
#include "base/json.h"
#include "sim/call.h"
#include "sim/check.h"
#include "sim/devices.h"
#include "sim/judge.h"
#include "sim/mask.h"
#include "sim/message.h"
#include "sim/sim.h"
#include "sim/tokens.h"
#include "base/banned.h"

#define CODE_KEPT 600

/* --- what each message teaches --- */

static void
learn_devices(struct message *m, struct home *h, struct json *record, struct json *devices)
{
	const struct json *answer = m->reply.json;

	devices_discovered(h->arena, devices, json_get(answer, "devices"), true);
	json_set_bool(h->arena, record, "wants_grant", json_get_bool(answer, "requestGrantCallbackAccess", false));
}

static void
learn_states(struct message *m, struct home *h, struct json *record, struct json *devices)
{
	(void)record;
	devices_told(h->arena, devices, json_get(m->reply.json, "deviceState"));
}

static void
learn_end(struct message *m, struct home *h, struct json *record, struct json *devices)
{
	(void)m;
	home_end_link(h, record, devices);
}

static message_learn
cloud_learns(const char *type)
{
	static const struct { const char *type; message_learn learn; } all[] = {
		{ "discoveryRequest", learn_devices },
		{ "stateRefreshRequest", learn_states },
		{ "commandRequest", learn_states },
	};

	for (size_t i = 0; i < sizeof(all) / sizeof(all[0]); i++)
		if (strcmp(all[i].type, type) == 0)
			return all[i].learn;
	return NULL;
}

/* --- the messages --- */

static struct json *
device_entry(struct sim *s, struct json *list, const char *id)
{
	const struct json *known = devices_find(s->home.devices, id), *cookie = json_get(known, "cookie");
	struct json *e = json_append(s->arena, list, json_object(s->arena));

	json_set_string(s->arena, e, "externalDeviceId", id);
	if (cookie != NULL)
		json_set(s->arena, e, "deviceCookie", json_copy(s->arena, cookie));
	return e;
}

bool
cloud_discover(struct sim *s)
{
	struct message m = message_new(s, "discoveryRequest", "discovery", learn_devices);

	if (!message_send(&m))
		return false;
	return !json_get_bool(s->home.record, "wants_grant", false) || cloud_grant(s);
}

static bool
ask_states(struct sim *s, const char *device, const char *check, bool old_token)
{
	struct message m = message_new(s, "stateRefreshRequest", check, learn_states);
	struct json *list = json_set(s->arena, m.json, "devices", json_array(s->arena));

	for (const struct json *d = json_first(json_get(s->home.devices, "list")); d != NULL; d = json_next(d)) {
		const char *id = json_get_string(d, "id");
		if (device == NULL || strcmp(id, device) == 0)
			device_entry(s, list, id);
	}
	m.old_token = old_token;
	return message_send(&m);
}

bool
cloud_states(struct sim *s, const char *device)
{
	return ask_states(s, device, "states", false);
}

bool
cloud_expired(struct sim *s)
{
	return ask_states(s, NULL, "states", true);
}

struct json *
cloud_make_command(struct sim *s, const char *component, const char *capability, const char *command,
    struct json *arguments)
{
	struct json *c = json_object(s->arena);

	json_set_string(s->arena, c, "component", component);
	json_set_string(s->arena, c, "capability", capability);
	json_set_string(s->arena, c, "command", command);
	json_set(s->arena, c, "arguments", arguments != NULL ? arguments : json_array(s->arena));
	return c;
}

static struct message
command_message(struct sim *s, const char *device, const struct json *command, const char *check)
{
	struct message m = message_new(s, "commandRequest", check, learn_states);
	struct json *list = json_set(s->arena, m.json, "devices", json_array(s->arena));
	struct json *commands = json_set(s->arena, device_entry(s, list, device), "commands", json_array(s->arena));

	json_append(s->arena, commands, json_copy(s->arena, command));
	return m;
}

bool
cloud_command(struct sim *s, const char *device, const struct json *command)
{
	struct message m = command_message(s, device, command, "command");

	return message_send(&m) && m.error == NULL;
}

bool
cloud_provoke(struct sim *s, const char *check, const char *device, const struct json *command, const char *error)
{
	struct message m = command_message(s, device, command, check);

	m.wanted = error;
	/* A device that is not there must not go from the list because we asked for another. */
	return message_send(&m);
}

bool
cloud_bad_token(struct sim *s)
{
	struct message m = message_new(s, "discoveryRequest", "bad_token", NULL);

	m.token = "not-a-token-of-this-server";
	m.wanted = "INVALID-TOKEN";
	return message_send(&m);
}

bool
cloud_result(struct sim *s, const struct json *faults, const char *type)
{
	struct message m = message_new(s, "interactionResult", "result", NULL);
	struct json *list = json_set(s->arena, m.json, "deviceState", json_array(s->arena));

	json_set_string(s->arena, m.json, "originatingInteractionType", type);
	for (const struct json *f = json_first(faults); f != NULL; f = json_next(f)) {
		struct json *e = json_append(s->arena, list, json_object(s->arena));
		struct json *errors = json_array(s->arena), *error = json_append(s->arena, errors, json_object(s->arena));
		json_set_string(s->arena, e, "externalDeviceId", json_get_string(f, "device"));
		json_set(s->arena, e, "deviceError", errors);
		json_set_string(s->arena, error, "errorEnum", "BAD-RESPONSE");
		json_set_string(s->arena, error, "detail", json_get_string(f, "error"));
	}
	return message_send(&m);
}

/* --- callback access --- */

static void
expect_code(struct home *h, struct json *record, struct json *devices, void *arg)
{
	const struct json *old = json_get(record, "callback");
	struct json *callback = old != NULL ? json_copy(h->arena, old) : json_object(h->arena);

	(void)devices;
	json_set_string(h->arena, callback, "code", secret_digest(h->arena, arg));
	json_set_int(h->arena, callback, "code_until", clock_sec() + CODE_KEPT);
	json_set(h->arena, record, "callback", callback);
	json_set_bool(h->arena, record, "wants_grant", false);
}

bool
cloud_grant(struct sim *s)
{
	struct message m = message_new(s, "grantCallbackAccess", "grant", NULL);
	struct json *proof = json_set(s->arena, m.json, "callbackAuthentication", json_object(s->arena));
	struct json *urls = json_set(s->arena, m.json, "callbackUrls", json_object(s->arena));
	char *code = arena_printf(s->arena, "%s.%s", s->home.id, secret_token(s->arena, 24));

	/* The server may redeem it before it has answered. */
	if (home_change(&s->home, expect_code, code) != STORE_OK)
		return false;
	json_set_string(s->arena, proof, "grantType", "authorization_code");
	json_set_string(s->arena, proof, "scope", "callback-access");
	json_set_string(s->arena, proof, "code", code);
	json_set_string(s->arena, proof, "clientId", s->app->config->smartthings.client_id);
	json_set_string(s->arena, urls, "oauthToken", call_url(s, "/sim/callback/token"));
	json_set_string(s->arena, urls, "stateCallback", call_url(s, "/sim/callback/event"));
	mask_add(&m.more, "CALLBACK_CODE", code);
	return message_send(&m);
}

/* --- the beginning and the end --- */

void
cloud_begin(struct sim *s)
{
	struct message m = message_new(s, "discoveryRequest", "discovery", learn_devices);

	if (message_send(&m) && cloud_states(s, NULL))
		cloud_grant(s);
}

bool
cloud_unlink(struct sim *s)
{
	struct message gone = message_new(s, "integrationDeleted", NULL, NULL), after;
	bool ok = message_send(&gone);

	/* Nobody may use what was given for it any more. */
	after = message_new(s, "discoveryRequest", "unlink", learn_end);
	after.wanted = "INTEGRATION-DELETED";
	after.old_token = true;
	return ok && message_send(&after);
}

long long
cloud_replay(struct sim *s, const struct exchange *x, const char *body)
{
	struct mask mask = mask_of(&s->home);
	struct message m;

	tokens_mask(s, &mask);
	if (x->form)
		return tokens_replay(s, x->kind, mask_show(&mask, MASK_FORM, body), x->seq);
	m = message_new(s, x->kind, NULL, cloud_learns(x->kind));
	m.raw = mask_show(&mask, MASK_JSON, body);
	m.replay_of = x->seq;
	message_send(&m);
	return m.reply.exchange.seq;
}
