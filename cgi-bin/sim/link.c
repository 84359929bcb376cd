/* link.c: state, code, and the first messages of a new link. */
#include "sim/link.h"

#include <string.h>

#include "app.h"
#include "base/config.h"
#include "base/json.h"
#include "sim/cloud.h"
#include "sim/sim.h"
#include "sim/tokens.h"
#include "web/request.h"
#include "web/response.h"
#include "base/banned.h"

static void
go(struct sim *s)
{
	enum store_result r = home_make(&s->home);
	char *url = r == STORE_OK ? tokens_authorize(s) : NULL;

	if (r == STORE_LIMIT)
		sim_error(s, 429, "sim_error_full", "There are too many simulated homes; try again in an hour.");
	else if (url == NULL)
		sim_unavailable(s);
	else if (s->api) {
		struct json *data = json_object(s->arena);
		json_set_string(s->arena, data, "authorize", url);
		response_json(s->rs, 200, data);
	} else
		sim_leave(s, url);
}

void
link_begin(struct app *app, const struct request *rq, struct response *rs)
{
	struct sim s;

	if (!sim_open(&s, app, rq, rs))
		return;
	if (strcmp(rq->method, "POST") == 0)
		go(&s);
	else
		sim_done(&s, "/sim");
	sim_close(&s);
}

/* What came is not for us, or says no: nothing is redeemed. */
static void
show_refusal(struct sim *s, const char *error, bool kept)
{
	struct json *data = json_object(s->arena);

	json_set_string(s->arena, data, "error", error);
	json_set_bool(s->arena, data, "state_kept", kept);
	sim_page(s, "sim-callback", data);
}

void
link_back(struct app *app, const struct request *rq, struct response *rs)
{
	const char *code = request_query(rq, "code"), *iss = request_query(rq, "iss");
	struct sim s;

	if (!sim_open(&s, app, rq, rs))
		return;
	bool kept = tokens_state_ok(&s, request_query(rq, "state"));
	/* RFC 9207: an answer of another server is not for us. */
	if (!kept || code == NULL || (iss != NULL && strcmp(iss, app->config->public_url) != 0))
		show_refusal(&s, request_query(rq, "error"), kept);
	else {
		if (tokens_exchange(&s, code))
			cloud_begin(&s);
		sim_done(&s, "/sim");
	}
	sim_close(&s);
}
