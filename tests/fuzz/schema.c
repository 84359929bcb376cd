/* schema.c: any bytes as a Schema message; and, so that the deep places are reached, as the rest of a good one. */
#include <stdint.h>

#include "tests/unit/schema_fixture.h"
#include "base/banned.h"

/* Where the input goes: %s is first the token, then the input. The first byte chooses; the last is the input alone. */
static const char *const frames[] = {
	"{\"headers\":{\"interactionType\":\"commandRequest\",\"requestId\":\"r\"},\"authentication\":{\"token\":\"%s\"},"
	    "\"devices\":[{\"externalDeviceId\":\"box\",\"commands\":[%s]}]}",
	"{\"headers\":{\"interactionType\":\"commandRequest\",\"requestId\":\"r\"},\"authentication\":{\"token\":\"%s\"},"
	    "\"devices\":[{\"externalDeviceId\":\"box\",\"commands\":[{\"capability\":\"st.colorControl\","
	    "\"command\":\"setColor\",\"arguments\":[%s]}]}]}",
	"{\"headers\":{\"interactionType\":\"commandRequest\",\"requestId\":\"r\"},\"authentication\":{\"token\":\"%s\"},"
	    "\"devices\":%s}",
	"{\"headers\":{\"interactionType\":\"stateRefreshRequest\",\"requestId\":\"r\"},\"authentication\":{\"token\":\"%s\"},"
	    "\"devices\":%s}",
	"{\"headers\":{\"interactionType\":\"interactionResult\",\"requestId\":\"r\"},\"authentication\":{\"token\":\"%s\"}%s}",
	"{\"authentication\":{\"token\":\"%s\"}%s}",
	"{\"headers\":{\"interactionType\":\"grantCallbackAccess\",\"requestId\":\"r\"},\"authentication\":{\"token\":\"%s\"},"
	    "\"callbackAuthentication\":%s,\"callbackUrls\":{\"oauthToken\":\"https://c2c-us.smartthings.com/oauth/token\","
	    "\"stateCallback\":\"https://c2c-us.smartthings.com/device/events\"}}",
	"{\"headers\":{\"interactionType\":\"grantCallbackAccess\",\"requestId\":\"r\"},\"authentication\":{\"token\":\"%s\"},"
	    "\"callbackAuthentication\":{\"grantType\":\"authorization_code\",\"code\":\"c\",\"clientId\":\"st-app\"},"
	    "\"callbackUrls\":%s}",
	"{\"headers\":{\"interactionType\":\"interactionResult\",\"requestId\":\"r\"},\"authentication\":{\"token\":\"%s\"},"
	    "\"originatingInteractionType\":\"discoveryRequest\",\"globalError\":%s}",
	"{\"headers\":{\"interactionType\":\"interactionResult\",\"requestId\":\"r\"},\"authentication\":{\"token\":\"%s\"},"
	    "\"originatingInteractionType\":\"stateCallback\",\"deviceState\":%s}",
	NULL,
};
#define FRAMES (sizeof(frames) / sizeof(frames[0]))

int	 LLVMFuzzerInitialize(int *argc, char ***argv);
int	 LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static struct arena *request;
static const char *token;

static void
finish(void)
{
	schema_fixture_close();
}

int
LLVMFuzzerInitialize(int *argc, char ***argv)
{
	(void)argc, (void)argv;
	schema_fixture_open();
	static struct config with_callbacks;
	with_callbacks = *config;
	with_callbacks.smartthings.client_id = "st-app";
	config = &with_callbacks;
	log_open("fuzz", (enum log_level)(LOG_LEVEL_ERROR + 1));
	add_device("{\"id\":\"box\",\"name\":\"Box\",\"type\":\"0f3b6a1e-7c4d-4c55-9f0e-5d1a2b3c4d5e\",\"capabilities\":["
	    "\"switch\",\"switchLevel\",\"colorControl\",\"color\",\"windowShadeLevel\",\"windowShade\",\"thermostatMode\","
	    "\"feederPortion\",\"audioVolume\",\"tvChannel\",\"demandResponseLoadControl\",\"geofence\"]}");
	token = arena_strdup(arena, make_token("[\"box\"]", "devices:read devices:control", 0));
	request = arena_new((size_t)64 << 20);
	atexit(finish);
	return 0;
}

/* The frame with the token and the input in it. */
static const char *
framed(const char *frame, const char *input, size_t len, size_t *total)
{
	const char *first = strstr(frame, "%s"), *second = strstr(first + 2, "%s");
	const char *head = arena_printf(request, "%.*s%s%.*s", (int)(first - frame), frame, token,
	    (int)(second - first - 2), first + 2);
	size_t before = strlen(head), after = strlen(second + 2);
	char *body = arena_alloc(request, before + len + after + 1);

	memcpy(body, head, before);
	memcpy(body + before, input, len);
	memcpy(body + before + len, second + 2, after);
	*total = before + len + after;
	return body;
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	const struct schema_context x = { config, store, keyring, catalogue, request, NULL };
	const char *body = (const char *)data;
	int code = 0;

	if (size == 0)
		return 0;
	arena_reset(request);
	const char *frame = frames[data[0] % FRAMES];
	body++;
	size--;
	if (frame != NULL)
		body = framed(frame, body, size, &size);
	const char *text = json_print(request, schema_answer(&x, body, size, &code));
	if ((code != 200 && code != 400) || json_parse(request, text, strlen(text), NULL) == NULL)
		abort();
	return 0;
}
