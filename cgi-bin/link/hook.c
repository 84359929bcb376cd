/* hook.c: the record of a subscription, and the calls that make and end it. */
#include "link/hook.h"

#include <string.h>

#include "base/arena.h"
#include "base/clock.h"
#include "base/config.h"
#include "base/json.h"
#include "base/log.h"
#include "base/secret.h"
#include "courier/outbox.h"
#include "db/record.h"
#include "link/connector.h"
#include "link/fill.h"
#include "link/pick.h"
#include "link/vendor.h"
#include "oauth/seal.h"
#include "base/banned.h"

#define RENEW		86400	/* seconds, unless the connector says otherwise */
#define AGAIN		900	/* seconds after trouble */
#define AGAIN_REFUSED	86400	/* after a plain no */
#define SUBSCRIPTION_MAX 1000	/* bytes of what the vendor calls it */
#define SECRET_MAX	1000

static char *
hook_key(struct arena *a, const char *user, const char *link)
{
	return record_key(a, "link-hook", user, link, NULL);
}

/* --- the record --- */

static void
read_hook(struct arena *a, const struct keyring *ring, const char *key, const struct json *v, struct hook *h)
{
	*h = (struct hook){ .token = seal_reveal(a, ring, key, json_get_string(v, "token")),
	    .secret = seal_reveal(a, ring, key, json_get_string(v, "secret")), .subscription = json_get_string(v, "subscription"),
	    .made = json_get_int(v, "made", 0), .next = json_get_int(v, "next", 0), .fault = json_get_string(v, "fault"),
	    .heard = json_get_int(v, "heard", 0) };
}

enum store_result
hook_find(const struct links *x, struct arena *a, const char *user, const char *link, struct hook *h)
{
	const char *key = hook_key(a, user, link);
	struct json *v;
	enum store_result r = record_get(x->store, a, key, &v);

	read_hook(a, x->keyring, key, v, h);
	return r;
}

/* The token names its user: so the record is found by one key, as all of a user's are. */
const char *
hook_user(struct arena *a, const char *token)
{
	const char *dot = strchr(token, '.');

	return dot != NULL && dot != token ? arena_strndup(a, token, (size_t)(dot - token)) : NULL;
}

char *
hook_url(struct arena *a, const struct config *c, const char *link, const char *token)
{
	return arena_printf(a, "%s/api/smartapps/installations/%s/hook?access_token=%s", c->public_url, link, token);
}

struct writing {
	const struct links	*links;
	const struct link	*link;
	const struct hook	*hook;
};

/* Only beside a link that is there. What was heard meanwhile stays. */
static enum store_result
write(struct store_tx *tx, void *arg)
{
	const struct writing *w = arg;
	const struct hook *h = w->hook;
	struct arena *a = store_tx_arena(tx);
	const char *key = hook_key(a, w->link->user, w->link->id);
	struct json *old, *v = record_new(a);
	struct link l;
	enum store_result r = link_tx_find(tx, w->link->user, w->link->id, &l);

	if (r != STORE_OK)
		return r;
	if ((r = record_tx_get(tx, key, &old)) != STORE_OK && r != STORE_ABSENT)
		return r;
	json_set_string(a, v, "token", seal_hide(a, w->links->keyring, key, h->token));
	if (h->secret != NULL)
		json_set_string(a, v, "secret", seal_hide(a, w->links->keyring, key, h->secret));
	if (h->subscription != NULL)
		json_set_string(a, v, "subscription", h->subscription);
	if (h->fault != NULL)
		json_set_string(a, v, "fault", h->fault);
	json_set_int(a, v, "made", h->made);
	json_set_int(a, v, "next", h->next);
	json_set_int(a, v, "heard", json_get_int(old, "heard", 0));
	return record_tx_put(tx, key, v, 0);
}

static enum store_result
keep(const struct hook_work *w)
{
	struct writing x = { w->ask.links, w->ask.link, &w->hook };

	return store_run(x.links->store, w->ask.arena, write, &x);
}

/* Set one member of a record that is there. */
static enum store_result
tx_set(struct store_tx *tx, const char *user, const char *link, const char *name, long long value)
{
	struct arena *a = store_tx_arena(tx);
	struct json *v;
	enum store_result r = record_tx_get(tx, hook_key(a, user, link), &v);

	if (r != STORE_OK)
		return r == STORE_ABSENT ? STORE_OK : r;
	json_set_int(a, v, name, value);
	return record_tx_put(tx, hook_key(a, user, link), v, 0);
}

enum store_result
hook_tx_heard(struct store_tx *tx, const char *user, const char *link)
{
	return tx_set(tx, user, link, "heard", clock_ms());
}

enum store_result
hook_tx_renew(struct store_tx *tx, const char *user, const char *link)
{
	return tx_set(tx, user, link, "next", 0);
}

enum store_result
hook_tx_forget(struct store_tx *tx, const char *user, const char *link)
{
	return record_tx_delete(tx, hook_key(store_tx_arena(tx), user, link));
}

/* --- the calls --- */

static struct json *
values(struct arena *a, const struct config *c, const struct link *l, const struct hook *h)
{
	struct json *v = ask_values(a, l);

	json_set_string(a, v, "hookUrl", hook_url(a, c, l->id, h->token));
	json_set_string(a, v, "hookToken", h->token);
	if (h->subscription != NULL)
		json_set_string(a, v, "subscription", h->subscription);
	return v;
}

/* Make ask the call of a rule. */
static bool
set_up(struct hook_work *w, const struct json *rule)
{
	const struct ask *was = &w->ask;

	w->ask = (struct ask){ .links = was->links, .arena = was->arena, .link = was->link, .connector = was->connector, .rule = rule,
	    .values = values(was->arena, was->links->config, was->link, &w->hook) };
	return true;
}

bool
hook_begin(struct hook_work *w, const struct links *x, struct arena *a, const struct connector *c, const struct link *l)
{
	int64_t now = clock_sec();
	enum store_result r = c->hook != NULL ? hook_find(x, a, l->user, l->id, &w->hook) : STORE_ABSENT;

	/* Further ahead than anybody writes: somebody's clock was wrong. */
	if (c->hook == NULL || (r != STORE_OK && r != STORE_ABSENT) ||
	    (r == STORE_OK && w->hook.next > now && w->hook.next <= now + 32LL * 86400))
		return false;
	w->ask = (struct ask){ .links = x, .arena = a, .link = l, .connector = c };
	w->removing = r == STORE_OK && w->hook.made > 0 && json_get(c->hook, "unsubscribe") != NULL;
	if (w->hook.token == NULL)
		w->hook.token = arena_printf(a, "%s.%s", l->user, secret_token(a, 24));
	w->hook.next = now + AGAIN;
	/* On disk before the vendor has it: it may try the address at once. */
	if (keep(w) != STORE_OK)
		return false;
	return set_up(w, json_get(c->hook, w->removing ? "unsubscribe" : "subscribe"));
}

static void
subscribed(struct hook_work *w)
{
	struct arena *a = w->ask.arena;
	const struct json *hook = w->ask.connector->hook, *body = w->ask.body;
	const char *secret = pick_text(a, pick_by(a, body, json_get(hook, "hmac"), "secret"), SECRET_MAX);

	w->hook.subscription = pick_text(a, pick_by(a, body, json_get(hook, "subscribe"), "subscription"), SUBSCRIPTION_MAX);
	w->hook.secret = secret;
	w->hook.made = clock_sec();
	w->hook.next = w->hook.made + json_get_int(hook, "renew", RENEW);
	w->hook.fault = NULL;
	if (json_get(json_get(hook, "hmac"), "secret") != NULL && secret == NULL)
		w->hook.fault = "its answer has no secret for its signatures";
}

bool
hook_more(struct hook_work *w)
{
	const struct link *l = w->ask.link;

	if (w->removing && w->ask.result != ASK_LOGIN) {	/* whatever it said: it may be gone already */
		w->removing = false;
		return set_up(w, json_get(w->ask.connector->hook, "subscribe"));
	}
	if (w->ask.result == ASK_FINE)
		subscribed(w);
	else {
		w->hook.made = 0;
		w->hook.fault = w->ask.why;
		w->hook.next = clock_sec() + (w->ask.result == ASK_REFUSED ? AGAIN_REFUSED : AGAIN);
	}
	if (w->hook.fault != NULL)
		log_event(LOG_LEVEL_WARN, "link_hook", "user=%s link=%s why=\"%s\"", l->user, l->id, w->hook.fault);
	else
		log_event(LOG_LEVEL_INFO, "link_hook", "user=%s link=%s result=subscribed", l->user, l->id);
	(void)!keep(w);
	return false;
}

bool
hook_end(const struct links *x, struct arena *a, const struct connector *c, const struct link *l, const char *access,
    struct outbox_call *call)
{
	const struct json *rule = c != NULL && c->hook != NULL ? json_get(c->hook, "unsubscribe") : NULL;
	struct fetch_request rq;
	struct hook h;

	if (rule == NULL || hook_find(x, a, l->user, l->id, &h) != STORE_OK || h.made == 0 || h.token == NULL ||
	    fill_request(a, rule, values(a, x->config, l, &h), access, &rq) != NULL || vendor_target(x, c, &rq) != NULL)
		return false;
	call->method = rq.method;
	call->url = rq.url;
	call->headers = rq.headers;
	call->body = rq.body;
	return true;
}
