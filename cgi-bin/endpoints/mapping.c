/* mapping.c: reads mappings, refuses those that nobody could tell apart, finds the one that is meant. */
#include "endpoints/mapping.h"

#include <string.h>

#include "base/arena.h"
#include "base/json.h"
#include "base/text.h"
#include "device/definition.h"
#include "endpoints/handler.h"
#include "endpoints/webapp.h"
#include "base/banned.h"

#define LETTERS "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"
#define LITERAL LETTERS "0123456789._~-"	/* unreserved: it means the same however it is sent */

const char *const mapping_methods[MAPPING_METHODS] = { "GET", "PUT", "POST", "DELETE" };

/* --- reading --- */

/* One level of a path; a complaint if it is none. */
static bool
read_level(struct definition *d, const char *path, const char *text, size_t len, struct level *l)
{
	bool variable = len > 0 && *text == ':';
	const char *name = arena_strndup(d->arena, text + variable, len - variable);

	*l = (struct level){ name, variable };
	if (variable && (strspn(name, LETTERS) == 0 || strspn(name, LETTERS "0123456789_") != strlen(name))) {
		definition_fault(d, path, "a variable is a colon and a word of letters, digits and _, not \"%.*s\"",
		    text_cut(text, (int)(len < 80 ? len : 80)), text);
		return false;
	}
	if (!variable && (*name == '\0' || strspn(name, LITERAL) != len || strspn(name, ".") == len)) {
		definition_fault(d, path, "a level is a word of letters, digits and . _ ~ -, not \"%.*s\"",
		    text_cut(text, (int)(len < 80 ? len : 80)), text);
		return false;
	}
	return true;
}

static void
read_levels(struct definition *d, const char *path, struct mapping *m)
{
	const char *s = m->path;

	if (*s != '/') {
		definition_fault(d, path, "a path begins with a slash");
		return;
	}
	while (*s == '/') {
		size_t len = strcspn(++s, "/");
		if (m->n_levels == MAPPING_LEVELS) {
			definition_fault(d, path, "%.200s has more than %d levels", m->path, MAPPING_LEVELS);
			return;
		}
		struct level *l = &m->levels[m->n_levels];
		if (!read_level(d, path, s, len, l))
			return;
		for (size_t i = 0; i < m->n_levels && l->variable; i++)
			if (m->levels[i].variable && strcmp(m->levels[i].name, l->name) == 0)
				definition_fault(d, path, "the variable :%s stands twice", l->name);
		m->n_levels++;
		s += len;
	}
}

static void
read_actions(struct definition *d, const char *path, const struct json *v, const struct webapp *app, struct mapping *m)
{
	definition_members(d, path, v, "GET PUT POST DELETE");
	if (json_first(v) == NULL)
		definition_fault(d, path, "there must be a method");
	for (size_t i = 0; i < MAPPING_METHODS && d->why == NULL; i++) {
		const struct json *spec = json_get(v, mapping_methods[i]);
		if (spec == NULL)
			continue;
		m->actions[i].spec = json_copy(d->arena, spec);
		m->actions[i].handler = handler_check(d, definition_path(d, path, mapping_methods[i]), app, spec);
	}
}

/* Does every path that fits one fit the other, so that nobody could say which is meant? */
static bool
same_shape(const struct mapping *a, const struct mapping *b)
{
	if (a->n_levels != b->n_levels)
		return false;
	for (size_t i = 0; i < a->n_levels; i++)
		if (a->levels[i].variable != b->levels[i].variable ||
		    (!a->levels[i].variable && strcmp(a->levels[i].name, b->levels[i].name) != 0))
			return false;
	return true;
}

void
mappings_read(struct definition *d, const char *path, const struct json *v, struct webapp *app)
{
	struct mapping *list = arena_alloc(d->arena, (json_count(v) + 1) * sizeof(*list));
	size_t n = 0;

	if (json_type(v) != JSON_ARRAY || json_count(v) == 0)
		definition_fault(d, path, "must be a list of paths with their actions");
	for (const struct json *m = json_first(v); m != NULL && d->why == NULL; m = json_next(m), n++) {
		const char *here = arena_printf(d->scratch, "%s.%zu", path, n);
		definition_members(d, here, m, "path action");
		list[n].path = definition_string(d, here, m, "path");
		if (d->why == NULL)
			read_levels(d, definition_path(d, here, "path"), &list[n]);
		for (size_t i = 0; i < n && d->why == NULL; i++)
			if (same_shape(&list[i], &list[n]))
				definition_fault(d, definition_path(d, here, "path"), "the same as %s", list[i].path);
		if (d->why == NULL)
			read_actions(d, definition_path(d, here, "action"), json_get(m, "action"), app, &list[n]);
	}
	app->mappings = list;
	app->n_mappings = n;
}

/* --- finding --- */

/* Split a path at its slashes, then decode: what was encoded crosses no level. */
static bool
split(struct arena *a, const char *path, const char *levels[MAPPING_LEVELS], size_t *n)
{
	for (*n = 0; *path == '/'; (*n)++) {
		size_t len = strcspn(++path, "/");
		if (*n == MAPPING_LEVELS)
			return false;
		const char *level = text_url_decode(a, path, len, false);
		if (level == NULL || *level == '\0' || strcmp(level, ".") == 0 || strcmp(level, "..") == 0)
			return false;
		levels[*n] = level;
		path += len;
	}
	return *n > 0;
}

static bool
fits(const struct mapping *m, const char *const levels[], size_t n)
{
	if (m->n_levels != n)
		return false;
	for (size_t i = 0; i < n; i++)
		if (!m->levels[i].variable && strcmp(m->levels[i].name, levels[i]) != 0)
			return false;
	return true;
}

/* Of two that fit: is a literal where they first differ? */
static bool
is_nearer(const struct mapping *a, const struct mapping *b)
{
	for (size_t i = 0; i < a->n_levels; i++)
		if (a->levels[i].variable != b->levels[i].variable)
			return !a->levels[i].variable;
	return false;
}

const struct mapping *
mapping_find(struct arena *a, const struct webapp *app, const char *path, struct json **variables)
{
	const struct mapping *best = NULL;
	const char *levels[MAPPING_LEVELS];
	size_t n;

	*variables = json_object(a);
	if (!split(a, path, levels, &n))
		return NULL;
	for (size_t i = 0; i < app->n_mappings; i++)
		if (fits(&app->mappings[i], levels, n) && (best == NULL || is_nearer(&app->mappings[i], best)))
			best = &app->mappings[i];
	for (size_t i = 0; best != NULL && i < n; i++)
		if (best->levels[i].variable)
			json_set_string(a, *variables, best->levels[i].name, levels[i]);
	return best;
}

char *
mapping_allow(struct arena *a, const struct mapping *m)
{
	char *list = "";

	for (size_t i = 0; i < MAPPING_METHODS; i++)
		if (m->actions[i].handler != NULL)
			list = arena_printf(a, "%s%s%s", list, *list != '\0' ? ", " : "", mapping_methods[i]);
	return list;
}
