/* cookie.c: a strict reader and one way of setting. */
#include "web/cookie.h"

#include <string.h>

#include "base/arena.h"
#include "web/request.h"
#include "web/response.h"
#include "base/banned.h"

static const char allowed[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789._~-";

const char *
cookie_name(const struct request *rq, const char *name, bool secure)
{
	return secure ? arena_printf(rq->arena, "__Host-%s", name) : name;
}

const char *
cookie_get(const struct request *rq, const char *name)
{
	const char *header = request_header(rq, "Cookie"), *found = NULL;
	size_t n = strlen(name), found_len = 0;

	for (const char *s = header; s != NULL && *s != '\0';) {
		s += strspn(s, " \t");
		size_t len = strcspn(s, ";");
		if (len > n && s[n] == '=' && memcmp(s, name, n) == 0) {
			if (found != NULL)
				return NULL;
			found = s + n + 1;
			found_len = len - n - 1;
		}
		s += len + (s[len] == ';');
	}
	if (found == NULL || found_len == 0 || strspn(found, allowed) < found_len)
		return NULL;
	return arena_strndup(rq->arena, found, found_len);
}

void
cookie_set(struct response *rs, const char *name, const char *value, bool secure, long long max_age)
{
	char *age = max_age == 0 ? "" : arena_printf(rs->arena, "; Max-Age=%lld", max_age < 0 ? 0 : max_age);

	response_header(rs, "Set-Cookie", arena_printf(rs->arena, "%s=%s; Path=/; HttpOnly; SameSite=Lax%s%s",
	    name, max_age < 0 ? "" : value, secure ? "; Secure" : "", age));
}
