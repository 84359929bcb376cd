/* client.c: the record "client/<id>" and what follows from it.
 * long because: what a client is and what it may do stand in one place, a short function each. */
#include "oauth/client.h"

#include <string.h>

#include "base/arena.h"
#include "base/buf.h"
#include "base/json.h"
#include "base/secret.h"
#include "base/text.h"
#include "db/record.h"
#include "base/banned.h"

#define ID_MAX 100
#define URI_MAX 2000
#define ABOUT_MAX 300
#define SCOPE_MAX 1000
#define ALNUM "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789"

static const char *const auth_names[] = {
	[CLIENT_AUTH_ANY] = "any", [CLIENT_AUTH_BASIC] = "basic", [CLIENT_AUTH_POST] = "post", [CLIENT_AUTH_NONE] = "none",
	[CLIENT_AUTH_PRIVATE_KEY_JWT] = "private_key_jwt",
};

const char *
client_auth_name(enum client_auth auth)
{
	return auth_names[auth];
}

bool
client_auth_parse(const char *name, enum client_auth *auth)
{
	for (size_t i = 0; i < sizeof(auth_names) / sizeof(auth_names[0]); i++)
		if (strcmp(auth_names[i], name) == 0) {
			*auth = (enum client_auth)i;
			return true;
		}
	return false;
}

/* --- the record --- */

static void
from_record(const struct json *r, struct client *c)
{
	*c = (struct client){
		.id = json_get_string(r, "id"),
		.name = json_get_string(r, "name"),
		.secret_hash = json_get_string(r, "secret_hash"),
		.jwk = json_get(r, "jwk"),
		.redirect_uris = json_get(r, "redirect_uris"),
		.scope = json_get_string(r, "scope"),
		.scope_aliases = json_get(r, "scope_aliases"),
		.pkce_required = json_get_bool(r, "pkce_required", true),
		.grants = json_get_string(r, "grants"),
		.rotate = json_get_bool(r, "rotate", true),
		.access_ttl = json_get_int(r, "access_ttl", 0),
		.legacy_groovy = json_get_bool(r, "legacy_groovy", false),
		.link = json_get_string(r, "link"),
		.about = json_get_string(r, "about"),
		.disabled = json_get_bool(r, "disabled", false),
	};
	const char *auth = json_get_string(r, "auth");
	if (auth == NULL || !client_auth_parse(auth, &c->auth))
		c->auth = CLIENT_AUTH_BASIC;
}

static struct json *
to_record(struct arena *a, const struct client *c)
{
	struct json *r = record_new(a);

	json_set_string(a, r, "id", c->id);
	json_set_string(a, r, "name", c->name);
	json_set_string(a, r, "secret_hash", c->secret_hash);
	json_set(a, r, "jwk", json_copy(a, c->jwk));
	json_set(a, r, "redirect_uris", json_copy(a, c->redirect_uris));
	json_set_string(a, r, "scope", c->scope);
	json_set(a, r, "scope_aliases", json_copy(a, c->scope_aliases));
	json_set_string(a, r, "auth", client_auth_name(c->auth));
	json_set_bool(a, r, "pkce_required", c->pkce_required);
	json_set_string(a, r, "grants", c->grants);
	json_set_bool(a, r, "rotate", c->rotate);
	json_set_int(a, r, "access_ttl", c->access_ttl);
	json_set_bool(a, r, "legacy_groovy", c->legacy_groovy);
	json_set_string(a, r, "link", c->link);
	json_set_string(a, r, "about", c->about);
	json_set_bool(a, r, "disabled", c->disabled);
	return r;
}

static bool
is_id(const char *id)
{
	size_t len = strlen(id);

	return len > 0 && len <= ID_MAX && strspn(id, ALNUM "._~-") == len;
}

enum store_result
client_find(struct store *store, struct arena *a, const char *id, struct client *c)
{
	struct json *r;

	if (!is_id(id))
		return STORE_ABSENT;
	enum store_result result = record_get(store, a, record_key(a, "client", id, NULL), &r);
	if (result == STORE_OK)
		from_record(r, c);
	return result;
}

struct saving {
	const struct client	*client;
	bool			 replace, exists;
};

static enum store_result
save(struct store_tx *tx, void *arg)
{
	struct saving *s = arg;
	struct arena *a = store_tx_arena(tx);
	char *key = record_key(a, "client", s->client->id, NULL);
	struct json *old;
	enum store_result r = record_tx_get(tx, key, &old);

	s->exists = r == STORE_OK;
	if ((r != STORE_OK && r != STORE_ABSENT) || (s->exists && !s->replace))
		return r;
	return record_tx_put(tx, key, to_record(a, s->client), 0);
}

enum store_result
client_save(struct store *store, struct arena *a, const struct client *c, bool replace, bool *exists)
{
	struct saving s = { c, replace, false };
	enum store_result r = store_run(store, a, save, &s);

	*exists = s.exists;
	return r;
}

static enum store_result
drop(struct store_tx *tx, void *arg)
{
	char *key = record_key(store_tx_arena(tx), "client", (const char *)arg, NULL);
	struct json *old;
	enum store_result r = record_tx_get(tx, key, &old);

	return r == STORE_OK ? record_tx_delete(tx, key) : r;
}

enum store_result
client_delete(struct store *store, struct arena *a, const char *id)
{
	char *copy = arena_strdup(a, id);

	return is_id(id) ? store_run(store, a, drop, copy) : STORE_ABSENT;
}

struct walk {
	struct arena	*arena;
	void		(*fn)(void *, const struct client *);
	void		*arg;
};

static bool
visit(void *arg, const char *key, const char *value, int64_t expires)
{
	struct walk *w = arg;
	struct client c;

	(void)expires;
	if (strncmp(key, "client/", 7) != 0)
		return true;
	struct json *r = record_parse(w->arena, value);
	if (r != NULL) {
		from_record(r, &c);
		w->fn(w->arg, &c);
	}
	return true;
}

enum store_result
client_each(struct store *store, struct arena *a, void (*fn)(void *, const struct client *), void *arg)
{
	struct walk w = { a, fn, arg };

	return store_each(store, visit, &w);
}

struct json *
client_show(struct arena *a, const struct client *c)
{
	struct json *shown = to_record(a, c);

	json_set(a, shown, "v", NULL);
	json_set(a, shown, "secret_hash", NULL);
	json_set_bool(a, shown, "public", c->auth == CLIENT_AUTH_NONE);
	return shown;
}

/* --- checking a registration --- */

/* An absolute URI without fragment or user (RFC 6749 3.1.2): a scheme, a colon, printable ASCII. */
static bool
is_redirect_uri(const char *uri)
{
	size_t len = strlen(uri), scheme = strspn(uri, ALNUM "+.-");

	if (len == 0 || len > URI_MAX || scheme == 0 || uri[scheme] != ':' || uri[scheme + 1] == '\0')
		return false;
	for (const char *s = uri; *s != '\0'; s++)
		if (*s <= 0x20 || *s >= 0x7f || strchr("#,\\\"<>", *s) != NULL)
			return false;
	if (strncasecmp(uri, "javascript:", 11) == 0 || strncasecmp(uri, "data:", 5) == 0)
		return false;
	bool web = strncmp(uri, "https://", 8) == 0 || strncmp(uri, "http://", 7) == 0;
	const char *host = strstr(uri, "://");
	return !web || (host[3] != '/' && host[3] != '\0' && strcspn(host + 3, "@") >= strcspn(host + 3, "/?"));
}

static bool
are_words(const char *list, const char *separator, size_t max)
{
	size_t len = strlen(list);

	/* RFC 6749 3.3: %x21 / %x23-5B / %x5D-7E */
	for (const char *s = list; *s != '\0'; s++)
		if (*s != *separator && (*s <= 0x20 || *s >= 0x7f || *s == '"' || *s == '\\'))
			return false;
	return len <= max;
}

const char *
client_check(struct arena *a, const struct client *c)
{
	if (c->id == NULL || !is_id(c->id))
		return "a client's id is 1 to 100 characters of A-Z a-z 0-9 . _ ~ -";
	if (c->name == NULL || !text_is_name(c->name, ID_MAX))
		return "a client's name is 1 to 100 bytes of text";
	for (const struct json *u = json_first(c->redirect_uris); u != NULL; u = json_next(u))
		if (json_string(u) == NULL || !is_redirect_uri(json_string(u)))
			return arena_printf(a, "not an absolute redirect URI without fragment and user: %.200s",
			    json_string(u) != NULL ? json_string(u) : "");
	if (client_may(c, "authorization_code") && json_count(c->redirect_uris) == 0)
		return "a client that may use authorization_code needs a redirect URI";
	if (c->scope == NULL || *c->scope == '\0' || !are_words(c->scope, " ", SCOPE_MAX))
		return "the scope is a list of words separated by spaces, and not empty";
	if ((c->jwk != NULL) != (c->auth == CLIENT_AUTH_PRIVATE_KEY_JWT))
		return "a client with --auth private_key_jwt needs a public key, and no other client has one";
	if ((c->secret_hash == NULL) != (c->auth == CLIENT_AUTH_NONE || c->auth == CLIENT_AUTH_PRIVATE_KEY_JWT))
		return "a public client, and one with a key, has no secret; every other has one";
	if (c->auth == CLIENT_AUTH_NONE && !c->pkce_required)
		return "a public client needs --pkce required";
	if (c->link != NULL && (strncmp(c->link, "https://", 8) != 0 || !is_redirect_uri(c->link)))
		return "the link is an https address";
	if (c->about != NULL && !text_is_name(c->about, ABOUT_MAX))
		return "what is told about a client is 1 to 300 bytes of text";
	if (c->access_ttl != 0 && (c->access_ttl < 60 || c->access_ttl > 30 * 86400))
		return "the life of access tokens is 60 to 2592000 seconds";
	return NULL;
}

/* --- what a client may do --- */

bool
client_may(const struct client *c, const char *grant_type)
{
	return c->grants != NULL && text_list_has(c->grants, ", ", grant_type);
}

bool
client_secret_ok(const struct client *c, const char *secret)
{
	static const char nobody[] = "AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA";
	struct arena *a = arena_new(4096);
	const char *known = c != NULL && c->secret_hash != NULL ? c->secret_hash : nobody;
	bool same = secret_text_equal(secret_digest(a, secret), known);

	arena_free(a);
	return same && known != nobody;
}

/* Past "http://127.0.0.1" or "http://[::1]"; NULL if uri is not there. */
static const char *
after_loopback(const char *uri)
{
	static const char *const hosts[] = { "http://127.0.0.1", "http://[::1]" };

	for (size_t i = 0; i < sizeof(hosts) / sizeof(hosts[0]); i++)
		if (strncmp(uri, hosts[i], strlen(hosts[i])) == 0)
			return uri + strlen(hosts[i]);
	return NULL;
}

/* RFC 8252 7.3: the same but for the port, where the registered one names none. */
static bool
differs_in_port(const char *registered, const char *uri)
{
	const char *r = after_loopback(registered), *u = after_loopback(uri);
	size_t digits;

	if (r == NULL || u == NULL || r - registered != u - uri || strncmp(registered, uri, (size_t)(r - registered)) != 0 ||
	    *r == ':' || *u != ':')
		return false;
	digits = strspn(u + 1, "0123456789");
	return digits > 0 && digits <= 5 && strcmp(u + 1 + digits, r) == 0;
}

bool
client_redirect_ok(const struct client *c, const char *uri)
{
	if (json_array_has(c->redirect_uris, uri))
		return true;
	for (const struct json *r = json_first(c->redirect_uris); r != NULL && c->auth == CLIENT_AUTH_NONE; r = json_next(r))
		if (json_string(r) != NULL && differs_in_port(json_string(r), uri))
			return true;
	return false;
}

/* The name that a requested word stands for. */
static const char *
unalias(const struct client *c, const char *word)
{
	const char *ours = json_get_string(c->scope_aliases, word);

	return ours != NULL ? ours : word;
}

const char *
client_scope(struct arena *a, const struct client *c, const char *requested)
{
	struct buf asked = buf_new(a, 4 * SCOPE_MAX), out = buf_new(a, 4 * SCOPE_MAX);

	if (requested == NULL || *requested == '\0')
		return c->scope;
	for (const char *s = requested; *s != '\0';) {
		size_t n = strcspn(s, " ,");
		const char *word = unalias(c, arena_strndup(a, s, n));
		if (n > 0 && !text_list_has(c->scope, " ", word))
			return NULL;
		buf_printf(&asked, "%s ", word);
		s += n + (s[n] != '\0');
	}
	if (asked.over)
		return NULL;
	for (const char *s = c->scope; *s != '\0';) {
		size_t n = strcspn(s, " ");
		char *word = arena_strndup(a, s, n);
		if (n > 0 && text_list_has(asked.data, " ", word))
			buf_printf(&out, "%s%s", out.len > 0 ? " " : "", word);
		s += n + (s[n] != '\0');
	}
	return out.len > 0 ? out.data : c->scope;
}
