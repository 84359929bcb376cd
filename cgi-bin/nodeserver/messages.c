/* messages.c: one function a word of the protocol.
 *
 * long because: the protocol has fifteen words, and each is a few lines. */
#include "nodeserver/messages.h"

#include <string.h>

#include "base/arena.h"
#include "base/json.h"
#include "nodeserver/nodes.h"
#include "nodeserver/presence.h"
#include "nodeserver/profile.h"
#include "nodeserver/inbox.h"
#include "nodeserver/registry.h"
#include "nodeserver/trace.h"
#include "base/banned.h"

struct work {
	const struct nodeserver_context *x;
	struct nodeserver	*ns;
	const struct json	*message;
};

static struct json *
say(struct arena *a, struct json *v, struct node_result result)
{
	json_set_bool(a, v, "success", result.status == 200);
	json_set_int(a, v, "statusCode", result.status);
	if (result.why != NULL)
		json_set_string(a, v, result.status == 200 ? "note" : "error", result.why);
	return v;
}

static enum store_result
refuse(const struct work *w, struct json *out, int status, const char *why)
{
	say(w->x->arena, out, (struct node_result){ status, why });
	return STORE_OK;
}

/* {"word": value} */
static struct json *
wrap(struct arena *a, const char *word, struct json *value)
{
	struct json *v = json_object(a);

	json_set(a, v, word, value);
	return v;
}

/* --- nodes --- */

struct node_job {
	const struct work	*w;
	enum store_result	(*step)(struct store_tx *, const struct node_job *, const struct json *item, struct node_result *);
	const struct json	*first;	/* the items, up to count of them */
	size_t			 count;
	bool			 answer;	/* to the node server: a single addnode that went well */
	struct node_result	*results;
};

static enum store_result
step_add(struct store_tx *tx, const struct node_job *j, const struct json *item, struct node_result *result)
{
	return nodes_tx_add(tx, j->w->x, j->w->ns, item, result);
}

static enum store_result
step_status(struct store_tx *tx, const struct node_job *j, const struct json *item, struct node_result *result)
{
	return nodes_tx_status(tx, j->w->x, j->w->ns, item, result);
}

static enum store_result
step_remove(struct store_tx *tx, const struct node_job *j, const struct json *item, struct node_result *result)
{
	const char *address = json_get_string(item, "address");

	*result = (struct node_result){ 400, "address is missing" };
	return address != NULL ? nodes_tx_remove(tx, j->w->ns, address, result) : STORE_OK;
}

/* The original's clients wait for this one answer, and one that says success:false would end the Python client. */
static enum store_result
answer_add(struct store_tx *tx, const struct node_job *j)
{
	struct arena *a = store_tx_arena(tx);
	struct json *v = json_object(a);

	json_set_bool(a, v, "success", true);
	json_set_string(a, v, "address", json_get_string(j->first, "address"));
	return inbox_tx_add(tx, NULL, j->w->ns->worker, wrap(a, "result", wrap(a, "addnode", v)));
}

static enum store_result
nodes_fn(struct store_tx *tx, void *arg)
{
	const struct node_job *j = arg;
	const struct json *item = j->first;
	enum store_result r = STORE_OK;
	bool some = false;

	for (size_t i = 0; i < j->count && r == STORE_OK; i++, item = json_next(item)) {
		r = j->step(tx, j, item, &j->results[i]);
		some = some || j->results[i].status == 200;
	}
	if (r == STORE_OK && some && j->answer)
		r = answer_add(tx, j);
	return r == STORE_OK && some ? inbox_tx_config(tx, j->w->ns->worker) : r;
}

static enum store_result
one_node(const struct work *w, const struct json *value, struct json *out,
    enum store_result (*step)(struct store_tx *, const struct node_job *, const struct json *, struct node_result *))
{
	struct node_result result = { 400, "it must be an object" };
	struct node_job j = { w, step, value, 1, step == step_add, &result };
	enum store_result r = json_type(value) == JSON_OBJECT ? store_run(w->x->store, w->x->arena, nodes_fn, &j) : STORE_OK;

	if (json_get_string(value, "address") != NULL)
		json_set_string(w->x->arena, out, "address", json_get_string(value, "address"));
	say(w->x->arena, out, result);
	return r;
}

static enum store_result
add_node(const struct work *w, const struct json *value, struct json *out)
{
	return one_node(w, value, out, step_add);
}

static enum store_result
remove_node(const struct work *w, const struct json *value, struct json *out)
{
	return one_node(w, value, out, step_remove);
}

static enum store_result
status(const struct work *w, const struct json *value, struct json *out)
{
	return one_node(w, value, out, step_status);
}

/* One list of a batch: few enough for one transaction at a time. */
static enum store_result
some_nodes(const struct work *w, const char *name, struct json *out,
    enum store_result (*step)(struct store_tx *, const struct node_job *, const struct json *, struct node_result *))
{
	enum { TOGETHER = 10 };
	struct arena *a = w->x->arena;
	const struct json *list = json_get(json_get(w->message, "batch"), name), *item = json_first(list);
	size_t n = json_count(list);
	struct node_result *results = arena_alloc(a, (n + 1) * sizeof(*results));
	enum store_result r = STORE_OK;

	for (size_t i = 0; i < n && r == STORE_OK; i += TOGETHER) {
		struct node_job j = { w, step, item, n - i < TOGETHER ? n - i : TOGETHER, false, results + i };
		r = store_run(w->x->store, a, nodes_fn, &j);
		for (size_t k = 0; k < j.count; k++)
			item = json_next(item);
	}
	struct json *said = json_set(a, out, name, json_array(a));
	item = json_first(list);
	for (size_t i = 0; i < n; i++, item = json_next(item)) {
		struct json *v = json_type(item) == JSON_OBJECT ? json_copy(a, item) : json_object(a);
		json_append(a, said, say(a, v, results[i]));
	}
	return r;
}

struct batch_job {
	const struct work	*w;
	struct json		*lists;
};

static enum store_result
batch_fn(struct store_tx *tx, void *arg)
{
	const struct batch_job *j = arg;
	struct arena *a = store_tx_arena(tx);
	enum store_result r = inbox_tx_add(tx, NULL, j->w->ns->worker, wrap(a, "result", json_copy(a, j->lists)));

	return r == STORE_OK ? inbox_tx_config(tx, j->w->ns->worker) : r;
}

static enum store_result
batch(const struct work *w, const struct json *value, struct json *out)
{
	static const struct {
		const char *name;
		enum store_result (*step)(struct store_tx *, const struct node_job *, const struct json *, struct node_result *);
	} lists[] = { { "addnode", step_add }, { "removenode", step_remove }, { "status", step_status } };
	struct arena *a = w->x->arena;
	struct batch_job j = { w, json_object(a) };
	enum store_result r = STORE_OK;

	if (json_type(value) != JSON_OBJECT)
		return refuse(w, out, 400, "it must be an object");
	for (size_t i = 0; i < sizeof(lists) / sizeof(lists[0]); i++)
		if (json_get(value, lists[i].name) != NULL && (json_type(json_get(value, lists[i].name)) != JSON_ARRAY ||
		    json_count(json_get(value, lists[i].name)) > MESSAGES_BATCH))
			return refuse(w, out, 400, "a batch has lists of 20 items at most");
	for (size_t i = 0; i < sizeof(lists) / sizeof(lists[0]) && r == STORE_OK; i++)
		if (json_get(value, lists[i].name) != NULL)
			r = some_nodes(w, lists[i].name, j.lists, lists[i].step);
	if (r == STORE_OK)
		r = store_run(w->x->store, a, batch_fn, &j);
	for (const struct json *v = json_first(j.lists); v != NULL; v = json_next(v))
		json_set(a, out, json_name(v), json_copy(a, v));
	say(a, out, (struct node_result){ 200, NULL });
	return r;
}

/* --- its record --- */

struct member_job {
	const struct work	*w;
	const char		*member;
	const struct json	*value;
	long long		 version;	/* that it must have; -1 = any */
	bool			 hidden, stale;
};

static enum store_result
member_fn(struct store_tx *tx, void *arg)
{
	struct member_job *j = arg;
	struct arena *a = store_tx_arena(tx);
	const struct nodeserver_context *x = j->w->x;
	struct nodeserver *ns = j->w->ns;
	const char *counter = arena_printf(a, "%sVersion", j->member);
	enum store_result r = registry_tx_find(tx, ns->user, ns->n, ns);

	if (r != STORE_OK)
		return r;
	long long version = json_get_int(ns->record, counter, 0);
	if ((j->stale = j->version >= 0 && j->version != version))
		return STORE_OK;
	json_set_int(a, ns->record, counter, version + 1);
	if (j->hidden)
		registry_hide(x->keyring, a, ns, j->member, j->value);
	else
		json_set(a, ns->record, j->member, json_copy(a, j->value));
	r = registry_tx_put(tx, ns);
	return r == STORE_OK ? inbox_tx_config(tx, ns->worker) : r;
}

/* Replace an object that is kept for it, whole. */
static enum store_result
replace(const struct work *w, const char *member, size_t max, bool hidden, const struct json *value, struct json *out)
{
	struct member_job j = { .w = w, .member = member, .value = value, .hidden = hidden,
	    .version = json_get_int(w->message, "ifVersion", -1) };

	if (json_type(value) != JSON_OBJECT)
		return refuse(w, out, 400, "it must be an object");
	if (strlen(json_print(w->x->arena, value)) > max)
		return refuse(w, out, 413, arena_printf(w->x->arena, "it may have %zu bytes", max));
	enum store_result r = store_run(w->x->store, w->x->arena, member_fn, &j);
	say(w->x->arena, out, j.stale ? (struct node_result){ 409, "it was changed since: ifVersion is another" } :
	    (struct node_result){ 200, NULL });
	return r;
}

static enum store_result
custom_data(const struct work *w, const struct json *value, struct json *out)
{
	return replace(w, "customData", REGISTRY_DATA_MAX, true, value, out);
}

static enum store_result
custom_params(const struct work *w, const struct json *value, struct json *out)
{
	return replace(w, "customParams", REGISTRY_MEMBER_MAX, true, value, out);
}

static enum store_result
notices(const struct work *w, const struct json *value, struct json *out)
{
	return replace(w, "notices", REGISTRY_MEMBER_MAX, false, value, out);
}

struct polls_job {
	const struct work	*w;
	long long		 shorter, longer;
};

static enum store_result
polls_fn(struct store_tx *tx, void *arg)
{
	const struct polls_job *j = arg;
	struct arena *a = store_tx_arena(tx);
	struct nodeserver *ns = j->w->ns;
	struct json *v = json_object(a);
	enum store_result r = registry_tx_find(tx, ns->user, ns->n, ns);

	if (r != STORE_OK)
		return r;
	json_set_int(a, ns->record, "shortPoll", j->shorter);
	json_set_int(a, ns->record, "longPoll", j->longer);
	json_set_int(a, v, "shortPoll", j->shorter);
	json_set_int(a, v, "longPoll", j->longer);
	if ((r = registry_tx_put(tx, ns)) == STORE_OK && (r = inbox_tx_add(tx, NULL, ns->worker, wrap(a, "polls", v))) == STORE_OK)
		r = inbox_tx_config(tx, ns->worker);
	return r;
}

static enum store_result
polls(const struct work *w, const struct json *value, struct json *out)
{
	struct polls_job j = { w, json_get_int(value, "shortPoll", -1), json_get_int(value, "longPoll", -1) };

	if (j.shorter <= 0 || j.longer <= j.shorter || j.longer > REGISTRY_POLL_MAX)
		return refuse(w, out, 400, "shortPoll must be above 0 and below longPoll, that at most 86400 seconds");
	say(w->x->arena, out, (struct node_result){ 200, NULL });
	return store_run(w->x->store, w->x->arena, polls_fn, &j);
}

/* --- itself --- */

static enum store_result
connected(const struct work *w, const struct json *value, struct json *out)
{
	if (json_type(value) != JSON_BOOL)
		return refuse(w, out, 400, "it must be true or false");
	say(w->x->arena, out, (struct node_result){ 200, NULL });
	return presence_turn(w->x, w->ns, json_bool(value, false), json_bool(value, false));
}

static enum store_result
config_fn(struct store_tx *tx, void *arg)
{
	return inbox_tx_config(tx, arg);
}

static enum store_result
config(const struct work *w, const struct json *value, struct json *out)
{
	(void)value;
	say(w->x->arena, out, (struct node_result){ 200, NULL });
	return store_run(w->x->store, w->x->arena, config_fn, arena_strdup(w->x->arena, w->ns->worker));
}

static enum store_result
stop_fn(struct store_tx *tx, void *arg)
{
	struct arena *a = store_tx_arena(tx);

	return inbox_tx_add(tx, NULL, arg, wrap(a, "stop", json_object(a)));
}

/* A restart is a stop: whoever looks after its process starts it again. */
static enum store_result
restart(const struct work *w, const struct json *value, struct json *out)
{
	enum store_result r = store_run(w->x->store, w->x->arena, stop_fn, arena_strdup(w->x->arena, w->ns->worker));

	(void)value;
	say(w->x->arena, out, (struct node_result){ 200, NULL });
	return r == STORE_OK ? presence_turn(w->x, w->ns, false, false) : r;
}

static enum store_result
stop(const struct work *w, const struct json *value, struct json *out)
{
	enum store_result r = restart(w, value, out);

	return r == STORE_OK ? presence_stop(w->x, w->ns, true) : r;
}

/* What it reports needs nothing more: values come as status. */
static enum store_result
heard(const struct work *w, const struct json *value, struct json *out)
{
	(void)value;
	say(w->x->arena, out, (struct node_result){ 200, NULL });
	return STORE_OK;
}

static enum store_result
upload(const struct work *w, const struct json *value, struct json *out)
{
	struct node_result result = { 200, NULL };
	enum store_result r = profile_put(w->x, w->ns, value, &result.status, &result.why);

	say(w->x->arena, out, result);
	return r;
}

/* --- all --- */

static const struct {
	const char	*word;
	enum store_result (*take)(const struct work *, const struct json *value, struct json *out);
} words[] = {
	{ "connected", connected }, { "addnode", add_node }, { "removenode", remove_node }, { "status", status },
	{ "batch", batch }, { "command", heard }, { "report", heard }, { "customdata", custom_data },
	{ "customparams", custom_params }, { "notices", notices }, { "polls", polls }, { "config", config },
	{ "restart", restart }, { "stop", stop }, { "uploadProfile", upload },
};

/* Beside the word stands what every message of the original's clients has, and what belongs to a word. */
static bool
is_extra(const char *name)
{
	static const char *const extras[] = { "userId", "id", "profileNum", "topic", "node", "ifVersion", "value", "uom" };

	for (size_t i = 0; i < sizeof(extras) / sizeof(extras[0]); i++)
		if (strcmp(extras[i], name) == 0)
			return true;
	return false;
}

enum store_result
messages_take(const struct nodeserver_context *x, struct nodeserver *ns, const struct json *message, struct json *results)
{
	const struct work w = { x, ns, message };
	struct json *here = json_array(x->arena);
	enum store_result r = STORE_OK;

	for (const struct json *v = json_first(message); v != NULL && r == STORE_OK; v = json_next(v)) {
		const char *name = json_name(v);
		size_t i = 0;
		if (is_extra(name))
			continue;
		struct json *out = json_object(x->arena);
		json_set(x->arena, json_append(x->arena, here, json_object(x->arena)), name, out);
		while (i < sizeof(words) / sizeof(words[0]) && strcmp(words[i].word, name) != 0)
			i++;
		r = i < sizeof(words) / sizeof(words[0]) ? words[i].take(&w, v, out) : refuse(&w, out, 400, "there is no such message");
	}
	for (const struct json *v = json_first(here); v != NULL; v = json_next(v))
		json_append(x->arena, results, json_copy(x->arena, v));
	return r == STORE_OK && trace_is_on(x, ns->worker) ? trace_in(x, ns->worker, message, here) : r;
}
