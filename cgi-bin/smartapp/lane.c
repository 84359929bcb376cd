/* lane.c: the call at the head of a queue: made with a good token, judged, taken out. */
#include "smartapp/lane.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/arena.h"
#include "base/clock.h"
#include "base/config.h"
#include "base/json.h"
#include "base/log.h"
#include "courier/backoff.h"
#include "courier/sender.h"
#include "courier/target.h"
#include "smartapp/installed.h"
#include "web/fetch.h"
#include "base/banned.h"

#define LATER 5000		/* ms: after trouble of our own */
#define NO_TOKEN 60000		/* ms until a token is looked for again; INSTALL, UPDATE and EVENT wake the lane anyway */
#define AHEAD 10		/* seconds that a token must last to be used */

/* The call at the head. */
struct head {
	struct lane	*lane;
	long long	 n;
	char		 what[80];	/* for the log: "POST /devices/..." */
	bool		 create, removal;
};

static bool
is_ready(struct lane *l)
{
	return !l->busy && l->waiter.host == NULL;
}

static void
on_room(struct host_waiter *w)
{
	struct lane *l = (struct lane *)(void *)((char *)w - offsetof(struct lane, waiter));

	lane_at(l, 0);
}

/* --- taking it out --- */

struct removal {
	struct lane	*lane;
	long long	 n;
};

static enum store_result
remove_head(struct store_tx *tx, void *arg)
{
	const struct removal *r = arg;

	return queue_tx_remove(tx, r->lane->queue, r->lane->id, r->n);
}

static void
removed(void *arg, enum store_result result)
{
	struct lane *l = ((struct removal *)arg)->lane;

	l->busy = false;
	lane_at(l, result == STORE_OK ? 0 : clock_ms() + LATER);
}

static void
take_out(struct lane *l, long long n)
{
	struct courier *c = l->set->courier;
	struct removal *r = arena_alloc(c->arena, sizeof(*r));

	*r = (struct removal){ l, n };
	l->failures = 0;
	l->twice = false;
	l->busy = true;
	lane_at(l, DUE_NEVER);
	courier_write(c, remove_head, removed, r);
}

/* --- the answer --- */

static enum store_result
forget_access(struct store_tx *tx, void *arg)
{
	const struct lane *l = ((struct removal *)arg)->lane;
	struct installed i;
	enum store_result r = installed_tx_find(tx, l->set->courier->keyring, l->id, &i);

	i.access_until = i.event_until = 0;
	return r == STORE_OK ? installed_tx_put(tx, l->set->courier->keyring, &i) : r == STORE_ABSENT ? STORE_OK : r;
}

static bool
is_over(const struct head *h, int status)
{
	/* 409: it is there already; 404 of a removal: it is gone already. */
	return (status >= 200 && status < 300) || (status == 409 && h->create) || (status == 404 && h->removal);
}

static void
answered(void *arg, const struct fetch_answer *answer)
{
	struct head *h = arg;
	struct lane *l = h->lane;
	int status = answer->status;
	bool again = status == 0 || status == 408 || status == 425 || status == 429 || status >= 500;

	l->busy = false;
	if (is_over(h, status))
		take_out(l, h->n);
	else if (status == 401 && !l->twice && l->queue == QUEUE_CALLS) {
		struct removal *r = arena_alloc(l->set->courier->arena, sizeof(*r));
		*r = (struct removal){ l, h->n };
		l->busy = true;
		l->twice = true;
		courier_write(l->set->courier, forget_access, removed, r);
	} else if (again) {
		lane_at(l, clock_ms() + backoff_asked(++l->failures, answer->retry_after));
		log_event(LOG_LEVEL_WARN, "smartapp_call", "app=%s call=\"%s\" result=later status=%d why=\"%s\" failures=%lld", l->id,
		    h->what, status, status == 0 ? answer->error : "", l->failures);
	} else {
		log_event(LOG_LEVEL_ERROR, "smartapp_call", "app=%s call=\"%s\" result=refused status=%d", l->id, h->what, status);
		take_out(l, h->n);
	}
	free(h);
}

/* --- the call --- */

static void
send(struct lane *l, const struct json *call, const struct fetch_request *rq, const char *path)
{
	struct head *h = calloc(1, sizeof(*h));
	const struct fetch_answer none = { .body = "", .head = "", .error = "it could not begin" };

	if (h == NULL) {
		lane_at(l, clock_ms() + LATER);
		return;
	}
	h->lane = l;
	h->n = json_get_int(call, "n", 0);
	h->create = strcmp(rq->method, "POST") == 0 && path != NULL && strstr(path, "/subscriptions") != NULL;
	h->removal = strcmp(rq->method, "DELETE") == 0;
	snprintf(h->what, sizeof(h->what), "%s %s", rq->method, path != NULL ? path : "a web hook");
	l->busy = true;
	lane_at(l, DUE_NEVER);
	if (!courier_call(l->set->courier, rq, answered, h))
		answered(h, &none);
}

/* Wait until the host has room, where it has none. */
static bool
has_room(struct lane *l, const char *url)
{
	if (courier_may_call(l->set->courier, url))
		return true;
	l->waiter.ready = on_room;
	lane_at(l, courier_wait(l->set->courier, url, &l->waiter) ? DUE_NEVER : clock_ms() + LATER);
	return false;
}

static void
step_post(struct lane *l, const struct json *call)
{
	static const struct target_rule any = { .any_port = true };
	const char *url = json_get_string(call, "url"), *body = json_get_string(call, "body");
	struct fetch_request rq = { .method = json_get_string(call, "method"), .url = url, .body = body,
	    .len = body != NULL ? strlen(body) : 0 };
	const char *why = target_fault(l->set->courier->config, &any, url, &rq.loopback);

	if (why != NULL || rq.method == NULL) {
		log_event(LOG_LEVEL_ERROR, "smartapp_call", "app=%s call=\"a web hook\" result=refused why=\"its URL %s\"", l->id,
		    why != NULL ? why : "");
		take_out(l, json_get_int(call, "n", 0));
	} else if (has_room(l, url))
		send(l, call, &rq, NULL);
}

/* The token to use now; NULL if there is none that lasts. */
static const char *
good_token(const struct installed *i, int64_t now)
{
	if (i->access != NULL && i->access_until > now + AHEAD)
		return i->access;
	return i->event_access != NULL && i->event_until > now ? i->event_access : NULL;
}

static void
step_call(struct lane *l, const struct installed *i, const struct json *call, const char *token, int64_t now)
{
	struct courier *c = l->set->courier;
	const char *path = json_get_string(call, "path"), *body = json_get_string(call, "body");
	const char *const headers[] = { "Authorization", arena_printf(c->arena, "Bearer %s", token), "Accept",
		"application/vnd.smartthings+json;v=1", i->locale != NULL ? "Accept-Language" : NULL, i->locale, NULL };
	struct fetch_request rq = { .method = json_get_string(call, "method"), .headers = headers, .body = body,
	    .len = body != NULL ? strlen(body) : 0 };
	static const struct target_rule any = { .any_port = true, .own = true };	/* the host is the config's */
	int64_t when;

	rq.url = arena_printf(c->arena, "%s/v1%s", c->config->smartapp.api_url, path != NULL ? path : "");
	const char *why = target_fault(c->config, &any, rq.url, &rq.loopback);
	if (why != NULL || path == NULL || rq.method == NULL) {
		log_event(LOG_LEVEL_ERROR, "smartapp_call", "app=%s result=refused why=\"smartapp.api_url %s\"", l->id,
		    why != NULL ? why : "");
		take_out(l, json_get_int(call, "n", 0));
	} else if (has_room(l, rq.url)) {
		if (lane_limit(l, rq.method, path, now, &when))
			send(l, call, &rq, path);
		else
			lane_at(l, when);
	}
}

/* A queue of calls: tokens first. */
static void
step_calls(struct lane *l, const struct json *call, int64_t now)
{
	struct courier *c = l->set->courier;
	struct installed i;
	enum store_result r = installed_find(c->store, c->arena, c->keyring, l->id, &i);

	if (r != STORE_OK) {
		if (r == STORE_ABSENT && call != NULL)
			take_out(l, json_get_int(call, "n", 0));
		else
			lane_at(l, r == STORE_ABSENT ? DUE_NEVER : now + LATER);
		return;
	}
	int64_t due = lane_refresh_due(l, &i, call != NULL, now);
	if (due <= now && lane_refresh(l, &i, now))
		return;
	const char *token = good_token(&i, now / 1000);
	if (call == NULL)
		/* What cannot be refreshed wakes nobody. */
		lane_at(l, due > now ? due : now + NO_TOKEN);
	else if (token != NULL)
		step_call(l, &i, call, token, now);
	else {
		lane_at(l, due > now && due < now + NO_TOKEN ? due : now + NO_TOKEN);
		log_event(LOG_LEVEL_WARN, "smartapp_call", "app=%s result=later why=\"there is no token that lasts\"", l->id);
	}
}

void
lane_step(struct lane *l, int64_t now)
{
	struct courier *c = l->set->courier;
	const struct json *calls;

	if (!is_ready(l)) {
		lane_at(l, DUE_NEVER);
		return;
	}
	if (l->pair != NULL) {
		lane_keep(l);
		return;
	}
	if (queue_get(c->store, c->arena, l->queue, l->id, &calls) != STORE_OK) {
		lane_at(l, now + LATER);
		return;
	}
	const struct json *call = json_first(calls);
	if (call != NULL && json_get_int(call, "made", 0) + QUEUE_KEPT * 1000LL < now) {
		log_event(LOG_LEVEL_ERROR, "smartapp_call", "app=%s result=given_up why=\"a day has passed\"", l->id);
		take_out(l, json_get_int(call, "n", 0));
	} else if (l->queue == QUEUE_CALLS)
		step_calls(l, call, now);
	else if (call != NULL)
		step_post(l, call);
	else
		lane_at(l, DUE_NEVER);
}
