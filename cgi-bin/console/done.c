/* done.c: where a form leads. */
#include "console/done.h"

#include <string.h>

#include "account/visitor.h"
#include "app.h"
#include "base/arena.h"
#include "base/buf.h"
#include "console/list.h"
#include "web/form.h"
#include "web/request.h"
#include "web/response.h"
#include "base/banned.h"

static const char *const texts[][2] = {
	{ "command", "done_command" }, { "set", "done_set" }, { "saved", "done_saved" }, { "online", "done_online" },
	{ "offline", "done_offline" }, { "added", "done_added" }, { "deleted", "done_deleted" },
};

void
done_redirect(const struct app *app, const struct request *rq, struct response *rs, const char *device, const char *what)
{
	struct arena *a = rq->arena;
	const char *back = request_form(rq, "back");
	struct pair *pairs = NULL;
	struct buf path = buf_new(a, 3 * DEVICE_ID_MAX);
	const char *query = "";

	if (back != NULL && form_decode(a, back, strlen(back), &pairs)) {
		struct list_query q = list_query_from(pairs);
		query = list_query_text(a, &q, q.page);
	} else if (device != NULL)
		buf_url(&path, device);
	query = form_add(a, query, "done", what);
	response_redirect(rs, arena_printf(a, "%s/devices%s%s?%s", visitor_base(app), path.len > 0 ? "/" : "", path.data, query));
}

const char *
done_said(const struct request *rq)
{
	const char *what = request_query(rq, "done");

	for (size_t i = 0; what != NULL && i < sizeof(texts) / sizeof(texts[0]); i++)
		if (strcmp(texts[i][0], what) == 0)
			return texts[i][1];
	return NULL;
}
