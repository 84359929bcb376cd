/* rows.c: qsort over the elements of an array, made stable by their places. */
#include "cli/rows.h"

#include <stdlib.h>
#include <string.h>

#include "base/arena.h"
#include "base/json.h"
#include "base/banned.h"

struct row {
	const struct json	*row, *key;
	size_t			 place;
};

static double
as_number(const struct json *v)
{
	double n;

	return json_number(v, &n) ? n : json_bool(v, false);
}

static int
compare(const void *va, const void *vb)
{
	const struct row *a = va, *b = vb;
	const char *ta = json_string(a->key), *tb = json_string(b->key);
	double na = as_number(a->key), nb = as_number(b->key);
	int order = ta != NULL && tb != NULL ? strcmp(ta, tb) : (na > nb) - (na < nb);

	return order != 0 ? order : (a->place > b->place) - (a->place < b->place);
}

struct json *
rows_sorted(struct arena *arena, const struct json *rows, const char *member)
{
	struct row *list = arena_alloc(arena, (json_count(rows) + 1) * sizeof(*list));
	struct json *sorted = json_array(arena);
	size_t n = 0;

	for (const struct json *r = json_first(rows); r != NULL; r = json_next(r), n++)
		list[n] = (struct row){ r, json_get(r, member), n };
	qsort(list, n, sizeof(*list), compare);
	for (size_t i = 0; i < n; i++)
		json_append(arena, sorted, json_copy(arena, list[i].row));
	return sorted;
}
