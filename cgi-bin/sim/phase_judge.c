/* phase_judge.c: members that must be there, of each phase, and those of a page down to its settings. */
#include "sim/phase_judge.h"

#include <stdbool.h>
#include <string.h>

#include "base/arena.h"
#include "base/json.h"
#include "base/banned.h"

struct judge {
	struct arena	*arena;
	struct json	*faults;
};

static void
fault(struct judge *j, const char *error)
{
	struct json *f = json_append(j->arena, j->faults, json_object(j->arena));

	json_set_string(j->arena, f, "error", error);
}

static void
must_be_text(struct judge *j, const struct json *v, const char *name, const char *where)
{
	const char *s = json_get_string(v, name);

	if (s == NULL || *s == '\0')
		fault(j, arena_printf(j->arena, "%s has no %s", where, name));
}

/* --- pages --- */

static bool
is_type(const char *type)
{
	static const char *const types[] = { "DEVICE", "TEXT", "PASSWORD", "BOOLEAN", "ENUM", "LINK", "PAGE", "IMAGE", "ICON", "TIME",
		"PARAGRAPH", "EMAIL", "DECIMAL", "NUMBER", "PHONE", "OAUTH", "MODE", "SCENE", "SOUND", "MESSAGE_GROUP", "SECURITY",
		"IMAGES", "VIDEO" };

	for (size_t i = 0; type != NULL && i < sizeof(types) / sizeof(types[0]); i++)
		if (strcmp(types[i], type) == 0)
			return true;
	return false;
}

static void
judge_setting(struct judge *j, const struct json *setting)
{
	const char *type = json_get_string(setting, "type"), *id = json_get_string(setting, "id");

	must_be_text(j, setting, "id", "a setting");
	if (!is_type(type))
		fault(j, arena_printf(j->arena, "setting %s has a type that no phone knows", id != NULL ? id : "?"));
	else if (strcmp(type, "DEVICE") == 0 && json_first(json_get(setting, "capabilities")) == NULL)
		fault(j, arena_printf(j->arena, "setting %s names no capability", id != NULL ? id : "?"));
}

static void
judge_page(struct judge *j, const struct json *sent, const struct json *page)
{
	const char *asked = json_get_string(json_get(sent, "configurationData"), "pageId");
	const char *id = json_get_string(page, "pageId");

	if (json_type(page) != JSON_OBJECT) {
		fault(j, "configurationData.page is missing");
		return;
	}
	must_be_text(j, page, "pageId", "the page");
	must_be_text(j, page, "name", "the page");
	if (asked != NULL && id != NULL && strcmp(asked, id) != 0)
		fault(j, "it is not the page that was asked for");
	if (json_first(json_get(page, "sections")) == NULL)
		fault(j, "the page has no sections");
	for (const struct json *s = json_first(json_get(page, "sections")); s != NULL; s = json_next(s))
		for (const struct json *e = json_first(json_get(s, "settings")); e != NULL; e = json_next(e))
			judge_setting(j, e);
}

/* --- phases --- */

static void
judge_configuration(struct judge *j, const struct json *sent, const struct json *answer)
{
	const char *phase = json_get_string(json_get(sent, "configurationData"), "phase");
	const struct json *data = json_get(answer, "configurationData"), *initialize = json_get(data, "initialize");

	if (phase != NULL && strcmp(phase, "PAGE") == 0) {
		judge_page(j, sent, json_get(data, "page"));
		return;
	}
	if (json_type(initialize) != JSON_OBJECT) {
		fault(j, "configurationData.initialize is missing");
		return;
	}
	must_be_text(j, initialize, "id", "initialize");
	must_be_text(j, initialize, "firstPageId", "initialize");
	if (json_type(json_get(initialize, "permissions")) != JSON_ARRAY)
		fault(j, "initialize.permissions are no list");
}

/* SmartThings knows the target URL from the registration: an answer with another path is of another app. */
static void
judge_confirmation(struct judge *j, const struct json *answer)
{
	const char *url = json_get_string(answer, "targetUrl"), *host = url != NULL ? strstr(url, "://") : NULL;
	size_t len = host != NULL ? strcspn(host, "?") : 0;

	if (host == NULL || len < 9 || strncmp(host + len - 9, "/smartapp", 9) != 0)
		fault(j, "targetUrl is not the URL that was called");
}

struct json *
phase_judge(struct arena *a, const struct json *sent, int wanted, int status, const struct json *answer)
{
	static const struct { const char *phase, *member; } empty[] = { { "INSTALL", "installData" }, { "UPDATE", "updateData" },
		{ "UNINSTALL", "uninstallData" }, { "EVENT", "eventData" }, { "OAUTH_CALLBACK", "oAuthCallbackData" } };
	struct judge j = { a, json_array(a) };
	const char *phase = json_get_string(sent, "lifecycle");

	if (json_type(answer) != JSON_OBJECT)
		fault(&j, "the answer is no JSON object");
	else if (wanted != status)
		fault(&j, arena_printf(a, "the status is %d, not %d", status, wanted));
	else if (wanted == 200 && phase != NULL) {
		if (strcmp(phase, "CONFIRMATION") == 0)
			judge_confirmation(&j, answer);
		if (strcmp(phase, "CONFIGURATION") == 0)
			judge_configuration(&j, sent, answer);
		for (size_t i = 0; i < sizeof(empty) / sizeof(empty[0]); i++)
			if (strcmp(empty[i].phase, phase) == 0 && json_type(json_get(answer, empty[i].member)) != JSON_OBJECT)
				fault(&j, arena_printf(a, "%s is missing", empty[i].member));
	}
	return j.faults;
}
