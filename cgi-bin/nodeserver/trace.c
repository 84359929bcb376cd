/* trace.c: one record of lines. */
#include "nodeserver/trace.h"

#include <string.h>

#include "base/arena.h"
#include "base/clock.h"
#include "base/json.h"
#include "base/text.h"
#include "db/record.h"
#include "nodeserver/registry.h"
#include "base/banned.h"

static char *
trace_key(struct arena *a, const char *worker)
{
	return record_key(a, "nodeserver-trace", worker, NULL);
}

/* The record if it counts; NULL otherwise. */
static struct json *
live(enum store_result r, struct json *record)
{
	return r == STORE_OK && json_get_int(record, "until", 0) > clock_sec() ? record : NULL;
}

static enum store_result
begin_fn(struct store_tx *tx, void *arg)
{
	struct arena *a = store_tx_arena(tx);
	struct json *record;
	enum store_result r = record_tx_get(tx, trace_key(a, arg), &record);

	if (r != STORE_OK && r != STORE_ABSENT)
		return r;
	if (r == STORE_ABSENT)
		json_set(a, record = record_new(a), "lines", json_array(a));
	json_set_int(a, record, "until", clock_sec() + TRACE_LIFE);
	return record_tx_put(tx, trace_key(a, arg), record, clock_sec() + TRACE_LIFE);
}

enum store_result
trace_begin(const struct nodeserver_context *x, const struct nodeserver *ns)
{
	return store_run(x->store, x->arena, begin_fn, arena_strdup(x->arena, ns->worker));
}

bool
trace_is_on(const struct nodeserver_context *x, const char *worker)
{
	struct json *record;
	enum store_result r = record_get(x->store, x->arena, trace_key(x->arena, worker), &record);

	return live(r, record) != NULL;
}

/* --- lines --- */

/* A message as it may be shown: its members, those that may be secret by their size alone. */
static char *
shown(struct arena *a, const struct json *message)
{
	char *text = arena_strdup(a, "");

	for (const struct json *m = json_first(message); m != NULL; m = json_next(m)) {
		const char *value = json_print(a, m), *name = json_name(m);
		if (text_list_has("userId id profileNum topic", " ", name))
			continue;
		if (text_list_has("customdata customparams oauth webhook uploadProfile config", " ", name))
			value = arena_printf(a, "(%zu bytes)", strlen(value));
		text = arena_printf(a, "%s%s%.80s %s", text, *text != '\0' ? ", " : "", name, value);
	}
	if (strlen(text) <= TRACE_TEXT)
		return text;
	size_t cut = TRACE_TEXT;
	while (cut > 0 && ((unsigned char)text[cut] & 0xc0) == 0x80)	/* not within a character */
		cut--;
	text[cut] = '\0';
	return arena_printf(a, "%s ...", text);
}

static enum store_result
add(struct store_tx *tx, const char *worker, bool in, const char *text, const char *why)
{
	struct arena *a = store_tx_arena(tx);
	struct json *record, *lines, *line = json_object(a);
	enum store_result r = record_tx_get(tx, trace_key(a, worker), &record);

	if (live(r, record) == NULL)
		return r == STORE_ABSENT ? STORE_OK : r;
	lines = json_copy(a, json_get(record, "lines"));
	json_set_int(a, line, "at", clock_ms());
	json_set_bool(a, line, "in", in);
	json_set_string(a, line, "text", text);
	if (why != NULL)
		json_set_string(a, line, "why", why);
	json_append(a, lines, line);
	while (json_count(lines) > TRACE_LINES)
		json_remove_first(lines);
	json_set(a, record, "lines", lines);
	return record_tx_put(tx, trace_key(a, worker), record, json_get_int(record, "until", 0));
}

enum store_result
trace_tx_out(struct store_tx *tx, const char *worker, const struct json *message)
{
	return add(tx, worker, false, shown(store_tx_arena(tx), message), NULL);
}

struct coming {
	const char	*worker, *text, *why;
};

static enum store_result
in_fn(struct store_tx *tx, void *arg)
{
	const struct coming *c = arg;

	return add(tx, c->worker, true, c->text, c->why);
}

enum store_result
trace_in(const struct nodeserver_context *x, const char *worker, const struct json *message, const struct json *results)
{
	const char *why = NULL;

	for (const struct json *v = json_first(results); v != NULL; v = json_next(v)) {
		const char *error = json_get_string(json_first(v), "error");
		if (error == NULL)
			error = json_get_string(json_first(v), "note");
		if (error != NULL)
			why = arena_printf(x->arena, "%s%s%.40s: %s", why != NULL ? why : "", why != NULL ? "; " : "",
			    json_name(json_first(v)), error);
	}
	return store_run(x->store, x->arena, in_fn, &(struct coming){ worker, shown(x->arena, message), why });
}

enum store_result
trace_list(const struct nodeserver_context *x, const char *worker, struct json **lines, long long *until)
{
	struct json *record;
	enum store_result r = record_get(x->store, x->arena, trace_key(x->arena, worker), &record);

	*lines = json_array(x->arena);
	*until = live(r, record) != NULL ? json_get_int(record, "until", 0) : 0;
	for (size_t i = *until != 0 ? json_count(json_get(record, "lines")) : 0; i > 0; i--)
		json_append(x->arena, *lines, json_copy(x->arena, json_at(json_get(record, "lines"), i - 1)));
	return r == STORE_ABSENT ? STORE_OK : r;
}

enum store_result
trace_tx_forget(struct store_tx *tx, const char *worker)
{
	return record_tx_delete(tx, trace_key(store_tx_arena(tx), worker));
}
