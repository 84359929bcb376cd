/* news_gone.c: the end of devices that are not there any more to be asked about. */
#include "schema/news.h"

#include "base/json.h"
#include "device/change.h"
#include "device/device.h"
#include "oauth/grant.h"
#include "schema/states.h"
#include "base/banned.h"

void
news_add_gone(const struct news_context *x, const struct json *ids, const struct json *all, struct news *news)
{
	for (const struct json *id = json_first(ids); id != NULL; id = json_next(id))
		if (!json_array_has(all, json_string(id)))
			schema_add_end(x->arena, news->states, json_string(id));
}

/* Collect whose end is in the log, of those that the link had and has no more. *lost: the log does not reach back so far. */
static enum store_result
read_ends(const struct news_context *x, const struct grant *was, long long cursor, struct json *ends, bool *lost)
{
	long long newest;
	struct change c;
	enum store_result r = change_newest(x->store, x->arena, x->grant->user, &newest);

	*lost = r == STORE_OK && newest - cursor > NEWS_BEHIND;
	for (long long seq = cursor + 1; r == STORE_OK && !*lost && seq <= newest; seq++) {
		r = change_find(x->store, x->arena, x->grant->user, seq, &c);
		if (r == STORE_OK && c.kind == CHANGE_DELETED && grant_has_device(was, c.device) &&
		    !grant_has_device(x->grant, c.device) && !json_array_has(ends, c.device))
			json_append_string(x->arena, ends, c.device);
		*lost = r == STORE_ABSENT;
	}
	return r == STORE_ABSENT ? STORE_OK : r;
}

enum store_result
news_gone(const struct news_context *x, const struct grant *was, long long cursor, struct news *news)
{
	struct json *all, *ends = json_array(x->arena);
	bool lost = false;
	enum store_result r = device_ids(x->store, x->arena, x->grant->user, &all);

	if (r == STORE_OK)
		r = read_ends(x, was, cursor, ends, &lost);
	if (r == STORE_OK)
		news_add_gone(x, lost ? was->devices : ends, all, news);
	return r;
}
