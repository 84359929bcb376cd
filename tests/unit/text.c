/* Questions about text from outside. */
#include "base/text.h"
#include "tests/unit/check.h"
#include "base/banned.h"

static void
test_utf8(void)
{
	static const struct { const char *text; size_t len; bool good; } rows[] = {
		{ "", 0, true }, { "abc", 3, true }, { "a\0b", 3, true }, { "\xc3\xa9", 2, true }, { "\xed\x95\x9c", 3, true },
		{ "\xf0\x9f\x92\xa1", 4, true }, { "\xf4\x8f\xbf\xbf", 4, true }, { "\xef\xbf\xbf", 3, true },
		{ "\x80", 1, false }, { "\xff", 1, false }, { "\xc3", 1, false }, { "\xc3(", 2, false },
		{ "\xc0\xaf", 2, false }, { "\xc1\xbf", 2, false }, { "\xe0\x80\xaf", 3, false }, { "\xe0\x9f\xbf", 3, false },
		{ "\xf0\x80\x80\xaf", 4, false }, { "\xf0\x8f\xbf\xbf", 4, false }, { "\xed\xa0\x80", 3, false },
		{ "\xf4\x90\x80\x80", 4, false }, { "\xf5\x80\x80\x80", 4, false }, { "\xe2\x82", 2, false },
		{ "\xf0\x9f\x92", 3, false }, { "\xe2\x82(", 3, false }, { "a\xe2\x82\xac\x80", 5, false },
	};

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		char name[40];
		snprintf(name, sizeof(name), "utf-8 row %zu is %s", i, rows[i].good ? "good" : "bad");
		CHECK_NAMED(text_is_utf8(rows[i].text, rows[i].len) == rows[i].good, name);
	}
}

static void
test_name(void)
{
	CHECK(text_is_name("a", 1));
	CHECK(text_is_name("Hall lamp", 100));
	CHECK(text_is_name("%n%s", 100));
	CHECK(!text_is_name("", 100));
	CHECK(!text_is_name("ab", 1));
	CHECK(!text_is_name("  ", 100));
	CHECK(!text_is_name("a\nb", 100));
	CHECK(!text_is_name("a\x7f", 100));
	CHECK(!text_is_name("a\xff", 100));
	CHECK(!text_is_name("\xed\x95\x9c", 2));
}

static void
test_int(void)
{
	static const char *const bad[] = { "", "-", "--1", "1-", "+1", " 1", "1 ", "1.0", "1e3", "0x10", "one", "101", "-11",
	    "9223372036854775808", "99999999999999999999999" };
	long long n = 42;

	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++)
		CHECK_NAMED(!text_to_int(bad[i], -10, 100, &n) && n == 42, bad[i]);
	CHECK(text_to_int("-10", -10, 100, &n) && n == -10);
	CHECK(text_to_int("100", -10, 100, &n) && n == 100);
	CHECK(text_to_int("007", -10, 100, &n) && n == 7);
}

static void
test_words(void)
{
	char longest[70];

	memset(longest, 'x', sizeof(longest) - 1);
	longest[sizeof(longest) - 1] = '\0';
	CHECK(text_distance("code_ttl", "code_ttl") == 0);
	CHECK(text_distance("code_tl", "code_ttl") == 1);
	CHECK(text_distance("kitten", "sitting") == 3);
	CHECK(text_distance("", "abc") == 3);
	CHECK(text_distance(longest, longest) == 64);
	CHECK(text_list_has("GET POST", " ", "POST"));
	CHECK(text_list_has("a,b c", ", ", "c"));
	CHECK(!text_list_has("GET POST", " ", "POS"));
	CHECK(!text_list_has("GET POST", " ", "GET POST"));
	CHECK(!text_list_has("GET POST", " ", "get"));
	CHECK(!text_list_has("", " ", "GET"));
	CHECK(!text_list_has(" a  b", " ", ""));
}

int
main(void)
{
	test_utf8();
	test_name();
	test_int();
	test_words();
	return check_end();
}
