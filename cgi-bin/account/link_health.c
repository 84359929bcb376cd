/* link_health.c: the worst thing that is true of a link. */
#include "account/link_health.h"

#include <stdbool.h>
#include <stddef.h>

#include "account/moment.h"
#include "app.h"
#include "base/arena.h"
#include "base/clock.h"
#include "base/config.h"
#include "base/json.h"
#include "courier/lease.h"
#include "device/change.h"
#include "oauth/exchange.h"
#include "oauth/grant.h"
#include "schema/callback.h"
#include "base/banned.h"

enum health { GOOD, WAITING, BAD };

/* What is said of it. */
struct verdict {
	enum health	 health;
	const char	*text, *advice;
	long long	 n;		/* tries */
	int64_t		 when, next;	/* ms */
};

static struct verdict
trouble(const char *text, const struct callback_trouble *t, const struct callback *c)
{
	int64_t next = c->next > clock_ms() ? c->next : 0;

	return (struct verdict){ BAD, text, "advice_later", t->failures, t->since * 1000, next };
}

/* Are there changes, older than the courier takes, that nobody tells? */
static bool
waits_for_courier(struct app *app, struct arena *a, const struct callback *c)
{
	long long newest = 0;
	struct lease lease;

	return change_newest(app->store, a, c->user, &newest) == STORE_OK && newest > c->cursor &&
	    lease_look(app->store, a, &lease) != STORE_FAILED && lease.until + LEASE_LIFE < clock_sec();
}

static struct verdict
judge(const struct callback *c, bool granted, const struct exchange_seen *seen)
{
	if (!granted && seen[EXCHANGE_DISCOVERY].first == 0)
		return (struct verdict){ WAITING, "health_no_discovery", "wait_discovery", 0, 0, 0 };
	if (!granted)
		return (struct verdict){ WAITING, "health_not_granted", "wait_grant", 0, 0, 0 };
	if (callback_is_lost(c))
		return (struct verdict){ BAD, "health_lost", "advice_relink", 0, 0, 0 };
	if (c->tokens.failures > 0)
		return trouble("health_tokens_fail", &c->tokens, c);
	if (c->events.failures > 0)
		return trouble("health_events_fail", &c->events, c);
	if (c->access == NULL)
		return (struct verdict){ WAITING, "health_redeeming", "wait_tokens", 0, 0, 0 };
	if (c->delivered > 0)
		return (struct verdict){ GOOD, "health_delivered", NULL, 0, c->delivered * 1000, 0 };
	return (struct verdict){ GOOD, "health_ready", "wait_event", 0, 0, 0 };
}

enum store_result
link_health(struct app *app, struct arena *a, const struct grant *g, const struct exchange_seen *seen, struct json **health)
{
	static const char *const states[] = { [GOOD] = "state_good", [WAITING] = "state_waiting", [BAD] = "state_bad" };
	struct verdict v = { WAITING, "health_off", "advice_callbacks", 0, 0, 0 };
	struct callback c = { 0 };
	enum store_result r = callback_find(app->store, a, app->keyring, g->user, g->id, &c);

	if (r != STORE_OK && r != STORE_ABSENT)
		return r;
	if (*app->config->smartthings.client_id != '\0')
		v = judge(&c, r == STORE_OK, seen);
	if (r == STORE_OK && v.health == GOOD && waits_for_courier(app, a, &c))
		v = (struct verdict){ BAD, "health_no_courier", NULL, 0, 0, 0 };
	*health = json_object(a);
	json_set_string(a, *health, "state", states[v.health]);
	json_set_bool(a, *health, "good", v.health == GOOD);
	json_set_bool(a, *health, "waiting", v.health == WAITING);
	json_set_bool(a, *health, "bad", v.health == BAD);
	json_set_string(a, *health, "says", v.text);
	json_set_string(a, *health, "advice", v.advice);
	json_set_int(a, *health, "tries", v.n);
	json_set(a, *health, "since", moment_past(a, v.when));
	json_set(a, *health, "next", moment(a, v.next));
	return STORE_OK;
}
