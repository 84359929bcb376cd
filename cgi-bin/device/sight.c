/* sight.c: looking, and remembering what was shown. */
#include "device/sight.h"

#include <string.h>

#include "base/arena.h"
#include "base/json.h"
#include "db/recall.h"
#include "db/record.h"
#include "device/catalogue.h"
#include "device/device.h"
#include "device/state.h"
#include "base/banned.h"

enum store_result
sight_find(struct store *s, struct arena *a, const char *user, const char *id, struct sight *it)
{
	*it = (struct sight){ .record = NULL };
	return record_read(s, a, device_key(a, user, id), &it->record, &it->which[0]);
}

enum store_result
sight_find_state(struct store *s, struct arena *a, const char *user, const char *id, struct sight *it)
{
	enum store_result r = sight_find(s, a, user, id, it);

	return r == STORE_OK ? record_read(s, a, state_key(a, user, id), &it->state, &it->which[1]) : r;
}

void
sight_expect(struct store *s, struct arena *a, const char *user, const struct json *ids, bool states)
{
	size_t n = 0;

	if (!store_asks(s))
		return;
	const char **keys = arena_alloc(a, (2 * json_count(ids) + 1) * sizeof(*keys));
	for (const struct json *id = json_first(ids); id != NULL; id = json_next(id)) {
		keys[n++] = device_key(a, user, json_string(id));
		if (states)
			keys[n++] = state_key(a, user, json_string(id));
	}
	store_expect(s, a, keys, n);
}

/* False: one of the records is not remembered, so nothing made of it can be. */
static bool
recipe_of(const struct catalogue *c, const struct sight *it, const void *purpose, struct recall_recipe *out)
{
	*out = (struct recall_recipe){ purpose, { it->which[0], it->which[1], c->edition } };
	return it->which[0] != 0 && (it->state == NULL || it->which[1] != 0);
}

struct json *
sight_shown(struct store *s, struct arena *a, const struct catalogue *c, const struct sight *it, const void *purpose)
{
	struct recall_recipe recipe;
	size_t len;
	const char *text = recipe_of(c, it, purpose, &recipe) ? recall_made(store_recall(s), &recipe, &len) : NULL;

	return text != NULL ? json_printed(a, arena_strndup(a, text, len)) : NULL;
}

struct json *
sight_keep(struct store *s, struct arena *a, const struct catalogue *c, const struct sight *it, const void *purpose,
    const struct json *made)
{
	struct recall_recipe recipe;
	const char *text = json_print(a, made);

	if (recipe_of(c, it, purpose, &recipe))
		recall_keep(store_recall(s), &recipe, text, strlen(text));
	return json_printed(a, text);
}
