/* links.c: a list of grants, and a page for one. */
#include "account/links.h"

#include <string.h>

#include "account/choice.h"
#include "account/handshake.h"
#include "account/link_health.h"
#include "account/moment.h"
#include "account/preferences.h"
#include "account/visitor.h"
#include "app.h"
#include "base/arena.h"
#include "base/clock.h"
#include "base/config.h"
#include "base/json.h"
#include "device/device.h"
#include "oauth/client.h"
#include "oauth/exchange.h"
#include "oauth/grant.h"
#include "web/request.h"
#include "web/response.h"
#include "base/banned.h"

#define HERE "/links/"

/* Its access token, which is issued anew each time the client refreshes. */
static void
show_token(struct app *app, struct arena *a, const struct grant *g, const struct client *c, struct json *v)
{
	int64_t ttl = c != NULL && c->access_ttl != 0 ? c->access_ttl : app->config->oauth.access_ttl;
	int64_t ends = (g->last_used + ttl) * 1000;

	json_set(a, v, "issued", moment_past(a, g->last_used * 1000));
	json_set(a, v, ends > clock_ms() ? "renew" : "overdue", moment(a, ends));
}

/* What the pages show of a grant; with the steps of its handshake where they are wanted. */
static enum store_result
show_grant(struct app *app, struct arena *a, const struct grant *g, const struct json *all, bool steps, struct json **out)
{
	struct json *v = *out = json_object(a), *health = NULL, *list = NULL;
	struct exchange_seen seen[EXCHANGE_STEPS];
	struct client c;
	bool known = client_find(app->store, a, g->client, &c) == STORE_OK;
	enum store_result r = exchange_read(app->store, a, g->user, g->id, seen);

	if (r == STORE_OK)
		r = link_health(app, a, g, seen, &health);
	if (r == STORE_OK && steps)
		r = handshake_steps(app, a, g, seen, &list);
	if (r != STORE_OK)
		return r;
	json_set_string(a, v, "id", g->id);
	json_set_string(a, v, "client", known ? c.name : g->client);
	json_set_string(a, v, "scope", g->scope);
	json_set_bool(a, v, "may_read", g->scope != NULL && strstr(g->scope, "devices:read") != NULL);
	json_set_bool(a, v, "may_control", g->scope != NULL && strstr(g->scope, "devices:control") != NULL);
	json_set(a, v, "created", moment_past(a, g->created * 1000));
	json_set(a, v, "last_used", moment_past(a, handshake_last(g, seen)));
	json_set(a, v, "ends", moment(a, grant_ends(g) * 1000));
	json_set_bool(a, v, "include_new", g->include_new);
	json_set_int(a, v, "devices", (long long)json_count(grant_devices(a, g, all)));
	show_token(app, a, g, known ? &c : NULL, v);
	json_set(a, v, "health", health);
	if (list != NULL)
		json_set(a, v, "steps", list);
	return STORE_OK;
}

struct listing {
	struct app		*app;
	struct arena		*arena;
	const struct json	*all;
	struct json		*links;
	enum store_result	 result;
};

static void
add(void *arg, const struct grant *g)
{
	struct listing *l = arg;
	struct json *v;

	if (g->revoked != NULL || l->result != STORE_OK)
		return;
	if ((l->result = show_grant(l->app, l->arena, g, l->all, false, &v)) == STORE_OK)
		json_append(l->arena, l->links, v);
}

static void
show_all(struct app *app, const struct request *rq, struct response *rs, const struct visitor *v, const struct json *all)
{
	struct json *data = json_object(rq->arena);
	struct listing l = { app, rq->arena, all, json_set(rq->arena, data, "links", json_array(rq->arena)),
	    STORE_OK };

	if (grant_each(app->store, rq->arena, v->session.user.id, add, &l) == STORE_OK && l.result == STORE_OK)
		visitor_page(app, rq, rs, v, 200, "links", data, NULL);
	else
		visitor_unavailable(app, rq, rs);
}

static void
show_one(struct app *app, const struct request *rq, struct response *rs, const struct visitor *v, const struct grant *g,
    const struct json *all)
{
	struct json *devices, *link, *data = json_object(rq->arena);

	if (choice_list(app, rq->arena, v->session.user.id, grant_devices(rq->arena, g, all), &devices) != STORE_OK ||
	    show_grant(app, rq->arena, g, all, true, &link) != STORE_OK) {
		visitor_unavailable(app, rq, rs);
		return;
	}
	json_set(rq->arena, data, "link", link);
	json_set(rq->arena, data, "devices", devices);
	visitor_page(app, rq, rs, v, 200, "link", data, NULL);
}

/* Save the devices, or end the link. */
static void
change(struct app *app, const struct request *rq, struct response *rs, const struct visitor *v, const struct grant *g,
    const struct json *all)
{
	const char *action = request_form(rq, "action");
	enum store_result r;

	if (action != NULL && strcmp(action, "save") == 0 && preferences_of(app, g)) {
		if (!preferences_save_link(app, rq, rs, v, g))
			return;
		r = STORE_OK;
	} else if (action != NULL && strcmp(action, "save") == 0) {
		struct json *devices = choice_made(rq, v->session.user.id, all);
		if (devices == NULL) {
			visitor_error(app, rq, rs, 403, "error_device", NULL);
			return;
		}
		r = grant_choose(app->store, rq->arena, g->user, g->id, devices, request_form(rq, "include_new") != NULL,
		    choice_not_made(rq->arena, all, devices));
	} else if (action != NULL && strcmp(action, "unlink") == 0)
		r = grant_revoke(app->store, rq->arena, g->user, g->id, "user");
	else {
		visitor_refuse(app, rq, rs, 400, "");
		return;
	}
	if (r == STORE_OK || r == STORE_ABSENT)
		response_redirect(rs, arena_printf(rq->arena, "%s/links", visitor_base(app)));
	else
		visitor_unavailable(app, rq, rs);
}

void
links_page(struct app *app, const struct request *rq, struct response *rs)
{
	struct visitor v = visitor_find(app, rq, rs);
	bool one = strncmp(rq->path, HERE, sizeof(HERE) - 1) == 0, post = strcmp(rq->method, "POST") == 0;
	struct json *all;
	struct grant g;

	if (!v.unavailable && !v.signed_in) {
		response_redirect(rs, arena_printf(rq->arena, "%s/login", visitor_base(app)));
		return;
	}
	if (v.unavailable || device_ids(app->store, rq->arena, v.session.user.id, &all) != STORE_OK) {
		visitor_unavailable(app, rq, rs);
		return;
	}
	if (!one) {
		show_all(app, rq, rs, &v, all);
		return;
	}
	/* Under the visitor's own key: nobody else's grant can be named. */
	enum store_result r = grant_find(app->store, rq->arena, v.session.user.id, rq->path + sizeof(HERE) - 1, &g);
	if (r == STORE_ABSENT || (r == STORE_OK && g.revoked != NULL))
		visitor_refuse(app, rq, rs, 404, "");
	else if (r != STORE_OK)
		visitor_unavailable(app, rq, rs);
	else if (!post && preferences_of(app, &g))
		preferences_show_link(app, rq, rs, &v, &g);
	else if (!post)
		show_one(app, rq, rs, &v, &g, all);
	else if (visitor_form_ok(app, rq, rs, &v))
		change(app, rq, rs, &v, &g, all);
}
