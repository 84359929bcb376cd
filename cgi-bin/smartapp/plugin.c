/* plugin.c: dlopen, and thin functions between a handler's texts and our values. */
#include "smartapp/plugin.h"

#include <dlfcn.h>
#include <stdarg.h>
#include <string.h>

#include "base/arena.h"
#include "base/json.h"
#include "base/log.h"
#include "smartapp/lifecycle.h"
#include "smartapp/installed.h"
#include "base/banned.h"

const struct smartapp_handler *
plugin_open(struct arena *a, const char *file, void **plugin, const char **why)
{
	void *so = dlopen(file, RTLD_NOW | RTLD_LOCAL);
	const struct smartapp_handler *h = so != NULL ? dlsym(so, "smartapp_handler") : NULL;

	*plugin = so;
	if (so == NULL)
		*why = arena_printf(a, "smartapp.handler: %s", dlerror());
	else if (h == NULL)
		*why = arena_printf(a, "%s: has no symbol smartapp_handler", file);
	else if (h->version != SMARTAPP_HANDLER_VERSION)
		*why = arena_printf(a, "%s: was made for version %u of smartapp/handler.h, this is %d", file, h->version,
		    SMARTAPP_HANDLER_VERSION);
	else
		return h;
	plugin_close(so);
	*plugin = NULL;
	return NULL;
}

void
plugin_close(void *plugin)
{
	if (plugin != NULL)
		dlclose(plugin);
}

/* --- tools --- */

static struct json *
parse(struct smartapp_call *call, const char *text)
{
	return text != NULL ? json_parse(call->own->arena, text, strlen(text), NULL) : NULL;
}

static char *
print(struct smartapp_call *call, const struct json *v)
{
	return v != NULL ? json_print(call->own->arena, v) : NULL;
}

static char *
format(struct smartapp_call *call, const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	char *text = arena_vprintf(call->own->arena, fmt, ap);
	va_end(ap);
	return text;
}

static void
answer_init(struct smartapp_call *call, const char *id, const char *name, const char *description,
    const char *const *permissions, const char *first_page_id)
{
	struct arena *a = call->own->arena;
	struct json *all = json_object(a), *data = json_set(a, all, "configurationData", json_object(a));
	struct json *v = json_set(a, data, "initialize", json_object(a)), *list = json_array(a);

	for (; permissions != NULL && *permissions != NULL; permissions++)
		json_append_string(a, list, *permissions);
	json_set_string(a, v, "id", id);
	json_set_string(a, v, "name", name);
	json_set_string(a, v, "description", description);
	json_set(a, v, "permissions", list);
	json_set_string(a, v, "firstPageId", first_page_id);
	call->own->answer = all;
}

static void
set_id(struct arena *a, struct json *page, const char *name, const char *id)
{
	json_set(a, page, name, id != NULL && *id != '\0' ? json_new_string(a, id) : json_new_null(a));
}

static bool
answer_page(struct smartapp_call *call, const char *page_id, const char *name, const char *previous, const char *next,
    bool complete, const char *sections)
{
	struct arena *a = call->own->arena;
	struct json *all = json_object(a), *data = json_set(a, all, "configurationData", json_object(a));
	struct json *page = json_set(a, data, "page", json_object(a)), *list = parse(call, sections);

	if (json_type(list) != JSON_ARRAY)
		return false;
	json_set_string(a, page, "pageId", page_id);
	json_set_string(a, page, "name", name);
	set_id(a, page, "previousPageId", previous);
	set_id(a, page, "nextPageId", next);
	json_set_bool(a, page, "complete", complete);
	json_set(a, page, "sections", list);
	call->own->answer = all;
	return true;
}

static bool
api(struct smartapp_call *call, const char *method, const char *path, const char *body)
{
	struct json *v = parse(call, body);

	return (body == NULL || v != NULL) &&
	    lifecycle_wish(call->own, arena_strdup(call->own->arena, method), arena_strdup(call->own->arena, path), v);
}

static bool
command(struct smartapp_call *call, const char *device, const char *component, const char *capability, const char *name,
    const char *arguments)
{
	struct json *v = parse(call, arguments);

	return (arguments == NULL || json_type(v) == JSON_ARRAY) &&
	    lifecycle_command(call->own, device, component, capability, name, v);
}

/* The first wish of INSTALL or UPDATE of this kind is the removal of what was there. */
static bool
make_anew(struct smartapp_call *call, const char *below, const char *body, bool *begun)
{
	struct json *v = parse(call, body);

	if (json_type(v) != JSON_OBJECT)
		return false;
	if (call->request->phase == SMARTAPP_UPDATE && !*begun)
		lifecycle_wish_own(call->own, "DELETE", below, NULL);
	*begun = true;
	return lifecycle_wish_own(call->own, "POST", below, v);
}

static bool
subscribe(struct smartapp_call *call, const char *body)
{
	return make_anew(call, "/subscriptions", body, &call->own->subscribed);
}

static bool
schedule(struct smartapp_call *call, const char *body)
{
	return make_anew(call, "/schedules", body, &call->own->scheduled);
}

static bool
set(struct smartapp_call *call, const char *user, const char *device, const char *attribute, const char *value)
{
	struct arena *a = call->own->arena;
	struct json *v = parse(call, value);

	return v != NULL && lifecycle_set(call->own, user, arena_strdup(a, device), arena_strdup(a, attribute), v);
}

static bool
post(struct smartapp_call *call, const char *url, const char *body)
{
	struct json *v = parse(call, body);

	return v != NULL && lifecycle_post(call->own, arena_strdup(call->own->arena, url), v);
}

static const struct json *
state_get(struct smartapp_call *call, const char *name)
{
	struct lifecycle *c = call->own;
	const char *id = smartapp_app_id(call->request);
	struct installed i;

	if (c->state != NULL && json_get(c->state, name) != NULL)
		return json_type(json_get(c->state, name)) == JSON_NULL ? NULL : json_get(c->state, name);
	if (id == NULL || installed_find(c->store, c->arena, c->keyring, id, &i) != STORE_OK)
		return NULL;
	return json_get(i.state, name);
}

static bool
state_set(struct smartapp_call *call, const char *name, const char *value)
{
	struct lifecycle *c = call->own;
	struct json *v = value == NULL ? json_new_null(c->arena) : parse(call, value);

	if (v == NULL || *name == '\0' || smartapp_app_id(call->request) == NULL)
		return false;
	c->state = c->state != NULL ? c->state : json_object(c->arena);
	json_set(c->arena, c->state, name, v);
	return true;
}

static void
say(struct smartapp_call *call, const char *text)
{
	log_event(LOG_LEVEL_INFO, "smartapp_handler", "correlation=%s text=\"%s\"", call->correlation_id, text);
}

const struct smartapp_tools plugin_tools = {
	.token = smartapp_token,
	.app_id = smartapp_app_id,
	.location_id = smartapp_location_id,
	.as_devices = smartapp_as_devices,
	.as_str = smartapp_as_str,
	.as_bool = smartapp_as_bool,
	.as_int = smartapp_as_int,
	.as_float = smartapp_as_float,
	.for_type = smartapp_for_type,
	.filter = smartapp_filter,
	.find_page = smartapp_find_page,
	.find_setting = smartapp_find_setting,
	.json_get = json_get,
	.json_first = json_first,
	.json_next = json_next,
	.json_string = json_string,
	.json_number = json_number,
	.json_bool = json_bool,
	.json_parse = parse,
	.json_print = print,
	.format = format,
	.answer_init = answer_init,
	.answer_page = answer_page,
	.api = api,
	.command = command,
	.subscribe = subscribe,
	.schedule = schedule,
	.set = set,
	.post = post,
	.state_get = state_get,
	.state_set = state_set,
	.log = say,
};
