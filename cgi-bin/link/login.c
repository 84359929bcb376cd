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
#include "oauth/user.h"
#include "web/fetch.h"
#include "base/banned.h"

#define VALUE_MAX	1000	/* bytes of one that the account has */

static char *
login_key(struct arena *a, const char *state)
{
	return record_key(a, "link-login", secret_digest(a, state), NULL);
}

/* What both requests of a login name. */
static struct vendor_login
asked_of(const struct links *x, struct arena *a, const struct login *l)
{
	return (struct vendor_login){ l->redirect_uri != NULL ? l->redirect_uri : vendor_redirect_uri(a, x->config), l->verifier };
}

struct beginning {
	const struct login	*login;
	const char		*state;
};

static enum store_result
begin(struct store_tx *tx, void *arg)
{
	const struct beginning *b = arg;
	const struct login *l = b->login;
	struct arena *a = store_tx_arena(tx);
	struct json *v = record_new(a);
	const struct { const char *name, *value; } texts[] = { { "user", l->user }, { "link", l->link }, { "session", l->session },
		{ "connector", l->connector }, { "installed", l->installed }, { "redirect_uri", l->redirect_uri }, { "verifier", l->verifier } };

	for (size_t i = 0; i < sizeof(texts) / sizeof(texts[0]); i++)
		if (texts[i].value != NULL)
			json_set_string(a, v, texts[i].name, texts[i].value);
	if (l->extra != NULL)
		json_set(a, v, "extra", json_copy(a, l->extra));
	return record_tx_put(tx, login_key(a, b->state), v, clock_sec() + LOGIN_LIFE);
}

enum store_result
login_begin(const struct links *x, struct arena *a, const struct connector *c, const struct login *given, char **url)
{
	struct login l = *given;
	struct beginning b = { &l, secret_token(a, 24) };

	l.verifier = c->oauth.pkce ? secret_token(a, 33) : NULL;
	struct vendor_login asked = asked_of(x, a, &l);
	*url = vendor_authorize_url(a, c, &asked, b.state);
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
	    .session = json_get_string(v, "session"), .connector = json_get_string(v, "connector"),
	    .installed = json_get_string(v, "installed"), .redirect_uri = json_get_string(v, "redirect_uri"),
	    .verifier = json_get_string(v, "verifier"), .extra = json_get(v, "extra") };
	return record_tx_delete(tx, key);
}

enum store_result
login_take(struct store *s, struct arena *a, const char *state, struct login *l)
{
	struct taking t = { state, l };

	return store_run(s, a, take, &t);
}

/* --- the exchange --- */

bool
login_may(const struct link *l, const char *installed)
{
	return installed == NULL || l->status == LINK_NEW || (l->through != NULL && strcmp(l->through, installed) == 0);
}

struct finishing {
	const struct links	*links;
	const struct login	*login;
	const struct connector	*connector;
	const char		*id;		/* of the link; NULL: it has to be found, or made */
	const char		*fresh;		/* id of one that has to be made */
	const struct token_pair	*pair;		/* NULL: it is kept already */
	const struct json	*values;	/* of the account, in the second transaction */
	bool			 linked;
	struct link		*link;		/* as it was found, or made */
};

/* The link that a login is for. STORE_ABSENT: it is gone, its user is, or it is not for this installed app to change. */
static enum store_result
find_link(struct store_tx *tx, const struct finishing *f)
{
	const struct login *login = f->login;
	bool active;
	enum store_result r;

	if (f->id != NULL)
		r = link_tx_find(tx, login->user, f->id, f->link);
	else if ((r = user_tx_active(tx, login->user, &active)) == STORE_OK)
		r = active ? link_tx_make(tx, login->user, f->connector, f->fresh, login->installed, f->link) : STORE_ABSENT;
	return r == STORE_OK && !login_may(f->link, login->installed) ? STORE_ABSENT : r;
}

static enum store_result
keep(struct store_tx *tx, void *arg)
{
	const struct finishing *f = arg;
	const struct login *login = f->login;
	enum store_result r = find_link(tx, f);
	struct link l;

	if (r == STORE_OK && f->pair != NULL)
		r = token_tx_begin(tx, f->links->keyring, f->link->user, f->link->id, f->pair);
	if (r != STORE_OK || !f->linked)
		return r;
	l = *f->link;
	/* Nobody has chosen yet, and a SmartApp has no page to choose on. */
	l.all = l.all || (login->installed != NULL && l.status == LINK_NEW && json_first(l.chosen) == NULL);
	if (l.status != LINK_LINKED)
		l.since = clock_sec();
	l.status = LINK_LINKED;
	l.values = f->values;
	l.through = login->installed;
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

/* Whose file says how to exchange the code; NULL if it is gone, or the link is. */
static const struct connector *
connector_of(const struct links *x, struct arena *a, const struct login *login)
{
	struct link l;

	if (login->link == NULL)
		return connectors_find(x->connectors, login->connector);
	return link_find(x->store, a, login->user, login->link, &l) == STORE_OK ? connectors_find(x->connectors, l.connector) : NULL;
}

/* What later requests need to know of the account. NULL if it is known and kept; else a text's key. */
static const char *
keep_account(struct finishing *f, struct arena *a, int64_t deadline, const char **refused)
{
	struct ask ask = { .links = f->links, .arena = a, .link = f->link, .connector = f->connector, .rule = f->connector->account,
	    .values = json_object(a) };

	ask_run(&ask, deadline);
	f->id = f->link->id;
	f->pair = NULL;
	f->linked = true;
	if (ask.result != ASK_FINE || (f->values = account_values(a, f->connector, ask.body)) == NULL) {
		*refused = ask.why;
		return "connect_account";
	}
	return store_run(f->links->store, a, keep, f) == STORE_OK ? NULL : "error_unavailable";
}

const char *
login_finish(const struct links *x, struct arena *a, const struct login *login, const char *code, const char *iss,
    int64_t within, const char **refused)
{
	int64_t deadline = clock_ms() + within;
	const struct connector *c = connector_of(x, a, login);
	const struct vendor_login asked = asked_of(x, a, login);
	struct token_pair pair;
	struct fetch_request rq;
	struct fetch_answer answer;
	struct link l;
	struct finishing f = { .links = x, .login = login, .connector = c, .id = login->link, .fresh = link_new_id(a), .pair = &pair, .link = &l };
	const char *why = NULL;

	*refused = NULL;
	if (c == NULL)
		return "connect_gone";
	if (c->oauth.issuer != NULL && (iss == NULL || strcmp(iss, c->oauth.issuer) != 0)) {
		log_event(LOG_LEVEL_WARN, "link_login", "user=%s connector=%s result=mixed_up", login->user, c->id);
		return "connect_failed";
	}
	if ((*refused = vendor_exchange(x, a, c, &asked, code, &rq)) != NULL)
		return "connect_misconfigured";
	rq.total_ms = (int)within;
	fetch_once(x->fetcher, a, &rq, &answer);
	if (!vendor_read_pair(a, &answer, &pair)) {
		*refused = word_of(a, &answer);
		log_event(LOG_LEVEL_WARN, "link_login", "user=%s connector=%s result=refused status=%d", login->user, c->id, answer.status);
		return "connect_failed";
	}
	f.linked = c->account == NULL;
	if (store_run(x->store, a, keep, &f) != STORE_OK)
		return "error_unavailable";
	if (c->account != NULL)
		why = keep_account(&f, a, deadline, refused);
	if (why == NULL)
		activity_note(x->store, a, &(struct activity){ .event = "link_made", .user = l.user, .detail = c->name });
	return why;
}
