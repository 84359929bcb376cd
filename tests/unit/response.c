/* Answers: what is in them, what replaces what, what never gets into a header. */
#include "base/arena.h"
#include "base/json.h"
#include "base/log.h"
#include "tests/unit/check.h"
#include "web/form.h"
#include "web/response.h"
#include "base/banned.h"

static struct arena *arena;

static void
test_json(void)
{
	struct response rs = response_new(arena);
	struct json *j = json_object(arena);

	CHECK(rs.status == 200 && rs.body_len == 0);
	json_set_int(arena, j, "n", 1);
	response_json(&rs, 400, j);
	CHECK(rs.status == 400 && rs.body_len == 7);
	CHECK_STR(rs.body, "{\"n\":1}");
	CHECK_STR(form_get(rs.headers, "Content-Type"), "application/json");
	CHECK_STR(form_get(rs.headers, "Cache-Control"), "no-store");
	CHECK_STR(form_get(rs.headers, "X-Content-Type-Options"), "nosniff");
	CHECK_STR(form_get(rs.headers, "Content-Security-Policy"), "default-src 'none'; frame-ancestors 'none'");
	response_policy(&rs, "sandbox");
	CHECK_STR(form_get(rs.headers, "Content-Security-Policy"), "sandbox");
	response_cache(&rs, "public, max-age=60");
	CHECK_STR(form_get(rs.headers, "Cache-Control"), "public, max-age=60");
}

/* A later body replaces an earlier one; what others set stays. */
static void
test_replacing(void)
{
	struct response rs = response_new(arena);

	response_header(&rs, "Set-Cookie", "a=1");
	response_header(&rs, "Set-Cookie", "b=2");
	response_policy(&rs, "default-src *");
	response_text(&rs, 200, "first");
	CHECK(form_count(rs.headers, "Content-Security-Policy") == 1);
	response_redirect(&rs, "/there?a=b");
	CHECK(rs.status == 303 && rs.body_len == 0);
	CHECK_STR(form_get(rs.headers, "Location"), "/there?a=b");
	CHECK_STR(form_get(rs.headers, "Referrer-Policy"), "no-referrer");
	CHECK_STR(form_get(rs.headers, "Cache-Control"), "no-store");
	CHECK(form_count(rs.headers, "Set-Cookie") == 2 && form_count(rs.headers, "Content-Type") == 1);
}

static void
test_hostile_header(void)
{
	static const char *const bad[] = { "a\r\nX-Evil: 1", "a\nb", "a\rb", "a\tb", "a\x7f", "\x01" };
	struct response rs = response_new(arena);

	log_open("test", LOG_LEVEL_ERROR + 1);	/* each is logged as our own bug */
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		response_header(&rs, "X", bad[i]);
		response_header(&rs, bad[i], "x");
	}
	CHECK(rs.headers == NULL);
	response_header(&rs, "X", "fine \xed\x95\x9c");
	CHECK_STR(form_get(rs.headers, "X"), "fine \xed\x95\x9c");
}

int
main(void)
{
	arena = arena_new((size_t)1 << 20);
	test_json();
	test_replacing();
	test_hostile_header();
	arena_free(arena);
	return check_end();
}
