/* Masking: secrets by name, by what they are about, by being repeated; the limit; and that the rest stays readable. */
#include <stdio.h>
#include <string.h>

#include "base/arena.h"
#include "base/json.h"
#include "base/mask.h"
#include "base/text.h"
#include "tests/unit/check.h"
#include "base/banned.h"

static struct arena *a;

static const char *
masked(const char *text)
{
	const struct json *v = json_parse(a, text, strlen(text), NULL);
	struct mask m = { 0 };

	mask_learn(&m, v);
	return mask_print(a, &m, v, 8192);
}

static void
test_names(void)
{
	static const char *const hidden[] = {
		"{\"authentication\":{\"tokenType\":\"Bearer\",\"token\":\"S3CRET\"}}", "{\"accessToken\":\"S3CRET\"}",
		"{\"access_token\":\"S3CRET\"}", "{\"refreshToken\":\"S3CRET\"}", "{\"clientSecret\":\"S3CRET\"}",
		"{\"client_secret\":\"S3CRET\"}", "{\"code\":\"S3CRET\"}", "{\"CODE\":\"S3CRET\"}", "{\"Password\":\"S3CRET\"}",
		"{\"verifier\":\"S3CRET\"}", "{\"CREDENTIAL\":\"S3CRET\"}", "{\"myPasswd\":\"S3CRET\"}", "{\"ASSERTION\":\"S3CRET\"}",
		"{\"code_verifier\":\"S3CRET\"}", "{\"client_assertion\":\"S3CRET\"}", "{\"Authorization\":\"Basic S3CRET\"}",
		"{\"tokens\":[\"S3CRET\",{\"x\":\"S3CRET\"}]}", "{\"code\":{\"deep\":[[\"S3CRET\"]]}}",
		"{\"token\":\"S3CRET\",\"detail\":\"the token S3CRET is old\"}", "[{\"detail\":\"S3CRETS3CRET\"},{\"code\":\"S3CRET\"}]",
		"{\"capability\":\"st.lockCodes\",\"command\":\"x\",\"arguments\":[1,\"S3CRET\"]}",
		"{\"capability\":\"st.x\",\"command\":\"setCode\",\"arguments\":[{\"pin\":\"S3CRET\"}]}",
		"{\"capability\":\"st.lockCodes\",\"attribute\":\"lockCodes\",\"value\":\"S3CRET\"}",
		"{\"oauthToken\":\"https://c2c.example/oauth?key=S3CRET\"}", "{\"url\":\"http://x/?S3CRET\"}",
		"{\"x\":\"eyJhbGciOiJFUzI1NiIsInR5cCI6ImF0K2p3dCJ9.eyJS3CRETeyJS3CRET.S3CRET\"}",
	};

	for (size_t i = 0; i < sizeof(hidden) / sizeof(hidden[0]); i++)
		CHECK_NAMED(strstr(masked(hidden[i]), "S3CRET") == NULL, hidden[i]);
	CHECK(strstr(masked("{\"code\":12345678}"), "1234") == NULL);
}

static void
test_readable(void)
{
	CHECK_STR(masked("{\"tokenType\":\"Bearer\",\"n\":[1,true,null,-0.5],\"e\":{},\"l\":[]}"),
	    "{\n  \"tokenType\": \"Bearer\",\n  \"n\": [\n    1,\n    true,\n    null,\n    -0.5\n  ],\n  \"e\": {},\n  \"l\": []\n}");
	CHECK_STR(masked("{\"oauthToken\":\"https://c2c-us.smartthings.com/oauth/token\"}"),
	    "{\n  \"oauthToken\": \"https://c2c-us.smartthings.com/oauth/token\"\n}");
	CHECK(strstr(masked("{\"capability\":\"st.switchLevel\",\"command\":\"setLevel\",\"arguments\":[75]}"), "75") != NULL);
	CHECK(strstr(masked("{\"detail\":\"eyJ is how they begin\"}"), "eyJ is") != NULL);
	CHECK(strstr(masked("{\"code\":\"abc\",\"detail\":\"abcdef\"}"), "abcdef") != NULL);	/* too short to be looked for */
	CHECK_STR(masked("\"a\\\"b\\n\""), "\"a\\\"b\\n\"");
	CHECK_STR(mask_print(a, &(struct mask){ 0 }, NULL, 10), "");
}

/* Many and long ones: bounded, UTF-8, and none in the clear even where there are more than are remembered. */
static void
test_limits(void)
{
	struct json *v = json_object(a), *list = json_set(a, v, "tokens", json_array(a));
	struct mask m = { 0 };
	char text[40];

	for (int i = 0; i < 500; i++) {
		snprintf(text, sizeof(text), "S3CRET-%d", i);
		json_append_string(a, list, text);
	}
	mask_learn(&m, v);
	CHECK(m.n == MASK_KNOWN);
	CHECK(strstr(mask_print(a, &m, v, 1 << 20), "S3CRET") == NULL);
	v = json_array(a);
	for (int i = 0; i < 5000; i++)
		json_append_string(a, v, "\xea\xb8\xb0\xea\xb8\xb0");
	const char *cut = mask_print(a, &m, v, 8192);
	CHECK(strlen(cut) < 8300 && strlen(cut) > 8000 && text_is_utf8(cut, strlen(cut)));
}

int
main(void)
{
	a = arena_new((size_t)64 << 20);
	test_names();
	test_readable();
	test_limits();
	arena_free(a);
	return check_end();
}
