/* JSON: what is refused that cJSON would take, what is read, what is made. */
#include "base/arena.h"
#include "base/json.h"
#include "tests/unit/check.h"
#include "base/banned.h"

static struct arena *arena;

static struct json *
parse(const char *text)
{
	return json_parse(arena, text, strlen(text), NULL);
}

static void
test_refused(void)
{
	static const char *const bad[] = {
		"", " ", "{", "}", "[1,]", "{\"a\":1,}", "{a:1}", "{'a':1}", "[1 2]", "{} x", "{}{}", "nul", "truex", "NaN",
		"Infinity", "-", "+1", "01", "-01", "[00]", "1.", "[1.]", ".5", "-.5", "1e", "1e+", "[1.e3]", "0x10",
		"\"\t\"", "\"a\nb\"", "\"\\u0000\"", "\"a\\u0000b\"", "\"\\x\"", "\"\\u12\"", "\"\\ud800\"", "\"\\udc00\"",
		"\"open", "\v1", "[1\f]", "\x01[]", "[1,\x1f" "2]", "\xef\xbb\xbf{}", "\"\xff\"", "\"\xc0\xaf\"",
		"{\"a\":1,\"a\":2}", "{\"x\":[{\"a\":1,\"b\":2,\"a\":3}]}", "{\"a\":1,\"\\u0061\":2}", "/* */{}", "// x\n{}",
	};

	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		char name[60];
		snprintf(name, sizeof(name), "refused row %zu", i);
		CHECK_NAMED(parse(bad[i]) == NULL, name);
		if (parse(bad[i]) != NULL)
			printf("# %s\n", bad[i]);
	}
	CHECK(json_parse(arena, "{}\0", 3, NULL) == NULL);
	CHECK(json_parse(arena, "\"a\0b\"", 5, NULL) == NULL);
}

static void
test_taken(void)
{
	static const char *const good[] = { "0", "-0", "10", "1.5", "1e3", "1E+3", "-1.5e-3", "true", "null", "\"\\\\u0000\"",
	    "\"\\\"\\\\\\/\\b\\f\\n\\r\\t\"", " \t\r\n[1 , 2]\n", "\"\\ud83d\\ude00\"", "{\"a\":{\"a\":1}}", "{\"a\":1,\"A\":2}",
	    "[\"01\",\"1.\"]" };

	for (size_t i = 0; i < sizeof(good) / sizeof(good[0]); i++)
		CHECK_NAMED(parse(good[i]) != NULL, good[i]);
	CHECK(json_parse(arena, "{}xyz", 2, NULL) != NULL);
}

static void
test_depth(void)
{
	char deep[2 * (JSON_DEPTH + 1) + 1];

	for (int extra = 0; extra < 2; extra++) {
		size_t n = JSON_DEPTH + (size_t)extra;
		memset(deep, '[', n);
		memset(deep + n, ']', n);
		CHECK((json_parse(arena, deep, 2 * n, NULL) != NULL) == (extra == 0));
	}
}

static void
test_errors(void)
{
	struct json_error err = { 0 };

	json_parse(arena, "{\n\"a\":1,\n}", 11, &err);
	CHECK(err.what != NULL && err.line == 3);
	json_parse(arena, "{\"name\":1,\"name\":2}", 19, &err);
	CHECK(strstr(err.what, "name") != NULL);
	CHECK(json_line_of("{\"a\":[1,{\"b\":\n1,\n\"c\":2}]}", "a.1.c") == 3);
	CHECK(json_line_of("{\n\"a.b\": {\n\"c.d.e\":\n1,\n\"c\": 2}}", "a.b.c.d.e") == 3);
	CHECK(json_line_of("{\n\"a.b\": {\n\"c.d.e\":\n1,\n\"c\": 2}}", "a.b.c") == 5);
	CHECK(json_line_of("{\n\"a.b\": {\n\"c.d.e\":\n1,\n\"c\": 2}}", "a.b.d") == 0);
	CHECK(json_line_of("{\n\"a\":1,\n\"b\":{\"c\":[1,\n2]}}", "b.c.1") == 4);
	CHECK(json_line_of("{\n\"a\":1,\n\"b\":2}", "b") == 3);
	CHECK(json_line_of("{\"a\":1}", "x") == 0);
	CHECK(json_line_of("{\"a\":1}", "a.b") == 0);
}

static void
test_reading(void)
{
	const struct json *j = parse("{\"s\":\"x\",\"n\":7,\"f\":1.5,\"t\":true,\"z\":null,\"l\":[1,2,3],\"big\":1e400,"
	    "\"over\":9007199254740994,\"o\":{}}");
	long long n = 0;
	double d = 0;

	CHECK_STR(json_get_string(j, "s"), "x");
	CHECK_STR(json_get_string(j, "S"), NULL);
	CHECK_STR(json_get_string(j, "n"), NULL);
	CHECK_STR(json_get_string(NULL, "n"), NULL);
	CHECK_STR(json_get_string(json_get(j, "l"), "n"), NULL);
	CHECK(json_get_int(j, "n", -1) == 7);
	CHECK(json_get_int(j, "f", -1) == -1);
	CHECK(json_get_int(j, "s", -1) == -1);
	CHECK(json_get_int(j, "t", -1) == -1);
	CHECK(!json_int(json_get(j, "over"), &n));
	CHECK(!json_number(json_get(j, "big"), &d));
	CHECK(json_number(json_get(j, "f"), &d) && d > 1.4 && d < 1.6);
	CHECK(json_get_bool(j, "t", false) && json_get_bool(j, "n", true) && !json_get_bool(j, "z", false));
	CHECK(json_type(json_get(j, "z")) == JSON_NULL && json_type(json_get(j, "no")) == JSON_NONE);
	CHECK(json_count(json_get(j, "l")) == 3 && json_at(json_get(j, "l"), 3) == NULL && json_at(j, 0) == NULL);
	CHECK(json_int(json_at(json_get(j, "l"), 2), &n) && n == 3);
	CHECK_STR(json_name(json_first(j)), "s");
	CHECK(json_equal(parse("{\"a\":1,\"b\":[2]}"), parse("{\"b\":[2],\"a\":1}")));
	CHECK(!json_equal(parse("[1,2]"), parse("[2,1]")) && json_equal(NULL, NULL) && !json_equal(j, NULL));
}

static void
test_making(void)
{
	struct json *o = json_object(arena), *l = json_set(arena, o, "list", json_array(arena));

	json_set_string(arena, o, "s", "\"\\\n\x01\xed\x95\x9c");
	json_set_int(arena, o, "i", 1700000000123);
	json_set_int(arena, o, "i", -5);
	json_set_bool(arena, o, "b", true);
	json_set_string(arena, o, "gone", "x");
	json_set_string(arena, o, "gone", NULL);
	json_append_string(arena, l, "one");
	json_append_string(arena, l, "two");
	CHECK(json_array_has(l, "one") && !json_array_has(l, "three"));
	CHECK(json_array_remove(l, "one") && !json_array_remove(l, "one"));
	CHECK_STR(json_print(arena, o), "{\"list\":[\"two\"],\"s\":\"\\\"\\\\\\n\\u0001\xed\x95\x9c\",\"i\":-5,\"b\":true}");
	struct json *list = json_array(arena);
	json_append(arena, list, json_printed(arena, "{\"a\": 1}"));
	json_append(arena, list, json_copy(arena, json_first(list)));
	CHECK_NAMED(strcmp(json_print(arena, list), "[{\"a\": 1},{\"a\": 1}]") == 0, "what is printed already is printed as it is");
	CHECK(json_type(json_first(list)) == JSON_PRINTED && json_get(json_first(list), "a") == NULL && json_string(json_first(list)) == NULL);
	CHECK(json_equal(json_first(list), json_at(list, 1)) && !json_equal(json_first(list), json_printed(arena, "{}")));

	struct json *copy = json_copy(arena, o);
	json_set_int(arena, copy, "i", 6);
	CHECK(json_get_int(o, "i", 0) == -5 && json_get_int(copy, "i", 0) == 6);
	json_set_int(arena, o, "ms", 1700000000123);
	CHECK(strstr(json_print(arena, o), "\"ms\":1700000000123") != NULL);
	json_set(arena, o, "z", json_new_null(arena));
	CHECK(strstr(json_print(arena, o), "\"z\":null") != NULL);
}

int
main(void)
{
	arena = arena_new((size_t)16 << 20);
	test_refused();
	test_taken();
	test_depth();
	test_errors();
	test_reading();
	test_making();
	arena_free(arena);
	return check_end();
}
