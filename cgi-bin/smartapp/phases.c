/* phases.c: one table: which function of the handler, and who makes the answer. */
#include "smartapp/phases.h"

#include <string.h>

#include "base/arena.h"
#include "base/config.h"
#include "base/json.h"
#include "base/log.h"
#include "smartapp/lifecycle.h"
#include "smartapp/definition.h"
#include "smartapp/login_setting.h"
#include "smartapp/smartapp.h"
#include "base/banned.h"

struct answering {
	const struct smartapp	*app;
	struct smartapp_call	*call;
	struct arena		*arena;
	const char		*why;
};

/* {"member": inner} */
static struct json *
wrap(struct arena *a, const char *member, struct json *inner)
{
	struct json *v = json_object(a);

	json_set(a, v, member, inner);
	return v;
}

/* --- CONFIRMATION --- */

/* The registration is ours to confirm: of our app, at SmartThings' API and nowhere else. */
static bool
is_ours(const struct answering *x, const struct smartapp_confirmation *c)
{
	const struct config *config = x->app->config;
	size_t n = strlen(config->smartapp.api_url);

	if (!config->smartapp.confirm || strcmp(config->smartapp.app_id, c->app_id) != 0)
		return false;
	return strncmp(c->confirmation_url, config->smartapp.api_url, n) == 0 && c->confirmation_url[n] == '/';
}

static enum smartapp_error
confirmation(struct answering *x, struct json **answer)
{
	const struct smartapp_confirmation *c = &x->call->request->confirmation;

	log_event(LOG_LEVEL_WARN, "smartapp_CONFIRM_NOW", "To confirm the registration of app %s open: %.1000s", c->app_id,
	    c->confirmation_url);
	if (is_ours(x, c) && lifecycle_confirm(x->call->own, c->confirmation_url))
		log_event(LOG_LEVEL_INFO, "smartapp_confirm", "app=%s result=queued", c->app_id);
	*answer = json_object(x->arena);
	json_set_string(x->arena, *answer, "targetUrl", x->app->definition->app.target_url);
	return SMARTAPP_OK;
}

/* --- CONFIGURATION --- */

struct json *
phases_initialize(struct arena *a, const struct definition *d)
{
	struct json *v = json_object(a);

	json_set_string(a, v, "id", d->app.id);
	json_set_string(a, v, "name", d->app.name);
	json_set_string(a, v, "description", d->app.description);
	json_set(a, v, "permissions", json_copy(a, d->permissions));
	json_set_string(a, v, "firstPageId", d->pages_count > 0 ? d->pages[0].id : "1");
	return wrap(a, "configurationData", wrap(a, "initialize", v));
}

struct json *
phases_page(struct arena *a, const struct definition *d, const char *page_id)
{
	const struct definition_page *p = definition_page(d, page_id);

	return p != NULL ? wrap(a, "configurationData", wrap(a, "page", json_copy(a, p->answer))) : NULL;
}

static enum smartapp_error
configuration(struct answering *x, struct json **answer)
{
	const struct smartapp_configuration *c = &x->call->request->configuration;
	bool page = c->phase == SMARTAPP_PAGE;
	smartapp_function dynamic = page ? x->app->handler->page : x->app->handler->initialize;
	enum smartapp_error e = dynamic != NULL ? dynamic(x->call) : SMARTAPP_OK;

	*answer = x->call->own->answer;
	if (e == SMARTAPP_OK && *answer == NULL) {
		*answer = page ? phases_page(x->arena, x->app->definition, c->page_id) : phases_initialize(x->arena, x->app->definition);
		x->why = "there is no such page";
		e = *answer != NULL ? SMARTAPP_OK : SMARTAPP_BAD_REQUEST_ERROR;
	}
	return e == SMARTAPP_OK && page ? login_setting_show(x->app, x->arena, c->installed_app_id, *answer, &x->why) : e;
}

/* --- the others answer with an empty object of their name --- */

static enum smartapp_error
uninstall(struct answering *x, struct json **answer)
{
	(void)answer;
	x->call->own->gone = true;
	return SMARTAPP_OK;
}

/* For API access apps this is the uninstall. */
static bool
is_removal(const struct smartapp_call *call, const struct smartapp_event *e)
{
	const struct json *data = smartapp_for_type(e, SMARTAPP_INSTALLED_APP_LIFECYCLE_EVENT);
	const char *what = json_get_string(data, "lifecycle"), *id = json_get_string(data, "installedAppId");

	return what != NULL && id != NULL && strcmp(what, "DELETE") == 0 && strcmp(id, smartapp_app_id(call->request)) == 0;
}

static enum smartapp_error
event(struct answering *x, struct json **answer)
{
	(void)answer;
	for (const struct smartapp_event *e = x->call->request->data.events; e != NULL; e = e->next) {
		x->call->own->gone |= is_removal(x->call, e);
		if (e->type == SMARTAPP_OTHER_EVENT)
			log_event(LOG_LEVEL_WARN, "smartapp_event", "type=\"%.64s\" result=skipped", e->type_name);
	}
	return SMARTAPP_OK;
}

static enum smartapp_error
oauth_callback(struct answering *x, struct json **answer)
{
	(void)answer;
	return login_setting_back(x->app, x->arena, &x->call->request->oauth_callback, &x->why);
}

static enum smartapp_error
ping(struct answering *x, struct json **answer)
{
	struct json *v = json_object(x->arena);

	json_set_string(x->arena, v, "challenge", x->call->request->challenge);
	*answer = wrap(x->arena, "pingData", v);
	return SMARTAPP_OK;
}

#define HOOK(name) offsetof(struct smartapp_handler, name)
#define NO_HOOK ((size_t)-1)

static const struct {
	size_t		 hook;		/* of struct smartapp_handler */
	enum smartapp_error (*answer)(struct answering *, struct json **);
	const char	*member;	/* of the empty answer */
} phases[] = {
	[SMARTAPP_CONFIRMATION] = { HOOK(confirmation), confirmation, NULL },
	[SMARTAPP_CONFIGURATION] = { HOOK(configuration), configuration, NULL },
	[SMARTAPP_INSTALL] = { HOOK(install), NULL, "installData" },
	[SMARTAPP_UPDATE] = { HOOK(update), NULL, "updateData" },
	[SMARTAPP_UNINSTALL] = { HOOK(uninstall), uninstall, "uninstallData" },
	[SMARTAPP_OAUTH_CALLBACK] = { HOOK(oauth_callback), oauth_callback, "oAuthCallbackData" },
	[SMARTAPP_EVENT] = { HOOK(event), event, "eventData" },
	[SMARTAPP_PING] = { NO_HOOK, ping, NULL },
};

enum smartapp_error
phases_answer(const struct smartapp *s, struct smartapp_call *call, struct json **answer, const char **why)
{
	enum smartapp_phase phase = call->request->phase;
	struct answering x = { s, call, call->own->arena, "the handler" };
	smartapp_function hook = NULL;
	enum smartapp_error e = SMARTAPP_OK;

	if (phases[phase].hook != NO_HOOK)
		memcpy(&hook, (const char *)s->handler + phases[phase].hook, sizeof(hook));
	if (hook != NULL)
		e = hook(call);
	if (e == SMARTAPP_OK && phases[phase].member != NULL)
		*answer = wrap(x.arena, phases[phase].member, json_object(x.arena));
	if (e == SMARTAPP_OK && phases[phase].answer != NULL)
		e = phases[phase].answer(&x, answer);
	*why = e != SMARTAPP_OK ? x.why : NULL;
	return e;
}
