/* show.c: devices as JSON objects. */
#include "console/show.h"

#include "account/words.h"
#include "app.h"
#include "base/arena.h"
#include "base/buf.h"
#include "base/json.h"
#include "console/attention.h"
#include "console/list.h"
#include "device/catalogue.h"
#include "device/state.h"
#include "web/page.h"
#include "base/banned.h"

#define PATH_MAX_BYTES (3 * DEVICE_ID_MAX)

const char *
show_type(const struct app *app, const struct words *w, const char *type)
{
	const char *word = page_word(w->pages, w->language, "type", type);
	const struct device_type *t = catalogue_type(app->catalogue, type);

	return word != NULL ? word : t != NULL ? t->model : type;
}

struct telling {
	const struct words	*words;
	struct json		*values;
};

static void
add_value(void *arg, const struct state_value *v)
{
	struct telling *t = arg;
	struct arena *a = t->words->arena;
	struct json *one = json_set(a, t->values, arena_printf(a, "%s/%s.%s", v->component, v->capability, v->attribute),
	    json_object(a));

	json_set(a, one, "value", json_copy(a, v->value));
	if (v->unit != NULL)
		json_set_string(a, one, "unit", v->unit);
	json_set_int(a, one, "time", v->time);
	json_set_string(a, one, "text", words_value(t->words, v->value, v->unit));
}

struct json *
show_device(const struct app *app, const struct words *w, const struct list_item *it)
{
	struct arena *a = w->arena;
	struct json *v = json_object(a), *attention;
	enum attention which;
	const char *name;

	json_set_string(a, v, "id", it->device.id);
	json_set_string(a, v, "name", it->device.name);
	if (it->device.room != NULL)
		json_set_string(a, v, "room", it->device.room);
	json_set_string(a, v, "type", it->device.type);
	json_set_bool(a, v, "online", state_online(it->state));
	attention = json_set(a, v, "attention", json_array(a));
	for (size_t i = 0; (name = attention_name(i, &which)) != NULL; i++)
		if (it->attention & which)
			json_append_string(a, attention, name);
	struct telling t = { w, json_set(a, v, "values", json_object(a)) };
	state_each(a, app->catalogue, &it->device, it->state, add_value, &t);
	return v;
}

struct json *
show_frame(const struct app *app, const struct words *w, const struct list_item *it)
{
	static const char *const texts[] = { "attention_offline", "attention_alarm", "attention_battery" };
	struct arena *a = w->arena;
	struct json *v = json_object(a), *warnings = json_set(a, v, "warnings", json_array(a));
	struct buf path = buf_new(a, PATH_MAX_BYTES), names = buf_new(a, 64);
	enum attention which;
	const char *name;

	buf_url(&path, it->device.id);
	for (size_t i = 0; (name = attention_name(i, &which)) != NULL; i++) {
		if (!(it->attention & which))
			continue;
		struct json *one = json_append(a, warnings, json_object(a));
		json_set_string(a, one, "name", name);
		json_set_string(a, one, "text", texts[i]);
		buf_printf(&names, "%s%s", names.len > 0 ? " " : "", name);
	}
	json_set_string(a, v, "id", it->device.id);
	json_set_string(a, v, "path", path.data);
	json_set_string(a, v, "name", it->device.name);
	json_set_string(a, v, "room", it->device.room);
	json_set_string(a, v, "type", show_type(app, w, it->device.type));
	json_set_bool(a, v, "is_offline", !state_online(it->state));
	json_set_bool(a, v, "settable", state_is_settable(&it->device));
	json_set_string(a, v, "attention", names.data);
	return v;
}
