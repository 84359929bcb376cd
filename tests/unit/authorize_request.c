/* The authorization request: which mistake stays here, which goes back to the client, and the addresses of answers. */
#include "oauth/authorize_request.h"
#include "tests/unit/check.h"
#include "tests/unit/fixture.h"
#include "web/form.h"
#include "base/banned.h"

#define R "https%3A%2F%2Fgood.test%2Fcb"
#define H "E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM"
#define PKCE "&code_challenge=" H "&code_challenge_method=S256"
#define APP "client_id=app&redirect_uri=" R
#define ASK APP "&response_type=code&state=st"

static struct authorize_request rq;

static const char *
parameter(const void *from, const char *name, size_t *count)
{
	*count = form_count(from, name);
	return form_get(from, name);
}

static struct authorize_outcome
check(const char *query)
{
	struct pair *list;

	if (!form_decode(fx.arena, query, strlen(query), &list))
		fixture_fail("query", query);
	return authorize_check(fx.store, fx.arena, parameter, list, &rq);
}

static void
test_fine(void)
{
	CHECK(check(ASK PKCE).verdict == AUTHORIZE_OK);
	CHECK_STR(rq.client.id, "app");
	CHECK_STR(rq.redirect_uri, "https://good.test/cb");
	CHECK_STR(rq.state, "st");
	CHECK_STR(rq.scope, "devices:read devices:control");
	CHECK_STR(rq.challenge, H);
	CHECK_NAMED(check(APP "&response_type=code" PKCE).verdict == AUTHORIZE_OK && rq.state == NULL, "A43 no state");
	CHECK_NAMED(check(APP "&response_type=code&state=&scope=" PKCE).verdict == AUTHORIZE_OK && rq.state == NULL,
	    "A54 empty is absent");
	CHECK_NAMED(check(ASK PKCE "&request=&request_uri=").verdict == AUTHORIZE_OK, "A54 empty request and request_uri");
	CHECK_NAMED(check(ASK PKCE "&foo=bar&foo=baz").verdict == AUTHORIZE_OK, "A49 unknown parameters");
	CHECK_NAMED(check(ASK PKCE "&client_secret=x").verdict == AUTHORIZE_OK, "A50 client_secret in the query");
	CHECK(check(ASK PKCE "&response_mode=query").verdict == AUTHORIZE_OK);
	CHECK(check("client_id=free&response_type=code").verdict == AUTHORIZE_OK && rq.challenge == NULL);
	CHECK_STR(rq.redirect_uri, "https://only.test/cb?fixed=1");
	CHECK(check("client_id=free&response_type=code" PKCE).verdict == AUTHORIZE_OK && rq.challenge != NULL);
	CHECK(check(ASK PKCE "&scope=devices:read").verdict == AUTHORIZE_OK);
	CHECK_STR(rq.scope, "devices:read");
}

static void
test_stay(void)
{
	static const struct { const char *query, *text, *name; } rows[] = {
		{ "client_id=nobody&redirect_uri=" R, "error_unknown_client", "A01 unknown client" },
		{ "client_id=off&redirect_uri=" R, "error_unknown_client", "A01 disabled client" },
		{ "client_id=../app&redirect_uri=" R, "error_unknown_client", "A01 a path as client" },
		{ "redirect_uri=" R, "error_no_client", "A02 no client_id" },
		{ "client_id=&redirect_uri=" R, "error_no_client", "A02 empty client_id" },
		{ "client_id=app&response_type=code", "error_no_redirect", "A03 no redirect_uri, several registered" },
		{ "client_id=app&redirect_uri=http://evil.test/cb", "error_bad_redirect", "A04 foreign host" },
		{ "client_id=app&redirect_uri=" R "&redirect_uri=http://evil.test", "error_repeated_redirect", "A25 redirect_uri twice" },
		{ "client_id=free&redirect_uri=&redirect_uri=", "error_repeated_redirect", "A25 twice and empty" },
		{ "client_id=app&client_id=free&redirect_uri=" R, "error_repeated_client", "A26 client_id twice" },
		{ "client_id=app&redirect_uri=http://evil.test&response_type=bad", "error_bad_redirect", "A27 an error that leads away" },
	};

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct authorize_outcome o = check(rows[i].query);
		CHECK_NAMED(o.verdict == AUTHORIZE_STAY && strcmp(o.text, rows[i].text) == 0, rows[i].name);
	}
	CHECK_STR(check("client_id=app&redirect_uri=http://evil.test/<x>").refused, "http://evil.test/<x>");
}

static void
test_back(void)
{
	static const struct { const char *query; enum oauth_error e; const char *name; } rows[] = {
		{ APP "&state=st" PKCE, OAUTH_INVALID_REQUEST, "A30 no response_type" },
		{ APP "&response_type=token" PKCE, OAUTH_UNSUPPORTED_RESPONSE_TYPE, "A31 token" },
		{ APP "&response_type=id_token" PKCE, OAUTH_UNSUPPORTED_RESPONSE_TYPE, "A31 id_token" },
		{ APP "&response_type=code+token" PKCE, OAUTH_UNSUPPORTED_RESPONSE_TYPE, "A31 code token" },
		{ APP "&response_type=CODE" PKCE, OAUTH_UNSUPPORTED_RESPONSE_TYPE, "A31 CODE" },
		{ ASK "&response_type=code" PKCE, OAUTH_INVALID_REQUEST, "A32 response_type twice" },
		{ ASK "&state=other" PKCE, OAUTH_INVALID_REQUEST, "A33 state twice" },
		{ ASK "&scope=devices:launch" PKCE, OAUTH_INVALID_SCOPE, "A34 unknown scope" },
		{ ASK "&scope=devices:read&scope=devices:read" PKCE, OAUTH_INVALID_REQUEST, "scope twice" },
		{ ASK, OAUTH_INVALID_REQUEST, "A35 no challenge where required" },
		{ ASK "&code_challenge=" H "&code_challenge_method=plain", OAUTH_INVALID_REQUEST, "A36 plain" },
		{ ASK "&code_challenge=" H, OAUTH_INVALID_REQUEST, "A37 method left out" },
		{ ASK "&code_challenge_method=S256", OAUTH_INVALID_REQUEST, "A35 a method and no challenge" },
		{ ASK "&code_challenge=abc&code_challenge_method=S256", OAUTH_INVALID_REQUEST, "A38 too short" },
		{ ASK "&code_challenge=" H "A&code_challenge_method=S256", OAUTH_INVALID_REQUEST, "A39 44 characters" },
		{ ASK "&code_challenge=E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw%2BcM&code_challenge_method=S256",
		    OAUTH_INVALID_REQUEST, "A39 illegal character" },
		{ ASK PKCE "&code_challenge=" H, OAUTH_INVALID_REQUEST, "code_challenge twice" },
		{ ASK PKCE "&code_challenge_method=plain", OAUTH_INVALID_REQUEST, "code_challenge_method twice" },
		{ "client_id=free&response_type=code&code_challenge_method=plain", OAUTH_INVALID_REQUEST, "A36 plain, optional client" },
		{ ASK PKCE "&request=eyJhbGciOiJub25lIn0.e30.", OAUTH_REQUEST_NOT_SUPPORTED, "A47 request object" },
		{ ASK PKCE "&request=a&request=b", OAUTH_REQUEST_NOT_SUPPORTED, "A47 twice" },
		{ ASK PKCE "&request_uri=http://169.254.169.254/", OAUTH_REQUEST_URI_NOT_SUPPORTED, "A48 request_uri" },
		{ ASK PKCE "&response_mode=fragment", OAUTH_INVALID_REQUEST, "A53 fragment" },
		{ ASK PKCE "&response_mode=form_post", OAUTH_INVALID_REQUEST, "A53 form_post" },
		{ ASK PKCE "&response_mode=web_message", OAUTH_INVALID_REQUEST, "A53 web_message" },
		{ "client_id=service&response_type=code" PKCE, OAUTH_UNAUTHORIZED_CLIENT, "a client that may not use codes" },
	};

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct authorize_outcome o = check(rows[i].query);
		CHECK_NAMED(o.verdict == AUTHORIZE_BACK && o.error == rows[i].e, rows[i].name);
		CHECK(o.description == NULL || strpbrk(o.description, "\"\\\r\n") == NULL);
	}
	check(ASK "&state=other" PKCE);
	CHECK_STR(rq.state, NULL);
	CHECK_NAMED(check(arena_printf(fx.arena, "%s%04094d%s", ASK, 0, PKCE)).verdict == AUTHORIZE_OK, "A42 a state of 4 KiB");
	CHECK(check(arena_printf(fx.arena, "%s%04095d%s", ASK, 0, PKCE)).verdict == AUTHORIZE_BACK);
}

/* A40, A41: the state leaves byte for byte, and nothing in it ends a parameter or a header. */
static void
test_addresses(void)
{
	check(APP "&response_type=code&state=%3C%3E%22%27%26%2B%25%0d%0a%F0%9F%92%A1+x%3D%23" PKCE);
	char *there = authorize_answer(fx.arena, &rq, "http://127.0.0.1:8080", "CODE");
	CHECK_STR(there, "https://good.test/cb?code=CODE&state=%3C%3E%22%27%26%2B%25%0D%0A%F0%9F%92%A1%20x%3D%23&"
	    "iss=http%3A%2F%2F127.0.0.1%3A8080");
	struct pair *list;
	char *query = strchr(there, '?') + 1;
	CHECK(form_decode(fx.arena, query, strlen(query), &list));
	CHECK_STR(form_get(list, "state"), "<>\"'&+%\r\n\xf0\x9f\x92\xa1 x=#");
	CHECK_STR(authorize_refusal(fx.arena, &rq, "http://x", OAUTH_ACCESS_DENIED, NULL),
	    "https://good.test/cb?error=access_denied&state=%3C%3E%22%27%26%2B%25%0D%0A%F0%9F%92%A1%20x%3D%23&iss=http%3A%2F%2Fx");
	check("client_id=free&response_type=code");
	CHECK_STR(authorize_answer(fx.arena, &rq, "http://x", "CODE"), "https://only.test/cb?fixed=1&code=CODE&iss=http%3A%2F%2Fx");
	CHECK_STR(authorize_refusal(fx.arena, &rq, "http://x", OAUTH_SERVER_ERROR, "a b"),
	    "https://only.test/cb?fixed=1&error=server_error&error_description=a%20b&iss=http%3A%2F%2Fx");
}

static const char *
origin(const char *uri)
{
	rq.redirect_uri = uri;
	return authorize_origin(fx.arena, &rq);
}

static void
test_travelling(void)
{
	struct authorize_request back;

	check(ASK PKCE "&scope=devices:read");
	struct json *j = authorize_to_json(fx.arena, &rq);
	CHECK(authorize_from_json(fx.store, fx.arena, j, &back));
	CHECK_STR(authorize_query(fx.arena, &back), "client_id=app&response_type=code&redirect_uri=" R
	    "&scope=devices%3Aread&state=st&code_challenge=" H "&code_challenge_method=S256");
	CHECK(check(authorize_query(fx.arena, &back)).verdict == AUTHORIZE_OK);
	json_set_string(fx.arena, j, "redirect_uri", "https://evil.test/");
	CHECK(!authorize_from_json(fx.store, fx.arena, j, &back));
	json_set_string(fx.arena, j, "redirect_uri", "https://good.test/cb");
	json_set_string(fx.arena, j, "client", "off");
	CHECK(!authorize_from_json(fx.store, fx.arena, j, &back));
	CHECK(!authorize_from_json(fx.store, fx.arena, NULL, &back));
	CHECK_STR(origin("https://good.test/cb?x"), "https://good.test");
	CHECK_STR(origin("http://127.0.0.1:8080/cb"), "http://127.0.0.1:8080");
	CHECK_STR(origin("https://good.test?x"), "https://good.test");
	CHECK_STR(origin("com.example.app:/cb"), "com.example.app:");
	CHECK_STR(origin("https://good.test;script-src/x"), "'none'");
	CHECK_STR(origin("https://good.test,x/"), "'none'");
}

int
main(void)
{
	fixture_begin();
	struct client app = fixture_client("app", (const char *const[]){ "https://good.test/cb", "https://good.test/cb2", NULL });
	struct client off = app, free_one, service;
	app.pkce_required = true;
	fixture_save(&app);
	off.id = "off";
	off.disabled = true;
	fixture_save(&off);
	free_one = fixture_client("free", (const char *const[]){ "https://only.test/cb?fixed=1", NULL });
	fixture_save(&free_one);
	service = fixture_client("service", (const char *const[]){ "https://good.test/cb", NULL });
	service.grants = "client_credentials";
	fixture_save(&service);
	test_fine();
	test_stay();
	test_back();
	test_addresses();
	test_travelling();
	fixture_end();
	return check_end();
}
