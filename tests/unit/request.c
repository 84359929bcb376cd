/* From a CGI environment to a request. */
#include "base/arena.h"
#include "tests/unit/check.h"
#include "web/request.h"
#include "base/banned.h"

#define FORM "CONTENT_TYPE=application/x-www-form-urlencoded"

static struct arena *arena;
static struct request rq;

static int
parse(const char *const *env, const char *body)
{
	return request_parse(&rq, arena, env, body, strlen(body));
}

static void
test_parts(void)
{
	static const char *const env[] = { "REQUEST_METHOD=POST", "REQUEST_URI=/a/%2e?x=1&y=%20", "REMOTE_ADDR=192.0.2.7",
	    "CONTENT_TYPE=Application/X-WWW-form-urlencoded ; charset=UTF-8", "HTTP_ACCEPT_LANGUAGE=ko", "HTTP_TWICE=1",
	    "HTTP_TWICE=2", "HTTP_TWICER=3", "QUERY_STRING=x=9", "PATH_INFO=/other", "REQUEST_ID=0123abcDEF-", NULL };

	CHECK(parse(env, "x=2&z=3") == 0);
	CHECK_STR(rq.method, "POST");
	CHECK_STR(rq.path, "/a/%2e");
	CHECK_STR(rq.query_text, "x=1&y=%20");
	CHECK_STR(rq.content_type, "application/x-www-form-urlencoded");
	CHECK_STR(rq.remote, "192.0.2.7");
	CHECK_STR(rq.id, "0123abcDEF-");
	CHECK_STR(request_query(&rq, "x"), "1");
	CHECK_STR(request_query(&rq, "y"), " ");
	CHECK_STR(request_query(&rq, "z"), NULL);
	CHECK_STR(request_form(&rq, "x"), "2");
	CHECK_STR(request_header(&rq, "Accept-Language"), "ko");
	CHECK_STR(request_header(&rq, "Twice"), NULL);
	CHECK_STR(request_header(&rq, "TWICER"), "3");
	CHECK_STR(request_header(&rq, "Absent"), NULL);
}

/* Who has one IPv6 address has all of its network: counting by the address would count nothing. */
static void
test_network(void)
{
	static const struct { const char *remote, *network; } rows[] = {
		{ "192.0.2.7", "192.0.2.7" },
		{ "2001:db8:1:2:3:4:5:6", "2001:db8:1:2::/64" },
		{ "2001:db8:1:2:ffff::1", "2001:db8:1:2::/64" },
		{ "2001:DB8:1:3::1", "2001:db8:1:3::/64" },
		{ "::1", "::/64" },
		{ "::ffff:192.0.2.7", "192.0.2.7" },
		{ "-", "-" },
		{ "2001:db8::1%eth0", "2001:db8::1%eth0" },
	};

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		const char *const env[] = { "REQUEST_METHOD=GET", "REQUEST_URI=/",
		    arena_printf(arena, "REMOTE_ADDR=%s", rows[i].remote), NULL };
		CHECK(parse(env, "") == 0);
		CHECK_STR(request_network(&rq), rows[i].network);
	}
}

static void
test_defaults(void)
{
	static const char *const env[] = { "REQUEST_METHOD=HEAD", "REQUEST_URI=/", "REQUEST_ID=bad id\n", NULL };

	CHECK(parse(env, "a=1") == 0);
	CHECK_STR(rq.method, "GET");
	CHECK_STR(rq.query_text, "");
	CHECK_STR(rq.content_type, "");
	CHECK(rq.form == NULL && rq.query == NULL);
	CHECK(strlen(rq.id) == 16 && rq.id_is_ours);
}

/* A body that is no form is not decoded, whatever it holds. */
static void
test_other_bodies(void)
{
	static const char *const json[] = { "REQUEST_METHOD=POST", "REQUEST_URI=/", "CONTENT_TYPE=application/json", NULL };
	static const char *const form[] = { "REQUEST_METHOD=POST", "REQUEST_URI=/", FORM, NULL };

	CHECK(parse(json, "a=%zz") == 0 && rq.form == NULL && rq.body_len == 5);
	CHECK(parse(form, "a=%zz") == 400);
	CHECK_STR(rq.path, "/");
}

static int
status_of(const char *method, const char *uri)
{
	const char *env[] = { arena_printf(arena, "REQUEST_METHOD=%s", method), arena_printf(arena, "REQUEST_URI=%s", uri), NULL };

	return parse(env, "");
}

static const char *
many(size_t n)
{
	char *uri = arena_alloc(arena, 2 * n + 3);

	memcpy(uri, "/?", 2);
	for (size_t i = 0; i < n; i++)
		memcpy(uri + 2 + 2 * i, "a&", 2);
	return uri;
}

static void
test_refused(void)
{
	CHECK(status_of("", "/") == 400);
	CHECK(status_of("GET", "") == 400);
	CHECK(status_of("GET", "http://evil.test/") == 400);
	CHECK(status_of("GET", "*") == 400);
	CHECK(status_of("GET", "/?a=%zz") == 400);
	CHECK(status_of("GET", "/?a=%00") == 400);
	CHECK(status_of("GET", "/?a=%ff") == 400);
	CHECK(status_of("GET", many(REQUEST_QUERY_PAIRS)) == 0);
	CHECK(status_of("GET", many(REQUEST_QUERY_PAIRS + 1)) == 400);
	CHECK(status_of("GET", arena_printf(arena, "/?%0*d", REQUEST_URI_MAX - 2, 0)) == 0);
	CHECK(status_of("GET", arena_printf(arena, "/?%0*d", REQUEST_URI_MAX - 1, 0)) == 414);
	CHECK_STR(rq.query_text, "");
	CHECK(request_parse(&rq, arena, (const char *const[]){ NULL }, "", 0) == 400);
	CHECK_STR(rq.path, "");
}

int
main(void)
{
	arena = arena_new((size_t)4 << 20);
	test_parts();
	test_network();
	test_defaults();
	test_other_bodies();
	test_refused();
	arena_free(arena);
	return check_end();
}
