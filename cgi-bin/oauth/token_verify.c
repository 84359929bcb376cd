/* token_verify.c: from an access token to its claims and its grant. */
#include <string.h>

#include "base/arena.h"
#include "base/clock.h"
#include "base/config.h"
#include "base/json.h"
#include "base/secret.h"
#include "oauth/client.h"
#include "oauth/grant.h"
#include "oauth/jwt_codec.h"
#include "oauth/keyring.h"
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
	return ours && !early && t->subject != NULL && t->client != NULL && t->scope != NULL && t->grant != NULL &&
	    t->id != NULL && t->issued >= 0 && t->issued <= clock_sec() + LEEWAY && t->expires > t->issued;
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
	const char *claims = keyring_recall(x->keyring, hash, clock_sec());
	if (claims != NULL || (claims = jwt_prove(x->arena, x->keyring, text, len)) == NULL)
		return claims;
	const struct json *parsed = json_parse(x->arena, claims, strlen(claims), NULL);
	keyring_remember(x->keyring, hash, claims, json_get_int(parsed, "exp", 0));
	return claims;
}

enum token_verdict
token_verify(const struct token_context *x, const char *text, struct access_token *t, struct grant *g)
{
	const char *claims = proven_claims(x, text);
	struct client c;
	struct user u;
	enum store_result r;

	if (claims == NULL || !read_claims(x, claims, t))
		return TOKEN_INVALID;
	if ((r = grant_find(x->store, x->arena, t->subject, t->grant, g)) == STORE_OK &&
	    (r = user_by_id(x->store, x->arena, t->subject, &u)) == STORE_OK)
		r = client_find(x->store, x->arena, t->client, &c);
	if (r != STORE_OK)
		return r == STORE_ABSENT ? TOKEN_INVALID : TOKEN_UNAVAILABLE;
	if (u.disabled || c.disabled || strcmp(g->client, t->client) != 0)
		return TOKEN_INVALID;
	if (g->revoked != NULL)
		return TOKEN_REVOKED;
	return t->expires > clock_sec() ? TOKEN_OK : TOKEN_EXPIRED;
}
