/* Any bytes as a redirect URI, of a request and of a registration: a code goes to what was registered, byte for byte, and else
 * only to another port of the same loopback address, for a public client. */
#include <assert.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include "base/arena.h"
#include "base/json.h"
#include "oauth/client.h"
#include "base/banned.h"

#define WEB "https://good.test/cb"
#define V4 "http://127.0.0.1/cb"
#define V6 "http://[::1]/cb?x=1"

int	 LLVMFuzzerTestOneInput(const uint8_t *, size_t);

/* uri without the port that stands behind its loopback address; NULL if there is none. */
static char *
without_port(struct arena *a, const char *uri)
{
	int host = 0, port = 0;
	char digits[6];

	if (sscanf(uri, "http://127.0.0.1:%n%5[0-9]%n", &host, digits, &port) != 1 &&
	    sscanf(uri, "http://[::1]:%n%5[0-9]%n", &host, digits, &port) != 1)
		return NULL;
	return arena_printf(a, "%.*s%s", host - 1, uri, uri + port);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t n)
{
	struct arena *a = arena_new((size_t)16 << 20);
	char *uri = arena_strndup(a, (const char *)data, n < 4000 ? n : 4000), *bare;
	struct json *registered = json_array(a), *theirs = json_array(a);
	struct client c = { .id = "a", .name = "A", .redirect_uris = registered, .scope = "x", .auth = CLIENT_AUTH_NONE,
	    .pkce_required = true, .grants = "authorization_code", .rotate = true };

	json_append_string(a, registered, WEB);
	json_append_string(a, registered, V4);
	json_append_string(a, registered, V6);
	bool exact = json_array_has(registered, uri);
	bool ok = client_redirect_ok(&c, uri);
	bare = without_port(a, uri);
	assert(ok == (exact || (bare != NULL && json_array_has(registered, bare) && strcmp(bare, WEB) != 0)));
	c.auth = CLIENT_AUTH_BASIC;
	assert(client_redirect_ok(&c, uri) == exact);

	/* As a registration: what is taken can stand in a header and on a page, and answers to itself. */
	json_append_string(a, theirs, uri);
	c.redirect_uris = theirs;
	c.auth = CLIENT_AUTH_NONE;
	if (client_check(a, &c) == NULL) {
		assert(strpbrk(uri, " \r\n\t\"<>\\#,") == NULL && strchr(uri, ':') != NULL);
		assert(client_redirect_ok(&c, uri));
		assert(!client_redirect_ok(&c, arena_printf(a, "%sx", uri)));
	}
	arena_free(a);
	return 0;
}
