/* client_options.c: what an operator wrote behind "client add", checked word by word. */
#include "cli/client_options.h"

#include <errno.h>
#include <string.h>

#include "base/arena.h"
#include "base/buf.h"
#include "base/config.h"
#include "base/guess.h"
#include "base/json.h"
#include "base/text.h"
#include "cli/args.h"
#include "cli/noun.h"
#include "cli/output.h"
#include "oauth/assertion.h"
#include "oauth/client.h"
#include "base/banned.h"

#define JWK_MAX		16384	/* bytes of a file with a key */
#define ALL_SCOPES	"devices:read devices:control"

static const char *const grant_types[] = { "authorization_code", "refresh_token", "client_credentials", "device_code" };

/* The items of comma lists, each once, as a JSON array of strings. */
static struct json *
items(struct arena *a, const char *const *lists, size_t n)
{
	struct json *all = json_array(a);

	for (size_t i = 0; i < n; i++)
		for (const char *s = lists[i]; *s != '\0';) {
			size_t len = strcspn(s, ",");
			const char *item = arena_strndup(a, s, len);
			if (len > 0 && !json_array_has(all, item))
				json_append_string(a, all, item);
			s += len + (s[len] != '\0');
		}
	return all;
}

/* One of two words; *out is whether it is yes. */
static bool
either(const struct cli *c, const char *option, const char *yes, const char *no, bool otherwise, bool *out)
{
	const char *value = args_value(c, option);

	*out = value == NULL ? otherwise : strcmp(value, yes) == 0;
	if (value == NULL || *out || strcmp(value, no) == 0)
		return true;
	args_wrong(c, "--%s is %s or %s", option, yes, no);
	return false;
}

static bool
read_grants(const struct cli *c, struct client *client)
{
	const char *given = args_value(c, "grant");
	struct buf b = buf_new(c->arena, 200);
	struct json *list = items(c->arena, &given, given != NULL);

	for (const struct json *g = json_first(list); g != NULL; g = json_next(g)) {
		struct guess guess = guess_new(json_string(g));
		size_t i = 0, n = sizeof(grant_types) / sizeof(grant_types[0]);
		for (; i < n && strcmp(grant_types[i], json_string(g)) != 0; i++)
			guess_try(&guess, grant_types[i]);
		if (i == n) {
			args_wrong(c, "--grant %.40s: no such grant type; %s %s%s", json_string(g),
			    guess.best != NULL ? "did you mean" : "there are authorization_code, refresh_token,",
			    guess.best != NULL ? guess.best : "client_credentials and device_code",
			    guess.best != NULL ? "?" : "");
			return false;
		}
		buf_printf(&b, "%s%s", b.len > 0 ? "," : "", json_string(g));
	}
	client->grants = given != NULL ? b.data : "authorization_code,refresh_token";
	return true;
}

/* "theirs=ours" each, ours registered. */
static bool
read_aliases(const struct cli *c, struct client *client)
{
	size_t n;
	const char **pairs = args_values(c, "scope-alias", &n);
	struct json *aliases = n > 0 ? json_object(c->arena) : NULL;

	for (size_t i = 0; i < n; i++) {
		const char *equals = strchr(pairs[i], '=');
		if (equals == NULL || equals == pairs[i] || strpbrk(pairs[i], " ,") != NULL ||
		    !text_list_has(client->scope, " ", equals + 1)) {
			args_wrong(c, "--scope-alias is THEIRS=OURS, with OURS of its scope (%s)", client->scope);
			return false;
		}
		const char *theirs = arena_strndup(c->arena, pairs[i], (size_t)(equals - pairs[i]));
		json_set_string(c->arena, aliases, theirs, equals + 1);
	}
	client->scope_aliases = aliases;
	return true;
}

bool
client_options_read(const struct cli *c, struct client *client)
{
	const char *name = args_value(c, "name"), *scope = args_value(c, "scope"), *auth = args_value(c, "auth");
	bool key = args_has(c, "jwk") || (auth != NULL && strcmp(auth, "private_key_jwt") == 0);
	bool public = args_has(c, "public") || (auth != NULL && strcmp(auth, "none") == 0);
	size_t n;
	const char **uris = args_values(c, "redirect-uri", &n);

	*client = (struct client){
		.id = c->words[0],
		.name = name != NULL ? name : c->words[0],
		.redirect_uris = items(c->arena, uris, n),
		.scope = scope != NULL ? scope : ALL_SCOPES,
		.auth = public ? CLIENT_AUTH_NONE : key ? CLIENT_AUTH_PRIVATE_KEY_JWT : CLIENT_AUTH_ANY,
		.legacy_groovy = args_has(c, "legacy-groovy"),
		.link = args_value(c, "link"),
		.about = args_value(c, "about"),
	};
	if (auth != NULL && !client_auth_parse(auth, &client->auth)) {
		args_wrong(c, "--auth is any, basic, post, none or private_key_jwt");
		return false;
	}
	if (key && (args_has(c, "secret-stdin") || client->auth != CLIENT_AUTH_PRIVATE_KEY_JWT)) {
		args_wrong(c, "a client with a key has no secret: neither --secret-stdin, nor an --auth other than private_key_jwt");
		return false;
	}
	if (public && (args_has(c, "secret-stdin") || client->auth != CLIENT_AUTH_NONE)) {
		args_wrong(c, "a public client has no secret: neither --secret-stdin, nor an --auth other than none");
		return false;
	}
	return either(c, "pkce", "required", "optional", true, &client->pkce_required) &&
	    either(c, "rotation", "always", "never", true, &client->rotate) &&
	    args_number(c, "access-ttl", 60, 30LL * 86400, 0, &client->access_ttl) &&
	    read_grants(c, client) && read_aliases(c, client);
}

bool
client_options_key(const struct cli *c, struct client *client)
{
	const char *path = args_value(c, "jwk"), *fault = "not a JSON text";
	struct json_error e = { NULL, 0 };
	size_t len;

	if (path == NULL)
		return true;
	const char *text = config_read_file(c->arena, path, JWK_MAX, &len);
	if (text == NULL) {
		output_refuse(c, "name the file of a public JWK", "%s: %s", path, strerror(errno));
		return false;
	}
	client->jwk = json_parse(c->arena, text, len, &e);
	if (client->jwk != NULL && (fault = assertion_key_fault(c->arena, client->jwk)) == NULL)
		return true;
	output_refuse(c, "have the client write its public key as a JWK: one JSON object", "%s: %s", path, fault);
	return false;
}
