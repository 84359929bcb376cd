/* request_config.c: configuration maps, and readers that know every way in which a value is not what one hoped. */
#include "smartapp/request.h"

#include <errno.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/arena.h"
#include "base/json.h"
#include "base/text.h"
#include "base/banned.h"

#define SETTINGS_MAX	200	/* of one configuration */
#define VALUES_MAX	500	/* of one setting */
#define NUMBER_MAX	64	/* bytes of a number */

bool
smartapp_id_ok(const char *s)
{
	size_t len = strspn(s, "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789._-");

	return len >= 1 && len <= 64 && s[len] == '\0' && *s != '.';
}

/* Which member holds a type's value, and which member of that its text. */
static const struct { const char *name, *member, *text; } types[] = {
	[SMARTAPP_VALUE_STRING] = { "STRING", "stringConfig", "value" },
	[SMARTAPP_VALUE_DEVICE] = { "DEVICE", "deviceConfig", "deviceId" },
	[SMARTAPP_VALUE_MODE] = { "MODE", "modeConfig", "modeId" },
	[SMARTAPP_VALUE_SCENE] = { "SCENE", "sceneConfig", "sceneId" },
	[SMARTAPP_VALUE_PERMISSION] = { "PERMISSION", "permissionConfig", NULL },
	[SMARTAPP_VALUE_MESSAGE] = { "MESSAGE", "messageConfig", "messageGroupKey" },
};

enum smartapp_value_type
smartapp_value_type(const char *name)
{
	size_t i = 0;

	while (i < SMARTAPP_VALUE_OTHER && strcmp(types[i].name, name) != 0)
		i++;
	return (enum smartapp_value_type)i;
}

/* One entry of a setting. NULL if it is fine. */
static const char *
read_value(const struct json *entry, struct smartapp_value *v)
{
	const struct json *type = json_get(entry, "valueType");

	if (json_type(entry) != JSON_OBJECT)
		return "a value of config is no object";
	if (type != NULL && json_type(type) != JSON_STRING)
		return "valueType is no text";
	*v = (struct smartapp_value){ .json = entry,
	    .type = type != NULL ? smartapp_value_type(json_string(type)) : SMARTAPP_VALUE_OTHER };
	if (v->type == SMARTAPP_VALUE_OTHER)
		return NULL;
	const struct json *held = json_get(entry, types[v->type].member);
	const char *text = types[v->type].text != NULL ? json_get_string(held, types[v->type].text) : NULL;
	if (json_type(held) != JSON_OBJECT || (types[v->type].text != NULL && text == NULL))
		return "a value of config is not what its valueType says";
	v->string = v->type == SMARTAPP_VALUE_DEVICE ? NULL : text;
	if (v->type != SMARTAPP_VALUE_DEVICE)
		return NULL;
	const struct json *component = json_get(held, "componentId");
	v->device = (struct smartapp_device){ text, component != NULL ? json_string(component) : "main" };
	if (!smartapp_id_ok(text))
		return "a deviceId is not as ids are";
	return v->device.component_id != NULL ? NULL : "a componentId is no text";
}

static const char *
read_setting(struct arena *a, const struct json *list, struct smartapp_setting *s)
{
	struct smartapp_value **last = &s->values;
	const char *fault = NULL;

	if (json_type(list) != JSON_ARRAY)
		return "a setting of config is no list";
	if (json_count(list) > VALUES_MAX)
		return "a setting of config has too many values";
	for (const struct json *e = json_first(list); e != NULL && fault == NULL; e = json_next(e)) {
		*last = arena_alloc(a, sizeof(**last));
		fault = read_value(e, *last);
		last = &(*last)->next;
		s->count++;
	}
	return fault;
}

const char *
smartapp_config_read(struct arena *a, const struct json *map, struct smartapp_setting **out)
{
	const char *fault = NULL;

	*out = NULL;
	if (json_type(map) != JSON_OBJECT)
		return "config is no object";
	if (json_count(map) > SETTINGS_MAX)
		return "config has too many settings";
	for (const struct json *m = json_first(map); m != NULL && fault == NULL; m = json_next(m)) {
		*out = arena_alloc(a, sizeof(**out));
		(*out)->key = json_name(m);
		fault = read_setting(a, m, *out);
		out = &(*out)->next;
	}
	return fault;
}

const struct smartapp_setting *
smartapp_find(const struct smartapp_setting *s, const char *key)
{
	while (s != NULL && strcmp(s->key, key) != 0)
		s = s->next;
	return s;
}

const char *
smartapp_read_name(enum smartapp_read r)
{
	static const char *const names[] = {
		[SMARTAPP_READ_OK] = "ok",
		[SMARTAPP_READ_ABSENT] = "is not set",
		[SMARTAPP_READ_EMPTY] = "has no value",
		[SMARTAPP_READ_TYPE] = "has a value of another type",
		[SMARTAPP_READ_FORM] = "has a text that is not of that form",
	};

	return names[r];
}

static enum smartapp_read
first_value(const struct smartapp_setting *config, const char *key, const struct smartapp_value **v)
{
	const struct smartapp_setting *s = smartapp_find(config, key);

	if (s == NULL)
		return SMARTAPP_READ_ABSENT;
	*v = s->values;
	return s->values != NULL ? SMARTAPP_READ_OK : SMARTAPP_READ_EMPTY;
}

enum smartapp_read
smartapp_as_devices(const struct smartapp_setting *config, const char *key, const struct smartapp_value **values,
    size_t *count)
{
	const struct smartapp_value *first;
	size_t n = 0;
	enum smartapp_read r = first_value(config, key, &first);

	if (r != SMARTAPP_READ_OK)
		return r;
	for (const struct smartapp_value *v = first; v != NULL; v = v->next, n++)
		if (v->type != SMARTAPP_VALUE_DEVICE)
			return SMARTAPP_READ_TYPE;
	*values = first;
	*count = n;
	return SMARTAPP_READ_OK;
}

enum smartapp_read
smartapp_as_str(const struct smartapp_setting *config, const char *key, const char **out)
{
	const struct smartapp_value *v;
	enum smartapp_read r = first_value(config, key, &v);

	if (r != SMARTAPP_READ_OK)
		return r;
	if (v->type != SMARTAPP_VALUE_STRING)
		return SMARTAPP_READ_TYPE;
	*out = v->string;
	return SMARTAPP_READ_OK;
}

enum smartapp_read
smartapp_as_bool(const struct smartapp_setting *config, const char *key, bool *out)
{
	const char *text;
	enum smartapp_read r = smartapp_as_str(config, key, &text);

	if (r != SMARTAPP_READ_OK)
		return r;
	if (strcmp(text, SMARTAPP_TRUE) != 0 && strcmp(text, SMARTAPP_FALSE) != 0)
		return SMARTAPP_READ_FORM;
	*out = strcmp(text, SMARTAPP_TRUE) == 0;
	return SMARTAPP_READ_OK;
}

enum smartapp_read
smartapp_as_int(const struct smartapp_setting *config, const char *key, long long *out)
{
	const char *text;
	enum smartapp_read r = smartapp_as_str(config, key, &text);

	if (r != SMARTAPP_READ_OK)
		return r;
	return text_to_int(text, INT64_MIN, INT64_MAX, out) ? SMARTAPP_READ_OK : SMARTAPP_READ_FORM;
}

enum smartapp_read
smartapp_as_float(const struct smartapp_setting *config, const char *key, double *out)
{
	const char *text;
	char *end;
	enum smartapp_read r = smartapp_as_str(config, key, &text);

	if (r != SMARTAPP_READ_OK)
		return r;
	/* Only what people write: no hexadecimal, no white space, no words. */
	if (*text == '\0' || strlen(text) > NUMBER_MAX || strspn(text, "0123456789+-.eE") != strlen(text))
		return SMARTAPP_READ_FORM;
	double d = strtod(text, &end);
	if (*end != '\0' || !isfinite(d))
		return SMARTAPP_READ_FORM;
	*out = d;
	return SMARTAPP_READ_OK;
}
