/* store_check.c: all keys in order, and then each rule of the table below looks its partners up among them. */
#include "cli/store_check.h"

#include <stdlib.h>
#include <string.h>

#include "base/arena.h"
#include "base/json.h"
#include "db/record.h"
#include "base/banned.h"

#define MEMORY ((size_t)8 << 30)	/* all keys, and the values of indexes */

/* A list: "devices/<user>" has in "ids" the last parts of the keys "device/<user>/<id>". */
struct list {
	const char	*kind, *member, *lists;
	bool		 all_exist;	/* else it may name some that are gone */
};
static const struct list lists[] = {
	{ "devices", "ids", "device", true },
	{ "grants", "grants", "grant", false },
	{ "links", "ids", "link", true },
	{ "nodeservers", "slots", "nodeserver", true },
	{ "nodes", "addresses", "node", true },
};

/* A record that stands beside another: "state/u/d" beside "device/u/d". */
struct pair { const char *kind, *beside; };
static const struct pair pairs[] = {
	{ "state", "device" },
};

/* A record that names a user in a member; the key is the user's other name. */
struct pointer { const char *kind, *member, *to; };
static const struct pointer pointers[] = {
	{ "username", "user", "user" },
};

struct entry { const char *key, *value; };	/* value only where a rule reads it */

struct check {
	struct arena	*arena, *scratch;
	FILE		*out;
	struct entry	*all;
	size_t		 n, size, faults;
};

static void
fault(struct check *c, const char *key, const char *what)
{
	fprintf(c->out, "%s: %s\n", key, what);
	c->faults++;
}

static bool
is_kind(const char *key, const char *kind)
{
	size_t len = strlen(kind);

	return strncmp(key, kind, len) == 0 && key[len] == '/';
}

static bool
is_read(const char *key)
{
	for (size_t i = 0; i < sizeof(lists) / sizeof(lists[0]); i++)
		if (is_kind(key, lists[i].kind))
			return true;
	for (size_t i = 0; i < sizeof(pointers) / sizeof(pointers[0]); i++)
		if (is_kind(key, pointers[i].kind))
			return true;
	return false;
}

static bool
gather(void *arg, const char *key, const char *value, int64_t expires)
{
	struct check *c = arg;

	(void)expires;
	if (c->n == c->size) {
		c->size = c->size == 0 ? 1024 : c->size * 2;
		c->all = realloc(c->all, c->size * sizeof(*c->all));
		if (c->all == NULL)
			abort();
	}
	if (record_parse(c->scratch, value) == NULL)
		fault(c, key, "its value is no record of a version that is known");
	arena_reset(c->scratch);
	c->all[c->n++] = (struct entry){ arena_strdup(c->arena, key),
	    is_read(key) ? arena_strdup(c->arena, value) : NULL };
	return true;
}

static int
by_key(const void *a, const void *b)
{
	return strcmp(((const struct entry *)a)->key, ((const struct entry *)b)->key);
}

static const struct entry *
find(const struct check *c, const char *key)
{
	struct entry want = { key, NULL };

	return c->n > 0 ? bsearch(&want, c->all, c->n, sizeof(*c->all), by_key) : NULL;
}

/* What a list names: texts, or numbers of slots. */
static const char *
named(struct arena *a, const struct json *v)
{
	long long n;

	return json_int(v, &n) ? arena_printf(a, "%lld", n) : json_string(v);
}

/* "devices/u" and what it names: is each there? */
static void
check_list(struct check *c, const struct list *l, const struct entry *e)
{
	const struct json *v = record_parse(c->scratch, e->value);
	const char *owner = e->key + strlen(l->kind) + 1;

	if (v != NULL && json_type(json_get(v, l->member)) != JSON_ARRAY)
		fault(c, e->key, arena_printf(c->scratch, "it has no array \"%s\"", l->member));
	for (const struct json *id = json_first(json_get(v, l->member)); id != NULL; id = json_next(id)) {
		const char *name = named(c->scratch, id), *key = name != NULL && strchr(name, '/') == NULL ?
		    arena_printf(c->scratch, "%s/%s/%s", l->lists, owner, name) : NULL;
		if (key == NULL)
			fault(c, e->key, "it lists what is no id");
		else if (l->all_exist && find(c, key) == NULL)
			fault(c, e->key, arena_printf(c->scratch, "it lists %s, which is not there", name));
	}
}

/* "device/u/d": does "devices/u" name it? */
static void
check_listed(struct check *c, const struct list *l, const struct entry *e)
{
	const char *owner = e->key + strlen(l->lists) + 1, *slash = strrchr(owner, '/');
	bool there = false;

	if (slash == NULL)
		return;
	char *user = arena_strndup(c->scratch, owner, (size_t)(slash - owner));
	const char *key = arena_printf(c->scratch, "%s/%s", l->kind, user);
	const struct entry *list = find(c, key);
	const struct json *v = list != NULL ? record_parse(c->scratch, list->value) : NULL;
	for (const struct json *id = json_first(json_get(v, l->member)); id != NULL && !there; id = json_next(id)) {
		const char *name = named(c->scratch, id);
		there = name != NULL && strcmp(name, slash + 1) == 0;
	}
	if (!there)
		fault(c, e->key, arena_printf(c->scratch, "it is not listed in %s", key));
}

static void
check_entry(struct check *c, const struct entry *e)
{
	for (size_t i = 0; i < sizeof(lists) / sizeof(lists[0]); i++) {
		if (is_kind(e->key, lists[i].kind))
			check_list(c, &lists[i], e);
		if (is_kind(e->key, lists[i].lists))
			check_listed(c, &lists[i], e);
	}
	for (size_t i = 0; i < sizeof(pairs) / sizeof(pairs[0]); i++)
		if (is_kind(e->key, pairs[i].kind)) {
			const char *key = arena_printf(c->scratch, "%s%s", pairs[i].beside, e->key + strlen(pairs[i].kind));
			if (find(c, key) == NULL)
				fault(c, e->key, arena_printf(c->scratch, "there is no %s", key));
		}
	for (size_t i = 0; i < sizeof(pointers) / sizeof(pointers[0]); i++)
		if (is_kind(e->key, pointers[i].kind)) {
			const char *to = json_get_string(record_parse(c->scratch, e->value), pointers[i].member);
			const char *key = to != NULL ? record_key(c->scratch, pointers[i].to, to, NULL) : NULL;
			if (key == NULL || find(c, key) == NULL)
				fault(c, e->key, "it names nobody who is there");
		}
}

enum store_result
store_check_records(struct store *s, FILE *out, size_t *records, size_t *faults)
{
	struct check c = { .arena = arena_new(MEMORY), .scratch = arena_new(64u << 20), .out = out };
	enum store_result r = store_each(s, gather, &c);

	if (r == STORE_OK && c.n > 0)
		qsort(c.all, c.n, sizeof(*c.all), by_key);
	for (size_t i = 0; i < c.n && r == STORE_OK; i++) {
		check_entry(&c, &c.all[i]);
		arena_reset(c.scratch);
	}
	*records = c.n;
	*faults = c.faults;
	free(c.all);
	arena_free(c.scratch);
	arena_free(c.arena);
	return r;
}
