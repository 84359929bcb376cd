/* queue.c: records "smartapp-calls/<installed app>" and "smartapp-posts/<installed app>". */
#include "smartapp/queue.h"

#include <stdbool.h>
#include <stddef.h>
#include <string.h>

#include "base/arena.h"
#include "base/json.h"
#include "base/log.h"
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

/* --- what a newer call makes moot --- */

/* The schedule that a call makes or takes away by its name; NULL if it is no such call. *overwrites: whatever was wished of that
 * name before does not matter any more. */
static const char *
schedule_of(struct arena *a, const char *method, const char *path, const char *body, bool *overwrites)
{
	const char *below = path != NULL ? strstr(path, "/schedules") : NULL;
	const struct json *v;

	*overwrites = true;
	if (below == NULL || strncmp(path, "/installedapps/", 15) != 0)
		return NULL;
	if (strcmp(method, "DELETE") == 0 && below[10] == '/')
		return below + 11;
	if (strcmp(method, "POST") != 0 || below[10] != '\0' || body == NULL)
		return NULL;
	v = json_parse(a, body, strlen(body), NULL);
	*overwrites = json_get_bool(json_get(v, "once"), "overwrite", false);
	return json_get_string(v, "name");
}

/* Is a call that waits to be followed by one that leaves nothing of it? So a timer that every event plans anew waits once. */
static bool
is_moot(struct arena *a, const struct json *call, const struct wish *wishes)
{
	bool overwrites;
	const char *old = schedule_of(a, json_get_string(call, "method"), json_get_string(call, "path"), json_get_string(call, "body"),
	    &overwrites);

	for (const struct wish *w = wishes; old != NULL && w != NULL; w = w->next) {
		const char *name = schedule_of(a, w->method, w->path, w->body, &overwrites);
		if (name != NULL && overwrites && strcmp(name, old) == 0)
			return true;
	}
	return false;
}

/* --- room --- */

static void
tell_dropped(const char *what)
{
	log_event(LOG_LEVEL_ERROR, "smartapp_call", "%s", what);
}

static size_t
length(struct arena *a, const struct json *call)
{
	return strlen(json_print(a, call)) + 1;
}

/* What waits, and what is added behind it; of too many, the oldest that are no setup go: what a person did last counts most. */
static struct json *
in_room(struct store_tx *tx, const char *id, const struct json *waiting, const struct json *added)
{
	struct arena *a = store_tx_arena(tx);
	struct json *calls = json_array(a);
	size_t count = json_count(waiting) + json_count(added), bytes = 0, dropped = 0;

	for (const struct json *c = json_first(waiting); c != NULL; c = json_next(c))
		bytes += length(a, c);
	for (const struct json *c = json_first(added); c != NULL; c = json_next(c))
		bytes += length(a, c);
	for (const struct json *c = json_first(waiting); c != NULL; c = json_next(c))
		if ((count > QUEUE_MAX || bytes > QUEUE_BYTES) && !json_get_bool(c, "setup", false)) {
			count--;
			bytes -= length(a, c);
			dropped++;
		} else
			json_append(a, calls, json_copy(a, c));
	for (const struct json *c = json_first(added); c != NULL; c = json_next(c))
		json_append(a, calls, json_copy(a, c));
	if (dropped > 0)
		store_tx_then(tx, tell_dropped, arena_printf(a, "app=%s result=dropped calls=%zu why=\"too many wait: the oldest go\"",
		    id, dropped));
	return calls;
}

/* What waits and still matters, when wishes follow. */
static struct json *
still_waiting(struct arena *a, const struct json *r, const struct wish *wishes)
{
	struct json *calls = json_array(a);
	bool setup = false;

	for (const struct wish *w = wishes; w != NULL; w = w->next)
		setup |= w->setup;
	for (const struct json *c = json_first(json_get(r, "calls")); c != NULL; c = json_next(c))
		if (!(setup && json_get_bool(c, "setup", false)) && !is_moot(a, c, wishes))
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
	struct json *added = json_array(a);

	if (result != STORE_OK)
		return result;
	long long n = json_get_int(r, "n", 0);
	for (const struct wish *w = wishes; w != NULL; w = w->next)
		if ((w->url != NULL) == (q == QUEUE_POSTS))
			json_append(a, added, element(a, w, ++n, now));
	json_set(a, r, "calls", in_room(tx, id, still_waiting(a, r, wishes), added));
	json_set_int(a, r, "n", n);
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
