/* Codes and refresh tokens over time: once, one successor, a window for lost answers, no life after revocation.
 * long because: one test a story, and tokens have many. */
#include "oauth/code.h"
#include "oauth/grant.h"
#include "oauth/token.h"
#include "tests/unit/check.h"
#include "tests/unit/fixture.h"
#include "base/banned.h"

#define URI "https://good.test/cb"
#define VERIFIER "dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk"
#define CHALLENGE "E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM"

static const char *const uris[] = { URI, NULL };
static struct token_context x;
static struct client app, other, steady;
static struct user ann;
static int64_t ahead;	/* ms */

static void
wait_ms(int64_t ms)
{
	fixture_clock(ahead += ms);
}

static const char *
code_for(const struct client *c, const char *user, const char *challenge)
{
	static int page;
	struct json *devices = json_array(fx.arena);
	const char *text = NULL;
	bool again;

	json_append_string(fx.arena, devices, "lamp");
	struct code code = { .client = c->id, .user = user, .redirect_uri = URI, .challenge = challenge,
	    .scope = "devices:read devices:control", .devices = devices };
	if (code_issue(fx.store, fx.arena, fx.config, &code, arena_printf(fx.arena, "page%d", page++), &text, &again) != STORE_OK)
		fixture_fail("code", "");
	return text;
}

static enum oauth_error
redeem(const struct client *c, const char *code, const char *verifier, struct json **answer)
{
	return token_from_code(&x, c, code, URI, verifier, answer);
}

static enum oauth_error
refresh(const struct client *c, const char *token, struct json **answer)
{
	return token_from_refresh(&x, c, token, NULL, answer);
}

/* A fresh answer to a code of ann's for c. */
static struct json *
begin(const struct client *c)
{
	struct json *answer = NULL;

	if (redeem(c, code_for(c, ann.id, NULL), NULL, &answer) != OAUTH_OK)
		fixture_fail("redeem", "");
	return answer;
}

static const char *
refresh_of(const struct json *answer)
{
	return json_get_string(answer, "refresh_token");
}

static enum token_verdict
verdict(const struct json *answer, struct access_token *t, struct grant *g)
{
	return token_verify(&x, json_get_string(answer, "access_token"), t, g);
}

static void
test_answer(void)
{
	struct json *answer = begin(&app);
	struct access_token t;
	struct grant g;

	CHECK_STR(json_get_string(answer, "token_type"), "Bearer");
	CHECK_STR(json_get_string(answer, "scope"), "devices:read devices:control");
	CHECK(json_get_int(answer, "expires_in", 0) == fx.config->oauth.access_ttl);
	CHECK(json_count(answer) == 5);
	CHECK(verdict(answer, &t, &g) == TOKEN_OK);
	CHECK_STR(t.subject, ann.id);
	CHECK_STR(t.client, "app");
	CHECK(t.expires == t.issued + fx.config->oauth.access_ttl && grant_has_device(&g, "lamp"));
}

static void
test_code(void)
{
	struct json *answer, *first;
	struct access_token t;
	struct grant g;
	const char *code = code_for(&app, ann.id, NULL);

	CHECK_NAMED(redeem(&other, code, NULL, &answer) == OAUTH_INVALID_GRANT, "C22 another client's code");
	CHECK_NAMED(redeem(&app, code, NULL, &first) == OAUTH_OK, "... which stays its owner's");
	CHECK_NAMED(redeem(&other, code, NULL, &answer) == OAUTH_INVALID_GRANT && verdict(first, &t, &g) == TOKEN_OK,
	    "C22 another client's replay revokes nothing");
	CHECK_NAMED(redeem(&app, code, NULL, &answer) == OAUTH_INVALID_GRANT, "C20 code replay");
	CHECK_NAMED(refresh(&app, refresh_of(first), &answer) == OAUTH_INVALID_GRANT, "C21 its refresh token is dead");
	CHECK_NAMED(verdict(first, &t, &g) == TOKEN_REVOKED, "C21 its access token is dead");
	CHECK_STR(g.revoked, "code_replay");

	code = code_for(&app, ann.id, NULL);
	CHECK_NAMED(token_from_code(&x, &app, code, NULL, NULL, &answer) == OAUTH_INVALID_GRANT, "C23 no redirect_uri");
	CHECK_NAMED(redeem(&app, code, NULL, &answer) == OAUTH_INVALID_GRANT, "C29 burnt");
	code = code_for(&app, ann.id, NULL);
	CHECK_NAMED(token_from_code(&x, &app, code, URI "/", NULL, &answer) == OAUTH_INVALID_GRANT, "C24 another redirect_uri");
	code = code_for(&app, ann.id, CHALLENGE);
	CHECK_NAMED(redeem(&app, code, VERIFIER "x", &answer) == OAUTH_INVALID_GRANT, "C25 wrong verifier");
	CHECK_NAMED(redeem(&app, code, VERIFIER, &answer) == OAUTH_INVALID_GRANT, "C29 burnt by a wrong verifier");
	CHECK_NAMED(redeem(&app, code_for(&app, ann.id, CHALLENGE), NULL, &answer) == OAUTH_INVALID_GRANT, "C26 no verifier");
	CHECK_NAMED(redeem(&app, code_for(&app, ann.id, NULL), VERIFIER, &answer) == OAUTH_INVALID_GRANT, "C26b downgrade");
	CHECK(redeem(&app, code_for(&app, ann.id, CHALLENGE), VERIFIER, &answer) == OAUTH_OK);
}

static void
test_code_ends(void)
{
	struct user gone = fixture_user("gone"), off = fixture_user("off");
	const char *code = code_for(&app, ann.id, NULL), *of_gone = code_for(&app, gone.id, NULL),
	    *of_off = code_for(&app, off.id, NULL);
	struct json *answer;

	wait_ms(fx.config->oauth.code_ttl * 1000 - 5000);
	CHECK_NAMED(redeem(&app, code_for(&app, ann.id, NULL), NULL, &answer) == OAUTH_OK, "a code in its time");
	wait_ms(6000);
	CHECK_NAMED(redeem(&app, code, NULL, &answer) == OAUTH_INVALID_GRANT, "C48 expired code");
	of_gone = code_for(&app, gone.id, NULL);
	of_off = code_for(&app, off.id, NULL);
	CHECK(user_delete(fx.store, fx.arena, gone.id) == STORE_OK);
	CHECK(user_set_disabled(fx.store, fx.arena, off.id, true) == STORE_OK);
	CHECK_NAMED(redeem(&app, of_gone, NULL, &answer) == OAUTH_INVALID_GRANT, "C49 the user was deleted");
	CHECK_NAMED(redeem(&app, of_off, NULL, &answer) == OAUTH_INVALID_GRANT, "C49 the user was disabled");
}

static void
test_tampered(void)
{
	const char *code = code_for(&app, ann.id, NULL), *bad[] = { "", "x", "../x", "' OR 1=1 --", "%n%s", "code/a/b" };
	struct json *answer;
	char *flipped = arena_strdup(fx.arena, code);

	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++)
		CHECK_NAMED(redeem(&app, bad[i], NULL, &answer) == OAUTH_INVALID_GRANT, arena_printf(fx.arena, "C31 %s", bad[i]));
	CHECK(redeem(&app, arena_strndup(fx.arena, code, strlen(code) - 1), NULL, &answer) == OAUTH_INVALID_GRANT);
	CHECK(redeem(&app, arena_printf(fx.arena, "%sA", code), NULL, &answer) == OAUTH_INVALID_GRANT);
	CHECK(redeem(&app, arena_printf(fx.arena, "%s=", code), NULL, &answer) == OAUTH_INVALID_GRANT);
	flipped[30] = flipped[30] == 'A' ? 'B' : 'A';
	CHECK_NAMED(redeem(&app, flipped, NULL, &answer) == OAUTH_INVALID_GRANT, "C31 one character");
	CHECK(redeem(&app, arena_printf(fx.arena, "%060000d", 0), NULL, &answer) == OAUTH_INVALID_GRANT);
	CHECK_NAMED(redeem(&app, code, NULL, &answer) == OAUTH_OK, "the right one still works");
}

static void
test_rotation(void)
{
	struct json *one = begin(&app), *two, *again, *three, *answer;
	struct access_token t;
	struct grant g;

	CHECK(refresh(&app, refresh_of(one), &two) == OAUTH_OK && strcmp(refresh_of(one), refresh_of(two)) != 0);
	wait_ms(59000);
	CHECK_NAMED(refresh(&app, refresh_of(one), &again) == OAUTH_OK, "0.4 a lost answer may be asked for again");
	CHECK_STR(refresh_of(again), refresh_of(two));
	CHECK(refresh(&app, refresh_of(two), &three) == OAUTH_OK);
	CHECK_NAMED(refresh(&app, refresh_of(one), &answer) == OAUTH_INVALID_GRANT, "C32 replay of one whose successor was used");
	CHECK_NAMED(refresh(&app, refresh_of(three), &answer) == OAUTH_INVALID_GRANT, "C33 the newest of the family is dead too");
	CHECK(verdict(three, &t, &g) == TOKEN_REVOKED);
	CHECK_STR(g.revoked, "reuse");
}

static void
test_window(void)
{
	struct json *one = begin(&app), *two, *answer;

	CHECK(refresh(&app, refresh_of(one), &two) == OAUTH_OK);
	wait_ms(fx.config->oauth.refresh_retry_window * 1000 + 1000);
	CHECK_NAMED(refresh(&app, refresh_of(one), &answer) == OAUTH_INVALID_GRANT, "C32 replay after the window");
	CHECK_NAMED(refresh(&app, refresh_of(two), &answer) == OAUTH_INVALID_GRANT, "C33 ends the family");
	one = begin(&app);
	CHECK(refresh(&app, refresh_of(one), &two) == OAUTH_OK);
	wait_ms(fx.config->oauth.refresh_retry_window * 1000 + 1000);
	CHECK_NAMED(refresh(&app, refresh_of(two), &answer) == OAUTH_OK, "the current one works after the window");
	one = begin(&app);
	CHECK(refresh(&app, refresh_of(one), &two) == OAUTH_OK);
	wait_ms(-3600000);
	CHECK_NAMED(refresh(&app, refresh_of(two), &answer) == OAUTH_OK, "a clock set back locks nobody out");
	wait_ms(3600000);
}

static void
test_steady(void)
{
	struct json *one = begin(&steady), *two, *three;

	CHECK(refresh(&steady, refresh_of(one), &two) == OAUTH_OK && refresh(&steady, refresh_of(one), &three) == OAUTH_OK);
	CHECK_STR(refresh_of(two), refresh_of(one));
	CHECK(strcmp(json_get_string(two, "access_token"), json_get_string(three, "access_token")) != 0);
}

static void
test_others(void)
{
	struct json *one = begin(&app), *answer;
	const char *code = code_for(&app, ann.id, NULL);
	char *flipped = arena_strdup(fx.arena, refresh_of(one));

	CHECK_NAMED(refresh(&other, refresh_of(one), &answer) == OAUTH_INVALID_GRANT, "C34 another client's refresh token");
	CHECK_NAMED(refresh(&app, json_get_string(one, "access_token"), &answer) == OAUTH_INVALID_GRANT, "C38 access as refresh");
	CHECK_NAMED(redeem(&app, refresh_of(one), NULL, &answer) == OAUTH_INVALID_GRANT, "C38 refresh token as code");
	CHECK_NAMED(refresh(&app, code, &answer) == OAUTH_INVALID_GRANT, "C38 code as refresh token");
	for (size_t i = 0; i < strlen(flipped); i += 7) {
		char *t = arena_strdup(fx.arena, flipped);
		t[i] = t[i] == 'A' ? 'B' : 'A';
		if (refresh(&app, t, &answer) != OAUTH_INVALID_GRANT)
			CHECK_NAMED(false, "a refresh token with one character changed");
	}
	CHECK(refresh(&app, "", &answer) == OAUTH_INVALID_GRANT);
	CHECK(refresh(&app, arena_printf(fx.arena, "%s=", refresh_of(one)), &answer) == OAUTH_INVALID_GRANT);
	CHECK_NAMED(refresh(&app, refresh_of(one), &answer) == OAUTH_OK, "C34 the owner keeps working");
	struct access_token t;
	struct grant g;
	CHECK_NAMED(token_verify(&x, refresh_of(one), &t, &g) == TOKEN_INVALID, "C38 refresh token as access token");
}

static void
test_scope(void)
{
	struct json *one = begin(&app), *narrow, *wide, *answer;

	CHECK_NAMED(token_from_refresh(&x, &app, refresh_of(one), "devices:launch", &answer) == OAUTH_INVALID_SCOPE, "C35 unknown");
	CHECK_NAMED(token_from_refresh(&x, &app, refresh_of(one), "devices:read", &narrow) == OAUTH_OK, "C36 narrower");
	CHECK_STR(json_get_string(narrow, "scope"), "devices:read");
	CHECK(refresh(&app, refresh_of(narrow), &wide) == OAUTH_OK);
	CHECK_STR(json_get_string(wide, "scope"), "devices:read devices:control");
	struct json *devices = json_array(fx.arena);
	struct grant g = { .user = ann.id, .client = "app", .scope = "devices:read", .devices = devices };
	CHECK(grant_create(fx.store, fx.arena, &g, 3600, 7200) == STORE_OK);
	CHECK(token_for_grant(&x, &app, &g, 120, &answer) == OAUTH_OK && json_get_int(answer, "expires_in", 0) == 120);
	CHECK_NAMED(token_from_refresh(&x, &app, refresh_of(answer), "devices:read devices:control", &wide) == OAUTH_INVALID_SCOPE,
	    "C35 wider than granted, though registered");
	CHECK_NAMED(refresh(&app, refresh_of(answer), &wide) == OAUTH_OK, "C35 and the token is not spent by it");
}

/* D64: what the token says is old; what the store says counts. */
static void
test_revoked(void)
{
	struct user u = fixture_user("bob");
	struct access_token t;
	struct grant g;
	struct json *one = NULL, *answer;

	CHECK(redeem(&app, code_for(&app, u.id, NULL), NULL, &one) == OAUTH_OK && verdict(one, &t, &g) == TOKEN_OK);
	CHECK(user_set_disabled(fx.store, fx.arena, u.id, true) == STORE_OK);
	CHECK_NAMED(verdict(one, &t, &g) == TOKEN_INVALID, "D64 disabled user");
	CHECK_NAMED(refresh(&app, refresh_of(one), &answer) == OAUTH_INVALID_GRANT, "a disabled user's refresh token");
	CHECK(user_set_disabled(fx.store, fx.arena, u.id, false) == STORE_OK && verdict(one, &t, &g) == TOKEN_OK);
	app.disabled = true;
	fixture_save(&app);
	CHECK_NAMED(verdict(one, &t, &g) == TOKEN_INVALID, "D64 disabled client");
	app.disabled = false;
	fixture_save(&app);
	CHECK(grant_revoke(fx.store, fx.arena, u.id, t.grant, "user") == STORE_OK);
	CHECK_NAMED(verdict(one, &t, &g) == TOKEN_REVOKED, "D64 revoked family");
	CHECK_NAMED(refresh(&app, refresh_of(one), &answer) == OAUTH_INVALID_GRANT, "a revoked family's refresh token");
	CHECK(redeem(&app, code_for(&app, u.id, NULL), NULL, &one) == OAUTH_OK && verdict(one, &t, &g) == TOKEN_OK);
	CHECK(user_delete(fx.store, fx.arena, u.id) == STORE_OK);
	CHECK_NAMED(verdict(one, &t, &g) == TOKEN_INVALID, "D64 deleted user");
	CHECK_NAMED(refresh(&app, refresh_of(one), &answer) == OAUTH_INVALID_GRANT, "a deleted user's refresh token");
}

static void
test_time(void)
{
	struct json *one = begin(&app), *answer;
	struct access_token t;
	struct grant g;

	wait_ms(fx.config->oauth.access_ttl * 1000 + 1000);
	CHECK_NAMED(verdict(one, &t, &g) == TOKEN_EXPIRED, "D41 expired, and told from forged");
	CHECK(refresh(&app, refresh_of(one), &answer) == OAUTH_OK);
	wait_ms(fx.config->oauth.refresh_idle_ttl * 1000 - 60000);
	CHECK_NAMED(refresh(&app, refresh_of(answer), &answer) == OAUTH_OK, "C50 used just before its idle end");
	wait_ms(fx.config->oauth.refresh_idle_ttl * 1000 + 60000);
	CHECK_NAMED(refresh(&app, refresh_of(answer), &answer) == OAUTH_INVALID_GRANT, "C50 idle for too long");
}

int
main(void)
{
	fixture_begin();
	x = (struct token_context){ fx.config, fx.store, fx.keyring, fx.arena };
	log_open("test", LOG_LEVEL_ERROR + 1);
	ann = fixture_user("ann");
	app = fixture_client("app", uris);
	other = fixture_client("apq", uris);	/* an id as long as app's */
	steady = fixture_client("steady", uris);
	steady.rotate = false;
	fixture_save(&app);
	fixture_save(&other);
	fixture_save(&steady);
	test_answer();
	test_code();
	test_code_ends();
	test_tampered();
	test_rotation();
	test_window();
	test_steady();
	test_others();
	test_scope();
	test_revoked();
	test_time();
	fixture_end();
	return check_end();
}
