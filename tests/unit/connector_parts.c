/* Values out of a vendor's answer and into a request: the examples of RFC 6901, and what a connector's braces mean. */
#include "base/arena.h"
#include "base/json.h"
#include "link/fill.h"
#include "link/pick.h"
#include "tests/unit/check.h"
#include "web/fetch.h"
#include "base/banned.h"

static struct arena *a;

static const struct json *
parse(const char *text)
{
	return json_parse(a, text, strlen(text), NULL);
}

static const char *
picked(const struct json *v, const char *pointer)
{
	const struct json *found = pick(a, v, pointer);

	return found != NULL ? json_print(a, found) : NULL;
}

/* RFC 6901 section 5; then what leads nowhere. */
static void
test_pointers(void)
{
	const struct json *v = parse("{\"foo\":[\"bar\",\"baz\"],\"\":0,\"a/b\":1,\"c%d\":2,\"e^f\":3,\"g|h\":4,\"i\\\\j\":5,"
	    "\"k\\\"l\":6,\" \":7,\"m~n\":8}");

	CHECK_STR(picked(v, "/foo"), "[\"bar\",\"baz\"]");
	CHECK_STR(picked(v, "/foo/0"), "\"bar\"");
	CHECK_STR(picked(v, "/"), "0");
	CHECK_STR(picked(v, "/a~1b"), "1");
	CHECK_STR(picked(v, "/c%d"), "2");
	CHECK_STR(picked(v, "/e^f"), "3");
	CHECK_STR(picked(v, "/g|h"), "4");
	CHECK_STR(picked(v, "/i\\j"), "5");
	CHECK_STR(picked(v, "/k\"l"), "6");
	CHECK_STR(picked(v, "/ "), "7");
	CHECK_STR(picked(v, "/m~0n"), "8");
	CHECK(pick(a, v, "") == v);
	CHECK_STR(picked(v, "/foo/2"), NULL);
	CHECK_STR(picked(v, "/foo/-1"), NULL);
	CHECK_STR(picked(v, "/foo/0x0"), NULL);
	CHECK_STR(picked(v, "/foo/0/deeper"), NULL);
	CHECK_STR(picked(v, "/nobody"), NULL);
	CHECK_STR(picked(v, NULL), NULL);
	CHECK_STR(picked(NULL, "/foo"), NULL);
}

static void
test_equals(void)
{
	const struct json *v = parse("{\"status\":{\"code\":14},\"on\":false,\"none\":null,\"name\":\"x\"}");

	CHECK(pick_equals(a, v, parse("{\"pointer\":\"/status/code\",\"equals\":14}")));
	CHECK(!pick_equals(a, v, parse("{\"pointer\":\"/status/code\",\"equals\":\"14\"}")));
	CHECK(!pick_equals(a, v, parse("{\"pointer\":\"/nobody\",\"equals\":14}")));
	CHECK(pick_equals(a, v, parse("{\"pointer\":\"/name\"}")));
	CHECK(!pick_equals(a, v, parse("{\"pointer\":\"/on\"}")));
	CHECK(!pick_equals(a, v, parse("{\"pointer\":\"/none\"}")));
}

static void
test_texts(void)
{
	const struct json *v = parse("{\"id\":\"b 2/\\u00fc\",\"uri\":\"https://b.example/api\",\"arg0\":37,\"word\":\"on\"}");

	CHECK_STR(fill_text(a, "https://x/{id}/state", v, 1), "https://x/b%202%2F%C3%BC/state");
	CHECK_STR(fill_text(a, "{uri}/devices/{id}", v, 1), "https://b.example/api/devices/b%202%2F%C3%BC");
	CHECK_STR(fill_text(a, "{word}={arg0}", v, 0), "on=37");
	CHECK_STR(fill_text(a, "{arg0/100:1}", v, 0), "0.4");
	CHECK_STR(fill_text(a, "{arg0*2.55:0}", v, 0), "94");
	CHECK_STR(fill_text(a, "{arg0+1} {arg0-40}", v, 0), "38 -3");
	CHECK_NAMED(fill_text(a, "{nobody}", v, 0) == NULL, "a value that is not there");
	CHECK_NAMED(fill_text(a, "{word/2}", v, 0) == NULL, "reckoning with a word");
	CHECK_NAMED(fill_text(a, "{arg0/0}", v, 0) == NULL, "nothing is divided by nothing");
	CHECK_NAMED(fill_text(a, "{arg0", v, 0) == NULL, "a brace that is never closed");
	CHECK_STR(fill_text(a, "", v, 0), "");
}

static void
test_requests(void)
{
	const struct json *v = parse("{\"arg0\":37,\"arguments\":[37],\"home\":\"a&b\"}");
	struct fetch_request rq;

	CHECK_STR(fill_request(a, parse("{\"url\":\"https://x/y\",\"query\":{\"home\":\"{home}\"},\"headers\":{\"X-Home\":\"{home}\"}}"), v,
	    "T", &rq), NULL);
	CHECK_STR(rq.url, "https://x/y?home=a%26b");
	CHECK_STR(rq.method, "GET");
	CHECK(rq.body == NULL);
	CHECK_STR(rq.headers[1], "Bearer T");
	CHECK_STR(fill_request(a, parse("{\"method\":\"PUT\",\"url\":\"https://x\",\"body\":{\"n\":\"{arg0}\",\"l\":\"{arguments}\","
	    "\"t\":\"{arg0} %\",\"maybe\":\"{arg1?}\",\"deep\":[{\"v\":\"{arg0/100}\"}],\"same\":true}}"), v, NULL, &rq), NULL);
	CHECK_STR(rq.body, "{\"n\":37,\"l\":[37],\"t\":\"37 %\",\"deep\":[{\"v\":0.37}],\"same\":true}");
	CHECK_STR(fill_request(a, parse("{\"method\":\"POST\",\"url\":\"https://x\",\"form\":{\"a b\":\"{home}\"}}"), v, NULL, &rq), NULL);
	CHECK_STR(rq.body, "a%20b=a%26b");
	CHECK(fill_request(a, parse("{\"url\":\"https://x/{id}\"}"), v, NULL, &rq) != NULL);
	CHECK(fill_request(a, parse("{\"url\":\"https://x\",\"body\":{\"n\":\"{arg1}\"}}"), v, NULL, &rq) != NULL);
	CHECK(fill_request(a, parse("{\"url\":\"https://x\",\"headers\":{\"A\":\"{arg1}\"}}"), v, NULL, &rq) != NULL);
}

int
main(void)
{
	a = arena_new(1 << 20);
	test_pointers();
	test_equals();
	test_texts();
	test_requests();
	arena_free(a);
	return check_end();
}
