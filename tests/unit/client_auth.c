/* How a client proves who it is: Basic, body, both; and every way of getting it wrong. */
#include "oauth/client_auth.h"
#include "tests/unit/check.h"
#include "tests/unit/duration.h"
#include "tests/unit/fixture.h"
#include "base/banned.h"

static const char *const uris[] = { "https://good.test/cb", NULL };
static struct client found;

static const char *
basic_bytes(const char *text, size_t len)
{
	static const char alphabet[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
	char *out = arena_alloc(fx.arena, len / 3 * 4 + 5), *o = out;

	for (size_t i = 0; i < len; i += 3) {
		unsigned n = 0;
		for (size_t k = 0; k < 3; k++)
			n = n << 8 | (i + k < len ? (unsigned char)text[i + k] : 0);
		*o++ = alphabet[n >> 18];
		*o++ = alphabet[n >> 12 & 63];
		*o++ = i + 1 < len ? alphabet[n >> 6 & 63] : '=';
		*o++ = i + 2 < len ? alphabet[n & 63] : '=';
	}
	return arena_printf(fx.arena, "Basic %s", out);
}

static const char *
basic(const char *text)
{
	return basic_bytes(text, strlen(text));
}

static enum oauth_error
try(const char *header, const char *id, const char *secret)
{
	struct client_credentials given = { .authorization = header, .id = id, .secret = secret };

	return client_authenticate(fx.store, fx.arena, fx.config, &given, &found);
}

#define OK OAUTH_OK
#define NO OAUTH_INVALID_CLIENT
#define BAD OAUTH_INVALID_REQUEST
#define S FIXTURE_SECRET

/* Registered with --auth any, as SmartThings is. */
static void
test_any(void)
{
	CHECK(try(basic("any:" S), NULL, NULL) == OK && strcmp(found.id, "any") == 0);
	CHECK(try(NULL, "any", S) == OK);
	CHECK_NAMED(try(basic("any:" S), "any", S) == OK, "C12b the same pair twice");
	CHECK_NAMED(try(basic("any:" S), "any", NULL) == OK, "the id of the body is the header's");
	CHECK_NAMED(try(basic("any:wrong"), NULL, NULL) == NO, "C07 wrong secret in the header");
	CHECK_NAMED(try(NULL, "any", "wrong") == NO, "C08 wrong secret in the body");
	CHECK_NAMED(try(NULL, "nobody", S) == NO, "C09 unknown client");
	CHECK_NAMED(try(NULL, "any", NULL) == NO, "C10 no secret");
	CHECK_NAMED(try(NULL, NULL, NULL) == NO, "C11 nobody named");
	CHECK_NAMED(try(NULL, NULL, S) == NO, "C11 a secret and nobody named");
	CHECK_NAMED(try(basic("any:" S), "any", "wrong") == BAD, "C12 header right, body wrong");
	CHECK_NAMED(try(basic("any:wrong"), "any", S) == BAD, "C12 header wrong, body right");
	CHECK_NAMED(try(basic("any:" S), "post", NULL) == BAD, "C13 ids differ");
	CHECK_NAMED(try(basic("any:"), NULL, NULL) == NO, "C10 empty secret in the header");
}

static void
test_methods(void)
{
	CHECK(try(basic("basic:" S), NULL, NULL) == OK);
	CHECK(try(basic("basic:" S), "basic", NULL) == OK);
	CHECK(try(NULL, "basic", S) == NO);
	CHECK(try(basic("basic:" S), "basic", S) == BAD);
	CHECK(try(NULL, "post", S) == OK);
	CHECK(try(basic("post:" S), NULL, NULL) == NO);
	CHECK(try(NULL, "public", NULL) == OK);
	CHECK(try(NULL, "public", "") == NO);
	CHECK(try(NULL, "public", S) == NO);
	CHECK(try(basic("public:"), NULL, NULL) == NO);
	CHECK(try(NULL, "disabled", S) == NO);
}

/* RFC 6749 2.3.1 wants id and secret form-encoded in the header; many clients send them raw. */
static void
test_encoding(void)
{
	CHECK(try(basic("any:s3cret%2dof-the-client%5F42"), NULL, NULL) == OK);
	CHECK(try(basic("%61ny:" S), NULL, NULL) == OK);
	CHECK(try(basic("special:a+b%c:d"), NULL, NULL) == NO);	/* %c: is no escape: malformed */
	CHECK(try(basic("special:a+b:d"), NULL, NULL) == OK);
	CHECK(try(basic("special:a%2Bb%3Ad"), NULL, NULL) == OK);
	CHECK(try(NULL, "special", "a+b:d") == OK);
}

static void
test_malformed(void)
{
	static const char *const bad[] = { "Basic", "Basic ", "Basic  ", "basic", "Basic !!!!", "Basic YW55", "Basic Onh4eHg=",
	    "Basic YW55OnMzY3JldA", "Basic YW55OnMz====", "Bearer abc", "Digest username=\"any\"", "", " ", "Basic\tYW55Ong=",
	    "Basic YW55Ong=, Basic YW55Ong=", "YW55OnMz" };
	char *longest = arena_printf(fx.arena, "any:%09000d", 0);

	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++)
		CHECK_NAMED(try(bad[i], NULL, NULL) == NO, arena_printf(fx.arena, "C14 malformed header %zu", i));
	CHECK_NAMED(try(basic("any:%zz"), NULL, NULL) == NO, "C14 %zz");
	CHECK_NAMED(try(basic("any:%00"), NULL, NULL) == NO, "C14 %00");
	CHECK_NAMED(try(basic("any:" S "%00"), NULL, NULL) == NO, "C14 the secret and %00");
	CHECK_NAMED(try(basic("any:%"), NULL, NULL) == NO, "C14 a lone percent");
	CHECK_NAMED(try(basic_bytes("any:" S "\0x", sizeof("any:" S "\0x") - 1), NULL, NULL) == NO, "C14 NUL");
	CHECK_NAMED(try(basic_bytes("any\0:" S, sizeof("any\0:" S) - 1), NULL, NULL) == NO, "C14 NUL in the id");
	CHECK_NAMED(try(basic(longest), NULL, NULL) == NO, "C14 9 KiB");
	CHECK_NAMED(try(basic("../any:" S), NULL, NULL) == NO, "C14 a path");
	CHECK(try("bASIC YW55OnMzY3JldC1vZi10aGUtY2xpZW50XzQy", NULL, NULL) == OK);
	/* A broken header is not mended by a right body. */
	CHECK(try("Bearer abc", "any", S) == NO);
}

struct refusal { const char *id, *secret; };

static void
refuse(void *arg)
{
	const struct refusal *r = arg;
	struct client c, *known = client_find(fx.store, fx.arena, r->id, &c) == STORE_OK ? &c : NULL;

	for (int k = 0; k < 20; k++)
		client_secret_ok(known, r->secret);
}

static void
test_time(void)
{
	struct refusal wrong = { "any", "wrong" }, unknown = { "nobody", "wrong" }, near = { "any", "s3cret-of-the-client_43" };
	struct duration all[] = { { refuse, &wrong, 0 }, { refuse, &unknown, 0 }, { refuse, &near, 0 } };

	CHECK_NAMED(take_as_long(all, 3, 60, 2), "C47 a wrong secret, an unknown client and a nearly right secret take the same time");
}

static void
save(const char *id, enum client_auth auth, const char *secret, bool disabled)
{
	struct client c = fixture_client(id, uris);

	c.auth = auth;
	c.secret_hash = secret != NULL ? secret_digest(fx.arena, secret) : NULL;
	c.disabled = disabled;
	fixture_save(&c);
}

int
main(void)
{
	fixture_begin();
	save("any", CLIENT_AUTH_ANY, S, false);
	save("basic", CLIENT_AUTH_BASIC, S, false);
	save("post", CLIENT_AUTH_POST, S, false);
	save("public", CLIENT_AUTH_NONE, NULL, false);
	save("disabled", CLIENT_AUTH_ANY, S, true);
	save("special", CLIENT_AUTH_ANY, "a+b:d", false);
	test_any();
	test_methods();
	test_encoding();
	test_malformed();
	test_time();
	fixture_end();
	return check_end();
}
