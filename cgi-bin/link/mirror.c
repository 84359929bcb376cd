/* mirror.c: devices are added, brought up to date and taken away, a few in a transaction. */
#include "link/mirror.h"

#include <string.h>

#include "base/arena.h"
#include "base/config.h"
#include "base/json.h"
#include "base/secret.h"
#include "device/device.h"
#include "device/state.h"
#include "link/connector.h"
#include "link/pick.h"
#include "base/banned.h"

#define BATCH	8	/* devices in one transaction */
#define ID	"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789._:#~-"

/* What is done with one device. */
struct piece {
	const char		*remote, *device;
	const struct pick_device *said;		/* NULL: the vendor says nothing of it */
	struct device		 added;		/* of one that is new */
	struct json		*state;
	const char		*fault;
};

struct batch {
	const struct links	*links;
	const char		*user, *id;	/* of the link */
	struct piece		*pieces;
	size_t			 n;
	enum store_result	 (*one)(struct store_tx *, struct batch *, struct piece *, struct json *chosen);
};

char *
mirror_id(struct arena *a, const char *place, const char *remote)
{
	if (remote[strspn(remote, ID)] == '\0' && strlen(place) + 1 + strlen(remote) <= DEVICE_ID_MAX)
		return arena_printf(a, "%s.%s", place, remote);
	return arena_printf(a, "%s.%.22s", place, secret_digest(a, remote));
}

/* --- a few at once --- */

static enum store_result
run_batch(struct store_tx *tx, void *arg)
{
	struct batch *b = arg;
	struct link l;
	enum store_result r = link_tx_find(tx, b->user, b->id, &l);
	struct json *chosen = r == STORE_OK ? json_copy(store_tx_arena(tx), l.chosen) : NULL;

	for (size_t i = 0; i < b->n && r == STORE_OK; i++)
		r = b->one(tx, b, &b->pieces[i], chosen);
	if (r != STORE_OK || json_equal(chosen, l.chosen))
		return r;
	l.chosen = chosen;
	return link_tx_put(tx, &l);
}

/* All pieces, BATCH at a time. A batch that is too much for one transaction, or has a device in it that is, goes one by one. */
static enum store_result
run(const struct batch *all, struct arena *a)
{
	enum store_result r = STORE_OK;

	for (size_t i = 0; i < all->n && (r == STORE_OK || r == STORE_LIMIT); i += BATCH) {
		struct batch b = *all;
		b.pieces = all->pieces + i;
		b.n = all->n - i < BATCH ? all->n - i : BATCH;
		r = store_run(all->links->store, a, run_batch, &b);
		for (size_t k = 0; r == STORE_LIMIT && b.n > 1 && k < b.n; k++) {
			struct batch single = b;
			single.pieces = &b.pieces[k];
			single.n = 1;
			if (store_run(all->links->store, a, run_batch, &single) == STORE_LIMIT)
				b.pieces[k].fault = "connect_fault_large";
		}
	}
	return r == STORE_LIMIT ? STORE_OK : r;
}

/* Every device that the vendor tells of, by its id. */
static const struct pick_device *
find(struct arena *a, const struct links *x, const struct connector *c, const struct json *items, const char *remote)
{
	struct pick_device *d = arena_alloc(a, sizeof(*d));

	for (const struct json *item = json_first(items); item != NULL; item = json_next(item)) {
		const char *id = pick_text(a, pick_by(a, item, c->list, "id"), PICK_ID_MAX);
		if (id != NULL && strcmp(id, remote) == 0 && pick_device(a, x->catalogue, c, item, d))
			return d;
	}
	return NULL;
}

/* --- choosing --- */

static struct json *
remote_of(struct arena *a, const char *link, const struct pick_device *said)
{
	struct json *v = json_object(a);

	json_set_string(a, v, "link", link);
	json_set_string(a, v, "id", said->id);
	if (said->name != NULL)
		json_set_string(a, v, "name", said->name);
	return v;
}

/* The device that a piece will be. A text's key if it cannot be one. */
static const char *
define(const struct links *x, struct arena *a, const struct connector *c, const struct link *l, struct piece *p)
{
	const struct pick_device *said = p->said;
	struct json *v = json_object(a);

	if (said->type == NULL)
		return "connect_fault_type";
	json_set_string(a, v, "id", p->device);
	json_set_string(a, v, "type", said->type);
	json_set_string(a, v, "name", said->name != NULL ? said->name : said->id);
	if (said->room != NULL)
		json_set_string(a, v, "room", said->room);
	json_set_string(a, v, "manufacturer", said->manufacturer != NULL ? said->manufacturer : c->manufacturer);
	if (said->model != NULL)
		json_set_string(a, v, "model", said->model);
	if (device_define(a, x->catalogue, v, &p->added, &p->state) != NULL)
		return "connect_fault_type";
	p->added.source = SOURCE_LINK;
	p->added.remote = remote_of(a, l->id, said);
	for (const struct json *value = json_first(said->values); value != NULL; value = json_next(value))
		(void)!state_assign_json(a, x->catalogue, &p->added, p->state, json_name(value), value,
		    json_get_int(p->state, "since", 0));	/* what cannot be its value is left as it is */
	json_set_bool(a, p->state, "online", said->online);
	return NULL;
}

static enum store_result
add(struct store_tx *tx, struct batch *b, struct piece *p, struct json *chosen)
{
	bool exists;
	enum store_result r = device_tx_add(tx, b->user, &p->added, p->state, (size_t)b->links->config->limits.devices_per_user,
	    &exists);

	if (r == STORE_OK && exists)
		p->fault = "connect_fault_exists";
	else if (r == STORE_OK)
		json_set_string(store_tx_arena(tx), chosen, p->remote, p->device);
	return r;
}

static enum store_result
take_away(struct store_tx *tx, struct batch *b, struct piece *p, struct json *chosen)
{
	enum store_result r = device_tx_delete(tx, b->user, p->device);

	json_set(store_tx_arena(tx), chosen, p->remote, NULL);
	return r == STORE_ABSENT ? STORE_OK : r;
}

static void
complain(struct arena *a, struct json *faults, const char *id, const char *fault)
{
	struct json *v = json_append(a, faults, json_object(a));

	json_set_string(a, v, "id", id);
	json_set_string(a, v, "fault", fault);
}

static enum store_result
remove_others(const struct links *x, struct arena *a, const struct link *l, const struct json *wanted, size_t *left)
{
	struct batch b = { .links = x, .user = l->user, .id = l->id, .one = take_away,
	    .pieces = arena_alloc(a, (json_count(l->chosen) + 1) * sizeof(*b.pieces)) };

	for (const struct json *d = json_first(l->chosen); d != NULL; d = json_next(d))
		if (!json_array_has(wanted, json_name(d)))
			b.pieces[b.n++] = (struct piece){ .remote = json_name(d), .device = json_string(d) };
	*left = json_count(l->chosen) - b.n;
	return run(&b, a);
}

enum store_result
mirror_choose(const struct links *x, struct arena *a, const struct connector *c, const struct link *l, const struct json *wanted,
    const struct json *items, struct json **faults)
{
	struct batch b = { .links = x, .user = l->user, .id = l->id, .one = add,
	    .pieces = arena_alloc(a, (json_count(wanted) + 1) * sizeof(*b.pieces)) };
	size_t left;
	enum store_result r = remove_others(x, a, l, wanted, &left);

	*faults = json_array(a);
	for (const struct json *w = json_first(wanted); w != NULL && r == STORE_OK; w = json_next(w)) {
		struct piece p = { .remote = json_string(w) };
		if (json_get(l->chosen, p.remote) != NULL)
			continue;
		p.device = mirror_id(a, l->place, p.remote);
		p.said = find(a, x, c, items, p.remote);
		p.fault = p.said == NULL ? "connect_fault_unknown" : left + b.n >= (size_t)c->max_devices ? "connect_fault_many" :
		    define(x, a, c, l, &p);
		if (p.fault != NULL)
			complain(a, *faults, p.remote, p.fault);
		else
			b.pieces[b.n++] = p;
	}
	if (r == STORE_OK)
		r = run(&b, a);
	for (size_t i = 0; i < b.n; i++)
		if (b.pieces[i].fault != NULL)
			complain(a, *faults, b.pieces[i].remote, b.pieces[i].fault);
	return r;
}

/* --- following --- */

/* The vendor's name is taken over when it changes there: a name that its owner gave it here stays until then. */
static enum store_result
follow(struct store_tx *tx, struct batch *b, struct piece *p, struct json *chosen)
{
	struct arena *a = store_tx_arena(tx);
	struct state_report report = { .online = p->said != NULL && p->said->online,
	    .values = p->said != NULL ? p->said->values : NULL };
	const char *why;
	struct device d;
	enum store_result r = device_tx_find(tx, b->user, p->device, &d);

	if (r == STORE_ABSENT) {	/* its owner has deleted it here */
		json_set(a, chosen, p->remote, NULL);
		return STORE_OK;
	}
	const char *was = json_get_string(d.remote, "name"), *is = p->said != NULL ? p->said->name : NULL;
	if (r == STORE_OK && is != NULL && (was == NULL || strcmp(was, is) != 0))
		r = device_tx_relabel(tx, b->user, p->device, is, remote_of(a, b->id, p->said));
	return r == STORE_OK ? state_tx_report(tx, b->links->catalogue, b->user, p->device, &report, &why) : r;
}

enum store_result
mirror_update(const struct links *x, struct arena *a, const struct connector *c, const struct link *l, const struct json *items)
{
	struct batch b = { .links = x, .user = l->user, .id = l->id, .one = follow,
	    .pieces = arena_alloc(a, (json_count(l->chosen) + 1) * sizeof(*b.pieces)) };

	for (const struct json *d = json_first(l->chosen); d != NULL; d = json_next(d))
		b.pieces[b.n++] = (struct piece){ .remote = json_name(d), .device = json_string(d),
		    .said = find(a, x, c, items, json_name(d)) };
	return run(&b, a);
}

/* --- ending --- */

static enum store_result
drop_deleted(struct store_tx *tx, struct batch *b, struct piece *p, struct json *chosen)
{
	struct device d;
	enum store_result r = device_tx_find(tx, b->user, p->device, &d);

	if (r == STORE_ABSENT)
		json_set(store_tx_arena(tx), chosen, p->remote, NULL);
	return r == STORE_ABSENT ? STORE_OK : r;
}

enum store_result
mirror_forget_deleted(const struct links *x, struct arena *a, const struct link *l, bool *last)
{
	struct batch b = { .links = x, .user = l->user, .id = l->id, .one = drop_deleted,
	    .pieces = arena_alloc(a, (json_count(l->chosen) + 1) * sizeof(*b.pieces)) };
	struct json *ids;
	enum store_result r = device_ids(x->store, a, l->user, &ids);

	*last = false;
	for (const struct json *d = json_first(l->chosen); d != NULL && r == STORE_OK; d = json_next(d))
		if (!json_array_has(ids, json_string(d)))
			b.pieces[b.n++] = (struct piece){ .remote = json_name(d), .device = json_string(d) };
	if (r != STORE_OK || b.n == 0)
		return r;
	*last = b.n == json_count(l->chosen);
	return run(&b, a);
}
