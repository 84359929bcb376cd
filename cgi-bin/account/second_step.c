/* second_step.c: a sealed page says who has proven what; the code decides. */
#include "account/second_step.h"

#include <string.h>

#include "account/onward.h"
#include "account/second_page.h"
#include "account/visitor.h"
#include "app.h"
#include "base/arena.h"
#include "base/clock.h"
#include "base/json.h"
#include "base/secret.h"
#include "oauth/seal.h"
#include "oauth/second_factor.h"
#include "oauth/user.h"
#include "web/request.h"
#include "web/response.h"
#include "base/banned.h"

#define STEP_KEPT 600	/* seconds in which the code must come */

/* What is noted of a sign-in, by its first step and how the second was done. A registration has been noted already. */
static const char *const details[][3] = {
	[FIRST_PASSWORD] = { [SECOND_FACTOR_BY_APP] = "with a code", [SECOND_FACTOR_BY_RECOVERY] = "with a recovery code" },
	[FIRST_LINK] = { "by link", "by link, with a code", "by link, with a recovery code" },
};

static void
note(struct app *app, const struct request *rq, const struct visitor *v, const struct user *u, enum first_step first,
    enum second_factor_found second)
{
	if (first != FIRST_REGISTRATION)
		visitor_note(app, rq, v, (struct activity){ .event = "authn_login_success", .user = u->id,
		    .detail = details[first][second] });
}

/* The page that asks for the code. Sealed into it is whose, for this browser, as the account is now. */
static void
ask(struct app *app, const struct request *rq, struct response *rs, const struct visitor *v, int status, const struct user *u,
    enum first_step first, const struct onward *on, const char *fault)
{
	struct arena *a = rq->arena;
	struct json *sealed = json_object(a), *data = onward_data(app, rq, on);

	json_set_string(a, sealed, "user", u->id);
	json_set_int(a, sealed, "generation", u->generation);
	json_set_string(a, sealed, "browser", secret_digest(a, v->csrf));
	json_set_int(a, sealed, "first", first);
	json_set_string(a, data, "step", seal_make(a, app->keyring, "step", sealed, clock_sec() + STEP_KEPT));
	json_set_string(a, data, "username", u->name);
	json_set_string(a, data, "fault", fault);
	visitor_page(app, rq, rs, v, status, "login-code", data, NULL);
}

static struct json *
enrol_data(struct app *app, const struct request *rq, const struct onward *on)
{
	struct json *data = onward_data(app, rq, on);

	json_set_bool(rq->arena, data, "login", true);
	return data;
}

void
second_step_begin(struct app *app, const struct request *rq, struct response *rs, const struct visitor *v, const struct user *u,
    enum first_step first, const struct onward *on)
{
	if (u->second_factor)
		ask(app, rq, rs, v, 200, u, first, on, NULL);
	else if (second_factor_required(app->config))
		second_page_enrol(app, rq, rs, v, u, enrol_data(app, rq, on));
	else {
		note(app, rq, v, u, first, SECOND_FACTOR_WRONG);
		onward_enter(app, rq, rs, u, on);
	}
}

/* The first code of a new second factor has come, from one who could not go on without. */
static void
enrolled(struct app *app, const struct request *rq, struct response *rs, const struct visitor *v, const struct onward *on)
{
	struct user u;
	struct json *recovery;

	if (!second_page_enrolled(app, rq, rs, v, NULL, enrol_data(app, rq, on), &u, &recovery))
		return;
	note(app, rq, v, &u, FIRST_PASSWORD, SECOND_FACTOR_BY_APP);
	if (visitor_sign_in(app, rq, rs, &u))
		second_page_recovery(app, rq, rs, v, recovery, onward_path(app, rq, on));
	else
		visitor_unavailable(app, rq, rs);
}

void
second_step_answer(struct app *app, const struct request *rq, struct response *rs, const struct visitor *v,
    const struct onward *on)
{
	struct arena *a = rq->arena;
	const struct json *step = seal_open(a, app->keyring, "step", request_form(rq, "step"), clock_sec());
	const char *id = json_get_string(step, "user"), *browser = json_get_string(step, "browser");
	enum second_factor_found found;
	struct user u;

	if (step == NULL) {
		enrolled(app, rq, rs, v, on);
		return;
	}
	enum store_result r = browser != NULL && secret_text_equal(browser, secret_digest(a, v->csrf)) ?
	    user_by_id(app->store, a, id, &u) : STORE_ABSENT;
	/* A password that was changed meanwhile, an account that was disabled: begin again. */
	if (r == STORE_OK && (u.disabled || !u.second_factor || u.generation != json_get_int(step, "generation", -1)))
		r = STORE_ABSENT;
	if (r == STORE_ABSENT)
		visitor_error(app, rq, rs, 403, "error_step_old", NULL);
	else if (r != STORE_OK)
		visitor_unavailable(app, rq, rs);
	else if (second_page_try(app, rq, rs, &u, &found)) {
		enum first_step first = (enum first_step)json_get_int(step, "first", FIRST_PASSWORD);
		if (found == SECOND_FACTOR_WRONG)
			ask(app, rq, rs, v, 403, &u, first, on, "second_wrong");
		else {
			note(app, rq, v, &u, first, found);
			onward_enter(app, rq, rs, &u, on);
		}
	}
}
