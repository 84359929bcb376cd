/* news.c: from the log of changes to what SmartThings wants to hear. */
#include "schema/news.h"

#include <string.h>

#include "base/arena.h"
#include "base/json.h"
#include "device/catalogue.h"
#include "device/change.h"
#include "device/device.h"
#include "device/state.h"
#include "oauth/grant.h"
#include "schema/envelope.h"
#include "schema/states.h"
#include "base/banned.h"

#define CHANGES_MAX 500		/* read at a time */
#define BYTES_MAX 120000	/* of values in one message, about */

/* A value as state_show has it, where it was read. */
struct value {
	const struct json *shown;
	struct value	*next;
};

/* One device's news. */
struct item {
	const char	*id;
	bool		 deleted, shown, whole, health;
	struct value	*values;	/* newest of each attribute, and each event */
	struct item	*next;
};

struct reading {
	const struct news_context *x;
	struct news	*news;
	struct item	*items, **end;
	size_t		 bytes;
};

static struct item *
item_of(struct reading *r, const char *id)
{
	for (struct item *it = r->items; it != NULL; it = it->next)
		if (strcmp(it->id, id) == 0)
			return it;
	struct item *it = arena_alloc(r->x->arena, sizeof(*it));
	it->id = id;
	*r->end = it;
	r->end = &it->next;
	return it;
}

static bool
same_attribute(const struct json *a, const struct json *b)
{
	static const char *const names[] = { "component", "capability", "attribute" };

	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
		const char *x = json_get_string(a, names[i]), *y = json_get_string(b, names[i]);
		if (x == NULL || y == NULL || strcmp(x, y) != 0)
			return false;
	}
	return true;
}

/* It comes last; of a state, the one that was there goes. False: there was none. */
static bool
put_value(struct arena *a, struct item *it, const struct json *s, bool event)
{
	struct value **v = &it->values, *old = NULL;

	while (*v != NULL)
		if (!event && same_attribute((*v)->shown, s)) {
			old = *v;
			*v = old->next;
		} else
			v = &(*v)->next;
	*v = arena_alloc(a, sizeof(**v));
	**v = (struct value){ s, NULL };
	return old != NULL;
}

static void
take_states(struct reading *r, struct item *it, const struct json *states)
{
	it->whole = it->whole || states == NULL;
	for (const struct json *s = json_first(states); s != NULL; s = json_next(s)) {
		const char *capability = json_get_string(s, "capability"), *attribute = json_get_string(s, "attribute");
		if (capability == NULL || attribute == NULL)
			continue;
		bool event = state_is_event(r->x->catalogue, capability, attribute);
		r->news->urgent = r->news->urgent || event;
		if (!put_value(r->x->arena, it, s, event))
			r->bytes += strlen(json_print(r->x->arena, s));
	}
}

/* False: the batch ends before this change. */
static bool
take(struct reading *r, const struct change *c, bool show)
{
	if ((c->origin != NULL && strcmp(c->origin, r->x->grant->id) == 0) || !grant_has_device(r->x->grant, c->device))
		return true;
	struct item *it = item_of(r, c->device);
	switch (c->kind) {
	case CHANGE_STATE:
		take_states(r, it, c->states);
		break;
	case CHANGE_ONLINE:
		it->health = true;
		break;
	case CHANGE_ADDED:
		if (it->deleted)	/* its predecessor's end must be told first */
			return false;
		it->whole = true;
		it->shown = it->shown || show;
		break;
	case CHANGE_RENAMED:
		it->shown = it->shown || show;
		break;
	case CHANGE_DELETED:
		*it = (struct item){ .id = it->id, .deleted = true, .next = it->next };
		break;
	}
	return true;
}

/* --- writing --- */

struct listing {
	const struct news_context *x;
	struct json	*states;
};

static void
list(void *arg, const struct state_value *v)
{
	struct listing *l = arg;

	if (!state_is_event(l->x->catalogue, v->capability, v->attribute))
		schema_add_state(l->x->arena, l->states, v);
}

static void
list_shown(struct arena *a, struct json *states, const struct json *s)
{
	schema_add_state(a, states, &(struct state_value){ .component = json_get_string(s, "component"),
	    .capability = json_get_string(s, "capability"), .attribute = json_get_string(s, "attribute"),
	    .value = json_get(s, "value"), .unit = json_get_string(s, "unit"), .data = json_get(s, "data"),
	    .time = json_get_int(s, "timestamp", 0) });
}

/* All values of a device but its old events; what is collected behind them. A device that is offline has none. */
static void
tell_states(const struct news_context *x, struct news *news, const struct item *it, const struct device *d,
    const struct json *state)
{
	struct json *entry = schema_add_device_state(x->arena, news->states, it->id);

	if ((it->health || it->whole) && !state_online(state)) {
		schema_set_device_error(x->arena, entry, SCHEMA_DEVICE_OFFLINE, "the device is offline");
		return;
	}
	struct listing l = { x, json_set(x->arena, entry, "states", json_array(x->arena)) };
	if (it->health || it->whole)
		state_each(x->arena, x->catalogue, d, state, list, &l);
	for (const struct value *v = it->values; v != NULL; v = v->next)
		if (!(it->health || it->whole) || state_is_event(x->catalogue, json_get_string(v->shown, "capability"),
		    json_get_string(v->shown, "attribute")))
			list_shown(x->arena, l.states, v->shown);
}

static enum store_result
tell(const struct news_context *x, struct news *news, const struct item *it)
{
	struct device d;
	const struct json *state;
	enum store_result r;

	if (it->deleted) {
		schema_add_end(x->arena, news->states, it->id);
		return STORE_OK;
	}
	r = device_find(x->store, x->arena, x->grant->user, it->id, &d);
	if (r == STORE_OK)
		r = state_get(x->store, x->arena, x->grant->user, it->id, &state);
	if (r != STORE_OK)	/* gone meanwhile: a later change says so */
		return r == STORE_ABSENT ? STORE_OK : r;
	if (it->shown)
		json_append(x->arena, news->devices, schema_device(x->arena, x->grant->user, &d));
	if (it->health || it->whole || it->values != NULL)
		tell_states(x, news, it, &d, state);
	return STORE_OK;
}

/* --- the two ways to ask --- */

enum store_result
news_read(const struct news_context *x, long long cursor, long long newest, long long shown, struct news *news)
{
	struct reading r = { .x = x, .news = news };
	enum store_result result = STORE_OK;
	struct change c;

	*news = (struct news){ json_array(x->arena), json_array(x->arena), cursor, false, newest - cursor > NEWS_BEHIND };
	r.end = &r.items;
	for (long long n = 0; news->upto < newest && n < CHANGES_MAX && r.bytes < BYTES_MAX && !news->lost; n++) {
		result = change_find(x->store, x->arena, x->grant->user, news->upto + 1, &c);
		if (result == STORE_ABSENT) {
			news->lost = true;
			return STORE_OK;
		}
		if (result != STORE_OK)
			return result;
		if (!take(&r, &c, news->upto + 1 > shown))
			break;
		news->upto++;
	}
	for (const struct item *it = r.items; it != NULL && result == STORE_OK; it = it->next)
		result = tell(x, news, it);
	return result;
}

enum store_result
news_whole(const struct news_context *x, size_t page, struct news *news, bool *more)
{
	struct json *all;
	enum store_result r = device_ids(x->store, x->arena, x->grant->user, &all);
	size_t place = 0;

	*news = (struct news){ json_array(x->arena), json_array(x->arena), 0, false, false };
	*more = false;
	if (r != STORE_OK)
		return r;
	const struct json *ids = grant_devices(x->arena, x->grant, all);
	if (page == 0)
		news_add_gone(x, x->grant->devices, all, news);
	for (const struct json *id = json_first(ids); id != NULL && r == STORE_OK; id = json_next(id), place++) {
		const struct item it = { .id = json_string(id), .shown = true, .whole = true };
		if (place / NEWS_PAGE == page)
			r = tell(x, news, &it);
		*more = *more || place / NEWS_PAGE > page;
	}
	return r;
}

enum store_result
news_choice(const struct news_context *x, const struct grant *was, struct news *news, bool *many)
{
	struct json *all;
	enum store_result r = device_ids(x->store, x->arena, x->grant->user, &all);
	size_t came = 0;

	*news = (struct news){ json_array(x->arena), json_array(x->arena), 0, false, false };
	for (const struct json *id = json_first(all); id != NULL; id = json_next(id))
		came += grant_has_device(x->grant, json_string(id)) && !grant_has_device(was, json_string(id));
	*many = came > NEWS_PAGE;
	for (const struct json *id = json_first(all); id != NULL && r == STORE_OK; id = json_next(id)) {
		bool is = grant_has_device(x->grant, json_string(id)), had = grant_has_device(was, json_string(id));
		const struct item it = { .id = json_string(id), .deleted = had, .shown = is, .whole = is };
		if (is != had && (had || !*many))
			r = tell(x, news, &it);
	}
	return r;
}
