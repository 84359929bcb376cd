/* token_verify.c: from an access token to its claims and its grant. */
#include <string.h>

#include "base/arena.h"
#include "base/clock.h"
#include "base/config.h"
#include "base/json.h"
#include "base/log.h"
#include "base/secret.h"
#include "db/record.h"
#include "oauth/client.h"
#include "oauth/grant.h"
#include "oauth/jwt_codec.h"
#include "oauth/keyring.h"
#include "oauth/refresh_token.h"
#include "oauth/token.h"
#include "oauth/user.h"
#include "base/banned.h"

#define LEEWAY 60	/* seconds that another machine's clock may be ahead of ours */

/* Claims as text to claims as values; false unless each is there with its type. */
static bool
read_claims(const struct token_context *x, const char *text, struct access_token *t)
{
	const struct json *claims = json_parse(x->arena, text, strlen(text), NULL);
	const char *issuer = json_get_string(claims, "iss"), *audience = json_get_string(claims, "aud");

	*t = (struct access_token){
		.subject = json_get_string(claims, "sub"),
		.client = json_get_string(claims, "client_id"),
		.scope = json_get_string(claims, "scope"),
		.grant = json_get_string(claims, "sid"),
		.id = json_get_string(claims, "jti"),
		.issued = json_get_int(claims, "iat", -1),
		.expires = json_get_int(claims, "exp", -1),
	};
	bool ours = issuer != NULL && strcmp(issuer, x->config->public_url) == 0 &&
	    (json_array_has(json_get(claims, "aud"), x->config->oauth.audience) ||
	    (audience != NULL && strcmp(audience, x->config->oauth.audience) == 0));
	bool early = json_get(claims, "nbf") != NULL && json_get_int(claims, "nbf", INT64_MAX) > clock_sec() + LEEWAY;
	return ours && !early && t->subject != NULL && t->client != NULL && t->scope != NULL && t->id != NULL &&
	    t->issued >= 0 && t->expires > t->issued;
}

/* Within its time? One from the future was made before this machine's clock was set back: it counts as expired and not as
 * forged, so that its client gets another, where it would give up the whole link otherwise. */
static enum token_verdict
in_time(const struct access_token *t)
{
	int64_t now = clock_sec();

	return t->expires > now && t->issued <= now + LEEWAY ? TOKEN_OK : TOKEN_EXPIRED;
}

/* The signature is costly, and its result does not change: remember it by the token's hash. */
static const char *
proven_claims(const struct token_context *x, const char *text)
{
	unsigned char hash[SECRET_HASH];
	size_t len = strnlen(text, JWT_MAX + 1);

	if (len > JWT_MAX)
		return NULL;
	secret_sha256(text, len, hash);
	keyring_refresh(x->keyring, x->arena);
	const char *claims = keyring_recall(x->keyring, hash, clock_sec());
	if (claims != NULL || (claims = jwt_prove(x->arena, x->keyring, text, len)) == NULL)
		return claims;
	const struct json *parsed = json_parse(x->arena, claims, strlen(claims), NULL);
	keyring_remember(x->keyring, hash, claims, json_get_int(parsed, "exp", 0));
	return claims;
}

/* Is the client still there and allowed? The grants of an app that is gone are, until it is back, as good as ended. */
static enum token_verdict
check_client(const struct token_context *x, const char *id, struct grant *g)
{
	struct client c;
	enum store_result r = client_find(x->store, x->arena, id, &c);

	if (r != STORE_OK)
		return r == STORE_ABSENT ? TOKEN_INVALID : TOKEN_UNAVAILABLE;
	if (c.app_gone && g->revoked == NULL)
		g->revoked = GRANT_APP_GONE;
	return c.disabled ? TOKEN_INVALID : g->revoked != NULL ? TOKEN_REVOKED : TOKEN_OK;
}

/* The grant behind claims that were proven, as it is now. */
static enum token_verdict
check_grant(const struct token_context *x, const struct access_token *t, struct grant *g)
{
	struct user u;
	enum store_result r = grant_find(x->store, x->arena, t->subject, t->grant, g);

	if (r == STORE_OK)
		r = user_by_id(x->store, x->arena, t->subject, &u);
	if (r != STORE_OK)
		return r == STORE_ABSENT ? TOKEN_INVALID : TOKEN_UNAVAILABLE;
	if (u.disabled || strcmp(g->client, t->client) != 0)
		return TOKEN_INVALID;
	return g->revoked != NULL ? TOKEN_REVOKED : TOKEN_OK;
}

/* All that the verdict on a token's claims rests on, besides them. */
static void
expect(const struct token_context *x, const struct access_token *t)
{
	if (!store_asks(x->store))
		return;
	const char *keys[] = { grant_key(x->arena, t->subject, t->grant), user_key(x->arena, t->subject), client_key(x->arena, t->client) };
	store_expect(x->store, x->arena, keys, sizeof(keys) / sizeof(keys[0]));
}

enum token_verdict
token_verify(const struct token_context *x, const char *text, struct access_token *t, struct grant *g)
{
	const char *claims = proven_claims(x, text);
	enum token_verdict v;

	if (claims == NULL || !read_claims(x, claims, t) || t->grant == NULL)
		return TOKEN_INVALID;
	expect(x, t);
	if ((v = check_grant(x, t, g)) != TOKEN_OK && v != TOKEN_REVOKED)
		return v;
	if ((v = check_client(x, t->client, g)) != TOKEN_OK)
		return v;
	return in_time(t);
}

/* --- what a client may know and take back --- */

/* A token that a client has for itself is taken back by its jti, until it would have ended anyway. */
static char *
taken_key(struct arena *a, const struct access_token *t)
{
	return record_key(a, "taken", t->client, t->id, NULL);
}

static enum token_verdict
inspect_own(const struct token_context *x, const struct access_token *t)
{
	struct json *r;
	enum store_result result = record_get(x->store, x->arena, taken_key(x->arena, t), &r);

	if (result != STORE_ABSENT)
		return result == STORE_OK ? TOKEN_REVOKED : TOKEN_UNAVAILABLE;
	return in_time(t);
}

/* A refresh token is alive while it is its grant's current one. */
static enum token_verdict
inspect_refresh(const struct token_context *x, const struct client *c, const char *text, struct access_token *t)
{
	struct grant g;
	uint32_t sequence;

	*t = (struct access_token){ .client = c->id };
	if (!refresh_token_read(x->arena, x->keyring, c->id, text, &t->subject, &t->grant, &sequence))
		return TOKEN_INVALID;
	enum token_verdict v = check_grant(x, t, &g);
	if (v != TOKEN_OK)
		return v;
	t->scope = g.scope;
	t->issued = g.last_used;
	t->expires = grant_ends(&g);
	return sequence == g.sequence ? TOKEN_OK : TOKEN_INVALID;
}

enum token_verdict
token_inspect(const struct token_context *x, const struct client *c, const char *text, struct access_token *t)
{
	const char *claims = proven_claims(x, text);
	struct grant g;

	if (claims == NULL)
		return inspect_refresh(x, c, text, t);
	if (!read_claims(x, claims, t) || strcmp(t->client, c->id) != 0)
		return TOKEN_INVALID;
	return t->grant == NULL ? inspect_own(x, t) : token_verify(x, text, t, &g);
}

static enum store_result
take_own(struct store_tx *tx, void *arg)
{
	const struct access_token *t = arg;
	struct arena *a = store_tx_arena(tx);

	return record_tx_put(tx, taken_key(a, t), record_new(a), t->expires);
}

enum oauth_error
token_take_back(const struct token_context *x, const struct client *c, const char *text)
{
	const char *claims = proven_claims(x, text);
	struct access_token t = { .client = c->id };
	uint32_t sequence;

	if (claims == NULL ? !refresh_token_read(x->arena, x->keyring, c->id, text, &t.subject, &t.grant, &sequence) :
	    !read_claims(x, claims, &t) || strcmp(t.client, c->id) != 0)
		return OAUTH_OK;
	enum store_result r = t.grant == NULL ? store_run(x->store, x->arena, take_own, &t) :
	    grant_revoke(x->store, x->arena, t.subject, t.grant, "client");
	if (r != STORE_OK && r != STORE_ABSENT)
		return OAUTH_TEMPORARILY_UNAVAILABLE;
	log_event(LOG_LEVEL_INFO, "authz_revoked", "client=%s grant=%s", c->id, t.grant != NULL ? t.grant : "-");
	return OAUTH_OK;
}
