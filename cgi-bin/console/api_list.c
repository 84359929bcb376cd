/* api_list.c: the list of devices in JSON, cheap to ask for again while nothing is new; and what is added to it. */
#include <string.h>

#include "app.h"
#include "base/arena.h"
#include "base/json.h"
#include "base/secret.h"
#include "base/text.h"
#include "console/act.h"
#include "console/add_page.h"
#include "console/api.h"
#include "console/call.h"
#include "console/list.h"
#include "console/show.h"
#include "device/change.h"
#include "web/request.h"
#include "web/response.h"
#include "base/banned.h"

#define NEWS_MAX 200	/* changes told one by one; after more the page reads everything again */

/* What a list is like at seq: for this user, in this language. */
static char *
etag(const struct call *c, long long seq)
{
	const char *who = secret_digest(c->rq->arena, arena_printf(c->rq->arena, "%s %s", c->user, c->words.language));

	return arena_printf(c->rq->arena, "\"%.8s-%lld\"", who, seq);
}

static enum store_result
add_device(const struct call *c, struct json *list, const char *id)
{
	struct list_item it;
	enum store_result r = list_read_one(c->app, c->rq->arena, c->user, id, &it);

	if (r == STORE_OK)
		json_append(c->rq->arena, list, show_device(c->app, &c->words, &it));
	return r == STORE_ABSENT ? STORE_OK : r;
}

/* What happened since, read from the log of changes: the devices whose values moved. "reload" if a page must be read anew:
 * devices came, went or were renamed, or it is too long ago. */
static enum store_result
add_news(const struct call *c, struct json *v, long long since, long long newest)
{
	struct arena *a = c->rq->arena;
	struct json *ids = json_array(a), *list = json_set(a, v, "devices", json_array(a));
	bool reload = since > newest || newest - since > NEWS_MAX;
	enum store_result r = STORE_OK;
	struct change ch;

	while (!reload && r == STORE_OK && since < newest) {
		if ((r = change_find(c->app->store, a, c->user, ++since, &ch)) == STORE_ABSENT) {
			reload = true;
			r = STORE_OK;
		} else if (r == STORE_OK) {
			reload = ch.kind != CHANGE_STATE && ch.kind != CHANGE_ONLINE;
			if (!json_array_has(ids, ch.device))
				json_append_string(a, ids, ch.device);
		}
	}
	json_set_bool(a, v, "reload", reload);
	for (const struct json *id = json_first(ids); id != NULL && !reload && r == STORE_OK; id = json_next(id))
		r = add_device(c, list, json_string(id));
	return r;
}

static enum store_result
add_found(const struct call *c, struct json *v)
{
	struct arena *a = c->rq->arena;
	struct list_query q = list_query_from(c->rq->query);
	struct json *list = json_set(a, v, "devices", json_array(a));
	struct list all;
	size_t n = 0;
	enum store_result r = list_read(c->app, a, c->user, &all);

	for (size_t i = 0; r == STORE_OK && i < all.n; i++)
		if (list_has(&q, &all.items[i]) && n++ / LIST_PAGE == q.page - 1)
			json_append(a, list, show_device(c->app, &c->words, &all.items[i]));
	json_set_int(a, v, "found", (long long)n);
	json_set_int(a, v, "page", (long long)q.page);
	json_set_int(a, v, "pages", (long long)(n > 0 ? (n - 1) / LIST_PAGE + 1 : 1));
	return r;
}

static void
list(const struct call *c)
{
	struct arena *a = c->rq->arena;
	const char *since = request_query(c->rq, "since"), *known = request_header(c->rq, "If-None-Match");
	struct json *v = json_object(a);
	long long newest, from = -1;

	if (since != NULL && !text_to_int(since, 0, 1LL << 53, &from)) {
		call_refuse(c, 400, "error_400", NULL, NULL);
		return;
	}
	enum store_result r = change_newest(c->app->store, a, c->user, &newest);
	const char *tag = etag(c, newest);
	if (r == STORE_OK && known != NULL && strstr(known, tag) != NULL) {
		response_body(c->rs, 304, "application/json", "", 0);
		response_header(c->rs, "ETag", tag);
		return;
	}
	json_set_int(a, v, "seq", newest);
	if (r == STORE_OK)
		r = from >= 0 ? add_news(c, v, from, newest) : add_found(c, v);
	if (r != STORE_OK) {
		call_refuse(c, 503, "error_unavailable", NULL, NULL);
		return;
	}
	response_json(c->rs, 200, v);
	response_header(c->rs, "ETag", tag);
}

static void
add(struct call *c)
{
	struct json *definition = json_copy(c->rq->arena, c->body);
	struct act_result result = act_stored(add_page_id(c->app, c->rq->arena, c->user, definition));

	if (result.text == NULL)
		result = act_add(c->app, c->rq->arena, c->user, definition, &c->id);
	if (result.text != NULL)
		call_refuse(c, result.status, result.text, result.detail, NULL);
	else
		call_answer(c, NULL, 201);
}

void
api_devices(struct app *app, const struct request *rq, struct response *rs)
{
	struct call c;

	if (!call_begin(&c, app, rq, rs))
		return;
	if (strcmp(rq->method, "GET") == 0)
		list(&c);
	else
		add(&c);
}
