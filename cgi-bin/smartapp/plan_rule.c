/* plan_rule.c: what a rule may say: when, and, then. */
#include <string.h>

#include "base/json.h"
#include "smartapp/definition.h"
#include "smartapp/plan.h"
#include "smartapp/plan_check.h"
#include "smartapp/request.h"
#include "smartapp/source.h"
#include "smartapp/when.h"
#include "base/banned.h"

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
	{ "subscription", SOURCE_ID, PLAN_NAME_MAX, false, 0 },
	{ "component", SOURCE_TEXT, 36, false, 0 },
	{ "capability", SOURCE_TEXT, 128, false, 0 },
	{ "attribute", SOURCE_TEXT, 128, false, 0 },
	{ "value", SOURCE_VALUE, 0, false, 0 },
	{ "above", SOURCE_VALUE, 0, false, 0 },
	{ "below", SOURCE_VALUE, 0, false, 0 },
	{ "device", SOURCE_TEXT, 64, false, 0 },
	{ "mode", SOURCE_TEXT, 64, false, 0 },
	{ "scene", SOURCE_TEXT, 64, false, 0 },
	{ "timer", SOURCE_TEXT, PLAN_NAME_MAX, false, 0 },
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
	{ "unschedule", SOURCE_ID, PLAN_NAME_MAX, false, 0 },
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
	{ "name", SOURCE_ID, PLAN_NAME_MAX, true, 0 },
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

/* A number, or what stands for one: $value, or a setting that holds numbers. */
static bool
check_number(struct plan_checking *k, const struct json *v, const char *path, double least, double most)
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
check_bounds(struct plan_checking *k, const struct json *v, const char *path)
{
	for (const char *const *name = (const char *const[]){ "above", "below", NULL }; *name != NULL; name++)
		if (json_get(v, *name) != NULL &&
		    !check_number(k, json_get(v, *name), source_below(k->source, path, *name), -1e15, 1e15))
			return false;
	return true;
}

static bool
check_when(struct plan_checking *k, const struct json *v, const char *path)
{
	if (!source_check(k->source, v, path, when_members, 0))
		return false;
	if (smartapp_event_type(json_get_string(v, "event")) == SMARTAPP_OTHER_EVENT)
		return source_fault(k->source, source_below(k->source, path, "event"), "is no type of event");
	const char *setting = json_get_string(v, "setting");
	return (setting == NULL || plan_setting_is(k, source_below(k->source, path, "setting"), setting, "DEVICE")) &&
	    check_bounds(k, v, path) && plan_check_dollars(k, v, path);
}

static bool
check_condition(struct plan_checking *k, const struct json *v, const char *path)
{
	const char *setting = json_get_string(v, "setting");
	bool here = json_get(v, "device") != NULL, clock = json_get(v, "from") != NULL;
	const char *offset = json_get_string(v, "utcOffset");
	int minute;

	if (!source_check(k->source, v, path, condition_members, 0))
		return false;
	if ((setting != NULL) + here + clock != 1)
		return source_fault(k->source, path, "needs setting, or device, or from and to");
	if (setting != NULL && !plan_setting_is(k, source_below(k->source, path, "setting"), setting, NULL))
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
	return check_bounds(k, v, path) && plan_check_dollars(k, v, path);
}

static bool
check_command(struct plan_checking *k, const struct json *v, const char *path)
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
	return setting == NULL || plan_setting_is(k, source_below(k->source, path, "setting"), setting, "DEVICE");
}

static bool
check_timer(struct plan_checking *k, const struct json *v, const char *path)
{
	static const char *const units[] = { "seconds", "minutes", "hours", NULL };

	if (!source_check(k->source, v, path, timer_members, 0))
		return false;
	if (!plan_is_among(json_get_string(v, "unit"), units))
		return source_fault(k->source, source_below(k->source, path, "unit"), "must be seconds, minutes or hours");
	return check_number(k, json_get(v, "after"), source_below(k->source, path, "after"), 1, 2 * 365 * 86400.0);
}

static bool
check_post(struct plan_checking *k, const struct json *v, const char *path)
{
	const char *url = json_get_string(v, "url");

	if (!source_check(k->source, v, path, post_members, 0))
		return false;
	return strncmp(url, "https://", 8) == 0 || strncmp(url, "http://", 7) == 0 ||
	    source_fault(k->source, source_below(k->source, path, "url"), "must begin with https://");
}

static bool
check_set(struct plan_checking *k, const struct json *v, const char *path)
{
	return source_check(k->source, v, path, set_members, 0);
}

static bool
check_action(struct plan_checking *k, const struct json *v, const char *path)
{
	static const struct { const char *name; plan_check check; } kinds[] = {
		{ "command", check_command }, { "schedule", check_timer }, { "set", check_set }, { "post", check_post },
	};

	if (!source_check(k->source, v, path, action_members, 0))
		return false;
	if (json_count(v) != 1)
		return source_fault(k->source, path, "needs one of command, schedule, unschedule, set and post");
	for (size_t i = 0; i < sizeof(kinds) / sizeof(kinds[0]); i++)
		if (json_get(v, kinds[i].name) != NULL)
			return kinds[i].check(k, json_get(v, kinds[i].name), source_below(k->source, path, kinds[i].name)) &&
			    plan_check_dollars(k, v, path);
	return true;
}

bool
plan_check_rule(struct plan_checking *k, const struct json *v, const char *path)
{
	return source_check(k->source, v, path, rule_members, 0) &&
	    check_when(k, json_get(v, "when"), source_below(k->source, path, "when")) &&
	    plan_check_each(k, json_get(v, "and"), source_below(k->source, path, "and"), check_condition) &&
	    plan_check_each(k, json_get(v, "then"), source_below(k->source, path, "then"), check_action);
}
