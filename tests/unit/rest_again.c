/* The REST API asked again and again by one process, which remembers what it showed: each answer is of now, and of this request. */
#include "base/json.h"
#include "device/state.h"
#include "tests/unit/rest_fixture.h"
#include "base/banned.h"

#define GET(path, spec) "{\"path\":\"" path "\",\"action\":{\"GET\":{" spec "}}}"
#define APP "{\"name\":\"N\",\"redirectUris\":\"http://a.test\",\"preferences\":{\"sections\":[{\"inputs\":" \
	"[{\"name\":\"s\",\"type\":\"capability.switch\"}]}]},\"mappings\":[" \
	GET("/plain", "\"do\":\"list\"") "," \
	GET("/own", "\"do\":\"list\",\"item\":{\"l\":\"$label\",\"on\":\"$status\"}") "," \
	GET("/asked", "\"do\":\"list\",\"item\":{\"l\":\"$label\",\"q\":\"it is $query.q\"}") "," \
	GET("/whole", "\"do\":\"list\",\"item\":\"$label\",\"answer\":{\"all\":\"$result\"}") "," \
	GET("/part", "\"do\":\"list\",\"item\":{\"l\":\"$label\"},\"answer\":{\"first\":\"$result.0.l\"}") "," \
	GET("/one/:id", "\"do\":\"get\",\"device\":\"$params.id\",\"item\":\"$label\"") "]}"

static const char *
get(const char *path, const char *q)
{
	const struct endpoints_context x = { fx.config, fx.store, fx.keyring, rest_catalogue, rest_apps, rest_rate, fx.arena };
	struct json *query = json_object(fx.arena);
	struct endpoints_answer answer;

	json_set_string(fx.arena, query, "q", q);
	const struct endpoints_call call = { .token = rest_token, .token_in = TOKEN_IN_HEADER, .method = "GET", .installation = rest_installation,
	    .path = path, .query = query, .content_type = "", .body = "" };
	endpoints_call(&x, &call, &answer);
	return arena_printf(fx.arena, "%d %s", answer.status, answer.body);
}

/* Often enough for all of it to be remembered. */
static void
always(const char *path, const char *wanted)
{
	for (int i = 0; i < 5; i++)
		CHECK_STR(get(path, NULL), wanted);
}

int
main(void)
{
	rest_begin();
	rest_app("n.json", APP);
	rest_install("n");
	const char *user = rest_user;

	always("/plain", "200 [{\"id\":\"A\",\"label\":\"Lamp\"},{\"id\":\"B\",\"label\":\"Door\"}]");
	always("/own", "200 [{\"l\":\"Lamp\",\"on\":\"ONLINE\"},{\"l\":\"Door\",\"on\":\"ONLINE\"}]");
	always("/whole", "200 {\"all\":[\"Lamp\",\"Door\"]}");
	always("/part", "200 {\"first\":\"Lamp\"}");
	always("/one/A", "200 \"Lamp\"");
	always("/one/B", "200 \"Door\"");

	/* What the request has a part in is another with each. */
	CHECK_STR(get("/asked", "one"), "200 [{\"l\":\"Lamp\",\"q\":\"it is one\"},{\"l\":\"Door\",\"q\":\"it is one\"}]");
	CHECK_STR(get("/asked", "two"), "200 [{\"l\":\"Lamp\",\"q\":\"it is two\"},{\"l\":\"Door\",\"q\":\"it is two\"}]");

	/* A change is there at once. */
	CHECK(state_set_online(fx.store, fx.arena, user, "B", false) == STORE_OK);
	always("/own", "200 [{\"l\":\"Lamp\",\"on\":\"ONLINE\"},{\"l\":\"Door\",\"on\":\"OFFLINE\"}]");
	CHECK(device_rename(fx.store, fx.arena, user, "A", "Light") == STORE_OK);
	always("/own", "200 [{\"l\":\"Light\",\"on\":\"ONLINE\"},{\"l\":\"Door\",\"on\":\"OFFLINE\"}]");
	always("/part", "200 {\"first\":\"Light\"}");
	CHECK(state_set_online(fx.store, fx.arena, user, "B", true) == STORE_OK);
	always("/own", "200 [{\"l\":\"Light\",\"on\":\"ONLINE\"},{\"l\":\"Door\",\"on\":\"ONLINE\"}]");
	CHECK(device_delete(fx.store, fx.arena, user, "A") == STORE_OK);
	always("/own", "200 [{\"l\":\"Door\",\"on\":\"ONLINE\"}]");
	always("/one/A", "404 {\"error\":true,\"type\":\"SmartAppException\",\"message\":\"Device not found\"}");
	rest_end();
	return check_end();
}
