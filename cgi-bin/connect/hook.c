/* hook.c: .../installations/LINK/hook: a token in one place, then what the vendor says. */
#include "connect/hook.h"

#include <string.h>
#include <strings.h>

#include "app.h"
#include "base/arena.h"
#include "base/json.h"
#include "link/event.h"
#include "web/form.h"
#include "web/request.h"
#include "web/response.h"
#include "web/serve.h"
#include "base/banned.h"

#define LINK	"link-"		/* ids of links begin so, and no other installation's */
#define HOOK	"/hook"

static const char *
header(void *rq, const char *name)
{
	return request_header(rq, name);
}

/* Parameters that came once, but for the token. */
static struct json *
texts(struct arena *a, const struct pair *list)
{
	struct json *v = json_object(a);

	for (const struct pair *p = list; p != NULL; p = p->next)
		if (strcmp(p->name, "access_token") != 0 && form_count(list, p->name) == 1)
			json_set_string(a, v, p->name, p->value);
	return v;
}

/* The one that there is; NULL if none is there, or several. */
static const char *
find_token(const struct request *rq, const char *in_path)
{
	const char *authorization = request_header(rq, "Authorization"), *token = in_path;
	size_t n = form_count(rq->query, "access_token") + (in_path != NULL ? 1 : 0);

	if (form_count(rq->query, "access_token") == 1)
		token = request_query(rq, "access_token");
	if (authorization != NULL && strncasecmp(authorization, "Bearer ", 7) == 0) {
		token = authorization + 7;
		n++;
	}
	return n == 1 ? token : NULL;
}

static void
answer(struct app *app, const struct request *rq, struct response *rs, enum event_verdict v, const char *echo)
{
	switch (v) {
	case EVENT_TAKEN:
		response_json(rs, 200, json_object(rq->arena));
		break;
	case EVENT_CHALLENGE:
		response_text(rs, 200, echo);
		break;
	case EVENT_STRANGER:
		serve_refuse_json(app, rq, rs, 401, "this is not the link's token, or not its vendor's signature");
		response_header(rs, "WWW-Authenticate", "Bearer error=\"invalid_token\"");
		break;
	case EVENT_MALFORMED:
		serve_refuse_json(app, rq, rs, 400, "the body is not JSON");
		break;
	case EVENT_UNAVAILABLE:
		serve_refuse_json(app, rq, rs, 503, "the store cannot be used just now");
		response_header(rs, "Retry-After", "5");
		break;
	}
}

bool
hook_receive(struct app *app, const struct request *rq, struct response *rs, const char *rest, const char *token)
{
	size_t len = strcspn(rest, "/");
	const char *echo = NULL;

	if (strncmp(rest, LINK, sizeof(LINK) - 1) != 0 || strcmp(rest + len, HOOK) != 0)
		return false;
	response_header(rs, "Referrer-Policy", "no-referrer");
	if (strcmp(rq->method, "GET") != 0 && strcmp(rq->method, "POST") != 0 && strcmp(rq->method, "PUT") != 0) {
		serve_refuse_json(app, rq, rs, 405, "a hook takes GET, POST and PUT");
		response_header(rs, "Allow", "GET, POST, PUT");
		return true;
	}
	const struct event_post post = { .link = arena_strndup(rq->arena, rest, len), .token = find_token(rq, token),
	    .query = texts(rq->arena, rq->query), .form = rq->form != NULL ? texts(rq->arena, rq->form) : NULL, .body = rq->body,
	    .len = rq->body_len, .header = header, .arg = (void *)(uintptr_t)rq };
	enum event_verdict v = event_take(app->links, rq->arena, &post, &echo);
	answer(app, rq, rs, v, echo);
	return true;
}
