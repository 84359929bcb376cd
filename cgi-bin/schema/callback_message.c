/* callback_message.c: the whole envelope each time: without headers SmartThings answers BAD-REQUEST. */
#include "schema/callback_message.h"

#include "base/json.h"
#include "base/secret.h"
#include "schema/callback.h"
#include "schema/envelope.h"
#include "base/banned.h"

#define LIFE_USUAL 86400	/* seconds: what every sample has */
#define LIFE_MIN 60
#define LIFE_MAX (30 * 86400)

/* --- for tokens: their URL, no authentication but the credentials --- */

static struct json *
credentials(struct arena *a, struct json *message, const char *type, const char *client_id, const char *secret)
{
	struct json *proof = json_set(a, message, "callbackAuthentication", json_object(a));

	json_set_string(a, proof, "grantType", type);
	json_set_string(a, proof, "clientId", client_id);
	json_set_string(a, proof, "clientSecret", secret);
	return proof;
}

struct json *
message_redeem(struct arena *a, const struct callback *c, const char *client_id, const char *secret)
{
	struct json *m = schema_envelope(a, "accessTokenRequest", secret_uuid(a));

	json_set_string(a, credentials(a, m, "authorization_code", client_id, secret), "code", c->code);
	return m;
}

struct json *
message_refresh(struct arena *a, const struct callback *c, const char *client_id, const char *secret)
{
	struct json *m = schema_envelope(a, "refreshAccessTokens", secret_uuid(a));

	json_set_string(a, credentials(a, m, "refresh_token", client_id, secret), "refreshToken", c->refresh);
	return m;
}

/* --- for events --- */

static struct json *
event(struct arena *a, const struct callback *c, const char *type)
{
	struct json *m = schema_envelope(a, type, secret_uuid(a));
	struct json *authentication = json_set(a, m, "authentication", json_object(a));

	json_set_string(a, authentication, "tokenType", "Bearer");
	json_set_string(a, authentication, "token", c->access);
	return m;
}

struct json *
message_states(struct arena *a, const struct callback *c, struct json *device_state)
{
	struct json *m = event(a, c, "stateCallback");

	json_set(a, m, "deviceState", device_state);
	return m;
}

struct json *
message_devices(struct arena *a, const struct callback *c, struct json *devices)
{
	struct json *m = event(a, c, "discoveryCallback");

	json_set(a, m, "devices", devices);
	return m;
}

struct json *
message_unlinked(struct arena *a, const struct callback *c)
{
	struct json *m = event(a, c, "discoveryCallback");

	schema_set_error(a, m, SCHEMA_INTEGRATION_DELETED, "the link was removed by its owner");
	return m;
}

/* --- answers --- */

const char *
message_error(const struct json *answer)
{
	return json_get_string(json_get(answer, "globalError"), "errorEnum");
}

bool
message_read_tokens(const struct json *answer, struct message_tokens *t)
{
	const struct json *proof = json_get(answer, "callbackAuthentication");
	int64_t life = json_get_int(proof, "expiresIn", LIFE_USUAL);

	*t = (struct message_tokens){ json_get_string(proof, "accessToken"), json_get_string(proof, "refreshToken"),
	    life < LIFE_MIN ? LIFE_MIN : life > LIFE_MAX ? LIFE_MAX : life };
	if (t->refresh != NULL && *t->refresh == '\0')
		t->refresh = NULL;
	return message_error(answer) == NULL && t->access != NULL && *t->access != '\0';
}
