/* XML bodies: what becomes of them, and what is refused. */
#include "base/arena.h"
#include "base/json.h"
#include "base/xml.h"
#include "tests/unit/check.h"
#include "base/banned.h"

static struct arena *a;

static const char *
read(const char *text)
{
	const char *why = NULL;
	struct json *v = xml_parse(a, text, strlen(text), &why);

	return v != NULL ? json_print(a, v) : why;
}

int
main(void)
{
	static const char *const refused[] = { "", " ", "x", "<a>", "</a>", "<a></b>", "<a/><b/>", "<a/>x", "<a b=1/>",
	    "<a>&x;</a>", "<a>&#0;</a>", "<a>\x01</a>", "<a>\xff</a>", "<!DOCTYPE a><a/>", "<!DOCTYPE a [<!ENTITY x \"y\">]><a>&x;</a>",
	    "<!DOCTYPE a SYSTEM \"file:///etc/passwd\"><a/>", "<a", "<?xml version=\"1.0\"?>" };
	char deep[8 * (XML_DEPTH + 2)] = "";
	const char *why = NULL;

	a = arena_new((size_t)64 << 20);
	CHECK_STR(read("<foo>bar</foo>"), "{\"foo\":\"bar\"}");
	CHECK_STR(read("<a><b>1</b><b>2</b><b>3</b><c/></a>"), "{\"a\":{\"b\":[\"1\",\"2\",\"3\"],\"c\":\"\"}}");
	CHECK_STR(read("<a>x<b>1</b>y</a>"), "{\"a\":{\"b\":\"1\"}}");
	CHECK_STR(read("<a> &amp;&lt;&gt;&quot;&apos;&#x41; </a>"), "{\"a\":\"&<>\\\"'A\"}");
	CHECK_STR(read("<a><![CDATA[<b>]]></a>"), "{\"a\":\"<b>\"}");
	CHECK_STR(read("<?xml version=\"1.0\" encoding=\"ISO-8859-1\"?><a>\xc3\xa9</a>"), "{\"a\":\"\xc3\xa9\"}");
	CHECK_STR(read("<x:a xmlns:x=\"u\"><x:b>1</x:b></x:a>"), "{\"a\":{\"b\":\"1\"}}");
	CHECK_STR(read("<!-- c --><a><?p i?>1<!-- d -->2</a>"), "{\"a\":\"12\"}");
	for (size_t i = 0; i < sizeof(refused) / sizeof(refused[0]); i++)
		CHECK_NAMED(xml_parse(a, refused[i], strlen(refused[i]), &why) == NULL && why != NULL, refused[i]);
	CHECK_NAMED(xml_parse(a, "<a>\0</a>", 8, &why) == NULL, "a NUL");
	for (int depth = XML_DEPTH; depth <= XML_DEPTH + 1; depth++) {
		deep[0] = '\0';
		size_t len = 0;
		for (int i = 0; i < depth; i++, len += 3)
			memcpy(deep + len, "<a>", 4);
		for (int i = 0; i < depth; i++, len += 4)
			memcpy(deep + len, "</a>", 5);
		CHECK_NAMED((xml_parse(a, deep, len, &why) != NULL) == (depth == XML_DEPTH), "depth");
	}
	arena_free(a);
	return check_end();
}
