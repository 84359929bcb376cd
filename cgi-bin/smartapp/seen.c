/* seen.c: records "smartapp-seen/<hash>". */
#include "smartapp/seen.h"

#include <string.h>

#include "base/arena.h"
#include "base/json.h"
#include "base/pause.h"
#include "db/record.h"
#include "base/banned.h"

#define WAIT_STEP_MS 20

static char *
seen_key(struct arena *a, const struct seen *s)
{
	return record_key(a, "smartapp-seen", s->hash, NULL);
}

/* False if the record is a claim only. */
static bool
read_outcome(struct arena *a, const struct json *r, struct seen_outcome *out)
{
	const char *error = json_get_string(r, "error");

	*out = (struct seen_outcome){ .error = SMARTAPP_OK, .answer = json_copy(a, json_get(r, "answer")) };
	if (error != NULL)
		out->error = strcmp(error, smartapp_error_name(SMARTAPP_BAD_REQUEST_ERROR)) == 0 ? SMARTAPP_BAD_REQUEST_ERROR :
		    SMARTAPP_INTERNAL_ERROR;
	return error != NULL || out->answer != NULL;
}

enum store_result
seen_find(struct store *store, struct arena *a, const struct seen *s, struct seen_outcome *out)
{
	struct json *r;

	if (s->hash == NULL)
		return STORE_ABSENT;
	for (int waited = 0; waited <= SEEN_WAIT_MS; waited += WAIT_STEP_MS) {
		enum store_result result = record_get(store, a, seen_key(a, s), &r);
		if (result == STORE_OK && read_outcome(a, r, out))
			return store_settle(store);
		if (result != STORE_OK)
			return result;
		pause_ms(WAIT_STEP_MS);
	}
	return STORE_CONFLICT;
}

/* STORE_ABSENT would give the transaction up: taken says it instead. */
struct claim {
	const struct seen	*seen;
	bool			 taken;
};

static enum store_result
claim(struct store_tx *tx, void *arg)
{
	struct claim *c = arg;
	struct arena *a = store_tx_arena(tx);
	char *key = seen_key(a, c->seen);
	struct json *r;
	enum store_result result = record_tx_get(tx, key, &r);

	c->taken = result == STORE_ABSENT;
	return c->taken ? record_tx_put(tx, key, record_new(a), c->seen->until) : result;
}

enum store_result
seen_claim(struct store *store, struct arena *a, struct seen *s, struct seen_outcome *out)
{
	struct claim c = { s, false };
	enum store_result r = s->hash != NULL ? store_run(store, a, claim, &c) : STORE_ABSENT;

	if (r != STORE_OK)
		return r;
	s->claimed = c.taken;
	return c.taken ? STORE_ABSENT : seen_find(store, a, s, out);
}

enum store_result
seen_tx_put(struct store_tx *tx, const struct seen *s, const struct seen_outcome *o)
{
	struct arena *a = store_tx_arena(tx);
	char *key = seen_key(a, s);
	struct json *r;
	enum store_result result = record_tx_get(tx, key, &r);

	if (result == STORE_OK && !s->claimed)
		return STORE_ABSENT;
	if (result != STORE_OK && result != STORE_ABSENT)
		return result;
	r = record_new(a);
	if (o->error == SMARTAPP_OK)
		json_set(a, r, "answer", json_copy(a, o->answer));
	else
		json_set_string(a, r, "error", smartapp_error_name(o->error));
	return record_tx_put(tx, key, r, s->until);
}

struct putting {
	const struct seen		*seen;
	const struct seen_outcome	*outcome;
};

static enum store_result
put(struct store_tx *tx, void *arg)
{
	const struct putting *p = arg;

	return seen_tx_put(tx, p->seen, p->outcome);
}

enum store_result
seen_put(struct store *store, struct arena *a, const struct seen *s, const struct seen_outcome *o)
{
	struct putting p = { s, o };

	return store_run(store, a, put, &p);
}
