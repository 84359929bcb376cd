/* callback_grant.c: grantCallbackAccess (schema protocol 1.5): SmartThings says where and with what it may be called.
 *
 * Nothing is called here: the code is kept, the courier redeems it. */
#include <string.h>

#include "base/arena.h"
#include "base/config.h"
#include "base/json.h"
#include "base/secret.h"
#include "courier/box.h"
#include "device/change.h"
#include "schema/callback.h"
#include "schema/callback_url.h"
#include "schema/dispatch.h"
#include "schema/interactions.h"
#include "base/banned.h"

#define CODE_MAX 4096

struct granting {
	const struct schema_message *message;
	const char	*code, *token_url, *state_url;
};

/* A grant that comes again brings new tokens and, it may be, other addresses; what was told stays told. The old tokens
 * stay until the new code has proved good. The same message twice is one. */
static enum store_result
keep(struct store_tx *tx, void *arg)
{
	const struct granting *g = arg;
	const struct schema_message *m = g->message;
	const char *hash = secret_digest(store_tx_arena(tx), g->code);
	struct callback c;
	enum store_result r = callback_tx_find(tx, m->context->keyring, m->grant.user, m->grant.id, &c);

	if (r == STORE_OK && c.code_hash != NULL && strcmp(c.code_hash, hash) == 0)
		return STORE_OK;
	if (r == STORE_ABSENT) {
		c.chosen = callback_choice(store_tx_arena(tx), &m->grant);
		r = change_tx_newest(tx, m->grant.user, &c.cursor);
	}
	if (r != STORE_OK)
		return r;
	c.token_url = g->token_url;
	c.state_url = g->state_url;
	c.code = g->code;
	c.code_hash = hash;
	c.tokens = c.events = (struct callback_trouble){ 0, 0 };
	c.next = 0;
	if ((r = callback_tx_put(tx, m->context->keyring, &c)) != STORE_OK)
		return r;
	return box_tx_leave(tx, arena_printf(store_tx_arena(tx), "%s/%s", m->grant.user, m->grant.id));
}

static enum schema_error
check(struct schema_message *m, struct granting *g)
{
	const struct config *config = m->context->config;
	const struct json *proof = json_get(m->root, "callbackAuthentication"), *urls = json_get(m->root, "callbackUrls");
	const char *client = json_get_string(proof, "clientId"), *type = json_get_string(proof, "grantType"), *why;
	bool loopback;

	*g = (struct granting){ m, json_get_string(proof, "code"), json_get_string(urls, "oauthToken"),
	    json_get_string(urls, "stateCallback") };
	m->detail = json_type(proof) != JSON_OBJECT ? "callbackAuthentication must be an object" :
	    json_type(urls) != JSON_OBJECT ? "callbackUrls must be an object" :
	    json_get(proof, "grantType") != NULL && (type == NULL || strcmp(type, "authorization_code") != 0) ?
	    "callbackAuthentication.grantType must be authorization_code" : NULL;
	if (m->detail != NULL)
		return SCHEMA_BAD_REQUEST;
	m->detail = *config->smartthings.client_id == '\0' ?
	    "smartthings.client_id is not configured here: callbacks are off" :
	    "callbackAuthentication.clientId is not the one that this server was registered with";
	if (client == NULL || *config->smartthings.client_id == '\0' ||
	    strcmp(client, config->smartthings.client_id) != 0)
		return SCHEMA_INVALID_CLIENT;
	m->detail = "callbackAuthentication.code must be a text";
	if (g->code == NULL || *g->code == '\0' || strlen(g->code) > CODE_MAX)
		return SCHEMA_INVALID_CODE;
	if ((why = callback_url_fault(config, g->token_url, &loopback)) != NULL)
		m->detail = arena_printf(m->arena, "callbackUrls.oauthToken %s", why);
	else if ((why = callback_url_fault(config, g->state_url, &loopback)) != NULL)
		m->detail = arena_printf(m->arena, "callbackUrls.stateCallback %s", why);
	if (why != NULL)
		return SCHEMA_BAD_REQUEST;
	m->detail = NULL;
	return SCHEMA_OK;
}

enum schema_error
schema_callback_grant(struct schema_message *m, struct json *answer)
{
	struct granting g;
	enum schema_error e = check(m, &g);

	(void)answer;
	if (e != SCHEMA_OK)
		return e;
	if (store_run(m->context->store, m->arena, keep, &g) != STORE_OK) {
		m->detail = "the grant cannot be kept now";
		return SCHEMA_UNAVAILABLE;
	}
	return SCHEMA_OK;
}
