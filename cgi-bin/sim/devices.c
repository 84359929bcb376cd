/* devices.c: merges what comes into what is known. */
#include "sim/devices.h"

#include <string.h>

#include "base/arena.h"
#include "base/json.h"
#include "base/banned.h"

#define ROOM (200u << 10)	/* bytes of the record: a store's value takes 256 KiB */

static bool
same(const char *a, const char *b)
{
	return a != NULL && b != NULL && strcmp(a, b) == 0;
}

const struct json *
devices_find(const struct json *record, const char *id)
{
	for (const struct json *d = json_first(json_get(record, "list")); d != NULL; d = json_next(d))
		if (same(json_get_string(d, "id"), id))
			return d;
	return NULL;
}

static bool
is_place(const struct json *state, const char *component, const char *capability, const char *attribute)
{
	return same(json_get_string(state, "component"), component) &&
	    same(json_get_string(state, "capability"), capability) && same(json_get_string(state, "attribute"), attribute);
}

const struct json *
devices_value(const struct json *device, const char *component, const char *capability, const char *attribute)
{
	for (const struct json *s = json_first(json_get(device, "states")); s != NULL; s = json_next(s))
		if (is_place(s, component, capability, attribute))
			return json_get(s, "value");
	return NULL;
}

const char *
devices_error(const struct json *entry)
{
	return json_get_string(json_first(json_get(entry, "deviceError")), "errorEnum");
}

/* --- discovery --- */

static struct json *
from_discovery(struct arena *a, const struct json *d, const struct json *known)
{
	const struct json *maker = json_get(d, "manufacturerInfo");
	struct json *v = json_object(a);

	json_set_string(a, v, "id", json_get_string(d, "externalDeviceId"));
	json_set_string(a, v, "name", json_get_string(d, "friendlyName"));
	json_set_string(a, v, "type", json_get_string(d, "deviceHandlerType"));
	json_set_string(a, v, "room", json_get_string(json_get(d, "deviceContext"), "roomName"));
	json_set_string(a, v, "maker", json_get_string(maker, "manufacturerName"));
	json_set_string(a, v, "model", json_get_string(maker, "modelName"));
	if (json_type(json_get(d, "deviceCookie")) == JSON_OBJECT)
		json_set(a, v, "cookie", json_copy(a, json_get(d, "deviceCookie")));
	json_set_bool(a, v, "offline", json_get_bool(known, "offline", false));
	json_set(a, v, "states", known != NULL ? json_copy(a, json_get(known, "states")) : json_array(a));
	return v;
}

static const struct json *
find_discovered(const struct json *devices, const char *id)
{
	for (const struct json *d = json_first(devices); d != NULL; d = json_next(d))
		if (same(json_get_string(d, "externalDeviceId"), id))
			return d;
	return NULL;
}

/* Append unless it would be too much. */
static void
append(struct arena *a, struct json *list, struct json *device, size_t *bytes, long long *more)
{
	size_t len = strlen(json_print(a, device));

	if (json_count(list) >= DEVICES_SHOWN || *bytes + len > ROOM) {
		++*more;
		return;
	}
	*bytes += len;
	json_append(a, list, device);
}

void
devices_discovered(struct arena *a, struct json *record, const struct json *devices, bool whole)
{
	struct json *list = json_array(a);
	size_t bytes = 0;
	long long more = whole ? 0 : json_get_int(record, "more", 0);

	for (const struct json *d = json_first(json_get(record, "list")); d != NULL; d = json_next(d)) {
		const struct json *news = find_discovered(devices, json_get_string(d, "id"));
		if (news != NULL)
			append(a, list, from_discovery(a, news, d), &bytes, &more);
		else if (!whole)
			append(a, list, json_copy(a, d), &bytes, &more);
	}
	for (const struct json *d = json_first(devices); d != NULL; d = json_next(d)) {
		const char *id = json_get_string(d, "externalDeviceId");
		if (id != NULL && devices_find(record, id) == NULL)
			append(a, list, from_discovery(a, d, NULL), &bytes, &more);
	}
	json_set(a, record, "list", list);
	json_set_int(a, record, "more", more);
}

/* --- states --- */

/* The states of a device after some were told: each place once, the newest value, in the order of their first coming. */
static struct json *
merge(struct arena *a, const struct json *old, const struct json *told)
{
	struct json *all = json_array(a);

	for (const struct json *s = json_first(old); s != NULL; s = json_next(s)) {
		const struct json *news = s;
		for (const struct json *t = json_first(told); t != NULL; t = json_next(t))
			if (is_place(t, json_get_string(s, "component"), json_get_string(s, "capability"),
			    json_get_string(s, "attribute")))
				news = t;
		json_append(a, all, json_copy(a, news));
	}
	for (const struct json *t = json_first(told); t != NULL; t = json_next(t)) {
		bool there = false;
		for (const struct json *s = json_first(all); s != NULL && !there; s = json_next(s))
			there = is_place(s, json_get_string(t, "component"), json_get_string(t, "capability"),
			    json_get_string(t, "attribute"));
		if (!there && json_get_string(t, "attribute") != NULL)
			json_append(a, all, json_copy(a, t));
	}
	return all;
}

static bool
offline_after(const struct json *device, const struct json *entry)
{
	const char *error = devices_error(entry);
	bool offline = error != NULL ? strcmp(error, "DEVICE-OFFLINE") == 0 : json_get_bool(device, "offline", false);

	for (const struct json *s = json_first(json_get(entry, "states")); s != NULL; s = json_next(s))
		if (is_place(s, "main", "st.healthCheck", "healthStatus"))
			offline = same(json_string(json_get(s, "value")), "offline");
	return offline;
}

void
devices_told(struct arena *a, struct json *record, const struct json *device_state)
{
	struct json *list = json_array(a);
	size_t bytes = 0;
	long long more = json_get_int(record, "more", 0);

	for (const struct json *d = json_first(json_get(record, "list")); d != NULL; d = json_next(d)) {
		struct json *now = json_copy(a, d);
		bool deleted = false;
		for (const struct json *e = json_first(device_state); e != NULL; e = json_next(e)) {
			if (!same(json_get_string(e, "externalDeviceId"), json_get_string(d, "id")))
				continue;
			deleted = same(devices_error(e), "DEVICE-DELETED");
			json_set_bool(a, now, "offline", offline_after(now, e));
			json_set(a, now, "states", merge(a, json_get(now, "states"), json_get(e, "states")));
		}
		if (!deleted)
			append(a, list, now, &bytes, &more);
	}
	json_set(a, record, "list", list);
	json_set_int(a, record, "more", more);
}

void
devices_clear(struct arena *a, struct json *record)
{
	json_set(a, record, "list", NULL);
	json_set(a, record, "more", NULL);
}
