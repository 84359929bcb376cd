/* wizard.c: from page to page. */
#include "sim/wizard.h"

#include <string.h>

#include "app.h"
#include "base/arena.h"
#include "base/json.h"
#include "sim/app_back.h"
#include "sim/install.h"
#include "sim/phase.h"
#include "sim/sim.h"
#include "sim/wizard_setting.h"
#include "web/form.h"
#include "web/request.h"
#include "base/banned.h"

#define PAGES_MAX 30	/* that are gone through when all is filled in */

static const char *
page_text(const struct sim *s, const char *name)
{
	const char *text = json_get_string(json_get(install_draft(&s->home), "page"), name);

	return text != NULL ? text : "";
}

bool
wizard_begin(struct sim *s)
{
	if (!phase_initialize(s))
		return false;
	const char *first = json_get_string(install_of(&s->home), "first");
	return first != NULL && phase_page(s, first, "");
}

/* --- what was entered --- */

struct entering {
	const struct pair *form;
	bool		 fill;		/* what the form leaves out */
	size_t		 missing;
};

/* A setting that the form does not name keeps its value when all is filled in by itself. */
static bool
is_named(struct arena *a, const struct pair *form, const char *id)
{
	const char *name = arena_printf(a, "s.%s", id != NULL ? id : "");

	for (const struct pair *p = form; p != NULL; p = p->next)
		if (strcmp(p->name, name) == 0)
			return true;
	return false;
}

static void
enter_setting(struct arena *a, struct entering *e, const struct json *setting, struct json *config, struct json *missing)
{
	const char *id = json_get_string(setting, "id");
	bool ok = true;

	if (!e->fill || is_named(a, e->form, id))
		ok = wizard_setting_read(a, setting, e->form, config);
	if (ok && e->fill)
		ok = wizard_setting_fill(a, setting, config);
	if ((!ok || wizard_setting_missing(setting, config)) && id != NULL)
		json_append_string(a, missing, id);
}

static void
enter(struct home *h, struct json *record, struct json *devices, void *arg)
{
	struct entering *e = arg;
	struct arena *a = h->arena;
	struct json *app = install_edit(a, record), *d = json_copy(a, json_get(app, "draft"));
	const struct json *old = json_get(d, "config");
	struct json *config = old != NULL ? json_copy(a, old) : json_object(a), *missing = json_array(a);

	(void)devices;
	for (const struct json *s = json_first(json_get(json_get(d, "page"), "sections")); s != NULL; s = json_next(s))
		for (const struct json *v = json_first(json_get(s, "settings")); v != NULL; v = json_next(v))
			enter_setting(a, e, v, config, missing);
	e->missing = json_count(missing);
	json_set(a, d, "config", config);
	json_set(a, d, "missing", missing);
	json_set(a, app, "draft", d);
}

/* --- from page to page --- */

static bool
is_way(const char *go)
{
	static const char *const ways[] = { "next", "back", "again", "done" };

	for (size_t i = 0; i < sizeof(ways) / sizeof(ways[0]); i++)
		if (strcmp(ways[i], go) == 0)
			return true;
	return strncmp(go, "to.", 3) == 0;
}

const char *
wizard_go(struct sim *s, bool *ok)
{
	const char *go = request_form(s->rq, "go"), *here = page_text(s, "pageId"), *to = NULL;
	struct entering e = { .form = s->rq->form };

	if (go == NULL || !is_way(go) || *here == '\0')
		return "Say where to go, from a page that is open.";
	if (home_change(&s->home, enter, &e) != STORE_OK)
		return "The store cannot be used now.";
	if (strcmp(go, "back") == 0)
		to = page_text(s, "previousPageId");
	else if (strcmp(go, "again") == 0)
		to = here;
	else if (strncmp(go, "to.", 3) == 0)
		to = go + 3;
	else if (e.missing > 0)
		return NULL;	/* the page says what is missing */
	else if (strcmp(go, "next") == 0)
		to = page_text(s, "nextPageId");
	if (to != NULL && *to == '\0')
		return "There is no page there.";
	*ok = to != NULL ? phase_page(s, to, here) : phase_install(s);
	return NULL;
}

bool
wizard_fill(struct sim *s, const char **why)
{
	struct entering e = { .form = s->rq->form, .fill = true };

	*why = NULL;
	if (!wizard_begin(s))
		return false;
	for (int pages = 0; pages < PAGES_MAX; pages++) {
		if (home_change(&s->home, enter, &e) != STORE_OK)
			return false;
		if (e.missing > 0) {
			*why = json_string(json_first(json_get(install_draft(&s->home), "missing")));
			return false;
		}
		const char *next = page_text(s, "nextPageId");
		if (*next == '\0')
			return phase_install(s);
		if (!phase_page(s, next, page_text(s, "pageId")))
			return false;
	}
	return false;
}

static void
drop(struct home *h, struct json *record, struct json *devices, void *arg)
{
	(void)devices;
	(void)arg;
	json_set(h->arena, install_edit(h->arena, record), "draft", NULL);
}

bool
wizard_drop(struct sim *s)
{
	return home_change(&s->home, drop, NULL) == STORE_OK;
}

/* --- showing --- */

static struct json *
show_section(struct arena *a, const struct json *section, const struct json *d, const char *back)
{
	struct json *v = json_object(a), *list = json_set(a, v, "settings", json_array(a));

	json_set_string(a, v, "name", json_get_string(section, "name"));
	json_set_bool(a, v, "folds", json_get_bool(section, "hideable", false));
	json_set_bool(a, v, "folded", json_get_bool(section, "hidden", false));
	for (const struct json *e = json_first(json_get(section, "settings")); e != NULL; e = json_next(e)) {
		struct json *setting = json_append(a, list, wizard_setting_show(a, e, json_get(d, "config"), back));
		const char *id = json_get_string(e, "id");
		json_set_bool(a, setting, "missing", id != NULL && json_array_has(json_get(d, "missing"), id));
		if (json_get_bool(e, "submitOnChange", false))
			json_set_bool(a, v, "again", true);
	}
	return v;
}

struct json *
wizard_show(struct sim *s)
{
	struct arena *a = s->arena;
	const struct json *d = install_draft(&s->home), *page = json_get(d, "page");

	if (page == NULL)
		return NULL;
	struct json *v = json_object(a), *sections = json_set(a, v, "sections", json_array(a));
	json_set_string(a, v, "name", json_get_string(page, "name"));
	json_set_string(a, v, "id", json_get_string(page, "pageId"));
	json_set_bool(a, v, "next", *page_text(s, "nextPageId") != '\0');
	json_set_bool(a, v, "back", *page_text(s, "previousPageId") != '\0');
	json_set_bool(a, v, "done", json_get_bool(page, "complete", false));
	json_set_bool(a, v, "stopped", json_first(json_get(d, "missing")) != NULL);
	for (const struct json *e = json_first(json_get(page, "sections")); e != NULL; e = json_next(e)) {
		struct json *section = json_append(a, sections, show_section(a, e, d, app_back_url(a, s->app->config)));
		json_set_int(a, section, "n", (long long)json_count(sections));
		if (json_get_bool(section, "again", false))
			json_set_bool(a, v, "again", true);
	}
	return v;
}
