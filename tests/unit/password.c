/* Password hashes: right, wrong, unknown, weak, common; and the time that "unknown" takes. */
#include "base/arena.h"
#include "oauth/password.h"
#include "tests/unit/check.h"
#include "tests/unit/duration.h"
#include "base/banned.h"

static void
test_hash(struct arena *a)
{
	char *one = password_hash(a, "correct horse 9"), *two = password_hash(a, "correct horse 9");

	CHECK(one != NULL && strncmp(one, "$argon2id$v=19$m=19456,t=2,p=1$", 31) == 0);
	CHECK(strcmp(one, two) != 0);	/* salted */
	CHECK(strstr(one, "correct") == NULL);
	CHECK(password_ok(one, "correct horse 9"));
	CHECK(!password_ok(one, "correct horse 8"));
	CHECK(!password_ok(one, ""));
	CHECK(!password_ok(NULL, "correct horse 9"));
	CHECK(!password_ok("$argon2id$v=19$broken", "correct horse 9"));
	CHECK(!password_ok("", ""));
	CHECK(!password_is_weak_hash(one));
	CHECK(password_is_weak_hash("$argon2id$v=19$m=4096,t=2,p=1$c2FsdHNhbHQ$AAAA"));
	CHECK(password_is_weak_hash("$argon2i$v=19$m=19456,t=2,p=1$c2FsdHNhbHQ$AAAA"));
}

/* B13: a long one counts whole, to its last byte. */
static void
test_long(struct arena *a)
{
	char *text = arena_printf(a, "%0128d", 0), *hash = password_hash(a, text);

	CHECK_NAMED(password_ok(hash, text), "B13 128 characters are taken");
	CHECK_NAMED(!password_ok(hash, text + 64), "B13 the first or last 64 of them are not enough");
	text[127] = '1';
	CHECK_NAMED(!password_ok(hash, text), "B13 the last one counts");
}

static void
check_wrong(void *hash)
{
	password_ok(hash, "wrong horse 9");
}

static void
test_time(struct arena *a)
{
	struct duration both[] = { { check_wrong, password_hash(a, "correct horse 9"), 0 }, { check_wrong, NULL, 0 } };

	CHECK_NAMED(take_as_long(both, 2, 5, 1.7), "B08 an unknown name takes as long as a known one");
}

static void
test_common(void)
{
	CHECK(password_is_common("password1"));
	CHECK(password_is_common("PassWord1"));
	CHECK(password_is_common("12345678"));
	static const char *const common[] = { "Passw0rd!", "p@ssword1", "2024Summer", "samsung!!", "monkey12", "dragondragon",
	    "abcdefgh", "87654321", "aaaaaaaa", "abababab", "xyzxyzxyz", "20201231", "1qaz2wsx", "QWERTYUIOP", "$ecret99" };
	static const char *const fine[] = { "correct horse 9", "tram seven lantern", "monkeys eat 12", "abcdefgx", "7tZ!kq0w",
	    "summer of green tea", "password of nobody else" };
	for (size_t i = 0; i < sizeof(common) / sizeof(common[0]); i++)
		check_one(password_is_common(common[i]), common[i], __FILE__, __LINE__);
	for (size_t i = 0; i < sizeof(fine) / sizeof(fine[0]); i++)
		check_one(!password_is_common(fine[i]), fine[i], __FILE__, __LINE__);
	CHECK(!password_is_common("correct horse 9"));
	CHECK(!password_is_common(""));
}

int
main(void)
{
	struct arena *a = arena_new((size_t)1 << 20);

	test_hash(a);
	test_long(a);
	test_time(a);
	test_common();
	arena_free(a);
	return check_end();
}
