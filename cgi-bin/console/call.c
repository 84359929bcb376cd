/* call.c: the frame of every answer to a script. */
#include "console/call.h"

#include <string.h>

#include "app.h"
#include "base/arena.h"
#include "base/json.h"
#include "console/act.h"
#include "console/list.h"
#include "console/show.h"
#include "web/request.h"
#include "web/response.h"
#include "base/banned.h"

void
call_refuse(const struct call *c, int status, const char *text, const char *detail, struct json *device)
{
	struct arena *a = c->rq->arena;
	struct json *v = json_object(a);
	const char *said = words_text(&c->words, text), *line = strchr(text, '_');

	json_set_string(a, v, "error", line != NULL ? line + 1 : text);
	json_set_string(a, v, "error_description", detail != NULL ? arena_printf(a, "%s %s", said, detail) : said);
	if (device != NULL)
		json_set(a, v, "device", device);
	response_json(c->rs, status, v);
	if (status == 503)
		response_header(c->rs, "Retry-After", "5");
}

bool
call_begin(struct call *c, struct app *app, const struct request *rq, struct response *rs)
{
	struct json_error err;
	bool post = strcmp(rq->method, "GET") != 0;

	*c = (struct call){ .app = app, .rq = rq, .rs = rs, .words = words_for(app, rq) };
	c->visitor = visitor_find(c->app, c->rq, c->rs);
	c->user = c->visitor.session.user.id;
	if (c->visitor.unavailable)
		call_refuse(c, 503, "error_unavailable", NULL, NULL);
	else if (!c->visitor.signed_in)
		call_refuse(c, 401, "fault_login", NULL, NULL);
	else if (post && !visitor_believed(c->app, c->rq, &c->visitor, request_header(c->rq, "X-CSRF-Token")))
		call_refuse(c, 403, "error_form", NULL, NULL);
	else if (strcmp(c->rq->method, "POST") == 0 &&
	    json_type(c->body = json_parse(c->rq->arena, c->rq->body, c->rq->body_len, &err)) != JSON_OBJECT)
		call_refuse(c, 400, "fault_json", c->body == NULL ? err.what : NULL, NULL);
	else
		return true;
	return false;
}

void
call_answer(const struct call *c, const struct act_result *result, int done)
{
	struct arena *a = c->rq->arena;
	struct json *v = json_object(a), *device = NULL;
	struct list_item it;
	enum store_result r = list_read_one(c->app, a, c->user, c->id, &it);

	if (r == STORE_OK)
		device = show_device(c->app, &c->words, &it);
	if (result != NULL && result->text != NULL)
		call_refuse(c, result->status, result->text, result->detail, device);
	else if (r != STORE_OK) {
		struct act_result gone = act_stored(r);
		call_refuse(c, gone.status, gone.text, NULL, NULL);
	} else {
		json_set(a, v, "device", device);
		response_json(c->rs, done, v);
	}
}
