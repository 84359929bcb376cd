/* delivery_end.c: what came of a call: progress, new tokens, another try later, or the end.
 *
 * long because: an ending is judged, written and followed, each in a few lines that share it. */
#include <stdlib.h>
#include <string.h>

#include "base/arena.h"
#include "base/clock.h"
#include "base/json.h"
#include "base/log.h"
#include "base/secret.h"
#include "courier/backoff.h"
#include "courier/sender.h"
#include "device/change.h"
#include "oauth/activity.h"
#include "schema/callback.h"
#include "schema/callback_message.h"
#include "schema/delivery.h"
#include "schema/delivery_keep.h"
#include "schema/link.h"
#include "schema/told.h"
#include "web/fetch.h"
#include "base/banned.h"

#define END_AFTER 86400		/* seconds of failures in a row: news and codes are given up */
#define END_FAILURES 30		/* ... but not before so many: a machine that slept for a day has not tried for a day */
#define TOKENS_END 2592000	/* ... and tokens that cannot be refreshed */
#define NOTE_EVERY 60000	/* ms between two refusals of one link in the journal */
#define LATER 5000

enum outcome { DONE, REFUSED, UNAUTHORIZED, FAILED };

struct ending {
	struct call		*call;
	enum outcome		 outcome;
	struct message_tokens	 tokens;
	long			 retry_after;	/* seconds */
	const char		*why;		/* for people */
	const char		*error;		/* in a word; NULL: it went well */
	int			 status;
	const struct json	*answer;	/* NULL if it is no JSON */
	const struct json	*told;		/* of told_read, if it arrived */
	int64_t			 now;		/* ms */
	/* What follows for the link in memory, and for the journal. */
	struct callback		 c;
	bool			 found, forget;
	const char		*event, *detail;
};

static const char *const names[] = {
	[CALL_REDEEM] = "accessTokenRequest", [CALL_REFRESH] = "refreshAccessTokens", [CALL_DEVICES] = "discoveryCallback",
	[CALL_STATES] = "stateCallback", [CALL_PAGE_DEVICES] = "discoveryCallback",
	[CALL_PAGE_STATES] = "stateCallback", [CALL_CHOICE_DEVICES] = "discoveryCallback", [CALL_CHOICE_STATES] = "stateCallback", [CALL_UNLINKED] = "discoveryCallback",
};

static bool
is_for_tokens(enum call_kind kind)
{
	return kind == CALL_REDEEM || kind == CALL_REFRESH;
}

/* --- judging an answer --- */

/* Refused for good: these, and whatever names one of the errors of the protocol. Anything else below 500 from a token
 * endpoint (404, a redirect) is more likely an accident on the way, which must not cost a link. */
static enum outcome
judge(struct ending *e, const struct fetch_answer *answer, const struct json *body)
{
	bool tokens = is_for_tokens(e->call->kind);
	int status = answer->status;

	if (status >= 200 && status < 300) {
		if (!tokens)
			return message_error(body) == NULL ? DONE : REFUSED;
		return message_read_tokens(body, &e->tokens) ? DONE : message_error(body) != NULL ? REFUSED : FAILED;
	}
	if (status == 401 && !tokens)
		return UNAUTHORIZED;
	if (status == 0 || status == 408 || status == 425 || status == 429 || status >= 500)
		return FAILED;
	if (!tokens)
		return REFUSED;
	return status == 400 || status == 401 || status == 403 || message_error(body) != NULL ? REFUSED : FAILED;
}

/* What a person may read: never the body itself, which may repeat what we sent. */
static const char *
explain(struct arena *a, const struct fetch_answer *answer, const struct json *body)
{
	const char *word = message_error(body);

	if (answer->status == 0)
		return answer->error;
	if (word == NULL || strlen(word) > 60)
		return arena_printf(a, "HTTP %d", answer->status);
	return arena_printf(a, "HTTP %d %s", answer->status, word);
}

/* The same in a word, for which there may be advice. A first 401 is none: the call is made again with a new token. */
static const char *
error_word(struct arena *a, const struct ending *e)
{
	const char *word = message_error(e->answer);

	if (e->outcome == DONE || (e->outcome == UNAUTHORIZED && !e->call->link->unauthorized))
		return NULL;
	if (e->status == 0)
		return "network";
	return word != NULL && strlen(word) <= 60 ? word : arena_printf(a, "HTTP %d", e->status);
}

/* --- what it does to the record --- */

static struct callback_trouble *
trouble(struct ending *e)
{
	return is_for_tokens(e->call->kind) ? &e->c.tokens : &e->c.events;
}

static void
well(struct ending *e)
{
	*trouble(e) = (struct callback_trouble){ 0, 0 };
	e->c.next = 0;
}

/* The choice that was told is the one that SmartThings knows. */
static void
choose(struct ending *e)
{
	const char *text = e->call->chosen;

	if (text != NULL)
		e->c.chosen = json_parse(e->call->delivery->courier->arena, text, strlen(text), NULL);
	if (e->call->whole) {	/* even if nothing has changed since */
		e->c.whole = true;
		e->c.cursor -= e->c.cursor > 0;
	}
}

/* Try again later; at some point no more. */
static void
failed(struct ending *e)
{
	struct callback *c = &e->c;
	struct callback_trouble *t = trouble(e);
	int64_t now = e->now / 1000, end = e->call->kind == CALL_REFRESH ? TOKENS_END : END_AFTER;

	t->since = t->since > 0 && t->since <= now ? t->since : now;
	t->failures++;
	c->next = e->now + backoff_asked(t->failures, e->retry_after);
	if (now - t->since < end || t->failures < END_FAILURES)
		return;
	well(e);
	e->event = "callback_given_up";
	if (e->call->kind == CALL_REDEEM)
		c->code = NULL;
	else if (e->call->kind == CALL_REFRESH)
		c->access = c->refresh = NULL;
	else if (e->call->kind == CALL_UNLINKED)
		e->forget = true;
	else {
		c->whole = true;	/* with the next change everything is told */
		choose(e);
	}
}

static void
end_tokens(struct ending *e)
{
	struct callback *c = &e->c;
	const struct call *call = e->call;
	bool same = call->kind == CALL_REFRESH || (c->code_hash != NULL && strcmp(c->code_hash, call->code_hash) == 0);
	bool young = call->kind == CALL_REFRESH && c->access != NULL && e->now / 1000 < c->expires - 60;

	if (e->outcome == DONE) {
		c->access = e->tokens.access;
		c->refresh = e->tokens.refresh != NULL ? e->tokens.refresh : c->refresh;
		c->obtained = e->now / 1000;
		c->expires = c->obtained + e->tokens.expires_in;
		well(e);
		e->event = call->kind == CALL_REDEEM ? "callback_granted" : NULL;
	} else if (e->outcome == FAILED && !young) {
		failed(e);
		return;
	} else if (e->outcome == REFUSED) {
		if (call->kind == CALL_REFRESH)
			c->access = c->refresh = NULL;
		well(e);
		e->event = "callback_lost";
	}
	if (call->kind == CALL_REDEEM && same)
		c->code = NULL;
}

/* How far news has come once this call is through. */
static void
progress(struct ending *e)
{
	const struct call *call = e->call;
	struct callback *c = &e->c;

	well(e);
	if ((call->kind == CALL_DEVICES && call->last) || call->kind == CALL_STATES)
		c->cursor = call->upto > c->cursor ? call->upto : c->cursor;
	if (call->kind == CALL_PAGE_STATES && call->final) {
		c->cursor = call->link->page_upto > c->cursor ? call->link->page_upto : c->cursor;
		c->whole = false;
	}
	if (call->kind == CALL_CHOICE_STATES || (call->kind == CALL_CHOICE_DEVICES && call->last))
		choose(e);
	if (call->kind == CALL_UNLINKED)
		e->forget = true;
	if (e->outcome == DONE)
		c->delivered = e->now / 1000;
}

static void
end_event(struct ending *e)
{
	if (e->outcome == FAILED || (e->outcome == UNAUTHORIZED && e->call->link->unauthorized)) {
		e->c.access = e->outcome == UNAUTHORIZED ? NULL : e->c.access;
		failed(e);
	} else if (e->outcome == UNAUTHORIZED)	/* once: refresh, then the same call again */
		e->c.access = NULL;
	else
		progress(e);
	if (e->outcome == REFUSED && e->now - e->call->link->noted >= NOTE_EVERY)
		e->event = "callback_refused";
}

static enum store_result
write_end(struct store_tx *tx, void *arg)
{
	struct ending *e = arg;
	const struct keyring *ring = e->call->delivery->courier->keyring;
	struct link *link = e->call->link;
	enum store_result r = callback_tx_find(tx, ring, link->is.user, link->is.name, &e->c);

	e->forget = false;
	e->event = NULL;
	e->found = r == STORE_OK;
	if (r != STORE_OK)
		return r == STORE_ABSENT ? STORE_OK : r;
	(is_for_tokens(e->call->kind) ? end_tokens : end_event)(e);
	if (e->event != NULL && strcmp(e->event, "callback_given_up") == 0 && e->c.whole)
		r = change_tx_newest(tx, link->is.user, &e->c.cursor);
	if (r == STORE_OK && e->told != NULL && !e->forget)
		r = told_tx_note(tx, &e->c, e->told);
	if (r == STORE_OK)
		r = e->forget ? callback_tx_delete(tx, link->is.user, link->is.name) : callback_tx_put(tx, ring, &e->c);
	if (r == STORE_OK && (e->error != NULL || e->outcome == DONE))
		r = delivery_keep(tx, e->call, &e->c, e->error, e->status, e->answer);
	if (r != STORE_OK || e->event == NULL)
		return r;
	return activity_tx_note(tx, &(struct activity){ .event = e->event, .user = link->is.user, .grant = link->is.name,
	    .detail = e->detail, .error = e->error });
}

/* --- what it does to the link in memory --- */

static void
follow(struct ending *e)
{
	const struct call *call = e->call;
	struct link *link = call->link;
	bool through = e->outcome == DONE || e->outcome == REFUSED;

	if (is_for_tokens(call->kind)) {
		link->refresh_failures = e->outcome == FAILED ? link->refresh_failures + 1 : 0;
		if (e->outcome == FAILED)	/* the token at hand still does, it may be: news goes on meanwhile */
			link->refresh_at = e->now + backoff_wait(link->refresh_failures);
		else
			link->refresh_for = -1;
		return;
	}
	link->unauthorized = e->outcome == UNAUTHORIZED;
	link->noted = e->event != NULL ? e->now : link->noted;
	if (e->c.whole && e->event != NULL && !through)	/* given up: from the beginning, when it comes to that */
		link->page = link->page_shown = false;
	if (!through)
		return;
	if (call->kind == CALL_DEVICES)
		link->shown = call->upto;
	if (call->kind == CALL_CHOICE_DEVICES)
		link->choice_shown = call->chosen_hash;
	if (call->kind == CALL_PAGE_DEVICES || call->kind == CALL_PAGE_STATES)
		link->page_shown = call->kind == CALL_PAGE_DEVICES;
	if (call->kind == CALL_PAGE_STATES)
		link->page = call->final ? 0 : link->page + 1;
}

static void
log_end(const struct ending *e)
{
	static const char *const outcomes[] = { [DONE] = "done", [REFUSED] = "refused", [UNAUTHORIZED] = "unauthorized",
	    [FAILED] = "failed" };

	log_event(e->outcome == DONE ? LOG_LEVEL_DEBUG : LOG_LEVEL_WARN, "callback", "type=%s user=%s grant=%s "
	    "result=%s why=\"%s\"", names[e->call->kind], e->call->link->is.user, e->call->link->is.name, outcomes[e->outcome],
	    e->why);
}

/* It is on disk, or is not: then all of it comes again. */
static void
written(void *arg, enum store_result r)
{
	struct ending *e = arg;
	struct call *call = e->call;
	struct link *link = call->link;

	link->busy = false;
	link->again = true;
	if (r == STORE_OK && (!e->found || e->forget))
		roster_remove(&link->is);
	else {
		if (r == STORE_OK)
			follow(e);
		else
			log_event(LOG_LEVEL_WARN, "callback_not_kept", "user=%s grant=%s store=%s", link->is.user, link->is.name,
			    store_result_name(r));
		roster_schedule(&link->is, e->now + (r == STORE_OK ? 0 : LATER));
	}
	free(call->message);
	free(call->chosen);
	free(call);
}

void
delivery_end(void *arg, const struct fetch_answer *answer)
{
	struct call *call = arg;
	struct arena *a = call->delivery->courier->arena;
	const struct json *body = json_parse(a, answer->body, answer->len, NULL);
	struct ending *e = arena_alloc(a, sizeof(*e));

	*e = (struct ending){ .call = call, .now = clock_ms(), .retry_after = answer->retry_after, .status = answer->status,
	    .answer = body };
	e->outcome = judge(e, answer, body);
	e->why = explain(a, answer, body);
	e->error = error_word(a, e);
	if (e->outcome == DONE && !is_for_tokens(call->kind) && call->message != NULL)
		e->told = told_read(a, json_parse(a, call->message, strlen(call->message), NULL));
	e->detail = arena_printf(a, "%s: %s", names[call->kind], e->outcome == DONE ? "done" : e->why);
	log_end(e);
	courier_write(call->delivery->courier, write_end, written, e);
}
