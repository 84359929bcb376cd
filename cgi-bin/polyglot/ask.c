/* ask.c: small answers. */
#include "polyglot/ask.h"

#include <string.h>

#include "app.h"
#include "base/arena.h"
#include "base/json.h"
#include "web/request.h"
#include "web/response.h"
#include "base/banned.h"

struct nodeserver_context
ask_context(const struct app *app, const struct request *rq)
{
	return (struct nodeserver_context){ app->config, app->store, app->keyring, app->catalogue, rq->arena };
}

void
ask_refuse(struct response *rs, int status, const char *error, const char *why)
{
	struct json *v = json_object(rs->arena);

	json_set_string(rs->arena, v, "error", error);
	json_set_string(rs->arena, v, "error_description", why);
	response_json(rs, status, v);
	if (status == 401)
		response_header(rs, "WWW-Authenticate", "Bearer realm=\"node servers\"");
	if (status == 503 || status == 429)
		response_header(rs, "Retry-After", "5");
}

void
ask_stored(struct response *rs, enum store_result r)
{
	if (r == STORE_ABSENT)
		ask_refuse(rs, 404, "not_found", "There is nothing at this address.");
	else
		ask_refuse(rs, 503, "unavailable", "This cannot be stored now. Try again later.");
}

const char *
ask_part(const struct request *rq, const char **path)
{
	size_t len = strcspn(*path, "/");
	const char *part = len > 0 ? arena_strndup(rq->arena, *path, len) : NULL;

	*path += len;
	*path += **path == '/';
	return part;
}
