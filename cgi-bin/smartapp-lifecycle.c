/* smartapp-lifecycle.c: the URL that SmartThings sends a SmartApp's lifecycle requests to; and what the app's settings know of
 * links with other makers' clouds, which the app's own room does not. */
#include <stdbool.h>
#include <stdio.h>
#include <string.h>

#include "app.h"
#include "base/arena.h"
#include "base/config.h"
#include "link/app_login.h"
#include "link/connector.h"
#include "link/link.h"
#include "smartapp/incoming.h"
#include "smartapp/logins.h"
#include "smartapp/smartapp.h"
#include "web/form.h"
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

/* --- logins at other makers' clouds --- */

static bool
known(void *arg, const char *connector)
{
	const struct app *app = arg;

	return connectors_find(app->links->connectors, connector) != NULL;
}

static enum smartapp_login
begin(void *arg, struct arena *a, const char *connector, const char *user, const char *installed, const char **url, const char **why)
{
	const struct app *app = arg;
	char *open = NULL;

	switch (app_login_begin(app->links, a, connector, user, installed, &open)) {
	case APP_LOGIN_OPEN:
		*url = open;
		return SMARTAPP_LOGIN_OPEN;
	case APP_LOGIN_LINKED:
		return SMARTAPP_LOGIN_LINKED;
	case APP_LOGIN_ELSEWHERE:
		*url = arena_printf(a, "%s/connect", app->config->public_url);
		return SMARTAPP_LOGIN_ELSEWHERE;
	case APP_LOGIN_UNKNOWN:
		*why = arena_printf(a, "a setting names the connector %s and the user %s: one of them is not there", connector, user);
		return SMARTAPP_LOGIN_FAILED;
	default:
		*why = "the store cannot keep a login now";
		return SMARTAPP_LOGIN_FAILED;
	}
}

static enum smartapp_login
finish(void *arg, struct arena *a, const char *installed, const char *url_path, const char **why)
{
	const struct app *app = arg;
	const char *query = strchr(url_path, '?');
	struct pair *pairs = NULL;

	if (query == NULL || !form_decode(a, query + 1, strcspn(query + 1, "#"), &pairs))
		return SMARTAPP_LOGIN_STRANGER;
	switch (app_login_finish(app->links, a, installed, form_get(pairs, "state"), form_get(pairs, "code"),
	    form_get(pairs, "iss"), form_get(pairs, "error"))) {
	case APP_LOGIN_LINKED:
		return SMARTAPP_LOGIN_LINKED;
	case APP_LOGIN_DECLINED:
		return SMARTAPP_LOGIN_DECLINED;
	case APP_LOGIN_REFUSED:
		*why = "the vendor gave nothing for the code";
		return SMARTAPP_LOGIN_FAILED;
	case APP_LOGIN_UNAVAILABLE:
		*why = "the store cannot keep a link now";
		return SMARTAPP_LOGIN_FAILED;
	default:
		return SMARTAPP_LOGIN_STRANGER;
	}
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

	app_open(&app, "smartapp-lifecycle", NULL, APP_STORE | APP_CATALOGUE | APP_KEYS | APP_LINKS);
	const struct smartapp_logins logins = { known, begin, finish, &app };
	smartapp = (struct smartapp){ .config = app.config, .store = app.store, .keyring = app.keyring, .catalogue = app.catalogue,
		.logins = &logins };
	if (!smartapp_open(&smartapp, app.arena, &why)) {
		fprintf(stderr, "smartapp-lifecycle: %s\n", why);
		return 1;
	}
	const struct program program = { .name = "smartapp-lifecycle", .routes = routes, .max_body = (size_t)app.config->limits.body };
	int status = serve(&program, &app);
	smartapp_close(&smartapp);
	app_close(&app);
	return status;
}
