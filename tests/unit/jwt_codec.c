/* Tokens as text: what we make proves, and nothing that differs in one character does. */
#include "oauth/jwt_codec.h"
#include "tests/unit/check.h"
#include "tests/unit/fixture.h"
#include "tests/unit/forge.h"
#include "base/banned.h"

static const char *
prove(const char *token)
{
	return jwt_prove(fx.arena, fx.keyring, token, strlen(token));
}

static char *
make(void)
{
	const struct jwt_claim claims[] = { { "iss", "http://x" }, { "sub", "a\"b\\c\xed\x95\x9c" }, { NULL, NULL } };

	return jwt_make(fx.arena, fx.keyring, claims, 1700000000, 1700003600);
}

static void
test_there_and_back(void)
{
	char *token = make();
	const char *kid, *text = prove(token);
	const struct json *claims = text != NULL ? json_parse(fx.arena, text, strlen(text), NULL) : NULL;
	size_t len;

	CHECK_STR(json_get_string(claims, "iss"), "http://x");
	CHECK_STR(json_get_string(claims, "sub"), "a\"b\\c\xed\x95\x9c");
	CHECK(json_get_int(claims, "iat", 0) == 1700000000 && json_get_int(claims, "exp", 0) == 1700003600);
	CHECK(json_count(claims) == 4);
	keyring_signer(fx.keyring, &kid);
	char *header = (char *)secret_from_base64url(fx.arena, token, strcspn(token, "."), &len);
	CHECK_STR(header, arena_printf(fx.arena, "{\"alg\":\"ES256\",\"typ\":\"at+jwt\",\"kid\":\"%s\"}", kid));
	CHECK(strlen(token) < JWT_MAX);
}

/* Each character in turn: a token that is not byte for byte ours proves nothing. */
static void
test_changed(void)
{
	char *token = make();
	size_t n = strlen(token), proven = 0;

	for (size_t i = 0; i < n; i++) {
		char *t = arena_strdup(fx.arena, token);
		t[i] = t[i] == 'A' ? 'B' : 'A';
		proven += prove(t) != NULL;
	}
	CHECK(proven == 0);
	for (size_t i = 0; i < n; i++)
		proven += prove(arena_strndup(fx.arena, token, i)) != NULL;
	CHECK(proven == 0);
	CHECK(prove(arena_printf(fx.arena, "%sA", token)) == NULL);
	CHECK(prove(arena_printf(fx.arena, " %s", token)) == NULL);
	CHECK(prove(arena_printf(fx.arena, "%s\n", token)) == NULL);
	CHECK(jwt_prove(fx.arena, fx.keyring, token, n + 1) == NULL);	/* the NUL behind it */
}

static void
test_length(void)
{
	const char *kid;
	char *header, *fits, *over;

	keyring_signer(fx.keyring, &kid);
	header = arena_printf(fx.arena, "{\"alg\":\"ES256\",\"typ\":\"at+jwt\",\"kid\":\"%s\"}", kid);
	fits = forge(fx.arena, fx.keyring, header, arena_printf(fx.arena, "{\"a\":\"%05900d\"}", 0));
	over = forge(fx.arena, fx.keyring, header, arena_printf(fx.arena, "{\"a\":\"%06100d\"}", 0));
	CHECK(strlen(fits) <= JWT_MAX && prove(fits) != NULL);
	CHECK(strlen(over) > JWT_MAX && prove(over) == NULL);
}

int
main(void)
{
	fixture_begin();
	test_there_and_back();
	test_changed();
	test_length();
	fixture_end();
	return check_end();
}
