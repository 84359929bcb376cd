/* name=value pairs: decoding, doubled names, malformed pieces. */
#include "base/arena.h"
#include "tests/unit/check.h"
#include "web/form.h"
#include "base/banned.h"

static struct arena *arena;

static struct pair *
decode(const char *text)
{
	struct pair *list;

	return form_decode(arena, text, strlen(text), &list) ? list : NULL;
}

static bool
refused(const char *text, size_t len)
{
	struct pair *list;

	return !form_decode(arena, text, len, &list);
}

static void
test_values(void)
{
	const struct pair *l = decode("a=1&b=two+words&c=%41%20%2b%26%3d&d&e=&f=x=y&%67=h");

	CHECK_STR(form_get(l, "a"), "1");
	CHECK_STR(form_get(l, "b"), "two words");
	CHECK_STR(form_get(l, "c"), "A +&=");
	CHECK_STR(form_get(l, "d"), NULL);
	CHECK_STR(form_get(l, "e"), NULL);
	CHECK_STR(form_get(l, "f"), "x=y");
	CHECK_STR(form_get(l, "g"), "h");
	CHECK_STR(form_get(l, "z"), NULL);
	CHECK(form_count(l, "d") == 1 && form_count(l, "e") == 1 && form_count(l, "z") == 0);
	CHECK_STR(form_get(decode("n=%ED%95%9c"), "n"), "\xed\x95\x9c");
	CHECK_STR(form_get(decode("n=%2541"), "n"), "%41");
}

static void
test_twice(void)
{
	const struct pair *l = decode("a=1&b=2&a=1&c=&c=3");

	CHECK_STR(form_get(l, "a"), NULL);
	CHECK(form_count(l, "a") == 2);
	CHECK_STR(form_get(l, "b"), "2");
	CHECK_STR(form_get(l, "c"), NULL);
}

static void
test_malformed(void)
{
	static const char *const bad[] = { "a=%", "a=%4", "a=%zz", "a=%4z", "%=1", "a=%00", "a=x%00y", "%00=1", "a=%ff", "a=\xff",
	    "a=%c0%af", "a=%ed%a0%80", "ok=1&a=%" };

	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++)
		CHECK_NAMED(refused(bad[i], strlen(bad[i])), bad[i]);
	CHECK(refused("a=x\0y", 5));
	CHECK(!refused("", 0));
	CHECK(!refused("&&&", 3) && decode("&&&") == NULL);
	CHECK(!refused("=", 1) && form_count(decode("=x"), "") == 1);
	CHECK(!refused("a=%41%", 5));
}

static void
test_many(void)
{
	char text[2 * (FORM_PAIRS_MAX + 1) + 1];

	for (size_t i = 0; i <= FORM_PAIRS_MAX; i++)
		memcpy(text + 2 * i, "a&", 2);
	CHECK(!refused(text, 2 * FORM_PAIRS_MAX));
	CHECK(refused(text, 2 * (FORM_PAIRS_MAX + 1)));
}

static void
test_add(void)
{
	char *q = form_add(arena, "", "a b", "&=+");

	CHECK_STR(q, "a%20b=%26%3D%2B");
	q = form_add(arena, q, "c", "d\r\n");
	CHECK_STR(q, "a%20b=%26%3D%2B&c=d%0D%0A");
	CHECK_STR(form_get(decode(q), "a b"), "&=+");
}

int
main(void)
{
	arena = arena_new((size_t)4 << 20);
	test_values();
	test_twice();
	test_malformed();
	test_many();
	test_add();
	arena_free(arena);
	return check_end();
}
