/* change.c: counts the changes of a user's devices. */
#include "device/change.h"

#include "base/clock.h"
#include "base/json.h"
#include "db/record.h"
#include "base/banned.h"

static const char *const kinds[] = {
	[CHANGE_STATE] = "state",
	[CHANGE_ONLINE] = "online",
	[CHANGE_ADDED] = "added",
	[CHANGE_RENAMED] = "renamed",
	[CHANGE_DELETED] = "deleted",
};

enum store_result
change_note(struct store_tx *tx, const struct change *change)
{
	struct arena *a = store_tx_arena(tx);
	char *key = record_key(a, "changes", change->user, NULL);
	struct json *last;
	enum store_result r = record_tx_get(tx, key, &last);

	if (r == STORE_ABSENT)
		last = record_new(a);
	else if (r != STORE_OK)
		return r;
	json_set_int(a, last, "seq", json_get_int(last, "seq", 0) + 1);
	json_set_string(a, last, "kind", kinds[change->kind]);
	json_set_string(a, last, "device", change->device);
	json_set_int(a, last, "time", clock_ms());
	return record_tx_put(tx, key, last, 0);
}
