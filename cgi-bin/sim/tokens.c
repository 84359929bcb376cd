/* tokens.c: forms to /token, as SmartThings sends them. */
#include "sim/tokens.h"

#include <string.h>

#include "app.h"
#include "base/arena.h"
#include "base/clock.h"
#include "base/config.h"
#include "base/json.h"
#include "sim/call.h"
#include "sim/check.h"
#include "sim/mask.h"
#include "sim/sim.h"
#include "web/form.h"
#include "base/banned.h"

#define ENV_MAX 16384
#define STATE_KEPT 3600		/* seconds for somebody to sign in and choose */
#define AHEAD 30		/* seconds before its end at which a token is renewed */

/* --- who we are --- */

/* A line NAME=value of demo.env. What a shell would have to quote is none of ours. */
static const char *
demo_value(const struct sim *s, const char *name)
{
	size_t len, n = strlen(name);
	const char *at = config_read_file(s->arena, config_path(s->arena, s->app->config, "demo.env"), ENV_MAX, &len);

	while (at != NULL) {
		if (strncmp(at, name, n) == 0 && at[n] == '=') {
			size_t value = strcspn(at + n + 1, "\r\n \\'\"$");
			return value > 0 ? arena_strndup(s->arena, at + n + 1, value) : NULL;
		}
		at = strchr(at, '\n');
		at = at != NULL ? at + 1 : NULL;
	}
	return NULL;
}

const char *
tokens_client(const struct sim *s)
{
	return demo_value(s, "CLIENT_ID");
}

static char *
redirect_uri(const struct sim *s)
{
	return call_url(s, "/sim/callback");
}

void
tokens_mask(const struct sim *s, struct mask *m)
{
	mask_add(m, "CLIENT_SECRET", demo_value(s, "CLIENT_SECRET"));
}

/* --- the way there and back --- */

static void
begin(struct home *h, struct json *record, struct json *devices, void *arg)
{
	(void)devices;
	json_set_string(h->arena, record, "state", secret_digest(h->arena, arg));
	json_set_int(h->arena, record, "state_until", clock_sec() + STATE_KEPT);
}

char *
tokens_authorize(struct sim *s)
{
	struct arena *a = s->arena;
	const char *client = tokens_client(s);
	char *state = secret_token(a, 24), *query;

	if (home_change(&s->home, begin, state) != STORE_OK)
		return NULL;
	query = form_add(a, "", "client_id", client != NULL ? client : "smartthings");
	query = form_add(a, query, "redirect_uri", redirect_uri(s));
	query = form_add(a, query, "response_type", "code");
	query = form_add(a, query, "state", state);
	return call_url(s, arena_printf(a, "/authorize?%s", query));
}

struct returning {
	const char	*digest;
	bool		 ok;
};

static void
take_state(struct home *h, struct json *record, struct json *devices, void *arg)
{
	struct returning *r = arg;
	const char *kept = json_get_string(record, "state");

	(void)devices;
	r->ok = kept != NULL && secret_text_equal(kept, r->digest) &&
	    json_get_int(record, "state_until", 0) > clock_sec();
	if (r->ok)
		json_set(h->arena, record, "state", NULL);
}

bool
tokens_state_ok(struct sim *s, const char *state)
{
	if (state == NULL || s->home.record == NULL)
		return false;
	struct returning r = { secret_digest(s->arena, state), false };
	return home_change(&s->home, take_state, &r) == STORE_OK && r.ok;
}

/* --- /token --- */

struct learning {
	struct reply	*reply;
	const char	*check, *code;
	bool		 first, replay, ok;
	long long	 seq;
};

static const struct json *
judge(struct arena *a, const struct reply *r)
{
	static const char *const texts[] = { "access_token", "token_type", "refresh_token" };
	struct json *faults = json_array(a), *f;
	long long n;

	if (r->status >= 400 && r->status < 500 && json_get_string(r->json, "error") != NULL)
		return faults;	/* a refusal as RFC 6749 5.2 has it */
	for (size_t i = 0; i < sizeof(texts) / sizeof(texts[0]); i++)
		if (json_get_string(r->json, texts[i]) == NULL) {
			f = json_append(a, faults, json_object(a));
			json_set_string(a, f, "error", arena_printf(a, "%s is missing", texts[i]));
		}
	if (!json_int(json_get(r->json, "expires_in"), &n)) {
		f = json_append(a, faults, json_object(a));
		json_set_string(a, f, "error", "expires_in is no whole number");
	}
	return faults;
}

static void
learn(struct home *h, struct json *record, struct json *devices, void *arg)
{
	struct learning *l = arg;
	struct arena *a = h->arena;
	const struct json *v = l->reply->json;
	const char *refresh = json_get_string(v, "refresh_token"), *before = home_secret(h, "refresh");

	json_set_string(a, record, "error", l->ok ? NULL : json_get_string(v, "error"));
	if (!l->ok) {
		if (l->reply->status >= 400 && l->reply->status < 500 && !l->replay)
			home_end_link(h, record, devices);
		return;
	}
	if (l->check != NULL)
		check_tick(a, record, l->check);
	home_set_secret(h, record, "access", json_get_string(v, "access_token"));
	if (!l->replay)
		home_set_secret(h, record, "refresh_before", l->first ? NULL : before);
	if (refresh != NULL)
		home_set_secret(h, record, "refresh", refresh);
	if (l->first) {
		home_set_secret(h, record, "code", l->code);
		json_set_int(a, record, "linked", clock_sec());
		json_set_int(a, record, "asked", 1);
		json_set_int(a, record, "slowest", l->reply->exchange.ms);
		check_tick(a, record, "oauth");
	}
	json_set_string(a, record, "link", "linked");
	json_set_string(a, record, "scope", json_get_string(v, "scope"));
	json_set_int(a, record, "renewed", clock_sec());
	json_set_int(a, record, "expires", clock_sec() + json_get_int(v, "expires_in", 3600));
}

static bool
post(struct sim *s, const char *kind, const char *form, long long replay_of, struct learning *l)
{
	struct mask more = { .arena = s->arena };
	struct reply r;

	call_make(s, kind, "/token", true, NULL, form, &r);
	r.exchange.faults = judge(s->arena, &r);
	r.exchange.replay_of = replay_of;
	l->reply = &r;
	l->ok = r.status == 200 && json_get_string(r.json, "access_token") != NULL;
	tokens_mask(s, &more);
	mask_add(&more, "CODE", l->code);
	bool kept = call_keep(s, &r, form, &more, true, learn, l);
	l->seq = kept ? r.exchange.seq : 0;
	l->reply = NULL;
	return kept && l->ok;
}

static bool
ask(struct sim *s, const char *kind, char *form, struct learning *l)
{
	const char *client = tokens_client(s), *secret = demo_value(s, "CLIENT_SECRET");

	form = form_add(s->arena, form, "client_id", client != NULL ? client : "");
	return post(s, kind, form_add(s->arena, form, "client_secret", secret != NULL ? secret : ""), 0, l);
}

bool
tokens_exchange(struct sim *s, const char *code)
{
	struct learning l = { .check = "token", .code = code, .first = true };
	char *form = form_add(s->arena, "", "grant_type", "authorization_code");

	form = form_add(s->arena, form, "code", code);
	return ask(s, "authorization_code", form_add(s->arena, form, "redirect_uri", redirect_uri(s)), &l);
}

bool
tokens_renew(struct sim *s, bool replay)
{
	struct learning l = { .check = replay ? "replay" : "refresh", .replay = replay };
	const char *token = home_secret(&s->home, replay ? "refresh_before" : "refresh");
	char *form = form_add(s->arena, "", "grant_type", "refresh_token");

	if (token == NULL)
		return false;
	return ask(s, "refresh_token", form_add(s->arena, form, "refresh_token", token), &l);
}

long long
tokens_replay(struct sim *s, const char *kind, const char *form, long long replay_of)
{
	struct learning l = { .replay = true };

	post(s, kind, form, replay_of, &l);
	return l.seq;
}

bool
tokens_are_due(const struct home *h)
{
	return home_is_linked(h) && json_get_int(h->record, "expires", 0) <= clock_sec() + AHEAD;
}

bool
tokens_ready(struct sim *s)
{
	return home_is_linked(&s->home) && (!tokens_are_due(&s->home) || tokens_renew(s, false));
}
