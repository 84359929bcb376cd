/* grant_list.c: many grants: those of a user by their list, all by a walk. */
#include <string.h>

#include "base/arena.h"
#include "base/json.h"
#include "db/record.h"
#include "oauth/grant.h"
#include "base/banned.h"

struct walk {
	struct arena	*arena;
	void		(*fn)(void *, const struct grant *);
	void		*arg;
	const char	*wanted;	/* id; NULL: all */
	bool		 found;
	struct grant	*out;
};

static bool
visit(void *arg, const char *key, const char *value, int64_t expires)
{
	struct walk *w = arg;
	struct grant g;

	(void)expires;
	if (strncmp(key, "grant/", 6) != 0)
		return true;
	struct json *r = record_parse(w->arena, value);
	if (r == NULL)
		return true;
	grant_read(r, &g);
	if (w->wanted == NULL)
		w->fn(w->arg, &g);
	else if (strcmp(w->wanted, g.id) == 0) {
		*w->out = g;
		w->found = true;
	}
	return !w->found;
}

enum store_result
grant_search(struct store *store, struct arena *a, const char *id, struct grant *g)
{
	struct walk w = { .arena = a, .wanted = id, .out = g };
	enum store_result r = store_each(store, visit, &w);

	return r == STORE_OK && !w.found ? STORE_ABSENT : r;
}

enum store_result
grant_each(struct store *store, struct arena *a, const char *user, void (*fn)(void *, const struct grant *), void *arg)
{
	struct walk w = { .arena = a, .fn = fn, .arg = arg };
	struct json *list;
	struct grant g;

	if (user == NULL)
		return store_each(store, visit, &w);
	enum store_result r = record_get(store, a, record_key(a, "grants", user, NULL), &list);
	if (r != STORE_OK)
		return r == STORE_ABSENT ? STORE_OK : r;
	for (const struct json *id = json_first(json_get(list, "grants")); id != NULL; id = json_next(id)) {
		r = grant_find(store, a, user, json_string(id), &g);
		if (r == STORE_OK)
			fn(arg, &g);
		else if (r != STORE_ABSENT)
			return r;
	}
	return STORE_OK;
}
