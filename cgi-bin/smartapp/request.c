/* request.c: one table says what each phase's body is called and who reads it. */
#include "smartapp/request.h"

#include <string.h>

#include "base/arena.h"
#include "base/json.h"
#include "smartapp/request_event.h"
#include "base/banned.h"

#define TEXT_MAX	2048	/* bytes of a text that is nothing special */
#define CHALLENGE_MAX	1024
#define PERMISSIONS_MAX	100

struct reading {
	struct arena		*arena;
	const struct json	*data;		/* the phase's member */
	int64_t			 now;
	struct smartapp_request	*rq;
};

/* A text of at most max bytes. *out is NULL if it is absent or null. */
static bool
text(const struct json *object, const char *name, size_t max, const char **out)
{
	const struct json *v = json_get(object, name);

	*out = json_string(v);
	return v == NULL || json_type(v) == JSON_NULL || (*out != NULL && strlen(*out) <= max);
}

static bool
id(const struct json *object, const char *name, const char **out)
{
	return text(object, name, TEXT_MAX, out) && *out != NULL && smartapp_id_ok(*out);
}

/* What may stand in a header: opaque, but printable and without spaces. */
static bool
token(const struct json *object, const char *name, const char **out)
{
	if (!text(object, name, SMARTAPP_TOKEN_MAX, out))
		return false;
	for (const char *c = *out; c != NULL && *c != '\0'; c++)
		if (*c <= ' ' || *c > '~')
			return false;
	return *out == NULL || **out != '\0';
}

static bool
texts(struct arena *a, const struct json *object, const char *name, const char ***out)
{
	const struct json *v = json_get(object, name);
	size_t n = 0;

	*out = arena_alloc(a, (json_count(v) + 1) * sizeof(**out));
	if (v == NULL || json_type(v) == JSON_NULL)
		return true;
	if (json_type(v) != JSON_ARRAY || json_count(v) > PERMISSIONS_MAX)
		return false;
	for (const struct json *e = json_first(v); e != NULL; e = json_next(e))
		if (((*out)[n++] = json_string(e)) == NULL)
			return false;
	return true;
}

static const char *
read_confirmation(struct reading *r)
{
	struct smartapp_confirmation *c = &r->rq->confirmation;

	if (!id(r->data, "appId", &c->app_id))
		return "confirmationData.appId is missing or no id";
	if (!text(r->data, "confirmationUrl", TEXT_MAX, &c->confirmation_url) || c->confirmation_url == NULL)
		return "confirmationData.confirmationUrl is missing or no text";
	return NULL;
}

static const char *
read_config(struct reading *r, const struct json *object, const char *name, struct smartapp_setting **out)
{
	const struct json *map = json_get(object, name);

	*out = NULL;
	return map == NULL || json_type(map) == JSON_NULL ? NULL : smartapp_config_read(r->arena, map, out);
}

static const char *
read_configuration(struct reading *r)
{
	struct smartapp_configuration *c = &r->rq->configuration;
	const char *phase = json_get_string(r->data, "phase");

	if (phase == NULL || (strcmp(phase, "INITIALIZE") != 0 && strcmp(phase, "PAGE") != 0))
		return "configurationData.phase is neither INITIALIZE nor PAGE";
	c->phase = *phase == 'I' ? SMARTAPP_INITIALIZE : SMARTAPP_PAGE;
	if (!id(r->data, "installedAppId", &c->installed_app_id))
		return "configurationData.installedAppId is missing or no id";
	if (!text(r->data, "pageId", TEXT_MAX, &c->page_id) || !text(r->data, "previousPageId", TEXT_MAX, &c->previous_page_id))
		return "a page's id is no text";
	c->page_id = c->page_id != NULL ? c->page_id : "";
	c->previous_page_id = c->previous_page_id != NULL ? c->previous_page_id : "";
	c->config_json = json_get(r->data, "config");
	return read_config(r, r->data, "config", &c->config);
}

static const char *
read_installed_app(struct reading *r)
{
	struct smartapp_installed_app *app = &r->rq->data.installed_app;
	const struct json *v = json_get(r->data, "installedApp");

	if (json_type(v) != JSON_OBJECT)
		return "installedApp is missing or no object";
	if (!id(v, "installedAppId", &app->installed_app_id))
		return "installedAppId is missing or no id";
	if (!id(v, "locationId", &app->location_id))
		return "locationId is missing or no id";
	if (!texts(r->arena, v, "permissions", &app->permissions))
		return "permissions are no list of texts";
	app->config_json = json_get(v, "config");
	return read_config(r, v, "config", &app->config);
}

static const char *
read_install(struct reading *r)
{
	struct smartapp_lifecycle *d = &r->rq->data;

	if (!token(r->data, "authToken", &d->auth_token) || d->auth_token == NULL)
		return "authToken is missing or no token";
	if (!token(r->data, "refreshToken", &d->refresh_token))
		return "refreshToken is no token";
	if (d->refresh_token == NULL && r->rq->phase == SMARTAPP_INSTALL)
		return "refreshToken is missing";
	return read_installed_app(r);
}

static const char *
read_update(struct reading *r)
{
	const char *fault = read_install(r);

	if (fault == NULL && !texts(r->arena, r->data, "previousPermissions", &r->rq->data.previous_permissions))
		fault = "previousPermissions are no list of texts";
	return fault != NULL ? fault : read_config(r, r->data, "previousConfig", &r->rq->data.previous_config);
}

static const char *
read_oauth_callback(struct reading *r)
{
	struct smartapp_oauth_callback *c = &r->rq->oauth_callback;

	if (!id(r->data, "installedAppId", &c->installed_app_id))
		return "installedAppId is missing or no id";
	if (!text(r->data, "urlPath", 4 * TEXT_MAX, &c->url_path) || c->url_path == NULL)
		return "urlPath is missing or no text";
	return NULL;
}

static const char *
read_event(struct reading *r)
{
	struct smartapp_lifecycle *d = &r->rq->data;
	const char *fault;

	if (!token(r->data, "authToken", &d->auth_token))
		return "authToken is no token";
	if (d->auth_token == NULL && !r->rq->api_only)
		return "authToken is missing";
	if ((fault = read_installed_app(r)) != NULL)
		return fault;
	return smartapp_events_read(r->arena, json_get(r->data, "events"), r->now, &d->events, &d->event_count);
}

static const char *
read_ping(struct reading *r)
{
	const char **challenge = &r->rq->challenge;

	if (!text(r->data, "challenge", CHALLENGE_MAX, challenge) || *challenge == NULL)
		return "pingData.challenge is missing, no text, or too long";
	return NULL;
}

static const struct phase {
	const char	*name, *member, *other;		/* other: the second spelling of the member */
	const char	*(*read)(struct reading *);
	bool		 api_only;			/* comes in the messageType envelope, too */
} phases[] = {
	[SMARTAPP_CONFIRMATION] = { "CONFIRMATION", "confirmationData", NULL, read_confirmation, true },
	[SMARTAPP_CONFIGURATION] = { "CONFIGURATION", "configurationData", NULL, read_configuration, false },
	[SMARTAPP_INSTALL] = { "INSTALL", "installData", NULL, read_install, false },
	[SMARTAPP_UPDATE] = { "UPDATE", "updateData", NULL, read_update, false },
	[SMARTAPP_UNINSTALL] = { "UNINSTALL", "uninstallData", NULL, read_installed_app, false },
	[SMARTAPP_OAUTH_CALLBACK] = { "OAUTH_CALLBACK", "oAuthCallbackData", "oauthCallbackData", read_oauth_callback, false },
	[SMARTAPP_EVENT] = { "EVENT", "eventData", NULL, read_event, true },
	[SMARTAPP_PING] = { "PING", "pingData", NULL, read_ping, false },
};

const char *
smartapp_phase_name(enum smartapp_phase p)
{
	return p < SMARTAPP_PHASES ? phases[p].name : "";
}

enum smartapp_phase
smartapp_request_phase(const struct json *body)
{
	const struct json *lifecycle = json_get(body, "lifecycle");
	const char *name = json_string(lifecycle != NULL ? lifecycle : json_get(body, "messageType"));

	for (size_t i = 0; name != NULL && i < SMARTAPP_PHASES; i++)
		if (strcmp(phases[i].name, name) == 0 && (lifecycle != NULL || phases[i].api_only))
			return (enum smartapp_phase)i;
	return SMARTAPP_PHASES;
}

static bool
object(const struct json *body, const char *name, const struct json **out)
{
	*out = json_get(body, name);
	if (json_type(*out) == JSON_NULL)
		*out = NULL;
	return *out == NULL || json_type(*out) == JSON_OBJECT;
}

const char *
smartapp_request_read(struct arena *a, const struct json *body, int64_t now, struct smartapp_request *rq)
{
	*rq = (struct smartapp_request){ .phase = smartapp_request_phase(body) };
	if (json_type(body) != JSON_OBJECT)
		return "the body is no object";
	if (rq->phase == SMARTAPP_PHASES)
		return "lifecycle is missing, or a phase that there is not";
	rq->api_only = json_get(body, "lifecycle") == NULL;
	if (!text(body, "executionId", 200, &rq->execution_id) || !text(body, "appId", 200, &rq->app_id) ||
	    !text(body, "locale", 100, &rq->locale) || !text(body, "version", 100, &rq->version))
		return "executionId, appId, locale or version is no short text";
	if (!object(body, "client", &rq->client) || !object(body, "settings", &rq->settings))
		return "client or settings is no object";
	const struct phase *p = &phases[rq->phase];
	struct reading r = { .arena = a, .now = now, .rq = rq };
	r.data = json_get(body, p->member);
	if (r.data == NULL && p->other != NULL)
		r.data = json_get(body, p->other);
	if (json_type(r.data) != JSON_OBJECT)
		return arena_printf(a, "%s is missing or no object", p->member);
	return p->read(&r);
}

const char *
smartapp_token(const struct smartapp_request *rq)
{
	return rq->data.auth_token;
}

const char *
smartapp_app_id(const struct smartapp_request *rq)
{
	const char *const ids[] = { rq->data.installed_app.installed_app_id, rq->configuration.installed_app_id,
		rq->oauth_callback.installed_app_id };

	for (size_t i = 0; i < sizeof(ids) / sizeof(ids[0]); i++)
		if (ids[i] != NULL)
			return ids[i];
	return NULL;
}

const char *
smartapp_location_id(const struct smartapp_request *rq)
{
	return rq->data.installed_app.location_id;
}

const char *
smartapp_error_name(enum smartapp_error e)
{
	static const char *const names[] = {
		[SMARTAPP_OK] = "ok",
		[SMARTAPP_INTERNAL_ERROR] = "InternalError",
		[SMARTAPP_BAD_REQUEST_ERROR] = "BadRequestError",
		[SMARTAPP_SIGNATURE_ERROR] = "SignatureError",
	};

	return names[e];
}
