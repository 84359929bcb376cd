/* service-manager.c: links with vendors' clouds: choose one, log in there, choose devices. */
#include "account/visitor.h"
#include "app.h"
#include "connect/api.h"
#include "connect/login.h"
#include "connect/pages.h"
#include "web/serve.h"
#include "base/banned.h"

#define MAX_BODY 65536

int
main(void)
{
	static const struct route routes[] = {
		{ "/connect", "GET", pages_list, visitor_refuse },
		{ "/connect/", "GET POST", pages_one, visitor_refuse },
		{ "/oauth/initialize", "GET", login_initialize, visitor_refuse },
		{ "/oauth/callback", "GET", login_callback, visitor_refuse },
		{ "/api/links", "GET POST", api_links, serve_refuse_json },
		{ "/api/links/", "GET POST PUT PATCH DELETE", api_one_link, serve_refuse_json },
		{ NULL, NULL, NULL, visitor_refuse },
	};
	static const struct program program = { .name = "service-manager", .routes = routes, .max_body = MAX_BODY };
	struct app app;

	app_open(&app, program.name, NULL, APP_STORE | APP_KEYS | APP_CATALOGUE | APP_PAGES | APP_LINKS);
	int rc = serve(&program, &app);
	app_close(&app);
	return rc;
}
