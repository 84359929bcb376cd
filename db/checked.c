/* checked.c: one small record, written by the tool. */
#include "db/checked.h"

#include "base/arena.h"
#include "base/clock.h"
#include "base/json.h"
#include "db/record.h"
#include "base/banned.h"

static char *
checked_key(struct arena *a)
{
	return record_key(a, "checked", "store", NULL);
}

static enum store_result
note(struct store_tx *tx, void *arg)
{
	const struct checked *c = arg;
	struct arena *a = store_tx_arena(tx);
	struct json *r = record_new(a);

	json_set_int(a, r, "time", clock_sec());
	json_set_int(a, r, "records", (long long)c->records);
	json_set_bool(a, r, "sound", c->sound);
	return record_tx_put(tx, checked_key(a), r, 0);
}

enum store_result
checked_note(struct store *store, struct arena *a, const struct checked *c)
{
	struct checked copy = *c;

	return store_run(store, a, note, &copy);
}

enum store_result
checked_find(struct store *store, struct arena *a, struct checked *c)
{
	struct json *r;
	enum store_result result = record_get(store, a, checked_key(a), &r);

	*c = (struct checked){ json_get_int(r, "time", 0), (size_t)json_get_int(r, "records", 0), json_get_bool(r, "sound", false) };
	return result;
}
