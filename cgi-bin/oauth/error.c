/* error.c: one table for names and statuses. */
#include "oauth/error.h"

#include <stddef.h>
#include <string.h>

#include "base/arena.h"
#include "base/json.h"
#include "base/banned.h"

static const struct { const char *name; int status; } errors[] = {
	[OAUTH_OK]			= { "ok", 200 },
	[OAUTH_INVALID_REQUEST]		= { "invalid_request", 400 },
	[OAUTH_INVALID_CLIENT]		= { "invalid_client", 401 },
	[OAUTH_INVALID_GRANT]		= { "invalid_grant", 400 },
	[OAUTH_UNAUTHORIZED_CLIENT]	= { "unauthorized_client", 400 },
	[OAUTH_UNSUPPORTED_GRANT_TYPE]	= { "unsupported_grant_type", 400 },
	[OAUTH_UNSUPPORTED_RESPONSE_TYPE] = { "unsupported_response_type", 400 },
	[OAUTH_INVALID_SCOPE]		= { "invalid_scope", 400 },
	[OAUTH_ACCESS_DENIED]		= { "access_denied", 400 },
	[OAUTH_REQUEST_NOT_SUPPORTED]	= { "request_not_supported", 400 },
	[OAUTH_REQUEST_URI_NOT_SUPPORTED] = { "request_uri_not_supported", 400 },
	[OAUTH_INVALID_TARGET]		= { "invalid_target", 400 },
	[OAUTH_AUTHORIZATION_PENDING]	= { "authorization_pending", 400 },
	[OAUTH_SLOW_DOWN]		= { "slow_down", 400 },
	[OAUTH_EXPIRED_TOKEN]		= { "expired_token", 400 },
	[OAUTH_SERVER_ERROR]		= { "server_error", 500 },
	[OAUTH_TEMPORARILY_UNAVAILABLE]	= { "temporarily_unavailable", 503 },
};

const char *
oauth_error_name(enum oauth_error e)
{
	return errors[e].name;
}

int
oauth_error_status(enum oauth_error e)
{
	return errors[e].status;
}

struct json *
oauth_error_json(struct arena *a, enum oauth_error e, const char *description)
{
	struct json *body = json_object(a);

	json_set_string(a, body, "error", errors[e].name);
	if (description != NULL) {
		/* RFC 6749 5.2: %x20-21 / %x23-5B / %x5D-7E only */
		char *safe = arena_strdup(a, description);
		for (char *c = safe; *c != '\0'; c++)
			if (*c < 0x20 || *c > 0x7e || *c == '"' || *c == '\\')
				*c = '?';
		json_set_string(a, body, "error_description", safe);
	}
	return body;
}
