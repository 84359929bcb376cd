/* store-put.h: putting and getting one record at a time, for tests that need no more. */
#ifndef STORE_PUT_H
#define STORE_PUT_H

#include "tests/unit/store-help.h"

#define SEGMENT	(64u << 10)

static struct arena *arena;

static const char *
below(const char *name)
{
	return arena_printf(arena, "%s/%s", help_folder, name);
}

struct put { const char *key, *value; int64_t expires; };

static enum store_result
put_fn(struct store_tx *tx, void *arg)
{
	const struct put *p = arg;

	return p->value != NULL ? store_tx_put(tx, p->key, p->value, p->expires) : store_tx_delete(tx, p->key);
}

static enum store_result
put(struct store *s, const char *key, const char *value, int64_t expires)
{
	return store_run(s, arena, put_fn, &(struct put){ key, value, expires });
}

static const char *
get(struct store *s, const char *key)
{
	const char *v;
	enum store_result r = store_get(s, arena, key, &v);

	return r == STORE_OK ? v : r == STORE_ABSENT ? NULL : store_result_name(r);
}

static uint64_t
stat_of(struct store *s, const char *name)
{
	struct store_stat all[STORE_STATS];
	size_t n = store_stats(s, all);

	for (size_t i = 0; i < n; i++)
		if (strcmp(all[i].name, name) == 0)
			return all[i].value;
	return UINT64_MAX;
}

#endif
