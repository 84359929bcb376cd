/* codes.c: a call of the outbox, and its outcome as a message. */
#include "nodeserver/codes.h"

#include <string.h>

#include "base/arena.h"
#include "base/buf.h"
#include "base/config.h"
#include "base/json.h"
#include "courier/target.h"
#include "nodeserver/inbox.h"
#include "nodeserver/registry.h"
#include "web/fetch.h"
#include "base/banned.h"

#define LIFE 600	/* seconds: no vendor's code lives longer */
#define FORM_MAX 16384

static const char *
setting(const struct nodeserver_context *x, const struct nodeserver *ns, const char *name)
{
	return json_get_string(registry_hidden(x->keyring, x->arena, ns, "oauth"), name);
}

bool
codes_wanted(const struct nodeserver_context *x, const struct nodeserver *ns, const struct json *parameters)
{
	return json_get_string(parameters, "code") != NULL && setting(x, ns, "token_endpoint") != NULL;
}

/* RFC 6749 4.1.3, with the client's credentials in the form; what the vendor wants beside that. */
static char *
form(const struct nodeserver_context *x, const struct nodeserver *ns, const char *code)
{
	const struct json *oauth = registry_hidden(x->keyring, x->arena, ns, "oauth");
	struct buf b = buf_new(x->arena, FORM_MAX);

	buf_pair(&b, "grant_type", "authorization_code");
	buf_pair(&b, "code", code);
	if (json_get_bool(oauth, "addRedirect", true))
		buf_pair(&b, "redirect_uri", arena_printf(x->arena, "%s/api/oauth/callback", x->config->public_url));
	buf_pair(&b, "client_id", json_get_string(oauth, "client_id"));
	buf_pair(&b, "client_secret", json_get_string(oauth, "client_secret"));
	for (const struct json *m = json_first(json_get(oauth, "token_parameters")); m != NULL; m = json_next(m))
		buf_pair(&b, json_name(m), json_string(m));
	return b.data;
}

struct beginning {
	const struct nodeserver_context *x;
	const struct outbox_call *call;
};

static enum store_result
begin_fn(struct store_tx *tx, void *arg)
{
	const struct beginning *b = arg;

	return outbox_tx_add(tx, b->x->keyring, b->call);
}

enum store_result
codes_exchange(const struct nodeserver_context *x, const struct nodeserver *ns, const struct json *parameters)
{
	static const char *const headers[] = { "Content-Type", "application/x-www-form-urlencoded", "Accept", "application/json", NULL };
	struct json *about = json_object(x->arena);

	json_set_int(x->arena, about, "n", ns->n);
	json_set_string(x->arena, about, "worker", ns->worker);
	const struct outbox_call call = { .user = ns->user, .lane = arena_printf(x->arena, "oauth.%s", ns->worker),
	    .kind = nodeserver_exchange.name, .method = "POST", .url = setting(x, ns, "token_endpoint"), .headers = headers,
	    .body = form(x, ns, json_get_string(parameters, "code")), .about = about };
	return store_run(x->store, x->arena, begin_fn, &(struct beginning){ x, &call });
}

/* --- by the courier --- */

static void
any_host(const struct config *c, struct target_rule *rule)
{
	(void)c;
	*rule = (struct target_rule){ .any_port = true };
}

/* The vendor's answer, if it is one; else what went wrong, in the words of OAuth. */
static struct json *
told(struct arena *a, const struct outbox_outcome *o, const char *worker)
{
	const struct fetch_answer *answer = o->answer;
	const struct json *said = answer != NULL ? json_parse(a, answer->body, answer->len, NULL) : NULL;
	struct json *v = json_type(said) == JSON_OBJECT ? json_copy(a, said) : json_object(a);
	bool good = o->verdict == OUTBOX_DONE && json_get(v, "access_token") != NULL;

	if (!good && json_get(v, "error") == NULL) {
		json_set_string(a, v, "error", "token_endpoint");
		json_set_string(a, v, "error_description", o->why != NULL ? o->why : "it gave no access_token");
	}
	json_set_string(a, v, "state", worker);
	return v;
}

static enum store_result
outcome(struct store_tx *tx, const struct courier *c, const struct outbox_call *call, struct outbox_outcome *o)
{
	struct arena *a = store_tx_arena(tx);
	const char *worker = json_get_string(call->about, "worker");
	struct json *message = json_object(a);
	struct nodeserver ns;

	if (o->verdict == OUTBOX_AGAIN || worker == NULL)
		return STORE_OK;
	enum store_result r = registry_tx_find(tx, call->user, (int)json_get_int(call->about, "n", 0), &ns);
	if (r != STORE_OK || strcmp(ns.worker, worker) != 0)
		return r == STORE_ABSENT ? STORE_OK : r;	/* it was deleted meanwhile */
	json_set(a, message, "oauth", told(a, o, worker));
	return inbox_tx_add(tx, c->keyring, worker, message);
}

const struct outbox_kind nodeserver_exchange = { .name = "nodeserver-exchange", .rule = any_host, .outcome = outcome, .life = LIFE };
