/* install.c: the record's part "app", and what follows from it. */
#include "sim/install.h"

#include <ctype.h>
#include <string.h>
#include <time.h>

#include "base/arena.h"
#include "base/clock.h"
#include "base/config.h"
#include "base/json.h"
#include "sim/cron.h"
#include "sim/home.h"
#include "sim/thing.h"
#include "base/banned.h"

#define ACCESS_LIFE 86400
#define EVENT_LIFE 300
#define EVENT_TOKENS 8
#define PENDING_MAX 50

const struct json *
install_of(const struct home *h)
{
	return json_get(h->record, "app");
}

const struct json *
install_draft(const struct home *h)
{
	return json_get(install_of(h), "draft");
}

struct json *
install_edit(struct arena *a, struct json *record)
{
	const struct json *old = json_get(record, "app");
	struct json *app = json_set(a, record, "app", old != NULL ? json_copy(a, old) : json_object(a));

	if (json_get(app, "location") == NULL)
		json_set_string(a, app, "location", secret_uuid(a));
	return app;
}

const char *
install_id(const struct json *app)
{
	return json_get_string(app, "id");
}

char *
install_base(struct arena *a, const struct config *c)
{
	return arena_printf(a, "%s/sim/smartthings", c->public_url);
}

bool
install_configured(const struct config *c)
{
	return *c->smartapp.definition != '\0';
}

static bool
is_ours(const struct config *c, const char *url)
{
	size_t n = strlen(c->public_url);

	return strncmp(url, c->public_url, n) == 0 && strcmp(url + n, "/sim/smartthings") == 0;
}

bool
install_reachable(const struct config *c)
{
	return install_configured(c) && is_ours(c, c->smartapp.keyserver_url) && is_ours(c, c->smartapp.api_url);
}

/* --- tokens --- */

static char *
new_token(const struct home *h)
{
	return arena_printf(h->arena, "%s.%s", h->id, secret_token(h->arena, 24));
}

struct tokens_pair
install_mint(const struct home *h, struct json *app)
{
	struct tokens_pair p = { new_token(h), new_token(h) };

	json_set_string(h->arena, app, "access", secret_digest(h->arena, p.access));
	json_set_int(h->arena, app, "access_until", clock_sec() + ACCESS_LIFE);
	json_set_string(h->arena, app, "refresh", secret_digest(h->arena, p.refresh));
	return p;
}

const char *
install_mint_event(const struct home *h, struct json *app)
{
	const struct json *old = json_get(app, "tokens");
	struct json *list = old != NULL ? json_copy(h->arena, old) : json_array(h->arena), *t = json_object(h->arena);
	char *token = new_token(h);

	if (json_count(list) >= EVENT_TOKENS)
		json_remove_first(list);
	json_set_string(h->arena, t, "digest", secret_digest(h->arena, token));
	json_set_int(h->arena, t, "until", clock_sec() + EVENT_LIFE);
	json_append(h->arena, list, t);
	json_set(h->arena, app, "tokens", list);
	return token;
}

bool
install_token_ok(const struct json *app, const char *digest)
{
	const char *access = json_get_string(app, "access");
	int64_t now = clock_sec();

	if (access != NULL && secret_text_equal(access, digest) && json_get_int(app, "access_until", 0) > now)
		return true;
	for (const struct json *t = json_first(json_get(app, "tokens")); t != NULL; t = json_next(t))
		if (secret_text_equal(json_get_string(t, "digest"), digest) && json_get_int(t, "until", 0) > now)
			return true;
	return false;
}

/* --- events --- */

static char *
iso(struct arena *a, int64_t ms)
{
	time_t t = (time_t)(ms / 1000);
	struct tm tm;

	gmtime_r(&t, &tm);
	return arena_printf(a, "%04d-%02d-%02dT%02d:%02d:%02d.%03dZ", tm.tm_year + 1900, tm.tm_mon + 1, tm.tm_mday, tm.tm_hour,
	    tm.tm_min, tm.tm_sec, (int)(ms % 1000));
}

/* "DEVICE_EVENT" is in "deviceEvent". */
static char *
member_of(struct arena *a, const char *type)
{
	char *text = arena_strdup(a, type), *to = text;

	for (const char *s = type; *s != '\0'; s++) {
		if (*s == '_' && s[1] != '\0')
			*to++ = *++s;
		else
			*to++ = (char)tolower((unsigned char)*s);
	}
	*to = '\0';
	return text;
}

struct json *
install_event(struct arena *a, const struct json *app, const char *type, struct json *data)
{
	struct json *e = json_object(a);

	json_set_string(a, data, "eventId", secret_uuid(a));
	json_set_string(a, data, "locationId", json_get_string(app, "location"));
	json_set_string(a, e, "eventTime", iso(a, clock_ms()));
	json_set_string(a, e, "eventType", type);
	json_set(a, e, member_of(a, type), data);
	return e;
}

void
install_pend(struct arena *a, struct json *app, struct json *event)
{
	const struct json *old = json_get(app, "pending");
	struct json *list = old != NULL ? json_copy(a, old) : json_array(a);

	if (json_count(list) < PENDING_MAX)
		json_append(a, list, event);
	json_set(a, app, "pending", list);
}

/* Does what a subscription names fit? "*" and nothing named fit all. */
static bool
fits(const struct json *subscription, const char *name, const char *is)
{
	const char *wanted = json_get_string(subscription, name);

	return wanted == NULL || strcmp(wanted, "*") == 0 || strcmp(wanted, is) == 0;
}

static bool
wants(struct arena *a, const struct json *s, const struct thing *t, const struct thing_attribute *at, const struct json *value,
    bool changed)
{
	const char *source = json_get_string(s, "sourceType");
	bool device = source != NULL && strcmp(source, "DEVICE") == 0;
	const struct json *it = json_get(s, device ? "device" : "capability"), *wanted = json_get(it, "value");

	if (source == NULL || (!device && strcmp(source, "CAPABILITY") != 0) || (device && !fits(it, "deviceId", t->id)))
		return false;
	if (!fits(it, "componentId", "main") || !fits(it, "capability", at->capability) || !fits(it, "attribute", at->attribute))
		return false;
	if (wanted != NULL && !json_equal(wanted, value) && (json_string(wanted) == NULL || strcmp(json_string(wanted), "*") != 0))
		return false;
	(void)a;
	return changed || !json_get_bool(it, "stateChangeOnly", true);
}

static struct json *
device_event(struct arena *a, const struct json *s, const struct thing *t, const struct thing_attribute *at,
    const struct json *value, bool changed)
{
	const char *source = json_get_string(s, "sourceType");
	const struct json *it = json_get(s, strcmp(source, "DEVICE") == 0 ? "device" : "capability");
	struct json *e = json_object(a);

	json_set_string(a, e, "deviceId", t->id);
	json_set_string(a, e, "componentId", "main");
	json_set_string(a, e, "capability", at->capability);
	json_set_string(a, e, "attribute", at->attribute);
	json_set(a, e, "value", json_copy(a, value));
	json_set_string(a, e, "valueType", at->values != NULL ? "string" : "number");
	json_set_bool(a, e, "stateChange", changed);
	json_set_string(a, e, "subscriptionName", json_get_string(it, "subscriptionName"));
	return e;
}

size_t
install_happens(struct arena *a, struct json *app, const struct thing *t, const struct thing_attribute *at, struct json *value)
{
	const struct json *old = json_get(app, "states");
	struct json *states = json_set(a, app, "states", old != NULL ? json_copy(a, old) : json_object(a));
	/* A button that is pushed twice has happened twice. */
	bool changed = !json_equal(thing_value(a, states, t, at), value) || strcmp(at->capability, "button") == 0;
	size_t n = 0;

	thing_set(a, states, t, at, value);
	for (const struct json *s = json_first(json_get(app, "subscriptions")); s != NULL; s = json_next(s))
		if (wants(a, s, t, at, value, changed)) {
			install_pend(a, app, install_event(a, app, "DEVICE_EVENT", device_event(a, s, t, at, value, changed)));
			n++;
		}
	return n;
}

/* --- schedules --- */

/* Of a cron whose time has passed more than once, as when the clock jumps, the last time counts. */
static int64_t
planned_anew(struct arena *a, const struct json *schedule)
{
	const struct json *cron = json_get(schedule, "cron");

	return cron == NULL ? 0 : cron_next(a, json_get_string(cron, "expression"), json_get_string(cron, "timezone"), clock_ms());
}

static struct json *
timer_event(struct arena *a, const struct json *app, const struct json *schedule)
{
	const struct json *cron = json_get(schedule, "cron");
	struct json *e = json_object(a);

	json_set_string(a, e, "name", json_get_string(schedule, "name"));
	json_set_string(a, e, "type", cron != NULL ? "CRON" : "ONCE");
	json_set_string(a, e, "time", iso(a, json_get_int(schedule, "next", 0)));
	json_set_string(a, e, "expression", json_get_string(cron, "expression"));
	return install_event(a, app, "TIMER_EVENT", e);
}

void
install_wake(struct arena *a, struct json *app)
{
	struct json *left = json_array(a);

	for (const struct json *s = json_first(json_get(app, "schedules")); s != NULL; s = json_next(s)) {
		int64_t next = json_get_int(s, "next", 0);
		struct json *copy = json_copy(a, s);
		if (next > 0 && next <= clock_ms()) {
			install_pend(a, app, timer_event(a, app, s));
			next = planned_anew(a, s);
			json_set_int(a, copy, "next", next);
		}
		if (next > 0)
			json_append(a, left, copy);
	}
	json_set(a, app, "schedules", left);
}

bool
install_is_due(const struct json *app)
{
	if (install_id(app) == NULL)
		return false;
	for (const struct json *s = json_first(json_get(app, "schedules")); s != NULL; s = json_next(s))
		if (json_get_int(s, "next", 0) > 0 && json_get_int(s, "next", 0) <= clock_ms())
			return true;
	return json_first(json_get(app, "pending")) != NULL;
}
