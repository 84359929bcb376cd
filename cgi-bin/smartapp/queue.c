/* queue.c: records "smartapp-calls/<installed app>" and "smartapp-posts/<installed app>". */
#include "smartapp/queue.h"

#include <stdbool.h>
#include <stddef.h>
#include <string.h>

#include "base/arena.h"
#include "base/json.h"
#include "courier/box.h"
#include "db/record.h"
#include "smartapp/lifecycle.h"
#include "base/banned.h"

static const char *const kinds[] = { [QUEUE_CALLS] = "smartapp-calls", [QUEUE_POSTS] = "smartapp-posts" };

static char *
queue_key(struct arena *a, enum queue q, const char *id)
{
	return record_key(a, kinds[q], id, NULL);
}

const char *
queue_owner(const char *key)
{
	for (size_t i = 0; i < sizeof(kinds) / sizeof(kinds[0]); i++) {
		size_t n = strlen(kinds[i]);
		if (strncmp(key, kinds[i], n) == 0 && key[n] == '/')
			return key + n + 1;
	}
	return NULL;
}

/* The record; a new one if there is none. */
static enum store_result
find(struct store_tx *tx, const char *key, struct json **r)
{
	enum store_result result = record_tx_get(tx, key, r);

	if (result == STORE_ABSENT)
		*r = record_new(store_tx_arena(tx));
	return result == STORE_ABSENT ? STORE_OK : result;
}

/* What waits, without setups if those are moot. */
static struct json *
waiting(struct arena *a, const struct json *r, bool setups)
{
	struct json *calls = json_array(a);

	for (const struct json *c = json_first(json_get(r, "calls")); c != NULL; c = json_next(c))
		if (setups || !json_get_bool(c, "setup", false))
			json_append(a, calls, json_copy(a, c));
	return calls;
}

static struct json *
element(struct arena *a, const struct wish *w, long long n, int64_t now)
{
	struct json *c = json_object(a);

	json_set_int(a, c, "n", n);
	json_set_string(a, c, "method", w->method);
	json_set_string(a, c, w->url != NULL ? "url" : "path", w->url != NULL ? w->url : w->path);
	json_set_string(a, c, "body", w->body);
	if (w->setup)
		json_set_bool(a, c, "setup", true);
	json_set_int(a, c, "made", now);
	return c;
}

enum store_result
queue_tx_add(struct store_tx *tx, enum queue q, const char *id, const struct wish *wishes, int64_t now)
{
	struct arena *a = store_tx_arena(tx);
	char *key = queue_key(a, q, id);
	struct json *r;
	enum store_result result = find(tx, key, &r);
	bool setup = false;

	if (result != STORE_OK)
		return result;
	for (const struct wish *w = wishes; w != NULL; w = w->next)
		setup |= w->setup;
	struct json *calls = json_set(a, r, "calls", waiting(a, r, !setup));
	long long n = json_get_int(r, "n", 0);
	for (const struct wish *w = wishes; w != NULL; w = w->next)
		if ((w->url != NULL) == (q == QUEUE_POSTS))
			json_append(a, calls, element(a, w, ++n, now));
	json_set_int(a, r, "n", n);
	if (json_count(calls) > QUEUE_MAX)
		return STORE_LIMIT;
	result = box_tx_leave(tx, arena_printf(a, SMARTAPP_WORD "%s", id));
	return result == STORE_OK ? record_tx_put(tx, key, r, 0) : result;
}

enum store_result
queue_get(struct store *store, struct arena *a, enum queue q, const char *id, const struct json **calls)
{
	struct json *r;
	enum store_result result = record_get(store, a, queue_key(a, q, id), &r);

	*calls = result == STORE_OK ? json_get(r, "calls") : json_array(a);
	return result == STORE_ABSENT ? STORE_OK : result;
}

enum store_result
queue_tx_remove(struct store_tx *tx, enum queue q, const char *id, long long n)
{
	struct arena *a = store_tx_arena(tx);
	char *key = queue_key(a, q, id);
	struct json *r, *calls = json_array(a);
	enum store_result result = record_tx_get(tx, key, &r);

	if (result != STORE_OK)
		return result == STORE_ABSENT ? STORE_OK : result;
	for (const struct json *c = json_first(json_get(r, "calls")); c != NULL; c = json_next(c))
		if (json_get_int(c, "n", 0) != n)
			json_append(a, calls, json_copy(a, c));
	json_set(a, r, "calls", calls);
	return record_tx_put(tx, key, r, 0);
}

enum store_result
queue_tx_delete(struct store_tx *tx, const char *id)
{
	struct arena *a = store_tx_arena(tx);
	enum store_result r = record_tx_delete(tx, queue_key(a, QUEUE_CALLS, id));

	return r == STORE_OK ? record_tx_delete(tx, queue_key(a, QUEUE_POSTS, id)) : r;
}
