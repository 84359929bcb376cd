/* console.c: the owner's pages: devices and how they are, links, activity, account. */
#include "account/activity_page.h"
#include "account/links.h"
#include "account/operator.h"
#include "account/profile.h"
#include "account/visitor.h"
#include "app.h"
#include "console/add_page.h"
#include "console/api.h"
#include "console/list_page.h"
#include "console/one_page.h"
#include "web/serve.h"
#include "base/banned.h"

#define MAX_BODY 65536

int
main(void)
{
	static const struct route routes[] = {
		{ "/", "GET", list_page, visitor_refuse },
		{ "/devices", "GET", list_page, visitor_refuse },
		{ "/devices/", "GET POST", one_page, visitor_refuse },
		{ "/new-device", "GET POST", add_page, visitor_refuse },
		{ "/console/devices", "GET POST", api_devices, serve_refuse_json },
		{ "/console/devices/", "GET POST DELETE", api_device, serve_refuse_json },
		{ "/links", "GET", links_page, visitor_refuse },
		{ "/links/", "GET POST", links_page, visitor_refuse },
		{ "/activity", "GET", activity_page, visitor_refuse },
		{ "/account", "GET POST", profile_account, visitor_refuse },
		{ "/operator", "GET POST", operator_page, visitor_refuse },
		{ "/console", "GET POST", api_unknown, serve_refuse_json },
		{ "/console/", "GET POST", api_unknown, serve_refuse_json },
		{ NULL, NULL, NULL, visitor_refuse },
	};
	static const struct program program = { .name = "console", .routes = routes, .max_body = MAX_BODY };
	struct app app;

	app_open(&app, program.name, NULL, APP_STORE | APP_KEYS | APP_CATALOGUE | APP_PAGES | APP_WEBAPPS | APP_LINKS |
	    APP_PASSWORDS);
	int rc = serve(&program, &app);
	app_close(&app);
	return rc;
}
