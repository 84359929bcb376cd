/* show.c: records of links in words. */
#include "connect/show.h"

#include <string.h>

#include "account/moment.h"
#include "app.h"
#include "base/arena.h"
#include "base/clock.h"
#include "base/json.h"
#include "device/device.h"
#include "link/connector.h"
#include "link/link.h"
#include "link/listing.h"
#include "link/pick.h"
#include "base/banned.h"

#define LIST_MS 8000	/* somebody is waiting */

static const char *
state_text(const struct link *l, const struct link_look *look, const struct connector *c)
{
	if (c == NULL)
		return "connect_state_gone";
	if (l->status == LINK_NEW)
		return "connect_state_new";
	if (l->status == LINK_NEEDS_LOGIN)
		return "connect_state_login";
	if (json_first(l->chosen) == NULL)
		return "connect_state_empty";
	return look->failures > 0 ? "connect_state_failing" : "connect_state_fine";
}

enum store_result
show_link(struct app *app, struct arena *a, const struct link *l, struct json **out)
{
	const struct connector *c = connectors_find(app->links->connectors, l->connector);
	struct json *v = *out = json_object(a);
	struct link_look look;
	enum store_result r = link_look_get(app->store, a, l->user, l->id, &look);

	if (r != STORE_OK)
		return r;
	json_set_string(a, v, "id", l->id);
	json_set_string(a, v, "name", c != NULL ? c->name : l->connector);
	json_set_string(a, v, "connector", l->connector);
	json_set_string(a, v, "status", link_status_name(l->status));
	json_set_string(a, v, "state", state_text(l, &look, c));
	json_set_int(a, v, "devices", (long long)json_count(l->chosen));
	json_set(a, v, "created", moment(a, l->created * 1000));
	if (look.time > 0)
		json_set(a, v, "looked", moment(a, look.time));
	if (look.fault != NULL)
		json_set_string(a, v, "fault", look.fault);
	json_set_bool(a, v, l->status == LINK_LINKED ? "linked" : "unlinked", true);
	return STORE_OK;
}

enum store_result
show_links(struct app *app, struct arena *a, const char *user, struct json **out)
{
	struct json *ids, *v;
	struct link l;
	enum store_result r = link_ids(app->store, a, user, &ids);

	*out = json_array(a);
	for (const struct json *id = json_first(ids); id != NULL && r == STORE_OK; id = json_next(id)) {
		r = link_find(app->store, a, user, json_string(id), &l);
		if (r == STORE_OK && (r = show_link(app, a, &l, &v)) == STORE_OK)
			json_append(a, *out, v);
		else if (r == STORE_ABSENT)	/* it has just ended */
			r = STORE_OK;
	}
	return r;
}

struct json *
show_connectors(struct app *app, struct arena *a)
{
	struct json *list = json_array(a);

	for (size_t i = 0; i < app->links->connectors->n; i++) {
		const struct connector *c = &app->links->connectors->list[i];
		struct json *v = json_append(a, list, json_object(a));
		json_set_string(a, v, "id", c->id);
		json_set_string(a, v, "name", c->name);
		if (c->about != NULL)
			json_set_string(a, v, "about", c->about);
	}
	return list;
}

/* --- what can be chosen --- */

static struct json *
row(struct arena *a, const char *id, const char *name, bool chosen)
{
	struct json *v = json_object(a);

	json_set_string(a, v, "id", id);
	json_set_string(a, v, "name", name);
	json_set_bool(a, v, "chosen", chosen);
	return v;
}

struct json *
show_devices(struct app *app, struct arena *a, const struct link *l, struct json **items, const char **why)
{
	const struct connector *c = connectors_find(app->links->connectors, l->connector);
	struct json *list = json_array(a), *seen = json_object(a);
	struct listing listing;
	struct pick_device d;

	listing_begin(&listing, app->links, a, c, l);
	listing_run(&listing, clock_ms() + LIST_MS);
	*items = listing.items;
	*why = listing.ask.why;
	if (listing.ask.result != ASK_FINE)
		return NULL;
	for (const struct json *item = json_first(listing.items); item != NULL; item = json_next(item)) {
		if (!pick_device(a, app->catalogue, c, item, &d) || json_get(seen, d.id) != NULL)
			continue;
		json_set_bool(a, seen, d.id, true);
		struct json *v = json_append(a, list, row(a, d.id, d.name != NULL ? d.name : d.id, json_get(l->chosen, d.id) != NULL));
		if (d.room != NULL)
			json_set_string(a, v, "room", d.room);
		if (d.type != NULL)
			json_set_string(a, v, "type", d.type);
	}
	for (const struct json *m = json_first(l->chosen); m != NULL; m = json_next(m)) {
		struct device ours;
		if (json_get(seen, json_name(m)) != NULL)
			continue;
		bool known = device_find(app->store, a, l->user, json_string(m), &ours) == STORE_OK;
		struct json *v = json_append(a, list, row(a, json_name(m), known ? ours.name : json_name(m), true));
		if (known)
			json_set_string(a, v, "type", ours.type);
	}
	return list;
}
