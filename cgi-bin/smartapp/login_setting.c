/* login_setting.c: what SmartThings is shown in place of the setting, by how its link is. */
#include "smartapp/login_setting.h"

#include <string.h>

#include "base/arena.h"
#include "base/json.h"
#include "base/log.h"
#include "smartapp/definition.h"
#include "smartapp/handler.h"
#include "smartapp/logins.h"
#include "smartapp/smartapp.h"
#include "base/banned.h"

#define URL_MAX 2048	/* bytes of a urlTemplate (lifecycle protocol 2.2) */

static bool
is_oauth(const struct json *setting)
{
	const char *type = json_get_string(setting, "type");

	return type != NULL && strcmp(type, "OAUTH") == 0;
}

static bool
is_ours(const struct json *setting)
{
	return is_oauth(setting) && json_get_string(setting, "connector") != NULL;
}

bool
login_setting_any(const struct definition *d)
{
	for (const struct json *v = json_first(d->settings); v != NULL; v = json_next(v))
		if (is_ours(v))
			return true;
	return false;
}

/* --- on a page --- */

static const char *
text_of(const struct json *setting, const char *name, const char *otherwise)
{
	const char *s = json_get_string(setting, name);

	return s != NULL ? s : otherwise;
}

/* Nothing is to be done, here: a text says so. */
static void
be_paragraph(struct arena *a, struct json *v, const char *text)
{
	json_set_string(a, v, "type", "PARAGRAPH");
	json_set_string(a, v, "defaultValue", text);
	json_set_bool(a, v, "required", false);
	json_set(a, v, "browser", NULL);
}

static enum smartapp_error
show_one(const struct smartapp *s, struct arena *a, const char *installed, struct json *v, const char **why)
{
	const char *connector = json_get_string(v, "connector"), *user = json_get_string(v, "user"), *url = NULL;
	const char *linked = text_of(v, "linked", "Linked."), *again = text_of(v, "again", "Log in again at");

	if (s->logins == NULL || user == NULL) {
		*why = "a setting names a connector, and not whose link it is";
		return SMARTAPP_INTERNAL_ERROR;
	}
	switch (s->logins->begin(s->logins->arg, a, connector, user, installed, &url, why)) {
	case SMARTAPP_LOGIN_OPEN:
		json_set_string(a, v, "urlTemplate", url);
		break;
	case SMARTAPP_LOGIN_LINKED:
		be_paragraph(a, v, linked);
		break;
	case SMARTAPP_LOGIN_ELSEWHERE:
		be_paragraph(a, v, arena_printf(a, "%s %s", again, url));
		break;
	default:
		return SMARTAPP_INTERNAL_ERROR;
	}
	if (url != NULL && strlen(url) > URL_MAX) {
		*why = "the address of the login is too long for SmartThings";
		return SMARTAPP_INTERNAL_ERROR;
	}
	for (const char *const *ours = (const char *const[]){ "connector", "user", "linked", "again", NULL }; *ours != NULL; ours++)
		json_set(a, v, *ours, NULL);
	return SMARTAPP_OK;
}

static bool
has_ours(const struct json *sections)
{
	for (const struct json *s = json_first(sections); s != NULL; s = json_next(s))
		for (const struct json *v = json_first(json_get(s, "settings")); v != NULL; v = json_next(v))
			if (is_ours(v))
				return true;
	return false;
}

enum smartapp_error
login_setting_show(const struct smartapp *s, struct arena *a, const char *installed, struct json *answer, const char **why)
{
	const struct json *page = json_get(json_get(answer, "configurationData"), "page"), *before = json_get(page, "sections");
	struct json *data = json_object(a), *shown, *sections;
	enum smartapp_error e = SMARTAPP_OK;

	if (!has_ours(before))
		return SMARTAPP_OK;
	shown = json_set(a, data, "page", json_copy(a, page));
	sections = json_set(a, shown, "sections", json_array(a));
	for (const struct json *section = json_first(before); section != NULL; section = json_next(section)) {
		struct json *settings = json_array(a);
		json_set(a, json_append(a, sections, json_copy(a, section)), "settings", settings);
		for (const struct json *v = json_first(json_get(section, "settings")); v != NULL && e == SMARTAPP_OK; v = json_next(v)) {
			struct json *one = json_append(a, settings, json_copy(a, v));
			if (is_ours(v))
				e = show_one(s, a, installed, one, why);
		}
	}
	json_set(a, answer, "configurationData", data);
	return e;
}

/* --- coming back --- */

/* Might the state be one that a handler knows, or an app behind a urlTemplate of the definition's? */
static bool
is_for_others(const struct smartapp *s)
{
	for (const struct json *v = json_first(s->definition->settings); v != NULL; v = json_next(v))
		if (is_oauth(v) && !is_ours(v))
			return true;
	return s->handler->oauth_callback != NULL;
}

enum smartapp_error
login_setting_back(const struct smartapp *s, struct arena *a, const struct smartapp_oauth_callback *c, const char **why)
{
	if (s->logins == NULL || !login_setting_any(s->definition))
		return SMARTAPP_OK;
	switch (s->logins->finish(s->logins->arg, a, c->installed_app_id, c->url_path, why)) {
	case SMARTAPP_LOGIN_LINKED:
	case SMARTAPP_LOGIN_DECLINED:	/* they know it: they said so */
		return SMARTAPP_OK;
	case SMARTAPP_LOGIN_STRANGER:
		*why = "its state is none of this installed app's, or not any more";
		return is_for_others(s) ? SMARTAPP_OK : SMARTAPP_BAD_REQUEST_ERROR;
	default:
		return SMARTAPP_INTERNAL_ERROR;
	}
}
