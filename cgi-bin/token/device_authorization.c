/* device_authorization.c: where a thing without a keyboard asks for its codes (RFC 8628 3.1). */
#include "app.h"
#include "base/arena.h"
#include "base/config.h"
#include "base/json.h"
#include "oauth/device_code.h"
#include "token/endpoint.h"
#include "web/request.h"
#include "web/response.h"
#include "base/banned.h"

void
token_device_authorization(struct app *app, const struct request *rq, struct response *rs)
{
	struct arena *a = rq->arena;
	const char *scope, *device_code, *user_code;
	struct client c;

	if (!endpoint_open(app, rq, rs, NULL, &c))
		return;
	if (!client_may(&c, "device_code")) {
		endpoint_error(rq, rs, OAUTH_UNAUTHORIZED_CLIENT, "the client may not use this grant type");
		return;
	}
	if ((scope = client_scope(a, &c, request_form(rq, "scope"))) == NULL) {
		endpoint_error(rq, rs, OAUTH_INVALID_SCOPE, "a scope is unknown or not registered for the client");
		return;
	}
	if (device_code_begin(app->store, a, &c, scope, &device_code, &user_code) != STORE_OK) {
		endpoint_error(rq, rs, OAUTH_TEMPORARILY_UNAVAILABLE, "try again shortly");
		return;
	}
	struct json *answer = json_object(a);
	char *page = arena_printf(a, "%s/device", app->config->public_url);
	json_set_string(a, answer, "device_code", device_code);
	json_set_string(a, answer, "user_code", user_code);
	json_set_string(a, answer, "verification_uri", page);
	json_set_string(a, answer, "verification_uri_complete", arena_printf(a, "%s?user_code=%s", page, user_code));
	json_set_int(a, answer, "expires_in", DEVICE_CODE_TTL);
	json_set_int(a, answer, "interval", DEVICE_CODE_INTERVAL);
	response_json(rs, 200, answer);
}
