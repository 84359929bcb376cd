/* plan.c: tables of members, and whether what they refer to is there.
 * long because: most of it is tables. */
#include "smartapp/plan.h"

#include <string.h>

#include "base/arena.h"
#include "base/json.h"
#include "smartapp/definition.h"
#include "smartapp/request.h"
#include "smartapp/setting.h"
#include "smartapp/source.h"
#include "smartapp/when.h"
#include "base/banned.h"

#define NAME_MAX 36	/* of subscriptions and schedules, on the platform */

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
	{ "name", SOURCE_ID, NAME_MAX - 4, true, 0 },
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
	{ "name", SOURCE_ID, NAME_MAX, true, 0 },
	{ "cron", SOURCE_TEXT, 256, false, 0 },
	{ "daily", SOURCE_TEXT, 48, false, 0 },
	{ "timezone", SOURCE_TEXT, 64, false, 0 },
	{ "once", SOURCE_TEXT, 40, false, 0 },
	{ "after", SOURCE_NUMBER, 0, false, 0 },
	{ NULL, 0, 0, false, 0 },
};

static const struct source_member rule_members[] = {
	{ "name", SOURCE_TEXT, 128, false, 0 },
	{ "when", SOURCE_OBJECT, 0, true, 0 },
	{ "and", SOURCE_LIST, 20, false, 0 },
	{ "then", SOURCE_LIST, 20, true, 0 },
	{ NULL, 0, 0, false, 0 },
};

static const struct source_member when_members[] = {
	{ "event", SOURCE_TEXT, 64, true, 0 },
	{ "setting", SOURCE_ID, 48, false, 0 },
	{ "subscription", SOURCE_ID, NAME_MAX, false, 0 },
	{ "component", SOURCE_TEXT, 36, false, 0 },
	{ "capability", SOURCE_TEXT, 128, false, 0 },
	{ "attribute", SOURCE_TEXT, 128, false, 0 },
	{ "value", SOURCE_VALUE, 0, false, 0 },
	{ "above", SOURCE_VALUE, 0, false, 0 },
	{ "below", SOURCE_VALUE, 0, false, 0 },
	{ "device", SOURCE_TEXT, 64, false, 0 },
	{ "mode", SOURCE_TEXT, 64, false, 0 },
	{ "scene", SOURCE_TEXT, 64, false, 0 },
	{ "timer", SOURCE_TEXT, NAME_MAX, false, 0 },
	{ "status", SOURCE_TEXT, 40, false, 0 },
	{ "lifecycle", SOURCE_TEXT, 40, false, 0 },
	{ "armState", SOURCE_TEXT, 40, false, 0 },
	{ "hub", SOURCE_TEXT, 64, false, 0 },
	{ NULL, 0, 0, false, 0 },
};

static const struct source_member condition_members[] = {
	{ "setting", SOURCE_ID, 48, false, 0 },
	{ "user", SOURCE_TEXT, 100, false, 0 },
	{ "device", SOURCE_TEXT, 64, false, 0 },
	{ "attribute", SOURCE_TEXT, 200, false, 0 },
	{ "is", SOURCE_VALUE, 0, false, 0 },
	{ "isNot", SOURCE_VALUE, 0, false, 0 },
	{ "above", SOURCE_VALUE, 0, false, 0 },
	{ "below", SOURCE_VALUE, 0, false, 0 },
	{ "from", SOURCE_TEXT, 48, false, 0 },
	{ "to", SOURCE_TEXT, 48, false, 0 },
	{ "utcOffset", SOURCE_TEXT, 6, false, 0 },
	{ NULL, 0, 0, false, 0 },
};

static const struct source_member action_members[] = {
	{ "command", SOURCE_OBJECT, 0, false, 0 },
	{ "schedule", SOURCE_OBJECT, 0, false, 0 },
	{ "unschedule", SOURCE_ID, NAME_MAX, false, 0 },
	{ "set", SOURCE_OBJECT, 0, false, 0 },
	{ "post", SOURCE_OBJECT, 0, false, 0 },
	{ NULL, 0, 0, false, 0 },
};

static const struct source_member command_members[] = {
	{ "setting", SOURCE_ID, 48, false, 0 },
	{ "device", SOURCE_TEXT, 64, false, 0 },
	{ "component", SOURCE_TEXT, 36, false, 0 },
	{ "capability", SOURCE_TEXT, 128, true, 0 },
	{ "command", SOURCE_TEXT, 128, true, 0 },
	{ "arguments", SOURCE_VALUE, 0, false, 0 },
	{ NULL, 0, 0, false, 0 },
};

static const struct source_member timer_members[] = {
	{ "name", SOURCE_ID, NAME_MAX, true, 0 },
	{ "after", SOURCE_VALUE, 0, true, 0 },
	{ "unit", SOURCE_TEXT, 10, false, 0 },
	{ NULL, 0, 0, false, 0 },
};

static const struct source_member set_members[] = {
	{ "user", SOURCE_TEXT, 100, true, 0 },
	{ "device", SOURCE_TEXT, 64, true, 0 },
	{ "attribute", SOURCE_TEXT, 200, true, 0 },
	{ "value", SOURCE_VALUE, 0, true, 0 },
	{ NULL, 0, 0, false, 0 },
};

static const struct source_member post_members[] = {
	{ "url", SOURCE_TEXT, 2048, true, 0 },
	{ "body", SOURCE_VALUE, 0, false, 0 },
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

struct checking {
	struct source_file	*source;
	const struct definition	*definition;
};

/* Is there a setting of that name, of that type (NULL = any that has a value)? */
static bool
setting_is(struct checking *k, const char *path, const char *id, const char *type)
{
	const char *found = json_get_string(json_get(k->definition->settings, id), "type");

	if (found == NULL)
		return source_fault(k->source, path, "there is no setting %.60s", id);
	if (type != NULL && strcmp(found, type) != 0)
		return source_fault(k->source, path, "the setting %s is %s, not %s", id, found, type);
	return setting_has_value(found) || source_fault(k->source, path, "the setting %s never has a value", id);
}

/* Every text "$name" below v must be a setting or $value. */
static bool
check_dollars(struct checking *k, const struct json *v, const char *path)
{
	const char *text = json_string(v);
	size_t place = 0;

	if (text != NULL && *text == '$' && strcmp(text, "$value") != 0)
		return setting_is(k, path, text + 1, NULL);
	for (const struct json *m = json_first(v); m != NULL; m = json_next(m), place++)
		if (!check_dollars(k, m, json_name(m) != NULL ? source_below(k->source, path, json_name(m)) :
		    source_place(k->source, path, place)))
			return false;
	return true;
}

static bool
is_among(const char *s, const char *const *list)
{
	for (; s != NULL && *list != NULL; list++)
		if (strcmp(s, *list) == 0)
			return true;
	return s == NULL;
}

static bool
check_subscription(struct checking *k, const struct json *v, const char *path)
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
	return setting == NULL || setting_is(k, source_below(k->source, path, "setting"), setting, "DEVICE");
}

static bool
check_schedule(struct checking *k, const struct json *v, const char *path)
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
		return setting_is(k, source_below(k->source, path, "daily"), daily + 1, "TIME");
	return daily == NULL || when_minute(daily, &minute) ||
	    source_fault(k->source, source_below(k->source, path, "daily"), "must be as 07:30, or $ with a TIME setting");
}

/* A number, or what stands for one: $value, or a setting that holds numbers. */
static bool
check_number(struct checking *k, const struct json *v, const char *path, double least, double most)
{
	const char *text = json_string(v), *type;
	double number;

	if (json_number(v, &number))
		return (number >= least && number <= most) || source_fault(k->source, path, "must be %.0f to %.0f", least, most);
	if (text == NULL || *text != '$')
		return source_fault(k->source, path, "must be a number, or $ with a setting that holds one");
	type = json_get_string(json_get(k->definition->settings, text + 1), "type");
	return strcmp(text, "$value") == 0 || (type != NULL && (strcmp(type, "NUMBER") == 0 || strcmp(type, "DECIMAL") == 0)) ||
	    source_fault(k->source, path, "there is no setting %.60s of type NUMBER or DECIMAL", text + 1);
}

static bool
check_bounds(struct checking *k, const struct json *v, const char *path)
{
	for (const char *const *name = (const char *const[]){ "above", "below", NULL }; *name != NULL; name++)
		if (json_get(v, *name) != NULL &&
		    !check_number(k, json_get(v, *name), source_below(k->source, path, *name), -1e15, 1e15))
			return false;
	return true;
}

static bool
check_when(struct checking *k, const struct json *v, const char *path)
{
	if (!source_check(k->source, v, path, when_members, 0))
		return false;
	if (smartapp_event_type(json_get_string(v, "event")) == SMARTAPP_OTHER_EVENT)
		return source_fault(k->source, source_below(k->source, path, "event"), "is no type of event");
	const char *setting = json_get_string(v, "setting");
	return (setting == NULL || setting_is(k, source_below(k->source, path, "setting"), setting, "DEVICE")) &&
	    check_bounds(k, v, path) && check_dollars(k, v, path);
}

static bool
check_condition(struct checking *k, const struct json *v, const char *path)
{
	const char *setting = json_get_string(v, "setting");
	bool here = json_get(v, "device") != NULL, clock = json_get(v, "from") != NULL;
	const char *offset = json_get_string(v, "utcOffset");
	int minute;

	if (!source_check(k->source, v, path, condition_members, 0))
		return false;
	if ((setting != NULL) + here + clock != 1)
		return source_fault(k->source, path, "needs setting, or device, or from and to");
	if (setting != NULL && !setting_is(k, source_below(k->source, path, "setting"), setting, NULL))
		return false;
	if (here && (json_get(v, "user") == NULL || json_get(v, "attribute") == NULL))
		return source_fault(k->source, path, "needs user, device and attribute");
	for (const char *const *end = (const char *const[]){ "from", "to", NULL }; clock && *end != NULL; end++) {
		const char *at = json_get_string(v, *end);
		if (at == NULL || (*at != '$' && !when_minute(at, &minute)))
			return source_fault(k->source, source_below(k->source, path, *end), "must be as 22:30, or $ with a setting");
	}
	if (offset != NULL && (!clock || strlen(offset) < 5 || !when_offset(offset, &minute)))
		return source_fault(k->source, source_below(k->source, path, "utcOffset"), "must be as +02:00, beside from and to");
	return check_bounds(k, v, path) && check_dollars(k, v, path);
}

static bool
check_command(struct checking *k, const struct json *v, const char *path)
{
	if (!source_check(k->source, v, path, command_members, 0))
		return false;
	const char *setting = json_get_string(v, "setting"), *device = json_get_string(v, "device");
	const struct json *arguments = json_get(v, "arguments");
	if ((setting == NULL) == (device == NULL))
		return source_fault(k->source, path, "needs setting or device");
	if (device != NULL && !smartapp_id_ok(device))
		return source_fault(k->source, source_below(k->source, path, "device"), "is no id");
	if (arguments != NULL && json_type(arguments) != JSON_ARRAY)
		return source_fault(k->source, source_below(k->source, path, "arguments"), "must be a list");
	return setting == NULL || setting_is(k, source_below(k->source, path, "setting"), setting, "DEVICE");
}

static bool
check_timer(struct checking *k, const struct json *v, const char *path)
{
	static const char *const units[] = { "seconds", "minutes", "hours", NULL };

	if (!source_check(k->source, v, path, timer_members, 0))
		return false;
	if (!is_among(json_get_string(v, "unit"), units))
		return source_fault(k->source, source_below(k->source, path, "unit"), "must be seconds, minutes or hours");
	return check_number(k, json_get(v, "after"), source_below(k->source, path, "after"), 1, 2 * 365 * 86400.0);
}

static bool
check_post(struct checking *k, const struct json *v, const char *path)
{
	const char *url = json_get_string(v, "url");

	if (!source_check(k->source, v, path, post_members, 0))
		return false;
	return strncmp(url, "https://", 8) == 0 || strncmp(url, "http://", 7) == 0 ||
	    source_fault(k->source, source_below(k->source, path, "url"), "must begin with https://");
}

static bool
check_set(struct checking *k, const struct json *v, const char *path)
{
	return source_check(k->source, v, path, set_members, 0);
}

static bool
check_action(struct checking *k, const struct json *v, const char *path)
{
	static const struct { const char *name; bool (*check)(struct checking *, const struct json *, const char *); } kinds[] = {
		{ "command", check_command }, { "schedule", check_timer }, { "set", check_set }, { "post", check_post },
	};

	if (!source_check(k->source, v, path, action_members, 0))
		return false;
	if (json_count(v) != 1)
		return source_fault(k->source, path, "needs one of command, schedule, unschedule, set and post");
	for (size_t i = 0; i < sizeof(kinds) / sizeof(kinds[0]); i++)
		if (json_get(v, kinds[i].name) != NULL)
			return kinds[i].check(k, json_get(v, kinds[i].name), source_below(k->source, path, kinds[i].name)) &&
			    check_dollars(k, v, path);
	return true;
}

static bool
check_each(struct checking *k, const struct json *list, const char *path,
    bool (*check)(struct checking *, const struct json *, const char *))
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
check_rule(struct checking *k, const struct json *v, const char *path)
{
	return source_check(k->source, v, path, rule_members, 0) &&
	    check_when(k, json_get(v, "when"), source_below(k->source, path, "when")) &&
	    check_each(k, json_get(v, "and"), source_below(k->source, path, "and"), check_condition) &&
	    check_each(k, json_get(v, "then"), source_below(k->source, path, "then"), check_action);
}

static bool
check_mirror(struct checking *k, const struct json *v, const char *path)
{
	static const char *const ways[] = { "both", "here", "there", NULL };

	if (!source_check(k->source, v, path, mirror_members, 0))
		return false;
	if (!is_among(json_get_string(v, "direction"), ways))
		return source_fault(k->source, source_below(k->source, path, "direction"), "must be both, here or there");
	return setting_is(k, source_below(k->source, path, "setting"), json_get_string(v, "setting"), "DEVICE");
}

bool
plan_read(struct source_file *s, const struct definition *d, const struct plan **out)
{
	struct checking k = { s, d };
	struct plan *p = arena_alloc(s->arena, sizeof(*p));
	const struct {
		const char *name;
		const struct json **list;
		bool (*check)(struct checking *, const struct json *, const char *);
	} parts[] = {
		{ "subscriptions", &p->subscriptions, check_subscription }, { "schedules", &p->schedules, check_schedule },
		{ "rules", &p->rules, check_rule }, { "mirrors", &p->mirrors, check_mirror },
	};

	for (size_t i = 0; i < sizeof(parts) / sizeof(parts[0]); i++) {
		*parts[i].list = json_get(s->document.root, parts[i].name);
		if (json_type(*parts[i].list) != JSON_ARRAY)
			*parts[i].list = json_array(s->arena);
		if (!check_each(&k, *parts[i].list, parts[i].name, parts[i].check))
			return false;
	}
	*out = p;
	return true;
}
