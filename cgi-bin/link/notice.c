/* notice.c: status, devices, and a line among the owner's activity. */
#include "link/notice.h"

#include "base/arena.h"
#include "base/clock.h"
#include "base/json.h"
#include "device/state.h"
#include "link/link.h"
#include "oauth/activity.h"
#include "base/banned.h"

struct noticing {
	const struct link	*link;
	bool			 tell;
};

static enum store_result
note(struct store_tx *tx, void *arg)
{
	struct noticing *x = arg;
	struct link l;
	int64_t now = clock_sec();
	enum store_result r = link_tx_find(tx, x->link->user, x->link->id, &l);

	x->tell = r == STORE_OK && (l.told > now || now - l.told >= NOTICE_EVERY);
	if (r != STORE_OK || (l.status == LINK_NEEDS_LOGIN && !x->tell))
		return r;
	if (l.status != LINK_NEEDS_LOGIN)
		l.since = now;
	l.status = LINK_NEEDS_LOGIN;
	if (x->tell)
		l.told = now;
	return link_tx_put(tx, &l);
}

void
notice_login(const struct links *links, struct arena *a, const struct link *l)
{
	struct noticing x = { l, false };

	if (store_run(links->store, a, note, &x) != STORE_OK)
		return;	/* the next look sees to it */
	for (const struct json *d = json_first(l->chosen); d != NULL; d = json_next(d))
		(void)!state_set_online(links->store, a, l->user, json_string(d), false);
	if (x.tell)
		activity_note(links->store, a, &(struct activity){ .event = "link_login_needed", .user = l->user, .detail = l->connector });
}
