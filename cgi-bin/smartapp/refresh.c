/* refresh.c: a new pair of tokens for the old one: on disk before it is used, one at a time for each installed app.
 *
 * A refresh token is good once. Who dies between SmartThings' answer and our disk has lost the pair, so that moment is kept
 * short: the answer is written down at once, not at the end of the round, and again until the disk takes it. That the old
 * token was given away is on disk before it is: whoever comes after waits until no answer can be under way any more, then
 * tries the old one again, as it may never have arrived. If it is void, only a person can help: installed.lost. */
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
#define EARLY		3600	/* seconds before a token's end, half of its life at most, that a new one is asked for: an outage of
				 * theirs is not at once one of ours */
#define IDLE		(20 * 86400)	/* seconds after which refresh tokens, which last 30 days, are exchanged without need */
#define UNDER_WAY	20	/* seconds after which no answer comes any more: a call of the courier may take 15 */
#define KEEP_AGAIN	1000	/* ms between two tries to write a pair down */

/* What was asked, and what came. */
struct pair {
	struct lane	*lane;
	char		 used[SECRET_HASH * 2];	/* digest of the refresh token that was given away */
	char		*access, *refresh;	/* NULL, both: the old one is void */
	long long	 life;			/* seconds */
};

static void
pair_free(struct pair *p)
{
	char *const secrets[] = { p->access, p->refresh };

	for (size_t i = 0; i < sizeof(secrets) / sizeof(secrets[0]); i++) {
		if (secrets[i] != NULL)
			explicit_bzero(secrets[i], strlen(secrets[i]));
		free(secrets[i]);
	}
	free(p);
}

void
lane_drop(struct lane *l)
{
	if (l->pair != NULL)
		pair_free(l->pair);
	l->pair = NULL;
}

static bool
can_refresh(const struct lane *l, const struct installed *i)
{
	return i->refresh != NULL && *l->set->courier->config->smartapp.client_id != '\0';
}

int64_t
lane_refresh_due(const struct lane *l, const struct installed *i, bool wanted, int64_t now)
{
	int64_t life = i->access_until - i->refreshed, early = life / 2 < EARLY ? life / 2 : EARLY;
	int64_t idle = i->refreshed + IDLE, end = i->access_until - early, over = 1000 * (i->asked + UNDER_WAY);

	if (!can_refresh(l, i))
		return DUE_NEVER;
	int64_t due = 1000 * (wanted && end < idle ? end : idle);
	/* Another courier has given the token away, and may be about to write what it gets. */
	if (i->asked != 0 && i->asked != l->asked && i->asked * 1000 <= now && due < over)
		due = over;
	return due > l->refresh_at ? due : l->refresh_at;
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
	if (p->access != NULL) {
		i.access = p->access;
		i.access_until = clock_sec() + p->life;
	}
	i.refresh = p->refresh;
	i.refreshed = clock_sec();
	i.asked = 0;
	i.lost = p->refresh != NULL ? 0 : clock_sec();
	return installed_tx_put(tx, ring, &i);
}

/* Not by courier_write: what is lost here is lost for good, also where another courier has the right to send by now. It does
 * no harm then: the record changes only if it still has the token that was given away. */
void
lane_keep(struct lane *l)
{
	struct courier *c = l->set->courier;
	enum store_result r = store_run(c->store, c->arena, keep, l->pair);

	if (r != STORE_OK) {
		log_event(LOG_LEVEL_ERROR, "smartapp_tokens", "app=%s result=not_kept_yet why=%s", l->id, store_result_name(r));
		lane_at(l, clock_ms() + KEEP_AGAIN);
		return;
	}
	lane_drop(l);
	lane_at(l, 0);
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
		p->access = strdup(access);
		p->refresh = strdup(refresh);
		return p->access != NULL && p->refresh != NULL;
	}
	return (answer->status == 400 || answer->status == 401) && error != NULL && strcmp(error, "invalid_grant") == 0;
}

static void
answered(void *arg, const struct fetch_answer *answer)
{
	struct pair *p = arg;
	struct lane *l = p->lane;

	l->busy = false;
	if (judge(p, l->set->courier->arena, answer)) {
		l->refresh_failures = 0;
		log_event(p->access != NULL ? LOG_LEVEL_INFO : LOG_LEVEL_ERROR, "smartapp_tokens", "app=%s result=%s", l->id,
		    p->access != NULL ? "refreshed" :
		    "\"lost: open the app's settings in SmartThings and save them, that brings new ones\"");
		l->pair = p;
		lane_keep(l);
		return;
	}
	pair_free(p);
	l->refresh_at = clock_ms() + backoff_asked(++l->refresh_failures, answer->retry_after);
	log_event(LOG_LEVEL_WARN, "smartapp_tokens", "app=%s result=later status=%d why=\"%s\"", l->id, answer->status,
	    answer->status == 0 ? answer->error : "");
	lane_at(l, 0);
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

struct asking {
	const struct lane	*lane;
	const char		*used;
	int64_t			 now;		/* seconds */
};

/* Note that the refresh token is given away now. STORE_ABSENT: it is not that one any more. */
static enum store_result
note(struct store_tx *tx, void *arg)
{
	const struct asking *x = arg;
	const struct keyring *ring = x->lane->set->courier->keyring;
	struct installed i;
	enum store_result r = installed_tx_find(tx, ring, x->lane->id, &i);

	if (r != STORE_OK || i.refresh == NULL || strcmp(secret_digest(store_tx_arena(tx), i.refresh), x->used) != 0)
		return r != STORE_OK ? r : STORE_ABSENT;
	i.asked = x->now;
	return installed_tx_put(tx, ring, &i);
}

static void
ask(struct lane *l, const struct installed *i, const char *basic, struct pair *p)
{
	static const struct target_rule any = { .any_port = true, .own = true };
	struct courier *c = l->set->courier;
	const char *const headers[] = { "Authorization", basic, "Content-Type", "application/x-www-form-urlencoded", NULL };
	struct buf body = buf_new(c->arena, 4 * SMARTAPP_TOKEN_MAX);

	buf_text(&body, "grant_type=refresh_token&client_id=");
	buf_url(&body, c->config->smartapp.client_id);
	buf_text(&body, "&refresh_token=");
	buf_url(&body, i->refresh);
	struct fetch_request rq = { .method = "POST", .headers = headers, .body = body.data, .len = body.len,
	    .url = arena_printf(c->arena, "%s/oauth/token", c->config->smartapp.api_url) };
	const char *why = target_fault(c->config, &any, rq.url, &rq.loopback);
	l->busy = true;
	lane_at(l, DUE_NEVER);
	if (why != NULL || !courier_call(c, &rq, answered, p))
		answered(p, &(struct fetch_answer){ .body = "", .head = "", .error = why != NULL ? why : "it could not begin" });
}

bool
lane_refresh(struct lane *l, const struct installed *i, int64_t now)
{
	struct courier *c = l->set->courier;
	const char *basic = can_refresh(l, i) ? credentials(c->arena, c->config) : NULL;

	if (basic == NULL)
		return false;
	struct asking x = { l, secret_digest(c->arena, i->refresh), now / 1000 };
	struct pair *p = calloc(1, sizeof(*p));
	if (p == NULL || store_run(c->store, c->arena, note, &x) != STORE_OK) {
		free(p);
		lane_at(l, now + KEEP_AGAIN);
		return true;
	}
	l->asked = x.now;
	p->lane = l;
	memcpy(p->used, x.used, strlen(x.used) + 1);
	ask(l, i, basic, p);
	return true;
}
