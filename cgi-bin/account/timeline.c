/* timeline.c: two lists that are sorted by time, merged. */
#include "account/timeline.h"

#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include "account/traffic.h"
#include "base/arena.h"
#include "base/json.h"
#include "oauth/activity.h"
#include "base/banned.h"

static const char *const names[] = {
	[TIMELINE_ALL] = "all", [TIMELINE_SIGNINS] = "signins", [TIMELINE_LINKS] = "links",
	[TIMELINE_DEVICES] = "devices", [TIMELINE_MESSAGES] = "messages", [TIMELINE_TROUBLE] = "trouble",
};

/* Which events a kind has: those that begin so. */
static const struct { enum timeline_kind kind; const char *begins; } kinds[] = {
	{ TIMELINE_SIGNINS, "authn_login" }, { TIMELINE_SIGNINS, "authn_password" }, { TIMELINE_SIGNINS, "authn_sessions" },
	{ TIMELINE_SIGNINS, "authn_second" }, { TIMELINE_SIGNINS, "authn_recovery" }, { TIMELINE_SIGNINS, "user_" },
	{ TIMELINE_LINKS, "authz_" }, { TIMELINE_LINKS, "authn_token" }, { TIMELINE_LINKS, "authn_code" },
	{ TIMELINE_LINKS, "callback_" }, { TIMELINE_LINKS, "interaction_result" },
	{ TIMELINE_MESSAGES, "asked_" }, { TIMELINE_MESSAGES, "told_" }, { TIMELINE_MESSAGES, "failed_" },
	{ TIMELINE_MESSAGES, "callback_" }, { TIMELINE_MESSAGES, "interaction_result" },
	{ TIMELINE_TROUBLE, "failed_" }, { TIMELINE_TROUBLE, "authn_login_fail" }, { TIMELINE_TROUBLE, "authn_token_reuse" },
	{ TIMELINE_TROUBLE, "authn_code" }, { TIMELINE_TROUBLE, "callback_lost" }, { TIMELINE_TROUBLE, "callback_refused" },
	{ TIMELINE_TROUBLE, "callback_given_up" }, { TIMELINE_TROUBLE, "interaction_result" },
};

enum timeline_kind
timeline_kind_parse(const char *name)
{
	for (size_t i = 0; name != NULL && i < sizeof(names) / sizeof(names[0]); i++)
		if (strcmp(names[i], name) == 0)
			return (enum timeline_kind)i;
	return TIMELINE_ALL;
}

const char *
timeline_kind_name(enum timeline_kind kind)
{
	return names[kind];
}

struct reading {
	struct store			*store;
	struct arena			*arena;
	const char			*user;
	const struct timeline_filter	*filter;
	const struct json		*event;		/* the next of the journal that passes; NULL at its end */
	long long			 seq, at;	/* the change to look at next, 0 at their end; the one that was found */
	unsigned			 looks;
	bool				 found;		/* change is the next one that passes */
	bool				 paused;	/* there were looks enough: examined says how far they came */
	int64_t				 examined;
	struct change			 change;
};

static bool
is(const struct json *event, const char *member, const char *wanted)
{
	const char *s = json_get_string(event, member);

	return wanted == NULL || (s != NULL && strcmp(s, wanted) == 0);
}

/* A message may be about several. */
static bool
is_about(const struct json *event, const char *device)
{
	for (const struct json *d = json_first(json_get(event, "devices")); d != NULL; d = json_next(d))
		if (is(d, "device", device))
			return true;
	return is(event, "device", device);
}

static bool
event_passes(const struct timeline_filter *f, const struct json *e)
{
	const char *name = json_get_string(e, "event");
	bool kind = f->kind == TIMELINE_ALL;

	for (size_t i = 0; name != NULL && !kind && i < sizeof(kinds) / sizeof(kinds[0]); i++)
		kind = kinds[i].kind == f->kind && strncmp(name, kinds[i].begins, strlen(kinds[i].begins)) == 0;
	return kind && is_about(e, f->device) && is(e, "grant", f->link) &&
	    (f->before == 0 || json_get_int(e, "time", 0) < f->before);
}

static void
next_event(struct reading *d, const struct json *e)
{
	while (e != NULL && !event_passes(d->filter, e))
		e = json_next(e);
	d->event = e;
}

static bool
change_passes(const struct timeline_filter *f, const struct change *c)
{
	return (f->device == NULL || strcmp(c->device, f->device) == 0) &&
	    (f->link == NULL || (c->origin != NULL && strcmp(c->origin, f->link) == 0)) &&
	    (f->before == 0 || f->change != 0 || c->time < f->before);
}

static enum store_result
next_change(struct reading *d)
{
	d->found = false;
	while (d->seq > 0 && !d->found) {
		if (d->looks++ == TIMELINE_LOOKS) {
			d->paused = true;
			return STORE_OK;
		}
		enum store_result r = change_find(d->store, d->arena, d->user, d->seq, &d->change);
		if (r == STORE_ABSENT) {	/* it is a day old: so are those before it */
			d->seq = 0;
			return STORE_OK;
		}
		if (r != STORE_OK)
			return r;
		d->examined = d->change.time;
		d->found = change_passes(d->filter, &d->change);
		d->at = d->seq--;
	}
	return STORE_OK;
}

static enum store_result
begin(struct reading *d)
{
	const struct timeline_filter *f = d->filter;
	struct json *journal, *events;
	long long newest = 0;
	enum store_result r = activity_list(d->store, d->arena, d->user, SIZE_MAX, 0, &journal);

	if (r == STORE_OK)
		r = traffic_list(d->store, d->arena, d->user, journal, &events);
	if (r != STORE_OK)
		return r;
	next_event(d, json_first(events));
	if ((f->kind != TIMELINE_ALL && f->kind != TIMELINE_DEVICES) || f->change < 0)
		return STORE_OK;
	r = change_newest(d->store, d->arena, d->user, &newest);
	d->seq = f->change > 0 && f->change < newest ? f->change : newest;
	return r == STORE_OK ? next_change(d) : r;
}

/* The younger one of the two that come next. False: none is left, or to know the younger would take more looks. */
static bool
take(struct reading *d, struct timeline_entry *e)
{
	int64_t time = json_get_int(d->event, "time", 0);

	if (!d->found && (d->event == NULL || (d->paused && time < d->examined)))
		return false;
	if (d->event != NULL && (!d->found || time >= d->change.time)) {
		*e = (struct timeline_entry){ .time = time, .event = d->event };
		next_event(d, json_next(d->event));
	} else
		*e = (struct timeline_entry){ .time = d->change.time, .change = d->change };
	return true;
}

/* Where the next page goes on. last: the time of the last entry of this one, or where this one began. */
static struct timeline_filter
after(const struct reading *d, int64_t last)
{
	struct timeline_filter f = *d->filter;

	f.before = d->paused && !d->found && (last == 0 || d->examined < last) ? d->examined : last;
	f.change = d->found ? d->at : d->seq > 0 ? d->seq : -1;
	return f;
}

enum store_result
timeline_read(struct store *store, struct arena *a, const char *user, const struct timeline_filter *f,
    void (*fn)(void *, const struct timeline_entry *), void *arg, bool *older, struct timeline_filter *next)
{
	struct reading d = { .store = store, .arena = a, .user = user, .filter = f };
	struct timeline_entry e;
	enum store_result r = begin(&d);
	int64_t last = f->before;

	*older = false;
	/* Entries of one millisecond stay together: the next page begins before it. */
	for (size_t n = 0; r == STORE_OK && !*older && take(&d, &e); n++) {
		*older = n >= TIMELINE_PAGE && e.time != last;
		if (*older)
			break;
		last = e.time;
		fn(arg, &e);
		if (e.event == NULL)
			r = next_change(&d);
	}
	*older = *older || d.paused;
	*next = after(&d, last);
	return r;
}
