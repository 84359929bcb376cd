/* error.h: the error codes of OAuth 2.0 (RFC 6749 5.2, 4.1.2.1), with their HTTP status and JSON. */
#ifndef OAUTH_ERROR_H
#define OAUTH_ERROR_H

struct arena;
struct json;

enum oauth_error {
	OAUTH_OK,
	OAUTH_INVALID_REQUEST,
	OAUTH_INVALID_CLIENT,
	OAUTH_INVALID_GRANT,
	OAUTH_UNAUTHORIZED_CLIENT,
	OAUTH_UNSUPPORTED_GRANT_TYPE,
	OAUTH_UNSUPPORTED_RESPONSE_TYPE,
	OAUTH_INVALID_SCOPE,
	OAUTH_ACCESS_DENIED,
	OAUTH_REQUEST_NOT_SUPPORTED,
	OAUTH_REQUEST_URI_NOT_SUPPORTED,
	OAUTH_INVALID_TARGET,	/* RFC 8707 2 */
	OAUTH_AUTHORIZATION_PENDING,	/* RFC 8628 3.5, as the next two */
	OAUTH_SLOW_DOWN,
	OAUTH_EXPIRED_TOKEN,
	OAUTH_SERVER_ERROR,
	OAUTH_TEMPORARILY_UNAVAILABLE,
};

/* "invalid_request" ... */
const char	*oauth_error_name(enum oauth_error);

/* The status that a token endpoint answers with: 400, 401 for invalid_client, 500, 503. */
int		 oauth_error_status(enum oauth_error);

/* {"error":...,"error_description":...}; description may be NULL. What RFC 6749 does not allow in it is replaced. */
struct json	*oauth_error_json(struct arena *, enum oauth_error, const char *description);

#endif
