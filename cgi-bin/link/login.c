/* login.c: a state for the way there, tokens for the code that comes back. */
#include "link/login.h"

#include <string.h>

#include "base/arena.h"
#include "base/clock.h"
#include "base/json.h"
#include "base/log.h"
#include "base/secret.h"
#include "base/text.h"
#include "db/record.h"
#include "link/ask.h"
#include "link/connector.h"
#include "link/hook.h"
#include "link/pick.h"
#include "link/token.h"
#include "link/vendor.h"
#include "oauth/activity.h"
#include "web/fetch.h"
#include "base/banned.h"

#define FINISH_MS	8000	/* both calls to the vendor: somebody is waiting */
#define VALUE_MAX	1000	/* bytes of one that the account has */

static char *
login_key(struct arena *a, const char *state)
{
	return record_key(a, "link-login", secret_digest(a, state), NULL);
}

struct beginning {
	const struct login	*login;
	const char		*state, *verifier;
};

static enum store_result
begin(struct store_tx *tx, void *arg)
{
	const struct beginning *b = arg;
	struct arena *a = store_tx_arena(tx);
	struct json *v = record_new(a);

	json_set_string(a, v, "user", b->login->user);
	json_set_string(a, v, "link", b->login->link);
	json_set_string(a, v, "session", b->login->session);
	if (b->verifier != NULL)
		json_set_string(a, v, "verifier", b->verifier);
	if (b->login->extra != NULL)
		json_set(a, v, "extra", json_copy(a, b->login->extra));
	return record_tx_put(tx, login_key(a, b->state), v, clock_sec() + LOGIN_LIFE);
}

enum store_result
login_begin(const struct links *x, struct arena *a, const struct connector *c, const struct login *l, char **url)
{
	struct beginning b = { l, secret_token(a, 24), c->oauth.pkce ? secret_token(a, 33) : NULL };

	*url = vendor_authorize_url(a, x->config, c, b.state, b.verifier);
	return store_run(x->store, a, begin, &b);
}

struct taking {
	const char	*state;
	struct login	*login;
};

static enum store_result
take(struct store_tx *tx, void *arg)
{
	const struct taking *t = arg;
	const char *key = login_key(store_tx_arena(tx), t->state);
	struct json *v;
	enum store_result r = record_tx_get(tx, key, &v);

	if (r != STORE_OK)
		return r;
	*t->login = (struct login){ .user = json_get_string(v, "user"), .link = json_get_string(v, "link"),
	    .session = json_get_string(v, "session"), .verifier = json_get_string(v, "verifier"), .extra = json_get(v, "extra") };
	return record_tx_delete(tx, key);
}

enum store_result
login_take(struct store *s, struct arena *a, const char *state, struct login *l)
{
	struct taking t = { state, l };

	return store_run(s, a, take, &t);
}

/* --- the exchange --- */

struct finishing {
	const struct links	*links;
	const struct login	*login;
	const struct token_pair	*pair;
	const struct json	*values;	/* of the account, in the second transaction */
	bool			 linked;
};

static enum store_result
keep(struct store_tx *tx, void *arg)
{
	const struct finishing *f = arg;
	struct link l;
	enum store_result r = link_tx_find(tx, f->login->user, f->login->link, &l);

	if (r == STORE_OK && f->pair != NULL)
		r = token_tx_begin(tx, f->links->keyring, l.user, l.id, f->pair);
	if (r != STORE_OK || !f->linked)
		return r;
	if (l.status != LINK_LINKED)
		l.since = clock_sec();
	l.status = LINK_LINKED;
	l.values = f->values;
	if ((r = link_tx_put(tx, &l)) == STORE_OK)
		r = hook_tx_renew(tx, l.user, l.id);
	if (r == STORE_OK)
		r = link_tx_wake(tx, l.user, l.id);
	return r;
}

/* What the vendor says of the account: ids and addresses that later requests need. NULL if one is missing. */
static const struct json *
account_values(struct arena *a, const struct connector *c, const struct json *body)
{
	struct json *values = json_object(a);

	for (const struct json *v = json_first(json_get(c->account, "values")); v != NULL; v = json_next(v)) {
		const char *s = pick_text(a, pick(a, body, json_string(v)), VALUE_MAX);
		if (s == NULL)
			return NULL;
		json_set_string(a, values, json_name(v), s);
	}
	return values;
}

/* The vendor's own word for a failure: an OAuth error, nothing else of its answer. */
static const char *
word_of(struct arena *a, const struct fetch_answer *answer)
{
	const char *error = json_get_string(json_parse(a, answer->body, answer->len, NULL), "error");

	if (error != NULL && text_is_name(error, 60))
		return error;
	return answer->status != 0 ? arena_printf(a, "HTTP %d", answer->status) : arena_strdup(a, answer->error);
}

const char *
login_finish(const struct links *x, struct arena *a, const struct login *login, const char *code, const char **refused)
{
	int64_t deadline = clock_ms() + FINISH_MS;
	struct token_pair pair;
	struct fetch_request rq;
	struct fetch_answer answer;
	struct link l;
	const struct connector *c = link_find(x->store, a, login->user, login->link, &l) == STORE_OK ?
	    connectors_find(x->connectors, l.connector) : NULL;
	struct finishing f = { .links = x, .login = login, .pair = &pair };

	*refused = NULL;
	if (c == NULL)
		return "connect_gone";
	if ((*refused = vendor_exchange(x, a, c, code, login->verifier, &rq)) != NULL)
		return "connect_misconfigured";
	rq.total_ms = FINISH_MS;
	fetch_once(x->fetcher, a, &rq, &answer);
	if (!vendor_read_pair(a, &answer, &pair)) {
		*refused = word_of(a, &answer);
		log_event(LOG_LEVEL_WARN, "link_login", "user=%s link=%s result=refused status=%d", l.user, l.id, answer.status);
		return "connect_failed";
	}
	f.linked = c->account == NULL;
	if (store_run(x->store, a, keep, &f) != STORE_OK)
		return "error_unavailable";
	if (c->account != NULL) {
		struct ask ask = { .links = x, .arena = a, .link = &l, .connector = c, .rule = c->account, .values = json_object(a) };
		ask_run(&ask, deadline);
		f = (struct finishing){ .links = x, .login = login, .linked = true };
		if (ask.result != ASK_FINE || (f.values = account_values(a, c, ask.body)) == NULL) {
			*refused = ask.why;
			return "connect_account";
		}
		if (store_run(x->store, a, keep, &f) != STORE_OK)
			return "error_unavailable";
	}
	activity_note(x->store, a, &(struct activity){ .event = "link_made", .user = l.user, .detail = c->name });
	return NULL;
}
