/* smartapp-lifecycle.c: the URL that SmartThings sends a SmartApp's lifecycle requests to. */
#include <stdbool.h>
#include <stdio.h>
#include <string.h>

#include "app.h"
#include "base/config.h"
#include "smartapp/incoming.h"
#include "smartapp/smartapp.h"
#include "web/request.h"
#include "web/response.h"
#include "web/serve.h"
#include "base/banned.h"

static struct smartapp smartapp;

static void
refuse(struct app *app, const struct request *rq, struct response *rs, int status, const char *why)
{
	(void)app, (void)why;
	response_json(rs, status, smartapp_refusal(rq->arena, status == 404 || status == 405 ? "NotFoundError" : "BadRequestError",
	    NULL));
}

/* Two headers have CGI variables of their own. */
static const char *
header(const void *arg, const char *name)
{
	const struct request *rq = arg;

	if (strcmp(name, "content-type") == 0)
		return request_env(rq, "CONTENT_TYPE");
	if (strcmp(name, "content-length") == 0)
		return request_env(rq, "CONTENT_LENGTH");
	return request_header(rq, name);
}

static void
answer(struct app *app, const struct request *rq, struct response *rs)
{
	const struct incoming in = { rq->method, rq->body, rq->body_len, header, rq };
	int status;

	if (smartapp.definition == NULL) {
		refuse(app, rq, rs, 404, "");
		return;
	}
	struct json *v = smartapp_answer(&smartapp, rq->arena, &in, &status);
	response_json(rs, status, v);
}

static const struct route routes[] = {
	{ "/smartapp", "POST", answer, refuse },
	{ NULL, NULL, NULL, refuse },
};

int
main(void)
{
	const char *why = NULL;
	struct app app;

	app_open(&app, "smartapp-lifecycle", NULL, APP_STORE | APP_CATALOGUE | APP_KEYS);
	smartapp = (struct smartapp){ .config = app.config, .store = app.store, .keyring = app.keyring, .catalogue = app.catalogue };
	if (!smartapp_open(&smartapp, app.arena, &why)) {
		fprintf(stderr, "smartapp-lifecycle: %s\n", why);
		return 1;
	}
	const struct program program = { "smartapp-lifecycle", routes, (size_t)app.config->limits.body };
	int status = serve(&program, &app);
	smartapp_close(&smartapp);
	app_close(&app);
	return status;
}
