/* Encodings, hashes, randomness: published vectors, and texts that a lenient decoder would take. */
#include "base/arena.h"
#include "base/secret.h"
#include "tests/unit/check.h"
#include "base/banned.h"

static struct arena *arena;

static const char *
hex(const unsigned char *p, size_t n)
{
	char *out = arena_alloc(arena, 2 * n + 1);

	for (size_t i = 0; i < n; i++)
		snprintf(out + 2 * i, 3, "%02x", p[i]);
	return out;
}

static void
test_hashes(void)
{
	unsigned char h[SECRET_HASH];

	secret_sha256("abc", 3, h);	/* FIPS 180-2 */
	CHECK_STR(hex(h, sizeof(h)), "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
	secret_hmac("Jefe", 4, "what do ya want for nothing?", 28, h);	/* RFC 4231 4.3 */
	CHECK_STR(hex(h, sizeof(h)), "5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843");
	char key[131];
	memset(key, 0xaa, sizeof(key));
	secret_hmac(key, sizeof(key), "Test Using Larger Than Block-Size Key - Hash Key First", 54, h);	/* RFC 4231 4.7 */
	CHECK_STR(hex(h, sizeof(h)), "60e431591ee0b67f0d8a26aacbf5b77f8e0bc6213728c5140546040f0ee37f54");
	secret_hmac("", 0, "", 0, h);	/* nothing of the key before is left */
	CHECK_STR(hex(h, sizeof(h)), "b613679a0814d9ec772f95d778c35fc5ff1697c493715653c6c712144292c5ad");
	/* RFC 7636 appendix B */
	CHECK_STR(secret_digest(arena, "dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk"),
	    "E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM");
	CHECK(secret_equal("abc", "abc", 3) && !secret_equal("abc", "abd", 3));
	CHECK(secret_text_equal("", "") && secret_text_equal("abc", "abc"));
	CHECK(!secret_text_equal("abc", "abcd") && !secret_text_equal("abc", ""));
}

static void
test_base64url(void)
{
	static const char *const bad[] = { "A", "AAAAA", "AA==", "AA=", "A+AA", "A/AA", "AA A", "AAA\n", "AB", "AAB", "Zm9vYg==" };
	size_t len;

	CHECK_STR(secret_base64url(arena, "", 0), "");
	CHECK_STR(secret_base64url(arena, "f", 1), "Zg");
	CHECK_STR(secret_base64url(arena, "fo", 2), "Zm8");
	CHECK_STR(secret_base64url(arena, "foo", 3), "Zm9v");
	CHECK_STR(secret_base64url(arena, "\xfb\xff\xfe", 3), "-__-");
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++)
		CHECK_NAMED(secret_from_base64url(arena, bad[i], strlen(bad[i]), &len) == NULL, bad[i]);
	CHECK(secret_from_base64url(arena, "AA\0A", 4, &len) == NULL);
	unsigned char *p = secret_from_base64url(arena, "-__-", 4, &len);
	CHECK(p != NULL && len == 3 && memcmp(p, "\xfb\xff\xfe", 4) == 0);
	p = secret_from_base64url(arena, "", 0, &len);
	CHECK(p != NULL && len == 0);
}

/* Every length there and back. */
static void
test_there_and_back(void)
{
	unsigned char data[70];
	bool same = true;

	for (size_t n = 0; n < sizeof(data); n++) {
		size_t len = 99;
		secret_random(data, n);
		char *text = secret_base64url(arena, data, n);
		unsigned char *back = secret_from_base64url(arena, text, strlen(text), &len);
		same = same && back != NULL && len == n && memcmp(back, data, n) == 0;
	}
	CHECK(same);
}

static void
test_base64(void)
{
	static const char *const bad[] = { "Zg", "Zg=", "Z===", "====", "=", "Zm9v=", "Zm=v", "Zm-_", "Zh==", "Zm9=", "Zg==Zg==",
	    " Zg==", "Zg==\n" };
	size_t len;

	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++)
		CHECK_NAMED(secret_from_base64(arena, bad[i], strlen(bad[i]), &len) == NULL, bad[i]);
	CHECK_STR((char *)secret_from_base64(arena, "Zm9vYg==", 8, &len), "foob");
	CHECK_STR((char *)secret_from_base64(arena, "Zm9vYmE=", 8, &len), "fooba");
	CHECK_STR((char *)secret_from_base64(arena, "Zm9vYmFy", 8, &len), "foobar");
	CHECK_STR((char *)secret_from_base64(arena, "+/+/", 4, &len), "\xfb\xff\xbf");
}

static void
test_random(void)
{
	static const char url[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";
	char *a = secret_token(arena, 16), *b = secret_token(arena, 16), *u = secret_uuid(arena);

	CHECK(strlen(a) == 22 && strspn(a, url) == 22);
	CHECK(strcmp(a, b) != 0);
	CHECK(strlen(u) == 36 && u[14] == '4' && strchr("89ab", u[19]) != NULL && strspn(u, "0123456789abcdef-") == 36);
}

int
main(void)
{
	arena = arena_new((size_t)1 << 20);
	test_hashes();
	test_base64url();
	test_there_and_back();
	test_base64();
	test_random();
	arena_free(arena);
	return check_end();
}
