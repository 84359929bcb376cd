/* wizard_setting.c: a table of types; the same three questions to each.
 *
 * long because: reading, filling and showing a setting go by the same table and options. */
#include "sim/wizard_setting.h"

#include <stdlib.h>
#include <string.h>

#include "base/arena.h"
#include "base/buf.h"
#include "base/json.h"
#include "sim/thing.h"
#include "web/form.h"
#include "base/banned.h"

#define URL_MAX 8192
#define VALUE_MAX 2048	/* of a stringConfig (lifecycle protocol 2.4) */

/* How it is shown: CHOICE has options, the app's own or the home's; TOGGLE is a tick; LINE is typed; the others hold no value. */
enum look { LOOK_CHOICE, LOOK_TOGGLE, LOOK_LINE, LOOK_TEXT, LOOK_LINK, LOOK_JUMP, LOOK_OAUTH, LOOK_PICTURE };

static const struct type {
	const char	*name;
	enum look	 look;
	const char	*input;		/* type of the input */
	const char	*value_type, *member, *key;	/* as what it comes back */
} types[] = {
	{ "DEVICE", LOOK_CHOICE, NULL, "DEVICE", "deviceConfig", "deviceId" },
	{ "ENUM", LOOK_CHOICE, NULL, "STRING", "stringConfig", "value" },
	{ "MODE", LOOK_CHOICE, NULL, "MODE", "modeConfig", "modeId" },
	{ "SCENE", LOOK_CHOICE, NULL, "SCENE", "sceneConfig", "sceneId" },
	{ "SOUND", LOOK_CHOICE, NULL, "STRING", "stringConfig", "value" },
	{ "SECURITY", LOOK_CHOICE, NULL, "STRING", "stringConfig", "value" },
	{ "MESSAGE_GROUP", LOOK_CHOICE, NULL, "MESSAGE", "messageConfig", "messageGroupKey" },
	{ "BOOLEAN", LOOK_TOGGLE, NULL, "STRING", "stringConfig", "value" },
	{ "TEXT", LOOK_LINE, "text", "STRING", "stringConfig", "value" },
	{ "PASSWORD", LOOK_LINE, "password", "STRING", "stringConfig", "value" },
	{ "NUMBER", LOOK_LINE, "number", "STRING", "stringConfig", "value" },
	{ "DECIMAL", LOOK_LINE, "number", "STRING", "stringConfig", "value" },
	{ "TIME", LOOK_LINE, "time", "STRING", "stringConfig", "value" },
	{ "EMAIL", LOOK_LINE, "email", "STRING", "stringConfig", "value" },
	{ "PHONE", LOOK_LINE, "tel", "STRING", "stringConfig", "value" },
	{ "PARAGRAPH", LOOK_TEXT, NULL, NULL, NULL, NULL },
	{ "LINK", LOOK_LINK, NULL, NULL, NULL, NULL },
	{ "PAGE", LOOK_JUMP, NULL, NULL, NULL, NULL },
	{ "OAUTH", LOOK_OAUTH, NULL, NULL, NULL, NULL },
	{ "IMAGE", LOOK_PICTURE, NULL, NULL, NULL, NULL },
	{ "ICON", LOOK_PICTURE, NULL, NULL, NULL, NULL },
	{ "IMAGES", LOOK_PICTURE, NULL, NULL, NULL, NULL },
	{ "VIDEO", LOOK_PICTURE, NULL, NULL, NULL, NULL },
};

/* What the home has of these, in place of options: {type, id, name}. */
static const struct { const char *type, *id, *name; } home_has[] = {
	{ "MODE", "a0000000-0000-4000-8000-000000000001", "Home" },
	{ "MODE", "a0000000-0000-4000-8000-000000000002", "Away" },
	{ "MODE", "a0000000-0000-4000-8000-000000000003", "Night" },
	{ "SCENE", "b0000000-0000-4000-8000-000000000001", "Good morning" },
	{ "SCENE", "b0000000-0000-4000-8000-000000000002", "Good night" },
	{ "SOUND", "chime", "Chime" },
	{ "SOUND", "siren", "Siren" },
	{ "SECURITY", "DISARMED", "Disarmed" },
	{ "SECURITY", "ARMED_STAY", "Armed, somebody at home" },
	{ "SECURITY", "ARMED_AWAY", "Armed, nobody at home" },
	{ "MESSAGE_GROUP", "everybody", "Everybody" },
};

static const struct type *
type_of(const struct json *setting)
{
	const char *name = json_get_string(setting, "type");

	for (size_t i = 0; name != NULL && i < sizeof(types) / sizeof(types[0]); i++)
		if (strcmp(types[i].name, name) == 0)
			return &types[i];
	return NULL;
}

/* --- options --- */

static struct json *
add_option(struct arena *a, struct json *list, const char *id, const char *name, const char *hint)
{
	struct json *o = json_append(a, list, json_object(a));

	json_set_string(a, o, "id", id);
	json_set_string(a, o, "name", name != NULL ? name : id);
	json_set_string(a, o, "hint", hint);
	return o;
}

static void
add_options(struct arena *a, struct json *list, const struct json *options, const char *group)
{
	for (const struct json *o = json_first(options); o != NULL; o = json_next(o))
		if (json_get_string(o, "id") != NULL)
			add_option(a, list, json_get_string(o, "id"), json_get_string(o, "name"), group);
}

/* All that can be chosen. */
static struct json *
options_of(struct arena *a, const struct json *setting, const struct type *t)
{
	struct json *list = json_array(a);

	if (strcmp(t->name, "DEVICE") == 0)
		for (const struct thing *d = thing_table; d->id != NULL; d++)
			if (thing_has(d, json_get(setting, "capabilities"), json_get(setting, "excludeCapabilities")))
				add_option(a, list, d->id, d->name, d->room);
	for (size_t i = 0; i < sizeof(home_has) / sizeof(home_has[0]); i++)
		if (strcmp(home_has[i].type, t->name) == 0)
			add_option(a, list, home_has[i].id, home_has[i].name, NULL);
	add_options(a, list, json_get(setting, "options"), NULL);
	for (const struct json *g = json_first(json_get(setting, "groupedOptions")); g != NULL; g = json_next(g))
		add_options(a, list, json_get(g, "options"), json_get_string(g, "name"));
	return list;
}

/* Devices may be named by their slugs, too. */
static const char *
chosen_id(const struct json *options, const char *value)
{
	const struct thing *t = thing_find(value);

	for (const struct json *o = json_first(options); o != NULL; o = json_next(o)) {
		const char *id = json_get_string(o, "id");
		if (strcmp(id, value) == 0 || (t != NULL && strcmp(id, t->id) == 0))
			return id;
	}
	return NULL;
}

/* --- values --- */

static void
add_entry(struct arena *a, struct json *list, const struct type *t, const char *value)
{
	struct json *e = json_append(a, list, json_object(a)), *v = json_object(a);

	json_set_string(a, e, "valueType", t->value_type);
	json_set(a, e, t->member, v);
	json_set_string(a, v, t->key, value);
	if (strcmp(t->name, "DEVICE") == 0)
		json_set_string(a, v, "componentId", "main");
}

static bool
has_entry(const struct json *list, const struct type *t, const char *value)
{
	for (const struct json *e = json_first(list); e != NULL; e = json_next(e)) {
		const char *is = json_get_string(json_get(e, t->member), t->key);
		if (is != NULL && strcmp(is, value) == 0)
			return true;
	}
	return false;
}

static bool
in_limits(const struct json *setting, double n)
{
	double limit;

	return !(json_number(json_get(setting, "min"), &limit) && n < limit) &&
	    !(json_number(json_get(setting, "max"), &limit) && n > limit);
}

/* What is typed, as the platform hands it over; NULL if the setting does not take it. */
static const char *
typed(struct arena *a, const struct json *setting, const struct type *t, const char *value)
{
	size_t len = strlen(value);
	char *end;

	if (len > VALUE_MAX || (long long)len < json_get_int(setting, "minLength", 0) ||
	    (long long)len > json_get_int(setting, "maxLength", VALUE_MAX))
		return NULL;
	if (strcmp(t->input, "number") == 0) {
		double n = strtod(value, &end);
		bool whole = strcmp(t->name, "DECIMAL") == 0 || strspn(value, "-0123456789") == len;
		return end != value && *end == '\0' && whole && in_limits(setting, n) ? value : NULL;
	}
	if (strcmp(t->input, "time") == 0 && len == 5)
		return arena_printf(a, "1970-01-01T%s:00.000Z", value);
	return value;
}

bool
wizard_setting_read(struct arena *a, const struct json *setting, const struct pair *form, struct json *config)
{
	const struct type *t = type_of(setting);
	const char *id = json_get_string(setting, "id"), *name = arena_printf(a, "s.%s", id != NULL ? id : "");
	struct json *list = json_array(a);
	bool ok = true;

	if (t == NULL || t->value_type == NULL || id == NULL || json_get_bool(setting, "disabled", false))
		return true;
	struct json *options = t->look == LOOK_CHOICE ? options_of(a, setting, t) : NULL;
	for (const struct pair *p = form; p != NULL; p = p->next) {
		if (strcmp(p->name, name) != 0 || *p->value == '\0')
			continue;
		const char *value = t->look == LOOK_CHOICE ? chosen_id(options, p->value) :
		    t->look == LOOK_TOGGLE ? (strcmp(p->value, "true") == 0 ? "true" : "false") : typed(a, setting, t, p->value);
		ok = ok && value != NULL;
		if (value != NULL && !has_entry(list, t, value))
			add_entry(a, list, t, value);
	}
	if (t->look == LOOK_TOGGLE && json_first(list) == NULL)
		add_entry(a, list, t, "false");
	if (json_count(list) > 1 && !json_get_bool(setting, "multiple", false))
		ok = false;
	json_set(a, config, id, ok && json_first(list) != NULL ? list : NULL);
	return ok;
}

bool
wizard_setting_missing(const struct json *setting, const struct json *config)
{
	const struct type *t = type_of(setting);
	const char *id = json_get_string(setting, "id");

	return t != NULL && t->value_type != NULL && id != NULL && json_get_bool(setting, "required", false) &&
	    json_first(json_get(config, id)) == NULL;
}

/* What somebody would enter who has no wish. */
static const char *
first_that_fits(struct arena *a, const struct json *setting, const struct type *t)
{
	static const struct { const char *type, *value; } typical[] = { { "TEXT", "something" }, { "PASSWORD", "something" },
		{ "TIME", "08:00" }, { "EMAIL", "kim@example.org" }, { "PHONE", "+4930123456" } };
	double n = 1;

	if (t->look == LOOK_CHOICE)
		return json_get_string(json_first(options_of(a, setting, t)), "id");
	for (size_t i = 0; i < sizeof(typical) / sizeof(typical[0]); i++)
		if (strcmp(typical[i].type, t->name) == 0)
			return typical[i].value;
	json_number(json_get(setting, "min"), &n);
	return t->look == LOOK_TOGGLE ? "false" : arena_printf(a, "%.10g", n);
}

bool
wizard_setting_fill(struct arena *a, const struct json *setting, struct json *config)
{
	const struct type *t = type_of(setting);
	const char *id = json_get_string(setting, "id"), *value = json_get_string(setting, "defaultValue");

	if (t == NULL || t->value_type == NULL || id == NULL || json_get(config, id) != NULL)
		return true;
	if (value == NULL && json_get_bool(setting, "required", false) && (value = first_that_fits(a, setting, t)) == NULL)
		return false;
	if (value == NULL)
		return true;
	struct pair one = { arena_printf(a, "s.%s", id), value, NULL };
	return wizard_setting_read(a, setting, &one, config);
}

/* --- showing --- */

static void
show_line(struct arena *a, struct json *v, const struct json *setting, const struct type *t, const struct json *entry)
{
	static const char *const limits[] = { "min", "max", "step" };
	const char *value = json_get_string(json_get(entry, t->member), t->key);
	double n;

	if (value == NULL)
		value = json_get_string(setting, "defaultValue");
	if (value != NULL && strcmp(t->input, "time") == 0 && strlen(value) > 16 && value[10] == 'T')
		value = arena_strndup(a, value + 11, 5);
	json_set_string(a, v, "input", t->input);
	json_set_string(a, v, "value", value != NULL ? value : "");
	for (size_t i = 0; i < sizeof(limits) / sizeof(limits[0]); i++)
		if (json_number(json_get(setting, limits[i]), &n))
			json_set_string(a, v, limits[i], arena_printf(a, "%.10g", n));
	if (strcmp(t->name, "DECIMAL") == 0 && json_get(v, "step") == NULL)
		json_set_string(a, v, "step", "any");
}

static void
show_choice(struct arena *a, struct json *v, const struct json *setting, const struct type *t, const struct json *entries)
{
	const char *otherwise = json_get_string(setting, "defaultValue");
	struct json *list = options_of(a, setting, t), *shown = json_array(a);

	for (const struct json *o = json_first(list); o != NULL; o = json_next(o)) {
		struct json *copy = json_append(a, shown, json_copy(a, o));
		const char *id = json_get_string(o, "id");
		json_set_bool(a, copy, "chosen", json_first(entries) != NULL ? has_entry(entries, t, id) :
		    otherwise != NULL && strcmp(otherwise, id) == 0);
	}
	json_set(a, v, "options", shown);
	json_set_bool(a, v, "multiple", json_get_bool(setting, "multiple", false));
	json_set_bool(a, v, "none_fits", json_first(shown) == NULL);
}

/* An app may answer with any text: what is no address of the web is shown, not opened. */
static bool
is_web(const char *url)
{
	return url != NULL && (strncmp(url, "https://", 8) == 0 || strncmp(url, "http://", 7) == 0);
}

/* The address of a login: SmartThings puts its own in where the person comes back to (lifecycle protocol 2.2). */
static void
show_login(struct arena *a, struct json *v, const char *template, const char *back)
{
	static const char place[] = "__SmartThingsOAuthCallback__";
	struct buf b = buf_new(a, URL_MAX);

	for (const char *p = template, *at; p != NULL; p = at != NULL ? at + sizeof(place) - 1 : NULL) {
		at = strstr(p, place);
		buf_add(&b, p, at != NULL ? (size_t)(at - p) : strlen(p));
		if (at != NULL)
			buf_url(&b, back);
	}
	json_set_bool(a, v, "opens", !b.over && is_web(b.data));
	json_set_string(a, v, "url", b.data);
}

struct json *
wizard_setting_show(struct arena *a, const struct json *setting, const struct json *config, const char *back)
{
	static const char *const looks[] = { [LOOK_TOGGLE] = "toggle", [LOOK_LINE] = "line", [LOOK_TEXT] = "prose", [LOOK_LINK] = "leads_away",
		[LOOK_JUMP] = "jump", [LOOK_OAUTH] = "oauth", [LOOK_PICTURE] = "picture", [LOOK_CHOICE] = "choice" };
	static const char *const same[] = { "id", "name", "description", "type", "url", "page", "image", "defaultValue" };
	const struct type *t = type_of(setting);
	struct json *v = json_object(a);

	for (size_t i = 0; i < sizeof(same) / sizeof(same[0]); i++)
		json_set_string(a, v, same[i], json_get_string(setting, same[i]));
	json_set_string(a, v, "setting", json_get_string(setting, "id"));
	if (json_get_string(setting, "name") == NULL)
		json_set_string(a, v, "name", json_get_string(setting, "id"));
	json_set_bool(a, v, "required", json_get_bool(setting, "required", false));
	json_set_bool(a, v, "disabled", json_get_bool(setting, "disabled", false));
	if (t == NULL) {
		json_set_bool(a, v, "unknown", true);
		return v;
	}
	const struct json *entries = json_get(config, json_get_string(setting, "id"));
	json_set_bool(a, v, looks[t->look], true);
	if (t->look == LOOK_LINE)
		show_line(a, v, setting, t, json_first(entries));
	else if (t->look == LOOK_LINK)
		json_set_bool(a, v, "opens", is_web(json_get_string(setting, "url")));
	else if (t->look == LOOK_OAUTH)
		show_login(a, v, json_get_string(setting, "urlTemplate"), back);
	else if (t->look == LOOK_CHOICE)
		show_choice(a, v, setting, t, entries);
	else if (t->look == LOOK_TOGGLE) {
		const char *otherwise = json_get_string(setting, "defaultValue");
		json_set_bool(a, v, "on", json_first(entries) != NULL ? has_entry(entries, t, "true") :
		    otherwise != NULL && strcmp(otherwise, "true") == 0);
	}
	return v;
}
