/* peer.c: a list of peers. */
#include "nodeserver/peer.h"

#include <stdlib.h>
#include <string.h>

#include "base/arena.h"
#include "base/clock.h"
#include "base/json.h"
#include "base/banned.h"

struct peer *
peer_find(const struct bridge *b, const char *identity)
{
	struct peer *p = b->peers;

	while (p != NULL && strcmp(p->identity, identity) != 0)
		p = p->next;
	return p;
}

struct peer *
peer_add(struct bridge *b, const char *identity, const char *worker)
{
	struct peer *p = peer_find(b, identity);

	if (p != NULL || strlen(identity) >= PEER_NAME_MAX || (p = calloc(1, sizeof(*p))) == NULL)
		return p;
	memcpy(p->identity, identity, strlen(identity) + 1);
	memcpy(p->worker, worker, strlen(worker) + 1);	/* it is no longer than the identity */
	p->look = clock_ms();
	p->probe = clock_ms();
	p->next = b->peers;
	b->peers = p;
	return p;
}

void
peer_land(struct bridge *b, struct peer *p)
{
	for (size_t i = 0; p->flying > 0 && i < PEER_NUMBERS; i++)
		if (b->flying[i] == p)
			b->flying[i] = NULL;
	p->flying = 0;
	p->deaf = false;
}

void
peer_drop(struct bridge *b, struct peer *p)
{
	struct peer **at = &b->peers;

	while (*at != p)
		at = &(*at)->next;
	*at = p->next;
	peer_land(b, p);
	free(p);
}

/* --- the mark --- */

struct marking {
	struct nodeserver	*ns;
	bool			 mqtt;
};

static enum store_result
mark_fn(struct store_tx *tx, void *arg)
{
	const struct marking *m = arg;
	enum store_result r = registry_tx_find(tx, m->ns->user, m->ns->n, m->ns);

	if (r != STORE_OK)
		return r;
	json_set(store_tx_arena(tx), m->ns->record, "mqtt", m->mqtt ? json_new_bool(store_tx_arena(tx), true) : NULL);
	return registry_tx_put(tx, m->ns);
}

enum store_result
peer_mark(const struct nodeserver_context *x, struct nodeserver *ns, bool mqtt)
{
	if (json_get_bool(ns->record, "mqtt", false) == mqtt)
		return STORE_OK;
	return store_run(x->store, x->arena, mark_fn, &(struct marking){ ns, mqtt });
}
