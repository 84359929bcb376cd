/* console.c: the owner's pages: devices and how they are, links, activity, account. */
#include <string.h>

#include "account/activity_page.h"
#include "account/links.h"
#include "account/operator.h"
#include "account/profile.h"
#include "account/visitor.h"
#include "app.h"
#include "base/arena.h"
#include "base/json.h"
#include "device/device.h"
#include "device/state.h"
#include "web/request.h"
#include "web/response.h"
#include "web/serve.h"
#include "base/banned.h"

#define MAX_BODY 65536

struct listing {
	struct arena	*arena;
	struct json	*values;
};

static void
add_value(void *arg, const struct state_value *v)
{
	struct listing *l = arg;
	const char *text = json_string(v->value);

	/* Health stands above; lists such as supportedWindowShadeCommands are for machines. */
	if (strcmp(v->capability, "healthCheck") == 0 || json_type(v->value) == JSON_ARRAY || json_type(v->value) == JSON_OBJECT)
		return;
	struct json *item = json_append(l->arena, l->values, json_object(l->arena));
	json_set_string(l->arena, item, "attribute", v->attribute);
	json_set_string(l->arena, item, "value", text != NULL ? text : json_print(l->arena, v->value));
	json_set_string(l->arena, item, "unit", v->unit);
}

static enum store_result
add_device(struct app *app, struct arena *a, const char *user, const char *id, struct json *devices)
{
	const struct json *state;
	struct device d;
	enum store_result r = device_find(app->store, a, user, id, &d);

	if (r == STORE_OK)
		r = state_get(app->store, a, user, id, &state);
	if (r != STORE_OK)
		return r == STORE_ABSENT ? STORE_OK : r;
	struct json *item = json_append(a, devices, json_object(a));
	json_set_string(a, item, "name", d.name);
	json_set_string(a, item, "room", d.room);
	json_set_bool(a, item, "online", state_online(state));
	struct listing l = { a, json_set(a, item, "values", json_array(a)) };
	state_each(a, app->catalogue, &d, state, add_value, &l);
	return STORE_OK;
}

static void
home(struct app *app, const struct request *rq, struct response *rs)
{
	struct arena *a = rq->arena;
	struct visitor v = visitor_find(app, rq, rs);
	struct json *ids = NULL, *data = json_object(a), *devices = json_set(a, data, "devices", json_array(a));
	enum store_result r = STORE_OK;

	if (v.signed_in)
		r = device_ids(app->store, a, v.session.user.id, &ids);
	for (const struct json *id = json_first(ids); id != NULL && r == STORE_OK; id = json_next(id))
		r = add_device(app, a, v.session.user.id, json_string(id), devices);
	if (v.unavailable || r != STORE_OK)
		visitor_unavailable(app, rq, rs);
	else
		visitor_page(app, rq, rs, &v, 200, "home", data, NULL);
}

int
main(void)
{
	static const struct route routes[] = {
		{ "/", "GET", home, visitor_refuse },
		{ "/links", "GET", links_page, visitor_refuse },
		{ "/links/", "GET POST", links_page, visitor_refuse },
		{ "/activity", "GET", activity_page, visitor_refuse },
		{ "/account", "GET POST", profile_account, visitor_refuse },
		{ "/operator", "GET POST", operator_page, visitor_refuse },
		{ NULL, NULL, NULL, visitor_refuse },
	};
	static const struct program program = { "console", routes, MAX_BODY };
	struct app app;

	app_open(&app, program.name, NULL, APP_STORE | APP_KEYS | APP_CATALOGUE | APP_PAGES | APP_WEBAPPS);
	int rc = serve(&program, &app);
	app_close(&app);
	return rc;
}
