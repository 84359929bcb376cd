/* simulator.c: plays SmartThings' part in linking an account: opens the authorization page, shows what came back.
 *
 * It is a client like any other: it knows this server by its public URL only. Where the config does not switch it on,
 * there is nothing at its addresses. */
#include <string.h>

#include "account/visitor.h"
#include "app.h"
#include "base/arena.h"
#include "base/config.h"
#include "base/json.h"
#include "base/secret.h"
#include "web/cookie.h"
#include "web/form.h"
#include "web/request.h"
#include "web/response.h"
#include "web/serve.h"
#include "base/banned.h"

#define MAX_BODY 65536
#define STATE_COOKIE "gatehouse-sim-state"
#define STATE_KEPT 3600
#define CODE_SIGNS "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_"
#define CLIENT "smartthings"	/* the client that a demo instance registers for SmartThings */

static char *
callback_uri(const struct app *app, struct arena *a)
{
	return arena_printf(a, "%s/sim/callback", app->config->public_url);
}

static bool
switched_on(struct app *app, const struct request *rq, struct response *rs)
{
	if (!app->config->simulator)
		visitor_refuse(app, rq, rs, 404, "");
	return app->config->simulator;
}

static void
start(struct app *app, const struct request *rq, struct response *rs)
{
	struct arena *a = rq->arena;
	char *state = secret_token(a, 24), *query;

	if (!switched_on(app, rq, rs))
		return;
	query = form_add(a, "", "client_id", CLIENT);
	query = form_add(a, query, "redirect_uri", callback_uri(app, a));
	query = form_add(a, query, "response_type", "code");
	query = form_add(a, query, "state", state);
	response_redirect(rs, arena_printf(a, "%s/authorize?%s", app->config->public_url, query));
	cookie_set(rs, STATE_COOKIE, state, visitor_secure(app), STATE_KEPT);
}

static void
callback(struct app *app, const struct request *rq, struct response *rs)
{
	struct arena *a = rq->arena;
	struct json *data = json_object(a);
	const char *code = request_query(rq, "code"), *state = request_query(rq, "state"), *ours = cookie_get(rq, STATE_COOKIE);

	if (!switched_on(app, rq, rs))
		return;
	bool kept = state != NULL && ours != NULL && strcmp(state, ours) == 0;
	/* Somebody will paste it into a shell: nothing but what a code can be, and only if we asked for it. */
	if (kept && code != NULL && strspn(code, CODE_SIGNS) == strlen(code))
		json_set_string(a, data, "code", code);
	json_set_string(a, data, "error", request_query(rq, "error"));
	json_set_string(a, data, "state", state);
	json_set_bool(a, data, "state_kept", kept);
	json_set_string(a, data, "root", app->config->root);
	visitor_page(app, rq, rs, NULL, 200, "sim-callback", data, NULL);
}

int
main(void)
{
	static const struct route routes[] = {
		{ "/sim/link", "GET", start, visitor_refuse },
		{ "/sim/callback", "GET", callback, visitor_refuse },
		{ NULL, NULL, NULL, visitor_refuse },
	};
	static const struct program program = { "simulator", routes, MAX_BODY };
	struct app app;

	app_open(&app, program.name, NULL, APP_PAGES);
	int rc = serve(&program, &app);
	app_close(&app);
	return rc;
}
