/* all.c: first the devices, then the word that they are chosen: who dies between goes on at the next look. */
#include "link/all.h"

#include "base/arena.h"
#include "base/json.h"
#include "base/log.h"
#include "link/connector.h"
#include "link/mirror.h"
#include "link/pick.h"
#include "base/banned.h"

struct forgetting { const char *user, *id; };

static enum store_result
forget(struct store_tx *tx, void *arg)
{
	const struct forgetting *f = arg;
	struct link l;
	enum store_result r = link_tx_find(tx, f->user, f->id, &l);

	if (r != STORE_OK || !l.all)
		return r;
	l.all = false;
	return link_tx_put(tx, &l);
}

enum store_result
all_forget(const struct links *x, struct arena *a, const struct link *l)
{
	return l->all ? store_run(x->store, a, forget, &(struct forgetting){ l->user, l->id }) : STORE_OK;
}

enum store_result
all_choose(const struct links *x, struct arena *a, const struct connector *c, const struct link *seen, const struct json *items)
{
	struct json *wanted = json_array(a), *faults;
	struct pick_device d;
	struct link l;
	/* Its owner may have chosen since the look began. */
	enum store_result r = link_find(x->store, a, seen->user, seen->id, &l);

	if (r != STORE_OK || !l.all)
		return r;
	for (const struct json *item = json_first(items); item != NULL && (long long)json_count(wanted) < c->max_devices;
	    item = json_next(item))
		if (pick_device(a, x->catalogue, c, item, &d) && d.type != NULL && !json_array_has(wanted, d.id))
			json_append_string(a, wanted, d.id);
	if ((r = mirror_choose(x, a, c, &l, wanted, items, &faults)) != STORE_OK)
		return r;
	if (json_first(faults) != NULL)
		log_event(LOG_LEVEL_WARN, "link_choice", "user=%s link=%s left_out=%zu", l.user, l.id, json_count(faults));
	return all_forget(x, a, &l);
}
