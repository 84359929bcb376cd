/* Codes of authenticator apps: the vectors of RFC 4648, RFC 4226 and RFC 6238, clocks that differ, codes that were used. */
#include "base/arena.h"
#include "base/base32.h"
#include "base/json.h"
#include "oauth/totp.h"
#include "tests/unit/check.h"
#include "web/qr.h"
#include "base/banned.h"

static struct arena *a;

static void
test_base32(void)
{
	static const char *const pairs[][2] = { { "", "" }, { "f", "MY" }, { "fo", "MZXQ" }, { "foo", "MZXW6" }, { "foob", "MZXW6YQ" },
		{ "fooba", "MZXW6YTB" }, { "foobar", "MZXW6YTBOI" } };	/* RFC 4648 10 */
	static const char *const bad[] = { "M", "MYY", "MZ", "MZXW6YTBO", "MZXW6Y=", "MZXW1", "MZXW8", "MZXW6\xc3\xa4", "M!" };
	size_t len;

	for (size_t i = 0; i < sizeof(pairs) / sizeof(pairs[0]); i++) {
		CHECK_STR(base32_text(a, pairs[i][0], strlen(pairs[i][0])), pairs[i][1]);
		unsigned char *back = base32_bytes(a, pairs[i][1], &len);
		CHECK(back != NULL && len == strlen(pairs[i][0]) && memcmp(back, pairs[i][0], len) == 0);
	}
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++)
		CHECK_NAMED(base32_bytes(a, bad[i], &len) == NULL, bad[i]);
	CHECK_STR((const char *)base32_bytes(a, " mzxw-6ytb oi", &len), "foobar");
	CHECK_STR(base32_tidy(a, "ab-c 1"), "ABC1");
	for (size_t n = 0; n < 40; n++) {
		unsigned char data[40];
		memset(data, (int)(0xff - n), sizeof(data));
		unsigned char *back = base32_bytes(a, base32_text(a, data, n), &len);
		CHECK(back != NULL && len == n && memcmp(back, data, n) == 0);
	}
}

static void
test_vectors(void)
{
	static const char *const hotp[] = { "755224", "287082", "359152", "969429", "338314", "254676", "287922", "162583", "399871",
		"520489" };	/* RFC 4226 appendix D */
	static const struct { int64_t time; const char *code; } totp[] = { { 59, "94287082" }, { 1111111109, "07081804" },
		{ 1111111111, "14050471" }, { 1234567890, "89005924" }, { 2000000000, "69279037" },
		{ 20000000000, "65353130" } };	/* RFC 6238 appendix B, SHA-1 */
	const char *key = "12345678901234567890";
	char code[10];

	for (int64_t i = 0; i < 10; i++) {
		totp_code(key, 20, i, 6, code);
		CHECK_STR(code, hotp[i]);
	}
	for (size_t i = 0; i < sizeof(totp) / sizeof(totp[0]); i++) {
		totp_code(key, 20, totp[i].time / TOTP_STEP, 8, code);
		CHECK_STR(code, totp[i].code);
		CHECK(totp_match(a, base32_text(a, key, 20), totp[i].code + 2, totp[i].time, -1) == totp[i].time / TOTP_STEP);
	}
}

static void
test_match(void)
{
	const char *key = "12345678901234567890", *secret = base32_text(a, key, 20);
	int64_t now = 1234567890, step = now / TOTP_STEP;
	char code[10];

	for (int64_t off = -3; off <= 3; off++) {
		totp_code(key, 20, step + off, 6, code);
		bool near = off >= -1 && off <= 1;
		CHECK(totp_match(a, secret, code, now, -1) == (near ? step + off : -1));
		CHECK(totp_match(a, secret, code, now, step + off - 1) == (near ? step + off : -1));
		CHECK_NAMED(totp_match(a, secret, code, now, step + off) == -1, "a code that was used");
		CHECK_NAMED(totp_match(a, secret, code, now, step + 5) == -1, "a newer one was used");
	}
	totp_code(key, 20, step, 6, code);
	CHECK(totp_match(a, secret, code + 1, now, -1) == -1);
	CHECK(totp_match(a, secret, arena_printf(a, "%s0", code), now, -1) == -1);
	CHECK(totp_match(a, secret, "", now, -1) == -1);
	CHECK(totp_match(a, "not base32!", code, now, -1) == -1);
	/* the first steps of time, and secrets that differ */
	totp_code(key, 20, 0, 6, code);
	CHECK(totp_match(a, secret, code, 0, -1) == 0);
	const char *one = totp_secret(a), *two = totp_secret(a);
	CHECK(strlen(one) == 32 && strcmp(one, two) != 0);
}

static void
test_uri(void)
{
	CHECK_STR(totp_uri(a, "ABC", "Gatehouse home.test", "kim & co:\"x\""),
	    "otpauth://totp/Gatehouse%20home.test:kim%20%26%20co%3A%22x%22?secret=ABC&issuer=Gatehouse%20home.test&digits=6&period=30");
}

/* What a phone reads of it was tried with zbarimg. Here: the size, the three finders, and that its path is one of rows. */
static void
test_qr(void)
{
	const struct json *qr = qr_make(a, "otpauth://totp/x:y?secret=ABC");
	const char *path = json_get_string(qr, "path");

	CHECK(json_get_int(qr, "size", 0) == 29 + 8);	/* version 3 */
	CHECK(path != NULL && strspn(path, "Mhvz-0123456789 ") == strlen(path));
	CHECK(path != NULL && strncmp(path, "M4 4h7v1h-7z", 12) == 0 && strstr(path, "M26 4h7v1h-7z") != NULL && strstr(path, "M4 26h7v1h-7z") != NULL);
	char *long_text = arena_alloc(a, 2400);
	memset(long_text, 'x', 2331);
	CHECK(qr_make(a, long_text) != NULL);
	long_text[2331] = 'x';
	CHECK(qr_make(a, long_text) == NULL);
}

int
main(void)
{
	a = arena_new((size_t)8 << 20);
	test_base32();
	test_vectors();
	test_match();
	test_uri();
	test_qr();
	arena_free(a);
	return check_end();
}
