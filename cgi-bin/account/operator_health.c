/* operator_health.c: figures become sentences; what is not well says what to do. */
#include "account/operator_health.h"

#include <stdbool.h>
#include <string.h>
#include <sys/statvfs.h>

#include "account/moment.h"
#include "account/operator_walk.h"
#include "app.h"
#include "base/arena.h"
#include "base/clock.h"
#include "base/config.h"
#include "base/json.h"
#include "courier/lease.h"
#include "db/checked.h"
#include "oauth/keyring.h"
#include "oauth/user.h"
#include "base/banned.h"

#define KEY_OLD (400 * 86400)	/* seconds: once a year is plenty */
#define DISK_LOW ((uint64_t)512 << 20)

/* --- store --- */

static uint64_t
stat_of(const struct store_stat *all, size_t n, const char *name)
{
	for (size_t i = 0; i < n; i++)
		if (strcmp(all[i].name, name) == 0)
			return all[i].value;
	return 0;
}

static const char *
size(struct arena *a, uint64_t bytes)
{
	double n = (double)bytes / (1 << 20);

	return n < 1024 ? arena_printf(a, "%.1f MiB", n) : arena_printf(a, "%.1f GiB", n / 1024);
}

/* The last gatehouse store check. True: it found the store damaged. */
static bool
show_check(struct app *app, struct arena *a, struct json *store)
{
	struct checked c;
	bool known = checked_find(app->store, a, &c) == STORE_OK;

	if (known) {
		struct json *v = json_set(a, store, "checked", json_object(a));
		json_set(a, v, "when", moment(a, c.time * 1000));
		json_set_bool(a, v, "sound", c.sound);
		json_set_int(a, v, "records", (long long)c.records);
	}
	return known && !c.sound;
}

static const struct { const char *name, *stat; } sizes[] = {
	{ "base_size", "base_bytes" }, { "active_size", "active_bytes" }, { "database_size", "bytes" },
};

static void
show_store(struct app *app, struct arena *a, struct json *data)
{
	struct store_stat all[STORE_STATS];
	size_t n = store_stats(app->store, all);
	struct json *v = json_set(a, data, "store", json_object(a));
	struct json *of_engine = json_set(a, v, store_asks(app->store) ? "server" : "files", json_object(a));
	struct statvfs disk;

	for (size_t i = 0; i < n; i++)
		json_set_int(a, of_engine, all[i].name, (long long)all[i].value);
	for (size_t i = 0; i < sizeof(sizes) / sizeof(sizes[0]); i++)
		json_set_string(a, of_engine, sizes[i].name, size(a, stat_of(all, n, sizes[i].stat)));
	json_set_bool(a, of_engine, "fold_due", stat_of(all, n, "fold_due") > 0);
	json_set(a, of_engine, "folded", moment(a, (int64_t)stat_of(all, n, "folded") * 1000));
	bool failed = stat_of(all, n, "sync_failures") > 0, low = false, damaged = show_check(app, a, v);
	if (!store_asks(app->store) && statvfs(config_path(a, app->config, app->config->store.path), &disk) == 0) {
		uint64_t room = (uint64_t)disk.f_bavail * disk.f_frsize;
		low = room < DISK_LOW;
		json_set_string(a, v, "room", size(a, room));
	}
	json_set_bool(a, v, "bad", failed || low || damaged);
	json_set_string(a, v, "state", failed || low || damaged ? "state_bad" : "state_good");
	json_set_string(a, v, "says", damaged ? "store_damaged" : failed ? "store_sync_failed" : low ? "store_disk_low" : "store_well");
}

/* --- courier --- */

/* The links in trouble, with their owners' names. */
static void
show_troubles(struct app *app, struct arena *a, const struct operator_walk *w, struct json *courier)
{
	struct json *list = json_set(a, courier, "troubles", json_array(a));

	for (const struct json *t = json_first(w->troubles); t != NULL; t = json_next(t)) {
		struct json *v = json_append(a, list, json_object(a));
		const char *user = json_get_string(t, "user");
		struct user u;
		bool known = user_by_id(app->store, a, user, &u) == STORE_OK;
		json_set_string(a, v, "owner", known ? u.name : user);
		json_set_string(a, v, "grant", json_get_string(t, "grant"));
		json_set_int(a, v, "failures", json_get_int(t, "failures", 0));
		json_set(a, v, "since", moment(a, json_get_int(t, "since", 0)));
		json_set_bool(a, v, "lost", json_get_bool(t, "lost", false));
	}
}

static enum store_result
show_courier(struct app *app, struct arena *a, const struct operator_walk *w, struct json *data)
{
	struct json *v = json_set(a, data, "courier", json_object(a)), *lanes = json_set(a, v, "lanes", json_array(a));
	struct lease lease;
	enum store_result r = lease_look(app->store, a, &lease);

	if (r != STORE_OK && r != STORE_ABSENT)
		return r;
	bool on = *app->config->smartthings.client_id != '\0', runs = r == STORE_OK && lease.until > clock_sec();
	json_set_bool(a, v, "bad", !runs || (on && w->failing > 0));
	json_set_string(a, v, "state", runs ? w->failing > 0 ? "state_bad" : "state_good" : "state_bad");
	json_set_string(a, v, "says", !runs ? "courier_stopped" : w->failing > 0 ? "courier_failing" : "courier_well");
	json_set_string(a, v, "place", runs ? arena_strndup(a, lease.place, strcspn(lease.place, ":")) : NULL);
	json_set_bool(a, v, "off", !on);
	json_set_int(a, v, "links", (long long)w->callbacks);
	json_set_int(a, v, "failing", (long long)w->failing);
	json_set(a, v, "oldest", moment(a, w->since));
	json_set_int(a, v, "waiting", (long long)w->waiting);
	show_troubles(app, a, w, v);
	for (const struct json *l = json_first(w->lanes); l != NULL; l = json_next(l))
		json_set(a, json_append(a, lanes, json_copy(a, l)), "since", moment(a, json_get_int(l, "since", 0)));
	return STORE_OK;
}

/* --- keys --- */

static void
show_keys(struct app *app, struct arena *a, struct json *data)
{
	struct json *list = json_set(a, data, "keys", json_array(a));
	bool old = false;

	keyring_refresh(app->keyring, a);
	for (const struct json *k = json_first(keyring_list(a, app->keyring)); k != NULL; k = json_next(k)) {
		struct json *v = json_append(a, list, json_object(a));
		int64_t created = json_get_int(k, "created", 0);
		bool current = json_get_bool(k, "current", false);
		json_set_string(a, v, "kid", json_get_string(k, "kid"));
		json_set(a, v, "created", moment(a, created * 1000));
		json_set(a, v, "signs", moment(a, json_get_int(k, "signs_from", 0) * 1000));
		json_set_bool(a, v, "current", current);
		old = old || (current && clock_sec() - created > KEY_OLD);
	}
	json_set_bool(a, data, "keys_old", old);
}

enum store_result
operator_health(struct app *app, struct arena *a, const struct operator_walk *w, struct json *data)
{
	show_store(app, a, data);
	show_keys(app, a, data);
	return show_courier(app, a, w, data);
}
