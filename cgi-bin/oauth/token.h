/* token.h: access tokens (JWT, RFC 9068, ES256) and refresh tokens. */
#ifndef OAUTH_TOKEN_H
#define OAUTH_TOKEN_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "db/store.h"
#include "oauth/error.h"

struct arena;
struct client;
struct config;
struct grant;
struct json;
struct keyring;

/* Everything that issuing and reading tokens needs. */
struct token_context {
	const struct config	*config;
	struct store		*store;
	struct keyring		*keyring;
	struct arena		*arena;		/* the request's */
};

#define TOKEN_CLIENT_SUBJECT "client:"	/* in front of a client's id where it is its own subject: no user has a colon */

/* The claims of a verified access token. */
struct access_token {
	const char	*subject, *client, *scope, *id;	/* sub, client_id, scope, jti */
	const char	*grant;		/* sid; NULL in a token that a client has for itself */
	int64_t		 issued, expires;
};

enum token_verdict {
	TOKEN_OK,
	TOKEN_INVALID,		/* malformed, forged, unknown, of a deleted user or client, of no user */
	TOKEN_EXPIRED,		/* was good once; claims and grant are filled in */
	TOKEN_REVOKED,		/* its grant was revoked; claims and grant are filled in */
	TOKEN_UNAVAILABLE,	/* the store cannot be read now */
};

/* Verify an access token and find its grant: signature, algorithm, type, issuer, audience, times, then that the grant
 * is alive, its user exists and is enabled, its client too. Signatures already verified are remembered by
 * this process by their hash until exp; the grant is read each time. */
enum token_verdict token_verify(const struct token_context *, const char *text, struct access_token *, struct grant *);

/* May tokens be asked for this resource (RFC 8707)? There is one: our audience, which our public URL names too. NULL: none
 * was asked for. */
bool		 token_resource_ok(const struct config *, const char *resource);

/* Redeem an authorization code (RFC 6749 4.1.3): once. A second use revokes what the first gave (4.1.2).
 * OAUTH_OK: *answer is the token response. verifier NULL: none came. */
enum oauth_error token_from_code(const struct token_context *, const struct client *, const char *code,
		    const char *redirect_uri, const char *verifier, struct json **answer);

/* Use a refresh token (RFC 6749 6). The one before the current counts as a lost answer for refresh_retry_window
 * seconds and gives the same successor; anything older revokes the grant. */
enum oauth_error token_from_refresh(const struct token_context *, const struct client *, const char *refresh_token,
		    const char *scope, struct json **answer);

/* A poll for the decision of an owner (RFC 8628 3.4). */
enum oauth_error token_from_device_code(const struct token_context *, const struct client *, const char *device_code,
		    struct json **answer);

/* A token for the client itself (RFC 6749 4.4): its sub is "client:<id>", it has no grant and opens no devices. */
enum oauth_error token_for_client(const struct token_context *, const struct client *, const char *scope,
		    struct json **answer);

/* Take a token back (RFC 7009): of a grant, the whole grant, refresh token and access tokens. One that is unknown, or
 * another client's, is left alone: also OAUTH_OK. */
enum oauth_error token_take_back(const struct token_context *, const struct client *, const char *token);

/* Is this access or refresh token alive, and may this client know (RFC 7662)? A client learns of its own tokens only.
 * TOKEN_OK: the claims are filled in. */
enum token_verdict token_inspect(const struct token_context *, const struct client *, const char *token,
		    struct access_token *);

/* A token response for a grant that was just made by the tool. expires_in 0: as configured. */
enum oauth_error token_for_grant(const struct token_context *, const struct client *, struct grant *,
		    long long expires_in, struct json **answer);

#endif
