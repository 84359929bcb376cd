/* code.c: one record a code, kept after its use to recognise a replay. */
#include "oauth/code.h"

#include <string.h>

#include "base/arena.h"
#include "base/clock.h"
#include "base/config.h"
#include "base/json.h"
#include "base/log.h"
#include "base/secret.h"
#include "db/record.h"
#include "oauth/activity.h"
#include "oauth/client.h"
#include "oauth/exchange.h"
#include "oauth/grant.h"
#include "oauth/pkce.h"
#include "oauth/user.h"
#include "base/banned.h"

#define ID_BYTES 16
#define USED_KEPT 3600		/* seconds that a used code is remembered */
#define CONSENT_KEPT 3600	/* longer than a consent page can be answered */

/* The record's key and the user of a code; NULL if text cannot be a code. */
static char *
code_key(struct arena *a, const char *text, const char **user)
{
	size_t len;
	unsigned char *bytes = secret_from_base64url(a, text, strlen(text), &len);

	if (bytes == NULL || len != 2 * ID_BYTES)
		return NULL;
	*user = secret_base64url(a, bytes, ID_BYTES);
	return record_key(a, "code", *user, secret_digest(a, text), NULL);
}

/* --- issuing --- */

struct issuing {
	const struct code	*code;
	const char		*key, *consent_key;
	int64_t			 expires;
	bool			 again;
};

static enum store_result
issue(struct store_tx *tx, void *arg)
{
	struct issuing *i = arg;
	const struct code *c = i->code;
	struct arena *a = store_tx_arena(tx);
	struct json *r;
	enum store_result result = record_tx_get(tx, i->consent_key, &r);

	i->again = result == STORE_OK;
	if (result != STORE_ABSENT)
		return result;
	if ((result = record_tx_put(tx, i->consent_key, record_new(a), clock_sec() + CONSENT_KEPT)) != STORE_OK)
		return result;
	r = record_new(a);
	json_set_string(a, r, "client", c->client);
	json_set_string(a, r, "redirect_uri", c->redirect_uri);
	json_set_string(a, r, "challenge", c->challenge);
	json_set_string(a, r, "scope", c->scope);
	json_set(a, r, "devices", json_copy(a, c->devices));
	json_set_bool(a, r, "include_new", c->include_new);
	json_set(a, r, "left_out", json_copy(a, c->left_out));
	json_set(a, r, "preferences", json_copy(a, c->preferences));
	json_set_int(a, r, "expires", i->expires);
	return record_tx_put(tx, i->key, r, i->expires);
}

enum store_result
code_issue(struct store *store, struct arena *a, const struct config *config, const struct code *c, const char *consent,
    const char **text, bool *again)
{
	unsigned char bytes[2 * ID_BYTES];
	const char *user;
	size_t len;
	unsigned char *id = secret_from_base64url(a, c->user, strlen(c->user), &len);

	if (id == NULL || len != ID_BYTES)
		return STORE_FAILED;
	memcpy(bytes, id, ID_BYTES);
	secret_random(bytes + ID_BYTES, ID_BYTES);
	*text = secret_base64url(a, bytes, sizeof(bytes));
	struct issuing i = { c, code_key(a, *text, &user), record_key(a, "consent", c->user, consent, NULL),
	    clock_sec() + config->oauth.code_ttl, false };
	enum store_result r = store_run(store, a, issue, &i);
	*again = i.again;
	return r;
}

/* --- redeeming --- */

struct redeeming {
	const struct config	*config;
	const struct client	*client;
	const char		*key, *user, *redirect_uri, *verifier;
	const char		*replayed;	/* the grant that a second use revoked */
	struct grant		*grant;
	enum oauth_error	 error;
};

/* RFC 6749 4.1.2: a second use revokes what the first gave. */
static enum store_result
revoke_replayed(struct store_tx *tx, struct redeeming *d, const char *id)
{
	struct grant g;
	enum store_result r = grant_tx_get(tx, d->user, id, &g);

	d->replayed = id;
	if (r == STORE_ABSENT || (r == STORE_OK && g.revoked != NULL))
		return STORE_OK;
	if (r != STORE_OK)
		return r;
	g.revoked = "code_replay";
	r = grant_tx_keep(tx, &g);
	return r != STORE_OK ? r : activity_tx_note(tx, &(struct activity){ .event = "authn_token_reuse", .user = d->user,
	    .client = d->client->id, .grant = id, .detail = "a code came twice" });
}

static bool
fits(struct arena *a, const struct redeeming *d, const struct json *r)
{
	const char *uri = json_get_string(r, "redirect_uri");

	return uri != NULL && d->redirect_uri != NULL && strcmp(uri, d->redirect_uri) == 0 &&
	    pkce_verify(a, json_get_string(r, "challenge"), d->verifier);
}

/* For the owner: how the link came about, as the two records have it. */
static enum store_result
keep_handshake(struct store_tx *tx, const struct redeeming *d, const struct json *r)
{
	struct arena *a = store_tx_arena(tx);
	struct json *asked = json_object(a), *redeemed = json_object(a), *tokens = json_object(a);

	json_set_string(a, asked, "response_type", "code");
	json_set_string(a, asked, "client_id", d->client->id);
	json_set_string(a, asked, "redirect_uri", json_get_string(r, "redirect_uri"));
	json_set_string(a, asked, "scope", json_get_string(r, "scope"));
	json_set_string(a, asked, "code_challenge_method", json_get_string(r, "challenge") != NULL ? "S256" : NULL);
	json_set_string(a, redeemed, "grant_type", "authorization_code");
	json_set_string(a, redeemed, "client_id", d->client->id);
	json_set_string(a, redeemed, "code", "-");
	json_set_string(a, redeemed, "redirect_uri", d->redirect_uri);
	json_set_string(a, tokens, "access_token", "-");
	json_set_string(a, tokens, "token_type", "Bearer");
	json_set_string(a, tokens, "scope", d->grant->scope);
	enum store_result result = exchange_tx_keep(tx, &(struct exchange){ .grant = d->grant, .step = EXCHANGE_ALLOWED,
	    .line = "GET /authorize", .request = asked, .status = 303,
	    .time = (json_get_int(r, "expires", 0) - d->config->oauth.code_ttl) * 1000 });
	return result != STORE_OK ? result : exchange_tx_keep(tx, &(struct exchange){ .grant = d->grant,
	    .step = EXCHANGE_CODE, .line = "POST /token", .request = redeemed, .answer = tokens, .status = 200 });
}

static enum store_result
accept(struct store_tx *tx, struct redeeming *d, struct json *r)
{
	struct arena *a = store_tx_arena(tx);
	struct json *user;
	enum store_result result = record_tx_get(tx, record_key(a, "user", d->user, NULL), &user);

	if (result != STORE_OK || json_get_bool(user, "disabled", false))
		return result == STORE_ABSENT ? STORE_OK : result;
	d->grant->scope = json_get_string(r, "scope");
	d->grant->devices = json_get(r, "devices");
	d->grant->include_new = json_get_bool(r, "include_new", false);
	d->grant->left_out = json_get(r, "left_out");
	d->grant->preferences = json_get(r, "preferences");
	if ((result = grant_tx_add(tx, d->grant, d->config->oauth.refresh_idle_ttl)) != STORE_OK)
		return result;
	if ((result = keep_handshake(tx, d, r)) != STORE_OK)
		return result;
	json_set_string(a, r, "grant", d->grant->id);
	result = activity_tx_note(tx, &(struct activity){ .event = "authn_token_created", .user = d->user,
	    .client = d->client->id, .grant = d->grant->id });
	if (result != STORE_OK)
		return result;
	d->error = OAUTH_OK;
	return record_tx_put(tx, d->key, r, clock_sec() + USED_KEPT);
}

static enum store_result
redeem(struct store_tx *tx, void *arg)
{
	struct redeeming *d = arg;
	struct json *r;
	enum store_result result = record_tx_get(tx, d->key, &r);

	d->error = OAUTH_INVALID_GRANT;
	d->replayed = NULL;
	if (result != STORE_OK)
		return result == STORE_ABSENT ? STORE_OK : result;
	const char *client = json_get_string(r, "client"), *used = json_get_string(r, "grant");
	if (client == NULL || strcmp(client, d->client->id) != 0)
		return STORE_OK;
	if (used != NULL)
		return revoke_replayed(tx, d, used);
	if (json_get_int(r, "expires", 0) <= clock_sec())
		return STORE_OK;
	if (!fits(store_tx_arena(tx), d, r)) {	/* whoever guesses has one try */
		result = activity_tx_note(tx, &(struct activity){ .event = "authn_code_refused", .user = d->user,
		    .client = d->client->id, .detail = "redirect_uri or code_verifier differs" });
		return result != STORE_OK ? result : record_tx_delete(tx, d->key);
	}
	return accept(tx, d, r);
}

enum oauth_error
code_redeem(struct store *store, struct arena *a, const struct config *config, const struct client *client,
    const char *text, const char *redirect_uri, const char *verifier, struct grant *g)
{
	struct redeeming d = { .config = config, .client = client, .redirect_uri = redirect_uri,
	    .verifier = verifier, .grant = g };

	if ((d.key = code_key(a, text, &d.user)) == NULL)
		return OAUTH_INVALID_GRANT;
	*g = (struct grant){ .user = d.user, .client = client->id };
	grant_begin(a, g, config->oauth.refresh_max_ttl);
	g->sequence = 1;
	g->rotated = clock_ms();
	if (store_run(store, a, redeem, &d) != STORE_OK)
		return OAUTH_TEMPORARILY_UNAVAILABLE;
	if (d.replayed != NULL)
		log_event(LOG_LEVEL_WARN, "code_replayed", "user=%s client=%s grant=%s", d.user, client->id, d.replayed);
	return d.error;
}
