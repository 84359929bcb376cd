/* origin.c: the public URL against Origin and Sec-Fetch-Site. */
#include "web/origin.h"

#include <string.h>

#include "base/arena.h"
#include "base/config.h"
#include "web/request.h"
#include "base/banned.h"

const char *
origin_base(const struct config *c)
{
	const char *host = strstr(c->public_url, "://");

	return host + 3 + strcspn(host + 3, "/");
}

bool
origin_is_secure(const struct config *c)
{
	return strncmp(c->public_url, "https://", 8) == 0;
}

static bool
is_loopback(const char *origin, const char *ours)
{
	static const char *const hosts[] = { "http://127.0.0.1", "http://localhost", "http://[::1]" };
	const char *port = strrchr(ours, ':');

	for (size_t i = 0; i < sizeof(hosts) / sizeof(hosts[0]); i++) {
		size_t n = strlen(hosts[i]);
		if (strncmp(origin, hosts[i], n) == 0 && strcmp(origin + n, port) == 0)
			return true;
	}
	return false;
}

bool
origin_is_ours(const struct config *c, const struct request *rq)
{
	const char *origin = request_header(rq, "Origin"), *site = request_header(rq, "Sec-Fetch-Site");
	char *ours = arena_strndup(rq->arena, c->public_url, (size_t)(origin_base(c) - c->public_url));

	if (site != NULL && strcmp(site, "same-origin") != 0 && strcmp(site, "none") != 0)
		return false;
	/* Under Referrer-Policy: no-referrer, which our pages have, browsers send "null" for their own forms, too. */
	return origin == NULL || strcmp(origin, "null") == 0 || strcmp(origin, ours) == 0 ||
	    (c->insecure_loopback && is_loopback(origin, ours));
}
