/* authorize_request.c: refuse in the right order, answer with everything percent-encoded. */
#include "oauth/authorize_request.h"

#include <string.h>

#include "base/arena.h"
#include "base/buf.h"
#include "base/json.h"
#include "oauth/pkce.h"
#include "base/banned.h"

#define URL_MAX 16384
#define STATE_MAX 4096

static struct authorize_outcome
stay(const char *text, const char *refused)
{
	return (struct authorize_outcome){ .verdict = AUTHORIZE_STAY, .text = text, .refused = refused };
}

static struct authorize_outcome
back(enum oauth_error error, const char *description)
{
	return (struct authorize_outcome){ .verdict = AUTHORIZE_BACK, .error = error, .description = description };
}

static const struct authorize_outcome fine = { .verdict = AUTHORIZE_OK };

/* Who asks, and where may we answer? Until both are settled nobody is redirected. */
static struct authorize_outcome
check_client(struct store *store, struct arena *a, authorize_parameter get, const void *from, struct authorize_request *rq)
{
	size_t n;
	const char *id = get(from, "client_id", &n);

	if (id == NULL)
		return stay(n > 1 ? "error_repeated_client" : "error_no_client", NULL);
	enum store_result r = client_find(store, a, id, &rq->client);
	if (r != STORE_OK && r != STORE_ABSENT)
		return (struct authorize_outcome){ .verdict = AUTHORIZE_UNAVAILABLE };
	if (r == STORE_ABSENT || rq->client.disabled)
		return stay("error_unknown_client", id);
	rq->redirect_uri = get(from, "redirect_uri", &n);
	if (n > 1)
		return stay("error_repeated_redirect", NULL);
	if (rq->redirect_uri == NULL && json_count(rq->client.redirect_uris) == 1)
		rq->redirect_uri = json_string(json_first(rq->client.redirect_uris));
	if (rq->redirect_uri == NULL)
		return stay("error_no_redirect", NULL);
	if (!client_redirect_ok(&rq->client, rq->redirect_uri))
		return stay("error_bad_redirect", rq->redirect_uri);
	return fine;
}

/* RFC 7636 4.3, RFC 9700 2.1.1 */
static struct authorize_outcome
check_pkce(authorize_parameter get, const void *from, struct authorize_request *rq)
{
	size_t challenges, methods;
	const char *challenge = get(from, "code_challenge", &challenges);
	const char *method = get(from, "code_challenge_method", &methods);

	if (challenges > 1 || methods > 1)
		return back(OAUTH_INVALID_REQUEST, "a code_challenge parameter stands twice");
	if (challenge == NULL && method == NULL && !rq->client.pkce_required)
		return fine;
	if (challenge == NULL)
		return back(OAUTH_INVALID_REQUEST, "code_challenge is missing");
	if (method == NULL || strcmp(method, "S256") != 0)
		return back(OAUTH_INVALID_REQUEST, "code_challenge_method must be S256");
	if (!pkce_challenge_ok(challenge))
		return back(OAUTH_INVALID_REQUEST, "code_challenge is not 43 characters of base64url");
	rq->challenge = challenge;
	return fine;
}

static struct authorize_outcome
check_rest(struct arena *a, authorize_parameter get, const void *from, struct authorize_request *rq)
{
	size_t n, scopes;
	const char *type;

	/* An ambiguous state is not sent back. */
	rq->state = get(from, "state", &n);
	if (n > 1 || (rq->state != NULL && strlen(rq->state) > STATE_MAX))
		return rq->state = NULL, back(OAUTH_INVALID_REQUEST, "state stands twice or is too long");
	if ((type = get(from, "response_type", &n)) == NULL)
		return back(OAUTH_INVALID_REQUEST, n > 1 ? "response_type stands twice" : "response_type is missing");
	if (strcmp(type, "code") != 0)
		return back(OAUTH_UNSUPPORTED_RESPONSE_TYPE, "only response_type=code is supported");
	if (!client_may(&rq->client, "authorization_code"))
		return back(OAUTH_UNAUTHORIZED_CLIENT, "the client may not use authorization codes");
	if (get(from, "request", &n) != NULL || n > 1)	/* empty once: as if absent (RFC 6749 3.1) */
		return back(OAUTH_REQUEST_NOT_SUPPORTED, "request objects are not supported");
	if (get(from, "request_uri", &n) != NULL || n > 1)
		return back(OAUTH_REQUEST_URI_NOT_SUPPORTED, "request_uri is not supported");
	const char *mode = get(from, "response_mode", &n);
	if (n > 1 || (mode != NULL && strcmp(mode, "query") != 0))
		return back(OAUTH_INVALID_REQUEST, "only response_mode=query is supported");
	const char *scope = get(from, "scope", &scopes);
	if (scopes > 1)
		return back(OAUTH_INVALID_REQUEST, "scope stands twice");
	if ((rq->scope = client_scope(a, &rq->client, scope)) == NULL)
		return back(OAUTH_INVALID_SCOPE, "a scope is unknown or not registered for the client");
	return check_pkce(get, from, rq);
}

struct authorize_outcome
authorize_check(struct store *store, struct arena *a, authorize_parameter get, const void *from,
    struct authorize_request *rq)
{
	*rq = (struct authorize_request){ 0 };
	struct authorize_outcome o = check_client(store, a, get, from, rq);
	return o.verdict == AUTHORIZE_OK ? check_rest(a, get, from, rq) : o;
}

/* --- travelling --- */

struct json *
authorize_to_json(struct arena *a, const struct authorize_request *rq)
{
	struct json *j = json_object(a);

	json_set_string(a, j, "client", rq->client.id);
	json_set_string(a, j, "redirect_uri", rq->redirect_uri);
	json_set_string(a, j, "state", rq->state);
	json_set_string(a, j, "scope", rq->scope);
	json_set_string(a, j, "challenge", rq->challenge);
	return j;
}

bool
authorize_from_json(struct store *store, struct arena *a, const struct json *j, struct authorize_request *rq)
{
	const char *client = json_get_string(j, "client");

	*rq = (struct authorize_request){
		.redirect_uri = json_get_string(j, "redirect_uri"),
		.state = json_get_string(j, "state"),
		.scope = json_get_string(j, "scope"),
		.challenge = json_get_string(j, "challenge"),
	};
	/* The client may have been changed or disabled while the page was open. */
	return client != NULL && rq->redirect_uri != NULL && rq->scope != NULL &&
	    client_find(store, a, client, &rq->client) == STORE_OK && !rq->client.disabled &&
	    client_redirect_ok(&rq->client, rq->redirect_uri);
}

/* --- addresses --- */

static void
add(struct buf *url, const char *name, const char *value)
{
	if (value == NULL)
		return;
	bool first = memchr(url->data, '?', url->len) == NULL;
	buf_char(url, first ? '?' : '&');
	buf_text(url, name);
	buf_char(url, '=');
	buf_url(url, value);
}

char *
authorize_answer(struct arena *a, const struct authorize_request *rq, const char *issuer, const char *code)
{
	struct buf url = buf_new(a, URL_MAX);

	buf_text(&url, rq->redirect_uri);
	add(&url, "code", code);
	add(&url, "state", rq->state);
	add(&url, "iss", issuer);
	return url.data;
}

char *
authorize_refusal(struct arena *a, const struct authorize_request *rq, const char *issuer, enum oauth_error error,
    const char *description)
{
	struct buf url = buf_new(a, URL_MAX);

	buf_text(&url, rq->redirect_uri);
	add(&url, "error", oauth_error_name(error));
	add(&url, "error_description", description);
	add(&url, "state", rq->state);
	add(&url, "iss", issuer);
	return url.data;
}

char *
authorize_query(struct arena *a, const struct authorize_request *rq)
{
	struct buf url = buf_new(a, URL_MAX);

	add(&url, "client_id", rq->client.id);
	add(&url, "response_type", "code");
	add(&url, "redirect_uri", rq->redirect_uri);
	add(&url, "scope", rq->scope);
	add(&url, "state", rq->state);
	add(&url, "code_challenge", rq->challenge);
	add(&url, "code_challenge_method", rq->challenge != NULL ? "S256" : NULL);
	return url.data + 1;
}

char *
authorize_origin(struct arena *a, const struct authorize_request *rq)
{
	const char *uri = rq->redirect_uri, *colon = strchr(uri, ':');
	size_t len = (size_t)(colon - uri) + 1;

	if (strncmp(colon, "://", 3) == 0)
		len += 2 + strcspn(colon + 3, "/?");
	/* A source list is cut at spaces and semicolons: such a URI was never registered, but look once more. */
	return strcspn(uri, " ;,'") >= len ? arena_strndup(a, uri, len) : arena_strdup(a, "'none'");
}
