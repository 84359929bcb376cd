/* client_rules.c: what can be registered, and what follows from it: grants, secrets, redirect URIs, scopes. */
#include <string.h>

#include "base/arena.h"
#include "base/buf.h"
#include "base/clock.h"
#include "base/json.h"
#include "base/secret.h"
#include "base/text.h"
#include "oauth/client.h"
#include "base/banned.h"

#define NAME_MAX_BYTES 100
#define URI_MAX 2000
#define ABOUT_MAX 300
#define SCOPE_MAX 1000
#define ALNUM "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789"

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
	if (c->id == NULL || !client_is_id(c->id))
		return "a client's id is 1 to 100 characters of A-Z a-z 0-9 . _ ~ -";
	if (c->name == NULL || !text_is_name(c->name, NAME_MAX_BYTES))
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
	bool old = c != NULL && c->old_secret_hash != NULL && c->old_secret_until > clock_sec();
	const char *digest = secret_digest(a, secret);
	/* Both are always compared: the time tells neither which it was nor whether there are two. */
	bool is_new = secret_text_equal(digest, known), is_old = secret_text_equal(digest, old ? c->old_secret_hash : nobody);

	arena_free(a);
	return (is_new && known != nobody) || (is_old && old);
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

/* Registered without a path (or with "/" alone): the same up to the path, and a web address as a whole. */
static bool
differs_in_path(const char *registered, const char *uri)
{
	const char *host = strstr(registered, "://");
	size_t len = host != NULL ? (size_t)(host - registered) + 3 + strcspn(host + 3, "/?") : 0;

	return len > 0 && strncmp(registered, "http", 4) == 0 && strcmp(registered + len, registered[len] == '/' ? "/" : "") == 0 &&
	    strncmp(registered, uri, len) == 0 && (uri[len] == '\0' || uri[len] == '/' || uri[len] == '?') && is_redirect_uri(uri);
}

bool
client_redirect_ok(const struct client *c, const char *uri)
{
	if (json_array_has(c->redirect_uris, uri))
		return true;
	for (const struct json *r = json_first(c->redirect_uris); r != NULL && c->auth == CLIENT_AUTH_NONE; r = json_next(r))
		if (json_string(r) != NULL && differs_in_port(json_string(r), uri))
			return true;
	for (const struct json *r = json_first(c->redirect_uris); r != NULL && c->app != NULL; r = json_next(r))
		if (json_string(r) != NULL && differs_in_path(json_string(r), uri))
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
