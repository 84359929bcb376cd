/* recall.c: a table of texts with their values, and one of texts that were made of such; who holds a value keeps it from being freed. */
#include "db/recall.h"

#include <stdbool.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "base/arena.h"
#include "base/json.h"
#include "db/index.h"
#include "base/banned.h"

#define SETS	1024
#define WAYS	4	/* places of a set: that many keys of one hash do not drive each other out */
#define MOST	8192	/* bytes of a text and its value: longer ones are parsed each time */
#define ROOM	((size_t)3 << 20)	/* bytes of all together: a process that has been asked for everything stays small */

/* A text and what it means. */
struct meaning {
	struct arena	*arena;		/* of all that follows */
	size_t		 size;		/* of it */
	const char	*key, *text;
	size_t		 len;
	const struct json *value;
	uint64_t	 which;
	size_t		 held;		/* by how many */
	bool		 out;		/* of the table: whoever holds it last frees it */
};

struct slot {
	uint64_t	 key;		/* its hash */
	uint64_t	 seen;		/* hash of the text that was here last: what comes twice is worth remembering */
	struct meaning	*meaning;	/* NULL: none yet */
};

struct made {
	struct recall_recipe recipe;
	char		*text;		/* NULL: none yet */
	size_t		 len;
};

/* Whoever comes to a full set drives out the one that came first; when there is no room, those at the hand go, which goes round. */
struct recall {
	struct slot	 slots[SETS][WAYS];
	struct made	 made[SETS][WAYS];
	unsigned char	 next_slot[SETS], next_made[SETS];
	size_t		 bytes;		/* of all that is in the tables */
	size_t		 hand;
	uint64_t	 last;		/* number that was given */
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
end(struct meaning *m)
{
	arena_free(m->arena);
	free(m);
}

/* Take it out of the table: whoever holds it still may. */
static void
drop(struct recall *r, struct slot *s)
{
	struct meaning *m = s->meaning;

	s->meaning = NULL;
	if (m == NULL)
		return;
	r->bytes -= m->size;
	m->out = true;
	if (m->held == 0)
		end(m);
}

static void
drop_made(struct recall *r, struct made *m)
{
	if (m->text != NULL)
		r->bytes -= m->len;
	free(m->text);
	m->text = NULL;
}

/* Bytes that are about to be taken, MOST at most. */
static void
make_room(struct recall *r, size_t bytes)
{
	for (; r->bytes + bytes > ROOM; r->hand = (r->hand + 1) % (SETS * WAYS)) {
		drop(r, &r->slots[r->hand / WAYS][r->hand % WAYS]);
		drop_made(r, &r->made[r->hand / WAYS][r->hand % WAYS]);
	}
	r->bytes += bytes;
}

void
recall_free(struct recall *r)
{
	for (size_t i = 0; r != NULL && i < SETS * WAYS; i++) {
		drop(r, &r->slots[i / WAYS][i % WAYS]);
		drop_made(r, &r->made[i / WAYS][i % WAYS]);
	}
	free(r);
}

static void
let_go(void *arg)
{
	struct meaning *m = arg;

	if (--m->held == 0 && m->out)
		end(m);
}

/* A copy of all in one piece of memory of its own; NULL if that would be too big. */
static struct meaning *
learn(struct recall *r, const char *key, const char *text, size_t len, const struct json *value, uint64_t which)
{
	size_t size = arena_size(strlen(key) + 1) + arena_size(len + 1) + json_size(value);
	struct meaning *m = size <= MOST ? calloc(1, sizeof(*m)) : NULL;

	if (m == NULL)
		return NULL;
	make_room(r, size);
	m->arena = arena_new(size);
	m->size = size;
	m->key = arena_strdup(m->arena, key);
	m->text = arena_strndup(m->arena, text, len);
	m->len = len;
	m->which = which;
	m->value = json_copy(m->arena, value);
	return m;
}

/* The key's place; if it has none, somebody else's from now on its own. */
static struct slot *
slot_of(struct recall *r, const char *key)
{
	uint64_t hash = index_hash(0, key, strlen(key));
	struct slot *set = r->slots[hash % SETS];

	for (size_t i = 0; i < WAYS; i++)
		if (set[i].key == hash)
			return &set[i];
	struct slot *s = &set[r->next_slot[hash % SETS]++ % WAYS];
	drop(r, s);
	*s = (struct slot){ .key = hash };
	return s;
}

const struct json *
recall_json(struct recall *r, struct arena *a, const char *key, const char *text, size_t len, uint64_t *which)
{
	struct slot *s = slot_of(r, key);
	struct meaning *m = s->meaning;
	bool same = m != NULL && m->len == len && memcmp(m->text, text, len) == 0 && strcmp(m->key, key) == 0;

	if (which != NULL)
		*which = same ? m->which : 0;
	if (same) {
		m->held++;
		arena_then(a, let_go, m);
		return m->value;
	}
	const struct json *value = json_parse(a, text, len, NULL);
	uint64_t hash = index_hash(0, text, len);
	if (value != NULL && s->seen == hash) {
		drop(r, s);
		s->meaning = learn(r, key, text, len, value, ++r->last);
	}
	s->seen = hash;
	return value;
}

/* --- what was made --- */

static size_t
set_of(const struct recall_recipe *recipe)
{
	return index_hash(0, (const char *)recipe, sizeof(*recipe)) % SETS;
}

static bool
is_made_so(const struct made *m, const struct recall_recipe *recipe)
{
	return m->text != NULL && memcmp(&m->recipe, recipe, sizeof(*recipe)) == 0;
}

const char *
recall_made(const struct recall *r, const struct recall_recipe *recipe, size_t *len)
{
	const struct made *set = r->made[set_of(recipe)];

	for (size_t i = 0; i < WAYS; i++)
		if (is_made_so(&set[i], recipe)) {
			*len = set[i].len;
			return set[i].text;
		}
	return NULL;
}

void
recall_keep(struct recall *r, const struct recall_recipe *recipe, const char *text, size_t len)
{
	size_t set = set_of(recipe), old;
	char *copy = len <= MOST ? malloc(len + 1) : NULL;

	if (copy == NULL || recall_made(r, recipe, &old) != NULL) {
		free(copy);
		return;
	}
	make_room(r, len);
	memcpy(copy, text, len);
	copy[len] = '\0';
	struct made *m = &r->made[set][r->next_made[set]++ % WAYS];
	drop_made(r, m);
	*m = (struct made){ *recipe, copy, len };
}
