/* App files: each slip is found at start, with file, line and reason. */
#include "base/json.h"
#include "endpoints/mapping.h"
#include "tests/unit/rest_fixture.h"
#include "base/banned.h"

#define HEAD "{\"name\":\"N\",\"redirectUris\":\"http://a.test\","
#define INPUTS "\"inputs\":[{\"name\":\"s\",\"type\":\"capability.switch\"}]"
#define PREFERENCES "\"preferences\":{\"sections\":[{" INPUTS "}]},"
#define MAPPING(path, action) HEAD PREFERENCES "\"mappings\":[{\"path\":\"" path "\",\"action\":{" action "}}]}"
#define VALUE "\"GET\":{\"do\":\"value\",\"value\":1}"
#define MEMBERS(more) HEAD more "," PREFERENCES "\"mappings\":[{\"path\":\"/a\",\"action\":{" VALUE "}}]}"
#define PAGES(more) HEAD "\"preferences\":{" more "},\"mappings\":[{\"path\":\"/a\",\"action\":{" VALUE "}}]}"
#define INPUT(more) PAGES("\"sections\":[{" INPUTS "},{\"inputs\":[" more "]}]")
#define ACTION(spec) MAPPING("/a/:x", "\"GET\":{" spec "}")
#define PAGE(name, more) "{\"name\":\"" name "\",\"sections\":[{" INPUTS "}]" more "}"

static const struct webapp *
load_as(const char *name, const char *text, const char **why)
{
	rest_app(name, text);
	const struct webapp *app = webapp_load(fx.arena, arena_printf(fx.arena, "%s/apps", fx.root), name, rest_catalogue, why);
	if (unlink(arena_printf(fx.arena, "%s/apps/%s", fx.root, name)) != 0)
		fixture_fail(name, "cannot be taken away");
	return app;
}

static const struct webapp *
load(const char *text, const char **why)
{
	return load_as("x.json", text, why);
}

/* long because: a table of slips, a line each. */
static void
test_bad(void)
{
	static const struct { const char *text, *why; } bad[] = {
		{ "", "x.json:1: " }, { "[]", "must be an object" }, { "{", "x.json:1: " },
		{ MAPPING("/a/b/c/d/e", VALUE), "mappings.0.path: /a/b/c/d/e has more than 4 levels" },
		{ MAPPING("a", VALUE), "begins with a slash" }, { MAPPING("/", VALUE), "a level is" }, { MAPPING("/a/", VALUE), "a level is" },
		{ MAPPING("/a//b", VALUE), "a level is" }, { MAPPING("/..", VALUE), "a level is" }, { MAPPING("/a%20", VALUE), "a level is" },
		{ MAPPING("/:", VALUE), "a variable is" }, { MAPPING("/:1x", VALUE), "a variable is" }, { MAPPING("/:a-b", VALUE), "a variable is" },
		{ MAPPING("/:a/:a", VALUE), ":a stands twice" }, { MAPPING("/a", ""), "there must be a method" },
		{ MAPPING("/a", "\"PATCH\":{\"do\":\"value\",\"value\":1}"), "PATCH: no such member" },
		{ MAPPING("/a", "\"get\":{\"do\":\"value\",\"value\":1}"), "get: no such member" },
		{ HEAD PREFERENCES "\"mappings\":[{\"path\":\"/:a\",\"action\":{" VALUE "}},{\"path\":\"/:b\",\"action\":{" VALUE "}}]}",
		    "mappings.1.path: the same as /:a" },
		{ HEAD PREFERENCES "\"mappings\":[]}", "mappings: must be a list" }, { HEAD PREFERENCES "\"mappings\":{}}", "must be a list" },
		{ ACTION("\"do\":\"exec\""), "no such handler: exec; there are list, get" }, { ACTION("\"x\":1"), "do is missing" },
		{ ACTION("\"do\":\"list\",\"input\":\"t\""), "preferences ask for no input t" },
		{ ACTION("\"do\":\"list\",\"input\":\"s\",\"device\":\"$params.x\""), "device: no such member" },
		{ ACTION("\"do\":\"list\",\"itme\":{}"), "itme: no such member; did you mean item" },
		{ ACTION("\"do\":\"get\""), "device is missing" }, { ACTION("\"do\":\"attribute\",\"device\":\"A\""), "attribute is missing" },
		{ ACTION("\"do\":\"command\",\"command\":\"$params.x\""), "allow is missing" },
		{ ACTION("\"do\":\"command\",\"command\":\"on\",\"allow\":\"all\""), "is a list of commands" },
		{ ACTION("\"do\":\"command\",\"command\":\"on\",\"else\":{\"status\":200,\"message\":\"x\"}"), "must be 400 to 599" },
		{ ACTION("\"do\":\"value\",\"value\":\"$nothing\""), "no such placeholder: $nothing" },
		{ ACTION("\"do\":\"value\",\"value\":\"costs $5\""), "no such placeholder: $" },
		{ ACTION("\"do\":\"value\",\"value\":{\"a\":[\"$label\"]}"), "value.a.0: $label has no meaning here" },
		{ ACTION("\"do\":\"list\",\"item\":\"$value\""), "has no meaning here" },
		{ ACTION("\"do\":\"list\",\"item\":\"$result\""), "has no meaning here" },
		{ ACTION("\"do\":\"value\",\"value\":\"$params\""), "what of $params?" },
		{ ACTION("\"do\":\"list\",\"item\":\"$id.x\""), "nothing stands behind $id" },
		{ ACTION("\"do\":\"value\",\"value\":1,\"status\":302"), "must be 200 to 299 or 400 to 599" },
		{ ACTION("\"do\":\"value\",\"value\":1,\"status\":99"), "must be 200" },
		{ ACTION("\"do\":\"render\",\"data\":1,\"contentType\":\"text/html\""), "must be a text" },
		{ ACTION("\"do\":\"render\",\"data\":\"x\",\"contentType\":\"a\\r\\nSet-Cookie: x\""), "is no content type" },
		{ ACTION("\"do\":\"error\",\"message\":\"x\""), "must be 400 to 599" },
		{ MEMBERS("\"nmae\":1"), "nmae: no such member; did you mean name" }, { MEMBERS("\"tokenIn\":[\"body\"]"), "not in body" },
		{ MEMBERS("\"tokenIn\":[]"), "is empty" }, { MEMBERS("\"clientId\":\"a b\""), "a client's id" },
		{ MEMBERS("\"displayLink\":\"http://a.test\""), "https" }, { MEMBERS("\"accessTtl\":5"), "60 to" },
		{ MEMBERS("\"accessTtl\":\"5\""), "whole number" }, { MEMBERS("\"public\":1"), "true or false" },
		{ MEMBERS("\"public\":true,\"clientSecretFile\":\"s\""), "a public client has no secret" },
		{ MEMBERS("\"pkce\":\"maybe\""), "is optional or required" }, { MEMBERS("\"scope\":\"everything\""), "is app or devices:read" },
		{ "{\"name\":\"N\",\"redirectUris\":\"http://a.test,ftp\"," PREFERENCES "\"mappings\":[]}", "not an absolute redirect URI" },
		{ "{\"name\":\"N\",\"redirectUris\":\"http://a.test/#f\"," PREFERENCES "\"mappings\":[]}", "not an absolute redirect URI" },
		{ "{\"name\":\"N\"," PREFERENCES "\"mappings\":[]}", "redirectUris is missing" },
		{ HEAD "\"mappings\":[]}", "preferences are missing" },
		{ PAGES("\"sections\":[]"), "must be a list of sections" }, { PAGES("\"sections\":[{\"paragraph\":\"x\"}]"), "asks for no device" },
		{ PAGES("\"pages\":[" PAGE("a", "") "]"), "oauthPage is missing" },
		{ PAGES("\"oauthPage\":\"b\",\"pages\":[" PAGE("a", "") "]"), "oauthPage: there is no page b" },
		{ PAGES("\"oauthPage\":\"b\",\"pages\":[{\"name\":\"a\",\"sections\":[{}]}," PAGE("b", "") "]"), "b must be the first page" },
		{ PAGES("\"oauthPage\":\"a\",\"pages\":[" PAGE("a", ",\"dynamic\":true") "]"), "a must not be dynamic" },
		{ PAGES("\"oauthPage\":\"a\",\"pages\":[{\"name\":\"a\",\"sections\":[{\"inputs\":[{\"name\":\"t\",\"type\":\"text\"}]}]}]"),
		    "the oauthPage is for devices" },
		{ PAGES("\"oauthPage\":\"a\",\"pages\":[" PAGE("a", "") "," PAGE("b", "") "]"), "there is an input s already" },
		{ INPUT("{\"name\":\"t\",\"type\":\"capability.nothing\"}"), "there is no capability nothing" },
		{ INPUT("{\"name\":\"t\",\"type\":\"phone\"}"), "no such type of input: phone" }, { INPUT("{\"name\":\"a b\",\"type\":\"text\"}"), "is a word" },
		{ INPUT("{\"name\":\"t\",\"type\":\"enum\"}"), "must be a list of texts" },
		{ INPUT("{\"name\":\"t\",\"type\":\"text\",\"options\":[\"a\"]}"), "only an enum" },
		{ INPUT("{\"name\":\"t\",\"type\":\"text\",\"multiple\":true}"), "only devices" },
		{ INPUT("{\"name\":\"t\",\"type\":\"text\",\"min\":1}"), "only numbers" },
		{ INPUT("{\"name\":\"t\",\"type\":\"number\",\"max\":5,\"defaultValue\":\"6\"}"), "is no number that could be chosen" },
		{ INPUT("{\"name\":\"t\",\"type\":\"time\",\"defaultValue\":\"25:00\"}"), "is no time" },
		{ INPUT("{\"name\":\"t\",\"type\":\"bool\",\"required\":1}"), "must be true or false" },
	};
	/* What is JSON is YAML, too: the same slips are the same there. */
	static const char *const names[] = { "x.json", "x.yaml", "x.yml" };
	const char *why;

	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++)
		for (size_t k = 0; k < sizeof(names) / sizeof(names[0]); k++) {
			const char *wanted = strncmp(bad[i].why, "x.json:", 7) == 0 ? "" : bad[i].why;
			why = NULL;
			bool refused = load_as(names[k], bad[i].text, &why) == NULL && why != NULL && strstr(why, wanted) != NULL &&
			    strstr(why, arena_printf(fx.arena, "/apps/%s:", names[k])) != NULL;
			CHECK_NAMED(refused, bad[i].text);
			if (!refused)
				printf("# %s: %s\n# wanted: %s\n", names[k], why != NULL ? why : "no complaint", bad[i].why);
		}
	CHECK(load(MAPPING("/a/b/c/d", VALUE), &why) != NULL);
	for (const char *const *name = (const char *const[]){ "X.json", "a b.json", ".json", "a.jsn", "../x.json", "a.b.json", "a.yaml.txt",
	    "a", NULL }; *name != NULL; name++)
		CHECK_NAMED(webapp_load(fx.arena, fx.root, *name, rest_catalogue, &why) == NULL && why != NULL, *name);
}

/* As people write YAML: what stands in which line, and what a plain word is. */
static void
test_yaml(void)
{
#define ABOVE "# The hall.\nname: N\nredirectUris: http://a.test, http://b.test:81\npreferences:\n  sections:\n    - inputs:\n" \
	"        - name: s\n          type: capability.switch\n        - {name: from, type: time, defaultValue: 08:00}\n" \
	"mappings:\n  - path: /s/:c\n    action:\n      PUT:\n        do: command\n        input: s\n        command: $params.c\n"
	static const struct { const char *below, *why; } bad[] = {
		{ "        allow: [on, off]\n        colour: red\n", "x.yaml:18: mappings.0.action.PUT.colour: no such member" },
		{ "", "x.yaml:13: mappings.0.action.PUT: allow is missing" },
		{ "        allow: true\n", "x.yaml:17: mappings.0.action.PUT.allow: must be a list" },
		{ "        allow: [on, off]\n        allow: [on]\n", "x.yaml:18: a member stands twice: allow" },
		{ "        allow: &a [on]\n", "x.yaml:17: anchors and aliases are not read" },
		{ "        allow: !!set {on}\n", "x.yaml:17: tags are not read" },
		{ "\tallow: [on]\n", "x.yaml:17: not valid YAML" },
	};
	const char *why = NULL;
	struct json *variables;
	const struct webapp *app = load_as("x.yaml", ABOVE "        allow: [on, off]\n        else: {status: 501, message: no $params.c here}\n",
	    &why);

	CHECK_NAMED(app != NULL, why != NULL ? why : "read");
	if (app != NULL) {
		const struct mapping *m = mapping_find(fx.arena, app, "/s/on", &variables);
		CHECK_STR(json_print(fx.arena, app->redirect_uris), "[\"http://a.test\",\"http://b.test:81\"]");
		CHECK_STR(json_print(fx.arena, webapp_input(app, "from")->otherwise), "\"08:00\"");
		CHECK(m != NULL && json_array_has(json_get(m->actions[1].spec, "allow"), "off"));
	}
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		bool refused = load_as("x.yaml", arena_printf(fx.arena, ABOVE "%s", bad[i].below), &why) == NULL && strstr(why, bad[i].why) != NULL;
		CHECK_NAMED(refused, bad[i].why);
		if (!refused)
			printf("# %s\n", why != NULL ? why : "no complaint");
	}
#undef ABOVE
}

/* The folder as a whole: which of its files are apps, and which cannot be beside each other. */
static void
test_folder(void)
{
	const struct webapps *apps;
	const char *why = NULL;

	rest_app("notes.txt", "x");
	rest_app(".hidden.json", "x");
	rest_app("one.yaml", MEMBERS("\"about\":\"x\""));
	rest_app("two.json", MEMBERS("\"about\":\"x\""));
	apps = webapps_load(fx.arena, fx.root, rest_catalogue, &why);
	CHECK(apps != NULL && apps->n == 2 && webapps_find(apps, "one") != NULL && webapps_find(apps, "two") != NULL);
	rest_app("two.yml", MEMBERS("\"clientId\":\"other\""));
	CHECK(webapps_load(fx.arena, fx.root, rest_catalogue, &why) == NULL && strstr(why, "two.yml: there is another file of the app two") != NULL);
	for (int i = 0; i < 100; i++)
		rest_app(arena_printf(fx.arena, "many-%d.json", i), MEMBERS("\"about\":\"x\""));
	CHECK(webapps_load(fx.arena, fx.root, rest_catalogue, &why) == NULL && strstr(why, "more than 100 apps") != NULL);
	if (system(arena_printf(fx.arena, "rm '%s'/apps/* '%s'/apps/.hidden.json", fx.root, fx.root)) != 0)
		fixture_fail("apps", "cannot be taken away");
}

/* Whatever order the file has them in. */
static void
test_mapping(void)
{
	static const char *const orders[] = {
		"{\"path\":\"/:t\",\"action\":{" VALUE "}},{\"path\":\"/lit\",\"action\":{" VALUE "}},{\"path\":\"/lit/:x\",\"action\":{" VALUE "}},"
		    "{\"path\":\"/:t/lit\",\"action\":{" VALUE "}}",
		"{\"path\":\"/:t/lit\",\"action\":{" VALUE "}},{\"path\":\"/lit/:x\",\"action\":{" VALUE "}},{\"path\":\"/lit\",\"action\":{" VALUE "}},"
		    "{\"path\":\"/:t\",\"action\":{" VALUE "}}",
	};
	static const char *const paths[][2] = { { "/lit", "/lit" }, { "/other", "/:t" }, { "/lit/lit", "/lit/:x" }, { "/a/lit", "/:t/lit" },
	    { "/a/b", NULL }, { "/", NULL }, { "", NULL }, { "/lit/", NULL }, { "//lit", NULL }, { "/%6cit", "/lit" }, { "/a%2flit", "/:t" },
	    { "/%00", NULL }, { "/%2e", NULL }, { "/..", NULL }, { "/%", NULL }, { "lit", NULL }, { "/a/b/c/d/e/f", NULL } };
	struct json *variables;
	const char *why = NULL;

	for (size_t o = 0; o < 2; o++) {
		const struct webapp *app = load(arena_printf(fx.arena, HEAD PREFERENCES "\"mappings\":[%s]}", orders[o]), &why);
		for (size_t i = 0; app != NULL && i < sizeof(paths) / sizeof(paths[0]); i++) {
			const struct mapping *m = mapping_find(fx.arena, app, paths[i][0], &variables);
			CHECK_STR(m != NULL ? m->path : NULL, paths[i][1]);
		}
		CHECK_NAMED(app != NULL, why != NULL ? why : "loaded");
	}
}

/* What a file says of a client becomes one, once; somebody else's is left alone. */
static void
test_clients(void)
{
	const struct webapps *apps;
	const char *why = NULL;
	struct client c, again;

	rest_app("x.json", MEMBERS("\"displayName\":\"One\",\"accessTtl\":600"));
	apps = webapps_load(fx.arena, fx.root, rest_catalogue, &why);
	CHECK(apps != NULL && webapps_register(apps, fx.config, fx.store, fx.arena, &why));
	CHECK(client_find(fx.store, fx.arena, "x", &c) == STORE_OK && c.secret_hash != NULL && c.access_ttl == 600);
	CHECK_STR(c.app, "x");
	CHECK(client_redirect_ok(&c, "http://a.test/any") && !client_redirect_ok(&c, "http://a.test.evil/any"));
	rest_app("x.json", MEMBERS("\"displayName\":\"Two\""));
	apps = webapps_load(fx.arena, fx.root, rest_catalogue, &why);
	CHECK(webapps_register(apps, fx.config, fx.store, fx.arena, &why));
	CHECK(client_find(fx.store, fx.arena, "x", &again) == STORE_OK);
	CHECK_STR(again.name, "Two");
	CHECK_STR(again.secret_hash, c.secret_hash);
	fixture_write("secret/mine", "a secret of sixteen characters\nmore\n");
	rest_app("x.json", MEMBERS("\"clientSecretFile\":\"secret/mine\""));
	apps = webapps_load(fx.arena, fx.root, rest_catalogue, &why);
	CHECK(webapps_register(apps, fx.config, fx.store, fx.arena, &why) && client_find(fx.store, fx.arena, "x", &c) == STORE_OK);
	CHECK(client_secret_ok(&c, "a secret of sixteen characters"));
	fixture_write("secret/mine", "short\n");
	CHECK(!webapps_register(apps, fx.config, fx.store, fx.arena, &why) && strstr(why, "16 characters") != NULL);
	struct client other = fixture_client("other", (const char *const[]){ "https://o.test/cb", NULL });
	fixture_save(&other);
	rest_app("x.json", MEMBERS("\"clientId\":\"other\""));
	apps = webapps_load(fx.arena, fx.root, rest_catalogue, &why);
	CHECK(!webapps_register(apps, fx.config, fx.store, fx.arena, &why) && strstr(why, "not its own") != NULL);
	rest_app("y.json", MEMBERS("\"clientId\":\"other\""));
	CHECK(webapps_load(fx.arena, fx.root, rest_catalogue, &why) == NULL && strstr(why, "the app x has the same") != NULL);
}

int
main(void)
{
	rest_begin();
	test_bad();
	test_yaml();
	test_folder();
	test_mapping();
	test_clients();
	rest_end();
	return check_end();
}
