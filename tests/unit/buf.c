/* Text that grows up to its maximum, and what escaping makes of hostile text. */
#include "base/arena.h"
#include "base/buf.h"
#include "tests/unit/check.h"
#include "base/banned.h"

static void
test_growing(struct arena *a)
{
	struct buf b = buf_new(a, 1000);

	CHECK_STR(b.data, "");
	for (int i = 0; i < 100; i++)
		buf_printf(&b, "%02d", i);
	CHECK(b.len == 200 && !b.over && strncmp(b.data, "000102", 6) == 0 && strcmp(b.data + 196, "9899") == 0);
	buf_add(&b, "a\0b", 3);
	CHECK(b.len == 203 && memcmp(b.data + 200, "a\0b", 4) == 0);
}

/* What does not fit is left out whole, and the buffer remembers. */
static void
test_maximum(struct arena *a)
{
	struct buf b = buf_new(a, 4);

	buf_text(&b, "abcd");
	CHECK(!b.over);
	buf_text(&b, "");
	CHECK(!b.over);
	buf_char(&b, 'e');
	CHECK(b.over);
	CHECK_STR(b.data, "abcd");
	struct buf c = buf_new(a, 4);
	buf_text(&c, "abcde");
	buf_text(&c, "x");
	CHECK(c.over);
	CHECK_STR(c.data, "");
}

static const char *
html(struct arena *a, const char *text)
{
	struct buf b = buf_new(a, 1000);

	buf_html(&b, text);
	return b.data;
}

static const char *
url(struct arena *a, const char *text)
{
	struct buf b = buf_new(a, 1000);

	buf_url(&b, text);
	return b.data;
}

static void
test_escaping(struct arena *a)
{
	CHECK_STR(html(a, ""), "");
	CHECK_STR(html(a, "a<b>&\"'c"), "a&lt;b&gt;&amp;&quot;&#39;c");
	CHECK_STR(html(a, "&amp;"), "&amp;amp;");
	CHECK_STR(html(a, "\xed\x95\x9c"), "\xed\x95\x9c");
	CHECK_STR(url(a, "AZaz09-._~"), "AZaz09-._~");
	CHECK_STR(url(a, " +%&=?#/\r\n\"'<>"), "%20%2B%25%26%3D%3F%23%2F%0D%0A%22%27%3C%3E");
	CHECK_STR(url(a, "\xed\x95\x9c"), "%ED%95%9C");
}

/* A form as application/x-www-form-urlencoded has it. */
static void
test_pairs(struct arena *a)
{
	struct buf b = buf_new(a, 1000);

	buf_pair(&b, "absent", NULL);
	CHECK(b.len == 0);
	buf_pair(&b, "a b", "1&2");
	buf_pair(&b, "absent", NULL);
	buf_pair(&b, "empty", "");
	buf_pair(&b, "c", "=");
	CHECK_STR(b.data, "a%20b=1%262&empty=&c=%3D");
}

int
main(void)
{
	struct arena *a = arena_new((size_t)1 << 20);

	test_pairs(a);
	test_growing(a);
	test_maximum(a);
	test_escaping(a);
	arena_free(a);
	return check_end();
}
