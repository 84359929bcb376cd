/* dispatch.c: from bytes to an answer: verified, read, recalled, handled, written down, answered. */
#include <string.h>

#include "base/arena.h"
#include "base/clock.h"
#include "base/config.h"
#include "base/json.h"
#include "base/log.h"
#include "base/secret.h"
#include "smartapp/lifecycle.h"
#include "smartapp/definition.h"
#include "smartapp/incoming.h"
#include "smartapp/keyserver.h"
#include "smartapp/login_setting.h"
#include "smartapp/phases.h"
#include "smartapp/plugin.h"
#include "smartapp/seen.h"
#include "smartapp/smartapp.h"
#include "smartapp/verify.h"
#include "base/banned.h"

#define SEEN_WITHOUT_SKEW 86400	/* seconds that a request is remembered where its date is not looked at */

/* A request on its way through. */
struct passage {
	const struct smartapp	*app;
	struct arena		*arena;
	const struct incoming	*in;
	const char		*correlation_id;
	struct smartapp_request	 request;
	struct seen		 seen;
	const char		*why;		/* of an error, for the log */
};

static const struct signature_key *
find_key(void *arg, struct arena *a, const char *key_id, const char **why)
{
	return keyserver_find(arg, a, key_id, why);
}

static enum smartapp_error
verify(struct passage *p)
{
	const struct smartapp *s = p->app;
	const struct verifier rules = { .path = s->definition->path, .key_prefix = s->config->smartapp.key_prefix,
		.skew = s->config->smartapp.clock_skew_sec, .now = clock_sec(), .local = s->local_key, .key = find_key,
		.key_arg = s->keyserver };
	unsigned char hash[SECRET_HASH];
	struct verification v;

	if (!verify_call(&v, &rules, p->arena, p->in)) {
		p->why = v.why;
		log_event(LOG_LEVEL_WARN, "smartapp_signature", "result=refused why=\"%s\" correlation=%s key=\"%.200s\" string=\"%s\"",
		    v.why, p->correlation_id, v.auth.key_id != NULL ? v.auth.key_id : "", verify_string_line(p->arena, &v));
		return SMARTAPP_SIGNATURE_ERROR;
	}
	secret_sha256(v.auth.signature, v.auth.signature_len, hash);
	p->seen.hash = secret_base64url(p->arena, hash, sizeof(hash));
	p->seen.until = rules.skew < 0 ? rules.now + SEEN_WITHOUT_SKEW : v.date + rules.skew + 1;
	return SMARTAPP_OK;
}

/* The body, parsed once: the gate for PING and the phases look at the same value. */
static enum smartapp_error
read_body(struct passage *p, const struct json **body)
{
	struct json_error err = { "the body is no object", 1 };

	if (*body == NULL)
		*body = json_parse(p->arena, p->in->body, p->in->len, &err);
	p->why = *body == NULL ? err.what : smartapp_request_read(p->arena, *body, clock_ms(), &p->request);
	return p->why == NULL ? SMARTAPP_OK : SMARTAPP_BAD_REQUEST_ERROR;
}

/* PING comes before the platform has a key to sign with: without Authorization, it alone. */
static bool
is_ping(const struct passage *p, const struct json **body)
{
	if (!p->app->config->smartapp.ping || p->in->header(p->in->arg, INCOMING_AUTHORIZATION) != NULL)
		return false;
	*body = json_parse(p->arena, p->in->body, p->in->len, NULL);
	return smartapp_request_phase(*body) == SMARTAPP_PING;
}

static enum smartapp_error
judge(struct passage *p)
{
	const struct json *body = NULL;
	bool unsigned_one = !p->app->config->smartapp.check_signatures || is_ping(p, &body);
	enum smartapp_error e = unsigned_one ? SMARTAPP_OK : verify(p);

	if (e == SMARTAPP_OK)
		e = read_body(p, &body);
	if (e == SMARTAPP_OK && p->request.phase == SMARTAPP_PING && !p->app->config->smartapp.ping) {
		p->why = "PING, and smartapp.ping is false";
		e = SMARTAPP_BAD_REQUEST_ERROR;
	}
	if (e == SMARTAPP_OK && p->app->config->smartapp.log_json && p->request.phase != SMARTAPP_PING)
		log_event(LOG_LEVEL_INFO, "smartapp_json", "correlation=%s body=%.1500s", p->correlation_id, p->in->body);
	return e;
}

/* May what is done with it be no transaction's: that of somebody's own handler, a call to another maker's cloud? */
static bool
is_once(const struct passage *p)
{
	return p->app->plugin != NULL || (p->request.phase == SMARTAPP_OAUTH_CALLBACK && login_setting_any(p->app->definition));
}

/* Is it new? What it was answered before stands in *o else. What no transaction takes back is begun only after that was claimed
 * on disk. */
static bool
is_new(struct passage *p, struct seen_outcome *o)
{
	const struct smartapp *s = p->app;
	enum store_result r = seen_find(s->store, p->arena, &p->seen, o);

	if (r == STORE_ABSENT && is_once(p))
		r = seen_claim(s->store, p->arena, &p->seen, o);
	if (r == STORE_ABSENT)
		return true;
	if (r == STORE_OK)
		log_event(LOG_LEVEL_WARN, "smartapp_repeated", "phase=%s correlation=%s", smartapp_phase_name(p->request.phase),
		    p->correlation_id);
	else {
		o->error = SMARTAPP_INTERNAL_ERROR;
		p->why = r == STORE_CONFLICT ? "it came before, and the handler has not answered" : store_result_name(r);
	}
	return false;
}

/* Let the handler and the phase have it. */
static enum smartapp_error
process(struct passage *p, struct lifecycle *c, struct json **answer)
{
	const struct smartapp *s = p->app;
	struct smartapp_call call = { &plugin_tools, &p->request, &s->definition->app, p->correlation_id, c };

	lifecycle_begin(c, p->arena, &p->request);
	c->config = s->config;
	c->store = s->store;
	c->keyring = s->keyring;
	c->catalogue = s->catalogue;
	c->definition = s->definition;
	c->correlation_id = p->correlation_id;
	c->seen = p->seen;
	return phases_answer(s, &call, answer, &p->why);
}

/* Answer it, and keep what came of it; or as before, if it comes again. */
static enum smartapp_error
handle(struct passage *p, struct json **answer)
{
	struct seen_outcome o = { SMARTAPP_OK, NULL };
	struct lifecycle c;
	enum store_result r;

	if (!is_new(p, &o)) {
		*answer = o.answer;
		return o.error;
	}
	o.error = process(p, &c, &o.answer);
	if (o.error == SMARTAPP_OK && (r = lifecycle_commit(&c, o.answer)) == STORE_ABSENT)
		r = seen_find(p->app->store, p->arena, &p->seen, &o);	/* its twin was quicker by a hair */
	else if (o.error != SMARTAPP_OK)
		r = STORE_OK;
	if (r != STORE_OK) {
		p->why = arena_printf(p->arena, "the store: %s", store_result_name(r));
		o.error = SMARTAPP_INTERNAL_ERROR;
	}
	if (o.error != SMARTAPP_OK && p->seen.claimed)
		seen_put(p->app->store, p->arena, &p->seen, &o);
	*answer = o.answer;
	return o.error;
}

struct json *
smartapp_refusal(struct arena *a, const char *name, const char *correlation_id)
{
	struct json *v = json_object(a);

	json_set_string(a, v, "error", name);
	if (correlation_id != NULL && strcmp(correlation_id, "-") != 0)
		json_set_string(a, v, "correlationId", correlation_id);
	return v;
}

struct json *
smartapp_answer(const struct smartapp *s, struct arena *a, const struct incoming *in, int *status)
{
	static const int statuses[] = {
		[SMARTAPP_OK] = 200,
		[SMARTAPP_INTERNAL_ERROR] = 500,
		[SMARTAPP_BAD_REQUEST_ERROR] = 400,
		[SMARTAPP_SIGNATURE_ERROR] = 401,
	};
	struct passage p = { .app = s, .arena = a, .in = in, .correlation_id = incoming_correlation(a, in),
		.request = { .phase = SMARTAPP_PHASES } };
	struct json *answer = NULL;
	enum smartapp_error e = judge(&p);

	if (e == SMARTAPP_OK)
		e = handle(&p, &answer);
	*status = statuses[e];
	const char *app = smartapp_app_id(&p.request);
	if (e != SMARTAPP_SIGNATURE_ERROR)
		log_event(e == SMARTAPP_OK ? LOG_LEVEL_INFO : LOG_LEVEL_WARN, "smartapp", "phase=%s app=%s events=%zu result=%s "
		    "correlation=%s why=\"%s\"", smartapp_phase_name(p.request.phase), app != NULL ? app : "-",
		    p.request.data.event_count, smartapp_error_name(e), p.correlation_id, p.why != NULL ? p.why : "");
	return e == SMARTAPP_OK ? answer : smartapp_refusal(a, smartapp_error_name(e), p.correlation_id);
}
