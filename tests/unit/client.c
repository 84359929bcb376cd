/* Registered clients: kept as saved, checked before, and what they may ask for. */
#include "tests/unit/check.h"
#include "tests/unit/fixture.h"
#include "base/banned.h"

#define URI "https://good.test/cb"
#define SECOND "https://good.test/cb2"

static const char *const uris[] = { URI, SECOND, NULL };

static void
test_saving(void)
{
	struct client c = fixture_client("one", uris), back;
	bool exists;

	CHECK(client_find(fx.store, fx.arena, "one", &back) == STORE_ABSENT);
	c.scope_aliases = json_parse(fx.arena, "{\"read\":\"devices:read\"}", 23, NULL);
	c.access_ttl = 120;
	c.pkce_required = true;
	CHECK(client_save(fx.store, fx.arena, &c, false, &exists) == STORE_OK && !exists);
	CHECK(client_find(fx.store, fx.arena, "one", &back) == STORE_OK);
	CHECK_STR(back.name, "A client");
	CHECK_STR(back.scope, "devices:read devices:control");
	CHECK(back.auth == CLIENT_AUTH_ANY && back.pkce_required && back.rotate && back.access_ttl == 120 && !back.disabled);
	CHECK(client_redirect_ok(&back, URI) && client_redirect_ok(&back, SECOND));
	c.name = "Changed";
	CHECK(client_save(fx.store, fx.arena, &c, false, &exists) == STORE_OK && exists);
	CHECK(client_find(fx.store, fx.arena, "one", &back) == STORE_OK);
	CHECK_STR(back.name, "A client");
	CHECK(client_save(fx.store, fx.arena, &c, true, &exists) == STORE_OK && exists);
	CHECK(client_find(fx.store, fx.arena, "one", &back) == STORE_OK);
	CHECK_STR(back.name, "Changed");
	CHECK(strstr(json_print(fx.arena, client_show(fx.arena, &back)), back.secret_hash) == NULL);
	CHECK(client_delete(fx.store, fx.arena, "one") == STORE_OK);
	CHECK(client_delete(fx.store, fx.arena, "one") == STORE_ABSENT);
	CHECK(client_find(fx.store, fx.arena, "a/b", &back) == STORE_ABSENT);
	CHECK(client_find(fx.store, fx.arena, "", &back) == STORE_ABSENT);
}

static void
test_registration(void)
{
	static const char *const bad[] = { "", "good.test/cb", "/cb", "//evil.test/cb", "https:", "https://", "https:///cb",
	    "https://good.test/cb#x", "https://user@good.test/cb", "https://u:p@good.test/", "https://good.test/a b",
	    "https://good.test/\\@evil.test", "https://good.test/,http://evil.test/", "javascript:alert(1)", "JavaScript:x",
	    "data:text/html,x", "https://good.test/\r\nX: 1", "https://good.test/\"", "https://good.test/<", "ht tp://x/",
	    "https://good.test/\xc3\xa9" };
	static const char *const good[] = { "https://good.test", "https://good.test/cb?x=1", "http://127.0.0.1:8080/sim/callback",
	    "com.example.app:/cb", "https://good.test/a@b", "http://[::1]:3000/cb" };

	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		struct client c = fixture_client("one", (const char *const[]){ bad[i], NULL });
		CHECK_NAMED(client_check(fx.arena, &c) != NULL, arena_printf(fx.arena, "redirect URI row %zu is refused", i));
	}
	for (size_t i = 0; i < sizeof(good) / sizeof(good[0]); i++) {
		struct client c = fixture_client("one", (const char *const[]){ good[i], NULL });
		CHECK_STR(client_check(fx.arena, &c), NULL);
	}
}

/* Does the change make a client that is refused? */
#define REFUSED(change) do { \
	struct client c = fixture_client("one", uris); \
	change; \
	CHECK_NAMED(client_check(fx.arena, &c) != NULL, "refused: " #change); \
} while (0)

static void
test_check(void)
{
	static const char *const none[] = { NULL };

	REFUSED(c.id = "");
	REFUSED(c.id = "a/b");
	REFUSED(c.id = "a b");
	REFUSED(c.id = NULL);
	REFUSED(c.name = "");
	REFUSED(c.name = "a\nb");
	REFUSED(c.scope = "");
	REFUSED(c.scope = "a\"b");
	REFUSED(c.scope = "a\\b");
	REFUSED(c.redirect_uris = fixture_client("x", none).redirect_uris);
	REFUSED(c.secret_hash = NULL);
	REFUSED(c.auth = CLIENT_AUTH_NONE);
	REFUSED((c.secret_hash = NULL, c.auth = CLIENT_AUTH_NONE, c.pkce_required = false));
	REFUSED(c.access_ttl = 1);
	REFUSED(c.access_ttl = 1LL << 40);
}

/* A05 to A24: one registered address, compared byte for byte. */
static void
test_redirect(void)
{
	static const char *const bad[] = { "", "https://good.test/cb/", "https://good.test/CB", "HTTPS://good.test/cb",
	    "http://good.test/cb", "https://good.test:444/cb", "https://good.test:443/cb", "https://good.test/cb?x=1",
	    "https://good.test/cb#x", "https://good.test/c", "https://good.test.evil.test/cb", "https://good.test@evil.test/cb",
	    "https://good.test/cb/../evil", " https://good.test/cb", "https://good.test/cb ", "//good.test/cb",
	    URI "," SECOND, "https://good.test/%63b" };
	struct client c = fixture_client("one", uris);

	CHECK(client_redirect_ok(&c, URI));
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++)
		CHECK_NAMED(!client_redirect_ok(&c, bad[i]), bad[i]);
}

/* A11: a native client comes back to whatever port it has got, on the loopback address that it registered. */
static void
test_loopback(void)
{
	static const char *const registered[] = { "http://127.0.0.1/cb", "http://[::1]/cb", "http://127.0.0.1:99/fixed",
	    "https://good.test/cb", NULL };
	static const char *const good[] = { "http://127.0.0.1/cb", "http://127.0.0.1:3000/cb", "http://[::1]:65535/cb",
	    "http://127.0.0.1:99/fixed" };
	static const char *const bad[] = { "http://127.0.0.1:3000/cb2", "http://127.0.0.1:/cb", "http://127.0.0.1:123456/cb",
	    "http://127.0.0.1:80@evil.test/cb", "http://127.0.0.1.evil.test/cb", "http://127.0.0.1:3000.evil.test/cb",
	    "https://127.0.0.1:3000/cb", "http://localhost:3000/cb", "http://127.0.0.1:98/fixed", "https://good.test:444/cb",
	    "http://127.0.0.1:3000", "http://127.0.0.1:-1/cb", "http://127.0.0.1:3000/CB" };
	struct client c = fixture_client("native", registered);

	CHECK_NAMED(!client_redirect_ok(&c, "http://127.0.0.1:3000/cb"), "A11 not for a client with a secret");
	c.auth = CLIENT_AUTH_NONE;
	c.secret_hash = NULL;
	for (size_t i = 0; i < sizeof(good) / sizeof(good[0]); i++)
		CHECK_NAMED(client_redirect_ok(&c, good[i]), good[i]);
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++)
		CHECK_NAMED(!client_redirect_ok(&c, bad[i]), bad[i]);
}

static void
test_scope(void)
{
	struct client c = fixture_client("one", uris);

	c.scope_aliases = json_parse(fx.arena, "{\"r\":\"devices:read\",\"x\":\"devices:launch\"}", 41, NULL);
	CHECK_STR(client_scope(fx.arena, &c, NULL), "devices:read devices:control");
	CHECK_STR(client_scope(fx.arena, &c, ""), "devices:read devices:control");
	CHECK_STR(client_scope(fx.arena, &c, "devices:control"), "devices:control");
	CHECK_STR(client_scope(fx.arena, &c, "devices:control devices:read devices:control"), "devices:read devices:control");
	CHECK_STR(client_scope(fx.arena, &c, "devices:control,devices:read"), "devices:read devices:control");
	CHECK_STR(client_scope(fx.arena, &c, "r"), "devices:read");
	CHECK_STR(client_scope(fx.arena, &c, "devices:launch"), NULL);
	CHECK_STR(client_scope(fx.arena, &c, "x"), NULL);
	CHECK_STR(client_scope(fx.arena, &c, "devices:read devices"), NULL);
	CHECK_STR(client_scope(fx.arena, &c, "DEVICES:READ"), NULL);
	CHECK_STR(client_scope(fx.arena, &c, arena_printf(fx.arena, "%05000d", 0)), NULL);
	CHECK(client_may(&c, "refresh_token") && !client_may(&c, "password") && !client_may(&c, "refresh"));
}

static void
test_secret(void)
{
	struct client c = fixture_client("one", uris);

	CHECK(client_secret_ok(&c, FIXTURE_SECRET));
	CHECK(!client_secret_ok(&c, "wrong"));
	CHECK(!client_secret_ok(&c, ""));
	CHECK(!client_secret_ok(&c, c.secret_hash));
	CHECK(!client_secret_ok(NULL, FIXTURE_SECRET));
	c.secret_hash = NULL;
	CHECK(!client_secret_ok(&c, ""));
}

int
main(void)
{
	fixture_begin();
	test_saving();
	test_registration();
	test_check();
	test_redirect();
	test_loopback();
	test_scope();
	test_secret();
	fixture_end();
	return check_end();
}
