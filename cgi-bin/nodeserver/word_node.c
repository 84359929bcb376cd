/* word_node.c: words about nodes, alone and in a batch. */
#include "nodeserver/word.h"

#include "base/arena.h"
#include "base/json.h"
#include "nodeserver/inbox.h"
#include "nodeserver/messages.h"
#include "nodeserver/nodes.h"
#include "nodeserver/registry.h"
#include "base/banned.h"

struct node_job {
	const struct word	*w;
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
	return inbox_tx_add(tx, NULL, j->w->ns->worker, word_wrap(a, "result", word_wrap(a, "addnode", v)));
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
one_node(const struct word *w, const struct json *value, struct json *out,
    enum store_result (*step)(struct store_tx *, const struct node_job *, const struct json *, struct node_result *))
{
	struct node_result result = { 400, "it must be an object" };
	struct node_job j = { w, step, value, 1, step == step_add, &result };
	enum store_result r = json_type(value) == JSON_OBJECT ? store_run(w->x->store, w->x->arena, nodes_fn, &j) : STORE_OK;

	if (json_get_string(value, "address") != NULL)
		json_set_string(w->x->arena, out, "address", json_get_string(value, "address"));
	word_say(w->x->arena, out, result);
	return r;
}

enum store_result
word_addnode(const struct word *w, const struct json *value, struct json *out)
{
	return one_node(w, value, out, step_add);
}

enum store_result
word_removenode(const struct word *w, const struct json *value, struct json *out)
{
	return one_node(w, value, out, step_remove);
}

enum store_result
word_status(const struct word *w, const struct json *value, struct json *out)
{
	return one_node(w, value, out, step_status);
}

/* One list of a batch: few enough for one transaction at a time. */
static enum store_result
some_nodes(const struct word *w, const char *name, struct json *out,
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
		json_append(a, said, word_say(a, v, results[i]));
	}
	return r;
}

struct batch_job {
	const struct word	*w;
	struct json		*lists;
};

static enum store_result
batch_fn(struct store_tx *tx, void *arg)
{
	const struct batch_job *j = arg;
	struct arena *a = store_tx_arena(tx);
	enum store_result r = inbox_tx_add(tx, NULL, j->w->ns->worker, word_wrap(a, "result", json_copy(a, j->lists)));

	return r == STORE_OK ? inbox_tx_config(tx, j->w->ns->worker) : r;
}

enum store_result
word_batch(const struct word *w, const struct json *value, struct json *out)
{
	static const struct {
		const char *name;
		enum store_result (*step)(struct store_tx *, const struct node_job *, const struct json *, struct node_result *);
	} lists[] = { { "addnode", step_add }, { "removenode", step_remove }, { "status", step_status } };
	struct arena *a = w->x->arena;
	struct batch_job j = { w, json_object(a) };
	enum store_result r = STORE_OK;

	if (json_type(value) != JSON_OBJECT)
		return word_refuse(w, out, 400, "it must be an object");
	for (size_t i = 0; i < sizeof(lists) / sizeof(lists[0]); i++)
		if (json_get(value, lists[i].name) != NULL && (json_type(json_get(value, lists[i].name)) != JSON_ARRAY ||
		    json_count(json_get(value, lists[i].name)) > MESSAGES_BATCH))
			return word_refuse(w, out, 400, "a batch has lists of 20 items at most");
	for (size_t i = 0; i < sizeof(lists) / sizeof(lists[0]) && r == STORE_OK; i++)
		if (json_get(value, lists[i].name) != NULL)
			r = some_nodes(w, lists[i].name, j.lists, lists[i].step);
	if (r == STORE_OK)
		r = store_run(w->x->store, a, batch_fn, &j);
	for (const struct json *v = json_first(j.lists); v != NULL; v = json_next(v))
		json_set(a, out, json_name(v), json_copy(a, v));
	word_say(a, out, (struct node_result){ 200, NULL });
	return r;
}
