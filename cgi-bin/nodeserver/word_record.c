/* word_record.c: words that replace what is kept in a node server's record. */
#include "nodeserver/word.h"

#include <string.h>

#include "base/arena.h"
#include "base/json.h"
#include "nodeserver/inbox.h"
#include "nodeserver/nodes.h"
#include "nodeserver/registry.h"
#include "base/banned.h"

struct member_job {
	const struct word	*w;
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
replace(const struct word *w, const char *member, size_t max, bool hidden, const struct json *value, struct json *out)
{
	struct member_job j = { .w = w, .member = member, .value = value, .hidden = hidden,
	    .version = json_get_int(w->message, "ifVersion", -1) };

	if (json_type(value) != JSON_OBJECT)
		return word_refuse(w, out, 400, "it must be an object");
	if (strlen(json_print(w->x->arena, value)) > max)
		return word_refuse(w, out, 413, arena_printf(w->x->arena, "it may have %zu bytes", max));
	enum store_result r = store_run(w->x->store, w->x->arena, member_fn, &j);
	word_say(w->x->arena, out, j.stale ? (struct node_result){ 409, "it was changed since: ifVersion is another" } :
	    (struct node_result){ 200, NULL });
	return r;
}

enum store_result
word_customdata(const struct word *w, const struct json *value, struct json *out)
{
	return replace(w, "customData", REGISTRY_DATA_MAX, true, value, out);
}

enum store_result
word_customparams(const struct word *w, const struct json *value, struct json *out)
{
	return replace(w, "customParams", REGISTRY_MEMBER_MAX, true, value, out);
}

enum store_result
word_notices(const struct word *w, const struct json *value, struct json *out)
{
	return replace(w, "notices", REGISTRY_MEMBER_MAX, false, value, out);
}

struct polls_job {
	const struct word	*w;
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
	if ((r = registry_tx_put(tx, ns)) == STORE_OK && (r = inbox_tx_add(tx, NULL, ns->worker, word_wrap(a, "polls", v))) == STORE_OK)
		r = inbox_tx_config(tx, ns->worker);
	return r;
}

enum store_result
word_polls(const struct word *w, const struct json *value, struct json *out)
{
	struct polls_job j = { w, json_get_int(value, "shortPoll", -1), json_get_int(value, "longPoll", -1) };

	if (j.shorter <= 0 || j.longer <= j.shorter || j.longer > REGISTRY_POLL_MAX)
		return word_refuse(w, out, 400, "shortPoll must be above 0 and below longPoll, that at most 86400 seconds");
	word_say(w->x->arena, out, (struct node_result){ 200, NULL });
	return store_run(w->x->store, w->x->arena, polls_fn, &j);
}
