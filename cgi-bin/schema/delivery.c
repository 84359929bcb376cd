/* delivery.c: what a link needs next: tokens first, then news; everything anew where news was lost. */
#include "schema/delivery.h"

#include <stdlib.h>
#include <string.h>

#include "base/arena.h"
#include "base/clock.h"
#include "base/config.h"
#include "base/json.h"
#include "base/log.h"
#include "base/secret.h"
#include "courier/backoff.h"
#include "device/change.h"
#include "schema/callback_message.h"
#include "schema/delivery_step.h"
#include "schema/news.h"
#include "base/banned.h"

#define LOOK_EVERY 60000	/* ms: a wake-up that was lost is made good after this time */
#define LOOK_CLOSER 10		/* of so many looks one reads the link's records too */
#define NAPS_AT 5000		/* ms: naps end together at multiples of it, so that the courier wakes up seldom */
#define SECRET_MAX 4096

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

	if (!step_may_call(s, s->callback.token_url))
		return;
	struct call *call = (secret = client_secret(s)) != NULL ? step_call(s, kind) : NULL;
	if (call == NULL) {
		step_again(s, LOOK_EVERY);
		return;
	}
	if (kind == CALL_REDEEM)
		memcpy(call->code_hash, s->callback.code_hash, strnlen(s->callback.code_hash, sizeof(call->code_hash) - 1));
	step_begin(s, call, s->callback.token_url, kind == CALL_REDEEM ? message_redeem(s->arena, &s->callback, id, secret) :
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
	int64_t look = (s->now / NAPS_AT + (s->link->naps <= 1 ? 1 + spread : naps)) * NAPS_AT;

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

static void
send_news(const struct step *s, const struct news *news, long long newest)
{
	bool shown = json_first(news->devices) == NULL, told = json_first(news->states) == NULL;
	int64_t wait = step_wait(s);

	if (shown && told) {
		step_advance(s, news->upto, 0);
		return;
	}
	if (wait > 0 && !news->urgent) {
		s->link->read = newest;
		step_again(s, wait);
		return;
	}
	struct call *call = step_call(s, shown ? CALL_STATES : CALL_DEVICES);
	if (call == NULL) {
		step_again(s, STEP_LATER);
		return;
	}
	call->upto = news->upto;
	call->last = shown || told;
	step_begin(s, call, s->callback.state_url, shown ? message_states(s->arena, &s->callback, news->states) :
	    message_devices(s->arena, &s->callback, news->devices));
}

/* Everything anew: discovery of a page of devices, then their states, then the next page. */
static enum store_result
send_page(const struct step *s, const struct news_context *x, long long newest)
{
	struct news news;
	bool more;
	enum store_result r = news_whole(x, s->link->page, &news, &more);
	int64_t wait = step_wait(s);

	if (r != STORE_OK)
		return r;
	if (s->link->page == 0 && !s->link->page_shown)
		s->link->page_upto = newest;
	bool shown = s->link->page_shown || json_first(news.devices) == NULL;
	if (shown && json_first(news.states) == NULL) {	/* none are left, or it never had one */
		s->link->page = 0;
		s->link->page_shown = false;
		step_advance(s, s->link->page_upto, LOOK_EVERY);
		return STORE_OK;
	}
	struct call *call = wait > 0 ? NULL : step_call(s, shown ? CALL_PAGE_STATES : CALL_PAGE_DEVICES);
	if (call == NULL) {
		step_again(s, wait > 0 ? wait : STEP_LATER);
		return STORE_OK;
	}
	call->final = !more;
	step_begin(s, call, s->callback.state_url, shown ? message_states(s->arena, &s->callback, news.states) :
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
	if (!step_may_call(s, s->callback.state_url))
		return STORE_OK;
	if (!s->callback.whole && s->link->page == 0 && !s->link->page_shown) {
		r = news_read(&x, s->callback.cursor, newest, s->link->shown, &news);
		if (r != STORE_OK)
			return r;
		if (!news.lost) {
			send_news(s, &news, newest);
			return STORE_OK;
		}
	}
	return send_page(s, &x, newest);
}

/* --- a step --- */

/* The link has ended. SmartThings is told if it was ended here, and not by it. */
static void
part(struct step *s, bool told)
{
	if (told || s->callback.access == NULL) {
		step_forget(s);
		return;
	}
	if (!step_may_call(s, s->callback.state_url))
		return;
	struct call *call = step_call(s, CALL_UNLINKED);
	if (call != NULL)
		step_begin(s, call, s->callback.state_url, message_unlinked(s->arena, &s->callback));
	else
		step_again(s, STEP_LATER);
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

/* News wait until the link may be sent another event. A word comes with each change: is there one among these that must not wait?
 * What else a word may be about waits as long. */
static bool
goes_on_waiting(const struct step *s)
{
	struct link *link = s->link;
	long long newest, event;

	return link->read > 0 && step_wait(s) > 0 &&
	    change_newest_event(s->courier->store, s->arena, link->is.user, &newest, &event) == STORE_OK && event <= link->read;
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
		step_again(s, wait);
	else if (!gone && s->callback.code != NULL)
		get_tokens(s, CALL_REDEEM);
	else if (callback_is_lost(&s->callback))
		sleep_on(s);
	else if (wants_refresh(s) && s->callback.refresh != NULL)
		get_tokens(s, CALL_REFRESH);
	else if (gone)
		part(s, false);
	else if (choice_is_told(s))
		return tell_news(s);
	else
		return choice_tell(s);
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
	if (goes_on_waiting(&s)) {
		step_again(&s, step_wait(&s));
		return;
	}
	link->again = false;
	link->read = 0;
	if (step(&s) != STORE_OK)
		step_again(&s, STEP_LATER);
}
