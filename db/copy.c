/* copy.c: walk the one, write the other a batch at a time, fold it. */
#include "db/copy.h"

#include <errno.h>
#include <string.h>
#include <sys/stat.h>

#include "base/arena.h"
#include "base/banned.h"

#define BATCH_KEYS	48
#define BATCH_BYTES	(512u << 10)
#define BATCH_ARENA	(4u << 20)	/* a batch, and one more record of the largest size */

struct copying {
	struct engine		*to;
	struct arena		*arena;
	struct engine_write	 writes[BATCH_KEYS];
	size_t			 n, bytes;
	enum store_result	 result;
};

static void
flush(struct copying *c)
{
	if (c->n > 0 && c->result == STORE_OK)
		c->result = engine_gdbm.commit(c->to, NULL, 0, c->writes, c->n, true);
	c->n = c->bytes = 0;
	arena_reset(c->arena);
}

static bool
copy_one(void *arg, const char *key, const char *value, int64_t expires)
{
	struct copying *c = arg;

	c->writes[c->n++] = (struct engine_write){ arena_strdup(c->arena, key), arena_strdup(c->arena, value), expires };
	c->bytes += strlen(key) + strlen(value);
	if (c->n == BATCH_KEYS || c->bytes > BATCH_BYTES)
		flush(c);
	return c->result == STORE_OK;
}

enum store_result
copy_to_folder(const struct engine_ops *ops, struct engine *e, const char *to, char *why, size_t why_size)
{
	const struct store_options options = { .path = to };
	struct copying c = { .result = STORE_OK };
	enum store_result r;

	if (mkdir(to, 0700) != 0) {
		snprintf(why, why_size, "cannot make %.200s: %s", to, strerror(errno));
		return STORE_FAILED;
	}
	if ((r = engine_gdbm.open(&c.to, &options, why, why_size)) != STORE_OK)
		return r;
	c.arena = arena_new(BATCH_ARENA);
	r = ops->each(e, copy_one, &c);
	flush(&c);
	r = r == STORE_OK ? c.result : r;
	if (r == STORE_OK)
		r = engine_gdbm.fold(c.to);	/* and with it, all is on disk */
	if (r != STORE_OK)
		snprintf(why, why_size, "cannot copy the store to %.200s: %s", to, store_result_name(r));
	arena_free(c.arena);
	engine_gdbm.close(c.to);
	return r;
}
