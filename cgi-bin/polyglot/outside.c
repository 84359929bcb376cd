/* outside.c: three doors that need no token of a node server's. */
#include "polyglot/outside.h"

#include <ctype.h>
#include <string.h>

#include "account/visitor.h"
#include "app.h"
#include "base/arena.h"
#include "base/config.h"
#include "base/json.h"
#include "base/log.h"
#include "base/text.h"
#include "nodeserver/certificate.h"
#include "nodeserver/codes.h"
#include "nodeserver/nodes.h"
#include "nodeserver/presence.h"
#include "nodeserver/service.h"
#include "polyglot/ask.h"
#include "web/form.h"
#include "web/request.h"
#include "web/response.h"
#include "base/banned.h"

#define WEBHOOK "/ns/"
#define HEADERS_MAX 16384	/* bytes of a webhook's headers that are handed on */

/* --- start --- */

/* Who it is for the broker: a key and a certificate of its own, made anew each time and kept nowhere. null where there is none. */
static void
add_mqtt(const struct nodeserver_context *x, const struct nodeserver *ns, struct json *v)
{
	struct arena *a = x->arena;
	struct certificate c = { 0 };
	const char *why = NULL, *stage = arena_printf(a, "pgc/%s", registry_identity(a, ns));
	bool made = *x->config->mqtt.host != '\0' && certificate_issue(a, x->config, registry_identity(a, ns), &c, &why);

	if (!made && why != NULL)
		log_event(LOG_LEVEL_ERROR, "mqtt_certificate", "why=\"%s\"", why);
	json_set_string(a, v, "stage", stage);
	json_set(a, v, "iotHost", made ? json_new_string(a, x->config->mqtt.host) : json_new_null(a));
	json_set(a, v, "iotPort", made ? json_new_number(a, (double)x->config->mqtt.port) : json_new_null(a));
	json_set(a, v, "iotCert", made ? json_new_string(a, c.certificate) : json_new_null(a));
	json_set(a, v, "iotPrivateKey", made ? json_new_string(a, c.key) : json_new_null(a));
	json_set(a, v, "iotCA", made ? json_new_string(a, c.ca) : json_new_null(a));
}

void
outside_start(struct app *app, const struct request *rq, struct response *rs)
{
	const struct nodeserver_context x = ask_context(app, rq);
	struct arena *a = rq->arena;
	struct json *v = json_object(a), *nodes;
	struct nodeserver ns;
	enum store_result r = registry_find_params(&x, request_query(rq, "params"), &ns);

	if (r == STORE_ABSENT) {
		/* One answer for all that can be wrong with it: it says nothing to who guesses. */
		ask_refuse(rs, 403, "access_denied", "This PGURL is not valid. Take a new one from the node server's page.");
		return;
	}
	if (r == STORE_OK)	/* whoever starts it wants it started */
		r = ns.stopped ? presence_stop(&x, &ns, false) : inbox_begin(&x, ns.worker);
	if (r == STORE_OK)
		r = nodes_show(&x, &ns, &nodes);
	if (r != STORE_OK) {
		ask_stored(rs, r);
		return;
	}
	add_mqtt(&x, &ns, v);
	json_set_string(a, v, "apiUrl", arena_printf(a, "%s/polyglot/ns/%s/messages", app->config->public_url, ns.worker));
	json_set_string(a, v, "token", registry_token(&x, &ns));
	json_set(a, v, "nodeServer", registry_show(&x, &ns, nodes));
	response_json(rs, 200, v);
}

/* --- OAuth --- */

/* Every parameter as it came, once each. */
static struct json *
parameters(const struct request *rq)
{
	struct json *v = json_object(rq->arena);

	for (const struct pair *p = rq->query; p != NULL; p = p->next)
		if (form_count(rq->query, p->name) == 1 && *p->name != '\0')
			json_set_string(rq->arena, v, p->name, p->value);
	return v;
}

void
outside_callback(struct app *app, const struct request *rq, struct response *rs)
{
	const struct nodeserver_context x = ask_context(app, rq);
	struct visitor visitor = visitor_find(app, rq, rs);
	const char *state = request_query(rq, "state");
	const struct json *said = parameters(rq);
	struct nodeserver ns;
	bool full = false;

	if (visitor.unavailable) {
		visitor_unavailable(app, rq, rs);
		return;
	}
	if (!visitor.signed_in) {
		visitor_error(app, rq, rs, 403, "nodeserver_sign_in", NULL);
		return;
	}
	if (state == NULL || (request_query(rq, "code") == NULL && request_query(rq, "error") == NULL)) {
		visitor_error(app, rq, rs, 400, "nodeserver_callback_bad", NULL);
		return;
	}
	enum store_result r = registry_find_worker(&x, state, &ns);
	if (r == STORE_ABSENT || (r == STORE_OK && strcmp(ns.user, visitor.session.user.id) != 0)) {
		/* Another's node server is none: a code of somebody else's must not end up in ours, nor ours there. */
		visitor_error(app, rq, rs, 403, "nodeserver_callback_other", NULL);
		return;
	}
	if (r == STORE_OK && codes_wanted(&x, &ns, said))
		r = codes_exchange(&x, &ns, said);
	else if (r == STORE_OK)
		r = service_tell(&x, &ns, "oauth", said, &full);
	if (r != STORE_OK || full)
		visitor_unavailable(app, rq, rs);
	else
		response_redirect(rs, arena_printf(rq->arena, "%s/nodeservers/%d?done=oauth", visitor_base(app), ns.n));
}

/* --- webhooks --- */

/* Headers as they came, in small letters. Not cookies: they are this server's own, and its owner's. */
static struct json *
headers(const struct request *rq)
{
	struct arena *a = rq->arena;
	struct json *v = json_object(a);
	size_t bytes = 0;

	for (const char *const *e = rq->env; *e != NULL; e++) {
		const char *eq = strchr(*e, '=');
		if (strncmp(*e, "HTTP_", 5) != 0 || eq == NULL || (bytes += strlen(*e)) > HEADERS_MAX ||
		    !text_is_utf8(*e, strlen(*e)))
			continue;
		char *name = arena_strndup(a, *e + 5, (size_t)(eq - *e - 5));
		for (char *c = name; *c != '\0'; c++)
			*c = *c == '_' ? '-' : (char)tolower((unsigned char)*c);
		if (strcmp(name, "cookie") != 0 && strcmp(name, "proxy") != 0 && json_get(v, name) == NULL)
			json_set_string(a, v, name, eq + 1);
	}
	if (*rq->content_type != '\0')
		json_set_string(a, v, "content-type", request_env(rq, "CONTENT_TYPE"));
	return v;
}

void
outside_webhook(struct app *app, const struct request *rq, struct response *rs)
{
	const struct nodeserver_context x = ask_context(app, rq);
	struct arena *a = rq->arena;
	const char *path = rq->path + sizeof(WEBHOOK) - 1, *worker = ask_part(rq, &path);
	struct json *v = json_object(a);
	struct nodeserver ns;
	bool full;
	enum store_result r = worker != NULL ? registry_find_worker(&x, worker, &ns) : STORE_ABSENT;

	if (r != STORE_OK) {
		ask_stored(rs, r);
		return;
	}
	if (rq->body_len > OUTSIDE_BODY_MAX || !text_is_utf8(rq->body, rq->body_len) || strlen(rq->body) != rq->body_len) {
		ask_refuse(rs, rq->body_len > OUTSIDE_BODY_MAX ? 413 : 415, rq->body_len > OUTSIDE_BODY_MAX ?
		    "payload_too_large" : "unsupported_media_type", "A webhook's body is text of 64 KiB at most.");
		return;
	}
	json_set_string(a, v, "method", request_env(rq, "REQUEST_METHOD"));
	json_set_string(a, v, "path", arena_printf(a, "/%s", path));
	json_set(a, v, "query", parameters(rq));
	json_set(a, v, "headers", headers(rq));
	json_set_string(a, v, "body", rq->body);
	if ((r = service_tell(&x, &ns, "webhook", v, &full)) != STORE_OK)
		ask_stored(rs, r);
	else if (full)
		ask_refuse(rs, 429, "busy", "The node server has not fetched what came before.");
	else
		response_json(rs, 202, json_object(a));
}
