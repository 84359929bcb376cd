/* end.c: a link ends: devices first, then the vendor is told, and what we knew is forgotten. */
#include "link/end.h"

#include "base/json.h"
#include "courier/target.h"
#include "link/connector.h"
#include "link/hook.h"
#include "link/mirror.h"
#include "link/token.h"
#include "link/vendor.h"
#include "web/fetch.h"
#include "base/banned.h"

struct ending {
	const struct links	*links;
	const struct link	*link;
	struct fetch_request	 revoke;	/* url NULL: there is nothing to revoke */
	struct outbox_call	 unsubscribe;	/* url NULL: there is no subscription */
};

/* The vendor takes back the refresh token, and with it what came of it (RFC 7009 2.1). */
static enum store_result
end(struct store_tx *tx, void *arg)
{
	const struct ending *x = arg;
	const struct outbox_call call = { .user = x->link->user, .lane = x->link->id, .kind = link_revoke.name,
	    .method = x->revoke.method, .url = x->revoke.url, .headers = x->revoke.headers, .body = x->revoke.body };
	enum store_result r = STORE_OK;

	/* First, as it needs the token. */
	if (x->unsubscribe.url != NULL)
		r = outbox_tx_add(tx, x->links->keyring, &x->unsubscribe);
	if (r == STORE_LIMIT)
		r = STORE_OK;
	if (r == STORE_OK && x->revoke.url != NULL)
		r = outbox_tx_add(tx, x->links->keyring, &call);
	return r == STORE_OK || r == STORE_LIMIT ? link_tx_forget(tx, x->link->user, x->link->id) : r;
}

enum store_result
link_end(const struct links *x, struct arena *a, const struct link *l)
{
	const struct connector *c = connectors_find(x->connectors, l->connector);
	struct ending e = { .links = x, .link = l,
	    .unsubscribe = { .user = l->user, .lane = l->id, .kind = link_unsubscribe.name } };
	struct token_pair pair;
	struct json *faults;
	enum store_result r = mirror_choose(x, a, c, l, json_array(a), NULL, &faults);

	if (r != STORE_OK)
		return r;
	bool known = c != NULL && token_find(x, a, l, &pair) == STORE_OK;
	if (!known || !hook_end(x, a, c, l, pair.access, &e.unsubscribe))
		e.unsubscribe.url = NULL;
	if (known && c->oauth.revoke_url != NULL) {
		const char *token = pair.refresh != NULL ? pair.refresh : pair.access;
		if (token != NULL && vendor_revoke(x, a, c, token, &e.revoke) != NULL)
			e.revoke.url = NULL;
	}
	return store_run(x->store, a, end, &e);
}

enum store_result
link_end_all(const struct links *x, struct arena *a, const char *user)
{
	struct json *ids;
	struct link l;
	enum store_result r = link_ids(x->store, a, user, &ids);

	for (const struct json *id = json_first(ids); id != NULL && r == STORE_OK; id = json_next(id)) {
		r = link_find(x->store, a, user, json_string(id), &l);
		r = r == STORE_OK ? link_end(x, a, &l) : r == STORE_ABSENT ? STORE_OK : r;
	}
	return r;
}

static void
any_host(const struct config *c, struct target_rule *rule)
{
	(void)c;
	*rule = (struct target_rule){ .any_port = true, .own = true };
}

const struct outbox_kind link_unsubscribe = { .name = "link-unsubscribe", .rule = any_host, .life = 3600 };
const struct outbox_kind link_revoke = { .name = "link-revoke", .rule = any_host };
