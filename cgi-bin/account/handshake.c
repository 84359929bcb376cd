/* handshake.c: a row a step; who waits is told what for. */
#include "account/handshake.h"

#include <stdbool.h>
#include <stddef.h>

#include "account/advice.h"
#include "account/moment.h"
#include "app.h"
#include "base/arena.h"
#include "base/json.h"
#include "oauth/exchange.h"
#include "oauth/grant.h"
#include "base/banned.h"

static const struct row { const char *name, *waiting; } rows[EXCHANGE_STEPS] = {
	[EXCHANGE_ALLOWED] = { "step_allowed", NULL },
	[EXCHANGE_CODE] = { "step_code", NULL },
	[EXCHANGE_GRANT] = { "step_grant", "wait_grant" },
	[EXCHANGE_TOKENS] = { "step_tokens", "wait_tokens" },
	[EXCHANGE_DISCOVERY] = { "step_discovery", "wait_discovery" },
	[EXCHANGE_REFRESH] = { "step_refresh", "wait_refresh" },
	[EXCHANGE_COMMAND] = { "step_command", "wait_command" },
	[EXCHANGE_EVENT] = { "step_event", "wait_event" },
	[EXCHANGE_RESULT] = { "step_result", NULL },
};

/* The order in which they come. */
static const enum exchange_step order[] = {
	EXCHANGE_ALLOWED, EXCHANGE_CODE, EXCHANGE_DISCOVERY, EXCHANGE_GRANT, EXCHANGE_TOKENS, EXCHANGE_REFRESH,
	EXCHANGE_COMMAND, EXCHANGE_EVENT, EXCHANGE_RESULT,
};

struct steps {
	struct app			*app;
	struct arena			*arena;
	const struct grant		*grant;
	const struct exchange_seen	*seen;
	struct json			*list;
	bool				 told;	/* somebody waits already: those behind wait for that */
};

static enum store_result
add_messages(const struct steps *s, enum exchange_step step, bool failed, struct json *list)
{
	struct json *r;
	enum store_result result = exchange_find(s->app->store, s->arena, s->grant->user, s->grant->id, step, failed, &r);

	if (result != STORE_OK)
		return result == STORE_ABSENT ? STORE_OK : result;
	struct json *v = json_append(s->arena, list, json_object(s->arena));
	json_set(s->arena, v, "at", moment_past(s->arena, json_get_int(r, "time", 0)));
	json_set_string(s->arena, v, "title", failed ? "messages_failed" : "messages_done");
	json_set_string(s->arena, v, "line", json_get_string(r, "line"));
	json_set_string(s->arena, v, "agent", json_get_string(json_get(r, "headers"), "User-Agent"));
	json_set_string(s->arena, v, "request", json_get_string(r, "request"));
	json_set_string(s->arena, v, "answer", json_get_string(r, "answer"));
	if (json_get_int(r, "status", 0) != 0)
		json_set_int(s->arena, v, "status", json_get_int(r, "status", 0));
	return STORE_OK;
}

static void
set_state(struct steps *s, struct json *v, enum exchange_step step)
{
	const struct exchange_seen *e = &s->seen[step];
	int64_t first = e->first;
	bool failed = e->failed > e->done;

	/* Links that the tool made, and those of before this was kept. */
	if (first == 0 && !failed && rows[step].waiting == NULL)
		first = s->grant->created * 1000;
	bool waiting = !failed && first == 0;
	json_set_bool(s->arena, v, "failed", failed);
	json_set_bool(s->arena, v, "waiting", waiting);
	json_set_bool(s->arena, v, "done", !failed && !waiting);
	json_set_string(s->arena, v, "state", failed ? "state_failed" : waiting ? "state_waiting" : "state_done");
	json_set(s->arena, v, "when", moment_past(s->arena, failed ? e->failed : first));
	json_set_string(s->arena, v, "error", failed ? e->error : NULL);
	json_set_string(s->arena, v, "advice", failed ? advice_for(e->error) : waiting && !s->told ? rows[step].waiting : NULL);
	s->told = s->told || waiting;
}

static enum store_result
add_step(struct steps *s, enum exchange_step step)
{
	const struct exchange_seen *e = &s->seen[step];
	bool failed = e->failed > e->done;

	if (step == EXCHANGE_RESULT && e->failed == 0)	/* it never complained */
		return STORE_OK;
	struct json *v = json_append(s->arena, s->list, json_object(s->arena));
	struct json *messages = json_set(s->arena, v, "messages", json_array(s->arena));
	json_set_string(s->arena, v, "name", rows[step].name);
	set_state(s, v, step);
	enum store_result r = add_messages(s, step, failed, messages);
	return r == STORE_OK ? add_messages(s, step, !failed, messages) : r;
}

enum store_result
handshake_steps(struct app *app, struct arena *a, const struct grant *g, const struct exchange_seen *seen,
    struct json **steps)
{
	struct steps s = { app, a, g, seen, *steps = json_array(a), false };
	enum store_result r = STORE_OK;

	for (size_t i = 0; i < sizeof(order) / sizeof(order[0]) && r == STORE_OK; i++)
		r = add_step(&s, order[i]);
	return r;
}

int64_t
handshake_last(const struct grant *g, const struct exchange_seen *seen)
{
	int64_t last = g->last_used * 1000;

	for (int i = 0; i < EXCHANGE_STEPS; i++) {
		if (i == EXCHANGE_EVENT || i == EXCHANGE_TOKENS)	/* ours, not theirs */
			continue;
		last = seen[i].done > last ? seen[i].done : last;
		last = seen[i].failed > last ? seen[i].failed : last;
	}
	return last;
}
