/* setting.c: one table of members: which types have them, which of these must. */
#include "smartapp/setting.h"

#include <string.h>

#include "base/arena.h"
#include "base/guess.h"
#include "base/json.h"
#include "smartapp/source.h"
#include "base/banned.h"

enum {
	DEVICE = 1 << 0, TEXT = 1 << 1, BOOLEAN = 1 << 2, ENUM = 1 << 3, LINK = 1 << 4, PAGE = 1 << 5, IMAGE = 1 << 6,
	ICON = 1 << 7, TIME = 1 << 8, PARAGRAPH = 1 << 9, EMAIL = 1 << 10, DECIMAL = 1 << 11, NUMBER = 1 << 12,
	PHONE = 1 << 13, OAUTH = 1 << 14, PASSWORD = 1 << 15, MODE = 1 << 16, SCENE = 1 << 17, IMAGES = 1 << 18,
	VIDEO = 1 << 19, SOUND = 1 << 20, MESSAGE_GROUP = 1 << 21, SECURITY = 1 << 22,
};

#define TYPED (TEXT | EMAIL | DECIMAL | NUMBER | PHONE | PASSWORD | TIME)	/* what a person types in */
#define CHOSEN (DEVICE | ENUM | MODE | SCENE | SOUND | MESSAGE_GROUP | SECURITY)

static const struct { const char *name; unsigned long bit; } types[] = {
	{ "DEVICE", DEVICE }, { "TEXT", TEXT }, { "BOOLEAN", BOOLEAN }, { "ENUM", ENUM }, { "LINK", LINK }, { "PAGE", PAGE },
	{ "IMAGE", IMAGE }, { "ICON", ICON }, { "TIME", TIME }, { "PARAGRAPH", PARAGRAPH }, { "EMAIL", EMAIL },
	{ "DECIMAL", DECIMAL }, { "NUMBER", NUMBER }, { "PHONE", PHONE }, { "OAUTH", OAUTH }, { "PASSWORD", PASSWORD },
	{ "MODE", MODE }, { "SCENE", SCENE }, { "IMAGES", IMAGES }, { "VIDEO", VIDEO }, { "SOUND", SOUND },
	{ "MESSAGE_GROUP", MESSAGE_GROUP }, { "SECURITY", SECURITY },
};

static const struct source_member members[] = {
	{ "type", SOURCE_TEXT, 20, true, 0 },
	{ "id", SOURCE_ID, 48, true, 0 },
	{ "name", SOURCE_TEXT, 128, true, 0 },
	{ "description", SOURCE_ANY_TEXT, 2048, false, 0 },
	{ "required", SOURCE_BOOL, 0, false, 0 },
	{ "disabled", SOURCE_BOOL, 0, false, 0 },
	{ "submitOnChange", SOURCE_BOOL, 0, false, 0 },
	{ "style", SOURCE_TEXT, 20, false, 0 },
	{ "defaultValue", SOURCE_ANY_TEXT, 128, false, TYPED | CHOSEN },
	{ "defaultValue", SOURCE_TRUTH, 0, false, BOOLEAN },
	{ "defaultValue", SOURCE_ANY_TEXT, 2048, true, PARAGRAPH },
	{ "multiple", SOURCE_BOOL, 0, false, CHOSEN },
	{ "capabilities", SOURCE_TEXTS, 20, true, DEVICE },
	{ "permissions", SOURCE_TEXTS, 3, true, DEVICE },
	{ "excludeCapabilities", SOURCE_TEXTS, 20, false, DEVICE },
	{ "preselect", SOURCE_BOOL, 0, false, DEVICE },
	{ "closeOnSelection", SOURCE_BOOL, 0, false, CHOSEN },
	{ "options", SOURCE_LIST, 200, false, ENUM | SECURITY },
	{ "groupedOptions", SOURCE_LIST, 50, false, ENUM },
	{ "minLength", SOURCE_NUMBER, 0, false, TEXT | PASSWORD },
	{ "maxLength", SOURCE_NUMBER, 0, false, TEXT | PASSWORD },
	{ "postMessage", SOURCE_TEXT, 10, false, TEXT | DECIMAL | NUMBER },
	{ "min", SOURCE_NUMBER, 0, false, DECIMAL | NUMBER },
	{ "max", SOURCE_NUMBER, 0, false, DECIMAL | NUMBER },
	{ "step", SOURCE_NUMBER, 0, false, DECIMAL | NUMBER },
	{ "url", SOURCE_URL, 2048, true, LINK },
	{ "page", SOURCE_ID, 36, true, PAGE },
	{ "image", SOURCE_IMAGE, 0, true, IMAGE | ICON },
	{ "image", SOURCE_IMAGE, 0, false, TYPED | LINK | PAGE | BOOLEAN | PARAGRAPH | OAUTH | MODE | SCENE },
	{ "images", SOURCE_TEXTS, 20, true, IMAGES },
	{ "video", SOURCE_IMAGE, 0, true, VIDEO },
	{ "browser", SOURCE_BOOL, 0, false, OAUTH },
	{ "urlTemplate", SOURCE_URL, 2048, false, OAUTH },
	{ "connector", SOURCE_ID, 24, false, OAUTH },
	{ "user", SOURCE_TEXT, 100, false, OAUTH },
	{ "linked", SOURCE_TEXT, 2048, false, OAUTH },
	{ "again", SOURCE_TEXT, 1024, false, OAUTH },
	{ NULL, 0, 0, false, 0 },
};

static const struct source_member option_members[] = {
	{ "id", SOURCE_TEXT, 128, true, 0 }, { "name", SOURCE_TEXT, 128, true, 0 }, { NULL, 0, 0, false, 0 },
};

static const struct source_member group_members[] = {
	{ "name", SOURCE_TEXT, 128, true, 0 }, { "options", SOURCE_LIST, 200, true, 0 }, { NULL, 0, 0, false, 0 },
};

static unsigned long
type_bit(const char *name)
{
	for (size_t i = 0; name != NULL && i < sizeof(types) / sizeof(types[0]); i++)
		if (strcmp(types[i].name, name) == 0)
			return types[i].bit;
	return 0;
}

bool
setting_has_value(const char *type)
{
	return (type_bit(type) & (TYPED | CHOSEN | BOOLEAN | OAUTH)) != 0;
}

/* Options, whose ids are noted in seen and must be new there. */
static bool
check_options(struct source_file *s, const struct json *list, const char *path, struct json *seen)
{
	size_t place = 0;

	for (const struct json *o = json_first(list); o != NULL; o = json_next(o), place++) {
		const char *at = source_place(s, path, place);
		if (!source_check(s, o, at, option_members, 0))
			return false;
		if (json_array_has(seen, json_get_string(o, "id")))
			return source_fault(s, source_below(s, at, "id"), "stands twice among the options");
		json_append_string(s->arena, seen, json_get_string(o, "id"));
	}
	return true;
}

static bool
check_enum(struct source_file *s, const struct json *v, const char *path)
{
	const struct json *groups = json_get(v, "groupedOptions");
	const char *chosen = json_get_string(v, "defaultValue"), *at = source_below(s, path, "groupedOptions");
	struct json *seen = json_array(s->arena);
	size_t place = 0;

	if (!check_options(s, json_get(v, "options"), source_below(s, path, "options"), seen))
		return false;
	for (const struct json *g = json_first(groups); g != NULL; g = json_next(g), place++) {
		const char *group = source_place(s, at, place);
		if (!source_check(s, g, group, group_members, 0) ||
		    !check_options(s, json_get(g, "options"), source_below(s, group, "options"), seen))
			return false;
	}
	if (json_count(seen) == 0)
		return source_fault(s, path, "lacks options or groupedOptions");
	if (chosen != NULL && *chosen != '\0' && !json_array_has(seen, chosen))
		return source_fault(s, source_below(s, path, "defaultValue"), "is none of the options");
	return true;
}

static bool
check_rights(struct source_file *s, const struct json *v, const char *path)
{
	size_t place = 0;

	for (const struct json *e = json_first(json_get(v, "permissions")); e != NULL; e = json_next(e), place++)
		if (strlen(json_string(e)) != 1 || strchr("rwx", *json_string(e)) == NULL)
			return source_fault(s, source_place(s, source_below(s, path, "permissions"), place),
			    "must be \"r\", \"w\" or \"x\"");
	return true;
}

/* Somebody else's login, or one that makes a link here. */
static bool
check_login(struct source_file *s, const struct json *v, const char *path)
{
	static const char *const ours[] = { "user", "linked", "again" };
	bool url = json_get_string(v, "urlTemplate") != NULL, connector = json_get_string(v, "connector") != NULL;

	if (url == connector)
		return source_fault(s, path, url ? "has urlTemplate and connector: one of them is meant" : "lacks urlTemplate or connector");
	if (connector && json_get_string(v, "user") == NULL)
		return source_fault(s, path, "lacks user: whose link with %s it is", json_get_string(v, "connector"));
	for (size_t i = 0; url && i < sizeof(ours) / sizeof(ours[0]); i++)
		if (json_get_string(v, ours[i]) != NULL)
			return source_fault(s, source_below(s, path, ours[i]), "belongs to a connector, and there is none");
	return true;
}

static bool
check_order(struct source_file *s, const struct json *v, const char *path, const char *small, const char *great)
{
	double a, b;

	if (json_number(json_get(v, small), &a) && json_number(json_get(v, great), &b) && a > b)
		return source_fault(s, source_below(s, path, small), "is greater than %s", great);
	return true;
}

bool
setting_check(struct source_file *s, const struct json *v, const char *path)
{
	const char *type = json_get_string(v, "type");
	unsigned long bit = type_bit(type);

	if (bit == 0) {
		struct guess g = guess_new(type != NULL ? type : "");
		for (size_t i = 0; i < sizeof(types) / sizeof(types[0]); i++)
			guess_try(&g, types[i].name);
		return source_fault(s, source_below(s, path, "type"), g.best != NULL ? "is no type of setting; did you mean %s?" :
		    "is no type of setting%s", g.best != NULL ? g.best : "");
	}
	return source_check(s, v, path, members, bit) && check_order(s, v, path, "min", "max") &&
	    check_order(s, v, path, "minLength", "maxLength") && (bit != ENUM || check_enum(s, v, path)) &&
	    (bit != DEVICE || check_rights(s, v, path)) && (bit != OAUTH || check_login(s, v, path));
}

struct json *
setting_show(struct source_file *s, const struct json *v)
{
	unsigned long bit = type_bit(json_get_string(v, "type"));
	struct json *out = json_copy(s->arena, v);

	if (json_get_string(v, "description") == NULL)
		json_set_string(s->arena, out, "description", "");
	if (json_type(json_get(v, "required")) != JSON_BOOL)
		json_set_bool(s->arena, out, "required", false);
	if ((bit & (DEVICE | ENUM)) != 0 && json_type(json_get(v, "multiple")) != JSON_BOOL)
		json_set_bool(s->arena, out, "multiple", false);
	if (bit == OAUTH && json_type(json_get(v, "browser")) != JSON_BOOL)
		json_set_bool(s->arena, out, "browser", false);
	return out;
}
