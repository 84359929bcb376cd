/* recall.c: a table of texts with their values; who holds a value keeps it from being freed. */
#include "db/recall.h"

#include <stdbool.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "base/arena.h"
#include "base/json.h"
#include "db/index.h"
#include "base/banned.h"

#define SLOTS	1024
#define MOST	8192	/* bytes of a text and its value: longer ones are parsed each time */

/* A text and what it means. */
struct meaning {
	struct arena	*arena;		/* of both */
	const char	*text;
	size_t		 len;
	const struct json *value;
	size_t		 held;		/* by how many */
	bool		 out;		/* of the table: whoever holds it last frees it */
};

struct slot {
	struct meaning	*meaning;	/* NULL: none yet */
	uint64_t	 seen;		/* hash of the text that was here last: what comes twice is worth remembering */
};

struct recall {
	struct slot	 slots[SLOTS];
};

struct recall *
recall_new(void)
{
	struct recall *r = calloc(1, sizeof(*r));

	if (r == NULL)
		abort();
	return r;
}

static void
drop(struct meaning *m)
{
	if (m == NULL)
		return;
	m->out = true;
	if (m->held > 0)
		return;
	arena_free(m->arena);
	free(m);
}

void
recall_free(struct recall *r)
{
	for (size_t i = 0; r != NULL && i < SLOTS; i++)
		drop(r->slots[i].meaning);
	free(r);
}

static void
let_go(void *arg)
{
	struct meaning *m = arg;

	if (--m->held == 0 && m->out)
		drop(m);
}

/* A copy of both in one piece of memory of its own; NULL if that would be too big. */
static struct meaning *
learn(const char *text, size_t len, const struct json *value)
{
	size_t size = arena_size(len + 1) + json_size(value);
	struct meaning *m = size <= MOST ? calloc(1, sizeof(*m)) : NULL;

	if (m == NULL)
		return NULL;
	m->arena = arena_new(size);
	m->text = arena_strndup(m->arena, text, len);
	m->len = len;
	m->value = json_copy(m->arena, value);
	return m;
}

const struct json *
recall_json(struct recall *r, struct arena *a, const char *key, const char *text, size_t len)
{
	struct slot *s = &r->slots[index_hash(0, key, strlen(key)) % SLOTS];
	struct meaning *m = s->meaning;

	if (m != NULL && m->len == len && memcmp(m->text, text, len) == 0) {
		m->held++;
		arena_then(a, let_go, m);
		return m->value;
	}
	const struct json *value = json_parse(a, text, len, NULL);
	uint64_t hash = index_hash(0, text, len);
	if (value != NULL && s->seen == hash) {
		drop(m);
		s->meaning = learn(text, len, value);
	}
	s->seen = hash;
	return value;
}
