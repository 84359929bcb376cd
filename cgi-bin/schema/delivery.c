/* delivery.c: what a link needs next: tokens first, then news; everything anew where news was lost.
 *
 * long because: it is one decision, and each way to act on it is a few lines that share the step. */
#include "schema/delivery.h"

#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#include "base/arena.h"
#include "base/clock.h"
#include "base/config.h"
#include "base/json.h"
#include "base/log.h"
#include "base/secret.h"
#include "courier/backoff.h"
#include "courier/sender.h"
#include "device/change.h"
#include "oauth/grant.h"
#include "schema/callback.h"
#include "schema/callback_message.h"
#include "schema/callback_url.h"
#include "schema/link.h"
#include "schema/news.h"
#include "web/fetch.h"
#include "base/banned.h"

#define LOOK_EVERY 60000	/* ms: a wake-up that was lost is made good after this time */
#define LOOK_CLOSER 10		/* of so many looks one reads the link's records too */
#define LATER 5000		/* ms: after trouble of our own */
#define CALLS_EVERY 1000	/* ms between two events to one link */
#define NAPS_AT 5000		/* ms: naps end together at multiples of it, so that the courier wakes up seldom */
#define SECRET_MAX 4096

/* A link on its way through one step. */
struct step {
	struct delivery	*d;
	struct courier	*courier;
	struct arena	*arena;
	struct link	*link;
	struct callback	 callback;
	struct grant	 grant;
	int64_t		 now;		/* ms */
};

/* There is something to do, after so many ms. */
static void
look_again(const struct step *s, int64_t after)
{
	s->link->again = true;
	roster_schedule(&s->link->is, s->now + after);
}

/* --- beginning a call --- */

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
	const char *body = json_print(s->arena, message);
	struct fetch_request request = { .method = "POST", .url = url, .body = body, .len = strlen(body) };
	const char *why = callback_url_fault(s->courier->config, url, &request.loopback);
	struct fetch_answer none = { .body = "", .head = "", .error = why != NULL ? why : "it could not begin" };

	call->message = strdup(body);
	call->expires = s->grant.expires;
	s->link->busy = true;
	if (call->kind >= CALL_DEVICES)
		s->link->called = s->now;
	roster_schedule(&s->link->is, DUE_NEVER);
	if (why != NULL || !courier_call(s->courier, &request, delivery_end, call))
		delivery_end(call, &none);
}

static void
has_room(struct host_waiter *w)
{
	struct link *link = (struct link *)(void *)((char *)w - offsetof(struct link, waiter));

	roster_schedule(&link->is, link->waits);
}

/* False: its host has all the calls that it can take; the link waits for one to end, in the place that it had. */
static bool
may_call(const struct step *s, const char *url)
{
	if (url == NULL || courier_may_call(s->courier, url))
		return true;
	s->link->again = true;
	s->link->waits = s->link->is.due.at;
	s->link->waiter.ready = has_room;
	if (courier_wait(s->courier, url, &s->link->waiter))
		roster_schedule(&s->link->is, DUE_NEVER);
	else
		look_again(s, LATER);
	return false;
}

/* --- tokens --- */

/* SmartThings' secret, from its file: without white space at its end. */
static const char *
client_secret(const struct step *s)
{
	size_t len;
	const struct config *c = s->courier->config;
	const char *file = config_path(s->arena, c, c->smartthings.client_secret_file);
	char *text = config_read_file(s->arena, file, SECRET_MAX, &len);

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
	const char *secret, *id = s->courier->config->smartthings.client_id;

	if (!may_call(s, s->callback.token_url))
		return;
	struct call *call = (secret = client_secret(s)) != NULL ? new_call(s, kind) : NULL;
	if (call == NULL) {
		look_again(s, LOOK_EVERY);
		return;
	}
	if (kind == CALL_REDEEM)
		memcpy(call->code_hash, s->callback.code_hash, strnlen(s->callback.code_hash, sizeof(call->code_hash) - 1));
	begin(s, call, s->callback.token_url, kind == CALL_REDEEM ? message_redeem(s->arena, &s->callback, id, secret) :
	    message_refresh(s->arena, &s->callback, id, secret));
}

/* Ahead of its end by a twelfth of its life at least, each link at a moment of its own. */
static bool
wants_refresh(const struct step *s)
{
	const struct callback *c = &s->callback;
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

/* Until a wake-up might have been lost, or until at. The first nap is shorter, so that links are spread over the time. */
static void
nap(const struct step *s, int64_t at)
{
	int64_t naps = LOOK_EVERY / NAPS_AT, spread = (int64_t)((uintptr_t)s->link / 64) % naps;
	int64_t look = (s->now / NAPS_AT + (s->link->naps == 0 ? 1 + spread : naps)) * NAPS_AT;

	roster_schedule(&s->link->is, at < look ? at : look);
}

/* Nothing to do until something comes, or a token ages. */
static void
sleep_on(const struct step *s)
{
	if (callback_is_lost(&s->callback)) {
		s->link->refresh_at = INT64_MAX;
		s->link->refresh_for = -1;
	}
	nap(s, s->link->refresh_at);
}

/* What is written at the end of the round. Until then the link is busy. */
struct advancing {
	struct delivery	*d;
	struct link	*link;
	long long	 cursor;
	int64_t		 after;		/* ms: when to look again then */
};

static enum store_result
advance_fn(struct store_tx *tx, void *arg)
{
	const struct advancing *v = arg;
	const struct keyring *ring = v->d->courier->keyring;
	struct callback c;
	enum store_result r = callback_tx_find(tx, ring, v->link->is.user, v->link->is.name, &c);

	if (r != STORE_OK)
		return r == STORE_ABSENT ? STORE_OK : r;
	c.cursor = v->cursor;
	return callback_tx_put(tx, ring, &c);
}

static void
advanced(void *arg, enum store_result r)
{
	const struct advancing *v = arg;

	v->link->busy = false;
	v->link->again = true;
	roster_schedule(&v->link->is, clock_ms() + (r == STORE_OK ? v->after : LATER));
}

/* Nothing is left to tell up to this change: it was the link's own doing, or not for it. */
static void
advance(const struct step *s, long long cursor, int64_t after)
{
	struct advancing *v = arena_alloc(s->arena, sizeof(*v));

	*v = (struct advancing){ s->d, s->link, cursor, after };
	s->link->busy = true;
	roster_schedule(&s->link->is, DUE_NEVER);
	courier_write(s->courier, advance_fn, advanced, v);
}

static void
send_news(const struct step *s, const struct news *news)
{
	bool shown = json_first(news->devices) == NULL, told = json_first(news->states) == NULL;
	int64_t wait = s->link->called + CALLS_EVERY - s->now;

	if (shown && told) {
		advance(s, news->upto, 0);
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
	begin(s, call, s->callback.state_url, shown ? message_states(s->arena, &s->callback, news->states) :
	    message_devices(s->arena, &s->callback, news->devices));
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
		advance(s, s->link->page_upto, LOOK_EVERY);
		return STORE_OK;
	}
	struct call *call = wait > 0 && wait <= CALLS_EVERY ? NULL :
	    new_call(s, s->link->page_shown ? CALL_PAGE_STATES : CALL_PAGE_DEVICES);
	if (call == NULL) {
		look_again(s, wait > 0 ? wait : LATER);
		return STORE_OK;
	}
	call->final = !more;
	begin(s, call, s->callback.state_url, s->link->page_shown ? message_states(s->arena, &s->callback, news.states) :
	    message_devices(s->arena, &s->callback, news.devices));
	return STORE_OK;
}

static enum store_result
tell_news(const struct step *s)
{
	const struct news_context x = { s->courier->store, s->courier->catalogue, s->arena, &s->grant };
	struct news news;
	long long newest;
	enum store_result r = change_newest(s->courier->store, s->arena, s->link->is.user, &newest);

	if (r != STORE_OK)
		return r;
	if (newest <= s->callback.cursor) {
		sleep_on(s);
		return STORE_OK;
	}
	if (!may_call(s, s->callback.state_url))
		return STORE_OK;
	if (!s->callback.whole && s->link->page == 0 && !s->link->page_shown) {
		r = news_read(&x, s->callback.cursor, newest, s->link->shown, &news);
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
	const struct advancing *v = arg;

	return callback_tx_delete(tx, v->link->is.user, v->link->is.name);
}

static void
forgotten(void *arg, enum store_result r)
{
	const struct advancing *v = arg;

	if (r == STORE_OK)
		roster_remove(&v->link->is);
	else
		advanced(arg, r);
}

/* The link has ended. SmartThings is told if it was ended here, and not by it. */
static void
part(struct step *s, bool told)
{
	if (told || s->callback.access == NULL) {
		struct advancing *v = arena_alloc(s->arena, sizeof(*v));
		*v = (struct advancing){ .d = s->d, .link = s->link };
		s->link->busy = true;
		roster_schedule(&s->link->is, DUE_NEVER);
		courier_write(s->courier, forget_fn, forgotten, v);
		return;
	}
	if (!may_call(s, s->callback.state_url))
		return;
	struct call *call = new_call(s, CALL_UNLINKED);
	if (call != NULL)
		begin(s, call, s->callback.state_url, message_unlinked(s->arena, &s->callback));
	else
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
	return change_newest(s->courier->store, s->arena, s->link->is.user, &newest) != STORE_OK || newest != s->link->cursor;
}

static enum store_result
step(struct step *s)
{
	const struct courier *c = s->courier;
	enum store_result g, r = callback_find(c->store, s->arena, c->keyring, s->link->is.user, s->link->is.name, &s->callback);

	if (r == STORE_ABSENT) {
		roster_remove(&s->link->is);
		return STORE_OK;
	}
	if (r != STORE_OK)
		return r;
	g = grant_find(c->store, s->arena, s->link->is.user, s->link->is.name, &s->grant);
	if (g != STORE_OK && g != STORE_ABSENT)
		return g;
	bool gone = g == STORE_ABSENT || s->grant.revoked != NULL, silent = gone && (g == STORE_ABSENT ||
	    !ended_here(&s->grant) || callback_is_lost(&s->callback));
	int64_t wait = s->callback.next - s->now;
	s->link->cursor = s->callback.cursor;
	if (silent)
		part(s, true);
	else if (wait > 0 && wait <= BACKOFF_MAX * 2)
		look_again(s, wait);
	else if (!gone && s->callback.code != NULL)
		get_tokens(s, CALL_REDEEM);
	else if (callback_is_lost(&s->callback))
		sleep_on(s);
	else if (wants_refresh(s) && s->callback.refresh != NULL)
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
	struct step s = { .d = d, .courier = d->courier, .arena = d->courier->arena, .link = link, .now = clock_ms() };

	if (!link->again && !worth_a_look(&s)) {
		nap(&s, INT64_MAX);
		return;
	}
	link->again = false;
	if (step(&s) != STORE_OK)
		look_again(&s, LATER);
}
