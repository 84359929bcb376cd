/* nodes_all.c: what happens to all nodes of a node server, a few in each transaction. */
#include "base/json.h"
#include "db/record.h"
#include "device/device.h"
#include "device/state.h"
#include "nodeserver/nodes.h"
#include "nodeserver/registry.h"

#include <string.h>

#include "base/banned.h"

#define BATCH 10	/* nodes in one transaction: six records each at most */

struct many {
	const struct nodeserver_context *x;
	const struct nodeserver	*ns;
	struct json		*addresses;	/* array */
	size_t			 from;
	bool			 online, keep;
};

static enum store_result
online_fn(struct store_tx *tx, void *arg)
{
	const struct many *m = arg;
	struct arena *a = store_tx_arena(tx);
	enum store_result r = STORE_OK;

	for (size_t i = m->from; i < m->from + BATCH && i < json_count(m->addresses) && r == STORE_OK; i++) {
		const char *id = nodes_device_id(a, m->ns->n, json_string(json_at(m->addresses, i)));
		struct device d;
		r = device_tx_find(tx, m->ns->user, id, &d);
		if (r == STORE_OK && strcmp(d.source, "node") == 0)
			r = state_tx_report(tx, m->x->catalogue, m->ns->user, id, &(struct state_report){ m->online, NULL }, NULL);
		r = r == STORE_ABSENT ? STORE_OK : r;
	}
	return r;
}

static enum store_result
forget_fn(struct store_tx *tx, void *arg)
{
	const struct many *m = arg;

	return nodes_tx_drop(tx, m->ns, BATCH, m->keep);
}

static enum store_result
remap_fn(struct store_tx *tx, void *arg)
{
	const struct many *m = arg;
	enum store_result r = STORE_OK;

	for (size_t i = m->from; i < m->from + BATCH && i < json_count(m->addresses) && r == STORE_OK; i++)
		r = nodes_tx_remap(tx, m->x, m->ns, json_string(json_at(m->addresses, i)));
	return r;
}

static enum store_result
each_batch(struct many *m, store_fn fn)
{
	enum store_result r = nodes_addresses(m->x, m->ns, &m->addresses);

	for (; r == STORE_OK && m->from < json_count(m->addresses); m->from += BATCH)
		r = store_run(m->x->store, m->x->arena, fn, m);
	return r;
}

enum store_result
nodes_set_online(const struct nodeserver_context *x, const struct nodeserver *ns, bool online)
{
	return each_batch(&(struct many){ .x = x, .ns = ns, .online = online }, online_fn);
}

enum store_result
nodes_forget(const struct nodeserver_context *x, const struct nodeserver *ns, bool keep_devices)
{
	return each_batch(&(struct many){ .x = x, .ns = ns, .keep = keep_devices }, forget_fn);
}

enum store_result
nodes_remap(const struct nodeserver_context *x, const struct nodeserver *ns)
{
	return each_batch(&(struct many){ .x = x, .ns = ns }, remap_fn);
}
