/* door.c: messages in and out over HTTPS. */
#include "polyglot/door.h"

#include <string.h>
#include <strings.h>

#include "app.h"
#include "base/arena.h"
#include "base/bell.h"
#include "base/json.h"
#include "base/text.h"
#include "nodeserver/messages.h"
#include "nodeserver/presence.h"
#include "nodeserver/service.h"
#include "polyglot/ask.h"
#include "web/request.h"
#include "web/response.h"
#include "base/banned.h"

#define DOOR		"/polyglot/ns/"
#define MESSAGES_MAX	50	/* of one POST */

/* --- POST --- */

/* The status of the first result, if all of them are refusals; else 200. */
static int
status_of(const struct json *results)
{
	int first = 200;

	for (const struct json *v = json_first(results); v != NULL; v = json_next(v)) {
		int status = (int)json_get_int(json_first(v), "statusCode", 200);
		if (status == 200)
			return 200;
		if (first == 200)
			first = status;
	}
	return first;
}

static void
take(const struct nodeserver_context *x, struct nodeserver *ns, const struct request *rq, struct response *rs)
{
	struct json_error err;
	const struct json *body = json_parse(rq->arena, rq->body, rq->body_len, &err);
	struct json *v = json_object(rq->arena), *results = json_set(rq->arena, v, "results", json_array(rq->arena));
	bool list = json_type(body) == JSON_ARRAY;
	enum store_result r = STORE_OK;

	if (body == NULL || (!list && json_type(body) != JSON_OBJECT) || json_count(body) == 0) {
		ask_refuse(rs, 400, "invalid_request", body == NULL ? arena_printf(rq->arena, "The body is not JSON: %s.", err.what) :
		    "The body must be a message, an object with a member, or a list of messages.");
		return;
	}
	if (list && json_count(body) > MESSAGES_MAX) {
		ask_refuse(rs, 413, "payload_too_large", "A list has 50 messages at most.");
		return;
	}
	if (!list)
		r = messages_hear(x, ns, body, results);
	for (const struct json *m = list ? json_first(body) : NULL; m != NULL && r == STORE_OK; m = json_next(m))
		r = messages_hear(x, ns, m, results);
	if (r != STORE_OK)
		ask_stored(rs, r);
	else
		response_json(rs, status_of(results), v);
}

/* --- GET --- */

static bool
read_number(const struct request *rq, struct response *rs, const char *name, long long max, long long *n)
{
	const char *text = request_query(rq, name);

	if (text == NULL || text_to_int(text, 0, max, n))
		return true;
	ask_refuse(rs, 400, "invalid_request", arena_printf(rq->arena, "%s must be a number from 0 to %lld.", name, max));
	return false;
}

static void
give(const struct nodeserver_context *x, struct nodeserver *ns, const struct request *rq, struct response *rs)
{
	long long after = -1, wait = 0;
	unsigned reading = bell_reading(ns->worker);
	struct inbox_read q = { 0 };
	enum store_result r = STORE_OK;

	if (!read_number(rq, rs, "after", 1LL << 53, &after) || !read_number(rq, rs, "wait", DOOR_WAIT_MAX, &wait))
		return;
	if (rq->waited == 0 && (r = presence_heard(x, ns, 2 * wait + PRESENCE_SLACK)) == STORE_OK && after >= 0)
		r = inbox_acknowledge(x, ns->worker, after);
	if (r == STORE_OK)
		r = service_read(x, ns, after, &q);
	if (r != STORE_OK) {
		ask_stored(rs, r);
		return;
	}
	int64_t left = wait * 1000 - rq->waited;
	if (json_first(q.messages) == NULL && left > 0)
		response_wait(rs, ns->worker, reading, q.wait_ms > 0 && q.wait_ms < left ? q.wait_ms : left);
	struct json *v = json_object(rq->arena);
	json_set(rq->arena, v, "messages", q.messages);
	json_set_int(rq->arena, v, "next", q.next);
	response_json(rs, 200, v);
}

/* One that was deleted is told so, once. */
static void
tell_gone(const struct request *rq, struct response *rs)
{
	struct arena *a = rq->arena;
	struct json *v = json_object(a), *m = json_append(a, json_set(a, v, "messages", json_array(a)), json_object(a));
	struct json *msg = json_object(a);

	json_set(a, msg, "delete", json_object(a));
	json_set_int(a, m, "seq", 0);
	json_set(a, m, "msg", msg);
	json_set_int(a, v, "next", 0);
	response_json(rs, 200, v);
}

/* --- both --- */

void
door_messages(struct app *app, const struct request *rq, struct response *rs)
{
	const struct nodeserver_context x = ask_context(app, rq);
	const char *path = rq->path + sizeof(DOOR) - 1, *worker = ask_part(rq, &path);
	const char *header = request_header(rq, "Authorization"), *token = NULL;
	struct nodeserver ns;

	app_refresh(app);
	if (worker == NULL || strcmp(path, "messages") != 0) {
		ask_stored(rs, STORE_ABSENT);
		return;
	}
	if (header != NULL && strncasecmp(header, "Bearer ", 7) == 0)
		token = header + 7 + strspn(header + 7, " ");
	enum store_result r = registry_find_worker(&x, worker, &ns);
	if (r == STORE_OK && registry_token_fits(&x, &ns, token)) {
		if (strcmp(rq->method, "POST") == 0)
			take(&x, &ns, rq, rs);
		else
			give(&x, &ns, rq, rs);
	} else if (r == STORE_ABSENT && token != NULL && strcmp(rq->method, "GET") == 0 &&
	    registry_find_gone(&x, worker, token) == STORE_OK)
		tell_gone(rq, rs);
	else if (r == STORE_OK || r == STORE_ABSENT)
		ask_refuse(rs, 401, "invalid_token", "This is not the token of that node server.");
	else
		ask_stored(rs, r);
}
