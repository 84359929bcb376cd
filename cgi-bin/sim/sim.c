/* sim.c: cookies, form tokens and the frame of the simulator's pages. */
#include "sim/sim.h"

#include <string.h>
#include <time.h>

#include "app.h"
#include "base/arena.h"
#include "base/clock.h"
#include "base/config.h"
#include "base/json.h"
#include "sim/view.h"
#include "web/cookie.h"
#include "web/fetch.h"
#include "web/origin.h"
#include "web/page.h"
#include "web/request.h"
#include "web/response.h"
#include "web/serve.h"
#include "base/banned.h"

#define COOKIE "gatehouse-sim"
#define API "/sim/api/"

int64_t
sim_elapsed(const struct sim *s)
{
	return clock_steady_ms() - s->began;
}

char *
sim_moment(struct arena *a, int64_t ms)
{
	time_t t = (time_t)(ms / 1000);
	struct tm tm;

	gmtime_r(&t, &tm);
	return arena_printf(a, "%04d-%02d-%02d %02d:%02d:%02d UTC", tm.tm_year + 1900, tm.tm_mon + 1, tm.tm_mday, tm.tm_hour,
	    tm.tm_min, tm.tm_sec);
}

/* --- who asks --- */

static const char *
form_token(const struct sim *s)
{
	return secret_digest(s->arena, arena_printf(s->arena, "sim form:%s", s->home.cookie));
}

static const char *
bearer(const struct request *rq)
{
	const char *v = request_header(rq, "Authorization");

	return v != NULL && strncmp(v, "Bearer ", 7) == 0 ? v + 7 : NULL;
}

/* A form's hidden field, or a script's header. */
static bool
is_believed(const struct sim *s)
{
	const char *token = request_form(s->rq, "csrf");

	if (token == NULL)
		token = request_header(s->rq, "X-CSRF-Token");
	return token != NULL && secret_text_equal(token, form_token(s)) && origin_is_ours(s->app->config, s->rq);
}

bool
sim_open(struct sim *s, struct app *app, const struct request *rq, struct response *rs)
{
	const char *name = cookie_name(rq, COOKIE, origin_is_secure(app->config)), *key = bearer(rq);

	*s = (struct sim){ .app = app, .rq = rq, .rs = rs, .arena = rq->arena, .began = clock_steady_ms(),
	    .api = strncmp(rq->path, API, sizeof(API) - 1) == 0, .bearer = key != NULL };
	if (!app->config->simulator) {
		sim_error(s, 404, "error_404", "There is nothing at this address.");
		return false;
	}
	if (home_open(app->store, s->arena, s->bearer ? key : cookie_get(rq, name), &s->home) != STORE_OK) {
		sim_unavailable(s);
		return false;
	}
	if (strcmp(rq->method, "POST") != 0 || s->bearer || is_believed(s))
		return true;
	sim_error(s, 403, "error_form", "The form's token is missing or wrong.");
	return false;
}

void
sim_close(struct sim *s)
{
	fetch_free(s->fetcher);
	s->fetcher = NULL;
}

/* The cookie is given when there is something to come back to, and anew each time, so that it lives as long as its use. */
static void
give_cookie(struct sim *s)
{
	bool secure = origin_is_secure(s->app->config);

	if (!s->bearer && s->home.cookie != NULL)
		cookie_set(s->rs, cookie_name(s->rq, COOKIE, secure), s->home.cookie, secure, HOME_KEPT);
}

/* --- answers --- */

static void
frame(struct sim *s, int status, const char *name, struct json *data)
{
	const struct config *c = s->app->config;
	struct arena *a = s->arena;

	if (json_get(data, "title") == NULL)
		json_set_string(a, data, "title", arena_printf(a, "title_%s", name));
	json_set_string(a, data, "base", origin_base(c));
	json_set_bool(a, data, "simulator", c->simulator);
	page_respond(s->app->pages, s->rq, s->rs, status, name, data, NULL, origin_is_secure(c));
}

void
sim_page(struct sim *s, const char *name, struct json *data)
{
	static const char *const tabs[][2] = { { "sim", "on_phone" }, { "sim-app", "on_app" }, { "sim-wire", "on_wire" }, { "sim-checks", "on_checks" } };

	if (s->api) {
		response_json(s->rs, 200, data);
		return;
	}
	give_cookie(s);
	json_set_string(s->arena, data, "csrf", form_token(s));
	json_set_string(s->arena, data, "version", arena_printf(s->arena, "%lld", home_version(&s->home)));
	json_set_bool(s->arena, data, "wide", true);
	for (size_t i = 0; i < sizeof(tabs) / sizeof(tabs[0]); i++)
		json_set_bool(s->arena, data, tabs[i][1], strcmp(name, tabs[i][0]) == 0);
	frame(s, 200, name, data);
}

void
sim_done(struct sim *s, const char *path)
{
	if (s->api) {
		response_json(s->rs, 200, view_home(s));
		return;
	}
	sim_leave(s, arena_printf(s->arena, "%s%s", origin_base(s->app->config), path));
}

void
sim_leave(struct sim *s, const char *url)
{
	give_cookie(s);
	response_redirect(s->rs, url);
}

void
sim_error(struct sim *s, int status, const char *text, const char *why)
{
	struct json *data = json_object(s->arena);

	if (s->api) {
		serve_refuse_json(s->app, s->rq, s->rs, status, why);
		return;
	}
	json_set_string(s->arena, data, "title", "error_title");
	json_set_string(s->arena, data, "message", text);
	json_set_string(s->arena, data, "request_id", s->rq->id);
	frame(s, status, "error", data);
}

void
sim_unavailable(struct sim *s)
{
	sim_error(s, 503, "error_unavailable", "The store cannot be used now.");
	response_header(s->rs, "Retry-After", "5");
}

void
sim_refuse(struct app *app, const struct request *rq, struct response *rs, int status, const char *why)
{
	struct sim s = { .app = app, .rq = rq, .rs = rs, .arena = rq->arena };
	const char *text = status == 404 ? "error_404" : status == 405 ? "error_405" : status == 413 ? "error_413" : "error_400";

	sim_error(&s, status, text, why);
}
