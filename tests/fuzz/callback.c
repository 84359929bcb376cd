/* What SmartThings may send about callbacks: a URL to call, which must be one that we may call by any reading, and the answer
 * of its token endpoint. */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "base/arena.h"
#include "base/config.h"
#include "base/json.h"
#include "schema/callback_message.h"
#include "schema/callback_url.h"
#include "web/address.h"
#include "base/banned.h"

#define HOST ".smartthings.com"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* A URL that passes is https://NAME.smartthings.com[:443][/...|?...], and NAME has nothing in it that ends a host. */
static void
check_url(const struct config *c, const char *url)
{
	bool here;

	if (callback_url_fault(c, url, &here) != NULL)
		return;
	if (strncasecmp(url, "https://", 8) != 0)
		abort();
	size_t host = strspn(url + 8, "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789.-");
	const char *rest = url + 8 + host;
	if (strncmp(rest, ":443", 4) == 0)
		rest += 4;
	if (host <= strlen(HOST) || strncasecmp(url + 8 + host - strlen(HOST), HOST, strlen(HOST)) != 0 ||
	    strchr("/?", *rest) == NULL || strpbrk(rest, "\\ #") != NULL)
		abort();
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct arena *a = arena_new((size_t)256 << 20);
	struct config c = { .smartthings.callback_hosts = json_parse(a, "[\"" HOST "\"]", strlen(HOST) + 4, NULL) };
	char *text = arena_strndup(a, (const char *)data, strnlen((const char *)data, size));
	struct message_tokens t;

	check_url(&c, text);
	check_url(&c, arena_printf(a, "https://%s", text));
	check_url(&c, arena_printf(a, "https://%s" HOST "/", text));
	address_is_public(text);
	const struct json *answer = json_parse(a, (const char *)data, size, NULL);
	if (message_read_tokens(answer, &t) && (t.access == NULL || t.expires_in < 60))
		abort();
	arena_free(a);
	return 0;
}
