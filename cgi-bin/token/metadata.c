/* metadata.c: what clients may know of this server: metadata (RFC 8414) and public keys (RFC 7517). */
#include <string.h>

#include "app.h"
#include "base/arena.h"
#include "base/config.h"
#include "base/json.h"
#include "oauth/keyring.h"
#include "token/endpoint.h"
#include "web/request.h"
#include "web/response.h"
#include "web/serve.h"
#include "base/banned.h"

static void
publish(struct response *rs, const struct json *document)
{
	const char *text = json_print(rs->arena, document);

	response_body(rs, 200, "application/json", text, strlen(text));
	response_cache(rs, "public, max-age=3600");
	response_header(rs, "Access-Control-Allow-Origin", "*");
}

static struct json *
words(struct arena *a, const char *const *list)
{
	struct json *array = json_array(a);

	for (; *list != NULL; list++)
		json_append_string(a, array, *list);
	return array;
}

/* RFC 8414 3.1: the path of an issuer that has one comes behind the well-known part. */
static bool
is_ours(const struct app *app, const char *path)
{
	const char *host = strstr(app->config->public_url, "://") + 3, *issuer = host + strcspn(host, "/");

	return strcmp(path + strlen(TOKEN_METADATA), issuer) == 0 || strcmp(path, TOKEN_METADATA) == 0;
}

void
token_metadata(struct app *app, const struct request *rq, struct response *rs)
{
	static const struct { const char *name, *path; } urls[] = {
		{ "authorization_endpoint", "/authorize" }, { "token_endpoint", "/token" },
		{ "revocation_endpoint", "/revoke" }, { "introspection_endpoint", "/introspect" },
		{ "device_authorization_endpoint", "/device_authorization" }, { "jwks_uri", "/.well-known/jwks.json" },
	};
	static const struct { const char *name, *values[5]; } lists[] = {
		{ "scopes_supported", { "devices:read", "devices:control", "links" } },
		{ "response_types_supported", { "code" } },
		{ "response_modes_supported", { "query" } },
		{ "grant_types_supported", { "authorization_code", "refresh_token", "client_credentials",
		    "urn:ietf:params:oauth:grant-type:device_code" } },
		{ "token_endpoint_auth_methods_supported", { "client_secret_basic", "client_secret_post",
		    "private_key_jwt", "none" } },
		{ "revocation_endpoint_auth_methods_supported", { "client_secret_basic", "client_secret_post",
		    "private_key_jwt", "none" } },
		{ "introspection_endpoint_auth_methods_supported", { "client_secret_basic", "client_secret_post",
		    "private_key_jwt" } },
		{ "token_endpoint_auth_signing_alg_values_supported", { "ES256", "RS256" } },
		{ "code_challenge_methods_supported", { "S256" } },
		{ "ui_locales_supported", { "en", "ko" } },
	};
	struct arena *a = rq->arena;
	struct json *m = json_object(a);

	if (!is_ours(app, rq->path)) {
		serve_refuse_json(app, rq, rs, 404, "There is nothing at this address.");
		return;
	}
	json_set_string(a, m, "issuer", app->config->public_url);
	for (size_t i = 0; i < sizeof(urls) / sizeof(urls[0]); i++)
		json_set_string(a, m, urls[i].name, arena_printf(a, "%s%s", app->config->public_url, urls[i].path));
	for (size_t i = 0; i < sizeof(lists) / sizeof(lists[0]); i++)
		json_set(a, m, lists[i].name, words(a, lists[i].values));
	json_set_bool(a, m, "authorization_response_iss_parameter_supported", true);
	publish(rs, m);
}

void
token_jwks(struct app *app, const struct request *rq, struct response *rs)
{
	publish(rs, keyring_jwks(rq->arena, app->keyring));
}
