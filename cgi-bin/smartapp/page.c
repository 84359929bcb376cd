/* page.c: pages, sections, settings: JSON that was checked, member by member. */
#include "smartapp/page.h"

#include <string.h>

#include "base/arena.h"
#include "base/json.h"
#include "base/banned.h"

static const char *const types[] = {
	[SMARTAPP_SETTING_DEVICE] = "DEVICE",
	[SMARTAPP_SETTING_TEXT] = "TEXT",
	[SMARTAPP_SETTING_BOOLEAN] = "BOOLEAN",
	[SMARTAPP_SETTING_ENUM] = "ENUM",
	[SMARTAPP_SETTING_LINK] = "LINK",
	[SMARTAPP_SETTING_PAGE] = "PAGE",
	[SMARTAPP_SETTING_IMAGE] = "IMAGE",
	[SMARTAPP_SETTING_ICON] = "ICON",
	[SMARTAPP_SETTING_TIME] = "TIME",
	[SMARTAPP_SETTING_PARAGRAPH] = "PARAGRAPH",
	[SMARTAPP_SETTING_EMAIL] = "EMAIL",
	[SMARTAPP_SETTING_DECIMAL] = "DECIMAL",
	[SMARTAPP_SETTING_NUMBER] = "NUMBER",
	[SMARTAPP_SETTING_PHONE] = "PHONE",
	[SMARTAPP_SETTING_OAUTH] = "OAUTH",
};

enum smartapp_setting_type
smartapp_setting_type(const char *name)
{
	size_t i = 0;

	while (i < SMARTAPP_SETTING_OTHER && strcmp(types[i], name) != 0)
		i++;
	return (enum smartapp_setting_type)i;
}

const char *
smartapp_setting_type_name(enum smartapp_setting_type t)
{
	return t < SMARTAPP_SETTING_OTHER ? types[t] : "";
}

const char **
smartapp_texts(struct arena *a, const struct json *array)
{
	const char **out = arena_alloc(a, (json_count(array) + 1) * sizeof(*out));
	size_t n = 0;

	for (const struct json *v = json_first(array); v != NULL; v = json_next(v))
		if (json_string(v) != NULL)
			out[n++] = json_string(v);
	return out;
}

static struct smartapp_option *
read_options(struct arena *a, const struct json *list)
{
	struct smartapp_option *first = NULL, **last = &first;

	for (const struct json *v = json_first(list); v != NULL; v = json_next(v)) {
		*last = arena_alloc(a, sizeof(**last));
		**last = (struct smartapp_option){ json_get_string(v, "id"), json_get_string(v, "name"), NULL };
		last = &(*last)->next;
	}
	return first;
}

static struct smartapp_option_group *
read_groups(struct arena *a, const struct json *list)
{
	struct smartapp_option_group *first = NULL, **last = &first;

	for (const struct json *v = json_first(list); v != NULL; v = json_next(v)) {
		*last = arena_alloc(a, sizeof(**last));
		**last = (struct smartapp_option_group){ json_get_string(v, "name"), read_options(a, json_get(v, "options")), NULL };
		last = &(*last)->next;
	}
	return first;
}

static void
read_setting(struct arena *a, const struct json *v, struct smartapp_config_setting *s)
{
	const char *type = json_get_string(v, "type");

	*s = (struct smartapp_config_setting){
		.type = type != NULL ? smartapp_setting_type(type) : SMARTAPP_SETTING_OTHER,
		.type_name = type,
		.id = json_get_string(v, "id"),
		.name = json_get_string(v, "name"),
		.description = json_get_string(v, "description"),
		.required = json_get_bool(v, "required", false),
		.default_value = json_get_string(v, "defaultValue"),
		.multiple = json_get_bool(v, "multiple", false),
		.capabilities = smartapp_texts(a, json_get(v, "capabilities")),
		.permissions = smartapp_texts(a, json_get(v, "permissions")),
		.options = read_options(a, json_get(v, "options")),
		.grouped_options = read_groups(a, json_get(v, "groupedOptions")),
		.url = json_get_string(v, "url"),
		.page = json_get_string(v, "page"),
		.image = json_get_string(v, "image"),
		.browser = json_get_bool(v, "browser", false),
		.url_template = json_get_string(v, "urlTemplate"),
		.json = v,
	};
}

static struct smartapp_config_section *
read_sections(struct arena *a, const struct json *list)
{
	struct smartapp_config_section *first = NULL, **last = &first;

	for (const struct json *v = json_first(list); v != NULL; v = json_next(v)) {
		struct smartapp_config_section *s = *last = arena_alloc(a, sizeof(*s));
		struct smartapp_config_setting **setting = &s->settings;
		s->name = json_get_string(v, "name");
		s->hideable = json_get_bool(v, "hideable", false);
		s->hidden = json_get_bool(v, "hidden", false);
		for (const struct json *e = json_first(json_get(v, "settings")); e != NULL; e = json_next(e)) {
			*setting = arena_alloc(a, sizeof(**setting));
			read_setting(a, e, *setting);
			setting = &(*setting)->next;
		}
		last = &s->next;
	}
	return first;
}

struct smartapp_config_page *
smartapp_page_read(struct arena *a, const struct json *v)
{
	struct smartapp_config_page *p = arena_alloc(a, sizeof(*p));

	*p = (struct smartapp_config_page){
		.page_id = json_get_string(v, "pageId"),
		.name = json_get_string(v, "name"),
		.previous_page_id = json_get_string(v, "previousPageId"),
		.next_page_id = json_get_string(v, "nextPageId"),
		.complete = json_get_bool(v, "complete", false),
		.sections = read_sections(a, json_get(v, "sections")),
		.json = v,
	};
	return p;
}

const struct smartapp_config_page *
smartapp_find_page(const struct smartapp_definition *d, const char *id)
{
	const struct smartapp_config_page *p = d->config_pages;

	while (p != NULL && (p->page_id == NULL || strcmp(p->page_id, id) != 0))
		p = p->next;
	return p;
}

const struct smartapp_config_setting *
smartapp_find_setting(const struct smartapp_definition *d, const char *id)
{
	for (const struct smartapp_config_page *p = d->config_pages; p != NULL; p = p->next)
		for (const struct smartapp_config_section *s = p->sections; s != NULL; s = s->next)
			for (const struct smartapp_config_setting *e = s->settings; e != NULL; e = e->next)
				if (e->id != NULL && strcmp(e->id, id) == 0)
					return e;
	return NULL;
}
