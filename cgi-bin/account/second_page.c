/* second_page.c: a new secret travels sealed in its page until the first code proves that the phone has it. */
#include "account/second_page.h"

#include <string.h>

#include "account/visitor.h"
#include "app.h"
#include "base/arena.h"
#include "base/buf.h"
#include "base/clock.h"
#include "base/config.h"
#include "base/json.h"
#include "base/secret.h"
#include "oauth/seal.h"
#include "oauth/throttle.h"
#include "oauth/totp.h"
#include "oauth/user.h"
#include "web/qr.h"
#include "web/request.h"
#include "base/banned.h"

#define ENROL_KEPT 1800	/* seconds: time to find and install an app */

bool
second_page_try(struct app *app, const struct request *rq, struct response *rs, const struct user *u,
    enum second_factor_found *found)
{
	const char *code = request_form(rq, "code");
	int64_t wait;

	*found = SECOND_FACTOR_WRONG;
	enum store_result r = throttle_take(app->store, rq->arena, THROTTLE_SECOND, u->id, &wait);
	if (r == STORE_OK && wait > 0) {
		activity_log(&(struct activity){ .event = "authn_login_lock", .user = u->id, .remote = rq->remote });
		visitor_wait(app, rq, rs, wait);
		return false;
	}
	if (r == STORE_OK)
		r = second_factor_use(app->store, rq->arena, app->keyring, u->id, code != NULL ? code : "", found);
	if (r != STORE_OK && r != STORE_ABSENT) {
		visitor_unavailable(app, rq, rs);
		return false;
	}
	if (*found == SECOND_FACTOR_WRONG)
		visitor_note(app, rq, NULL, (struct activity){ .event = "authn_login_fail_code", .user = u->id });
	else
		throttle_clear(app->store, rq->arena, THROTTLE_SECOND, u->id);
	if (*found == SECOND_FACTOR_BY_RECOVERY)
		visitor_note(app, rq, NULL, (struct activity){ .event = "authn_recovery_used", .user = u->id });
	return true;
}

/* --- setting it up --- */

/* What apps show above the codes: who it is for. */
static const char *
issuer(struct arena *a, const struct config *c)
{
	const char *host = strstr(c->public_url, "://") + 3;

	return *host == '[' ? "Gatehouse" : arena_printf(a, "Gatehouse %.*s", (int)strcspn(host, ":/"), host);
}

/* In groups of four, for those who type it. */
static const char *
in_groups(struct arena *a, const char *text)
{
	struct buf b = buf_new(a, 200);

	for (size_t i = 0; text[i] != '\0'; i++) {
		if (i > 0 && i % 4 == 0)
			buf_char(&b, ' ');
		buf_char(&b, text[i]);
	}
	return b.data;
}

static void
show(struct app *app, const struct request *rq, struct response *rs, const struct visitor *v, int status, const struct user *u,
    struct json *data, const char *secret, const char *fault)
{
	struct arena *a = rq->arena;
	struct json *sealed = json_object(a);
	const char *uri = totp_uri(a, secret, issuer(a, app->config), u->name);

	json_set_string(a, sealed, "user", u->id);
	json_set_int(a, sealed, "generation", u->generation);
	json_set_string(a, sealed, "browser", secret_digest(a, v->csrf));
	json_set_string(a, sealed, "secret", secret);
	json_set_string(a, data, "step", seal_make(a, app->keyring, "enrol", sealed, clock_sec() + ENROL_KEPT));
	json_set_string(a, data, "username", u->name);
	json_set_string(a, data, "uri", uri);
	json_set_string(a, data, "secret", in_groups(a, secret));
	json_set(a, data, "qr", qr_make(a, uri));
	json_set_string(a, data, "fault", fault);
	visitor_page(app, rq, rs, v, status, "second-factor", data, NULL);
}

void
second_page_enrol(struct app *app, const struct request *rq, struct response *rs, const struct visitor *v, const struct user *u,
    struct json *data)
{
	show(app, rq, rs, v, 200, u, data, totp_secret(rq->arena), NULL);
}

bool
second_page_enrolled(struct app *app, const struct request *rq, struct response *rs, const struct visitor *v,
    const struct user *session, struct json *data, struct user *u, struct json **recovery)
{
	struct arena *a = rq->arena;
	const struct json *step = seal_open(a, app->keyring, "enrol", request_form(rq, "step"), clock_sec());
	const char *id = json_get_string(step, "user"), *browser = json_get_string(step, "browser"), *code = request_form(rq, "code");
	bool ok = false;

	enum store_result r = browser != NULL && secret_text_equal(browser, secret_digest(a, v->csrf)) &&
	    (session == NULL || strcmp(session->id, id) == 0) ? user_by_id(app->store, a, id, u) : STORE_ABSENT;
	if (r == STORE_OK) {
		u->generation = json_get_int(step, "generation", -1);	/* as the page was made for it */
		r = second_factor_on(app->store, a, app->keyring, u, json_get_string(step, "secret"), code != NULL ? code : "",
		    recovery, &ok);
	}
	if (r == STORE_OK && !ok)
		show(app, rq, rs, v, 403, u, data, json_get_string(step, "secret"), "second_wrong");
	else if (r == STORE_OK)
		r = user_by_id(app->store, a, id, u);
	if (r == STORE_ABSENT)
		visitor_error(app, rq, rs, 403, "error_step_old", NULL);
	else if (r != STORE_OK)
		visitor_unavailable(app, rq, rs);
	else if (ok)
		visitor_note(app, rq, v, (struct activity){ .event = "authn_second_factor_on", .user = id });
	return r == STORE_OK && ok;
}

void
second_page_recovery(struct app *app, const struct request *rq, struct response *rs, const struct visitor *v, struct json *codes,
    const char *onward)
{
	struct json *data = json_object(rq->arena);

	json_set(rq->arena, data, "codes", codes);
	json_set_string(rq->arena, data, "onward", onward);
	visitor_page(app, rq, rs, v, 200, "recovery-codes", data, NULL);
}
