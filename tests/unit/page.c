/* Templates: what each tag does, that nothing gets in unescaped, and that every page of ours is well-formed. */
#include <dirent.h>
#include <sys/stat.h>

#include "app.h"
#include "base/text.h"
#include "tests/unit/check.h"
#include "tests/unit/fixture.h"
#include "web/form.h"
#include "web/page.h"
#include "web/request.h"
#include "web/response.h"
#include "base/banned.h"

static const struct page_set *set;

/* A set of one template "p" (and "part", which says {{x}}!) with some texts. */
static const struct page_set *
load(const char *template)
{
	const char *why = NULL;

	fixture_write("html/p.html", template);
	const struct page_set *s = page_load(fx.arena, arena_printf(fx.arena, "%s/html", fx.root), &why);
	if (s == NULL)
		fixture_fail("page_load", why);
	return s;
}

static const char *
render(const char *template, const char *data)
{
	return page_render(load(template), fx.arena, "p", "en", json_parse(fx.arena, data, strlen(data), NULL));
}

static void
test_tags(void)
{
	static const struct { const char *template, *data, *want; } rows[] = {
		{ "a{{x}}b", "{\"x\":\"1\"}", "a1b" }, { "{{x}}", "{\"x\":7}", "7" }, { "{{x}}", "{\"x\":true}", "true" },
		{ "{{x}}", "{}", "" }, { "{{x}}", "{\"x\":null}", "" }, { "{{x}}", "{\"x\":{\"y\":1}}", "" },
		{ "{{x.y.z}}", "{\"x\":{\"y\":{\"z\":\"deep\"}}}", "deep" }, { "{{x.y}}", "{\"x\":\"text\"}", "" },
		{ "{{#x}}[{{.}}]{{/x}}", "{\"x\":[\"a\",\"b\"]}", "[a][b]" }, { "{{#x}}{{y}};{{/x}}", "{\"x\":[{\"y\":1},{\"y\":2}]}", "1;2;" },
		{ "{{#x}}yes{{/x}}{{^x}}no{{/x}}", "{\"x\":true}", "yes" }, { "{{#x}}yes{{/x}}{{^x}}no{{/x}}", "{\"x\":false}", "no" },
		{ "{{#x}}yes{{/x}}{{^x}}no{{/x}}", "{\"x\":\"\"}", "no" }, { "{{#x}}yes{{/x}}{{^x}}no{{/x}}", "{\"x\":[]}", "no" },
		{ "{{#x}}yes{{/x}}{{^x}}no{{/x}}", "{}", "no" }, { "{{#x}}{{y}}{{/x}}", "{\"x\":{\"z\":1},\"y\":\"outer\"}", "outer" },
		{ "{{#x}}{{#x}}in{{/x}}out{{/x}}", "{\"x\":\"1\"}", "inout" }, { "{{>part}}", "{\"x\":\"<\"}", "&lt;!" },
		{ "{{#x}}{{>part}}{{/x}}", "{\"x\":[{\"x\":1},{\"x\":2}]}", "1!2!" }, { "{{t.hello}}", "{\"x\":\"<you>\"}", "Hello &lt;you&gt; &amp; all" },
		{ "{{t.*k}}", "{\"k\":\"hello\",\"x\":\"\"}", "Hello  &amp; all" }, { "{{t.*k}}", "{}", "" },
		{ "{{", "{}", "{{" }, { "}}{{x", "{}", "}}{{x" }, { "{{}}", "{}", "" }, { "a{{#x}}b", "{\"x\":1}", "a" },
		{ "a{{#x}}b{{", "{\"x\":1}", "a" }, { "{{/x}}", "{}", "" },
	};

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++)
		CHECK_STR(render(rows[i].template, rows[i].data), rows[i].want);
	CHECK(page_render(set, fx.arena, "none", "en", NULL) == NULL);
}

/* B16: values of every kind of origin, in every place that a value can stand. */
static void
test_escaping(void)
{
	static const char data[] = "{\"x\":\"<script>\\\"'&</script>\",\"l\":[\"<b>\"],\"k\":\"<i>\"}";

	CHECK_STR(render("<a b=\"{{x}}\">{{x}}</a>", data), "<a b=\"&lt;script&gt;&quot;&#39;&amp;&lt;/script&gt;\">"
	    "&lt;script&gt;&quot;&#39;&amp;&lt;/script&gt;</a>");
	CHECK_STR(render("{{#l}}{{.}}{{/l}}", data), "&lt;b&gt;");
	CHECK_STR(render("{{t.hello}}", data), "Hello &lt;script&gt;&quot;&#39;&amp;&lt;/script&gt; &amp; all");
	CHECK_STR(render("{{t.*k}}", data), "&lt;i&gt;");	/* a key that is no text is shown, harmless */
	CHECK_STR(render("{{x}}", "{\"x\":\"{{y}}{{t.hello}}\",\"y\":\"no\"}"), "{{y}}{{t.hello}}");
}

/* A name inside a sentence turns nothing round but itself: U+2068 and U+2069 are about it, and it cannot end them. */
static void
test_right_to_left(void)
{
	static const struct { const char *x, *want; } rows[] = {
		{ "\\u202egnp", "\u2068\u202egnp\u2069" }, { "\\u202a", "\u2068\u202a\u2069" }, { "\\u202f", "\u202f" },
		{ "\u05d0\u05d1", "\u2068\u05d0\u05d1\u2069" }, { "\u0646", "\u2068\u0646\u2069" }, { "caf\u00e9 \ud55c \u2014", "caf\u00e9 \ud55c \u2014" },
		{ "a\\u2069\\u202eb", "\u2068a\u202eb\u2069" }, { "\\u2067a\\u2069b\\u2069c", "\u2068\u2067a\u2069bc\u2069" },
		{ "\\u2066\\u2068<", "\u2068\u2066\u2068&lt;\u2069\u2069\u2069" }, { "\u2067", "\u2068\u2067\u2069\u2069" },
	};

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++)
		CHECK_STR(render("{{t.hello}}", arena_printf(fx.arena, "{\"x\":\"%s\"}", rows[i].x)),
		    arena_printf(fx.arena, "Hello %s &amp; all", rows[i].want));
	CHECK_STR(render("{{x}}", "{\"x\":\"\\u202egnp\"}"), "\u202egnp");	/* <bdi> is the template's to write */
}

static const char *
language(const char *accept)
{
	const char *env[] = { "REQUEST_METHOD=GET", "REQUEST_URI=/", arena_printf(fx.arena, "HTTP_ACCEPT_LANGUAGE=%s", accept), NULL };
	struct request rq;

	return request_parse(&rq, fx.arena, env, "", 0) == 0 ? page_language(set, &rq) : "?";
}

static void
test_language(void)
{
	static const struct { const char *accept, *want; } rows[] = {
		{ "", "en" }, { "ko", "ko" }, { "ko-KR,ko;q=0.9,en-US;q=0.8", "ko" }, { "en-US,en;q=0.9,ko;q=0.8", "en" },
		{ "en;q=0.1, ko;q=0.2", "ko" }, { "fr, de;q=0.5", "en" }, { "fr, ko;q=0.1", "ko" }, { "ko;q=0", "en" }, { "*", "en" },
		{ "KO-kr", "ko" }, { ",;=,ko", "ko" }, { ";;;===", "en" }, { "ko;q=abc", "en" }, { "../en", "en" }, { "ko;q=nan", "en" },
	};

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++)
		CHECK_STR(language(rows[i].accept), rows[i].want);
}

static void
test_loading(void)
{
	const char *why = NULL, *none = arena_printf(fx.arena, "%s/none", fx.root);

	CHECK(page_load(fx.arena, none, &why) == NULL && strstr(why, "none") != NULL);
	fixture_write("html/text/ko.json", "{\"hello\":\"a\",\n\"hello\":\"b\"}");
	CHECK(page_load(fx.arena, arena_printf(fx.arena, "%s/html", fx.root), &why) == NULL && strstr(why, "ko.json") != NULL);
}

static void
test_answer(void)
{
	const char *env[] = { "REQUEST_METHOD=GET", "REQUEST_URI=/", NULL };
	struct response rs = response_new(fx.arena);
	struct request rq;

	request_parse(&rq, fx.arena, env, "", 0);
	page_respond(load("{{lang}}"), &rq, &rs, 403, "p", json_object(fx.arena), "https://good.test", 1);
	CHECK(rs.status == 403 && strcmp(rs.body, "en") == 0);
	const char *csp = form_get(rs.headers, "Content-Security-Policy");
	CHECK(strstr(csp, "default-src 'none'") != NULL && strstr(csp, "frame-ancestors 'none'") != NULL &&
	    strstr(csp, "base-uri 'none'") != NULL && strstr(csp, "form-action 'self' https://good.test;") != NULL &&
	    strstr(csp, "unsafe") == NULL);
	CHECK_STR(form_get(rs.headers, "X-Frame-Options"), "DENY");
	CHECK(form_get(rs.headers, "Strict-Transport-Security") != NULL);
	rs = response_new(fx.arena);
	page_respond(set, &rq, &rs, 200, "none", json_object(fx.arena), NULL, 0);
	CHECK(rs.status == 500 && form_get(rs.headers, "Strict-Transport-Security") == NULL);
}

/* --- the pages of this tree --- */

static const char void_elements[] = "meta link input img br hr";

/* Check one tag at s and move the stack of open elements. The place behind it; NULL with a message if it is not right. */
static const char *
take_tag(const char *s, const char *open[64], size_t *depth, const char **fault)
{
	bool end = s[1] == '/';
	const char *name = s + 1 + end;
	size_t len = strspn(name, "abcdefghijklmnopqrstuvwxyz0123456789");
	const char *p = name + len;

	while (*p == ' ') {	/* name, or name="value" */
		p += 1 + strspn(p + 1, "abcdefghijklmnopqrstuvwxyzB-");	/* viewBox */
		if (strncmp(p, "=\"", 2) == 0)
			p += 2 + strcspn(p + 2, "\"<") + 1;
	}
	*fault = s;
	if (len == 0 || *p != '>')
		return NULL;
	char *element = arena_strndup(fx.arena, name, len);
	bool empty = text_list_has(void_elements, " ", element);
	if (end && (*depth == 0 || strcmp(open[--*depth], element) != 0))
		return NULL;
	if (!end && !empty && *depth < 64)
		open[(*depth)++] = element;
	return p + 1;
}

/* Is it well-formed: each element closed in its order, attributes quoted, every & an entity? NULL, or the place of a fault. */
static const char *
html_fault(const char *s)
{
	const char *open[64], *fault;
	size_t depth = 0;

	if (strncmp(s, "<!DOCTYPE html>\n", 16) != 0)
		return s;
	for (s += 16; *s != '\0';) {
		if (*s == '&' && s[1 + strspn(s + 1, "#abcdefghijklmnopqrstuvwxyz0123456789")] != ';')
			return s;
		if (*s != '<')
			s++;
		else if ((s = take_tag(s, open, &depth, &fault)) == NULL)
			return fault;
	}
	return depth == 0 ? NULL : "an element is left open";
}

/* Everything that pages ask for, hostile. */
static const char rich[] = "{\"lang\":\"en\",\"title\":\"error_title\",\"message\":\"error_404\",\"refused\":\"<x y='\\\"&amp;\",\"request_id\":\"1\","
    "\"client\":\"<script>\",\"user\":\"</p>\",\"username\":\"\\\" autofocus x=\\\"\",\"csrf\":\"a\",\"request\":\"b.c\",\"carry\":\"d.e\","
    "\"link\":\"f\",\"fault\":\"login_wrong\",\"registration\":true,\"signed_in\":true,\"may_read\":true,\"may_control\":true,"
    "\"nav\":true,\"base\":\"/b\",\"done\":\"login_wrong\",\"events\":[{\"when\":\"<\",\"text\":\"home_heading\",\"client\":\"<\","
    "\"detail\":\"<\",\"remote\":\"<\"}],\"links\":[{\"id\":\"\\\"\",\"client\":\"<\",\"scope\":\"&\",\"include_new\":true}],"
    "\"steps\":[{\"name\":\"step_code\",\"state\":\"state_done\",\"error\":\"<\",\"advice\":\"advice_later\",\"when\":{\"iso\":\"\\\"\","
    "\"exact\":\"<\",\"text\":\"moment_now\"},\"messages\":[{\"title\":\"messages_done\",\"line\":\"<\",\"agent\":\"<script>\",\"request\":\"<\","
    "\"answer\":\"</pre>\",\"status\":200}]}],\"health\":{\"state\":\"state_bad\",\"says\":\"health_off\",\"bad\":true,\"advice\":\"advice_later\"},"
    "\"entries\":[{\"text\":\"change_state\",\"device\":\"<\",\"values\":[{\"attribute\":\"<\",\"value\":\"&\",\"unit\":\"%\"}],\"advice\":\"advice_later\"}],"
    "\"kinds\":[{\"id\":\"\\\"\",\"name\":\"kind_all\"}],\"older\":\"a=b&c\",\"sessions\":[{\"agent\":\"<\",\"id\":\"\\\"\",\"remote\":\"<\"}],\"others\":true,"
    "\"users\":[{\"name\":\"<\",\"id\":\"\\\"\"},{\"name\":\"x\",\"disabled\":true}],\"clients\":[{\"name\":\"<\",\"id\":\"&\"}],\"search\":\"\\\"\",\"cut\":true,"
    "\"courier\":{\"state\":\"state_bad\",\"says\":\"courier_well\",\"off\":true,\"troubles\":[{\"owner\":\"<\",\"grant\":\"g\"}]},\"keys\":[{\"kid\":\"<\"}],"
    "\"second\":{\"left\":3,\"few\":true,\"required\":true},\"qr\":{\"size\":37,\"path\":\"M4 4h7v1h-7z\"},\"codes\":[\"<\"],\"login\":true,"
    "\"uri\":\"\\\"<\",\"secret\":\"<\",\"step\":\"g.h\",\"onward\":\"/i?a=b&c\",\"simulator\":true,\"code\":\"<i>\",\"error\":\"<b>\",\"state_kept\":true,\"root\":\"/r\","
    "\"devices\":[{\"id\":\"<\",\"name\":\"<\",\"room\":\"&\",\"ticked\":true,\"online\":true,\"values\":[{\"attribute\":\"a\",\"value\":\"<\","
    "\"unit\":\"%\"}]},{\"id\":\"2\",\"name\":\"n\"}]}";

static void
check_page(const struct page_set *ours, const char *name, const char *lang, const char *data)
{
	const char *html = page_render(ours, fx.arena, name, lang, json_parse(fx.arena, data, strlen(data), NULL));
	const char *fault = html != NULL ? html_fault(html) : "no page";

	CHECK_NAMED(fault == NULL, arena_printf(fx.arena, "%s in %s is well-formed", name, lang));
	if (fault != NULL)
		printf("# at: %.60s\n", fault);
	else
		CHECK(strstr(html, "<script>") == NULL && strstr(html, "\" autofocus") == NULL && strstr(html, "{{") == NULL);
}

/* Templates that do not begin with the head are parts of others. */
static bool
is_page(const char *path)
{
	size_t len;
	const char *text = config_read_file(fx.arena, path, 65536, &len);

	return text != NULL && strncmp(text, "{{>head}}", 9) == 0;
}

static void
test_our_pages(void)
{
	const char *why = NULL, *dir = app_share(fx.arena, "html");
	const struct page_set *ours = page_load(fx.arena, dir, &why);
	DIR *d = opendir(dir);

	if (ours == NULL || d == NULL)
		fixture_fail(dir, why);
	for (struct dirent *e; (e = readdir(d)) != NULL;) {
		const char *dot = strstr(e->d_name, ".html");
		if (dot == NULL || !is_page(arena_printf(fx.arena, "%s/%s", dir, e->d_name)))
			continue;
		char *name = arena_strndup(fx.arena, e->d_name, (size_t)(dot - e->d_name));
		check_page(ours, name, "en", rich);
		check_page(ours, name, "ko", rich);
		check_page(ours, name, "en", "{\"lang\":\"en\",\"title\":\"error_title\",\"message\":\"error_404\"}");
	}
	closedir(d);
}

/* The check finds what it is there for. */
static void
test_the_check(void)
{
	CHECK(html_fault("<!DOCTYPE html>\n<p class=\"x\">a &amp; b<br></p>\n") == NULL);
	CHECK(html_fault("<p></p>") != NULL);
	CHECK(html_fault("<!DOCTYPE html>\n<p><b></p></b>") != NULL);
	CHECK(html_fault("<!DOCTYPE html>\n<p>") != NULL);
	CHECK(html_fault("<!DOCTYPE html>\n</p>") != NULL);
	CHECK(html_fault("<!DOCTYPE html>\n<p class=x></p>") != NULL);
	CHECK(html_fault("<!DOCTYPE html>\n<p>a & b</p>") != NULL);
	CHECK(html_fault("<!DOCTYPE html>\n<p class=\"a<b\"></p>") != NULL);
}

int
main(void)
{
	fixture_begin();
	log_open("test", LOG_LEVEL_ERROR + 1);	/* texts that are missing on purpose are logged */
	mkdir(arena_printf(fx.arena, "%s/html", fx.root), 0700);
	mkdir(arena_printf(fx.arena, "%s/html/text", fx.root), 0700);
	mkdir(arena_printf(fx.arena, "%s/html/words", fx.root), 0700);
	fixture_write("html/part.html", "{{x}}!");
	fixture_write("html/text/en.json", "{\"hello\":\"Hello {{x}} & all\"}");
	fixture_write("html/text/ko.json", "{\"hello\":\"x\"}");
	set = load("x");
	test_tags();
	test_escaping();
	test_right_to_left();
	test_language();
	test_answer();
	test_loading();
	test_the_check();
	test_our_pages();
	fixture_end();
	return check_end();
}
