/* activity_page.c: entries of the timeline as the page shows them. */
#include "account/activity_page.h"

#include <string.h>

#include "account/advice.h"
#include "account/moment.h"
#include "account/timeline.h"
#include "account/traffic.h"
#include "account/visitor.h"
#include "account/words.h"
#include "app.h"
#include "base/arena.h"
#include "base/json.h"
#include "base/text.h"
#include "device/device.h"
#include "oauth/client.h"
#include "oauth/grant.h"
#include "web/form.h"
#include "web/request.h"
#include "web/response.h"
#include "base/banned.h"

struct page {
	struct app	*app;
	struct arena	*arena;
	const char	*user;
	struct words	 words;
	struct json	*names;		/* of clients and devices that were looked up: key -> name */
	struct json	*links;		/* the owner's, for the filter: array of {id, name, chosen} */
	struct json	*entries;
};

/* --- names --- */

/* A name that is looked up once a page. Null in the table: there is none. */
static const char *
name_of(struct page *p, const char *kind, const char *id)
{
	const char *key = arena_printf(p->arena, "%s/%s", kind, id), *name = NULL;
	const struct json *known = json_get(p->names, key);
	struct client c;
	struct device d;

	if (known != NULL)
		return json_string(known);
	if (strcmp(kind, "client") == 0 && client_find(p->app->store, p->arena, id, &c) == STORE_OK)
		name = c.name;
	if (strcmp(kind, "device") == 0 && device_find(p->app->store, p->arena, p->user, id, &d) == STORE_OK)
		name = d.name;
	json_set(p->arena, p->names, key, name != NULL ? json_new_string(p->arena, name) : json_new_null(p->arena));
	return name;
}

static const char *
name_or_id(struct page *p, const char *kind, const char *id)
{
	const char *name = id != NULL ? name_of(p, kind, id) : NULL;

	return name != NULL ? name : id;
}

/* The client behind a link, also one that has ended. */
static const char *
client_of(struct page *p, const char *link)
{
	const char *key = arena_printf(p->arena, "link/%s", link), *client = NULL;
	const struct json *known = json_get(p->names, key);
	struct grant g;

	if (known != NULL)
		return json_string(known);
	if (grant_find(p->app->store, p->arena, p->user, link, &g) == STORE_OK)
		client = name_or_id(p, "client", g.client);
	json_set(p->arena, p->names, key, client != NULL ? json_new_string(p->arena, client) : json_new_null(p->arena));
	return client;
}

/* --- entries --- */

/* Lists and objects such as supportedModes are for machines. */
static void
show_values(struct page *p, struct json *v, const struct json *states)
{
	struct json *list = json_set(p->arena, v, "values", json_array(p->arena));

	for (const struct json *s = json_first(states); s != NULL; s = json_next(s)) {
		const struct json *value = json_get(s, "value");
		const char *attribute = json_get_string(s, "attribute"), *component = json_get_string(s, "component");
		if (attribute == NULL || json_type(value) == JSON_ARRAY || json_type(value) == JSON_OBJECT)
			continue;
		struct json *shown = json_append(p->arena, list, json_object(p->arena));
		json_set_string(p->arena, shown, "attribute", words_say(&p->words, "attribute", attribute));
		json_set_string(p->arena, shown, "component", component != NULL && strcmp(component, "main") != 0 ? component : NULL);
		json_set_string(p->arena, shown, "value", words_value(&p->words, value, json_get_string(s, "unit")));
	}
}

/* What a message was about, device by device. */
static void
show_told(struct page *p, struct json *v, const struct json *e)
{
	static const struct { const char *error, *text; } errors[] = {
		{ "DEVICE-DELETED", "told_deleted" }, { "DEVICE-OFFLINE", "told_offline" },
	};
	struct json *list = json_set(p->arena, v, "told", json_array(p->arena));

	for (const struct json *d = json_first(json_get(e, "devices")); d != NULL; d = json_next(d)) {
		struct json *shown = json_append(p->arena, list, json_object(p->arena));
		const char *error = json_get_string(d, "error");
		json_set_string(p->arena, shown, "name", name_or_id(p, "device", json_get_string(d, "device")));
		for (size_t i = 0; error != NULL && i < sizeof(errors) / sizeof(errors[0]); i++)
			if (strcmp(errors[i].error, error) == 0)
				json_set_string(p->arena, shown, "is", errors[i].text);
		show_values(p, shown, json_get(d, "states"));
	}
	if (json_get_int(e, "more", 0) > 0)
		json_set_int(p->arena, v, "more", json_get_int(e, "more", 0));
	if (json_get_int(e, "times", 1) > 1) {
		json_set_int(p->arena, v, "times", json_get_int(e, "times", 1));
		json_set(p->arena, v, "first", moment_past(p->arena, json_get_int(e, "first", 0)));
	}
}

/* What records say in a word or two, as a text of ours. */
static const struct { const char *detail, *text; } details[] = {
	{ "user", "why_user" }, { "client", "why_client" }, { "operator", "why_operator" },
	{ "a code came twice", "why_code" }, { "a refresh token came twice", "why_refresh" }, { "by link", "why_link" },
	{ "with a code", "why_code_app" }, { "with a recovery code", "why_code_recovery" },
	{ "by link, with a code", "why_link_app" }, { "by link, with a recovery code", "why_link_recovery" },
	{ "by the operator", "why_operator" },
};

static void
show_event(struct page *p, struct json *v, const struct json *e)
{
	const char *event = json_get_string(e, "event"), *detail = json_get_string(e, "detail");
	const char *client = json_get_string(e, "client"), *link = json_get_string(e, "grant"), *why = NULL;

	for (size_t i = 0; detail != NULL && i < sizeof(details) / sizeof(details[0]); i++)
		if (strcmp(details[i].detail, detail) == 0)
			why = details[i].text;
	json_set_string(p->arena, v, "text", arena_printf(p->arena, "event_%s", event != NULL ? event : ""));
	json_set_bool(p->arena, v, "names_client", traffic_is(event));
	json_set_string(p->arena, v, "client", client != NULL ? name_or_id(p, "client", client) :
	    link != NULL ? client_of(p, link) : NULL);
	json_set_string(p->arena, v, "device", name_or_id(p, "device", json_get_string(e, "device")));
	json_set_string(p->arena, v, "why", why);
	/* Where all went well it only says so again. */
	bool says_more = why == NULL && (event == NULL || strcmp(event, "callback_granted") != 0);
	json_set_string(p->arena, v, "detail", says_more ? detail : NULL);
	json_set_string(p->arena, v, "advice", advice_for(json_get_string(e, "error")));
	json_set_string(p->arena, v, "remote", json_get_string(e, "remote"));
	show_told(p, v, e);
}


static void
show_change(struct page *p, struct json *v, const struct change *c)
{
	static const char *const texts[] = { [CHANGE_STATE] = "change_state", [CHANGE_ONLINE] = "change_online",
	    [CHANGE_ADDED] = "change_added", [CHANGE_RENAMED] = "change_renamed", [CHANGE_DELETED] = "change_deleted" };
	const char *client = c->origin != NULL ? client_of(p, c->origin) : NULL;

	const char *health = c->kind == CHANGE_ONLINE ? json_get_string(json_first(c->states), "value") : NULL;

	json_set_string(p->arena, v, "text", c->origin != NULL ? "change_command" :
	    health != NULL && strcmp(health, "offline") == 0 ? "change_offline" : texts[c->kind]);
	json_set_string(p->arena, v, "client", client != NULL ? client : c->origin);
	json_set_string(p->arena, v, "device", name_or_id(p, "device", c->device));
	if (c->kind != CHANGE_ONLINE)
		show_values(p, v, c->states);
}

static void
show(void *arg, const struct timeline_entry *e)
{
	struct page *p = arg;
	struct json *v = json_append(p->arena, p->entries, json_object(p->arena));

	json_set(p->arena, v, "when", moment_past(p->arena, e->time));
	if (e->event != NULL)
		show_event(p, v, e->event);
	else
		show_change(p, v, &e->change);
}

/* --- the filter --- */

static void
add_choice(struct arena *a, struct json *list, const char *id, const char *name, const char *chosen)
{
	struct json *v = json_append(a, list, json_object(a));

	json_set_string(a, v, "id", id);
	json_set_string(a, v, "name", name);
	json_set_bool(a, v, "chosen", chosen != NULL && strcmp(id, chosen) == 0);
}

struct choosing {
	struct page	*page;
	const char	*chosen;
};

static void
add_link(void *arg, const struct grant *g)
{
	struct choosing *c = arg;
	struct page *p = c->page;

	add_choice(p->arena, p->links, g->id, arena_printf(p->arena, "%s (%s)", name_or_id(p, "client", g->client),
	    moment_exact(p->arena, g->created * 1000)), c->chosen);
}

/* What can be chosen, and what is. */
static enum store_result
show_filter(struct page *p, struct json *data, const struct timeline_filter *f)
{
	struct json *devices = json_set(p->arena, data, "devices", json_array(p->arena)), *ids;
	struct json *kinds = json_set(p->arena, data, "kinds", json_array(p->arena));
	static const char *const texts[] = { [TIMELINE_ALL] = "kind_all", [TIMELINE_SIGNINS] = "kind_signins",
	    [TIMELINE_LINKS] = "kind_links", [TIMELINE_DEVICES] = "kind_devices", [TIMELINE_MESSAGES] = "kind_messages", [TIMELINE_TROUBLE] = "kind_trouble" };
	struct choosing c = { p, f->link };
	enum store_result r = device_ids(p->app->store, p->arena, p->user, &ids);

	p->links = json_set(p->arena, data, "links", json_array(p->arena));
	for (int k = TIMELINE_ALL; k <= TIMELINE_TROUBLE; k++)
		add_choice(p->arena, kinds, timeline_kind_name(k), texts[k], timeline_kind_name(f->kind));
	for (const struct json *id = json_first(ids); id != NULL && r == STORE_OK; id = json_next(id))
		add_choice(p->arena, devices, json_string(id), name_or_id(p, "device", json_string(id)), f->device);
	if (r == STORE_OK)
		r = grant_each(p->app->store, p->arena, p->user, add_link, &c);
	json_set_bool(p->arena, data, "filtered", f->kind != TIMELINE_ALL || f->device != NULL || f->link != NULL);
	return r;
}

/* The address of the next page. */
static const char *
older_query(struct arena *a, const struct timeline_filter *f)
{
	char *q = form_add(a, "", "kind", timeline_kind_name(f->kind));

	if (f->device != NULL)
		q = form_add(a, q, "device", f->device);
	if (f->link != NULL)
		q = form_add(a, q, "link", f->link);
	q = form_add(a, q, "before", arena_printf(a, "%lld", (long long)f->before));
	return form_add(a, q, "change", arena_printf(a, "%lld", f->change));
}

static struct timeline_filter
read_filter(const struct request *rq)
{
	struct timeline_filter f = { timeline_kind_parse(request_query(rq, "kind")), request_query(rq, "device"),
	    request_query(rq, "link"), 0, 0 };
	const char *before = request_query(rq, "before"), *change = request_query(rq, "change");
	long long ms = 0;

	if (before != NULL && text_to_int(before, 1, INT64_MAX / 2, &ms))
		f.before = ms;
	if (f.before == 0 || change == NULL || !text_to_int(change, -1, INT64_MAX / 2, &f.change))
		f.change = 0;
	return f;
}

void
activity_page(struct app *app, const struct request *rq, struct response *rs)
{
	struct arena *a = rq->arena;
	struct visitor v = visitor_find(app, rq, rs);
	struct json *data = json_object(a);
	struct timeline_filter f = read_filter(rq), next;
	bool older = false;

	if (!v.unavailable && !v.signed_in) {
		response_redirect(rs, arena_printf(a, "%s/login", visitor_base(app)));
		return;
	}
	struct page p = { .app = app, .arena = a, .user = v.session.user.id, .words = words_for(app, rq), .names = json_object(a),
	    .entries = json_set(a, data, "entries", json_array(a)) };
	if (v.unavailable || show_filter(&p, data, &f) != STORE_OK ||
	    timeline_read(app->store, a, p.user, &f, show, &p, &older, &next) != STORE_OK) {
		visitor_unavailable(app, rq, rs);
		return;
	}
	if (older)
		json_set_string(a, data, "older", older_query(a, &next));
	json_set_bool(a, data, "later", f.before > 0);
	visitor_page(app, rq, rs, &v, 200, "activity", data, NULL);
}
