/* callback.c: SmartThings' end of callbacks: tokens are issued and checked, events believed or refused.
 *
 * A token names its home, "<home>.<random>", and counts by its hash. What cannot be led back to a home leaves no trace.
 *
 * long because: both addresses share what is taken apart, answered wrong on purpose, decided in one transaction and kept. */
#include "sim/callback.h"

#include <fcntl.h>
#include <string.h>
#include <sys/file.h>
#include <unistd.h>

#include "app.h"
#include "base/arena.h"
#include "base/clock.h"
#include "base/config.h"
#include "base/json.h"
#include "sim/check.h"
#include "sim/devices.h"
#include "sim/judge.h"
#include "sim/mask.h"
#include "sim/sim.h"
#include "sim/wire.h"
#include "web/request.h"
#include "web/response.h"
#include "web/serve.h"
#include "base/banned.h"

#define LIFE 86400		/* seconds of an access token */
#define SLOW_SEC 3
#define SECRET_MAX 4096

const struct callback_way callback_ways[] = {
	{ "ok", "sim_way_ok" }, { "401", "sim_way_401" }, { "429", "sim_way_429" }, { "500", "sim_way_500" },
	{ "slow", "sim_way_slow" }, { "token_500", "sim_way_token_500" }, { "token_refused", "sim_way_token_refused" },
	{ NULL, NULL },
};

struct incoming {
	struct sim	 sim;
	struct exchange	 exchange;
	const struct json *message, *proof;
	struct json	*answer;
	const char	*token;		/* the code or token that it came with */
	const char	*secret;	/* SmartThings' own, that it must know */
	home_fn		 decide;
	bool		 slow;
};

/* --- answers --- */

static bool
is(const char *a, const char *b)
{
	return a != NULL && strcmp(a, b) == 0;
}

static struct json *
envelope(const struct incoming *in, const char *type)
{
	struct arena *a = in->sim.arena;
	struct json *v = json_object(a), *headers = json_set(a, v, "headers", json_object(a));

	json_set_string(a, headers, "schema", "st-schema");
	json_set_string(a, headers, "version", "1.0");
	json_set_string(a, headers, "interactionType", type);
	json_set_string(a, headers, "requestId", json_get_string(json_get(in->message, "headers"), "requestId"));
	return v;
}

static void
refuse(struct incoming *in, int status, const char *error, const char *detail)
{
	struct arena *a = in->sim.arena;
	struct json *e = json_object(a);

	in->answer = envelope(in, judge_type(in->message));
	json_set_string(a, e, "errorEnum", error);
	json_set_string(a, e, "detail", detail);
	json_set(a, in->answer, "globalError", e);
	in->exchange.status = status;
}

static void
accept(struct incoming *in, struct json *answer)
{
	in->answer = answer;
	in->exchange.status = 200;
}

/* An answer that was ordered in place of the right one: for so many calls, or until told otherwise (-1). */
static bool
wrong_on_purpose(struct incoming *in, struct json *record, bool token)
{
	const char *way = json_get_string(record, "callbacks");
	long long left = json_get_int(record, "callbacks_left", -1);
	bool mine = way != NULL && (strncmp(way, "token_", 6) == 0) == token && strcmp(way, "ok") != 0;

	in->slow = false;
	if (!mine)
		return false;
	if (left > 0)
		json_set_int(in->sim.arena, record, "callbacks_left", left - 1);
	if (left == 1)
		json_set_string(in->sim.arena, record, "callbacks", "ok");
	in->slow = is(way, "slow");
	if (is(way, "401") || is(way, "token_refused"))
		refuse(in, 401, "INVALID-TOKEN", "on purpose");
	else if (is(way, "429"))
		refuse(in, 429, "RATE-LIMITED", "on purpose");
	else if (!in->slow)
		refuse(in, 500, "UNKNOWN-ERROR", "on purpose");
	return !in->slow;
}

/* --- tokens --- */

static void
issue(struct incoming *in, struct json *record, struct json *callback, bool first)
{
	struct arena *a = in->sim.arena;
	const char *id = in->sim.home.id, *refresh = in->token;
	char *access = arena_printf(a, "%s.%s", id, secret_token(a, 24));

	if (first) {
		refresh = arena_printf(a, "%s.%s", id, secret_token(a, 24));
		json_set_string(a, callback, "code", NULL);
	}
	json_set_string(a, callback, "refresh", secret_digest(a, refresh));
	json_set_string(a, callback, "access", secret_digest(a, access));
	json_set_int(a, callback, "expires", clock_sec() + LIFE);
	json_set(a, record, "callback", callback);
	check_tick(a, record, first ? "callback_token" : "callback_refresh");

	struct json *answer = envelope(in, "accessTokenResponse"), *proof = json_object(a);
	json_set(a, answer, "callbackAuthentication", proof);
	json_set_string(a, proof, "tokenType", "Bearer");
	json_set_string(a, proof, "accessToken", access);
	json_set_string(a, proof, "refreshToken", refresh);
	json_set_int(a, proof, "expiresIn", LIFE);
	accept(in, answer);
}

static void
decide_token(struct home *h, struct json *record, struct json *devices, void *arg)
{
	struct incoming *in = arg;
	const struct json *old = json_get(record, "callback");
	struct json *callback = old != NULL ? json_copy(h->arena, old) : json_object(h->arena);
	const char *type = judge_type(in->message), *grant = json_get_string(in->proof, "grantType");
	const char *digest = secret_digest(h->arena, in->token), *client = json_get_string(in->proof, "clientId");
	const char *secret = json_get_string(in->proof, "clientSecret");

	(void)devices;
	if (wrong_on_purpose(in, record, true))
		return;
	if (!is(client, in->sim.app->config->smartthings.client_id))
		refuse(in, 400, "INVALID-CLIENT", "clientId is not the one that this connector was registered with");
	else if (secret == NULL || in->secret == NULL || !secret_text_equal(secret, in->secret))
		refuse(in, 400, "INVALID-CLIENT-SECRET", "clientSecret is not the one that belongs to clientId");
	else if (is(type, "accessTokenRequest") && is(grant, "authorization_code")) {
		const char *kept = json_get_string(callback, "code");
		if (kept != NULL && secret_text_equal(kept, digest) && json_get_int(callback, "code_until", 0) > clock_sec())
			issue(in, record, callback, true);
		else
			refuse(in, 400, "INVALID-CODE", "this code was not given, was used, or is too old");
	} else if (is(type, "refreshAccessTokens") && is(grant, "refresh_token")) {
		const char *kept = json_get_string(callback, "refresh");
		if (kept != NULL && secret_text_equal(kept, digest))
			issue(in, record, callback, false);
		else
			refuse(in, 401, "INVALID-TOKEN", "this refresh token is not the one that was given last");
	} else
		refuse(in, 400, "UNSUPPORTED-GRANT-TYPE", "interactionType and grantType do not belong together");
}

/* --- events --- */

static void
tick_states(struct arena *a, struct json *record, const struct json *list)
{
	for (const struct json *e = json_first(list); e != NULL; e = json_next(e)) {
		const char *error = devices_error(e);
		if (json_first(json_get(e, "states")) != NULL)
			check_tick(a, record, "told");
		if (is(error, "DEVICE-OFFLINE"))
			check_tick(a, record, "offline");
		if (is(error, "DEVICE-DELETED"))
			check_tick(a, record, "deleted");
		for (const struct json *s = json_first(json_get(e, "states")); s != NULL; s = json_next(s))
			if (is(json_get_string(s, "attribute"), "healthStatus"))
				check_tick(a, record, is(json_string(json_get(s, "value")), "online") ? "online" : "offline");
	}
}

static void
learn_event(struct incoming *in, struct json *record, struct json *devices)
{
	struct arena *a = in->sim.arena;
	const struct json *m = in->message;

	if (is(judge_global(m), "INTEGRATION-DELETED")) {
		home_end_link(&in->sim.home, record, devices);
		check_tick(a, record, "unlinked");
	} else if (is(judge_type(m), "stateCallback")) {
		devices_told(a, devices, json_get(m, "deviceState"));
		tick_states(a, record, json_get(m, "deviceState"));
	} else {
		devices_discovered(a, devices, json_get(m, "devices"), false);
		check_tick(a, record, "found");
	}
}

static void
decide_event(struct home *h, struct json *record, struct json *devices, void *arg)
{
	struct incoming *in = arg;
	const struct json *callback = json_get(record, "callback");
	const char *kept = json_get_string(callback, "access");

	in->exchange.faults = NULL;
	if (wrong_on_purpose(in, record, false))
		return;
	if (kept == NULL || !secret_text_equal(kept, secret_digest(h->arena, in->token)) ||
	    json_get_int(callback, "expires", 0) <= clock_sec()) {
		refuse(in, 401, "INVALID-TOKEN", "this callback token is unknown here, or has expired");
		return;
	}
	in->exchange.faults = judge_callback(h->arena, in->message);
	if (json_first(in->exchange.faults) != NULL)
		refuse(in, 400, "BAD-REQUEST", json_get_string(json_first(in->exchange.faults), "error"));
	else {
		learn_event(in, record, devices);
		accept(in, json_object(h->arena));
	}
}

/* --- both --- */

static const char *
known_secret(const struct incoming *in)
{
	const struct config *c = in->sim.app->config;
	size_t len;
	char *text = config_read_file(in->sim.arena, config_path(in->sim.arena, c, c->smartthings.client_secret_file),
	    SECRET_MAX, &len);

	while (text != NULL && len > 0 && (unsigned char)text[len - 1] <= ' ')
		text[--len] = '\0';
	return text != NULL && len > 0 ? text : NULL;
}

/* One at a time: whoever is slow on purpose holds a worker that others may need. */
static void
dawdle(const struct incoming *in)
{
	const char *path = config_path(in->sim.arena, in->sim.app->config, "clock");
	int fd = open(path, O_RDONLY | O_CLOEXEC);

	if (fd >= 0 && flock(fd, LOCK_EX | LOCK_NB) == 0)
		sleep(SLOW_SEC);
	if (fd >= 0)
		close(fd);
}

static char *
hidden(const struct incoming *in, const char *text)
{
	struct mask mask = { .arena = in->sim.arena };

	return mask_hide(&mask, MASK_JSON, true, text);
}

static void
decide(struct home *h, struct json *record, struct json *devices, void *arg)
{
	struct incoming *in = arg;

	in->decide(h, record, devices, in);
	in->exchange.answer = hidden(in, json_print(h->arena, in->answer));
}

static void
answer(struct incoming *in)
{
	struct sim *s = &in->sim;
	const char *token = in->token != NULL ? in->token : "";
	enum store_result r = home_find(s->app->store, s->arena, arena_strndup(s->arena, token, strcspn(token, ".")), &s->home);

	in->exchange.at = clock_ms();
	in->exchange.inbound = true;
	in->exchange.kind = judge_type(in->message);
	in->exchange.method = s->rq->method;
	in->exchange.path = s->rq->path;
	in->exchange.request = hidden(in, s->rq->body);
	in->exchange.answer = "";
	if (r == STORE_OK)
		r = wire_add(&s->home, &in->exchange, decide, in);
	if (r == STORE_ABSENT)
		refuse(in, 401, "INVALID-TOKEN", "no home here knows it");
	else if (r != STORE_OK)
		refuse(in, 503, "UNKNOWN-ERROR", "the store cannot be used now");
	if (r == STORE_OK && in->slow)
		dawdle(in);
	response_json(s->rs, in->exchange.status, in->answer);
}

static bool
take(struct incoming *in, struct app *app, const struct request *rq, struct response *rs)
{
	*in = (struct incoming){ .sim = { .app = app, .rq = rq, .rs = rs, .arena = rq->arena } };
	if (!app->config->simulator) {
		serve_refuse_json(app, rq, rs, 404, "There is nothing at this address.");
		return false;
	}
	in->message = json_parse(rq->arena, rq->body, rq->body_len, NULL);
	if (json_type(in->message) == JSON_OBJECT)
		return true;
	refuse(in, 400, "BAD-REQUEST", "the body is no JSON object");
	response_json(rs, 400, in->answer);
	return false;
}

void
callback_token(struct app *app, const struct request *rq, struct response *rs)
{
	struct incoming in;

	if (!take(&in, app, rq, rs))
		return;
	in.proof = json_get(in.message, "callbackAuthentication");
	in.secret = known_secret(&in);
	in.token = json_get_string(in.proof, is(judge_type(in.message), "accessTokenRequest") ? "code" : "refreshToken");
	in.decide = decide_token;
	answer(&in);
}

void
callback_event(struct app *app, const struct request *rq, struct response *rs)
{
	struct incoming in;

	if (!take(&in, app, rq, rs))
		return;
	in.token = json_get_string(json_get(in.message, "authentication"), "token");
	in.decide = decide_event;
	answer(&in);
}
