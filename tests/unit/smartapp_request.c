/* Lifecycle requests as structs: the readers, with every way in which a value is not what was hoped. */
#include "base/arena.h"
#include "base/json.h"
#include "smartapp/request.h"
#include "tests/unit/check.h"
#include "base/banned.h"

static struct arena *arena;

static struct json *
parse(const char *text)
{
	return json_parse(arena, text, strlen(text), NULL);
}

static struct smartapp_setting *
config(const char *text)
{
	struct smartapp_setting *c = NULL;

	CHECK_STR(smartapp_config_read(arena, parse(text), &c), NULL);
	return c;
}

#define STRING(key, value) "\"" key "\":[{\"valueType\":\"STRING\",\"stringConfig\":{\"value\":\"" value "\"}}]"

static void
test_readers(void)
{
	const struct smartapp_setting *c = config("{" STRING("yes", "true") "," STRING("no", "false") "," STRING("odd", "True") ","
	    STRING("n", "-12") "," STRING("big", "9223372036854775808") "," STRING("f", "1.5e2") "," STRING("inf", "1e999") ","
	    STRING("hex", "0x10") "," STRING("blank", "") ",\"empty\":[],\"bare\":[{}],\"doors\":["
	    "{\"valueType\":\"DEVICE\",\"deviceConfig\":{\"deviceId\":\"a\"}},"
	    "{\"valueType\":\"DEVICE\",\"deviceConfig\":{\"deviceId\":\"b\",\"componentId\":\"sub\"}}],"
	    "\"mixed\":[{\"valueType\":\"DEVICE\",\"deviceConfig\":{\"deviceId\":\"a\"}},{}]}");
	const struct smartapp_value *v = NULL;
	const char *s = "same";
	long long n = 7;
	double f = 7;
	bool b = false;
	size_t count = 0;

	CHECK(smartapp_as_bool(c, "yes", &b) == SMARTAPP_READ_OK && b);
	CHECK(smartapp_as_bool(c, "no", &b) == SMARTAPP_READ_OK && !b);
	CHECK(smartapp_as_bool(c, "odd", &b) == SMARTAPP_READ_FORM && smartapp_as_bool(c, "blank", &b) == SMARTAPP_READ_FORM);
	CHECK(smartapp_as_bool(c, "none", &b) == SMARTAPP_READ_ABSENT && smartapp_as_bool(c, "empty", &b) == SMARTAPP_READ_EMPTY);
	CHECK(smartapp_as_bool(c, "doors", &b) == SMARTAPP_READ_TYPE && smartapp_as_bool(c, "bare", &b) == SMARTAPP_READ_TYPE);
	CHECK(smartapp_as_int(c, "n", &n) == SMARTAPP_READ_OK && n == -12);
	CHECK(smartapp_as_int(c, "big", &n) == SMARTAPP_READ_FORM && smartapp_as_int(c, "f", &n) == SMARTAPP_READ_FORM && n == -12);
	CHECK(smartapp_as_float(c, "f", &f) == SMARTAPP_READ_OK && f == 150);
	CHECK(smartapp_as_float(c, "n", &f) == SMARTAPP_READ_OK && f == -12);
	CHECK(smartapp_as_float(c, "inf", &f) == SMARTAPP_READ_FORM && smartapp_as_float(c, "hex", &f) == SMARTAPP_READ_FORM);
	CHECK(smartapp_as_float(c, "blank", &f) == SMARTAPP_READ_FORM && f == -12);
	CHECK(smartapp_as_str(c, "blank", &s) == SMARTAPP_READ_OK && *s == '\0');
	CHECK(smartapp_as_str(c, "doors", &s) == SMARTAPP_READ_TYPE);
	CHECK(smartapp_as_devices(c, "doors", &v, &count) == SMARTAPP_READ_OK && count == 2);
	CHECK_STR(v->device.device_id, "a");
	CHECK_STR(v->device.component_id, "main");
	CHECK_STR(v->next->device.component_id, "sub");
	CHECK(smartapp_as_devices(c, "mixed", &v, &count) == SMARTAPP_READ_TYPE && smartapp_as_devices(c, "yes", &v, &count) == SMARTAPP_READ_TYPE);
	CHECK(smartapp_as_devices(c, "empty", &v, &count) == SMARTAPP_READ_EMPTY && smartapp_as_devices(c, "none", &v, &count) == SMARTAPP_READ_ABSENT);
}

static bool
is_open(void *arg, const struct json *data)
{
	const char *value = json_get_string(data, "value");

	return value != NULL && strcmp(value, arg) == 0;
}

static void
test_events(void)
{
	struct smartapp_request rq;
	char open[] = "open";

	CHECK_STR(smartapp_request_read(arena, parse("{\"lifecycle\":\"EVENT\",\"eventData\":{\"authToken\":\"t\",\"installedApp\":{\"installedAppId\":\"i\","
	    "\"locationId\":\"l\"},\"events\":[{\"eventType\":\"DEVICE_EVENT\",\"deviceEvent\":{\"value\":\"closed\"}},{\"eventType\":\"NEW_EVENT\"},"
	    "{\"eventTime\":\"2020-03-24T13:23:37Z\",\"eventType\":\"DEVICE_EVENT\",\"deviceEvent\":{\"value\":\"open\"}},"
	    "{\"eventType\":\"MODE_EVENT\",\"modeEvent\":{\"modeId\":\"m\"}}]}}"), 5000, &rq), NULL);
	CHECK(rq.phase == SMARTAPP_EVENT && rq.data.event_count == 4 && !rq.api_only);
	CHECK_STR(smartapp_token(&rq), "t");
	CHECK_STR(smartapp_app_id(&rq), "i");
	CHECK_STR(smartapp_location_id(&rq), "l");
	const struct smartapp_event *e = smartapp_filter(rq.data.events, SMARTAPP_DEVICE_EVENT, is_open, open);
	CHECK(e != NULL && e->time == 1585056217000 && smartapp_filter(e->next, SMARTAPP_DEVICE_EVENT, NULL, NULL) == NULL);
	CHECK(rq.data.events->time == 5000 && rq.data.events->next->type == SMARTAPP_OTHER_EVENT);
	CHECK_STR(rq.data.events->next->type_name, "NEW_EVENT");
	CHECK(smartapp_for_type(e, SMARTAPP_DEVICE_EVENT) == e->data && smartapp_for_type(e, SMARTAPP_MODE_EVENT) == NULL);
	CHECK(smartapp_filter(rq.data.events, SMARTAPP_TIMER_EVENT, NULL, NULL) == NULL);
}

/* n times piece, commas between them. */
static const char *
times(const char *piece, size_t n)
{
	size_t len = strlen(piece);
	char *text = arena_alloc(arena, n * (len + 1) + 1);

	for (size_t i = 0; i < n; i++) {
		memcpy(text + i * (len + 1), piece, len);
		text[i * (len + 1) + len] = ',';
	}
	text[n > 0 ? n * (len + 1) - 1 : 0] = '\0';
	return text;
}

/* Settings "1" to n. */
static const char *
settings(size_t n)
{
	const char *text = "\"0\":[]";

	for (size_t i = 1; i < n; i++)
		text = arena_printf(arena, "%s,\"%zu\":[]", text, i);
	return text;
}

static bool
is_request(const char *text)
{
	struct smartapp_request rq;
	struct json *v = parse(text);

	return v != NULL && smartapp_request_read(arena, v, 1, &rq) == NULL;
}

#define EVENT(head, token, id, permissions, config) is_request(arena_printf(arena, "{\"%s\":\"EVENT\",\"eventData\":{%s\"installedApp\":" \
	"{\"installedAppId\":\"%s\",\"locationId\":\"l\",\"permissions\":[%s],\"config\":{%s}},\"events\":[]}}", head, token, id, permissions, config))
#define TOKEN "\"authToken\":\"t\","

/* What a request may have at most, and what only an API access app may leave out. */
static void
test_limits(void)
{
	static const char id[] = "0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef";
	static const char ping[] = "{\"lifecycle\":\"PING\",\"pingData\":{\"challenge\":\"%.*s\"}}";

	CHECK(EVENT("lifecycle", TOKEN, "i", "", "") && !EVENT("lifecycle", "", "i", "", ""));
	CHECK(EVENT("messageType", TOKEN, "i", "", "") && EVENT("messageType", "", "i", "", ""));
	CHECK(!EVENT("lifecycle", "\"authToken\":7,", "i", "", "") && !EVENT("messageType", "\"authToken\":\"\",", "i", "", ""));
	CHECK(EVENT("lifecycle", TOKEN, id, "", "") && !EVENT("lifecycle", TOKEN, arena_printf(arena, "%s0", id), "", ""));
	CHECK(EVENT("lifecycle", TOKEN, "i", times("\"r\"", 100), "") && !EVENT("lifecycle", TOKEN, "i", times("\"r\"", 101), ""));
	CHECK(EVENT("lifecycle", TOKEN, "i", "", settings(200)) && !EVENT("lifecycle", TOKEN, "i", "", settings(201)));
	CHECK(EVENT("lifecycle", TOKEN, "i", "", arena_printf(arena, "\"a\":[%s]", times("{}", 500))));
	CHECK(!EVENT("lifecycle", TOKEN, "i", "", arena_printf(arena, "\"a\":[%s]", times("{}", 501))));
	CHECK(is_request(arena_printf(arena, ping, 1024, times("x", 600))) && !is_request(arena_printf(arena, ping, 1025, times("x", 600))));
}

static void
test_names(void)
{
	for (int t = 0; t < SMARTAPP_OTHER_EVENT; t++)
		CHECK(smartapp_event_type(smartapp_event_name((enum smartapp_event_type)t)) == (enum smartapp_event_type)t);
	CHECK(smartapp_event_type("x") == SMARTAPP_OTHER_EVENT);
	CHECK_STR(smartapp_error_name(SMARTAPP_BAD_REQUEST_ERROR), "BadRequestError");
	CHECK(smartapp_request_phase(parse("{\"messageType\":\"INSTALL\"}")) == SMARTAPP_PHASES);
	CHECK(smartapp_request_phase(parse("{\"messageType\":\"EVENT\"}")) == SMARTAPP_EVENT);
	CHECK(smartapp_request_phase(parse("{\"lifecycle\":7,\"messageType\":\"EVENT\"}")) == SMARTAPP_PHASES);
	CHECK(smartapp_request_phase(NULL) == SMARTAPP_PHASES);
	CHECK(smartapp_id_ok("a-b_c.d") && !smartapp_id_ok("") && !smartapp_id_ok(".a") && !smartapp_id_ok("a/b") && !smartapp_id_ok("ä"));
}

int
main(void)
{
	arena = arena_new((size_t)64 << 20);
	test_readers();
	test_events();
	test_limits();
	test_names();
	arena_free(arena);
	return check_end();
}
