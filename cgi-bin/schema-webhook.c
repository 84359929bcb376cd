/* schema-webhook.c: the URL that SmartThings sends Schema messages to. */
#include <stdbool.h>
#include <stddef.h>
#include <string.h>

#include "app.h"
#include "base/config.h"
#include "base/json.h"
#include "schema/dispatch.h"
#include "web/request.h"
#include "web/response.h"
#include "web/serve.h"
#include "base/banned.h"

static void
refuse(struct app *app, const struct request *rq, struct response *rs, int status, const char *why)
{
	(void)app;
	response_json(rs, status, schema_refusal(rq->arena, status == 503 ? SCHEMA_UNAVAILABLE : SCHEMA_BAD_REQUEST, why));
}

/* A content type that says JSON, or none at all. */
static bool
is_json(const char *type)
{
	size_t len = strlen(type);

	return len == 0 || strcmp(type, "application/json") == 0 ||
	    (len > 5 && strcmp(type + len - 5, "+json") == 0);
}

static void
answer(struct app *app, const struct request *rq, struct response *rs)
{
	const struct schema_context x = { app->config, app->store, app->keyring, app->catalogue, rq->arena,
	    request_header(rq, "User-Agent") };
	int status;

	app_refresh(app);
	if (!is_json(rq->content_type)) {
		refuse(app, rq, rs, 415, "the body must be application/json");
		return;
	}
	struct json *v = schema_answer(&x, rq->body, rq->body_len, &status);
	response_json(rs, status, v);
	if (status == 503)
		response_header(rs, "Retry-After", "1");
}

static const struct route routes[] = {
	{ "/schema", "POST", answer, refuse },
	{ "/my-schema-connector", "POST", answer, refuse },
	{ NULL, NULL, NULL, refuse },
};

int
main(void)
{
	struct app app;
	int status;

	app_open(&app, "schema-webhook", NULL, APP_STORE | APP_CATALOGUE | APP_KEYS | APP_LINKS);
	const struct program program = { .name = "schema-webhook", .routes = routes, .max_body = (size_t)app.config->limits.body,
	    .owing = &app_owing };
	status = serve(&program, &app);
	app_close(&app);
	return status;
}
