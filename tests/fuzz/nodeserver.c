/* nodeserver.c: any bytes as a node server's message, alone and as the value of each word that has one; over HTTPS and MQTT it is
 * the same. What stands in the store afterwards must be readable, and each result be told. */
#include <stdint.h>

#include "nodeserver/messages.h"
#include "nodeserver/nodes.h"
#include "nodeserver/registry.h"
#include "nodeserver/service.h"
#include "tests/unit/schema_fixture.h"
#include "base/banned.h"

/* %s is the input. The first byte chooses; the last is the input alone. */
static const char *const frames[] = {
	"{\"addnode\":%s}", "{\"addnode\":{\"address\":\"lamp\",\"name\":\"L\",\"nodedefid\":\"D\",\"primary\":\"lamp\",\"drivers\":%s}}",
	"{\"batch\":%s}", "{\"batch\":{\"addnode\":[%s],\"status\":[%s]}}", "{\"status\":%s}",
	"{\"status\":{\"address\":\"lamp\",\"driver\":\"ST\",\"value\":%s}}", "{\"customdata\":%s,\"ifVersion\":1}", "{\"polls\":%s}",
	"{\"uploadProfile\":%s}", "{\"connected\":%s}", "{\"removenode\":%s}", "{\"notices\":%s}", "%s",
};
#define FRAMES (sizeof(frames) / sizeof(frames[0]))

int	 LLVMFuzzerInitialize(int *argc, char ***argv);
int	 LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static struct arena *request;

static void
finish(void)
{
	schema_fixture_close();
}

static struct nodeserver_context
context(void)
{
	return (struct nodeserver_context){ config, store, keyring, catalogue, request };
}

int
LLVMFuzzerInitialize(int *argc, char ***argv)
{
	const char *why = NULL;
	struct nodeserver ns;
	int code = 0;

	(void)argc, (void)argv;
	schema_fixture_open();
	log_open("fuzz", (enum log_level)(LOG_LEVEL_ERROR + 1));
	request = arena_new((size_t)256 << 20);
	const struct nodeserver_context x = context();
	must(registry_create(&x, user.id, parse("{\"name\":\"Fuzz\"}"), &ns, &why, &code) == STORE_OK, "node server");
	atexit(finish);
	return 0;
}

/* The frame with the input wherever it says so. */
static const char *
framed(const char *frame, const char *input)
{
	const char *text = "", *at;

	while ((at = strstr(frame, "%s")) != NULL) {
		text = arena_printf(request, "%s%.*s%s", text, (int)(at - frame), frame, input);
		frame = at + 2;
	}
	return arena_printf(request, "%s%s", text, frame);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	const struct nodeserver_context x = context();
	struct nodeserver ns;
	struct inbox_read q;

	if (size == 0)
		return 0;
	arena_reset(request);
	const char *text = framed(frames[data[0] % FRAMES], arena_strndup(request, (const char *)data + 1, size - 1));
	const struct json *message = json_parse(request, text, strlen(text), NULL);
	if (json_type(message) != JSON_OBJECT)
		return 0;
	struct json *results = json_array(request);
	if (registry_find(&x, user.id, 1, &ns) != STORE_OK || messages_take(&x, &ns, message, results) != STORE_OK)
		abort();
	for (const struct json *v = json_first(results); v != NULL; v = json_next(v))
		if (json_get(json_first(v), "success") == NULL || json_get_int(json_first(v), "statusCode", 0) < 200)
			abort();
	if (service_read(&x, &ns, -1, &q) != STORE_OK || inbox_acknowledge(&x, ns.worker, q.next) != STORE_OK)
		abort();
	return 0;
}
