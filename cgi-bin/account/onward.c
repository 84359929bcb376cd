/* onward.c: sealed on the way, an address at its end. */
#include "account/onward.h"

#include "account/visitor.h"
#include "app.h"
#include "base/arena.h"
#include "base/clock.h"
#include "base/config.h"
#include "base/json.h"
#include "oauth/seal.h"
#include "oauth/user.h"
#include "web/form.h"
#include "web/request.h"
#include "web/response.h"
#include "base/banned.h"

#define REQUEST_KEPT 1800	/* seconds in which somebody must have logged in */

struct onward
onward_read(struct app *app, const struct request *rq)
{
	const char *text = request_form(rq, "request") != NULL ? request_form(rq, "request") : request_query(rq, "request");
	struct json *data = seal_open(rq->arena, app->keyring, "carry", text, clock_sec());
	struct onward on = { .user_code = json_get_string(data, "user_code") };

	on.authorize = data != NULL && on.user_code == NULL &&
	    authorize_from_json(app->store, rq->arena, data, &on.request);
	return on;
}

char *
onward_carry(struct app *app, const struct request *rq, const struct onward *on)
{
	struct arena *a = rq->arena;
	struct json *data = on->authorize ? authorize_to_json(a, &on->request) : json_object(a);

	if (!on->authorize && on->user_code == NULL)
		return NULL;
	json_set_string(a, data, "user_code", on->user_code);
	return seal_make(a, app->keyring, "carry", data, clock_sec() + REQUEST_KEPT);
}

struct json *
onward_data(struct app *app, const struct request *rq, const struct onward *on)
{
	struct json *data = json_object(rq->arena);

	json_set_bool(rq->arena, data, "registration", app->config->oauth.registration);
	json_set_string(rq->arena, data, "request", onward_carry(app, rq, on));
	json_set_string(rq->arena, data, "client", on->authorize ? on->request.client.name : NULL);
	return data;
}

const char *
onward_path(struct app *app, const struct request *rq, const struct onward *on)
{
	const char *base = visitor_base(app), *to = "/";

	if (on->authorize)
		to = arena_printf(rq->arena, "/authorize?%s", authorize_query(rq->arena, &on->request));
	else if (on->user_code != NULL)
		to = arena_printf(rq->arena, "/device?%s", form_add(rq->arena, "", "user_code", on->user_code));
	return arena_printf(rq->arena, "%s%s", base, to);
}

void
onward_enter(struct app *app, const struct request *rq, struct response *rs, const struct user *u, const struct onward *on)
{
	if (visitor_sign_in(app, rq, rs, u))
		response_redirect(rs, onward_path(app, rq, on));
	else
		visitor_unavailable(app, rq, rs);
}
