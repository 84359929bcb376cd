/* Any bytes as a connector's file, of JSON and of YAML: taken whole, or refused with a line; what is taken reads any answer. And any
 * bytes as a vendor's answer: what comes of it are devices that can be made, and values that they take or refuse. */
#include <assert.h>
#include <stdint.h>
#include <string.h>

#include "device/state.h"
#include "link/connector.h"
#include "link/fill.h"
#include "link/mirror.h"
#include "link/pick.h"
#include "link/token.h"
#include "link/vendor.h"
#include "tests/unit/rest_fixture.h"
#include "web/fetch.h"
#include "base/banned.h"

int	 LLVMFuzzerInitialize(int *, char ***);
int	 LLVMFuzzerTestOneInput(const uint8_t *, size_t);

static const char acme[] = "{\"name\":\"Acme\",\"oauth\":{\"authorizeUrl\":\"https://a.example/a\",\"tokenUrl\":\"https://a.example/t\","
    "\"clientId\":\"c\",\"tokenAuth\":\"none\"},\"expired\":[{\"pointer\":\"/error/code\",\"equals\":14}],"
    "\"list\":{\"url\":\"https://a.example/d\",\"items\":\"/d\",\"id\":\"/id\",\"name\":\"/n\",\"room\":\"/r\",\"online\":\"/o\",\"type\":["
    "{\"pointer\":\"/k\",\"equals\":\"b\",\"handler\":\"c2c-dimmer\"},{\"pointer\":\"/t\"}]},"
    "\"state\":{\"*\":[{\"states\":\"/s\"},{\"capability\":\"switch\",\"attribute\":\"switch\",\"pointer\":\"/p\",\"map\":{\"1\":\"on\",\"0\":\"off\"}},"
    "{\"capability\":\"switchLevel\",\"attribute\":\"level\",\"pointer\":\"/l\",\"scale\":100,\"digits\":0}]},"
    "\"commands\":{\"*\":{\"*\":{\"url\":\"https://a.example/{id}/{arg0/100:2}\",\"body\":{\"v\":\"{arg0*2.55:0}\",\"w\":\"{arg1?}\"}}}}}";

static const struct connector *fixed;

static const struct connectors *
load(struct arena *a, const char *name, const void *data, size_t n, const char **why)
{
	const char *file = arena_printf(a, "%s/connectors/%s", fx.root, name);
	FILE *f = fopen(file, "w");

	*why = NULL;
	assert(f != NULL && fwrite(data, 1, n, f) == n && fclose(f) == 0);
	const struct connectors *all = connectors_load(a, fx.config, rest_catalogue, why);
	assert((all == NULL) == (*why != NULL));
	assert(remove(file) == 0);
	return all;
}

int
LLVMFuzzerInitialize(int *argc, char ***argv)
{
	const char *why;

	(void)argc, (void)argv;
	rest_begin();
	atexit(rest_end);
	assert(system(arena_printf(fx.arena, "mkdir '%s/connectors'", fx.root)) == 0);
	const struct connectors *all = load(fx.arena, "acme.json", acme, sizeof(acme) - 1, &why);
	if (all == NULL)
		fixture_fail("acme", why);
	fixed = &all->list[0];
	return 0;
}

/* A device as it would be added: its id can be a key, and no value that it takes breaks the record. */
static void
add(struct arena *a, const struct pick_device *p)
{
	struct json *v = json_object(a), *state;
	struct device d;

	json_set_string(a, v, "id", mirror_id(a, "acme", p->id));
	json_set_string(a, v, "type", p->type);
	json_set_string(a, v, "name", p->name != NULL ? p->name : p->id);
	if (device_define(a, rest_catalogue, v, &d, &state) != NULL)
		return;
	for (const struct json *value = json_first(p->values); value != NULL; value = json_next(value))
		(void)!state_assign_json(a, rest_catalogue, &d, state, json_name(value), value, 1);
	const char *text = json_print(a, state);
	assert(json_parse(a, text, strlen(text), NULL) != NULL);
}

static void
read_answer(struct arena *a, const struct connector *c, const uint8_t *data, size_t n)
{
	const struct fetch_answer answer = { .status = 200, .body = arena_strndup(a, (const char *)data, n), .len = n, .head = "" };
	const struct json *body = json_parse(a, answer.body, n, NULL), *items = pick_by(a, body, c->list, "items");
	struct token_pair pair;
	struct pick_device d;

	vendor_says_expired(a, c, &answer);
	vendor_refusal(a, &answer);
	if (vendor_read_pair(a, &answer, &pair))
		assert(pair.access != NULL && strlen(pair.access) <= VENDOR_TOKEN_MAX && strpbrk(pair.access, " \r\n") == NULL);
	for (const struct json *item = json_first(items != NULL ? items : body); item != NULL; item = json_next(item))
		if (pick_device(a, rest_catalogue, c, item, &d) && d.type != NULL)
			add(a, &d);
}

/* A request with values of the other side's: one line each, or none. */
static void
fill(struct arena *a, const struct connector *c, const uint8_t *data, size_t n)
{
	const char *text = arena_strndup(a, (const char *)data, n);
	const struct json *rule = connector_command(c, "c2c-dimmer", "switch", "on");
	struct json *values = json_object(a);
	struct fetch_request rq;

	fill_text(a, text, values, 1);
	json_set_string(a, values, "id", text);
	json_set_int(a, values, "arg0", (long long)n);
	if (rule != NULL && fill_request(a, rule, values, NULL, &rq) == NULL && c == fixed)
		assert(strncmp(rq.url, "https://a.example/", 18) == 0 && strpbrk(rq.url, " \r\n\"") == NULL);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t n)
{
	struct arena *a = arena_new((size_t)64 << 20);
	const char *const names[] = { "f.json", "f.yaml" }, *why;

	for (size_t i = 0; i < 2; i++) {
		const struct connectors *all = load(a, names[i], data, n, &why);
		if (all != NULL) {
			read_answer(a, &all->list[0], data, n);
			fill(a, &all->list[0], data, n);
		} else
			assert(strstr(why, arena_printf(a, "%s:", names[i])) != NULL);
	}
	if (memchr(data, 0, n) == NULL) {
		read_answer(a, fixed, data, n);
		fill(a, fixed, data, n);
	}
	arena_free(a);
	return 0;
}
