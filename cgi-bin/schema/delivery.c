/* delivery.c: what a link needs next: tokens first, then news; everything anew where news was lost.
 *
 * long because: it is one decision, and each way to act on it is a few lines that share the step. */
#include "schema/delivery.h"

#include <stdlib.h>
#include <string.h>

#include "base/arena.h"
#include "base/clock.h"
#include "base/config.h"
#include "base/json.h"
#include "base/log.h"
#include "base/secret.h"
#include "device/change.h"
#include "oauth/grant.h"
#include "schema/callback.h"
#include "schema/callback_message.h"
#include "schema/callback_url.h"
#include "schema/links.h"
#include "schema/news.h"
#include "web/fetch.h"
#include "base/banned.h"

#define LOOK_EVERY 60000	/* ms: a wake-up that was lost is made good after this time */
#define LOOK_CLOSER 10		/* of so many looks one reads the link's records too */
#define LATER 5000		/* ms: after trouble of our own */
#define CALLS_EVERY 1000	/* ms between two events to one link */
#define BACKOFF_MAX 3600000	/* ms */
#define HOST_MAX 24		/* calls to one host at a time: a dead one leaves room for others */
#define SECRET_MAX 4096

/* A link on its way through one step. */
struct step {
	struct delivery	*d;
	struct link	*link;
	struct callback	 c;
	struct grant	 grant;
	int64_t		 now;		/* ms */
};

/* There is something to do, after so many ms. */
static void
look_again(const struct step *s, int64_t after)
{
	s->link->again = true;
	links_schedule(s->d->links, s->link, s->now + after);
}

/* --- beginning a call --- */

static unsigned
host_of(const char *url)
{
	const char *host = strstr(url, "://");
	unsigned h = 5381;

	for (host = host != NULL ? host + 3 : url; *host != '\0' && *host != '/' && *host != '?'; host++)
		h = h * 33 + (unsigned char)*host;
	return h % DELIVERY_HOSTS;
}

static struct call *
new_call(const struct step *s, enum call_kind kind)
{
	struct call *call = calloc(1, sizeof(*call));

	if (call != NULL)
		*call = (struct call){ .delivery = s->d, .link = s->link, .kind = kind };
	return call;
}

/* Send it. What cannot even begin has failed like one that was not answered. */
static void
begin(const struct step *s, struct call *call, const char *url, const struct json *message)
{
	const char *why = callback_url_fault(s->d->config, url);
	struct fetch_answer none = { .body = "", .error = why != NULL ? why : "it could not begin" };

	call->host = s->link->host = host_of(url != NULL ? url : "");
	s->link->busy = true;
	s->d->busy[call->host]++;
	if (call->kind >= CALL_DEVICES)
		s->link->called = s->now;
	links_schedule(s->d->links, s->link, INT64_MAX);
	if (why != NULL || !fetch_post(s->d->fetcher, url, json_print(s->d->arena, message), delivery_end, call))
		delivery_end(call, &none);
}

/* --- tokens --- */

/* SmartThings' secret, from its file: without white space at its end. */
static const char *
client_secret(const struct delivery *d)
{
	size_t len;
	const char *file = config_path(d->arena, d->config, d->config->smartthings.client_secret_file);
	char *text = config_read_file(d->arena, file, SECRET_MAX, &len);

	while (text != NULL && len > 0 && (unsigned char)text[len - 1] <= ' ')
		text[--len] = '\0';
	if (text != NULL && len > 0)
		return text;
	log_event(LOG_LEVEL_ERROR, "callback_secret", "file=\"%s\" why=\"it cannot be read, or is empty\"", file);
	return NULL;
}

static void
get_tokens(const struct step *s, enum call_kind kind)
{
	const char *secret = client_secret(s->d), *id = s->d->config->smartthings.client_id;
	struct call *call = secret != NULL ? new_call(s, kind) : NULL;

	if (call == NULL) {
		look_again(s, LOOK_EVERY);
		return;
	}
	if (kind == CALL_REDEEM)
		memcpy(call->code_hash, s->c.code_hash, strnlen(s->c.code_hash, sizeof(call->code_hash) - 1));
	begin(s, call, s->c.token_url, kind == CALL_REDEEM ? message_redeem(s->d->arena, &s->c, id, secret) :
	    message_refresh(s->d->arena, &s->c, id, secret));
}

/* Ahead of its end by a twelfth of its life at least, each link at a moment of its own. */
static bool
wants_refresh(const struct step *s)
{
	const struct callback *c = &s->c;
	int64_t life = c->expires - c->obtained, now = s->now / 1000;

	if (s->link->refresh_for != c->expires) {
		unsigned char hash[SECRET_HASH];
		secret_sha256(c->grant, strlen(c->grant), hash);
		s->link->refresh_for = c->expires;
		s->link->refresh_at = (c->expires - life / 12 - life / 24 * hash[0] / 256) * 1000;
	}
	return c->access == NULL || now >= c->expires - 5 || s->now >= s->link->refresh_at;
}

/* --- news --- */

/* Nothing to do until something comes, a token ages, or a wake-up might have been lost. */
static void
sleep_on(const struct step *s)
{
	if (callback_is_lost(&s->c)) {
		s->link->refresh_at = INT64_MAX;
		s->link->refresh_for = -1;
	}
	int64_t left = s->link->refresh_at - s->now;
	links_schedule(s->d->links, s->link, s->now + (left < LOOK_EVERY ? left : LOOK_EVERY));
}

struct advancing {
	const struct step	*step;
	long long		 cursor;
};

static enum store_result
advance_fn(struct store_tx *tx, void *arg)
{
	const struct advancing *v = arg;
	const struct delivery *d = v->step->d;
	struct callback c;
	enum store_result r = lease_tx_holds(tx, &d->lease);

	if (r == STORE_OK)
		r = callback_tx_find(tx, d->keyring, v->step->link->user, v->step->link->grant, &c);
	if (r != STORE_OK)
		return r;
	c.cursor = v->cursor;
	return callback_tx_put(tx, d->keyring, &c);
}

/* All of the news was the link's own doing, or not for it. */
static void
advance(const struct step *s, long long cursor)
{
	struct advancing v = { s, cursor };
	enum store_result r = store_run(s->d->store, s->d->arena, advance_fn, &v);

	look_again(s, r == STORE_OK ? 0 : LATER);
}

static void
send_news(const struct step *s, const struct news *news)
{
	bool shown = json_first(news->devices) == NULL, told = json_first(news->states) == NULL;
	int64_t wait = s->link->called + CALLS_EVERY - s->now;

	if (shown && told) {
		advance(s, news->upto);
		return;
	}
	if (wait > 0 && wait <= CALLS_EVERY && !news->urgent) {
		look_again(s, wait);
		return;
	}
	struct call *call = new_call(s, shown ? CALL_STATES : CALL_DEVICES);
	if (call == NULL) {
		look_again(s, LATER);
		return;
	}
	call->upto = news->upto;
	call->last = shown || told;
	begin(s, call, s->c.state_url, shown ? message_states(s->d->arena, &s->c, news->states) :
	    message_devices(s->d->arena, &s->c, news->devices));
}

/* Everything anew: discovery of a page of devices, then their states, then the next page. */
static enum store_result
send_page(const struct step *s, const struct news_context *x, long long newest)
{
	struct news news;
	bool more;
	enum store_result r = news_whole(x, s->link->page, &news, &more);
	int64_t wait = s->link->called + CALLS_EVERY - s->now;

	if (r != STORE_OK)
		return r;
	if (s->link->page == 0 && !s->link->page_shown)
		s->link->page_upto = newest;
	if (json_first(news.devices) == NULL) {	/* none are left, or it never had one */
		s->link->page = 0;
		struct advancing v = { s, s->link->page_upto };
		if ((r = store_run(s->d->store, s->d->arena, advance_fn, &v)) == STORE_OK)
			look_again(s, LOOK_EVERY);
		return r;
	}
	struct call *call = wait > 0 && wait <= CALLS_EVERY ? NULL :
	    new_call(s, s->link->page_shown ? CALL_PAGE_STATES : CALL_PAGE_DEVICES);
	if (call == NULL) {
		look_again(s, wait > 0 ? wait : LATER);
		return STORE_OK;
	}
	call->final = !more;
	begin(s, call, s->c.state_url, s->link->page_shown ? message_states(s->d->arena, &s->c, news.states) :
	    message_devices(s->d->arena, &s->c, news.devices));
	return STORE_OK;
}

static enum store_result
tell_news(const struct step *s)
{
	const struct news_context x = { s->d->store, s->d->catalogue, s->d->arena, &s->grant };
	struct news news;
	long long newest;
	enum store_result r = change_newest(s->d->store, s->d->arena, s->link->user, &newest);

	if (r != STORE_OK)
		return r;
	if (newest <= s->c.cursor) {
		sleep_on(s);
		return STORE_OK;
	}
	if (!s->c.whole && s->link->page == 0 && !s->link->page_shown) {
		r = news_read(&x, s->c.cursor, newest, s->link->shown, &news);
		if (r != STORE_OK)
			return r;
		if (!news.lost) {
			send_news(s, &news);
			return STORE_OK;
		}
	}
	return send_page(s, &x, newest);
}

/* --- a step --- */

static enum store_result
forget_fn(struct store_tx *tx, void *arg)
{
	const struct step *s = arg;
	enum store_result r = lease_tx_holds(tx, &s->d->lease);

	return r == STORE_OK ? callback_tx_delete(tx, s->link->user, s->link->grant) : r;
}

/* The link has ended. SmartThings is told if it was ended here, and not by it. */
static void
part(struct step *s, bool told)
{
	if (!told && s->c.access != NULL) {
		struct call *call = new_call(s, CALL_UNLINKED);
		if (call != NULL) {
			begin(s, call, s->c.state_url, message_unlinked(s->d->arena, &s->c));
			return;
		}
	} else if (store_run(s->d->store, s->d->arena, forget_fn, s) == STORE_OK) {
		links_remove(s->d->links, s->link);
		return;
	}
	look_again(s, LATER);
}

static bool
ended_here(const struct grant *g)
{
	return strcmp(g->revoked, "user") == 0 || strcmp(g->revoked, "operator") == 0;
}

/* False: nothing is new by a glance at one record. */
static bool
worth_a_look(const struct step *s)
{
	long long newest;

	if (s->link->naps++ % LOOK_CLOSER == 0 || s->now >= s->link->refresh_at)
		return true;
	return change_newest(s->d->store, s->d->arena, s->link->user, &newest) != STORE_OK || newest != s->link->cursor;
}

static enum store_result
step(struct step *s)
{
	const struct delivery *d = s->d;
	enum store_result r = callback_find(d->store, d->arena, d->keyring, s->link->user, s->link->grant, &s->c), g;

	if (r == STORE_ABSENT) {
		links_remove(d->links, s->link);
		return STORE_OK;
	}
	if (r != STORE_OK)
		return r;
	g = grant_find(d->store, d->arena, s->link->user, s->link->grant, &s->grant);
	if (g != STORE_OK && g != STORE_ABSENT)
		return g;
	bool gone = g == STORE_ABSENT || s->grant.revoked != NULL, silent = gone && (g == STORE_ABSENT ||
	    !ended_here(&s->grant) || callback_is_lost(&s->c));
	int64_t wait = s->c.next - s->now;
	s->link->cursor = s->c.cursor;
	if (silent)
		part(s, true);
	else if (wait > 0 && wait <= BACKOFF_MAX * 2)
		look_again(s, wait);
	else if (!gone && s->c.code != NULL)
		get_tokens(s, CALL_REDEEM);
	else if (callback_is_lost(&s->c))
		sleep_on(s);
	else if (wants_refresh(s) && s->c.refresh != NULL)
		get_tokens(s, CALL_REFRESH);
	else if (gone)
		part(s, false);
	else
		return tell_news(s);
	return STORE_OK;
}

void
delivery_step(struct delivery *d, struct link *link)
{
	struct step s = { .d = d, .link = link, .now = clock_ms() };

	arena_reset(d->arena);
	if (d->busy[link->host] >= HOST_MAX) {
		look_again(&s, CALLS_EVERY);
		return;
	}
	if (!link->again && !worth_a_look(&s)) {
		links_schedule(d->links, link, s.now + LOOK_EVERY);
		return;
	}
	link->again = false;
	if (step(&s) != STORE_OK)
		look_again(&s, LATER);
}
