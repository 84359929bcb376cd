/* outbox_list.c: what waits, for operators. */
#include <stdlib.h>
#include <string.h>

#include "base/arena.h"
#include "base/json.h"
#include "courier/lane.h"
#include "db/record.h"
#include "base/banned.h"

struct listing {
	struct store	*store;
	struct arena	*arena;
	const char	**keys;
	size_t		 n, room;
};

static bool
visit(void *arg, const char *key, const char *value, int64_t expires)
{
	struct listing *l = arg;

	(void)value;
	(void)expires;
	if (strncmp(key, "outbox/", 7) != 0)
		return true;
	if (l->n == l->room) {
		const char **more = arena_alloc(l->arena, (l->room * 2 + 64) * sizeof(*more));
		if (l->n > 0)
			memcpy(more, l->keys, l->n * sizeof(*more));
		l->keys = more;
		l->room = l->room * 2 + 64;
	}
	l->keys[l->n++] = arena_strdup(l->arena, key + 7);
	return true;
}

/* A lane, and of its calls the first. NULL if it is gone meanwhile. */
static struct json *
describe(struct listing *l, const char *path)
{
	const char *slash = strchr(path, '/');
	struct arena *a = l->arena;
	struct lane lane;
	struct json *call = NULL, *row = json_object(a);

	if (slash == NULL || lane_find(l->store, a, arena_strndup(a, path, (size_t)(slash - path)), slash + 1, &lane) != STORE_OK)
		return NULL;
	(void)!record_get(l->store, a, record_key(a, "outbox-call", lane.user, lane.name,
	    arena_printf(a, "%lld", lane.first), NULL), &call);
	json_set_string(a, row, "user", lane.user);
	json_set_string(a, row, "lane", lane.name);
	json_set_string(a, row, "kind", json_get_string(call, "kind"));
	json_set_string(a, row, "host", json_get_string(call, "host"));
	json_set_int(a, row, "waiting", lane.last - lane.first + 1);
	json_set_int(a, row, "oldest", json_get_int(call, "created", 0));
	json_set_int(a, row, "failures", lane.failures);
	json_set_int(a, row, "since", lane.since);
	json_set_int(a, row, "next", lane.next);
	json_set_string(a, row, "why", lane.why);
	return row;
}

/* Those that have failed before those that have not, then the oldest first. */
static int
worst_first(const void *x, const void *y)
{
	const struct json *const *a = x, *const *b = y;
	long long fa = json_get_int(*a, "failures", 0), fb = json_get_int(*b, "failures", 0);
	long long oa = json_get_int(*a, "oldest", 0), ob = json_get_int(*b, "oldest", 0);

	return fa != fb ? (fa < fb) - (fa > fb) : (oa > ob) - (oa < ob);
}

enum store_result
outbox_list(struct store *store, struct arena *a, struct json **list)
{
	struct listing l = { .store = store, .arena = a };
	enum store_result r = store_each(store, visit, &l);
	struct json **rows = arena_alloc(a, (l.n + 1) * sizeof(*rows));
	size_t n = 0;

	for (size_t i = 0; r == STORE_OK && i < l.n; i++)
		if ((rows[n] = describe(&l, l.keys[i])) != NULL)
			n++;
	qsort(rows, n, sizeof(*rows), worst_first);
	*list = json_array(a);
	for (size_t i = 0; i < n; i++)
		json_append(a, *list, rows[i]);
	return r;
}
