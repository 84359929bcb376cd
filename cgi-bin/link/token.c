/* token.c: one record a link: a pair of tokens, its number, and a lease. */
#include "link/token.h"

#include <string.h>

#include "base/arena.h"
#include "base/clock.h"
#include "base/json.h"
#include "db/record.h"
#include "link/link.h"
#include "oauth/seal.h"
#include "base/banned.h"

static char *
token_key(struct arena *a, const char *user, const char *id)
{
	return record_key(a, "link-token", user, id, NULL);
}

enum store_result
token_find(const struct links *x, struct arena *a, const struct link *l, struct token_pair *p)
{
	const char *key = token_key(a, l->user, l->id);
	struct json *v;
	enum store_result r = record_get(x->store, a, key, &v);

	*p = (struct token_pair){ 0 };
	if (r != STORE_OK)
		return r;
	p->access = seal_reveal(a, x->keyring, key, json_get_string(v, "access"));
	p->refresh = seal_reveal(a, x->keyring, key, json_get_string(v, "refresh"));
	p->until = json_get_int(v, "until", 0);
	p->number = json_get_int(v, "number", 0);
	return STORE_OK;
}

/* Put a pair into the record, and end the lease. */
static void
write_pair(struct arena *a, const struct keyring *ring, const char *key, struct json *v, const struct token_pair *p)
{
	json_set_string(a, v, "access", seal_hide(a, ring, key, p->access));
	if (p->refresh != NULL)
		json_set_string(a, v, "refresh", seal_hide(a, ring, key, p->refresh));
	json_set_int(a, v, "until", p->until);
	json_set_int(a, v, "number", json_get_int(v, "number", 0) + 1);
	json_set(a, v, "refusals", NULL);
	json_set(a, v, "owner", NULL);
	json_set(a, v, "lease", NULL);
}

enum store_result
token_tx_begin(struct store_tx *tx, const struct keyring *ring, const char *user, const char *id, const struct token_pair *p)
{
	struct arena *a = store_tx_arena(tx);
	const char *key = token_key(a, user, id);
	struct json *old, *v = record_new(a);
	enum store_result r = record_tx_get(tx, key, &old);

	if (r != STORE_OK && r != STORE_ABSENT)
		return r;
	json_set_int(a, v, "number", json_get_int(old, "number", 0));
	write_pair(a, ring, key, v, p);
	return record_tx_put(tx, key, v, 0);
}

enum store_result
token_tx_forget(struct store_tx *tx, const char *user, const char *id)
{
	return record_tx_delete(tx, token_key(store_tx_arena(tx), user, id));
}

/* --- refreshing --- */

struct refreshing {
	const struct links	*links;
	const struct link	*link;
	const char		*owner;
	long long		 number;	/* of a claim */
	enum token_claim	 claim;
	const struct token_pair	*pair;		/* of token_keep */
	bool			 refused, sure, over;
};

static enum store_result
claim(struct store_tx *tx, void *arg)
{
	struct refreshing *x = arg;
	struct arena *a = store_tx_arena(tx);
	const char *key = token_key(a, x->link->user, x->link->id);
	struct json *v;
	enum store_result r = record_tx_get(tx, key, &v);
	int64_t now = clock_sec(), lease = json_get_int(v, "lease", 0);

	x->claim = TOKEN_GONE;
	if (r != STORE_OK || json_get_string(v, "refresh") == NULL)
		return r == STORE_ABSENT ? STORE_OK : r;
	if (json_get_int(v, "number", 0) > x->number) {
		x->claim = TOKEN_NEWER;
		return STORE_OK;
	}
	/* Further ahead than anybody writes: somebody's clock was wrong. */
	if (lease > now && lease <= now + TOKEN_LEASE) {
		x->claim = TOKEN_BUSY;
		return STORE_OK;
	}
	x->claim = TOKEN_MINE;
	json_set_string(a, v, "owner", x->owner);
	json_set_int(a, v, "lease", now + TOKEN_LEASE);
	return record_tx_put(tx, key, v, 0);
}

enum store_result
token_claim(const struct links *links, struct arena *a, const struct link *l, long long number, const char *owner,
    enum token_claim *out)
{
	struct refreshing x = { .links = links, .link = l, .owner = owner, .number = number };
	enum store_result r = store_run(links->store, a, claim, &x);

	*out = x.claim;
	return r;
}

/* The end of what a claim began. */
static enum store_result
end(struct store_tx *tx, void *arg)
{
	struct refreshing *x = arg;
	struct arena *a = store_tx_arena(tx);
	const char *key = token_key(a, x->link->user, x->link->id), *owner;
	struct json *v;
	enum store_result r = record_tx_get(tx, key, &v);

	x->over = false;
	if (r != STORE_OK)
		return r == STORE_ABSENT ? STORE_OK : r;
	owner = json_get_string(v, "owner");
	bool mine = owner != NULL && strcmp(owner, x->owner) == 0;
	/* Too late for the lease: but if nobody has had a pair since, this is the only one that is good. */
	if (!mine && (x->pair == NULL || json_get_int(v, "number", 0) != x->pair->number))
		return STORE_OK;
	if (x->pair != NULL)
		write_pair(a, x->links->keyring, key, v, x->pair);
	json_set(a, v, "owner", NULL);
	json_set(a, v, "lease", NULL);
	if (x->refused) {
		long long refusals = json_get_int(v, "refusals", 0) + 1;
		json_set_int(a, v, "refusals", refusals);
		x->over = x->sure || refusals > TOKEN_REFUSALS;
		if (x->over) {	/* what is over must never be tried again */
			json_set(a, v, "access", NULL);
			json_set(a, v, "refresh", NULL);
		}
		if (x->over && (r = link_tx_status(tx, x->link->user, x->link->id, LINK_NEEDS_LOGIN)) != STORE_OK)
			return r;
	}
	return record_tx_put(tx, key, v, 0);
}

enum store_result
token_keep(const struct links *links, struct arena *a, const struct link *l, const char *owner, const struct token_pair *p)
{
	struct refreshing x = { .links = links, .link = l, .owner = owner, .pair = p };

	return store_run(links->store, a, end, &x);
}

enum store_result
token_refused(const struct links *links, struct arena *a, const struct link *l, const char *owner, bool sure, bool *over)
{
	struct refreshing x = { .links = links, .link = l, .owner = owner, .refused = true, .sure = sure };
	enum store_result r = store_run(links->store, a, end, &x);

	*over = x.over;
	return r;
}

enum store_result
token_release(const struct links *links, struct arena *a, const struct link *l, const char *owner)
{
	struct refreshing x = { .links = links, .link = l, .owner = owner };

	return store_run(links->store, a, end, &x);
}
