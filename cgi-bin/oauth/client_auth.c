/* client_auth.c: one road for known and unknown clients, so that neither answer nor time tells them apart. */
#include "oauth/client_auth.h"

#include <string.h>

#include "base/arena.h"
#include "base/secret.h"
#include "oauth/assertion.h"
#include "base/banned.h"

#define HEADER_MAX 4096

/* Id and secret as they stood in a Basic header: raw, and form-decoded as RFC 6749 2.3.1 wants them. */
struct basic {
	const char	*id, *secret, *plain_secret;
};

static int
hex(char c)
{
	static const char digits[] = "0123456789abcdef0123456789ABCDEF";
	const char *at = c != '\0' ? strchr(digits, c) : NULL;

	return at != NULL ? (int)((at - digits) % 16) : -1;
}

/* Undo application/x-www-form-urlencoded; NULL if malformed or if it would hold a NUL. */
static char *
form_decoded(struct arena *a, const char *s)
{
	char *out = arena_alloc(a, strlen(s) + 1), *o = out;

	for (; *s != '\0'; s++) {
		if (*s != '%') {
			*o++ = *s == '+' ? ' ' : *s;
			continue;
		}
		if (hex(s[1]) < 0 || hex(s[2]) < 0 || (s[1] == '0' && s[2] == '0'))
			return NULL;
		*o++ = (char)(hex(s[1]) * 16 + hex(s[2]));
		s += 2;
	}
	return out;
}

static bool
read_basic(struct arena *a, const char *header, struct basic *b)
{
	size_t len, space;

	if (strlen(header) > HEADER_MAX || strncasecmp(header, "Basic ", 6) != 0)
		return false;
	header += 6;
	space = strspn(header, " ");
	char *text = (char *)secret_from_base64(a, header + space, strlen(header + space), &len);
	char *colon = text != NULL && memchr(text, '\0', len) == NULL ? strchr(text, ':') : NULL;
	if (colon == NULL || colon == text)
		return false;
	*colon = '\0';
	b->plain_secret = colon + 1;
	b->id = form_decoded(a, text);
	b->secret = form_decoded(a, colon + 1);
	return b->id != NULL && b->secret != NULL;
}

/* May a client that is registered so use what came? */
static bool
method_allowed(enum client_auth auth, bool header, bool body)
{
	switch (auth) {
	case CLIENT_AUTH_ANY:	return header || body;
	case CLIENT_AUTH_BASIC:	return header && !body;
	case CLIENT_AUTH_POST:	return body && !header;
	case CLIENT_AUTH_NONE:	return !header && !body;
	case CLIENT_AUTH_PRIVATE_KEY_JWT: return false;
	}
	return false;
}

/* Do header and body name the same client and, where both do, the same secret? */
static bool
agree(const struct client_credentials *given, const struct basic *b)
{
	if (given->id != NULL && strcmp(given->id, b->id) != 0)
		return false;
	return given->secret == NULL || secret_text_equal(given->secret, b->secret) ||
	    secret_text_equal(given->secret, b->plain_secret);
}

static enum oauth_error
by_assertion(struct store *store, struct arena *a, const struct config *config, const struct client_credentials *given,
    struct client *c)
{
	if (given->assertion == NULL || given->assertion_type == NULL || given->authorization != NULL || given->secret != NULL)
		return OAUTH_INVALID_REQUEST;
	const char *id = assertion_client(a, given->assertion);
	if (id == NULL || strcmp(given->assertion_type, ASSERTION_TYPE) != 0)
		return OAUTH_INVALID_CLIENT;
	if (given->id != NULL && strcmp(given->id, id) != 0)
		return OAUTH_INVALID_REQUEST;
	enum store_result r = client_find(store, a, id, c);
	if (r != STORE_OK)
		return r == STORE_ABSENT ? OAUTH_INVALID_CLIENT : OAUTH_TEMPORARILY_UNAVAILABLE;
	if (c->disabled || c->auth != CLIENT_AUTH_PRIVATE_KEY_JWT)
		return OAUTH_INVALID_CLIENT;
	return assertion_check(store, a, config, c, given->assertion);
}

enum oauth_error
client_authenticate(struct store *store, struct arena *a, const struct config *config,
    const struct client_credentials *given, struct client *c)
{
	struct basic b = { 0 };
	bool header = given->authorization != NULL, body = given->secret != NULL;
	const char *id = given->id;

	if (given->assertion != NULL || given->assertion_type != NULL)
		return by_assertion(store, a, config, given, c);
	if (header) {
		if (!read_basic(a, given->authorization, &b))
			return OAUTH_INVALID_CLIENT;
		if (!agree(given, &b))
			return OAUTH_INVALID_REQUEST;
		id = b.id;
	}
	if (id == NULL)
		return OAUTH_INVALID_CLIENT;
	enum store_result r = client_find(store, a, id, c);
	if (r != STORE_OK && r != STORE_ABSENT)
		return OAUTH_TEMPORARILY_UNAVAILABLE;
	const struct client *known = r == STORE_OK && client_is_live(c) ? c : NULL;
	if (known != NULL && known->auth == CLIENT_AUTH_NONE && !header && !body)
		return OAUTH_OK;
	bool right = client_secret_ok(known, header ? b.secret : body ? given->secret : "");
	if (header && !right)
		right = client_secret_ok(known, b.plain_secret);
	if (!right || known == NULL)
		return OAUTH_INVALID_CLIENT;
	if (header && body && known->auth != CLIENT_AUTH_ANY)
		return OAUTH_INVALID_REQUEST;
	return method_allowed(known->auth, header, body) ? OAUTH_OK : OAUTH_INVALID_CLIENT;
}
