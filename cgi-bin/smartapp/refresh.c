/* refresh.c: a new pair of tokens for the old one: on disk before it is used, one at a time for each installed app. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/arena.h"
#include "base/buf.h"
#include "base/clock.h"
#include "base/config.h"
#include "base/json.h"
#include "base/log.h"
#include "base/secret.h"
#include "courier/backoff.h"
#include "courier/sender.h"
#include "courier/target.h"
#include "smartapp/installed.h"
#include "smartapp/lane.h"
#include "smartapp/request.h"
#include "web/fetch.h"
#include "base/banned.h"

#define SECRET_MAX	4096
#define LIFE_MAX	(30 * 86400)

/* What was asked, and what came. The texts live in the round's arena. */
struct pair {
	struct lane	*lane;
	char		 used[SECRET_HASH * 2];	/* digest of the refresh token that was given away */
	const char	*access, *refresh;	/* NULL, both: the old one is void */
	long long	 life;			/* seconds */
};

bool
lane_can_refresh(const struct lane *l, const struct installed *i)
{
	return i->refresh != NULL && *l->set->courier->config->smartapp.client_id != '\0';
}

/* --- the answer --- */

static enum store_result
keep(struct store_tx *tx, void *arg)
{
	const struct pair *p = arg;
	const struct keyring *ring = p->lane->set->courier->keyring;
	struct arena *a = store_tx_arena(tx);
	struct installed i;
	enum store_result r = installed_tx_find(tx, ring, p->lane->id, &i);

	/* Uninstalled meanwhile, or an UPDATE brought tokens that are newer than these. */
	if (r != STORE_OK || i.refresh == NULL || strcmp(secret_digest(a, i.refresh), p->used) != 0)
		return r == STORE_ABSENT ? STORE_OK : r;
	i.access = p->access;
	i.refresh = p->refresh;
	i.access_until = clock_sec() + p->life;
	i.refreshed = clock_sec();
	return installed_tx_put(tx, ring, &i);
}

static void
kept(void *arg, enum store_result result)
{
	struct pair *p = arg;

	p->lane->busy = false;
	lane_at(p->lane, result == STORE_OK ? 0 : clock_ms() + 1000);
	if (result != STORE_OK)
		log_event(LOG_LEVEL_ERROR, "smartapp_tokens", "app=%s result=not_kept why=%s", p->lane->id, store_result_name(result));
}

static bool
is_token(const char *s)
{
	return s != NULL && *s != '\0' && strlen(s) <= SMARTAPP_TOKEN_MAX && strspn(s,
	    "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-._~+/=:") == strlen(s);
}

/* 200 with both tokens, or a refusal that names an OAuth error: anything else may be an accident on the way. */
static bool
judge(struct pair *p, struct arena *a, const struct fetch_answer *answer)
{
	const struct json *body = json_parse(a, answer->body, answer->len, NULL);
	const char *error = json_get_string(body, "error"), *access = json_get_string(body, "access_token");
	const char *refresh = json_get_string(body, "refresh_token");

	p->life = json_get_int(body, "expires_in", INSTALLED_ACCESS_LIFE);
	p->life = p->life > 0 && p->life < LIFE_MAX ? p->life : INSTALLED_ACCESS_LIFE;
	if (answer->status == 200 && is_token(access) && is_token(refresh)) {
		p->access = access;
		p->refresh = refresh;
		return true;
	}
	return (answer->status == 400 || answer->status == 401) && error != NULL && strcmp(error, "invalid_grant") == 0;
}

static void
answered(void *arg, const struct fetch_answer *answer)
{
	struct pair *p = arg, *q;
	struct lane *l = p->lane;
	struct courier *c = l->set->courier;
	bool over = judge(p, c->arena, answer);

	if (over) {
		q = arena_alloc(c->arena, sizeof(*q));
		*q = *p;
		l->refresh_failures = 0;
		log_event(p->access != NULL ? LOG_LEVEL_INFO : LOG_LEVEL_ERROR, "smartapp_tokens", "app=%s result=%s", l->id,
		    p->access != NULL ? "refreshed" : "lost: the next UPDATE brings new ones");
		courier_write(c, keep, kept, q);
	} else {
		l->busy = false;
		lane_at(l, clock_ms() + backoff_asked(++l->refresh_failures, answer->retry_after));
		log_event(LOG_LEVEL_WARN, "smartapp_tokens", "app=%s result=later status=%d why=\"%s\"", l->id, answer->status,
		    answer->status == 0 ? answer->error : "");
	}
	free(p);
}

/* --- the question --- */

/* id:secret as a Basic header has it; NULL if there is no secret. */
static const char *
credentials(struct arena *a, const struct config *c)
{
	size_t len;
	char *secret = config_read_file(a, config_path(a, c, c->smartapp.client_secret_file), SECRET_MAX, &len);

	if (secret == NULL) {
		log_event(LOG_LEVEL_ERROR, "smartapp_tokens", "result=later why=\"smartapp.client_secret_file: %s\"", strerror(errno));
		return NULL;
	}
	secret[strcspn(secret, "\r\n")] = '\0';
	char *both = arena_printf(a, "%s:%s", c->smartapp.client_id, secret);
	char *text = secret_base64url(a, both, strlen(both));
	for (char *s = text; *s != '\0'; s++)
		*s = *s == '-' ? '+' : *s == '_' ? '/' : *s;
	return arena_printf(a, "Basic %s%.*s", text, (int)((4 - strlen(text) % 4) % 4), "===");
}

bool
lane_refresh(struct lane *l, const struct installed *i, int64_t now)
{
	static const struct target_rule any = { .any_port = true, .own = true };
	struct courier *c = l->set->courier;
	const char *basic = lane_can_refresh(l, i) ? credentials(c->arena, c->config) : NULL;
	const char *const headers[] = { "Authorization", basic, "Content-Type", "application/x-www-form-urlencoded", NULL };
	struct buf body = buf_new(c->arena, 4 * SMARTAPP_TOKEN_MAX);
	struct pair *p = basic != NULL ? calloc(1, sizeof(*p)) : NULL;

	(void)now;
	if (p == NULL)
		return false;
	buf_text(&body, "grant_type=refresh_token&client_id=");
	buf_url(&body, c->config->smartapp.client_id);
	buf_text(&body, "&refresh_token=");
	buf_url(&body, i->refresh);
	struct fetch_request rq = { .method = "POST", .headers = headers, .body = body.data, .len = body.len,
	    .url = arena_printf(c->arena, "%s/oauth/token", c->config->smartapp.api_url) };
	const char *why = target_fault(c->config, &any, rq.url, &rq.loopback);
	const char *digest = secret_digest(c->arena, i->refresh);
	p->lane = l;
	memcpy(p->used, digest, strlen(digest) + 1);
	l->busy = true;
	lane_at(l, DUE_NEVER);
	if (why != NULL || !courier_call(c, &rq, answered, p))
		answered(p, &(struct fetch_answer){ .body = "", .head = "", .error = why != NULL ? why : "it could not begin" });
	return true;
}
