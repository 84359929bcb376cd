/* Cookies: read strictly, set so that no script and no other site can use them. */
#include "base/arena.h"
#include "tests/unit/check.h"
#include "web/cookie.h"
#include "web/form.h"
#include "web/request.h"
#include "web/response.h"
#include "base/banned.h"

static struct arena *arena;

static const char *
read_from(const char *header)
{
	const char *env[] = { "REQUEST_METHOD=GET", "REQUEST_URI=/", arena_printf(arena, "HTTP_COOKIE=%s", header), NULL };
	struct request rq;

	return request_parse(&rq, arena, env, "", 0) == 0 ? cookie_get(&rq, "s") : "?";
}

static void
test_reading(void)
{
	static const struct { const char *header, *value; } rows[] = {
		{ "s=abc", "abc" }, { "a=1; s=abc; b=2", "abc" }, { "a=1;s=abc", "abc" }, { " \ts=abc", "abc" },
		{ "s=a.b_c~d-9", "a.b_c~d-9" }, { "as=abc", NULL }, { "s2=abc", NULL }, { "S=abc", NULL }, { "s", NULL },
		{ "s=", NULL }, { "", NULL }, { ";;;", NULL }, { "=s", NULL }, { "s=abc; s=abc", NULL }, { "s=a; s=", NULL },
		{ "s=\"abc\"", NULL }, { "s=a b", NULL }, { "s=a%41", NULL }, { "s=a\xff", NULL }, { "s=a\x01", NULL },
		{ "s=a=b", NULL }, { "s=a,b", NULL }, { "s=%n%s", NULL }, { "x=s=abc", NULL },
	};

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++)
		CHECK_STR(read_from(rows[i].header), rows[i].value);
	char *bomb = arena_alloc(arena, 200001);
	for (size_t i = 0; i < 50000; i++)
		memcpy(bomb + 4 * i, "a=b;", 4);
	CHECK_STR(read_from(bomb), NULL);
	memset(bomb, 'x', 200000);
	memcpy(bomb, "s=", 2);
	CHECK(strlen(read_from(bomb)) == 199998);
}

static const char *
set(bool secure, long long age)
{
	struct response rs = response_new(arena);

	cookie_set(&rs, "s", "v", secure, age);
	return form_get(rs.headers, "Set-Cookie");
}

static void
test_setting(void)
{
	struct request rq = { .arena = arena };

	CHECK_STR(set(false, 0), "s=v; Path=/; HttpOnly; SameSite=Lax");
	CHECK_STR(set(true, 60), "s=v; Path=/; HttpOnly; SameSite=Lax; Secure; Max-Age=60");
	CHECK_STR(set(true, -1), "s=; Path=/; HttpOnly; SameSite=Lax; Secure; Max-Age=0");
	CHECK_STR(cookie_name(&rq, "s", true), "__Host-s");
	CHECK_STR(cookie_name(&rq, "s", false), "s");
}

int
main(void)
{
	arena = arena_new((size_t)4 << 20);
	test_reading();
	test_setting();
	arena_free(arena);
	return check_end();
}
