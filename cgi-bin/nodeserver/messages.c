/* messages.c: what each member of a message is, and the words about the node server itself. */
#include "nodeserver/messages.h"

#include <string.h>

#include "base/arena.h"
#include "base/json.h"
#include "nodeserver/inbox.h"
#include "nodeserver/nodes.h"
#include "nodeserver/presence.h"
#include "nodeserver/profile.h"
#include "nodeserver/registry.h"
#include "nodeserver/trace.h"
#include "nodeserver/word.h"
#include "base/banned.h"

/* --- itself --- */

static enum store_result
connected(const struct word *w, const struct json *value, struct json *out)
{
	if (json_type(value) != JSON_BOOL)
		return word_refuse(w, out, 400, "it must be true or false");
	word_say(w->x->arena, out, (struct node_result){ 200, NULL });
	return presence_turn(w->x, w->ns, json_bool(value, false), json_bool(value, false));
}

static enum store_result
config_fn(struct store_tx *tx, void *arg)
{
	return inbox_tx_config(tx, arg);
}

static enum store_result
config(const struct word *w, const struct json *value, struct json *out)
{
	(void)value;
	word_say(w->x->arena, out, (struct node_result){ 200, NULL });
	return store_run(w->x->store, w->x->arena, config_fn, arena_strdup(w->x->arena, w->ns->worker));
}

static enum store_result
stop_fn(struct store_tx *tx, void *arg)
{
	struct arena *a = store_tx_arena(tx);

	return inbox_tx_add(tx, NULL, arg, word_wrap(a, "stop", json_object(a)));
}

/* A restart is a stop: whoever looks after its process starts it again. */
static enum store_result
restart(const struct word *w, const struct json *value, struct json *out)
{
	enum store_result r = store_run(w->x->store, w->x->arena, stop_fn, arena_strdup(w->x->arena, w->ns->worker));

	(void)value;
	word_say(w->x->arena, out, (struct node_result){ 200, NULL });
	return r == STORE_OK ? presence_turn(w->x, w->ns, false, false) : r;
}

static enum store_result
stop(const struct word *w, const struct json *value, struct json *out)
{
	enum store_result r = restart(w, value, out);

	return r == STORE_OK ? presence_stop(w->x, w->ns, true) : r;
}

/* What it reports needs nothing more: values come as status. */
static enum store_result
heard(const struct word *w, const struct json *value, struct json *out)
{
	(void)value;
	word_say(w->x->arena, out, (struct node_result){ 200, NULL });
	return STORE_OK;
}

static enum store_result
upload(const struct word *w, const struct json *value, struct json *out)
{
	struct node_result result = { 200, NULL };
	enum store_result r = profile_put(w->x, w->ns, value, &result.status, &result.why);

	word_say(w->x->arena, out, result);
	return r;
}

/* --- all --- */

static const struct {
	const char	*word;
	enum store_result (*take)(const struct word *, const struct json *value, struct json *out);
} words[] = {
	{ "connected", connected }, { "addnode", word_addnode }, { "removenode", word_removenode }, { "status", word_status },
	{ "batch", word_batch }, { "command", heard }, { "report", heard }, { "customdata", word_customdata },
	{ "customparams", word_customparams }, { "notices", word_notices }, { "polls", word_polls }, { "config", config },
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
	const struct word w = { x, ns, message };
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
		r = i < sizeof(words) / sizeof(words[0]) ? words[i].take(&w, v, out) : word_refuse(&w, out, 400, "there is no such message");
	}
	for (const struct json *v = json_first(here); v != NULL; v = json_next(v))
		json_append(x->arena, results, json_copy(x->arena, v));
	return r == STORE_OK && trace_is_on(x, ns->worker) ? trace_in(x, ns->worker, message, here) : r;
}

enum store_result
messages_hear(const struct nodeserver_context *x, struct nodeserver *ns, const struct json *message, struct json *results)
{
	/* One that says whether it is there says it all: a last will must not count as a sign of life first. */
	enum store_result r = json_get(message, "connected") != NULL ? STORE_OK : presence_heard(x, ns, presence_of_message(ns));

	return r == STORE_OK ? messages_take(x, ns, message, results) : r;
}
