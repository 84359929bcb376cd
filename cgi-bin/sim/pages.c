/* pages.c: reads and shows; only a replay does something. */
#include "sim/pages.h"

#include <string.h>

#include "app.h"
#include "base/arena.h"
#include "base/json.h"
#include "base/text.h"
#include "sim/cloud.h"
#include "sim/install.h"
#include "sim/phase.h"
#include "sim/show.h"
#include "sim/sim.h"
#include "sim/tokens.h"
#include "sim/view.h"
#include "sim/wire.h"
#include "web/request.h"
#include "web/response.h"
#include "base/banned.h"

/* A script that asks every second is told in few bytes that nothing is new. */
bool
pages_is_old(struct sim *s)
{
	const char *has = request_header(s->rq, "If-None-Match");
	char *tag = arena_printf(s->arena, "\"%s-%lld%s\"", s->home.record != NULL ? s->home.id : "", home_version(&s->home),
	    install_is_due(install_of(&s->home)) || tokens_are_due(&s->home) ? "-due" : "");

	response_header(s->rs, "ETag", tag);
	response_header(s->rs, "Cache-Control", "no-store");
	if (!s->api || has == NULL || strcmp(has, tag) != 0)
		return false;
	s->rs->status = 304;
	return true;
}

void
pages_phone(struct app *app, const struct request *rq, struct response *rs)
{
	struct sim s;

	if (!sim_open(&s, app, rq, rs))
		return;
	if (!pages_is_old(&s))
		sim_page(&s, "sim", view_home(&s));
	sim_close(&s);
}

void
pages_checks(struct app *app, const struct request *rq, struct response *rs)
{
	struct sim s;

	if (!sim_open(&s, app, rq, rs))
		return;
	sim_page(&s, "sim-checks", view_home(&s));
	sim_close(&s);
}

/* --- the wire --- */

static void
add_kinds(struct sim *s, struct json *data, const char *chosen)
{
	static const char *const kinds[] = { "authorization_code", "refresh_token", "discoveryRequest", "stateRefreshRequest",
		"commandRequest", "grantCallbackAccess", "integrationDeleted", "interactionResult", "accessTokenRequest",
		"refreshAccessTokens", "stateCallback", "discoveryCallback", "CONFIRMATION", "CONFIGURATION", "INSTALL", "UPDATE",
		"EVENT", "OAUTH_CALLBACK", "UNINSTALL", "confirmRegistration", "appTokens", "createSubscription",
		"deleteSubscriptions", "createSchedule", "deleteSchedule", "executeCommands", "getDeviceStatus" };
	struct json *list = json_set(s->arena, data, "kinds", json_array(s->arena));

	for (size_t i = 0; i < sizeof(kinds) / sizeof(kinds[0]); i++) {
		struct json *v = json_append(s->arena, list, json_object(s->arena));
		json_set_string(s->arena, v, "kind", kinds[i]);
		json_set_bool(s->arena, v, "chosen", chosen != NULL && strcmp(chosen, kinds[i]) == 0);
	}
}

static void
add_statuses(struct sim *s, struct json *data, const char *chosen)
{
	static const char *const all[][2] = { { "answered", "sim_is_answered" }, { "refused", "sim_is_refused" },
		{ "failed", "sim_is_failed" }, { "faulty", "sim_is_faulty" } };
	struct json *list = json_set(s->arena, data, "statuses", json_array(s->arena));

	for (size_t i = 0; i < sizeof(all) / sizeof(all[0]); i++) {
		struct json *v = json_append(s->arena, list, json_object(s->arena));
		json_set_string(s->arena, v, "status", all[i][0]);
		json_set_string(s->arena, v, "text", all[i][1]);
		json_set_bool(s->arena, v, "chosen", chosen != NULL && strcmp(chosen, all[i][0]) == 0);
	}
}

void
pages_wire(struct app *app, const struct request *rq, struct response *rs)
{
	const char *kind = request_query(rq, "kind"), *status = request_query(rq, "status");
	const char *text = request_query(rq, "after");
	long long after = 0;
	struct sim s;

	if (!sim_open(&s, app, rq, rs))
		return;
	if (text != NULL && !text_to_int(text, 0, 1LL << 52, &after))
		sim_error(&s, 400, "error_400", "after is the number of an exchange.");
	else if (!pages_is_old(&s)) {
		struct json *data = json_object(s.arena);
		json_set(s.arena, data, "wire", view_wire(&s, kind, status, after, WIRE_KEPT));
		if (!s.api) {
			add_kinds(&s, data, kind);
			add_statuses(&s, data, status);
			json_set_bool(s.arena, data, "filtered", kind != NULL || status != NULL);
		}
		sim_page(&s, "sim-wire", data);
	}
	sim_close(&s);
}

/* --- one exchange --- */

/* Browsers end the lines of a text area by CR LF. */
static char *
without_cr(struct arena *a, const char *text)
{
	char *copy = arena_strdup(a, text), *to = copy;

	for (const char *from = text; *from != '\0'; from++)
		if (*from != '\r')
			*to++ = *from;
	*to = '\0';
	return copy;
}

/* The body to send: the one that was sent, unless somebody changed what the page showed of it. */
static const char *
body_to_send(const struct sim *s, const struct exchange *x)
{
	const char *given = request_form(s->rq, "body");
	char *body = given != NULL ? without_cr(s->arena, given) : NULL;

	return body == NULL || strcmp(body, show_pretty(s->arena, x->request)) == 0 ? x->request : body;
}

static void
replay(struct sim *s, const struct exchange *x)
{
	if (x->inbound || x->cut) {
		sim_error(s, 409, "sim_error_replay", "This exchange cannot be sent again.");
		return;
	}
	long long seq = strcmp(x->path, PHASE_PATH) == 0 ?
	    phase_replay(s, x, body_to_send(s, x)) : cloud_replay(s, x, body_to_send(s, x));
	struct exchange fresh;
	if (seq == 0 || wire_find(&s->home, seq, &fresh) != STORE_OK)
		sim_unavailable(s);
	else if (s->api)
		response_json(s->rs, 200, view_exchange(s, &fresh));
	else
		sim_done(s, arena_printf(s->arena, "/sim/wire/%lld", seq));
}

void
pages_exchange(struct app *app, const struct request *rq, struct response *rs)
{
	const char *number = strrchr(rq->path, '/') + 1;
	struct exchange x;
	long long seq = 0;
	struct sim s;

	if (!sim_open(&s, app, rq, rs))
		return;
	if (s.home.record == NULL || !text_to_int(number, 1, 1LL << 52, &seq) || wire_find(&s.home, seq, &x) != STORE_OK)
		sim_error(&s, 404, "error_404", "There is no such exchange, or it is not kept any more.");
	else if (strcmp(rq->method, "POST") == 0)
		replay(&s, &x);
	else
		sim_page(&s, "sim-exchange", view_exchange(&s, &x));
	sim_close(&s);
}
