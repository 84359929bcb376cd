/* rules_match.c: when a rule applies. */
#include <math.h>
#include <string.h>

#include "base/arena.h"
#include "base/json.h"
#include "base/text.h"
#include "smartapp/lifecycle.h"
#include "smartapp/definition.h"
#include "smartapp/here.h"
#include "smartapp/plan.h"
#include "smartapp/rules.h"
#include "smartapp/when.h"
#include "base/banned.h"

static const struct smartapp_setting *
config_of(const struct lifecycle *c)
{
	return c->request->data.installed_app.config;
}

bool
rules_setting_has(struct lifecycle *c, const char *setting, const char *device)
{
	const struct smartapp_value *v;
	size_t n;

	if (device == NULL || smartapp_as_devices(config_of(c), setting, &v, &n) != SMARTAPP_READ_OK)
		return false;
	while (v != NULL && strcmp(v->device.device_id, device) != 0)
		v = v->next;
	return v != NULL;
}

/* The setting's value as JSON: a number where its type says so. NULL if it has none. */
static const struct json *
setting_value(struct lifecycle *c, const char *id)
{
	const char *type = json_get_string(json_get(c->definition->settings, id), "type"), *text;
	const struct smartapp_setting *s = smartapp_find(config_of(c), id);
	double number;

	if (type == NULL || s == NULL || s->values == NULL)
		return NULL;
	if (strcmp(type, "NUMBER") == 0 || strcmp(type, "DECIMAL") == 0)
		return smartapp_as_float(config_of(c), id, &number) == SMARTAPP_READ_OK ? json_new_number(c->arena, number) : NULL;
	text = s->values->type == SMARTAPP_VALUE_DEVICE ? s->values->device.device_id : s->values->string;
	return text != NULL ? json_new_string(c->arena, text) : NULL;
}

static struct json *
resolve_members(struct lifecycle *c, const struct smartapp_event *e, const struct json *v)
{
	bool object = json_type(v) == JSON_OBJECT;
	struct json *out = object ? json_object(c->arena) : json_array(c->arena);

	for (const struct json *m = json_first(v); m != NULL; m = json_next(m)) {
		const struct json *value = rules_resolve(c, e, m);
		if (value == NULL)
			return NULL;
		if (object)
			json_set(c->arena, out, json_name(m), json_copy(c->arena, value));
		else
			json_append(c->arena, out, json_copy(c->arena, value));
	}
	return out;
}

const struct json *
rules_resolve(struct lifecycle *c, const struct smartapp_event *e, const struct json *v)
{
	const char *text = json_string(v);

	if (json_type(v) == JSON_OBJECT || json_type(v) == JSON_ARRAY)
		return resolve_members(c, e, v);
	if (text == NULL || *text != '$')
		return v;
	return strcmp(text, "$value") == 0 ? json_get(e != NULL ? e->data : NULL, "value") : setting_value(c, text + 1);
}

/* Equal, or a text that spells what the other is: settings are texts always. */
static bool
same(struct lifecycle *c, const struct json *a, const struct json *b)
{
	const char *sa, *sb;

	if (a == NULL || b == NULL)
		return false;
	if (json_equal(a, b))
		return true;
	sa = json_string(a) != NULL ? json_string(a) : json_print(c->arena, a);
	sb = json_string(b) != NULL ? json_string(b) : json_print(c->arena, b);
	return strcmp(sa, sb) == 0;
}

/* A number, or a text that is one. */
static bool
number_of(const struct json *v, double *out)
{
	long long whole;

	if (json_number(v, out))
		return true;
	if (json_string(v) == NULL || !text_to_int(json_string(v), INT32_MIN, INT32_MAX, &whole))
		return false;
	*out = (double)whole;
	return true;
}

/* above and below of spec, if they stand there, against v. */
static bool
in_bounds(struct lifecycle *c, const struct smartapp_event *e, const struct json *spec, const struct json *v)
{
	const struct json *above = json_get(spec, "above"), *below = json_get(spec, "below");
	double value, bound;

	if (above == NULL && below == NULL)
		return true;
	if (!number_of(v, &value))
		return false;
	if (above != NULL && !(number_of(rules_resolve(c, e, above), &bound) && value > bound))
		return false;
	return below == NULL || (number_of(rules_resolve(c, e, below), &bound) && value < bound);
}

/* "motion" and "motion_3" are both of the subscription motion. */
static bool
is_subscription(const char *name, const char *of)
{
	size_t n = strlen(of);

	if (name == NULL || strncmp(name, of, n) != 0)
		return false;
	return name[n] == '\0' || (name[n] == '_' && name[n + 1] != '\0' && strspn(name + n + 1, "0123456789") == strlen(name + n + 1));
}

bool
rules_fits(struct lifecycle *c, const struct smartapp_event *e, const struct json *when)
{
	const char *setting = json_get_string(when, "setting"), *subscription = json_get_string(when, "subscription");

	if (strcmp(e->type_name, json_get_string(when, "event")) != 0)
		return false;
	if (setting != NULL && !rules_setting_has(c, setting, json_get_string(e->data, "deviceId")))
		return false;
	if (subscription != NULL && !is_subscription(json_get_string(e->data, "subscriptionName"), subscription))
		return false;
	for (const struct plan_match *m = plan_matches; m->name != NULL; m++) {
		const struct json *want = json_get(when, m->name);
		if (want != NULL && !same(c, rules_resolve(c, e, want), json_get(e->data, m->data)))
			return false;
	}
	return in_bounds(c, e, when, json_get(e->data, "value"));
}

/* Is it now between two times of the day? Their offset is theirs if they have one, else utcOffset's. */
static bool
is_between(struct lifecycle *c, const struct json *condition)
{
	const char *from = json_string(rules_resolve(c, NULL, json_get(condition, "from")));
	const char *to = json_string(rules_resolve(c, NULL, json_get(condition, "to")));
	const char *stated = json_get_string(condition, "utcOffset");
	int begin, end, offset = 0;

	if (from == NULL || to == NULL || !when_minute(from, &begin) || !when_minute(to, &end))
		return false;
	if (!when_offset(stated != NULL ? stated : from, &offset))
		offset = 0;
	int now = (int)((c->now / 60000 + offset) % 1440);
	now = now < 0 ? now + 1440 : now;
	return begin <= end ? now >= begin && now < end : now >= begin || now < end;
}

bool
rules_holds(struct lifecycle *c, const struct smartapp_event *e, const struct json *condition)
{
	const char *setting = json_get_string(condition, "setting"), *device = json_get_string(condition, "device");
	const struct json *is = json_get(condition, "is"), *is_not = json_get(condition, "isNot"), *v;

	if (setting == NULL && device == NULL)
		return is_between(c, condition);
	v = setting != NULL ? setting_value(c, setting) : here_get(c->store, c->arena, c->catalogue,
	    json_get_string(condition, "user"), device, json_get_string(condition, "attribute"));
	if (is != NULL && !same(c, v, rules_resolve(c, e, is)))
		return false;
	if (is_not != NULL && same(c, v, rules_resolve(c, e, is_not)))
		return false;
	return in_bounds(c, e, condition, v);
}
