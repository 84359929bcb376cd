/* simulator.c: plays SmartThings against this same server: links an account, shows its devices as a phone would, and every
 * message on the way.
 *
 * It is a client like any other: it knows this server by its public URL only. Where the config does not switch it on,
 * there is nothing at its addresses. */
#include <stddef.h>

#include "app.h"
#include "base/arena.h"
#include "sim/act.h"
#include "sim/app_act.h"
#include "sim/app_back.h"
#include "sim/callback.h"
#include "sim/link.h"
#include "sim/pages.h"
#include "sim/platform.h"
#include "sim/sim.h"
#include "web/serve.h"
#include "base/banned.h"

#define MAX_BODY 262144

static void
nothing(struct app *app, const struct request *rq, struct response *rs)
{
	serve_refuse_json(app, rq, rs, 404, "There is nothing at this address.");
}

int
main(void)
{
	static const struct route routes[] = {
		{ "/sim", "GET", pages_phone, sim_refuse },
		{ "/sim/link", "GET POST", link_begin, sim_refuse },
		{ "/sim/callback", "GET", link_back, sim_refuse },
		{ "/sim/callback/token", "POST", callback_token, serve_refuse_json },
		{ "/sim/callback/event", "POST", callback_event, serve_refuse_json },
		{ "/sim/do", "POST", act_do, sim_refuse },
		{ "/sim/wire", "GET", pages_wire, sim_refuse },
		{ "/sim/wire/", "GET POST", pages_exchange, sim_refuse },
		{ "/sim/app", "GET POST", app_act_page, sim_refuse },
		{ "/sim/smartthings/pl/", "GET", platform_key, serve_refuse_json },
		{ "/sim/smartthings/apps/", "GET", platform_confirm, serve_refuse_json },
		{ "/sim/smartthings/oauth/token", "POST", platform_token, serve_refuse_json },
		{ "/sim/smartthings/oauth/callback", "GET", app_back, sim_refuse },
		{ "/sim/smartthings/v1/", "GET POST DELETE", platform_api, serve_refuse_json },
		{ "/sim/checks", "GET", pages_checks, sim_refuse },
		{ "/sim/api/home", "GET", pages_phone, serve_refuse_json },
		{ "/sim/api/app", "GET POST", app_act_page, serve_refuse_json },
		{ "/sim/api/link", "POST", link_begin, serve_refuse_json },
		{ "/sim/api/do", "POST", act_do, serve_refuse_json },
		{ "/sim/api/wire", "GET", pages_wire, serve_refuse_json },
		{ "/sim/api/wire/", "GET POST", pages_exchange, serve_refuse_json },
		{ "/sim/api/", "GET POST", nothing, serve_refuse_json },
		{ NULL, NULL, NULL, sim_refuse },
	};
	static const struct program program = { .name = "simulator", .routes = routes, .max_body = MAX_BODY };
	struct app app;

	app_open(&app, program.name, NULL, APP_STORE | APP_PAGES);
	int rc = serve(&program, &app);
	app_close(&app);
	return rc;
}
