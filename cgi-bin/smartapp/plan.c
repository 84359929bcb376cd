/* plan.c: tables of members, and whether what they refer to is there; rules are in plan_rule.c. */
#include "smartapp/plan.h"

#include <string.h>

#include "base/arena.h"
#include "base/json.h"
#include "smartapp/definition.h"
#include "smartapp/plan_check.h"
#include "smartapp/setting.h"
#include "smartapp/source.h"
#include "smartapp/when.h"
#include "base/banned.h"

const struct plan_match plan_matches[] = {
	{ "component", "componentId" }, { "capability", "capability" }, { "attribute", "attribute" }, { "value", "value" },
	{ "device", "deviceId" }, { "mode", "modeId" }, { "scene", "sceneId" }, { "timer", "name" }, { "status", "status" },
	{ "lifecycle", "lifecycle" }, { "armState", "armState" }, { "hub", "hubId" }, { NULL, NULL },
};

const struct plan_subscription plan_subscriptions[] = {
	{ "DEVICE", "device", true }, { "CAPABILITY", "capability", false }, { "MODE", "mode", false },
	{ "DEVICE_LIFECYCLE", "deviceLifecycle", true }, { "DEVICE_HEALTH", "deviceHealth", true },
	{ "SECURITY_ARM_STATE", "securityArmState", false }, { "HUB_HEALTH", "hubHealth", false },
	{ "SCENE_LIFECYCLE", "sceneLifecycle", false }, { NULL, NULL, false },
};

const struct plan_subscription *
plan_subscription(const char *type)
{
	for (const struct plan_subscription *k = plan_subscriptions; k->type != NULL; k++)
		if (strcmp(k->type, type) == 0)
			return k;
	return NULL;
}

static const struct source_member subscription_members[] = {
	{ "name", SOURCE_ID, PLAN_NAME_MAX - 4, true, 0 },
	{ "type", SOURCE_TEXT, 30, true, 0 },
	{ "setting", SOURCE_ID, 48, false, 0 },
	{ "component", SOURCE_TEXT, 36, false, 0 },
	{ "capability", SOURCE_TEXT, 128, false, 0 },
	{ "attribute", SOURCE_TEXT, 128, false, 0 },
	{ "value", SOURCE_VALUE, 0, false, 0 },
	{ "stateChangeOnly", SOURCE_BOOL, 0, false, 0 },
	{ "modes", SOURCE_TEXTS, 20, false, 0 },
	{ NULL, 0, 0, false, 0 },
};

static const struct source_member schedule_members[] = {
	{ "name", SOURCE_ID, PLAN_NAME_MAX, true, 0 },
	{ "cron", SOURCE_TEXT, 256, false, 0 },
	{ "daily", SOURCE_TEXT, 48, false, 0 },
	{ "timezone", SOURCE_TEXT, 64, false, 0 },
	{ "once", SOURCE_TEXT, 40, false, 0 },
	{ "after", SOURCE_NUMBER, 0, false, 0 },
	{ NULL, 0, 0, false, 0 },
};

static const struct source_member mirror_members[] = {
	{ "setting", SOURCE_ID, 48, true, 0 },
	{ "capability", SOURCE_TEXT, 128, true, 0 },
	{ "user", SOURCE_TEXT, 100, true, 0 },
	{ "device", SOURCE_TEXT, 64, true, 0 },
	{ "direction", SOURCE_TEXT, 10, false, 0 },
	{ NULL, 0, 0, false, 0 },
};

bool
plan_setting_is(struct plan_checking *k, const char *path, const char *id, const char *type)
{
	const char *found = json_get_string(json_get(k->definition->settings, id), "type");

	if (found == NULL)
		return source_fault(k->source, path, "there is no setting %.60s", id);
	if (type != NULL && strcmp(found, type) != 0)
		return source_fault(k->source, path, "the setting %s is %s, not %s", id, found, type);
	return setting_has_value(found) || source_fault(k->source, path, "the setting %s never has a value", id);
}

bool
plan_check_dollars(struct plan_checking *k, const struct json *v, const char *path)
{
	const char *text = json_string(v);
	size_t place = 0;

	if (text != NULL && *text == '$' && strcmp(text, "$value") != 0)
		return plan_setting_is(k, path, text + 1, NULL);
	for (const struct json *m = json_first(v); m != NULL; m = json_next(m), place++)
		if (!plan_check_dollars(k, m, json_name(m) != NULL ? source_below(k->source, path, json_name(m)) :
		    source_place(k->source, path, place)))
			return false;
	return true;
}

bool
plan_is_among(const char *s, const char *const *list)
{
	for (; s != NULL && *list != NULL; list++)
		if (strcmp(s, *list) == 0)
			return true;
	return s == NULL;
}

static bool
check_subscription(struct plan_checking *k, const struct json *v, const char *path)
{
	if (!source_check(k->source, v, path, subscription_members, 0))
		return false;
	const char *type = json_get_string(v, "type"), *setting = json_get_string(v, "setting");
	const struct plan_subscription *kind = plan_subscription(type);
	if (kind == NULL)
		return source_fault(k->source, source_below(k->source, path, "type"), "is no kind of subscription");
	if (strcmp(type, "DEVICE") == 0 && setting == NULL)
		return source_fault(k->source, path, "lacks setting: which devices?");
	if (strcmp(type, "CAPABILITY") == 0 && json_get(v, "capability") == NULL)
		return source_fault(k->source, path, "lacks capability");
	if (setting != NULL && !kind->devices)
		return source_fault(k->source, source_below(k->source, path, "setting"), "%s takes no devices", type);
	return setting == NULL || plan_setting_is(k, source_below(k->source, path, "setting"), setting, "DEVICE");
}

static bool
check_schedule(struct plan_checking *k, const struct json *v, const char *path)
{
	int64_t ms;
	double seconds;
	int ways = 0;

	if (!source_check(k->source, v, path, schedule_members, 0))
		return false;
	for (const char *const *way = (const char *const[]){ "cron", "daily", "once", "after", NULL }; *way != NULL; way++)
		ways += json_get(v, *way) != NULL;
	if (ways != 1)
		return source_fault(k->source, path, "needs one of cron, daily, once and after");
	if (json_get_string(v, "once") != NULL && !when_iso(json_get_string(v, "once"), &ms))
		return source_fault(k->source, source_below(k->source, path, "once"), "must be as 2030-01-31T18:00:00Z");
	if (json_number(json_get(v, "after"), &seconds) && (seconds < 1 || seconds > 2 * 365 * 86400.0))
		return source_fault(k->source, source_below(k->source, path, "after"), "must be 1 second to two years");
	const char *daily = json_get_string(v, "daily");
	int minute;
	if (daily != NULL && *daily == '$')
		return plan_setting_is(k, source_below(k->source, path, "daily"), daily + 1, "TIME");
	return daily == NULL || when_minute(daily, &minute) ||
	    source_fault(k->source, source_below(k->source, path, "daily"), "must be as 07:30, or $ with a TIME setting");
}

bool
plan_check_each(struct plan_checking *k, const struct json *list, const char *path, plan_check check)
{
	struct json *names = json_array(k->source->arena);
	size_t place = 0;

	for (const struct json *v = json_first(list); v != NULL; v = json_next(v), place++) {
		const char *at = source_place(k->source, path, place), *name = json_get_string(v, "name");
		if (!check(k, v, at))
			return false;
		if (name != NULL && json_array_has(names, name))
			return source_fault(k->source, source_below(k->source, at, "name"), "stands twice");
		if (name != NULL)
			json_append_string(k->source->arena, names, name);
	}
	return true;
}

static bool
check_mirror(struct plan_checking *k, const struct json *v, const char *path)
{
	static const char *const ways[] = { "both", "here", "there", NULL };

	if (!source_check(k->source, v, path, mirror_members, 0))
		return false;
	if (!plan_is_among(json_get_string(v, "direction"), ways))
		return source_fault(k->source, source_below(k->source, path, "direction"), "must be both, here or there");
	return plan_setting_is(k, source_below(k->source, path, "setting"), json_get_string(v, "setting"), "DEVICE");
}

bool
plan_read(struct source_file *s, const struct definition *d, const struct plan **out)
{
	struct plan_checking k = { s, d };
	struct plan *p = arena_alloc(s->arena, sizeof(*p));
	const struct {
		const char *name;
		const struct json **list;
		plan_check check;
	} parts[] = {
		{ "subscriptions", &p->subscriptions, check_subscription }, { "schedules", &p->schedules, check_schedule },
		{ "rules", &p->rules, plan_check_rule }, { "mirrors", &p->mirrors, check_mirror },
	};

	for (size_t i = 0; i < sizeof(parts) / sizeof(parts[0]); i++) {
		*parts[i].list = json_get(s->document.root, parts[i].name);
		if (json_type(*parts[i].list) != JSON_ARRAY)
			*parts[i].list = json_array(s->arena);
		if (!plan_check_each(&k, *parts[i].list, parts[i].name, parts[i].check))
			return false;
	}
	*out = p;
	return true;
}
