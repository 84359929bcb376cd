/* service.c: actions, made of messages and records. */
#include "nodeserver/service.h"

#include <string.h>

#include "base/arena.h"
#include "base/bell.h"
#include "base/json.h"
#include "base/text.h"
#include "nodeserver/messages.h"
#include "nodeserver/nodes.h"
#include "nodeserver/presence.h"
#include "nodeserver/profile.h"
#include "nodeserver/registry.h"
#include "nodeserver/trace.h"
#include "base/banned.h"

#define COMMAND_MAX 64	/* bytes of each of its parts */

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
stop(const struct nodeserver_context *x, struct nodeserver *ns, const struct json *about)
{
	enum store_result r = tell(x, ns, NULL, "stop", json_object(x->arena));

	(void)about;
	return r == STORE_OK ? presence_stop(x, ns, true) : r;
}

static enum store_result
start(const struct nodeserver_context *x, struct nodeserver *ns, const struct json *about)
{
	(void)about;
	return presence_stop(x, ns, false);
}

static enum store_result
restart(const struct nodeserver_context *x, struct nodeserver *ns, const struct json *about)
{
	enum store_result r = tell(x, ns, NULL, "stop", json_object(x->arena));

	(void)about;
	return r == STORE_OK ? presence_turn(x, ns, false, false) : r;
}

static enum store_result
query(const struct nodeserver_context *x, struct nodeserver *ns, const struct json *about)
{
	struct json *v = json_object(x->arena), *node;
	const char *address = json_get_string(about, "address");
	enum store_result r = STORE_OK;

	if (address != NULL && strcmp(address, "all") != 0)
		r = nodes_find(x->store, x->arena, ns->user, ns->n, address, &node);
	json_set_string(x->arena, v, "address", address != NULL ? address : "all");
	return r == STORE_OK ? tell(x, ns, NULL, "query", v) : r;
}

static enum store_result
watch(const struct nodeserver_context *x, struct nodeserver *ns, const struct json *about)
{
	(void)about;
	return trace_begin(x, ns);
}

/* Any command of any node, the controller's too, which is no device. */
static enum store_result
command(const struct nodeserver_context *x, struct nodeserver *ns, const struct json *about)
{
	static const char *const members[] = { "address", "cmd", "value", "uom" };
	const char *address = json_get_string(about, "address"), *cmd = json_get_string(about, "cmd");
	struct json *v = json_object(x->arena), *node;

	if (address == NULL || cmd == NULL || !text_is_name(cmd, COMMAND_MAX))
		return STORE_ABSENT;
	enum store_result r = nodes_find(x->store, x->arena, ns->user, ns->n, address, &node);
	for (size_t i = 0; i < sizeof(members) / sizeof(members[0]); i++) {
		const struct json *m = json_get(about, members[i]);
		if (m == NULL)
			continue;
		/* As text, as the original has it. */
		const char *text = json_type(m) == JSON_NUMBER ? json_print(x->arena, m) : json_string(m);
		if (text == NULL || strlen(text) > COMMAND_MAX)
			return STORE_ABSENT;
		json_set_string(x->arena, v, members[i], text);
	}
	return r == STORE_OK ? tell(x, ns, NULL, "command", v) : r;
}

static enum store_result
rotate(const struct nodeserver_context *x, struct nodeserver *ns, const struct json *about)
{
	(void)about;
	return registry_rotate(x, ns);
}

enum store_result
service_act(const struct nodeserver_context *x, struct nodeserver *ns, const char *action, const struct json *about)
{
	static const struct {
		const char *name;
		enum store_result (*act)(const struct nodeserver_context *, struct nodeserver *, const struct json *about);
	} actions[] = {
		{ "stop", stop }, { "start", start }, { "restart", restart }, { "query", query }, { "rotate", rotate },
		{ "command", command }, { "watch", watch },
	};

	for (size_t i = 0; i < sizeof(actions) / sizeof(actions[0]); i++)
		if (strcmp(actions[i].name, action) == 0)
			return actions[i].act(x, ns, about);
	return STORE_ABSENT;
}

struct configuring {
	const struct nodeserver_context *x;
	struct nodeserver	*ns;
	const struct json	*change;
};

static enum store_result
configure_fn(struct store_tx *tx, void *arg)
{
	const struct configuring *c = arg;
	enum store_result r = registry_tx_configure(tx, c->x->keyring, c->ns, c->change);

	return r == STORE_OK ? inbox_tx_config(tx, c->ns->worker) : r;
}

/* Of the change what the owner alone may: oauth, nodedefs. */
static enum store_result
configure(const struct nodeserver_context *x, struct nodeserver *ns, const struct json *change, int *status, const char **why)
{
	*status = 400;
	if ((*why = registry_fault(x, change)) != NULL)
		return STORE_OK;
	enum store_result r = store_run(x->store, x->arena, configure_fn, &(struct configuring){ x, ns, change });
	if (r == STORE_OK && json_get(change, "nodedefs") != NULL)
		r = nodes_remap(x, ns);
	*status = 200;
	return r;
}

enum store_result
service_change(const struct nodeserver_context *x, struct nodeserver *ns, const struct json *change, int *status,
    const char **why)
{
	static const char *const members[][2] = {	/* an owner's word for it, and the node server's own */
		{ "customParams", "customparams" }, { "notices", "notices" }, { "polls", "polls" },
	};
	struct json *message = json_object(x->arena), *results = json_array(x->arena);
	bool own = json_get(change, "oauth") != NULL || json_get(change, "nodedefs") != NULL;
	enum store_result r = STORE_OK;

	*status = 400;
	*why = "customParams, notices, polls, oauth or nodedefs";
	for (size_t i = 0; i < sizeof(members) / sizeof(members[0]); i++)
		if (json_get(change, members[i][0]) != NULL)
			json_set(x->arena, message, members[i][1], json_copy(x->arena, json_get(change, members[i][0])));
	if (json_first(message) == NULL && !own)
		return STORE_OK;
	if (own && ((r = configure(x, ns, change, status, why)) != STORE_OK || *status != 200))
		return r;
	r = messages_take(x, ns, message, results);
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

	if (r == STORE_OK)
		r = trace_tx_forget(tx, ns->worker);
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
