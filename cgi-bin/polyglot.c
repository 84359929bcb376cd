/* polyglot.c: node servers: small programs that bring devices from anywhere. Their messages, what others call for them, and
 * their owners' pages. */
#include "account/visitor.h"
#include "app.h"
#include "polyglot/api.h"
#include "polyglot/door.h"
#include "polyglot/outside.h"
#include "polyglot/page.h"
#include "web/serve.h"
#include "base/banned.h"

#define MAX_BODY 262144
#define WAITING 400	/* GETs for messages that one process keeps waiting */

int
main(void)
{
	static const struct route routes[] = {
		{ "/nodeservers", "GET POST", page_list, visitor_refuse },
		{ "/nodeservers/", "GET POST", page_one, visitor_refuse },
		{ "/polyglot/api/nodeservers", "GET POST", api_nodeservers, serve_refuse_json },
		{ "/polyglot/api/nodeservers/", "GET PATCH POST DELETE", api_nodeserver, serve_refuse_json },
		{ "/polyglot/ns/", "GET POST", door_messages, serve_refuse_json },
		{ "/api/sys/nsgetioturl", "GET", outside_start, serve_refuse_json },
		{ "/api/oauth/callback", "GET", outside_callback, visitor_refuse },
		{ "/ns/", "GET PUT POST DELETE PATCH OPTIONS", outside_webhook, serve_refuse_json },
		{ NULL, NULL, NULL, serve_refuse_json },
	};
	static const struct program program = { .name = "polyglot", .routes = routes, .max_body = MAX_BODY, .waiting = WAITING };
	struct app app;

	app_open(&app, program.name, NULL, APP_STORE | APP_KEYS | APP_CATALOGUE | APP_PAGES);
	int rc = serve(&program, &app);
	app_close(&app);
	return rc;
}
