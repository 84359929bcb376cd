/* definition.c: top to bottom: the app, its pages, their sections, their settings; then what they refer to. */
#include "smartapp/definition.h"

#include <string.h>

#include "base/arena.h"
#include "base/config.h"
#include "base/json.h"
#include "smartapp/plan.h"
#include "smartapp/setting.h"
#include "smartapp/source.h"
#include "base/banned.h"

static const struct source_member app_members[] = {
	{ "id", SOURCE_ID, 128, true, 0 },
	{ "name", SOURCE_TEXT, 128, true, 0 },
	{ "description", SOURCE_ANY_TEXT, 2048, true, 0 },
	{ "targetUrl", SOURCE_TEXT, 2048, true, 0 },
	{ "permissions", SOURCE_TEXTS, 100, true, 0 },
	{ "configPages", SOURCE_LIST, 50, false, 0 },
	{ "subscriptions", SOURCE_LIST, 40, false, 0 },
	{ "schedules", SOURCE_LIST, 6, false, 0 },
	{ "rules", SOURCE_LIST, 200, false, 0 },
	{ "mirrors", SOURCE_LIST, 50, false, 0 },
	{ NULL, 0, 0, false, 0 },
};

static const struct source_member page_members[] = {
	{ "pageId", SOURCE_ID, 36, false, 0 },
	{ "pageName", SOURCE_TEXT, 128, true, 0 },
	{ "previousPageId", SOURCE_ID, 36, false, 0 },
	{ "nextPageId", SOURCE_ID, 36, false, 0 },
	{ "complete", SOURCE_BOOL, 0, false, 0 },
	{ "style", SOURCE_TEXT, 20, false, 0 },
	{ "nextText", SOURCE_TEXT, 128, false, 0 },
	{ "sections", SOURCE_LIST, 100, true, 0 },
	{ NULL, 0, 0, false, 0 },
};

static const struct source_member section_members[] = {
	{ "name", SOURCE_TEXT, 128, false, 0 },
	{ "hideable", SOURCE_BOOL, 0, false, 0 },
	{ "hidden", SOURCE_BOOL, 0, false, 0 },
	{ "style", SOURCE_TEXT, 20, false, 0 },
	{ "settings", SOURCE_LIST, 200, true, 0 },
	{ NULL, 0, 0, false, 0 },
};

struct loading {
	struct source_file	 source;
	struct definition	*definition;
	struct json		*settings;
};

static bool
read_target(struct loading *l)
{
	struct definition *d = l->definition;
	const char *host = strstr(d->app.target_url, "://"), *end = d->app.target_url;

	for (const char *c = d->app.target_url; *c != '\0'; c++)
		if (*c <= ' ' || *c > '~')
			return source_fault(&l->source, "targetUrl", "may hold printable ASCII without spaces only");
	if ((strncmp(end, "https://", 8) != 0 && !config_url_is_here(end)) || strlen(host + 3) == 0 || strchr("/?#", host[3]) != NULL)
		return source_fault(&l->source, "targetUrl", "must be an https URL, as https://home.example.org/smartapp");
	const char *path = host + 3 + strcspn(host + 3, "/?#");
	size_t len = strcspn(path, "?#");
	if (path[len] != '\0')
		d->warning = "targetUrl has a query: SmartThings signs the path without it, and so do we read it";
	d->path = len > 0 ? arena_strndup(l->source.arena, path, len) : "/";
	return true;
}

/* --- pages --- */

static bool
read_settings(struct loading *l, const struct json *list, const char *path, struct json *out)
{
	struct source_file *s = &l->source;
	size_t place = 0;

	for (const struct json *v = json_first(list); v != NULL; v = json_next(v), place++) {
		const char *at = source_place(s, path, place);
		if (!setting_check(s, v, at))
			return false;
		if (json_get(l->settings, json_get_string(v, "id")) != NULL)
			return source_fault(s, source_below(s, at, "id"), "stands twice: ids are unique over all pages");
		json_set(s->arena, l->settings, json_get_string(v, "id"), json_copy(s->arena, v));
		json_append(s->arena, out, setting_show(s, v));
	}
	return true;
}

static bool
read_sections(struct loading *l, const struct json *list, const char *path, struct json *out)
{
	struct source_file *s = &l->source;
	size_t place = 0;

	for (const struct json *v = json_first(list); v != NULL; v = json_next(v), place++) {
		const char *at = source_place(s, path, place);
		if (!source_check(s, v, at, section_members, 0))
			return false;
		struct json *section = json_append(s->arena, out, json_copy(s->arena, v));
		struct json *settings = json_array(s->arena);
		if (!read_settings(l, json_get(v, "settings"), source_below(s, at, "settings"), settings))
			return false;
		json_set(s->arena, section, "settings", settings);
	}
	return true;
}

/* A neighbour: the page that is named, else the one that stands there; null where there is none. */
static void
set_neighbour(struct loading *l, struct json *page, const struct json *v, const char *name, size_t place)
{
	const struct definition *d = l->definition;
	struct arena *a = l->source.arena;

	if (json_get(v, name) != NULL)
		json_set(a, page, name, json_copy(a, json_get(v, name)));
	else if (place < d->pages_count)
		json_set_string(a, page, name, d->pages[place].id);
	else
		json_set(a, page, name, json_new_null(a));
}

static bool
read_page(struct loading *l, const struct json *v, const char *path, size_t place)
{
	struct source_file *s = &l->source;
	struct definition *d = l->definition;
	struct json *page = json_object(s->arena);

	json_set_string(s->arena, page, "pageId", d->pages[place].id);
	json_set_string(s->arena, page, "name", json_get_string(v, "pageName"));
	set_neighbour(l, page, v, "previousPageId", place - 1);	/* of the first: far behind the last */
	set_neighbour(l, page, v, "nextPageId", place + 1);
	json_set_bool(s->arena, page, "complete", json_get_bool(v, "complete",
	    json_type(json_get(page, "nextPageId")) == JSON_NULL));
	for (const char *const *name = (const char *const[]){ "style", "nextText", NULL }; *name != NULL; name++)
		if (json_get_string(v, *name) != NULL)
			json_set_string(s->arena, page, *name, json_get_string(v, *name));
	d->pages[place].answer = page;
	return read_sections(l, json_get(v, "sections"), source_below(s, path, "sections"),
	    json_set(s->arena, page, "sections", json_array(s->arena)));
}

/* All ids first: neighbours refer to them. */
static bool
read_page_ids(struct loading *l, const struct json *pages)
{
	struct source_file *s = &l->source;
	struct definition *d = l->definition;

	d->pages = arena_alloc(s->arena, (json_count(pages) + 1) * sizeof(*d->pages));
	for (const struct json *v = json_first(pages); v != NULL; v = json_next(v)) {
		const char *path = source_place(s, "configPages", d->pages_count), *id = json_get_string(v, "pageId");
		if (!source_check(s, v, path, page_members, 0))
			return false;
		id = id != NULL ? id : arena_printf(s->arena, "%zu", d->pages_count + 1);
		if (definition_page(d, id) != NULL)
			return source_fault(s, source_below(s, path, "pageId"), "stands twice");
		d->pages[d->pages_count++].id = id;
	}
	return true;
}

/* Do the pages that pages and settings name exist? */
static bool
check_references(struct loading *l)
{
	const struct definition *d = l->definition;

	for (size_t i = 0; i < d->pages_count; i++)
		for (const char *const *name = (const char *const[]){ "previousPageId", "nextPageId", NULL }; *name != NULL; name++) {
			const char *to = json_get_string(d->pages[i].answer, *name);
			if (to != NULL && definition_page(d, to) == NULL)
				return source_fault(&l->source, source_below(&l->source, source_place(&l->source, "configPages", i), *name),
				    "there is no page %s", to);
		}
	for (const struct json *v = json_first(l->settings); v != NULL; v = json_next(v))
		if (json_get_string(v, "page") != NULL && definition_page(d, json_get_string(v, "page")) == NULL)
			return source_fault(&l->source, "configPages", "the setting %s leads to a page that there is not: %s",
			    json_name(v), json_get_string(v, "page"));
	return true;
}

static bool
read_pages(struct loading *l)
{
	const struct json *pages = json_get(l->source.document.root, "configPages");
	size_t place = 0;

	if (!read_page_ids(l, pages))
		return false;
	for (const struct json *v = json_first(pages); v != NULL; v = json_next(v), place++)
		if (!read_page(l, v, source_place(&l->source, "configPages", place), place))
			return false;
	return check_references(l);
}

/* --- the whole --- */

static bool
read_definition(struct loading *l)
{
	const struct json *root = l->source.document.root;
	struct definition *d = l->definition;

	if (!source_check(&l->source, root, "", app_members, 0))
		return false;
	d->permissions = json_get(root, "permissions");
	d->settings = l->settings;
	d->app = (struct smartapp_definition){
		.id = json_get_string(root, "id"),
		.name = json_get_string(root, "name"),
		.description = json_get_string(root, "description"),
		.target_url = json_get_string(root, "targetUrl"),
		.permissions = smartapp_texts(l->source.arena, d->permissions),
	};
	if (!read_target(l) || !read_pages(l) || !plan_read(&l->source, d, &d->plan))
		return false;
	struct smartapp_config_page **last = &d->app.config_pages;
	for (size_t i = 0; i < d->pages_count; i++, last = &(*last)->next)
		*last = smartapp_page_read(l->source.arena, d->pages[i].answer);
	return true;
}

const struct definition *
definition_load(struct arena *a, const char *file, const char **why)
{
	struct loading l = { .definition = arena_alloc(a, sizeof(struct definition)), .settings = json_object(a) };
	bool fine = source_read(&l.source, a, file) && read_definition(&l);

	*why = l.source.why;
	return fine ? l.definition : NULL;
}

const struct definition_page *
definition_page(const struct definition *d, const char *id)
{
	for (size_t i = 0; i < d->pages_count; i++)
		if (strcmp(d->pages[i].id, id) == 0)
			return &d->pages[i];
	return NULL;
}
