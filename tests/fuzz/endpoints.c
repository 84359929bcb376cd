/* Any request of an installation: method, path, query and body made of the input. Every answer is well-formed, and of the
 * statuses that there are. */
#include <assert.h>
#include <stdint.h>
#include <string.h>

#include "tests/unit/rest_fixture.h"
#include "base/banned.h"

int	 LLVMFuzzerInitialize(int *, char ***);
int	 LLVMFuzzerTestOneInput(const uint8_t *, size_t);

static struct arena *request;

int
LLVMFuzzerInitialize(int *argc, char ***argv)
{
	(void)argc, (void)argv;
	rest_begin();
	log_open("fuzz", (enum log_level)(LOG_LEVEL_ERROR + 1));
	if (system(arena_printf(fx.arena, "cp conf/apps/devices.json conf/apps/homebridge.json '%s/apps/'", fx.root)) != 0)
		fixture_fail("apps", "cannot be copied");
	rest_install("devices");
	request = arena_new((size_t)64 << 20);
	atexit(rest_end);
	return 0;
}

/* The next line of the input. */
static const char *
line(const char **s, const char *end)
{
	const char *stop = memchr(*s, '\n', (size_t)(end - *s)), *from = *s;

	*s = stop != NULL ? stop + 1 : end;
	return arena_strndup(request, from, (size_t)((stop != NULL ? stop : end) - from));
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t n)
{
	static const char *const methods[] = { "GET", "PUT", "POST", "DELETE", "OPTIONS", "PATCH" };
	static const char *const types[] = { "application/json", "application/xml", "", "text/plain" };
	const char *s = (const char *)data, *end = s + n;
	struct endpoints_answer answer;
	static int64_t ahead;

	if (n < 2 || memchr(data, '\0', n) != NULL)
		return 0;
	arena_reset(request);
	fixture_clock(ahead = (ahead + 1000) % 1800000);	/* or the limit would soon be all there is */
	const struct endpoints_context x = { fx.config, fx.store, fx.keyring, rest_catalogue, rest_apps, rest_rate, request };
	struct endpoints_call call = { .token = rest_token, .token_in = TOKEN_IN_HEADER, .installation = rest_installation,
	    .method = methods[data[0] % 6], .content_type = types[data[1] % 4] };
	s += 2;
	call.path = line(&s, end);
	struct json *query = json_object(request);
	json_set_string(request, query, "attribute", line(&s, end));
	json_set_string(request, query, "max", line(&s, end));
	call.query = query;
	call.body = s;
	call.body_len = (size_t)(end - s);
	endpoints_call(&x, &call, &answer);
	assert(answer.status >= 200 && answer.status < 600 && answer.status != 500 && answer.status != 401);
	assert((answer.content_type == NULL) == (answer.len == 0));
	assert(answer.len == 0 || json_parse(request, answer.body, answer.len, NULL) != NULL);
	assert(answer.status != 405 || answer.allow != NULL);
	assert(answer.rate.current >= 0 && answer.rate.current <= RATE_LIMIT && answer.rate.ttl > 0);
	return 0;
}
