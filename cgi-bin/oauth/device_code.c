/* device_code.c: pending, then allowed or denied, then used. */
#include "oauth/device_code.h"

#include <ctype.h>
#include <string.h>

#include "base/arena.h"
#include "base/clock.h"
#include "base/config.h"
#include "base/json.h"
#include "base/secret.h"
#include "db/record.h"
#include "oauth/activity.h"
#include "oauth/client.h"
#include "oauth/grant.h"
#include "base/banned.h"

#define LETTERS "BCDFGHJKLMNPQRSTVWXZ"	/* no vowels, so no words (RFC 8628 6.1); 20 of them */
#define CODE 8
#define REMEMBERED 3600	/* seconds that the end of one is still told from an unknown code */

/* --- short codes --- */

static char *
make_user_code(struct arena *a)
{
	char *code = arena_alloc(a, CODE + 2), *c = code;
	unsigned char byte;

	for (int i = 0; i < CODE; i++) {
		do	/* 240 is a multiple of 20: every letter is as likely */
			secret_random(&byte, 1);
		while (byte >= 240);
		*c++ = LETTERS[byte % 20];
		if (i == CODE / 2 - 1)
			*c++ = '-';
	}
	return code;
}

/* As it was made, whatever way it was typed; NULL if it cannot be one. */
static char *
tidy(struct arena *a, const char *typed)
{
	char *code = arena_alloc(a, CODE + 2);
	size_t n = 0;

	for (; *typed != '\0'; typed++) {
		char c = (char)toupper((unsigned char)*typed);
		if (c == ' ' || c == '-')
			continue;
		if (strchr(LETTERS, c) == NULL || n == CODE + 1)
			return NULL;
		if (n == CODE / 2)
			code[n++] = '-';
		code[n++] = c;
	}
	return n == CODE + 1 ? code : NULL;
}

static char *
device_key(struct arena *a, const char *device_code)
{
	return record_key(a, "device-code", secret_digest(a, device_code), NULL);
}

static char *
user_key(struct arena *a, const char *user_code)
{
	return record_key(a, "user-code", secret_digest(a, user_code), NULL);
}

/* --- beginning --- */

struct beginning {
	const struct client	*client;
	const char		*scope, *key, *user_code;
	bool			 taken;
};

static enum store_result
begin(struct store_tx *tx, void *arg)
{
	struct beginning *b = arg;
	struct arena *a = store_tx_arena(tx);
	char *short_key = user_key(a, b->user_code);
	int64_t end = clock_sec() + DEVICE_CODE_TTL;
	struct json *r;
	enum store_result result = record_tx_get(tx, short_key, &r);

	b->taken = result == STORE_OK;
	if (result != STORE_ABSENT)
		return result;
	r = record_new(a);
	json_set_string(a, r, "key", b->key);
	if ((result = record_tx_put(tx, short_key, r, end)) != STORE_OK)
		return result;
	r = record_new(a);
	json_set_string(a, r, "client", b->client->id);
	json_set_string(a, r, "scope", b->scope);
	json_set_string(a, r, "short", short_key);	/* not the code itself: whoever reads the store must not use it */
	json_set_string(a, r, "state", "pending");
	json_set_int(a, r, "interval", DEVICE_CODE_INTERVAL);
	json_set_int(a, r, "expires", end);
	return record_tx_put(tx, b->key, r, end + REMEMBERED);
}

enum store_result
device_code_begin(struct store *store, struct arena *a, const struct client *c, const char *scope,
    const char **device_code, const char **user_code)
{
	struct beginning b = { .client = c, .scope = scope, .taken = true };
	enum store_result r = STORE_OK;

	*device_code = secret_token(a, 32);
	b.key = device_key(a, *device_code);
	while (r == STORE_OK && b.taken) {
		b.user_code = make_user_code(a);
		r = store_run(store, a, begin, &b);
	}
	*user_code = b.user_code;
	return r;
}

/* --- deciding --- */

static bool
is_pending(const struct json *r)
{
	const char *state = json_get_string(r, "state");

	return state != NULL && strcmp(state, "pending") == 0 && json_get_int(r, "expires", 0) > clock_sec();
}

enum store_result
device_code_find(struct store *store, struct arena *a, const char *typed, struct device_request *d)
{
	char *code = tidy(a, typed);
	struct json *r;
	enum store_result result = code != NULL ? record_get(store, a, user_key(a, code), &r) : STORE_ABSENT;

	if (result != STORE_OK)
		return result;
	d->key = json_get_string(r, "key");
	if ((result = record_get(store, a, d->key, &r)) != STORE_OK)
		return result;
	d->client = json_get_string(r, "client");
	d->scope = json_get_string(r, "scope");
	d->user_code = code;
	return is_pending(r) ? STORE_OK : STORE_ABSENT;
}

struct deciding {
	const char			*key;
	const struct device_decision	*decision;
};

static enum store_result
decide(struct store_tx *tx, void *arg)
{
	const struct deciding *d = arg;
	struct arena *a = store_tx_arena(tx);
	struct json *r;
	enum store_result result = record_tx_get(tx, d->key, &r);

	if (result != STORE_OK || !is_pending(r))
		return result == STORE_OK ? STORE_ABSENT : result;
	json_set_string(a, r, "state", d->decision->allow ? "allowed" : "denied");
	json_set_string(a, r, "user", d->decision->user);
	if (d->decision->allow) {
		json_set(a, r, "devices", json_copy(a, d->decision->devices));
		json_set(a, r, "left_out", json_copy(a, d->decision->left_out));
		json_set_bool(a, r, "include_new", d->decision->include_new);
	}
	if ((result = record_tx_put(tx, d->key, r, json_get_int(r, "expires", 0) + REMEMBERED)) != STORE_OK)
		return result;
	return record_tx_delete(tx, json_get_string(r, "short"));
}

enum store_result
device_code_decide(struct store *store, struct arena *a, const char *key, const struct device_decision *decision)
{
	struct deciding d = { key, decision };

	return store_run(store, a, decide, &d);
}

/* --- polling --- */

struct polling {
	const struct config	*config;
	const struct client	*client;
	const char		*key;
	struct grant		*grant;
	enum oauth_error	 error;
};

/* RFC 8628 3.5: whoever polls too fast must wait five seconds longer from then on. */
static enum store_result
wait_longer_or_not(struct store_tx *tx, struct polling *p, struct json *r)
{
	struct arena *a = store_tx_arena(tx);
	long long interval = json_get_int(r, "interval", DEVICE_CODE_INTERVAL), last = json_get_int(r, "polled", 0);
	int64_t now = clock_ms();

	p->error = OAUTH_AUTHORIZATION_PENDING;
	if (now - last < interval * 1000 && now >= last) {
		p->error = OAUTH_SLOW_DOWN;
		json_set_int(a, r, "interval", interval + 5);
	}
	json_set_int(a, r, "polled", now);
	return record_tx_put(tx, p->key, r, json_get_int(r, "expires", 0) + REMEMBERED);
}

static enum store_result
make_grant(struct store_tx *tx, struct polling *p, struct json *r)
{
	struct arena *a = store_tx_arena(tx);
	struct grant *g = p->grant;
	struct json *user;
	enum store_result result;

	g->user = json_get_string(r, "user");
	g->scope = json_get_string(r, "scope");
	g->devices = json_get(r, "devices");
	g->left_out = json_get(r, "left_out");
	g->include_new = json_get_bool(r, "include_new", false);
	result = record_tx_get(tx, record_key(a, "user", g->user, NULL), &user);
	if (result != STORE_OK || json_get_bool(user, "disabled", false))
		return result == STORE_ABSENT ? STORE_OK : result;
	if ((result = grant_tx_add(tx, g, p->config->oauth.refresh_idle_ttl)) != STORE_OK)
		return result;
	result = activity_tx_note(tx, &(struct activity){ .event = "authn_token_created", .user = g->user,
	    .client = p->client->id, .grant = g->id, .detail = "by code of the device" });
	if (result != STORE_OK)
		return result;
	json_set_string(a, r, "state", "used");
	p->error = OAUTH_OK;
	return record_tx_put(tx, p->key, r, clock_sec() + REMEMBERED);
}

static enum store_result
poll(struct store_tx *tx, void *arg)
{
	struct polling *p = arg;
	struct json *r;
	enum store_result result = record_tx_get(tx, p->key, &r);
	const char *client = json_get_string(r, "client"), *state = json_get_string(r, "state");

	p->error = OAUTH_INVALID_GRANT;
	if (result != STORE_OK || client == NULL || state == NULL || strcmp(client, p->client->id) != 0)
		return result == STORE_ABSENT ? STORE_OK : result;
	if (strcmp(state, "used") == 0)
		return STORE_OK;
	if (strcmp(state, "denied") == 0)
		return p->error = OAUTH_ACCESS_DENIED, STORE_OK;
	if (json_get_int(r, "expires", 0) <= clock_sec())
		return p->error = OAUTH_EXPIRED_TOKEN, STORE_OK;
	return strcmp(state, "allowed") == 0 ? make_grant(tx, p, r) : wait_longer_or_not(tx, p, r);
}

enum oauth_error
device_code_redeem(struct store *store, struct arena *a, const struct config *config, const struct client *c,
    const char *device_code, struct grant *g)
{
	struct polling p = { config, c, device_key(a, device_code), g, OAUTH_INVALID_GRANT };

	*g = (struct grant){ .client = c->id };
	grant_begin(a, g, config->oauth.refresh_max_ttl);
	g->sequence = 1;
	g->rotated = clock_ms();
	return store_run(store, a, poll, &p) == STORE_OK ? p.error : OAUTH_TEMPORARILY_UNAVAILABLE;
}
