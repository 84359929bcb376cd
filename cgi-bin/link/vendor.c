/* vendor.c: authorization requests, token requests, and their answers. */
#include "link/vendor.h"

#include <string.h>

#include "base/arena.h"
#include "base/buf.h"
#include "base/clock.h"
#include "base/config.h"
#include "base/json.h"
#include "base/secret.h"
#include "courier/target.h"
#include "link/connector.h"
#include "link/link.h"
#include "link/pick.h"
#include "link/token.h"
#include "web/fetch.h"
#include "base/banned.h"

#define QUERY_MAX	(8 * VENDOR_TOKEN_MAX)
#define LIFE_MAX	(400LL * 86400)

char *
vendor_redirect_uri(struct arena *a, const struct config *c)
{
	return arena_printf(a, "%s/oauth/callback", c->public_url);
}

char *
vendor_app_redirect_uri(struct arena *a, const struct config *c)
{
	return arena_printf(a, "%s/oauth/callback", c->smartapp.api_url);
}

static void
add_all(struct buf *b, const struct json *texts)
{
	for (const struct json *v = json_first(texts); v != NULL; v = json_next(v))
		buf_pair(b, json_name(v), json_string(v));
}

char *
vendor_authorize_url(struct arena *a, const struct connector *c, const struct vendor_login *l, const char *state)
{
	struct buf b = buf_new(a, QUERY_MAX);

	buf_pair(&b, "response_type", "code");
	buf_pair(&b, "client_id", c->oauth.client_id);
	buf_pair(&b, "redirect_uri", l->redirect_uri);
	buf_pair(&b, "scope", c->oauth.scope);
	buf_pair(&b, "state", state);
	if (l->verifier != NULL) {
		buf_pair(&b, "code_challenge", secret_digest(a, l->verifier));
		buf_pair(&b, "code_challenge_method", "S256");
	}
	add_all(&b, c->oauth.extra_authorize);
	return arena_printf(a, "%s%c%s", c->oauth.authorize_url, strchr(c->oauth.authorize_url, '?') != NULL ? '&' : '?', b.data);
}

const char *
vendor_target(const struct links *x, const struct connector *c, struct fetch_request *rq)
{
	const struct target_rule rule = { .hosts = c->hosts, .any_port = true, .own = true };

	return target_fault(x->config, &rule, rq->url, &rq->loopback);
}

/* --- requests --- */

/* id:secret, each form-encoded first (RFC 6749 2.3.1), as base64 with its padding. */
static const char *
basic(struct arena *a, const char *id, const char *secret)
{
	struct buf b = buf_new(a, QUERY_MAX);

	buf_url(&b, id);
	buf_char(&b, ':');
	buf_url(&b, secret);
	char *text = secret_base64url(a, b.data, b.len);
	for (char *s = text; *s != '\0'; s++)
		*s = *s == '-' ? '+' : *s == '_' ? '/' : *s;
	return arena_printf(a, "Basic %s%.*s", text, (int)((4 - strlen(text) % 4) % 4), "===");
}

/* A request to one of the vendor's OAuth endpoints, with what proves who we are. */
static const char *
request(const struct links *x, struct arena *a, const struct connector *c, const char *url, struct buf *b,
    struct fetch_request *rq)
{
	const char *why, *secret = connector_secret(a, x->config, c, &why);
	const char **headers = arena_alloc(a, 7 * sizeof(*headers));
	size_t n = 0;

	if (why != NULL)
		return why;
	headers[n++] = "Accept";
	headers[n++] = "application/json";
	if (c->oauth.auth == CONNECTOR_BASIC) {
		headers[n++] = "Authorization";
		headers[n++] = basic(a, c->oauth.client_id, secret);
	} else
		buf_pair(b, "client_id", c->oauth.client_id);
	if (c->oauth.auth == CONNECTOR_POST)
		buf_pair(b, "client_secret", secret);
	*rq = (struct fetch_request){ .method = "POST", .url = url, .headers = headers, .body = b->data, .len = b->len };
	if (c->oauth.in_query) {
		rq->url = arena_printf(a, "%s%c%s", url, strchr(url, '?') != NULL ? '&' : '?', b->data);
		rq->body = "";
		rq->len = 0;
	}
	headers[n++] = "Content-Type";
	headers[n++] = "application/x-www-form-urlencoded";
	return b->over ? "a token is too long" : vendor_target(x, c, rq);
}

const char *
vendor_exchange(const struct links *x, struct arena *a, const struct connector *c, const struct vendor_login *l, const char *code,
    struct fetch_request *rq)
{
	struct buf b = buf_new(a, QUERY_MAX);

	buf_pair(&b, "grant_type", "authorization_code");
	buf_pair(&b, "code", code);
	buf_pair(&b, "redirect_uri", l->redirect_uri);
	buf_pair(&b, "code_verifier", l->verifier);
	add_all(&b, c->oauth.extra_token);
	return request(x, a, c, c->oauth.token_url, &b, rq);
}

const char *
vendor_refresh(const struct links *x, struct arena *a, const struct connector *c, const char *refresh, struct fetch_request *rq)
{
	struct buf b = buf_new(a, QUERY_MAX);

	buf_pair(&b, "grant_type", "refresh_token");
	buf_pair(&b, c->oauth.refresh_param, refresh);
	add_all(&b, c->oauth.extra_token);
	return request(x, a, c, c->oauth.token_url, &b, rq);
}

const char *
vendor_revoke(const struct links *x, struct arena *a, const struct connector *c, const char *token, struct fetch_request *rq)
{
	struct buf b = buf_new(a, QUERY_MAX);

	buf_pair(&b, "token", token);
	return request(x, a, c, c->oauth.revoke_url, &b, rq);
}

/* --- answers --- */

/* Printable ASCII without spaces, as it must fit into a header. */
static bool
is_token(const char *s)
{
	size_t len = s != NULL ? strlen(s) : 0;

	for (size_t i = 0; i < len; i++)
		if (s[i] <= ' ' || s[i] > '~')
			return false;
	return len > 0 && len <= VENDOR_TOKEN_MAX;
}

/* Seconds, as a number or as text: some vendors quote it. */
static long long
life(struct arena *a, const struct json *v)
{
	const char *s = pick_text(a, v, 20);
	long long n = 0;

	if (!json_int(v, &n) && s != NULL) {
		for (; *s >= '0' && *s <= '9' && n < LIFE_MAX; s++)
			n = n * 10 + (*s - '0');
	}
	return n > 0 ? (n < LIFE_MAX ? n : LIFE_MAX) : 0;
}

bool
vendor_read_pair(struct arena *a, const struct fetch_answer *answer, struct token_pair *p)
{
	const struct json *body = answer->status / 100 == 2 ? json_parse(a, answer->body, answer->len, NULL) : NULL;
	const char *access = json_get_string(body, "access_token"), *refresh = json_get_string(body, "refresh_token");
	const char *type = json_get_string(body, "token_type");
	long long seconds = life(a, json_get(body, "expires_in"));

	if (!is_token(access) || (type != NULL && strcasecmp(type, "Bearer") != 0))
		return false;
	*p = (struct token_pair){ .access = access, .refresh = is_token(refresh) ? refresh : NULL,
	    .until = seconds > 0 ? clock_sec() + seconds : 0 };
	return true;
}

enum vendor_refusal
vendor_refusal(struct arena *a, const struct fetch_answer *answer)
{
	const struct json *body = json_parse(a, answer->body, answer->len, NULL);
	const char *error = json_get_string(body, "error");

	if ((answer->status == 400 || answer->status == 401) && error != NULL && strcmp(error, "invalid_grant") == 0)
		return VENDOR_SURE;
	if (answer->status == 408 || answer->status == 425 || answer->status == 429 || answer->status < 300 || answer->status >= 500)
		return VENDOR_TROUBLE;
	return VENDOR_VAGUE;
}

bool
vendor_says_expired(struct arena *a, const struct connector *c, const struct fetch_answer *answer)
{
	const struct json *body = NULL;

	if (answer->status == 0 || json_first(c->expired) == NULL)
		return answer->status == 401;
	for (const struct json *rule = json_first(c->expired); rule != NULL; rule = json_next(rule)) {
		long long status = json_get_int(rule, "status", answer->status);
		if (status != answer->status)
			continue;
		if (json_get(rule, "pointer") == NULL)
			return true;
		if (body == NULL)
			body = json_parse(a, answer->body, answer->len, NULL);
		if (pick_equals(a, body, rule))
			return true;
	}
	return false;
}
