/* service.c: actions, made of messages and records. */
#include "nodeserver/service.h"

#include <string.h>

#include "base/arena.h"
#include "base/bell.h"
#include "base/json.h"
#include "nodeserver/messages.h"
#include "nodeserver/nodes.h"
#include "nodeserver/presence.h"
#include "nodeserver/profile.h"
#include "nodeserver/registry.h"
#include "base/banned.h"

enum store_result
service_read(const struct nodeserver_context *x, const struct nodeserver *ns, long long after, struct inbox_read *q)
{
	struct json *nodes, *messages = json_array(x->arena);
	enum store_result r = inbox_read(x, ns->worker, after, q);

	if (r != STORE_OK || q->config == 0 || (r = nodes_show(x, ns, &nodes)) != STORE_OK)
		return r;
	for (const struct json *v = json_first(q->messages); v != NULL; v = json_next(v)) {
		struct json *m = json_append(x->arena, messages, json_copy(x->arena, v));
		if (json_get_int(m, "seq", 0) == q->config) {
			struct json *config = json_object(x->arena);
			json_set(x->arena, config, "config", registry_show(x, ns, nodes));
			json_set(x->arena, m, "msg", config);
		}
	}
	q->messages = messages;
	return STORE_OK;
}

/* --- telling --- */

struct telling {
	const struct keyring	*keyring;	/* NULL: nothing secret is in it */
	const char		*worker;
	const struct json	*message;
};

static enum store_result
tell_fn(struct store_tx *tx, void *arg)
{
	const struct telling *t = arg;

	return inbox_tx_add(tx, t->keyring, t->worker, t->message);
}

static enum store_result
tell(const struct nodeserver_context *x, const struct nodeserver *ns, const struct keyring *ring, const char *word,
    struct json *value)
{
	struct json *message = json_object(x->arena);

	json_set(x->arena, message, word, value);
	return store_run(x->store, x->arena, tell_fn, &(struct telling){ ring, ns->worker, message });
}

enum store_result
service_tell(const struct nodeserver_context *x, const struct nodeserver *ns, const char *word, const struct json *value,
    bool *full)
{
	long long n;
	enum store_result r = inbox_waiting(x, ns->worker, &n);

	*full = r == STORE_OK && n > SERVICE_WEBHOOKS;
	return r == STORE_OK && !*full ? tell(x, ns, x->keyring, word, json_copy(x->arena, value)) : r;
}

/* --- an owner's actions --- */

static enum store_result
stop(const struct nodeserver_context *x, struct nodeserver *ns, const char *address)
{
	enum store_result r = tell(x, ns, NULL, "stop", json_object(x->arena));

	(void)address;
	return r == STORE_OK ? presence_stop(x, ns, true) : r;
}

static enum store_result
start(const struct nodeserver_context *x, struct nodeserver *ns, const char *address)
{
	(void)address;
	return presence_stop(x, ns, false);
}

static enum store_result
restart(const struct nodeserver_context *x, struct nodeserver *ns, const char *address)
{
	enum store_result r = tell(x, ns, NULL, "stop", json_object(x->arena));

	(void)address;
	return r == STORE_OK ? presence_turn(x, ns, false, false) : r;
}

static enum store_result
query(const struct nodeserver_context *x, struct nodeserver *ns, const char *address)
{
	struct json *v = json_object(x->arena), *node;
	enum store_result r = STORE_OK;

	if (address != NULL && strcmp(address, "all") != 0)
		r = nodes_find(x->store, x->arena, ns->user, ns->n, address, &node);
	json_set_string(x->arena, v, "address", address != NULL ? address : "all");
	return r == STORE_OK ? tell(x, ns, NULL, "query", v) : r;
}

static enum store_result
rotate(const struct nodeserver_context *x, struct nodeserver *ns, const char *address)
{
	(void)address;
	return registry_rotate(x, ns);
}

enum store_result
service_act(const struct nodeserver_context *x, struct nodeserver *ns, const char *action, const char *address)
{
	static const struct {
		const char *name;
		enum store_result (*act)(const struct nodeserver_context *, struct nodeserver *, const char *);
	} actions[] = {
		{ "stop", stop }, { "start", start }, { "restart", restart }, { "query", query }, { "rotate", rotate },
	};

	for (size_t i = 0; i < sizeof(actions) / sizeof(actions[0]); i++)
		if (strcmp(actions[i].name, action) == 0)
			return actions[i].act(x, ns, address);
	return STORE_ABSENT;
}

enum store_result
service_change(const struct nodeserver_context *x, struct nodeserver *ns, const struct json *change, int *status,
    const char **why)
{
	static const char *const members[][2] = {	/* an owner's word for it, and the node server's own */
		{ "customParams", "customparams" }, { "notices", "notices" }, { "polls", "polls" },
	};
	struct json *message = json_object(x->arena), *results = json_array(x->arena);

	*status = 400;
	*why = "customParams, notices or polls";
	for (size_t i = 0; i < sizeof(members) / sizeof(members[0]); i++)
		if (json_get(change, members[i][0]) != NULL)
			json_set(x->arena, message, members[i][1], json_copy(x->arena, json_get(change, members[i][0])));
	if (json_first(message) == NULL)
		return STORE_OK;
	enum store_result r = messages_take(x, ns, message, results);
	*status = 200;
	for (const struct json *v = json_first(results); v != NULL && *status == 200; v = json_next(v)) {
		*status = (int)json_get_int(json_first(v), "statusCode", 200);
		*why = json_get_string(json_first(v), "error");
	}
	return r;
}

/* --- the end --- */

static enum store_result
delete_fn(struct store_tx *tx, void *arg)
{
	const struct nodeserver *ns = arg;
	enum store_result r = presence_tx_forget(tx, ns);

	store_tx_then(tx, bell_ring, ns->worker);
	return r == STORE_OK ? registry_tx_delete(tx, ns) : r;
}

enum store_result
service_delete(const struct nodeserver_context *x, struct nodeserver *ns, bool keep_devices)
{
	enum store_result r = keep_devices ? nodes_set_online(x, ns, false) : STORE_OK;

	if (r == STORE_OK)
		r = nodes_forget(x, ns, keep_devices);
	if (r == STORE_OK)
		r = profile_forget(x, ns);
	if (r == STORE_OK)
		r = store_run(x->store, x->arena, delete_fn, ns);
	/* Whoever sent a last message meanwhile found it there still; now nobody does. */
	return r == STORE_OK ? inbox_forget(x, ns->worker) : r;
}

struct all {
	const struct nodeserver_context *x;
	enum store_result	 result;
};

static void
delete_one(void *arg, const struct nodeserver *found)
{
	struct all *all = arg;
	struct nodeserver ns = *found;

	if (all->result == STORE_OK)
		all->result = service_delete(all->x, &ns, false);
}

enum store_result
service_delete_all(const struct nodeserver_context *x, const char *user)
{
	struct all all = { x, STORE_OK };
	enum store_result r = registry_each(x, user, delete_one, &all);

	return r == STORE_OK ? all.result : r;
}
