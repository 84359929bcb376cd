/* discovery.c: discoveryRequest (schema protocol 1.2, 4.1): the devices that the owner chose for this link. */
#include <string.h>

#include "base/arena.h"
#include "base/config.h"
#include "base/json.h"
#include "base/secret.h"
#include "device/device.h"
#include "device/sight.h"
#include "schema/callback.h"
#include "schema/dispatch.h"
#include "schema/interactions.h"
#include "schema/states.h"
#include "base/banned.h"

/* One id for the same thing in all links of its owner, for SmartThings to recognise it by; says nothing else. */
static const char *
unique_id(struct arena *a, const char *user, const char *id)
{
	return secret_digest(a, arena_printf(a, "%s/%s", user, id));
}

static void
set_text(struct arena *a, struct json *object, const char *name, const char *text)
{
	if (text != NULL)
		json_set_string(a, object, name, text);
}

static struct json *
manufacturer(struct arena *a, const struct device *d)
{
	struct json *info = json_object(a);

	json_set_string(a, info, "manufacturerName", d->manufacturer);
	json_set_string(a, info, "modelName", d->model);
	set_text(a, info, "hwVersion", d->hw_version);
	set_text(a, info, "swVersion", d->sw_version);
	return info;
}

static struct json *
context(struct arena *a, const struct device *d)
{
	struct json *c = json_object(a);

	set_text(a, c, "roomName", d->room);
	if (json_first(d->categories) != NULL)
		json_set(a, c, "categories", json_copy(a, d->categories));
	return c;
}

/* What SmartThings keeps for us and sends back with the device. Never trusted: it tells us, in a recorded message, which of
 * two devices that had the same id one after the other was meant. */
static struct json *
cookie(struct arena *a, const struct device *d)
{
	struct json *c = json_object(a);

	json_set_string(a, c, "added", arena_printf(a, "%lld", (long long)d->created));
	return c;
}

struct json *
schema_device(struct arena *a, const char *user, const struct device *d)
{
	struct json *v = json_object(a), *c = context(a, d);

	json_set_string(a, v, "externalDeviceId", d->id);
	json_set_string(a, v, "friendlyName", d->name);
	json_set_string(a, v, "deviceHandlerType", d->type);
	json_set(a, v, "manufacturerInfo", manufacturer(a, d));
	if (json_first(c) != NULL)
		json_set(a, v, "deviceContext", c);
	json_set_string(a, v, "deviceUniqueId", unique_id(a, user, d->id));
	json_set(a, v, "deviceCookie", cookie(a, d));
	return v;
}

/* Only while the link has no way to call back: asked for in every discovery, it has made SmartThings refuse links. */
static void
ask_for_grant(struct schema_message *m, struct json *answer)
{
	struct callback c;
	enum store_result r = STORE_FAILED;

	if (*m->context->config->smartthings.client_id != '\0')
		r = callback_find(m->context->store, m->scratch, m->context->keyring, m->grant.user, m->grant.id, &c);
	if (r == STORE_ABSENT || (r == STORE_OK && callback_is_lost(&c)))
		json_set_bool(m->arena, answer, "requestGrantCallbackAccess", true);
}

/* One device's entry, at the end of devices. */
static enum store_result
discover(struct schema_message *m, const char *id, struct json *devices)
{
	static const char purpose;
	const struct schema_context *c = m->context;
	struct sight sight;
	struct device d;
	enum store_result r = sight_find(c->store, m->scratch, m->grant.user, id, &sight);

	if (r != STORE_OK)
		return r == STORE_ABSENT ? STORE_OK : r;	/* deleted since the list was read */
	struct json *entry = sight_shown(c->store, m->arena, c->catalogue, &sight, &purpose);
	if (entry == NULL && device_read(sight.record, &d))
		entry = sight_keep(c->store, m->arena, c->catalogue, &sight, &purpose, schema_device(m->scratch, m->grant.user, &d));
	json_append(m->arena, devices, entry);
	return entry != NULL ? STORE_OK : STORE_FAILED;
}

enum schema_error
schema_discovery(struct schema_message *m, struct json *answer)
{
	struct json *devices = json_set(m->arena, answer, "devices", json_array(m->arena)), *all;
	enum store_result r = device_ids(m->context->store, m->arena, m->grant.user, &all);
	const struct json *chosen = grant_devices(m->arena, &m->grant, all);

	if (r == STORE_OK)
		sight_expect(m->context->store, m->arena, m->grant.user, chosen, false);
	for (const struct json *id = json_first(chosen); id != NULL && r == STORE_OK; id = json_next(id)) {
		arena_reset(m->scratch);
		r = discover(m, json_string(id), devices);
	}
	if (r == STORE_OK) {
		ask_for_grant(m, answer);
		return SCHEMA_OK;
	}
	m->detail = "the devices cannot be read now";
	return SCHEMA_UNAVAILABLE;
}
