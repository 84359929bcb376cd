/* Access tokens that must not open anything: rows D01 to D63, each refused, with a good one before and after.
 * long because: 150 forged tokens, a line each. */
#include <openssl/bn.h>
#include <openssl/core_names.h>
#include <openssl/hmac.h>
#include <openssl/pem.h>

#include "oauth/grant.h"
#include "oauth/jwt_codec.h"
#include "oauth/token.h"
#include "tests/unit/check.h"
#include "tests/unit/fixture.h"
#include "tests/unit/forge.h"
#include "base/banned.h"

static const char *const uris[] = { "https://good.test/cb", NULL };
static struct token_context x;
static const char *user, *grant, *kid, *header;
static char *good;

/* Claims that are right, but for one: json takes the place of the claim called name, or NULL leaves it out. */
static char *
claims(const char *name, const char *json)
{
	int64_t now = clock_sec();
	const struct { const char *name, *value; } all[] = {
		{ "iss", "\"http://127.0.0.1:8080\"" }, { "aud", "\"urn:gatehouse:devices\"" },
		{ "sub", arena_printf(fx.arena, "\"%s\"", user) }, { "client_id", "\"app\"" },
		{ "scope", "\"devices:read devices:control\"" }, { "sid", arena_printf(fx.arena, "\"%s\"", grant) },
		{ "jti", "\"abc\"" }, { "iat", arena_printf(fx.arena, "%lld", (long long)now) },
		{ "exp", arena_printf(fx.arena, "%lld", (long long)now + 3600) },
	};
	char *text = arena_strdup(fx.arena, "{");
	bool known = false;

	for (size_t i = 0; i < sizeof(all) / sizeof(all[0]); i++) {
		bool hit = name != NULL && strcmp(all[i].name, name) == 0;
		known = known || hit;
		if (!hit || json != NULL)
			text = arena_printf(fx.arena, "%s%s\"%s\":%s", text, text[1] != '\0' ? "," : "", all[i].name,
			    hit ? json : all[i].value);
	}
	if (name != NULL && !known)
		text = arena_printf(fx.arena, "%s,\"%s\":%s", text, name, json);
	return arena_printf(fx.arena, "%s}", text);
}

static enum token_verdict
verify(const char *token)
{
	struct access_token t;
	struct grant g;

	return token_verify(&x, token, &t, &g);
}

#define REFUSED(token, name) CHECK_NAMED(verify(token) == TOKEN_INVALID, name)
#define TAKEN(token, name) CHECK_NAMED(verify(token) == TOKEN_OK, name)

/* Rightly signed, with one claim changed. */
static char *
with(const char *name, const char *json)
{
	return forge(fx.arena, fx.keyring, header, claims(name, json));
}

static char *
seconds_from_now(long long s)
{
	return arena_printf(fx.arena, "%lld", (long long)clock_sec() + s);
}

/* Rightly signed claims under another header. */
static char *
headed(const char *fmt)
{
	return forge(fx.arena, fx.keyring, arena_printf(fx.arena, "{%s,\"kid\":\"%s\"}", fmt, kid), claims(NULL, NULL));
}

static char *
unsigned_text(const char *head)
{
	const char *body = claims(NULL, NULL);

	return forge_text(fx.arena, head, strlen(head), body, strlen(body));
}

/* D01, D02, D29: no algorithm, or one that is not exactly ours. */
static void
test_algorithm(void)
{
	static const char *const names[] = { "none", "None", "NONE", "nOnE", "", "RS512", "ES384", "ES256K", "es256", "HS256" };
	const char *signature = strrchr(good, '.') + 1;

	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
		char *head = arena_printf(fx.arena, "{\"alg\":\"%s\",\"typ\":\"at+jwt\",\"kid\":\"%s\"}", names[i], kid);
		char *text = unsigned_text(head);
		REFUSED(arena_printf(fx.arena, "%s.", text), arena_printf(fx.arena, "D01 alg \"%s\", no signature", names[i]));
		REFUSED(arena_printf(fx.arena, "%s.%s", text, signature), arena_printf(fx.arena, "D01 alg \"%s\", old one", names[i]));
		REFUSED(forge(fx.arena, fx.keyring, head, claims(NULL, NULL)), arena_printf(fx.arena, "D29 alg \"%s\", our key",
		    names[i]));
	}
	REFUSED(headed("\"typ\":\"at+jwt\""), "D02 no alg");
	REFUSED(headed("\"typ\":\"at+jwt\",\"alg\":256"), "D02 alg is a number");
	REFUSED(headed("\"typ\":\"at+jwt\",\"alg\":[\"ES256\"]"), "D02 alg is an array");
}

static char *
hmac_token(const void *key, size_t len, const char *alg)
{
	char *text = unsigned_text(arena_printf(fx.arena, "{\"alg\":\"%s\",\"typ\":\"at+jwt\",\"kid\":\"%s\"}", alg, kid));
	unsigned char mac[SECRET_HASH];

	secret_hmac(key, len, text, strlen(text), mac);
	return arena_printf(fx.arena, "%s.%s", text, secret_base64url(fx.arena, mac, sizeof(mac)));
}

/* D03: an HMAC with what everybody knows of our key. */
static void
test_confusion(void)
{
	const char *none;
	char *pem, *jwks = json_print(fx.arena, json_first(json_get(keyring_jwks(fx.arena, fx.keyring), "keys")));
	unsigned char *der = NULL;
	EVP_PKEY *key = keyring_signer(fx.keyring, &none);
	BIO *mem = BIO_new(BIO_s_mem());

	PEM_write_bio_PUBKEY(mem, key);
	size_t pem_len = (size_t)BIO_get_mem_data(mem, &pem);
	int der_len = i2d_PUBKEY(key, &der);
	CHECK(pem_len > 100 && der_len > 50);
	REFUSED(hmac_token(pem, pem_len, "HS256"), "D03 HS256 keyed with the public key as PEM");
	REFUSED(hmac_token(pem, pem_len - 1, "HS256"), "D03 PEM without its newline");
	REFUSED(hmac_token(pem, pem_len, "ES256"), "D03 the same under the label ES256");
	REFUSED(hmac_token(der, (size_t)der_len, "HS256"), "D03 DER");
	REFUSED(hmac_token(der + der_len - 64, 64, "HS256"), "D03 the point alone");
	REFUSED(hmac_token(jwks, strlen(jwks), "HS256"), "D03 the JWK's text");
	REFUSED(hmac_token("", 0, "HS256"), "D03 an empty key");
	REFUSED(hmac_token(kid, strlen(kid), "HS256"), "D03 the kid");
	OPENSSL_free(der);
	BIO_free(mem);
}

/* D04 to D10: the header may not choose the key. */
static void
test_key_choice(void)
{
	static const char *const kids[] = { "\"../../dev/null\"", "\"' OR 1=1 --\"", "\"unknown\"", "7", "null", "\"\"", "[\"x\"]" };
	EVP_PKEY *own = EVP_EC_gen("P-256"), *wide = EVP_EC_gen("P-384");
	const char *body = claims(NULL, NULL);

	for (size_t i = 0; i < sizeof(kids) / sizeof(kids[0]); i++)
		REFUSED(forge(fx.arena, fx.keyring, arena_printf(fx.arena, "{\"alg\":\"ES256\",\"typ\":\"at+jwt\",\"kid\":%s}", kids[i]),
		    body), arena_printf(fx.arena, "D04-07 kid %s", kids[i]));
	REFUSED(forge(fx.arena, fx.keyring, "{\"alg\":\"ES256\",\"typ\":\"at+jwt\"}", body), "D06 no kid");
	REFUSED(forge_sign(fx.arena, own, unsigned_text(header)), "D08 another P-256 key under our kid");
	REFUSED(forge_sign(fx.arena, own, unsigned_text(arena_printf(fx.arena, "{\"alg\":\"ES256\",\"typ\":\"at+jwt\",\"kid\":\"%s\","
	    "\"jwk\":{\"kty\":\"EC\",\"crv\":\"P-256\",\"x\":\"AA\",\"y\":\"AA\"}}", kid))), "D08 own key in jwk");
	REFUSED(headed("\"alg\":\"ES256\",\"typ\":\"at+jwt\",\"jwk\":{}"), "D08 jwk beside our key");
	REFUSED(headed("\"alg\":\"ES256\",\"typ\":\"at+jwt\",\"jku\":\"http://evil.test/jwks\""), "D09 jku");
	REFUSED(headed("\"alg\":\"ES256\",\"typ\":\"at+jwt\",\"x5u\":\"http://evil.test/x\""), "D10 x5u");
	REFUSED(headed("\"alg\":\"ES256\",\"typ\":\"at+jwt\",\"x5c\":[\"AAAA\"]"), "D10 x5c");
	CHECK_NAMED(forge_sign(fx.arena, wide, unsigned_text(header)) == NULL ||
	    verify(forge_sign(fx.arena, wide, unsigned_text(header))) == TOKEN_INVALID, "D29 a P-384 key under ES256");
	EVP_PKEY_free(own);
	EVP_PKEY_free(wide);
}

/* The good token's parts, for cutting and pasting. */
static char *
part(int i)
{
	const char *s = good;

	for (; i > 0; i--)
		s = strchr(s, '.') + 1;
	return arena_strndup(fx.arena, s, strcspn(s, "."));
}

#define F(...) arena_printf(fx.arena, __VA_ARGS__)

/* D11 to D28: the token's form. */
static void
test_form(void)
{
	const char *h = part(0), *p = part(1), *s = part(2), *other = claims("scope", "\"devices:read\"");
	unsigned char zero[64] = { 0 };

	REFUSED(F("%s.%s.%s", h, secret_base64url(fx.arena, other, strlen(other)), s), "D11 payload changed");
	REFUSED(F("%s.%s.%.40s", h, p, s), "D12 signature cut");
	REFUSED(F("%s.%s.%.85s", h, p, s), "D12 signature one character short");
	REFUSED(F("%s.%s.", h, p), "D13 signature empty");
	REFUSED(F("%s.%s", h, p), "D14 two segments");
	REFUSED(F("%s.%s.%s.", h, p, s), "D15 four segments");
	REFUSED(F("%s.%s.%s.%s", h, p, s, s), "D15 four full segments");
	REFUSED("..", "D16 two dots");
	REFUSED(".", "D16 one dot");
	REFUSED("", "D16 nothing");
	REFUSED(F(".%s.%s", p, s), "D17 header empty");
	REFUSED(F("%s..%s", h, s), "D17 payload empty");
	REFUSED(F("%s====", good), "D18 ==== after a good signature");
	REFUSED(F("%s=", good), "D18 = after a good signature");
	REFUSED(F("%s!x", good), "D19 !x after a good signature");
	REFUSED(F("%sAAAA", good), "D19 three bytes more after a good signature");
	REFUSED(F("%s\n", good), "D19 a line end after a good signature");
	REFUSED(F("%s+%s", F("%.*s", (int)strlen(good) - 1, good), ""), "D21 standard alphabet: +");
	REFUSED(F("%s/%s", F("%.*s", (int)strlen(good) - 1, good), ""), "D21 standard alphabet: /");
	REFUSED(F("%s.%s.%s", h, p, secret_base64url(fx.arena, zero, 64)), "D20 r = s = 0");
	REFUSED(F("%s.%s.%s", h, p, secret_base64url(fx.arena, zero, 63)), "D20 63 bytes");
	REFUSED(F("%s %s", good, good), "D27 two tokens");
	REFUSED(F("%s,%s", good, good), "D27 two tokens with a comma");
	REFUSED("opaque-token-1234567890", "D28 an opaque token");
}

/* D20: r and s just out of range. */
static void
test_range(void)
{
	static const char order[] = "FFFFFFFF00000000FFFFFFFFFFFFFFFFBCE6FAADA7179E84F3B9CAC2FC632551";
	unsigned char raw[64];
	BIGNUM *n = NULL;

	BN_hex2bn(&n, order);
	BN_bn2binpad(n, raw, 32);
	BN_bn2binpad(n, raw + 32, 32);
	REFUSED(F("%s.%s.%s", part(0), part(1), secret_base64url(fx.arena, raw, 64)), "D20 r = s = n");
	memset(raw, 0xff, sizeof(raw));
	REFUSED(F("%s.%s.%s", part(0), part(1), secret_base64url(fx.arena, raw, 64)), "D20 r = s = 2^256 - 1");
	BN_free(n);
}

/* D22 to D26: too large, too deep, not objects. */
static void
test_shape(void)
{
	char *deep = arena_alloc(fx.arena, 50001), *million = arena_alloc(fx.arena, (1 << 20) + 1);
	const char *arrays[] = { "[]", "null", "\"x\"", "7", "[\"sub\"]", "true", "" };

	memset(deep, '[', 50000);
	memset(million, 'A', 1 << 20);
	REFUSED(million, "D22 1 MiB of A");
	REFUSED(F("%s.%s.%s", part(0), million, part(2)), "D22 1 MiB payload");
	REFUSED(F("%.204800s.%s.%s", million, part(1), part(2)), "D23 200 KiB header");
	REFUSED(forge(fx.arena, fx.keyring, deep, claims(NULL, NULL)), "D24 50,000 deep header");
	REFUSED(forge(fx.arena, fx.keyring, header, deep), "D24 50,000 deep payload");
	REFUSED(forge(fx.arena, fx.keyring, header, F("{\"a\":%.2000s", deep)), "D24 2,000 deep payload, short enough to be read");
	REFUSED(forge(fx.arena, fx.keyring, "[\"ES256\",\"at+jwt\",\"x\"]", claims(NULL, NULL)), "D25 header is an array");
	for (size_t i = 0; i < sizeof(arrays) / sizeof(arrays[0]); i++)
		REFUSED(forge(fx.arena, fx.keyring, header, arrays[i]), F("D26 payload is %s", arrays[i]));
}

/* D41 to D62: rightly signed, wrong claims. */
static void
test_claims(void)
{
	CHECK_NAMED(verify(with("iat", seconds_from_now(-7200))) == TOKEN_OK, "an old iat is fine");
	struct access_token t;
	struct grant g;
	char *late = forge(fx.arena, fx.keyring, header, claims("exp", seconds_from_now(-1)));
	CHECK_NAMED(token_verify(&x, late, &t, &g) != TOKEN_OK, "D41 expired");
	REFUSED(with("exp", seconds_from_now(-3601)), "D41 expired before it was issued");
	REFUSED(with("nbf", seconds_from_now(3600)), "D43 nbf in the future");
	REFUSED(with("nbf", "\"0\""), "D43 nbf is a string");
	TAKEN(with("nbf", seconds_from_now(0)), "nbf now");
	TAKEN(with("nbf", seconds_from_now(50)), "D42 nbf within the leeway");
	CHECK_NAMED(verify(with("iat", seconds_from_now(600))) == TOKEN_EXPIRED, "D44 iat in the future");
	TAKEN(with("iat", seconds_from_now(50)), "D42 iat within the leeway");
	REFUSED(with("iat", NULL), "D44 no iat");
	REFUSED(with("iss", "\"http://evil.test\""), "D45 wrong iss");
	REFUSED(with("iss", "\"http://127.0.0.1:8080/\""), "D46 iss with a slash");
	REFUSED(with("iss", NULL), "D47 no iss");
	REFUSED(with("iss", "[\"http://127.0.0.1:8080\"]"), "D47 iss is an array");
	REFUSED(with("aud", "\"urn:other\""), "D48 wrong aud");
	REFUSED(with("aud", "[\"urn:other\"]"), "D48 wrong aud in an array");
	REFUSED(with("aud", "{\"urn:gatehouse:devices\":1}"), "D48 aud is an object");
	REFUSED(with("aud", "{\"a\":\"urn:gatehouse:devices\"}"), "D48 aud is an object that holds ours");
	REFUSED(with("aud", NULL), "D49 no aud");
	TAKEN(with("aud", "[\"urn:other\",\"urn:gatehouse:devices\"]"), "D62 aud array with ours");
	REFUSED(with("exp", NULL), "D50 no exp");
	REFUSED(with("exp", F("\"%s\"", seconds_from_now(3600))), "D51 exp is a string");
	REFUSED(with("exp", "-1"), "D52 exp is negative");
	REFUSED(with("exp", "1e300"), "D53 exp is 1e300");
	REFUSED(with("exp", "1e999"), "D53 exp is 1e999");
	REFUSED(with("exp", "true"), "D54 exp is true");
	REFUSED(with("exp", "null"), "D54 exp is null");
	REFUSED(with("sub", NULL), "D59 no sub");
	REFUSED(with("sub", "7"), "D59 sub is a number");
	REFUSED(with("sub", "\"\""), "D59 sub is empty");
	REFUSED(with("sub", "\"somebody-else\""), "D59 sub of nobody");
	REFUSED(with("sub", "\"a/b\""), "D59 sub with a slash");
	REFUSED(with("client_id", NULL), "no client_id");
	REFUSED(with("client_id", "\"other\""), "another client's id beside this grant");
	REFUSED(with("sid", NULL), "no sid");
	REFUSED(with("sid", "\"unknown\""), "sid of no grant");
	REFUSED(with("scope", NULL), "no scope");
	REFUSED(with("jti", NULL), "no jti");
}

static void
test_type_and_text(void)
{
	const char *c = claims(NULL, NULL);
	char *doubled = F("%.*s,\"sub\":\"%s\"}", (int)strlen(c) - 1, c, "somebody"), *nul = F("%sX{}", c);
	size_t nul_len = strlen(nul);

	REFUSED(headed("\"alg\":\"ES256\",\"typ\":\"JWT\""), "D55 typ JWT: an ID token");
	REFUSED(headed("\"alg\":\"ES256\",\"typ\":\"logout+jwt\""), "D56 typ logout+jwt");
	REFUSED(headed("\"alg\":\"ES256\""), "D55 no typ");
	REFUSED(headed("\"alg\":\"ES256\",\"typ\":\"at+jwt\",\"crit\":[\"exp\"]"), "D57 crit");
	REFUSED(headed("\"alg\":\"ES256\",\"typ\":\"at+jwt\",\"crit\":[]"), "D57 empty crit");
	REFUSED(headed("\"alg\":\"ES256\",\"typ\":\"at+jwt\",\"b64\":false"), "D58 b64=false");
	REFUSED(forge(fx.arena, fx.keyring, header, doubled), "D60 two subs");
	REFUSED(forge(fx.arena, fx.keyring, F("{\"alg\":\"ES256\",\"alg\":\"ES256\",\"typ\":\"at+jwt\",\"kid\":\"%s\"}", kid), c),
	    "D60 two algs");
	nul[strlen(c)] = '\0';
	const char *none;
	REFUSED(forge_sign(fx.arena, keyring_signer(fx.keyring, &none), forge_text(fx.arena, header, strlen(header), nul, nul_len)),
	    "D61 NUL after the JSON");
	REFUSED(forge(fx.arena, fx.keyring, header, F("%s{}", c)), "D61 another object after the JSON");
	REFUSED(with("jti", "\"\xff\""), "D63 invalid UTF-8");
	REFUSED(with("jti", "\"\xc0\xaf\""), "D63 overlong UTF-8");
	REFUSED(with("jti", "\"\\u0000\""), "D61 NUL in a claim");
}

static void
make_grant(void)
{
	struct client c = fixture_client("app", uris), other = fixture_client("other", uris);
	struct user u = fixture_user("ann");
	struct grant g = { .user = u.id, .client = "app", .scope = "devices:read devices:control", .devices = json_array(fx.arena) };

	fixture_save(&c);
	fixture_save(&other);
	if (grant_create(fx.store, fx.arena, &g, 3600, 7200) != STORE_OK)
		fixture_fail("grant", "");
	user = u.id;
	grant = g.id;
}

int
main(void)
{
	fixture_begin();
	make_grant();
	x = (struct token_context){ fx.config, fx.store, fx.keyring, fx.arena };
	keyring_signer(fx.keyring, &kid);
	header = F("{\"alg\":\"ES256\",\"typ\":\"at+jwt\",\"kid\":\"%s\"}", kid);
	good = forge(fx.arena, fx.keyring, header, claims(NULL, NULL));
	TAKEN(good, "a right one is taken");
	test_algorithm();
	test_confusion();
	test_key_choice();
	test_form();
	test_range();
	test_shape();
	test_claims();
	test_type_and_text();
	TAKEN(good, "and still is");
	fixture_end();
	return check_end();
}
