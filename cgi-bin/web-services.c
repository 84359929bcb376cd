/* web-services.c: the REST API of third parties: endpoints that an owner's devices have for an app; and those where other
 * makers' clouds tell of changes. */
#include <string.h>
#include <strings.h>

#include "app.h"
#include "base/arena.h"
#include "base/config.h"
#include "base/json.h"
#include "base/text.h"
#include "connect/hook.h"
#include "endpoints/endpoints.h"
#include "endpoints/webapp.h"
#include "web/form.h"
#include "web/request.h"
#include "web/response.h"
#include "web/serve.h"
#include "base/banned.h"

#define APPS		"/api/smartapps/"
#define TOKEN		"/api/token/"
#define ENDPOINTS	"endpoints"
#define INSTALLATIONS	"installations/"
#define SEVERAL		(TOKEN_IN_HEADER | TOKEN_IN_QUERY | TOKEN_IN_PATH)

/* --- answers --- */

static void
send(const struct request *rq, struct response *rs, const struct endpoints_answer *answer)
{
	const struct { const char *name; int value; } counts[] = {
		{ "X-RateLimit-Limit", RATE_LIMIT }, { "X-RateLimit-Current", answer->rate.current },
		{ "X-RateLimit-TTL", answer->rate.ttl },
	};

	rs->status = answer->status;
	if (answer->content_type != NULL)
		response_body(rs, answer->status, answer->content_type, answer->body, answer->len);
	else
		response_header(rs, "Cache-Control", "no-store");
	for (size_t i = 0; i < sizeof(counts) / sizeof(counts[0]); i++)
		response_header(rs, counts[i].name, arena_printf(rq->arena, "%d", counts[i].value));
	if (answer->status == 429)
		response_header(rs, "Retry-After", arena_printf(rq->arena, "%d", answer->rate.ttl));
	if (answer->allow != NULL)
		response_header(rs, "Allow", answer->allow);
	if (answer->authenticate != NULL)
		response_header(rs, "WWW-Authenticate", answer->authenticate);
	response_header(rs, "Referrer-Policy", "no-referrer");
	if (answer->sandbox)	/* it stands on our own origin, but is not ours */
		response_policy(rs, "sandbox; default-src 'none'; style-src 'unsafe-inline'; img-src data:");
}

static void
refuse(struct app *app, const struct request *rq, struct response *rs, int status, const char *why)
{
	struct endpoints_answer answer = { .rate = rate_fresh };

	(void)app;
	endpoints_refuse(rq->arena, &answer, status, status == 404 ? "Not Found" : status == 405 ? "Method Not Allowed" : why);
	send(rq, rs, &answer);
}

/* --- requests --- */

/* Note a token that stands in place. */
static void
found(struct endpoints_call *call, const char *token, unsigned place)
{
	call->token = token;
	call->token_in |= place;
}

/* Parameters of the query, but for the token: each that came once. */
static const struct json *
read_query(const struct request *rq)
{
	struct json *query = json_object(rq->arena);

	for (const struct pair *p = rq->query; p != NULL; p = p->next)
		if (strcmp(p->name, "access_token") != 0 && form_count(rq->query, p->name) == 1)
			json_set_string(rq->arena, query, p->name, p->value);
	return query;
}

/* What the request says beside its path. */
static struct endpoints_call
read_call(const struct request *rq)
{
	struct endpoints_call call = { .method = rq->method, .query = read_query(rq), .content_type = rq->content_type,
	    .body = rq->body, .body_len = rq->body_len, .installation = "", .path = "" };
	const char *header = request_header(rq, "Authorization"), *query = request_query(rq, "access_token");

	if (header != NULL && strncasecmp(header, "Bearer ", 7) == 0)
		found(&call, header + 7 + strspn(header + 7, " "), TOKEN_IN_HEADER);
	if (query != NULL)
		found(&call, query, TOKEN_IN_QUERY);
	if (form_count(rq->query, "access_token") > 1)
		found(&call, "", SEVERAL);
	return call;
}

/* "endpoints", "endpoints/CLIENT", "installations/ID...": what stands behind /api/smartapps/. */
static void
answer_below(struct app *app, const struct request *rq, struct response *rs, struct endpoints_call *call, const char *rest)
{
	const struct endpoints_context x = { app->config, app->store, app->keyring, app->catalogue, app->webapps, app->rate,
	    rq->arena };
	struct endpoints_answer answer;

	app_refresh(app);
	if (strncmp(rest, INSTALLATIONS, sizeof(INSTALLATIONS) - 1) == 0) {
		rest += sizeof(INSTALLATIONS) - 1;
		if (hook_receive(app, rq, rs, rest, (call->token_in & TOKEN_IN_PATH) != 0 ? call->token : NULL))
			return;
		size_t len = strcspn(rest, "/");
		call->installation = arena_strndup(rq->arena, rest, len);
		call->path = rest + len;
		endpoints_call(&x, call, &answer);
	} else if (strncmp(rest, ENDPOINTS, sizeof(ENDPOINTS) - 1) == 0 && strchr("/", rest[sizeof(ENDPOINTS) - 1]) != NULL) {
		const char *client = rest + sizeof(ENDPOINTS) - 1;
		client = *client == '\0' ? NULL : text_url_decode(rq->arena, client + 1, strlen(client + 1), false);
		if (strcmp(rq->method, "GET") != 0) {
			refuse(app, rq, rs, 405, "");
			response_header(rs, "Allow", "GET");
			return;
		}
		endpoints_list(&x, call, rest[sizeof(ENDPOINTS) - 1] != '\0' && client == NULL ? "" : client, &answer);
	} else {
		refuse(app, rq, rs, 404, "");
		return;
	}
	send(rq, rs, &answer);
}

static void
by_header(struct app *app, const struct request *rq, struct response *rs)
{
	struct endpoints_call call = read_call(rq);

	answer_below(app, rq, rs, &call, rq->path + sizeof(APPS) - 1);
}

/* /api/token/TOKEN/smartapps/...: for those who can set neither a header nor a query. */
static void
by_path(struct app *app, const struct request *rq, struct response *rs)
{
	struct endpoints_call call = read_call(rq);
	const char *token = rq->path + sizeof(TOKEN) - 1, *rest = token + strcspn(token, "/");

	if (rest == token || strncmp(rest, "/smartapps/", 11) != 0) {
		refuse(app, rq, rs, 404, "");
		return;
	}
	found(&call, arena_strndup(rq->arena, token, (size_t)(rest - token)), TOKEN_IN_PATH);
	answer_below(app, rq, rs, &call, rest + 11);
}

int
main(void)
{
	static const struct route routes[] = {
		{ "/api/smartapps/", "GET PUT POST DELETE PATCH OPTIONS", by_header, refuse },
		{ "/api/token/", "GET PUT POST DELETE PATCH OPTIONS", by_path, refuse },
		{ NULL, NULL, NULL, refuse },
	};
	struct app app;

	app_open(&app, "web-services", NULL, APP_STORE | APP_CATALOGUE | APP_KEYS | APP_WEBAPPS | APP_RATE | APP_LINKS);
	const struct program program = { .name = "web-services", .routes = routes, .max_body = (size_t)app.config->limits.body };
	int rc = serve(&program, &app);
	app_close(&app);
	return rc;
}
