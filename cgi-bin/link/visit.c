/* visit.c: the listing, what it says of our devices, then the hook. */
#include "link/visit.h"

#include "base/arena.h"
#include "base/clock.h"
#include "base/log.h"
#include "link/all.h"
#include "link/connector.h"
#include "link/mirror.h"
#include "base/banned.h"

void
visit_begin(struct visit *v, const struct links *x, struct arena *a, const struct connector *c)
{
	v->arena = a;
	v->links = x;
	v->connector = c;
	v->listed = false;
	v->began = clock_ms();
	listing_begin(&v->listing, x, a, c, &v->link);
	v->listing.ask.ahead = TOKEN_AHEAD + c->every;
}

struct ask *
visit_ask(struct visit *v)
{
	return v->listed ? &v->hook.ask : &v->listing.ask;
}

/* What the vendor says of our devices, and which those are if all of them are to be ours. */
static enum store_result
take(struct visit *v)
{
	enum store_result r = STORE_OK;

	if (v->link.all)
		r = all_choose(v->links, v->arena, v->connector, &v->link, v->listing.items);
	return r == STORE_OK ? mirror_update(v->links, v->arena, v->connector, &v->link, v->listing.items) : r;
}

bool
visit_more(struct visit *v)
{
	const struct ask *ask = &v->listing.ask;

	if (v->listed)
		return hook_more(&v->hook);
	if (listing_more(&v->listing))
		return true;
	v->listed = true;
	v->result = ask->result;
	v->why = ask->why;
	v->retry_after = ask->retry_after;
	if (v->result == ASK_FINE && take(v) != STORE_OK) {
		v->result = ASK_TROUBLE;
		v->why = "what it said cannot be stored";
	}
	return v->result == ASK_FINE && hook_begin(&v->hook, v->links, v->arena, v->connector, &v->link);
}

enum store_result
visit_end(struct visit *v, struct link_look *look, bool *again)
{
	struct hook h = { .heard = 0 };
	enum store_result r = link_look_get(v->links->store, v->arena, v->link.user, v->link.id, look);

	if (r == STORE_OK) {
		look->time = clock_ms();
		look->fault = v->result == ASK_FINE ? NULL : v->why;
		look->failures = v->result == ASK_FINE ? 0 : look->failures + 1;
		(void)!link_look_put(v->links->store, v->arena, v->link.user, v->link.id, look);
	}
	*again = v->result == ASK_FINE && v->connector->hook != NULL &&
	    hook_find(v->links, v->arena, v->link.user, v->link.id, &h) == STORE_OK && h.heard >= v->began;
	if (v->result != ASK_FINE)
		log_event(LOG_LEVEL_WARN, "link_poll", "user=%s link=%s why=\"%s\"", v->link.user, v->link.id, v->why);
	return r;
}
