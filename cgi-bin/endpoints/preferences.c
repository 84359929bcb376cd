/* preferences.c: reads the pages of an app's file. */
#include "endpoints/preferences.h"

#include <math.h>
#include <string.h>

#include "base/arena.h"
#include "base/json.h"
#include "device/capability.h"
#include "device/definition.h"
#include "endpoints/webapp.h"
#include "base/banned.h"

#define WORD "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789_"
#define DEVICE "capability."
#define INPUTS_MAX 64		/* of one app */

static const char *const kinds[] = {
	[INPUT_TEXT] = "text", [INPUT_NUMBER] = "number", [INPUT_DECIMAL] = "decimal", [INPUT_ENUM] = "enum",
	[INPUT_BOOL] = "bool", [INPUT_TIME] = "time", [INPUT_EMAIL] = "email",
};
#define KINDS (sizeof(kinds) / sizeof(kinds[0]))

const char *
preferences_kind(const struct input *in)
{
	return in->kind == INPUT_DEVICE ? "device" : kinds[in->kind];
}

/* --- reading the file --- */

/* What is read, and how much of it. */
struct reading {
	struct definition	*d;
	const struct catalogue	*catalogue;
	struct json		*seen;
};

static void
read_type(struct reading *r, const char *path, const char *type, struct input *in)
{
	struct definition *d = r->d;

	if (strncmp(type, DEVICE, sizeof(DEVICE) - 1) == 0) {
		in->kind = INPUT_DEVICE;
		in->capability = arena_strdup(d->arena, type + sizeof(DEVICE) - 1);
		if (catalogue_capability(r->catalogue, in->capability) == NULL)
			definition_fault(d, path, "there is no capability %.80s", in->capability);
		return;
	}
	for (size_t k = INPUT_TEXT; k < KINDS; k++)
		if (strcmp(kinds[k], type) == 0) {
			in->kind = (enum input_kind)k;
			return;
		}
	definition_fault(d, path, "no such type of input: %.80s", type);
}

static double
bound(struct definition *d, const char *path, const struct json *v, const char *name, double otherwise)
{
	double n = otherwise;

	if (json_get(v, name) != NULL && !json_number(json_get(v, name), &n))
		definition_fault(d, definition_path(d, path, name), "must be a number");
	return n;
}

static bool
flag(struct definition *d, const char *path, const struct json *v, const char *name, bool otherwise)
{
	const struct json *b = json_get(v, name);

	if (b != NULL && json_type(b) != JSON_BOOL)
		definition_fault(d, definition_path(d, path, name), "must be true or false");
	return json_bool(b, otherwise);
}

/* What only some kinds have. */
static void
read_particulars(struct definition *d, const char *path, const struct json *v, struct input *in)
{
	const char *why = NULL;

	if (in->kind == INPUT_ENUM) {
		definition_strings(d, definition_path(d, path, "options"), json_get(v, "options"));
		in->options = json_copy(d->arena, json_get(v, "options"));
	} else if (json_get(v, "options") != NULL)
		definition_fault(d, definition_path(d, path, "options"), "only an enum has options");
	if (in->multiple && in->kind != INPUT_DEVICE)
		definition_fault(d, definition_path(d, path, "multiple"), "only devices can be chosen several at a time");
	in->min = bound(d, path, v, "min", -INFINITY);
	in->max = bound(d, path, v, "max", INFINITY);
	if ((!isinf(in->min) || !isinf(in->max)) && in->kind != INPUT_NUMBER && in->kind != INPUT_DECIMAL)
		definition_fault(d, path, "only numbers have min and max");
	const char *typed = definition_option(d, path, v, "defaultValue");
	if (typed == NULL || d->why != NULL)
		return;
	if (in->kind == INPUT_DEVICE || (in->otherwise = preferences_value(d->arena, in, typed, &why)) == NULL)
		definition_fault(d, definition_path(d, path, "defaultValue"), "is no %s that could be chosen", preferences_kind(in));
}

static void
read_input(struct reading *r, const char *path, const struct json *v, bool devices_only, struct input *in)
{
	struct definition *d = r->d;

	definition_members(d, path, v, "name type title description required multiple options min max defaultValue");
	in->name = definition_string(d, path, v, "name");
	const char *title = definition_option(d, path, v, "title"), *type = definition_string(d, path, v, "type");
	in->title = title != NULL ? title : in->name;
	in->about = definition_option(d, path, v, "description");
	in->required = flag(d, path, v, "required", true);
	in->multiple = flag(d, path, v, "multiple", false);
	if (d->why != NULL)
		return;
	if (strspn(in->name, WORD) != strlen(in->name) || strlen(in->name) > 40)
		definition_fault(d, definition_path(d, path, "name"), "is a word of at most 40 letters, digits and _");
	read_type(r, definition_path(d, path, "type"), type, in);
	if (json_get(r->seen, in->name) != NULL)
		definition_fault(d, definition_path(d, path, "name"), "there is an input %s already", in->name);
	json_set_bool(d->scratch, r->seen, in->name, true);
	if (json_count(r->seen) > INPUTS_MAX)
		definition_fault(d, path, "an app has at most %d inputs", INPUTS_MAX);
	if (devices_only && in->kind != INPUT_DEVICE)
		definition_fault(d, definition_path(d, path, "type"),
		    "the oauthPage is for devices; other inputs belong on later pages");
	if (d->why == NULL)
		read_particulars(d, path, v, in);
}

static void
read_section(struct reading *r, const char *path, const struct json *v, bool devices_only, struct section *s)
{
	struct definition *d = r->d;
	const struct json *inputs = json_get(v, "inputs");

	definition_members(d, path, v, "title paragraph inputs");
	s->title = definition_option(d, path, v, "title");
	s->paragraph = definition_option(d, path, v, "paragraph");
	if (inputs != NULL && json_type(inputs) != JSON_ARRAY)
		definition_fault(d, definition_path(d, path, "inputs"), "must be a list");
	struct input *list = arena_alloc(d->arena, (json_count(inputs) + 1) * sizeof(*list));
	for (const struct json *in = json_first(inputs); in != NULL && d->why == NULL; in = json_next(in), s->n_inputs++)
		read_input(r, arena_printf(d->scratch, "%s.inputs.%zu", path, s->n_inputs), in, devices_only, &list[s->n_inputs]);
	s->inputs = list;
}

static void
read_sections(struct reading *r, const char *path, const struct json *v, bool devices_only, struct page *p)
{
	struct definition *d = r->d;

	if (json_type(v) != JSON_ARRAY || json_count(v) == 0) {
		definition_fault(d, path, "must be a list of sections");
		return;
	}
	struct section *list = arena_alloc(d->arena, json_count(v) * sizeof(*list));
	for (const struct json *s = json_first(v); s != NULL && d->why == NULL; s = json_next(s), p->n_sections++)
		read_section(r, arena_printf(d->scratch, "%s.%zu", path, p->n_sections), s, devices_only, &list[p->n_sections]);
	p->sections = list;
}

/* The one page that the owner sees first must be there as it is, and be the first. */
static void
check_oauth_page(struct definition *d, const char *path, const char *name, const struct json *pages)
{
	const struct json *first = json_first(pages), *p = first;

	while (p != NULL && (json_get_string(p, "name") == NULL || strcmp(json_get_string(p, "name"), name) != 0))
		p = json_next(p);
	if (p == NULL)
		definition_fault(d, path, "there is no page %.80s", name);
	else if (p != first)
		definition_fault(d, path, "%.80s must be the first page", name);
	else if (json_get_bool(p, "dynamic", false))
		definition_fault(d, path, "%.80s must not be dynamic", name);
}

static void
read_pages(struct reading *r, const char *path, const struct json *v, struct webapp *app)
{
	struct definition *d = r->d;
	const struct json *pages = json_get(v, "pages");
	const char *oauth = definition_option(d, path, v, "oauthPage"), *here = definition_path(d, path, "pages");

	if (json_type(pages) != JSON_ARRAY || json_count(pages) == 0) {
		definition_fault(d, here, "must be a list of pages");
		return;
	}
	if (oauth != NULL)
		check_oauth_page(d, definition_path(d, path, "oauthPage"), oauth, pages);
	else
		definition_fault(d, path, "oauthPage is missing: which page is for the devices?");
	struct page *list = arena_alloc(d->arena, json_count(pages) * sizeof(*list));
	for (const struct json *p = json_first(pages); p != NULL && d->why == NULL; p = json_next(p), app->n_pages++) {
		const char *at = arena_printf(d->scratch, "%s.%zu", here, app->n_pages);
		struct page *page = &list[app->n_pages];
		const char *title = json_get_string(p, "title");
		definition_members(d, at, p, "name title sections dynamic");
		page->name = definition_string(d, at, p, "name");
		page->title = title != NULL ? arena_strdup(d->arena, title) : "";
		flag(d, at, p, "dynamic", false);
		for (size_t i = 0; i < app->n_pages; i++)
			if (strcmp(list[i].name, page->name) == 0)
				definition_fault(d, at, "there is a page %.80s already", page->name);
		read_sections(r, definition_path(d, at, "sections"), json_get(p, "sections"), app->n_pages == 0, page);
	}
	app->pages = list;
}

void
preferences_read(struct definition *d, const char *path, const struct json *v, const struct catalogue *c, struct webapp *app)
{
	struct reading r = { d, c, json_object(d->scratch) };

	if (v == NULL) {
		definition_fault(d, path, "preferences are missing: which devices may be chosen?");
		return;
	}
	if (json_get(v, "sections") != NULL) {
		struct page *page = arena_alloc(d->arena, sizeof(*page));
		definition_members(d, path, v, "sections");
		*page = (struct page){ .name = "", .title = "" };
		read_sections(&r, definition_path(d, path, "sections"), json_get(v, "sections"), false, page);
		app->pages = page;
		app->n_pages = 1;
	} else {
		definition_members(d, path, v, "oauthPage pages");
		read_pages(&r, path, v, app);
	}
	for (size_t s = 0; d->why == NULL && s < app->pages[0].n_sections; s++)
		for (size_t i = 0; i < app->pages[0].sections[s].n_inputs; i++)
			if (app->pages[0].sections[s].inputs[i].kind == INPUT_DEVICE)
				return;
	definition_fault(d, path, "the first page asks for no device");
}
