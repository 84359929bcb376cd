/* endpoint.c: refuse what is malformed before anybody is looked up. */
#include "token/endpoint.h"

#include <string.h>

#include "app.h"
#include "base/arena.h"
#include "base/json.h"
#include "base/log.h"
#include "oauth/client_auth.h"
#include "web/form.h"
#include "web/request.h"
#include "web/response.h"
#include "base/banned.h"

void
endpoint_error(const struct request *rq, struct response *rs, enum oauth_error e, const char *description)
{
	response_json(rs, oauth_error_status(e), oauth_error_json(rq->arena, e, description));
	response_header(rs, "Pragma", "no-cache");
	if (e == OAUTH_INVALID_CLIENT)
		response_header(rs, "WWW-Authenticate", "Basic realm=\"gatehouse\", charset=\"UTF-8\"");
	if (e == OAUTH_TEMPORARILY_UNAVAILABLE)
		response_header(rs, "Retry-After", "5");
}

void
endpoint_refuse(struct app *app, const struct request *rq, struct response *rs, int status, const char *why)
{
	(void)app;
	response_json(rs, status, oauth_error_json(rq->arena,
	    status == 503 ? OAUTH_TEMPORARILY_UNAVAILABLE : OAUTH_INVALID_REQUEST, why));
}

struct token_context
endpoint_context(struct app *app, const struct request *rq)
{
	return (struct token_context){ app->config, app->store, app->keyring, rq->arena };
}

/* RFC 6749 3.2: parameters must not stand twice. The name of one that does; NULL if none does. */
static const char *
repeated(const struct pair *list)
{
	for (const struct pair *p = list; p != NULL; p = p->next)
		if (form_count(p->next, p->name) > 0)
			return p->name;
	return NULL;
}

/* What is wrong with the form whoever sends it; NULL if nothing is. */
static const char *
form_fault(const struct request *rq, const char *needed)
{
	const char *twice;

	if (strcmp(rq->content_type, "application/x-www-form-urlencoded") != 0)
		return "the body must be application/x-www-form-urlencoded";
	if ((twice = repeated(rq->form)) != NULL)
		return arena_printf(rq->arena, "a parameter stands twice: %.40s", twice);
	if (needed != NULL && request_form(rq, needed) == NULL)
		return arena_printf(rq->arena, "%s is missing", needed);
	return NULL;
}

const struct request *
endpoint_legacy(struct app *app, const struct request *rq, struct request *copy)
{
	const char *id = request_query(rq, "client_id");
	struct client c;

	if (rq->form != NULL || rq->body_len > 0 || id == NULL ||
	    client_find(app->store, rq->arena, id, &c) != STORE_OK || !c.legacy_groovy)
		return rq;
	*copy = *rq;
	copy->form = rq->query;
	copy->query = NULL;
	copy->content_type = "application/x-www-form-urlencoded";
	return copy;
}

bool
endpoint_open(struct app *app, const struct request *rq, struct response *rs, const char *needed, struct client *c)
{
	const struct client_credentials given = {
		request_header(rq, "Authorization"), request_form(rq, "client_id"), request_form(rq, "client_secret"),
		request_form(rq, "client_assertion_type"), request_form(rq, "client_assertion"),
	};
	const char *why = form_fault(rq, needed);
	enum oauth_error e = OAUTH_INVALID_REQUEST;

	if (why == NULL) {
		e = client_authenticate(app->store, rq->arena, app->config, &given, c);
		why = e == OAUTH_INVALID_REQUEST ? "the client is named twice in ways that do not agree or that it may not mix" :
		    e == OAUTH_INVALID_CLIENT ? "the client is unknown or its credentials are wrong" : "try again shortly";
	}
	if (e == OAUTH_OK)
		return true;
	if (e == OAUTH_INVALID_CLIENT)
		log_event(LOG_LEVEL_WARN, "client_refused", "remote=%s", rq->remote);
	endpoint_error(rq, rs, e, why);
	return false;
}
