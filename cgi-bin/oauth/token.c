/* token.c: from grants to tokens and back. */
#include "oauth/token.h"

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
#include "oauth/code.h"
#include "oauth/device_code.h"
#include "oauth/grant.h"
#include "oauth/jwt_codec.h"
#include "oauth/keyring.h"
#include "oauth/refresh_token.h"
#include "oauth/user.h"
#include "base/banned.h"

/* --- answers --- */

/* The members that every token response has (RFC 6749 5.1). sid NULL: of no grant. */
static enum oauth_error
make_answer(const struct token_context *x, const struct client *c, const char *sub, const char *sid, const char *scope,
    long long ttl, struct json **answer)
{
	struct arena *a = x->arena;
	int64_t now = clock_sec();

	if (ttl == 0)
		ttl = c->access_ttl != 0 ? c->access_ttl : x->config->oauth.access_ttl;
	const struct jwt_claim claims[] = {
		{ "iss", x->config->public_url }, { "aud", x->config->oauth.audience }, { "sub", sub },
		{ "client_id", c->id }, { "scope", scope }, { "jti", secret_token(a, 12) }, { sid != NULL ? "sid" : NULL, sid },
		{ NULL, NULL },
	};
	keyring_refresh(x->keyring, a);
	char *access = jwt_make(a, x->keyring, claims, now, now + ttl);
	if (access == NULL)
		return OAUTH_SERVER_ERROR;
	*answer = json_object(a);
	json_set_string(a, *answer, "access_token", access);
	json_set_string(a, *answer, "token_type", "Bearer");
	json_set_int(a, *answer, "expires_in", ttl);
	json_set_string(a, *answer, "scope", scope);
	return OAUTH_OK;
}

/* For a grant as it stands in the store now. */
static enum oauth_error
answer_for(const struct token_context *x, const struct client *c, const struct grant *g, const char *scope,
    long long ttl, struct json **answer)
{
	char *refresh = g->sequence > 0 ? refresh_token_make(x->arena, x->keyring, g) : NULL;

	if (g->sequence > 0 && refresh == NULL)
		return OAUTH_SERVER_ERROR;
	enum oauth_error e = make_answer(x, c, g->user, g->id, scope, ttl, answer);
	if (e == OAUTH_OK)
		json_set_string(x->arena, *answer, "refresh_token", refresh);
	return e;
}

enum oauth_error
token_for_client(const struct token_context *x, const struct client *c, const char *asked, struct json **answer)
{
	const char *scope = client_scope(x->arena, c, asked);

	if (scope == NULL)
		return OAUTH_INVALID_SCOPE;
	if (c->auth == CLIENT_AUTH_NONE)	/* RFC 6749 4.4: confidential clients only */
		return OAUTH_UNAUTHORIZED_CLIENT;
	return make_answer(x, c, arena_printf(x->arena, TOKEN_CLIENT_SUBJECT "%s", c->id), NULL, scope, 0, answer);
}

/* The answer for a grant that was made just now. */
static enum oauth_error
answer_new(const struct token_context *x, const struct client *c, struct grant *g, struct json **answer)
{
	if (!client_may(c, "refresh_token"))
		g->sequence = 0;
	log_event(LOG_LEVEL_INFO, "authn_token_created", "user=%s client=%s grant=%s", g->user, c->id, g->id);
	return answer_for(x, c, g, g->scope, 0, answer);
}

bool
token_resource_ok(const struct config *c, const char *resource)
{
	return resource == NULL || strcmp(resource, c->oauth.audience) == 0 || strcmp(resource, c->public_url) == 0;
}

enum oauth_error
token_from_device_code(const struct token_context *x, const struct client *c, const char *device_code,
    struct json **answer)
{
	struct grant g;
	enum oauth_error e = device_code_redeem(x->store, x->arena, x->config, c, device_code, &g);

	return e == OAUTH_OK ? answer_new(x, c, &g, answer) : e;
}

enum oauth_error
token_from_code(const struct token_context *x, const struct client *c, const char *code, const char *redirect_uri,
    const char *verifier, struct json **answer)
{
	struct grant g;
	enum oauth_error e = code_redeem(x->store, x->arena, x->config, c, code, redirect_uri, verifier, &g);

	return e == OAUTH_OK ? answer_new(x, c, &g, answer) : e;
}

struct issuing {
	const struct token_context	*x;
	struct grant			*grant;
};

static enum store_result
start_family(struct store_tx *tx, void *arg)
{
	const struct issuing *i = arg;
	struct grant now;
	enum store_result r = grant_tx_get(tx, i->grant->user, i->grant->id, &now);

	if (r != STORE_OK)
		return r;
	now.sequence = 1;
	now.rotated = clock_ms();
	*i->grant = now;
	return grant_tx_put(tx, &now, i->x->config->oauth.refresh_idle_ttl);
}

enum oauth_error
token_for_grant(const struct token_context *x, const struct client *c, struct grant *g, long long expires_in,
    struct json **answer)
{
	struct issuing i = { x, g };

	if (client_may(c, "refresh_token") && store_run(x->store, x->arena, start_family, &i) != STORE_OK)
		return OAUTH_TEMPORARILY_UNAVAILABLE;
	return answer_for(x, c, g, g->scope, expires_in, answer);
}

/* --- refreshing --- */

struct refreshing {
	const struct token_context	*x;
	const struct client		*client;
	const char			*user, *id;
	uint32_t			 sequence;
	struct grant			 grant;
	const char			*event;		/* what to log once it is settled; NULL = nothing */
	enum oauth_error		 error;
};

/* The current token: it is used now, and its successor becomes current. */
static enum store_result
rotate(struct store_tx *tx, struct refreshing *f, int64_t now)
{
	struct grant *g = &f->grant;

	if (f->client->rotate) {
		g->sequence++;
		g->rotated = now;
	}
	if (now / 1000 > g->last_used)
		g->last_used = now / 1000;
	f->error = OAUTH_OK;
	return grant_tx_put(tx, g, f->x->config->oauth.refresh_idle_ttl);
}

static enum store_result
refresh(struct store_tx *tx, void *arg)
{
	struct refreshing *f = arg;
	struct grant *g = &f->grant;
	enum store_result r = grant_tx_get(tx, f->user, f->id, g);
	int64_t now = clock_ms();

	f->error = OAUTH_INVALID_GRANT;
	f->event = NULL;
	if (r != STORE_OK || g->revoked != NULL || g->expires <= now / 1000)
		return r == STORE_ABSENT ? STORE_OK : r;
	if (now < g->rotated)	/* the clock was set back: no window gets longer by it */
		now = g->rotated;
	if (f->sequence == g->sequence)
		return rotate(tx, f, now);
	/* The one before, shortly after: the answer was lost on its way, or two asked at once. Same successor again. */
	if (f->sequence + 1 == g->sequence && now - g->rotated <= f->x->config->oauth.refresh_retry_window * 1000) {
		f->error = OAUTH_OK;
		f->event = "refresh_repeated";
		return STORE_OK;
	}
	g->revoked = "reuse";
	f->event = "authn_token_reuse";
	r = grant_tx_keep(tx, g);
	return r != STORE_OK ? r : activity_tx_note(tx, &(struct activity){ .event = f->event, .user = f->user,
	    .client = f->client->id, .grant = f->id, .detail = "a refresh token came twice" });
}

/* Is the account still there and allowed? */
static enum oauth_error
check_user(const struct token_context *x, const char *id)
{
	struct user u;
	enum store_result r = user_by_id(x->store, x->arena, id, &u);

	if (r == STORE_ABSENT || (r == STORE_OK && u.disabled))
		return OAUTH_INVALID_GRANT;
	return r == STORE_OK ? OAUTH_OK : OAUTH_TEMPORARILY_UNAVAILABLE;
}

/* RFC 6749 6: the scope may be narrowed for this access token, never widened. */
static enum oauth_error
narrow(const struct token_context *x, const struct client *c, const struct refreshing *f, const char *asked,
    const char **scope)
{
	struct grant g;

	if (asked == NULL || *asked == '\0')
		return OAUTH_OK;
	enum store_result r = grant_find(x->store, x->arena, f->user, f->id, &g);
	if (r != STORE_OK)
		return r == STORE_ABSENT ? OAUTH_INVALID_GRANT : OAUTH_TEMPORARILY_UNAVAILABLE;
	struct client narrowed = *c;
	narrowed.scope = g.scope;
	*scope = client_scope(x->arena, &narrowed, asked);
	return *scope != NULL ? OAUTH_OK : OAUTH_INVALID_SCOPE;
}

static void
expect(const struct token_context *x, const struct refreshing *f)
{
	if (!store_asks(x->store))
		return;
	const char *keys[] = { user_key(x->arena, f->user), grant_key(x->arena, f->user, f->id) };
	store_expect(x->store, x->arena, keys, sizeof(keys) / sizeof(keys[0]));
}

enum oauth_error
token_from_refresh(const struct token_context *x, const struct client *c, const char *text, const char *scope,
    struct json **answer)
{
	struct refreshing f = { .x = x, .client = c };
	const char *narrowed = NULL;
	enum oauth_error e;

	if (!refresh_token_read(x->arena, x->keyring, c->id, text, &f.user, &f.id, &f.sequence))
		return OAUTH_INVALID_GRANT;
	expect(x, &f);
	/* Before the token is spent: what is refused must leave it usable. */
	if ((e = check_user(x, f.user)) != OAUTH_OK || (e = narrow(x, c, &f, scope, &narrowed)) != OAUTH_OK)
		return e;
	if (store_run(x->store, x->arena, refresh, &f) != STORE_OK)
		return OAUTH_TEMPORARILY_UNAVAILABLE;
	if (f.event != NULL)
		log_event(f.error == OAUTH_OK ? LOG_LEVEL_INFO : LOG_LEVEL_WARN, f.event, "user=%s client=%s grant=%s",
		    f.user, c->id, f.id);
	if (f.error != OAUTH_OK)
		return f.error;
	return answer_for(x, c, &f.grant, narrowed != NULL ? narrowed : f.grant.scope, 0, answer);
}
