/* box.c: lists of words, spread over several records so that writers seldom meet. */
#include "courier/box.h"

#include <string.h>

#include "base/arena.h"
#include "base/json.h"
#include "base/secret.h"
#include "base/wake.h"
#include "db/record.h"
#include "base/banned.h"

#define WORDS_MAX 500	/* of one box */

static char *
box_key(struct arena *a, unsigned box)
{
	return record_key(a, "courier", "box", arena_printf(a, "%u", box % BOXES), NULL);
}

enum store_result
box_tx_leave(struct store_tx *tx, const char *word)
{
	struct arena *a = store_tx_arena(tx);
	unsigned char hash[SECRET_HASH];
	struct json *r, *words;

	secret_sha256(word, strlen(word), hash);
	char *key = box_key(a, hash[0]);
	enum store_result result = record_tx_get(tx, key, &r);
	if (result == STORE_ABSENT)
		r = record_new(a);
	else if (result != STORE_OK)
		return result;
	store_tx_then(tx, wake_send, word);
	words = json_copy(a, json_get(r, "words"));
	words = json_set(a, r, "words", words != NULL ? words : json_array(a));
	if (json_array_has(words, word) || json_get_bool(r, "full", false))
		return STORE_OK;
	if (json_count(words) < WORDS_MAX)
		json_append_string(a, words, word);
	else
		json_set_bool(a, r, "full", true);
	return record_tx_put(tx, key, r, 0);
}

struct emptying {
	unsigned	 box;
	struct json	*words;
	bool		 full;
};

static enum store_result
empty(struct store_tx *tx, void *arg)
{
	struct emptying *e = arg;
	struct arena *a = store_tx_arena(tx);
	struct json *r;
	enum store_result result = record_tx_get(tx, box_key(a, e->box), &r);

	e->words = NULL;
	e->full = false;
	if (result != STORE_OK)
		return result == STORE_ABSENT ? STORE_OK : result;
	e->words = json_copy(a, json_get(r, "words"));
	e->full = json_get_bool(r, "full", false);
	return record_tx_delete(tx, box_key(a, e->box));
}

enum store_result
box_collect(struct store *store, struct arena *a, unsigned box, void (*fn)(void *arg, const char *word), void *arg, bool *full)
{
	struct emptying e = { box, NULL, false };
	const char *there;
	enum store_result r = store_get(store, a, box_key(a, box), &there);

	*full = false;
	if (r != STORE_OK)	/* as nearly always: it costs no transaction */
		return r == STORE_ABSENT ? STORE_OK : r;
	r = store_run(store, a, empty, &e);
	*full = r == STORE_OK && e.full;
	for (const struct json *v = r == STORE_OK ? json_first(e.words) : NULL; v != NULL; v = json_next(v))
		if (json_string(v) != NULL)
			fn(arg, json_string(v));
	return r;
}
