/* told.c: a message in a line or two. */
#include "schema/told.h"

#include <string.h>

#include "base/arena.h"
#include "base/clock.h"
#include "base/json.h"
#include "base/mask.h"
#include "base/text.h"
#include "db/record.h"
#include "device/change.h"
#include "oauth/grant.h"
#include "oauth/user.h"
#include "schema/callback.h"
#include "base/banned.h"

#define VALUE_MAX 100		/* bytes of a text */
#define TOGETHER_MAX 3600000	/* ms: after so long a new record begins, whatever it is about */

/* --- from a message --- */

struct reading {
	struct arena	*arena;
	struct mask	 mask;
	struct json	*devices;
	long long	 states, more;
};

static void
take_state(struct reading *r, struct json *states, const struct json *s)
{
	struct arena *a = r->arena;
	const struct json *value = json_get(s, "value");
	const char *text = json_string(value), *component = json_get_string(s, "component");

	if (json_type(value) == JSON_ARRAY || json_type(value) == JSON_OBJECT)
		return;
	if (r->states == TOLD_STATES) {
		r->more++;
		return;
	}
	r->states++;
	struct json *v = json_append(a, states, json_object(a));
	if (component != NULL && strcmp(component, "main") != 0)
		json_set_string(a, v, "component", component);
	json_set_string(a, v, "attribute", json_get_string(s, "attribute"));
	if (text != NULL) {
		text = mask_text(a, &r->mask, text);
		json_set_string(a, v, "value", arena_strndup(a, text, (size_t)text_cut(text, VALUE_MAX)));
	} else
		json_set(a, v, "value", json_copy(a, value));
	json_set_string(a, v, "unit", json_get_string(s, "unit"));
}

static void
take_device(struct reading *r, const struct json *d)
{
	struct arena *a = r->arena;

	if (json_count(r->devices) == TOLD_DEVICES) {
		r->more++;
		return;
	}
	struct json *v = json_append(a, r->devices, json_object(a)), *states = json_set(a, v, "states", json_array(a));
	json_set_string(a, v, "device", json_get_string(d, "externalDeviceId"));
	json_set_string(a, v, "error", json_get_string(json_first(json_get(d, "deviceError")), "errorEnum"));
	for (const struct json *s = json_first(json_get(d, "states")); s != NULL; s = json_next(s))
		take_state(r, states, s);
}

struct json *
told_read(struct arena *a, const struct json *message)
{
	const struct json *states = json_get(message, "deviceState"), *shown = json_get(message, "devices");
	const struct json *list = states != NULL ? states : shown;
	struct json *v = json_object(a);
	struct reading r = { .arena = a };

	if (json_first(list) == NULL)
		return NULL;
	mask_learn(&r.mask, message);
	json_set_string(a, v, "event", states != NULL ? "told_states" : "told_devices");
	r.devices = json_set(a, v, "devices", json_array(a));
	for (const struct json *d = json_first(list); d != NULL; d = json_next(d))
		take_device(&r, d);
	json_set_int(a, v, "more", r.more);
	return v;
}

/* --- keeping --- */

static char *
told_key(struct arena *a, const char *user, const char *grant, long long n)
{
	return record_key(a, "told", user, grant, arena_printf(a, "%lld", n % TOLD_KEPT), NULL);
}

static bool
same_text(const struct json *a, const struct json *b, const char *member)
{
	const char *x = json_get_string(a, member), *y = json_get_string(b, member);

	return x == y || (x != NULL && y != NULL && strcmp(x, y) == 0);
}

static bool
same_states(const struct json *x, const struct json *y)
{
	while (x != NULL && y != NULL && same_text(x, y, "component") && same_text(x, y, "attribute")) {
		x = json_next(x);
		y = json_next(y);
	}
	return x == NULL && y == NULL;
}

/* Are two messages about the same attributes of the same devices, whatever their values? */
static bool
same_matter(const struct json *a, const struct json *b)
{
	const struct json *x = json_first(json_get(a, "devices")), *y = json_first(json_get(b, "devices"));

	if (!same_text(a, b, "event"))
		return false;
	while (x != NULL && y != NULL && same_text(x, y, "device") && same_text(x, y, "error") &&
	    same_states(json_first(json_get(x, "states")), json_first(json_get(y, "states")))) {
		x = json_next(x);
		y = json_next(y);
	}
	return x == NULL && y == NULL;
}

enum store_result
told_tx_note(struct store_tx *tx, struct callback *c, const struct json *told)
{
	struct arena *a = store_tx_arena(tx);
	struct json *before, *r = record_new(a);
	int64_t now = clock_ms(), first = now;
	long long times = 1;
	bool active;
	enum store_result result = user_tx_active(tx, c->user, &active);

	/* Who is being deleted is disabled first: nothing comes behind what forgets. */
	if (result != STORE_OK || !active)
		return result;
	result = record_tx_get(tx, told_key(a, c->user, c->grant, c->told), &before);
	if (result != STORE_OK && result != STORE_ABSENT)
		return result;
	int64_t age = now - json_get_int(before, "time", 0), since = json_get_int(before, "first", 0);
	if (result == STORE_OK && age >= 0 && age < TOLD_TOGETHER && now - since < TOGETHER_MAX && same_matter(before, told)) {
		first = since;
		times = json_get_int(before, "times", 1) + 1;
	} else
		c->told++;
	for (const struct json *m = json_first(told); m != NULL; m = json_next(m))
		json_set(a, r, json_name(m), json_copy(a, m));
	json_set_int(a, r, "time", now);
	json_set_int(a, r, "first", first);
	json_set_int(a, r, "times", times);
	return record_tx_put(tx, told_key(a, c->user, c->grant, c->told), r, now / 1000 + CHANGE_KEPT);
}

/* --- reading --- */

enum store_result
told_list(struct store *store, struct arena *a, const char *user, const char *grant, struct json *list)
{
	enum store_result r = STORE_OK;
	struct json *one;

	for (long long n = 0; n < TOLD_KEPT && (r == STORE_OK || r == STORE_ABSENT); n++) {
		r = record_get(store, a, told_key(a, user, grant, n), &one);
		if (r != STORE_OK)
			continue;
		json_set(a, one, "v", NULL);
		json_set_string(a, one, "grant", grant);
		json_append(a, list, one);
	}
	return r == STORE_ABSENT ? STORE_OK : r;
}

/* --- forgetting --- */

struct forgetting {
	struct store		*store;
	struct arena		*arena;
	const char		*user, *grant;
	enum store_result	 result;
};

static enum store_result
forget_one(struct store_tx *tx, void *arg)
{
	const struct forgetting *f = arg;
	struct arena *a = store_tx_arena(tx);
	enum store_result r = STORE_OK;

	for (long long n = 0; n < TOLD_KEPT && r == STORE_OK; n++)
		r = record_tx_delete(tx, told_key(a, f->user, f->grant, n));
	return r;
}

static void
forget_link(void *arg, const struct grant *g)
{
	struct forgetting *f = arg;

	f->grant = g->id;
	if (f->result == STORE_OK)
		f->result = store_run(f->store, f->arena, forget_one, f);
}

enum store_result
told_forget(struct store *store, struct arena *a, const char *user)
{
	struct forgetting f = { store, a, user, NULL, STORE_OK };
	enum store_result r = grant_each(store, a, user, forget_link, &f);

	return r != STORE_OK ? r : f.result;
}
