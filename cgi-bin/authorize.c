/* authorize.c: the authorization endpoint (RFC 6749 3.1) and the pages where owners sign in. */
#include "account/consent.h"
#include "account/device_page.h"
#include "account/signin.h"
#include "account/visitor.h"
#include "app.h"
#include "web/serve.h"
#include "base/banned.h"

#define MAX_BODY 65536

int
main(void)
{
	static const struct route routes[] = {
		{ "/authorize", "GET POST", consent_authorize, visitor_refuse },
		{ "/oauth/authorize", "GET POST", consent_authorize, visitor_refuse },
		{ "/login", "GET POST", signin_login, visitor_refuse },
		{ "/register", "GET POST", signin_register, visitor_refuse },
		{ "/logout", "GET POST", signin_logout, visitor_refuse },
		{ "/device", "GET POST", device_page, visitor_refuse },
		{ NULL, NULL, NULL, visitor_refuse },
	};
	static const struct program program = { .name = "authorize", .routes = routes, .max_body = MAX_BODY };
	struct app app;

	app_open(&app, program.name, NULL, APP_STORE | APP_KEYS | APP_CATALOGUE | APP_PAGES | APP_WEBAPPS | APP_PASSWORDS);
	int rc = serve(&program, &app);
	app_close(&app);
	return rc;
}
