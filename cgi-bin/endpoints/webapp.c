/* webapp.c: reads the files of apps. */
#include "endpoints/webapp.h"

#include <dirent.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/arena.h"
#include "base/document.h"
#include "base/json.h"
#include "device/definition.h"
#include "endpoints/mapping.h"
#include "endpoints/preferences.h"
#include "oauth/client.h"
#include "base/banned.h"

#define SCRATCH		(16u << 20)	/* bytes: far above what a file comes to */
#define APPS_MAX	100
#define ID		"abcdefghijklmnopqrstuvwxyz0123456789-"
#define ID_MAX		40

/* --- reading --- */

/* "a, b": one URI or several, as the seed has them. */
static const struct json *
read_uris(struct definition *d, const char *list)
{
	struct json *uris = json_array(d->arena);

	for (const char *s = list; *s != '\0'; s += *s == ',') {
		s += strspn(s, " \t");
		size_t len = strcspn(s, ","), trimmed = len;
		while (trimmed > 0 && strchr(" \t", s[trimmed - 1]) != NULL)
			trimmed--;
		json_append_string(d->arena, uris, arena_strndup(d->arena, s, trimmed));
		s += len;
	}
	return uris;
}

static unsigned
read_token_in(struct definition *d, const struct json *v)
{
	static const struct { const char *name; unsigned place; } places[] = {
		{ "header", TOKEN_IN_HEADER }, { "query", TOKEN_IN_QUERY }, { "path", TOKEN_IN_PATH },
	};
	unsigned all = 0;

	if (v == NULL)
		return TOKEN_IN_HEADER;
	for (const char *const *s = definition_strings(d, "tokenIn", v); *s != NULL; s++) {
		unsigned place = 0;
		for (size_t i = 0; i < sizeof(places) / sizeof(places[0]); i++)
			if (strcmp(places[i].name, *s) == 0)
				place = places[i].place;
		if (place == 0)
			definition_fault(d, "tokenIn", "a token stands in header, query or path, not in %.80s", *s);
		all |= place;
	}
	if (all == 0)
		definition_fault(d, "tokenIn", "is empty");
	return all;
}

/* One of two words; otherwise the first. */
static bool
is_second(struct definition *d, const struct json *root, const char *name, const char *first, const char *second)
{
	const char *s = definition_option(d, "", root, name);

	if (s != NULL && strcmp(s, first) != 0 && strcmp(s, second) != 0)
		definition_fault(d, name, "is %s or %s", first, second);
	return s != NULL && strcmp(s, second) == 0;
}

static void
read_client(struct definition *d, const struct json *root, struct webapp *app)
{
	const char *s = definition_option(d, "", root, "clientId");
	const struct json *ttl = json_get(root, "accessTtl"), *is_public = json_get(root, "public");

	app->client_id = s != NULL ? s : app->id;
	app->redirect_uris = read_uris(d, definition_string(d, "", root, "redirectUris"));
	app->secret_file = definition_option(d, "", root, "clientSecretFile");
	if (is_public != NULL && json_type(is_public) != JSON_BOOL)
		definition_fault(d, "public", "must be true or false");
	app->is_public = json_bool(is_public, false);
	if (app->is_public && app->secret_file != NULL)
		definition_fault(d, "clientSecretFile", "a public client has no secret");
	app->pkce_required = is_second(d, root, "pkce", "optional", "required") || app->is_public;
	app->rotate = !is_second(d, root, "rotation", "always", "never");
	app->scope = is_second(d, root, "scope", WEBAPP_SCOPE, "devices:read") ? "devices:read" : WEBAPP_SCOPE;
	if (ttl != NULL && !json_int(ttl, &app->access_ttl))
		definition_fault(d, "accessTtl", "must be a whole number of seconds");
	struct client c = webapp_client(app);
	c.secret_hash = app->is_public ? NULL : "";
	const char *why = client_check(d->arena, &c);
	if (why != NULL)
		definition_fault(d, "", "%s", why);
}

static void
read_app(struct definition *d, const struct json *root, const struct catalogue *c, struct webapp *app)
{
	definition_members(d, "", root, "name displayName displayLink about clientId clientSecretFile public pkce rotation "
	    "redirectUris scope accessTtl tokenIn preferences mappings");
	app->name = definition_string(d, "", root, "name");
	const char *display = definition_option(d, "", root, "displayName");
	app->display_name = display != NULL ? display : app->name;
	app->display_link = definition_option(d, "", root, "displayLink");
	app->about = definition_option(d, "", root, "about");
	app->token_in = read_token_in(d, json_get(root, "tokenIn"));
	if (d->why == NULL)
		read_client(d, root, app);
	if (d->why == NULL)
		preferences_read(d, "preferences", json_get(root, "preferences"), c, app);
	if (d->why == NULL)
		mappings_read(d, "mappings", json_get(root, "mappings"), app);
}

static bool
is_app_file(const char *name)
{
	const char *dot = strrchr(name, '.');

	return *name != '.' && dot != NULL && (strcmp(dot, ".json") == 0 || document_is_yaml(name));
}

/* "devices" of "devices.json"; NULL if it is no name of an app. */
static const char *
id_of(struct arena *a, const char *name)
{
	size_t id = strspn(name, ID);

	return is_app_file(name) && name[id] == '.' && strchr(name + id + 1, '.') == NULL && id <= ID_MAX ?
	    arena_strndup(a, name, id) : NULL;
}

const struct webapp *
webapp_load(struct arena *a, const char *folder, const char *name, const struct catalogue *c, const char **why)
{
	struct arena *scratch = arena_new(SCRATCH);
	struct webapp *app = arena_alloc(a, sizeof(*app));
	struct definition d = { .arena = a };

	app->id = id_of(a, name);
	if (app->id == NULL)
		d.why = arena_printf(a, "%s/%s: an app's file is called after it: up to %d of a-z 0-9 -, and .json or .yaml", folder,
		    name, ID_MAX);
	else {
		const struct json *root = definition_open(&d, a, scratch, folder, name);
		if (root != NULL)
			read_app(&d, root, c, app);
	}
	arena_free(scratch);
	*why = d.why;
	return d.why == NULL ? app : NULL;
}

static int
by_name(const void *a, const void *b)
{
	return strcmp(*(const char *const *)a, *(const char *const *)b);
}

/* The files of a folder that are apps' by their ending, in the order of their names, at most one more than there may be; -1
 * if it cannot be read. */
static int
list_files(struct arena *a, const char *folder, const char *names[APPS_MAX + 1])
{
	DIR *dir = opendir(folder);
	int n = 0;

	if (dir == NULL)
		return errno == ENOENT ? 0 : -1;
	for (const struct dirent *e; (e = readdir(dir)) != NULL && n <= APPS_MAX;)
		if (is_app_file(e->d_name))
			names[n++] = arena_strdup(a, e->d_name);
	closedir(dir);
	qsort(names, (size_t)n, sizeof(*names), by_name);
	return n;
}

/* What two apps cannot both have; NULL if app has none of it that one before has. */
static const char *
clash(struct arena *a, const struct webapp *list, int n, const struct webapp *app)
{
	for (int i = 0; i < n; i++) {
		if (strcmp(list[i].id, app->id) == 0)
			return arena_printf(a, "there is another file of the app %s", app->id);
		if (strcmp(list[i].client_id, app->client_id) == 0)
			return arena_printf(a, "clientId: the app %s has the same", list[i].id);
	}
	return NULL;
}

const struct webapps *
webapps_load(struct arena *a, const char *root, const struct catalogue *c, const char **why)
{
	const char *folder = arena_printf(a, "%s/" WEBAPP_FOLDER, root), *names[APPS_MAX + 1], *fault;
	int n = list_files(a, folder, names);
	struct webapps *apps = arena_alloc(a, sizeof(*apps));
	struct webapp *list = arena_alloc(a, (size_t)(n + 1) * sizeof(*list));

	if (n < 0 || n > APPS_MAX) {
		*why = n < 0 ? arena_printf(a, "%s: %s", folder, strerror(errno)) :
		    arena_printf(a, "%s: there are more than %d apps", folder, APPS_MAX);
		return NULL;
	}
	for (int i = 0; i < n; i++) {
		const struct webapp *app = webapp_load(a, folder, names[i], c, why);
		if (app == NULL)
			return NULL;
		if ((fault = clash(a, list, i, app)) != NULL) {
			*why = arena_printf(a, "%s/%s: %s", folder, names[i], fault);
			return NULL;
		}
		list[i] = *app;
	}
	*apps = (struct webapps){ list, (size_t)n };
	return apps;
}

/* --- asking --- */

const struct webapp *
webapps_find(const struct webapps *apps, const char *id)
{
	for (size_t i = 0; id != NULL && i < apps->n; i++)
		if (strcmp(apps->list[i].id, id) == 0)
			return &apps->list[i];
	return NULL;
}

const struct webapp *
webapps_of_client(const struct webapps *apps, const char *client_id)
{
	for (size_t i = 0; i < apps->n; i++)
		if (strcmp(apps->list[i].client_id, client_id) == 0)
			return &apps->list[i];
	return NULL;
}

const struct input *
webapp_input(const struct webapp *app, const char *name)
{
	for (size_t p = 0; p < app->n_pages; p++)
		for (size_t s = 0; s < app->pages[p].n_sections; s++)
			for (size_t i = 0; i < app->pages[p].sections[s].n_inputs; i++)
				if (strcmp(app->pages[p].sections[s].inputs[i].name, name) == 0)
					return &app->pages[p].sections[s].inputs[i];
	return NULL;
}
