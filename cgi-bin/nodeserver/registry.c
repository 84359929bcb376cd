/* registry.c: records of node servers, and the secrets that follow from them.
 *
 * long because: everything that the one record of a node server holds is read and written here. */
#include "nodeserver/registry.h"

#include <string.h>

#include "base/arena.h"
#include "base/clock.h"
#include "base/json.h"
#include "base/secret.h"
#include "base/text.h"
#include "db/record.h"
#include "nodeserver/nodemap.h"
#include "oauth/keyring.h"
#include "oauth/seal.h"
#include "base/banned.h"

#define NAME_MAX_BYTES 100
#define SHORT_POLL 60	/* seconds, as the original has it */
#define LONG_POLL 120
#define GONE_KEPT 3600	/* seconds in which one that was deleted is told so */

char *
registry_key(struct arena *a, const char *user, int n)
{
	return record_key(a, "nodeserver", user, arena_printf(a, "%d", n), NULL);
}

static char *
worker_key(struct arena *a, const char *worker)
{
	return record_key(a, "nodeserver-worker", worker, NULL);
}

static char *
list_key(struct arena *a, const char *user)
{
	return record_key(a, "nodeservers", user, NULL);
}

static bool
from_record(struct json *r, const char *user, int n, struct nodeserver *ns)
{
	*ns = (struct nodeserver){ .user = user, .n = n, .worker = json_get_string(r, "worker"),
	    .name = json_get_string(r, "name"), .connected = json_get_bool(r, "connected", false),
	    .stopped = json_get_bool(r, "stopped", false), .record = r };
	return ns->worker != NULL && ns->name != NULL;
}

/* --- finding --- */

enum store_result
registry_find(const struct nodeserver_context *x, const char *user, int n, struct nodeserver *ns)
{
	struct json *r;
	enum store_result result = record_get(x->store, x->arena, registry_key(x->arena, user, n), &r);

	return result == STORE_OK && !from_record(r, user, n, ns) ? STORE_FAILED : result;
}

enum store_result
registry_tx_find(struct store_tx *tx, const char *user, int n, struct nodeserver *ns)
{
	struct json *r;
	enum store_result result = record_tx_get(tx, registry_key(store_tx_arena(tx), user, n), &r);

	return result == STORE_OK && !from_record(r, user, n, ns) ? STORE_FAILED : result;
}

enum store_result
registry_tx_put(struct store_tx *tx, const struct nodeserver *ns)
{
	struct arena *a = store_tx_arena(tx);

	json_set_bool(a, ns->record, "connected", ns->connected);
	json_set_bool(a, ns->record, "stopped", ns->stopped);
	return record_tx_put(tx, registry_key(a, ns->user, ns->n), ns->record, 0);
}

enum store_result
registry_find_worker(const struct nodeserver_context *x, const char *worker, struct nodeserver *ns)
{
	struct json *r;
	enum store_result result = record_get(x->store, x->arena, worker_key(x->arena, worker), &r);
	const char *user = json_get_string(r, "user");

	if (result == STORE_OK && user == NULL)
		return json_get(r, "gone") != NULL ? STORE_ABSENT : STORE_FAILED;
	return result == STORE_OK ? registry_find(x, user, (int)json_get_int(r, "n", 0), ns) : result;
}

enum store_result
registry_each(const struct nodeserver_context *x, const char *user, void (*fn)(void *, const struct nodeserver *), void *arg)
{
	struct json *list;
	enum store_result r = record_get(x->store, x->arena, list_key(x->arena, user), &list);
	const struct json *slots = json_get(list, "slots");
	long long n;

	for (const struct json *v = json_first(slots); r == STORE_OK && v != NULL; v = json_next(v)) {
		struct nodeserver ns;
		if (!json_int(v, &n) || (r = registry_find(x, user, (int)n, &ns)) == STORE_ABSENT)
			r = STORE_OK;	/* deleted since the list was read */
		else if (r == STORE_OK)
			fn(arg, &ns);
	}
	return r == STORE_ABSENT ? STORE_OK : r;
}

/* --- making --- */

struct making {
	const struct nodeserver_context *x;
	const char		*user;
	const struct json	*spec;
	struct nodeserver	*made;
	const char		*why;
	int			 status;
};

static enum store_result
refuse(struct making *m, int status, const char *why)
{
	m->status = status;
	m->why = why;
	return STORE_LIMIT;
}

/* Is the slot in the list? Its place otherwise: slots are kept in order. */
static bool
taken(const struct json *slots, long long n)
{
	long long there;

	for (const struct json *v = json_first(slots); v != NULL; v = json_next(v))
		if (json_int(v, &there) && there == n)
			return true;
	return false;
}

static struct json *
with_slot(struct arena *a, const struct json *slots, long long n)
{
	struct json *list = json_array(a);

	for (long long i = 1; i <= REGISTRY_SLOTS; i++)
		if (i == n || taken(slots, i))
			json_append(a, list, json_new_number(a, (double)i));
	return list;
}

static struct json *
new_record(const struct making *m, struct arena *a, long long n)
{
	struct json *r = record_new(a);
	const char *type = json_get_string(m->spec, "type");
	const struct json *nodedefs = json_get(m->spec, "nodedefs");

	json_set_string(a, r, "name", json_get_string(m->spec, "name"));
	json_set_string(a, r, "worker", secret_id(a, 18));
	json_set_int(a, r, "profileNum", n);
	json_set_string(a, r, "language", type != NULL ? type : "");
	json_set_int(a, r, "generation", 1);
	json_set_int(a, r, "shortPoll", SHORT_POLL);
	json_set_int(a, r, "longPoll", LONG_POLL);
	json_set(a, r, "notices", json_object(a));
	json_set(a, r, "nodedefs", nodedefs != NULL ? json_copy(a, nodedefs) : json_object(a));
	json_set_bool(a, r, "firstRun", true);
	json_set_bool(a, r, "development", json_get_bool(m->spec, "development", true));
	json_set_int(a, r, "timeAdded", clock_ms());
	return r;
}

static enum store_result
create_fn(struct store_tx *tx, void *arg)
{
	struct making *m = arg;
	struct arena *a = store_tx_arena(tx);
	const struct json *wanted = json_get(m->spec, "profileNum");
	struct json *list;
	long long n = 1;
	enum store_result r = record_tx_get(tx, list_key(a, m->user), &list);

	if (r != STORE_OK && r != STORE_ABSENT)
		return r;
	if (r == STORE_ABSENT)
		list = record_new(a);
	const struct json *slots = json_get(list, "slots");
	while (wanted == NULL && taken(slots, n))
		n++;
	if (wanted != NULL && (!json_int(wanted, &n) || n < 1 || n > REGISTRY_SLOTS))
		return refuse(m, 400, "profileNum must be 1 to 25");
	if (n > REGISTRY_SLOTS)
		return refuse(m, 409, "all 25 slots are taken");
	if (taken(slots, n))
		return refuse(m, 409, "this slot is taken");
	json_set(a, list, "slots", with_slot(a, slots, n));
	struct json *owner = record_new(a);
	from_record(new_record(m, a, n), m->user, (int)n, m->made);
	if (json_get(m->spec, "oauth") != NULL)
		registry_hide(m->x->keyring, a, m->made, "oauth", json_get(m->spec, "oauth"));
	json_set_string(a, owner, "user", m->user);
	json_set_int(a, owner, "n", n);
	r = record_tx_put(tx, list_key(a, m->user), list, 0);
	if (r == STORE_OK)
		r = record_tx_put(tx, worker_key(a, m->made->worker), owner, 0);
	return r == STORE_OK ? registry_tx_put(tx, m->made) : r;
}

static bool
fits(struct arena *a, const struct json *spec, const char *member)
{
	const struct json *v = json_get(spec, member);

	return v == NULL || (json_type(v) == JSON_OBJECT && strlen(json_print(a, v)) <= REGISTRY_MEMBER_MAX);
}

const char *
registry_fault(const struct nodeserver_context *x, const struct json *spec)
{
	return !fits(x->arena, spec, "oauth") || !fits(x->arena, spec, "nodedefs") ?
	    "oauth and nodedefs must be objects of 16 KiB at most" : nodemap_fault(x, json_get(spec, "nodedefs"));
}

enum store_result
registry_tx_configure(struct store_tx *tx, const struct keyring *ring, struct nodeserver *ns, const struct json *change)
{
	struct arena *a = store_tx_arena(tx);
	const struct json *nodedefs = json_get(change, "nodedefs"), *oauth = json_get(change, "oauth");
	enum store_result r = registry_tx_find(tx, ns->user, ns->n, ns);

	if (r != STORE_OK)
		return r;
	if (nodedefs != NULL)
		json_set(a, ns->record, "nodedefs", json_copy(a, nodedefs));
	if (oauth != NULL)
		registry_hide(ring, a, ns, "oauth", oauth);
	return registry_tx_put(tx, ns);
}

enum store_result
registry_create(const struct nodeserver_context *x, const char *user, const struct json *spec, struct nodeserver *made,
    const char **why, int *status)
{
	struct making m = { .x = x, .user = user, .spec = spec, .made = made };
	const char *name = json_get_string(spec, "name");
	enum store_result r = STORE_OK;

	if (name == NULL || !text_is_name(name, NAME_MAX_BYTES))
		r = refuse(&m, 400, "name must be a text of 1 to 100 bytes");
	else if ((m.why = registry_fault(x, spec)) != NULL)
		r = refuse(&m, 400, m.why);
	else
		r = store_run(x->store, x->arena, create_fn, &m);
	*why = m.why;
	*status = m.status;
	return r;
}

enum store_result
registry_tx_delete(struct store_tx *tx, const struct nodeserver *ns)
{
	struct arena *a = store_tx_arena(tx);
	struct json *list;
	enum store_result r = record_tx_get(tx, list_key(a, ns->user), &list);

	if (r == STORE_OK) {
		struct json *left = json_array(a);
		long long n;
		for (const struct json *v = json_first(json_get(list, "slots")); v != NULL; v = json_next(v))
			if (json_int(v, &n) && n != ns->n)
				json_append(a, left, json_new_number(a, (double)n));
		json_set(a, list, "slots", left);
		r = json_first(left) != NULL ? record_tx_put(tx, list_key(a, ns->user), list, 0) :
		    record_tx_delete(tx, list_key(a, ns->user));
	}
	struct json *gone = record_new(a);
	json_set_int(a, gone, "gone", json_get_int(ns->record, "generation", 1));
	if (r == STORE_OK || r == STORE_ABSENT)
		r = record_tx_put(tx, worker_key(a, ns->worker), gone, clock_sec() + GONE_KEPT);
	return r == STORE_OK ? record_tx_delete(tx, registry_key(a, ns->user, ns->n)) : r;
}

static enum store_result
forget_gone_fn(struct store_tx *tx, void *arg)
{
	return record_tx_delete(tx, worker_key(store_tx_arena(tx), arg));
}

enum store_result
registry_find_gone(const struct nodeserver_context *x, const char *worker, const char *token)
{
	struct json *r;
	enum store_result result = record_get(x->store, x->arena, worker_key(x->arena, worker), &r);
	long long generation = json_get_int(r, "gone", 0);
	const struct nodeserver ns = { .worker = worker, .record = json_object(x->arena) };

	if (result != STORE_OK || generation == 0)
		return result == STORE_OK ? STORE_ABSENT : result;
	json_set_int(x->arena, ns.record, "generation", generation);
	if (!registry_token_fits(x, &ns, token))
		return STORE_ABSENT;
	return store_run(x->store, x->arena, forget_gone_fn, arena_strdup(x->arena, worker));
}

/* --- secrets --- */

static char *
derived(const struct nodeserver_context *x, const struct nodeserver *ns, const char *purpose)
{
	const char *what = arena_printf(x->arena, "%s.%lld", ns->worker, json_get_int(ns->record, "generation", 1));
	unsigned char mac[SECRET_HASH];

	keyring_seal(x->keyring, purpose, what, strlen(what), mac);
	return secret_base64url(x->arena, mac, sizeof(mac));
}

char *
registry_token(const struct nodeserver_context *x, const struct nodeserver *ns)
{
	return derived(x, ns, "nodeserver-token");
}

bool
registry_token_fits(const struct nodeserver_context *x, const struct nodeserver *ns, const char *token)
{
	return token != NULL && secret_text_equal(token, registry_token(x, ns));
}

struct rotating {
	struct nodeserver	*ns;
};

static enum store_result
rotate_fn(struct store_tx *tx, void *arg)
{
	struct nodeserver *ns = ((struct rotating *)arg)->ns;
	enum store_result r = registry_tx_find(tx, ns->user, ns->n, ns);

	if (r != STORE_OK)
		return r;
	json_set_int(store_tx_arena(tx), ns->record, "generation", json_get_int(ns->record, "generation", 1) + 1);
	return registry_tx_put(tx, ns);
}

enum store_result
registry_rotate(const struct nodeserver_context *x, struct nodeserver *ns)
{
	return store_run(x->store, x->arena, rotate_fn, &(struct rotating){ ns });
}

char *
registry_controller(struct arena *a, const char *user)
{
	unsigned char h[SECRET_HASH];

	secret_sha256(user, strlen(user), h);
	/* "Locally administered": no maker has it. */
	return arena_printf(a, "02:%02x:%02x:%02x:%02x:%02x", h[0], h[1], h[2], h[3], h[4]);
}

/* --- members that are encrypted --- */

static const char *
hidden_place(struct arena *a, const struct nodeserver *ns, const char *member)
{
	return arena_printf(a, "%s/%s", ns->worker, member);
}

struct json *
registry_hidden(const struct keyring *ring, struct arena *a, const struct nodeserver *ns, const char *member)
{
	const char *text = seal_reveal(a, ring, hidden_place(a, ns, member), json_get_string(ns->record, member));
	struct json *v = text != NULL ? json_parse(a, text, strlen(text), NULL) : NULL;

	return v != NULL ? v : json_object(a);
}

void
registry_hide(const struct keyring *ring, struct arena *a, struct nodeserver *ns, const char *member, const struct json *v)
{
	json_set_string(a, ns->record, member, seal_hide(a, ring, hidden_place(a, ns, member), json_print(a, v)));
}
