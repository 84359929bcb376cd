/* message.c: envelope, token, judgement. */
#include "sim/message.h"

#include <string.h>

#include "app.h"
#include "base/arena.h"
#include "base/config.h"
#include "base/json.h"
#include "sim/check.h"
#include "sim/cloud.h"
#include "sim/devices.h"
#include "sim/judge.h"
#include "sim/sim.h"
#include "sim/tokens.h"
#include "base/banned.h"

struct message
message_new(struct sim *s, const char *type, const char *check, message_learn learn)
{
	struct message m = { .sim = s, .type = type, .check = check, .learn = learn, .json = json_object(s->arena),
	    .more = { .arena = s->arena } };
	struct json *headers = json_set(s->arena, m.json, "headers", json_object(s->arena));

	json_set_string(s->arena, headers, "schema", "st-schema");
	json_set_string(s->arena, headers, "version", "1.0");
	json_set_string(s->arena, headers, "interactionType", type);
	json_set_string(s->arena, headers, "requestId", secret_uuid(s->arena));
	json_set(s->arena, m.json, "authentication", json_object(s->arena));
	return m;
}

static bool
is(const char *a, const char *b)
{
	return a != NULL && strcmp(a, b) == 0;
}

/* The global error, or that of the first device that has one. */
static const char *
first_error(const struct json *answer)
{
	const char *error = judge_global(answer);

	for (const struct json *e = json_first(json_get(answer, "deviceState")); e != NULL && error == NULL; e = json_next(e))
		error = devices_error(e);
	return error;
}

static void
learn(struct home *h, struct json *record, struct json *devices, void *arg)
{
	struct message *m = arg;

	json_set_string(h->arena, record, "error", m->ok ? NULL : m->error != NULL ? m->error : "BAD-RESPONSE");
	if (is(judge_global(m->reply.json), "INTEGRATION-DELETED"))
		home_end_link(h, record, devices);
	if (!m->ok)
		return;
	if (m->learn != NULL)
		m->learn(m, h, record, devices);
	if (m->check != NULL)
		check_tick(h->arena, record, m->check);
}

static const char *
fill_in(struct message *m)
{
	struct arena *a = m->sim->arena;
	const char *token = m->token != NULL ? m->token : home_secret(&m->sim->home, "access");
	struct json *authentication = json_object(a);

	if (m->raw != NULL)
		return m->raw;
	json_set_string(a, authentication, "tokenType", "Bearer");
	json_set_string(a, authentication, "token", token != NULL ? token : "");
	json_set(a, m->json, "authentication", authentication);
	return json_print(a, m->json);
}

static bool
send_once(struct message *m)
{
	struct sim *s = m->sim;
	const char *body = fill_in(m);
	const struct json *sent = json_parse(s->arena, body, strlen(body), NULL);

	call_make(s, m->type, "/schema", false, NULL, body, &m->reply);
	m->reply.exchange.replay_of = m->replay_of;
	m->reply.exchange.faults = m->reply.status == 0 || sent == NULL ? NULL :
	    judge_answer(s->arena, sent, m->reply.status, m->reply.json);
	m->error = first_error(m->reply.json);
	m->ok = m->reply.status == 200 && json_first(m->reply.exchange.faults) == NULL &&
	    (m->wanted != NULL ? is(m->error, m->wanted) : judge_global(m->reply.json) == NULL);
	tokens_mask(s, &m->more);
	return call_keep(s, &m->reply, body, &m->more, false, learn, m);
}

/* The token was good once: SmartThings gets a new one and asks again. */
static void
again(struct message *m)
{
	m->ok = tokens_renew(m->sim, false);
	m->check = "expired";
	if (m->ok)
		m->ok = send_once(m) && m->ok;
}

bool
message_send(struct message *m)
{
	struct sim *s = m->sim;

	if (m->raw == NULL && m->token == NULL && !m->old_token && !tokens_ready(s))
		return false;
	if (!send_once(m))
		return false;
	if (m->raw != NULL)
		return m->ok;
	if (is(judge_global(m->reply.json), "TOKEN-EXPIRED") && !is(m->wanted, "TOKEN-EXPIRED"))
		again(m);
	else if (json_first(m->reply.exchange.faults) != NULL && m->reply.status < 500 && !is(m->type, "interactionResult"))
		cloud_result(s, m->reply.exchange.faults, m->type);
	return m->ok;
}
