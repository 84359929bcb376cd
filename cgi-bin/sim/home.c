/* home.c: the records of simulated homes, their secrets and their number.
 *
 * long because: making, changing and forgetting a home keep one set of records in step. */
#include "sim/home.h"

#include <string.h>

#include "base/arena.h"
#include "base/clock.h"
#include "base/json.h"
#include "db/record.h"
#include "sim/devices.h"
#include "sim/wire.h"
#include "base/banned.h"

#define ID_BYTES 9
#define SECRET_BYTES 24
#define COOKIE_MAX 100
#define IDLE 3600		/* seconds after which a home may have to make room for another */
#define LIST "sim-homes/all"

static char *
home_key(struct arena *a, const char *id)
{
	return record_key(a, "sim-home", id, NULL);
}

static char *
devices_key(struct arena *a, const char *id)
{
	return record_key(a, "sim-devices", id, NULL);
}

/* --- opening --- */

static void
take_cookie(struct home *h, const char *cookie)
{
	size_t n = strcspn(cookie, ".");

	h->id = arena_strndup(h->arena, cookie, n);
	h->cookie = cookie;
	char *salted = arena_printf(h->arena, "sim key:%s", cookie);
	secret_sha256(salted, strlen(salted), h->key);
}

static bool
is_cookie(const char *cookie)
{
	size_t len = cookie != NULL ? strlen(cookie) : 0;
	const char *dot = len > 0 && len <= COOKIE_MAX ? strchr(cookie, '.') : NULL;

	return dot != NULL && dot > cookie && strlen(dot) > SECRET_BYTES;
}

static enum store_result
read_records(struct home *h)
{
	struct json *record, *devices;
	enum store_result r = record_get(h->store, h->arena, home_key(h->arena, h->id), &record);

	if (r != STORE_OK)
		return r;
	r = record_get(h->store, h->arena, devices_key(h->arena, h->id), &devices);
	h->record = record;
	h->devices = r == STORE_OK ? devices : NULL;
	return r == STORE_ABSENT ? STORE_OK : r;
}

enum store_result
home_find(struct store *store, struct arena *a, const char *id, struct home *h)
{
	*h = (struct home){ .store = store, .arena = a, .id = id };
	return read_records(h);
}

enum store_result
home_open(struct store *store, struct arena *a, const char *cookie, struct home *h)
{
	enum store_result r = STORE_ABSENT;

	*h = (struct home){ .store = store, .arena = a };
	if (is_cookie(cookie)) {
		take_cookie(h, cookie);
		r = read_records(h);
		const char *proof = json_get_string(h->record, "proof");
		if (r == STORE_OK && (proof == NULL || !secret_text_equal(proof, secret_digest(a, cookie))))
			r = STORE_ABSENT;
		else if (r == STORE_ABSENT)
			return STORE_OK;	/* not made yet: nobody else can have this id but by guessing it */
	}
	if (r == STORE_ABSENT) {
		*h = (struct home){ .store = store, .arena = a };
		take_cookie(h, arena_printf(a, "%s.%s", secret_id(a, ID_BYTES), secret_token(a, SECRET_BYTES)));
		r = STORE_OK;
	}
	return r;
}

/* --- making and forgetting --- */

/* The first home that nobody used lately makes room. */
static enum store_result
make_room(struct store_tx *tx, struct json *list, bool *made)
{
	struct arena *a = store_tx_arena(tx);
	int64_t now = clock_sec();

	*made = json_count(list) < HOMES_MAX;
	for (const struct json *e = json_first(list); e != NULL && !*made; e = json_next(e)) {
		struct json *record;
		const char *id = json_string(e);
		enum store_result r = record_tx_get(tx, home_key(a, id), &record);
		if (r == STORE_OK && json_get_int(record, "used", 0) > now - IDLE)
			continue;
		if (r == STORE_OK || r == STORE_ABSENT)
			r = record_tx_delete(tx, home_key(a, id));
		if (r == STORE_OK)
			r = record_tx_delete(tx, devices_key(a, id));
		if (r != STORE_OK)
			return r;
		*made = json_array_remove(list, id);
		break;
	}
	return STORE_OK;
}

static struct json *
new_home(const struct home *h)
{
	struct json *record = record_new(h->arena);

	json_set_string(h->arena, record, "id", h->id);
	json_set_string(h->arena, record, "proof", secret_digest(h->arena, h->cookie));
	json_set_int(h->arena, record, "created", clock_sec());
	json_set_int(h->arena, record, "used", clock_sec());
	json_set_string(h->arena, record, "link", "none");
	json_set_string(h->arena, record, "callbacks", "ok");
	return record;
}

static enum store_result
make(struct store_tx *tx, void *arg)
{
	struct home *h = arg;
	struct arena *a = store_tx_arena(tx);
	struct json *all, *list, *other;
	bool room;
	enum store_result r = record_tx_get(tx, home_key(a, h->id), &other);

	if (r != STORE_ABSENT)
		return r == STORE_OK ? STORE_CONFLICT : r;
	if ((r = record_tx_get(tx, LIST, &all)) == STORE_ABSENT)
		all = record_new(a);
	else if (r != STORE_OK)
		return r;
	list = json_get(all, "homes") != NULL ? json_copy(a, json_get(all, "homes")) : json_array(a);
	if ((r = make_room(tx, list, &room)) != STORE_OK || !room)
		return r != STORE_OK ? r : STORE_LIMIT;
	json_append_string(a, list, h->id);
	json_set(a, all, "homes", list);
	if ((r = record_tx_put(tx, LIST, all, 0)) != STORE_OK)
		return r;
	return record_tx_put(tx, home_key(a, h->id), new_home(h), clock_sec() + HOME_KEPT);
}

enum store_result
home_make(struct home *h)
{
	if (h->record != NULL)
		return STORE_OK;
	enum store_result r = store_run(h->store, h->arena, make, h);
	return r == STORE_OK ? read_records(h) : r;
}

static enum store_result
forget(struct store_tx *tx, void *arg)
{
	const struct home *h = arg;
	struct arena *a = store_tx_arena(tx);
	struct json *all;
	enum store_result r = record_tx_get(tx, LIST, &all);

	if (r == STORE_OK) {
		struct json *list = json_copy(a, json_get(all, "homes"));
		json_array_remove(list, h->id);
		json_set(a, all, "homes", list);
		r = record_tx_put(tx, LIST, all, 0);
	} else if (r == STORE_ABSENT)
		r = STORE_OK;
	if (r == STORE_OK)
		r = record_tx_delete(tx, home_key(a, h->id));
	return r == STORE_OK ? record_tx_delete(tx, devices_key(a, h->id)) : r;
}

enum store_result
home_forget(struct home *h)
{
	enum store_result r = wire_forget(h);

	if (r == STORE_OK)
		r = store_run(h->store, h->arena, forget, h);
	if (r == STORE_OK)
		h->record = h->devices = NULL;
	return r;
}

/* --- changing --- */

enum store_result
home_tx_change(struct store_tx *tx, struct home *h, home_fn fn, void *arg)
{
	struct arena *a = store_tx_arena(tx);
	struct json *record, *devices;
	int64_t expires = clock_sec() + HOME_KEPT;
	enum store_result r = record_tx_get(tx, home_key(a, h->id), &record);

	if (r != STORE_OK)
		return r;
	if ((r = record_tx_get(tx, devices_key(a, h->id), &devices)) == STORE_ABSENT)
		devices = record_new(a);
	else if (r != STORE_OK)
		return r;
	char *before = json_print(a, devices);
	if (fn != NULL)
		fn(h, record, devices, arg);
	json_set_int(a, record, "used", clock_sec());
	json_set_int(a, record, "version", json_get_int(record, "version", 0) + 1);
	if ((r = record_tx_put(tx, home_key(a, h->id), record, expires)) != STORE_OK)
		return r;
	h->record = record;
	h->devices = devices;
	/* Kept a little longer than the home: it is written only when something changes. */
	if (strcmp(before, json_print(a, devices)) == 0)
		return STORE_OK;
	return record_tx_put(tx, devices_key(a, h->id), devices, expires + HOME_KEPT);
}

struct changing {
	struct home	*home;
	home_fn		 fn;
	void		*arg;
};

static enum store_result
change(struct store_tx *tx, void *arg)
{
	struct changing *c = arg;

	return home_tx_change(tx, c->home, c->fn, c->arg);
}

enum store_result
home_change(struct home *h, home_fn fn, void *arg)
{
	struct changing c = { h, fn, arg };

	return store_run(h->store, h->arena, change, &c);
}

/* --- secrets --- */

static char *
place(const struct home *h, const char *name)
{
	return arena_printf(h->arena, "sim-home/%s/%s", h->id, name);
}

const char *
home_secret(const struct home *h, const char *name)
{
	const char *sealed = json_get_string(json_get(h->record, "secrets"), name);

	if (sealed == NULL || h->cookie == NULL)
		return NULL;
	return secret_decrypt(h->arena, h->key, place(h, name), sealed);
}

void
home_set_secret(struct home *h, struct json *record, const char *name, const char *value)
{
	struct arena *a = h->arena;
	const struct json *old = json_get(record, "secrets");
	struct json *secrets = old != NULL ? json_copy(a, old) : json_object(a);

	json_set(a, secrets, name, NULL);
	if (value != NULL)
		json_set_string(a, secrets, name, secret_encrypt(a, h->key, place(h, name), value));
	json_set(a, record, "secrets", secrets);
}

void
home_end_link(struct home *h, struct json *record, struct json *devices)
{
	json_set_string(h->arena, record, "link", "ended");
	json_set(h->arena, record, "callback", NULL);
	devices_clear(h->arena, devices);
}

/* --- what the record says --- */

const char *
home_link(const struct home *h)
{
	const char *link = json_get_string(h->record, "link");

	return link != NULL ? link : "none";
}

bool
home_is_linked(const struct home *h)
{
	return strcmp(home_link(h), "linked") == 0;
}

long long
home_version(const struct home *h)
{
	return json_get_int(h->record, "version", 0);
}
