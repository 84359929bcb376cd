/* client.h: registered clients (RFC 6749 2): who may ask for tokens, and how they prove who they are. */
#ifndef OAUTH_CLIENT_H
#define OAUTH_CLIENT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "db/store.h"

struct arena;
struct json;

enum client_auth { CLIENT_AUTH_ANY, CLIENT_AUTH_BASIC, CLIENT_AUTH_POST, CLIENT_AUTH_NONE,
	CLIENT_AUTH_PRIVATE_KEY_JWT };

struct client {
	const char	*id;		/* 1 to 100 of [A-Za-z0-9._~-] */
	const char	*name;		/* shown to people */
	const char	*secret_hash;	/* SHA-256, base64url; NULL for a public client */
	const char	*old_secret_hash;	/* the one before, which counts until old_secret_until (seconds); NULL: none does */
	int64_t		 old_secret_until;
	const struct json *jwk;		/* public key of one that signs assertions; NULL otherwise */
	const struct json *redirect_uris;	/* strings, compared byte for byte */
	const char	*scope;		/* registered set, space separated: also what an absent scope means */
	const struct json *scope_aliases;	/* object: the client's word -> ours; NULL if none */
	enum client_auth auth;
	bool		 pkce_required;
	const char	*grants;	/* grant types, comma separated */
	bool		 rotate;	/* a new refresh token at each refresh */
	long long	 access_ttl;	/* seconds; 0 = the config's */
	bool		 legacy_groovy;	/* token requests with everything in the query, refresh by "code" */
	const char	*link;		/* https address shown with its name on the consent page; NULL if none */
	const char	*about;		/* a sentence shown there; NULL if none */
	const char	*app;		/* the app whose file describes it (endpoints/webapp.h); NULL for the operator's own */
	bool		 app_gone;	/* that file is not there any more: refused, as if disabled, until it is back */
	bool		 disabled;
};

/* May it ask for anything now, and may those who have its tokens? */
bool		 client_is_live(const struct client *);

/* Can this text be a client's id? */
bool		 client_is_id(const char *id);

/* STORE_ABSENT if there is none of that id. */
enum store_result client_find(struct store *, struct arena *, const char *id, struct client *);

/* The key of its record, for store_expect. */
char		*client_key(struct arena *, const char *id);

/* Check what an operator wants to register. NULL if it is fine, else a sentence that says what is not. */
const char	*client_check(struct arena *, const struct client *);

/* Write it. *exists tells whether there was one; then nothing is written unless replace. */
enum store_result client_save(struct store *, struct arena *, const struct client *, bool replace, bool *exists);

/* STORE_ABSENT if there was none. Grants of the client end with it: they are refused from then on. */
enum store_result client_delete(struct store *, struct arena *, const char *id);

/* The file of its app is not there any more. Nothing happens to one that is not an app's, or is gone itself. */
enum store_result client_tx_app_gone(struct store_tx *, const char *id);

/* What a person may know of it: everything but the secret's hash. */
struct json	*client_show(struct arena *, const struct client *);

/* All of them, for the tool: calls fn with a client that lives in arena. */
enum store_result client_each(struct store *, struct arena *, void (*fn)(void *arg, const struct client *), void *arg);

bool		 client_may(const struct client *, const char *grant_type);

/* Does the secret belong to the client? Takes the same time for every answer; client NULL stands for "unknown". */
bool		 client_secret_ok(const struct client *, const char *secret);

/* May a code be sent to this URI? Exact comparison (RFC 9700 2.1); a public client that registered a URI of the
 * loopback address without a port may come back to any port of it (RFC 8252 7.3). An app's client that registered a URI
 * without a path may come back to any path of exactly that scheme, host and port. */
bool		 client_redirect_ok(const struct client *, const char *uri);

/* Translate a requested scope (space or comma list, aliases allowed; NULL or "" = the registered set) into ours: each
 * once, in registered order. NULL if a name is unknown or not registered for the client. */
const char	*client_scope(struct arena *, const struct client *, const char *requested);

/* "any", "basic", "post", "none", "private_key_jwt". */
const char	*client_auth_name(enum client_auth);
bool		 client_auth_parse(const char *, enum client_auth *);

#endif
