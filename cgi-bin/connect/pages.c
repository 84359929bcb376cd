/* pages.c: pages and forms of links. */
#include "connect/pages.h"

#include <string.h>

#include "account/visitor.h"
#include "app.h"
#include "base/arena.h"
#include "base/json.h"
#include "connect/login.h"
#include "connect/show.h"
#include "link/all.h"
#include "link/connector.h"
#include "link/end.h"
#include "link/link.h"
#include "link/mirror.h"
#include "oauth/activity.h"
#include "web/form.h"
#include "web/request.h"
#include "web/response.h"
#include "base/banned.h"

#define HERE "/connect/"

/* One request about one link or vendor. */
struct visit {
	struct app		*app;
	const struct request	*rq;
	struct response		*rs;
	struct visitor		 visitor;
	const struct connector	*connector;	/* of the link, too; NULL: its file is gone */
	struct link		 link;		/* id NULL: it is about a vendor */
	const char		*what;		/* behind the name: "start"; "" = nothing */
};

static const char *
address(const struct visit *v, const char *rest)
{
	return arena_printf(v->rq->arena, "%s" HERE "%s%s", visitor_base(v->app),
	    v->link.id != NULL ? v->link.id : v->connector->id, rest);
}

/* Who is looking? False: they were sent to sign in, or told that it cannot be known. */
static bool
enter(struct app *app, const struct request *rq, struct response *rs, struct visitor *v)
{
	*v = visitor_find(app, rq, rs);
	if (v->unavailable)
		visitor_unavailable(app, rq, rs);
	else if (!v->signed_in)
		response_redirect(rs, arena_printf(rq->arena, "%s/login", visitor_base(app)));
	return v->signed_in && !v->unavailable;
}

void
pages_list(struct app *app, const struct request *rq, struct response *rs)
{
	struct json *data = json_object(rq->arena), *links;
	struct visitor v;

	if (!enter(app, rq, rs, &v))
		return;
	if (show_links(app, rq->arena, v.session.user.id, &links) != STORE_OK) {
		visitor_unavailable(app, rq, rs);
		return;
	}
	json_set(rq->arena, data, "links", links);
	json_set(rq->arena, data, "connectors", show_connectors(app, rq->arena));
	visitor_page(app, rq, rs, &v, 200, "connect", data, NULL);
}

/* --- one --- */

/* "https://acme.example" of a URL: where the login form leads in the end. */
static const char *
origin(struct arena *a, const char *url)
{
	const char *host = strstr(url, "://");

	return host != NULL ? arena_strndup(a, url, (size_t)(host - url) + 3 + strcspn(host + 3, "/?")) : NULL;
}

static void
show_one(const struct visit *v)
{
	struct arena *a = v->rq->arena;
	struct json *data = json_object(a), *link;

	if (v->connector != NULL) {
		json_set_string(a, data, "name", v->connector->name);
		json_set_string(a, data, "about", v->connector->about);
	}
	json_set_string(a, data, "at", address(v, ""));
	if (v->link.id != NULL) {
		if (show_link(v->app, a, &v->link, &link) != STORE_OK) {
			visitor_unavailable(v->app, v->rq, v->rs);
			return;
		}
		json_set(a, data, "link", link);
	}
	visitor_page(v->app, v->rq, v->rs, &v->visitor, 200, v->link.id != NULL ? "connect-link" : "connect-vendor", data,
	    v->connector != NULL ? origin(a, v->connector->oauth.authorize_url) : NULL);
}

/* POST .../start: a link, if there is none yet, and on to the login. */
static void
start(struct visit *v)
{
	enum store_result r = STORE_OK;

	if (v->connector == NULL) {
		visitor_error(v->app, v->rq, v->rs, 409, "connect_gone", NULL);
		return;
	}
	if (v->link.id == NULL)
		r = link_make(v->app->store, v->rq->arena, v->visitor.session.user.id, v->connector, &v->link);
	if (r == STORE_LIMIT)
		visitor_error(v->app, v->rq, v->rs, 409, "connect_many", NULL);
	else if (r != STORE_OK)
		visitor_unavailable(v->app, v->rq, v->rs);
	else
		response_redirect(v->rs, login_address(v->app, v->rq->arena, &v->link));
}

static void
show_choice(const struct visit *v, int status, const struct json *faults)
{
	struct arena *a = v->rq->arena;
	struct json *data = json_object(a), *items;
	const char *why;
	struct json *devices = show_devices(v->app, a, &v->link, &items, &why);

	json_set_string(a, data, "name", v->connector->name);
	json_set_string(a, data, "at", address(v, ""));
	if (devices == NULL)
		json_set_string(a, data, "why", why);
	else
		json_set(a, data, "devices", devices);
	json_set_bool(a, data, "none", devices != NULL && json_first(devices) == NULL);
	if (faults != NULL)
		json_set(a, data, "faults", json_copy(a, faults));
	visitor_page(v->app, v->rq, v->rs, &v->visitor, devices != NULL ? status : 502, "connect-devices", data, NULL);
}

static void
choose(struct visit *v)
{
	struct arena *a = v->rq->arena;
	struct json *wanted = json_array(a), *items = json_array(a), *faults;
	const char *why;

	for (const struct pair *p = v->rq->form; p != NULL; p = p->next)
		if (strcmp(p->name, "device") == 0 && *p->value != '\0' && !json_array_has(wanted, p->value))
			json_append_string(a, wanted, p->value);
	if (json_first(wanted) != NULL && show_devices(v->app, a, &v->link, &items, &why) == NULL) {
		show_choice(v, 502, NULL);
		return;
	}
	enum store_result r = all_forget(v->app->links, a, &v->link);
	if (r == STORE_OK)
		r = mirror_choose(v->app->links, a, v->connector, &v->link, wanted, items, &faults);
	if (r == STORE_OK)
		r = link_find(v->app->store, a, v->visitor.session.user.id, v->link.id, &v->link);
	/* What was just heard is good for those, too, that were chosen before. */
	if (r == STORE_OK && json_first(wanted) != NULL)
		r = mirror_update(v->app->links, a, v->connector, &v->link, items);
	if (r == STORE_OK)
		r = link_wake(v->app->store, a, v->link.user, v->link.id);
	if (r != STORE_OK)
		visitor_unavailable(v->app, v->rq, v->rs);
	else if (json_first(faults) != NULL)
		show_choice(v, 422, faults);
	else
		response_redirect(v->rs, arena_printf(a, "%s/devices", visitor_base(v->app)));
}

static void
devices(struct visit *v)
{
	if (v->connector == NULL)
		visitor_error(v->app, v->rq, v->rs, 409, "connect_gone", NULL);
	else if (v->link.status != LINK_LINKED)
		response_redirect(v->rs, address(v, ""));
	else if (strcmp(v->rq->method, "POST") == 0)
		choose(v);
	else
		show_choice(v, 200, NULL);
}

static void
look(struct visit *v)
{
	if (link_wake(v->app->store, v->rq->arena, v->link.user, v->link.id) == STORE_OK)
		response_redirect(v->rs, address(v, ""));
	else
		visitor_unavailable(v->app, v->rq, v->rs);
}

static void
uninstall(struct visit *v)
{
	if (link_end(v->app->links, v->rq->arena, &v->link) != STORE_OK) {
		visitor_unavailable(v->app, v->rq, v->rs);
		return;
	}
	visitor_note(v->app, v->rq, &v->visitor, (struct activity){ .event = "link_ended", .detail = v->link.connector });
	response_redirect(v->rs, arena_printf(v->rq->arena, "%s/connect", visitor_base(v->app)));
}

/* What may stand behind a name. */
static const struct action {
	const char	*what;
	bool		 of_link, get, post;
	void		(*run)(struct visit *);
} actions[] = {
	{ "start", false, false, true, start },
	{ "devices", true, true, true, devices },
	{ "look", true, false, true, look },
	{ "uninstall", true, false, true, uninstall },
};

/* Find what "VENDOR/start" or "LINK/devices" is about. STORE_ABSENT if it is about nothing of this visitor's. */
static enum store_result
find(struct visit *v)
{
	const char *rest = v->rq->path + sizeof(HERE) - 1, *slash = strchr(rest, '/');
	const char *name = slash != NULL ? arena_strndup(v->rq->arena, rest, (size_t)(slash - rest)) : rest;

	v->what = slash != NULL ? slash + 1 : "";
	if ((v->connector = connectors_find(v->app->links->connectors, name)) != NULL)
		return STORE_OK;
	/* Under the visitor's own key: nobody else's link can be named. */
	enum store_result r = link_find(v->app->store, v->rq->arena, v->visitor.session.user.id, name, &v->link);
	if (r == STORE_OK)
		v->connector = connectors_find(v->app->links->connectors, v->link.connector);
	return r;
}

void
pages_one(struct app *app, const struct request *rq, struct response *rs)
{
	struct visit v = { .app = app, .rq = rq, .rs = rs };
	bool post = strcmp(rq->method, "POST") == 0;
	const struct action *action = NULL;

	if (!enter(app, rq, rs, &v.visitor))
		return;
	enum store_result r = find(&v);
	for (size_t i = 0; r == STORE_OK && i < sizeof(actions) / sizeof(actions[0]); i++)
		if (strcmp(actions[i].what, v.what) == 0 && (!actions[i].of_link || v.link.id != NULL))
			action = &actions[i];
	if (r == STORE_ABSENT || (r == STORE_OK && action == NULL && *v.what != '\0'))
		visitor_refuse(app, rq, rs, 404, "");
	else if (r != STORE_OK)
		visitor_unavailable(app, rq, rs);
	else if (action != NULL ? !(post ? action->post : action->get) : post) {
		visitor_refuse(app, rq, rs, 405, "");
		response_header(rs, "Allow", post ? "GET" : "POST");
	} else if (action == NULL)
		show_one(&v);
	else if (!post || visitor_form_ok(app, rq, rs, &v.visitor))
		action->run(&v);
}
