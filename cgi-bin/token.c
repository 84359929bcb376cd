/* token.c: what clients call without a browser: tokens, their revocation and introspection, metadata, public keys. */
#include "app.h"
#include "token/endpoint.h"
#include "web/serve.h"
#include "base/banned.h"

#define MAX_BODY 65536

int
main(void)
{
	static const struct route routes[] = {
		{ "/token", "POST", token_issue, endpoint_refuse },
		{ "/oauth/token", "POST", token_issue, endpoint_refuse },
		{ "/revoke", "POST", token_revoke, endpoint_refuse },
		{ "/introspect", "POST", token_introspect, endpoint_refuse },
		{ "/device_authorization", "POST", token_device_authorization, endpoint_refuse },
		{ "/.well-known/oauth-authorization-server", "GET", token_metadata, endpoint_refuse },
		{ "/.well-known/oauth-authorization-server/", "GET", token_metadata, endpoint_refuse },
		{ "/.well-known/jwks.json", "GET", token_jwks, endpoint_refuse },
		{ NULL, NULL, NULL, serve_refuse_json },
	};
	static const struct program program = { .name = "token", .routes = routes, .max_body = MAX_BODY, .owing = &app_owing };
	struct app app;

	app_open(&app, program.name, NULL, APP_STORE | APP_KEYS);
	int rc = serve(&program, &app);
	app_close(&app);
	return rc;
}
