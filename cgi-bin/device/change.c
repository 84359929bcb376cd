/* change.c: counts the changes of a user's devices, and keeps each for a day. */
#include "device/change.h"

#include <string.h>

#include "base/arena.h"
#include "base/clock.h"
#include "base/json.h"
#include "base/wake.h"
#include "db/record.h"
#include "base/banned.h"

#define STATES_MAX 131072	/* bytes of values kept with a change */

static const char *const kinds[] = {
	[CHANGE_STATE] = "state",
	[CHANGE_ONLINE] = "online",
	[CHANGE_ADDED] = "added",
	[CHANGE_RENAMED] = "renamed",
	[CHANGE_DELETED] = "deleted",
};

static char *
entry_key(struct arena *a, const char *user, long long seq)
{
	return record_key(a, "change", user, arena_printf(a, "%lld", seq), NULL);
}

char *
change_key(struct arena *a, const char *user)
{
	return record_key(a, "changes", user, NULL);
}

static enum store_result
put_entry(struct store_tx *tx, const struct change *change, long long seq, int64_t now)
{
	struct arena *a = store_tx_arena(tx);
	struct json *r = record_new(a);

	json_set_string(a, r, "kind", kinds[change->kind]);
	json_set_string(a, r, "device", change->device);
	json_set_int(a, r, "time", now);
	if (change->origin != NULL)
		json_set_string(a, r, "origin", change->origin);
	if (change->previous > 0)
		json_set_int(a, r, "previous", change->previous);
	if (change->states != NULL && strlen(json_print(a, change->states)) <= STATES_MAX)
		json_set(a, r, "states", json_copy(a, change->states));
	return record_tx_put(tx, entry_key(a, change->user, seq), r, now / 1000 + CHANGE_KEPT);
}

enum store_result
change_note(struct store_tx *tx, const struct change *change, long long *out)
{
	struct arena *a = store_tx_arena(tx);
	char *key = change_key(a, change->user);
	int64_t now = clock_ms();
	struct json *last;
	enum store_result r = record_tx_get(tx, key, &last);

	if (r == STORE_ABSENT)
		last = record_new(a);
	else if (r != STORE_OK)
		return r;
	long long seq = json_get_int(last, "seq", 0) + 1;
	json_set_int(a, last, "seq", seq);
	json_set_string(a, last, "kind", kinds[change->kind]);
	json_set_string(a, last, "device", change->device);
	json_set_int(a, last, "time", now);
	if (change->event)
		json_set_int(a, last, "event", seq);
	if ((r = put_entry(tx, change, seq, now)) != STORE_OK)
		return r;
	if (out != NULL)
		*out = seq;
	store_tx_then(tx, wake_send, change->user);
	return record_tx_put(tx, key, last, 0);
}

/* --- reading --- */

static enum store_result
seq_of(enum store_result r, const struct json *last, long long *seq)
{
	*seq = r == STORE_OK ? json_get_int(last, "seq", 0) : 0;
	return r == STORE_ABSENT ? STORE_OK : r;
}

enum store_result
change_newest(struct store *store, struct arena *a, const char *user, long long *seq)
{
	struct json *last;
	enum store_result r = record_get(store, a, change_key(a, user), &last);

	return seq_of(r, last, seq);
}

enum store_result
change_newest_event(struct store *store, struct arena *a, const char *user, long long *seq, long long *event)
{
	struct json *last;
	enum store_result r = record_get(store, a, change_key(a, user), &last);

	*event = json_get_int(last, "event", 0);
	return seq_of(r, last, seq);
}

enum store_result
change_tx_newest(struct store_tx *tx, const char *user, long long *seq)
{
	struct json *last;
	enum store_result r = record_tx_get(tx, change_key(store_tx_arena(tx), user), &last);

	return seq_of(r, last, seq);
}

enum store_result
change_find(struct store *store, struct arena *a, const char *user, long long seq, struct change *change)
{
	struct json *r;
	enum store_result result = record_get(store, a, entry_key(a, user, seq), &r);
	const char *kind = json_get_string(r, "kind");
	size_t k = 0;

	if (result != STORE_OK)
		return result;
	while (k < sizeof(kinds) / sizeof(kinds[0]) && (kind == NULL || strcmp(kinds[k], kind) != 0))
		k++;
	*change = (struct change){ (enum change_kind)k, user, json_get_string(r, "device"), json_get(r, "states"),
	    json_get_string(r, "origin"), json_get_int(r, "previous", 0), false, json_get_int(r, "time", 0) };
	return k < sizeof(kinds) / sizeof(kinds[0]) && change->device != NULL ? STORE_OK : STORE_FAILED;
}

/* --- forgetting --- */

struct forgetting {
	const char	*user;
	long long	 from;
};

/* The newest of those that are left; the count goes with the last. */
static enum store_result
forget_some(struct store_tx *tx, void *arg)
{
	const struct forgetting *f = arg;
	struct arena *a = store_tx_arena(tx);
	enum store_result r = f->from <= 0 ? record_tx_delete(tx, change_key(a, f->user)) : STORE_OK;

	for (long long seq = f->from; r == STORE_OK && seq > 0 && seq > f->from - STORE_TX_KEYS; seq--)
		r = record_tx_delete(tx, entry_key(a, f->user, seq));
	return r;
}

enum store_result
change_forget(struct store *store, struct arena *a, const char *user)
{
	struct forgetting f = { user, 0 };
	const char *there;
	enum store_result r = change_newest(store, a, user, &f.from);

	while (r == STORE_OK && f.from > 0) {
		/* What is older than the oldest that is there has gone by itself. */
		if (store_get(store, a, entry_key(a, user, f.from), &there) == STORE_ABSENT)
			f.from = 0;
		else if ((r = store_run(store, a, forget_some, &f)) == STORE_OK)
			f.from -= STORE_TX_KEYS;
	}
	f.from = 0;
	return r == STORE_OK ? store_run(store, a, forget_some, &f) : r;
}
