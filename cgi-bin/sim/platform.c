/* platform.c: who calls is known by a token, "<home>.<random>"; what cannot be led back to a home leaves no trace. */
#include "sim/platform.h"

#include <string.h>

#include "app.h"
#include "base/arena.h"
#include "base/clock.h"
#include "base/config.h"
#include "base/json.h"
#include "base/secret.h"
#include "sim/check.h"
#include "sim/install.h"
#include "sim/mask.h"
#include "sim/platform_api.h"
#include "sim/signer.h"
#include "sim/sim.h"
#include "sim/wire.h"
#include "web/request.h"
#include "web/response.h"
#include "web/serve.h"
#include "base/banned.h"

#define BASE "/sim/smartthings"
#define SECRET_MAX 4096
#define LIFE 86400

struct calling {
	struct sim	 sim;
	struct exchange	 exchange;
	struct mask	 mask;
	struct platform_call call;
	const char	*token;		/* that it came with; "" = none */
	void		 (*decide)(struct calling *, struct json *record, struct json *app);
};

static bool
begin(struct calling *c, struct app *app, const struct request *rq, struct response *rs)
{
	*c = (struct calling){ .sim = { .app = app, .rq = rq, .rs = rs, .arena = rq->arena }, .mask = { .arena = rq->arena } };
	c->call = (struct platform_call){ .arena = rq->arena, .method = rq->method, .kind = "?" };
	if (app->config->simulator)
		return true;
	serve_refuse_json(app, rq, rs, 404, "There is nothing at this address.");
	return false;
}

static void
decide(struct home *h, struct json *record, struct json *devices, void *arg)
{
	struct calling *c = arg;

	(void)devices;
	c->decide(c, record, install_edit(h->arena, record));
	c->exchange.kind = c->call.kind;
	c->exchange.status = c->call.status;
	c->exchange.answer = mask_hide(&c->mask, MASK_JSON, false, json_print(h->arena, c->call.answer));
}

/* Find the home, decide in one transaction with what is kept of it, answer. */
static void
answer(struct calling *c)
{
	struct sim *s = &c->sim;
	const struct request *rq = s->rq;
	bool form = strcmp(rq->content_type, "application/x-www-form-urlencoded") == 0;
	enum store_result r = home_find(s->app->store, s->arena, arena_strndup(s->arena, c->token, strcspn(c->token, ".")), &s->home);

	c->exchange.at = clock_ms();
	c->exchange.inbound = true;
	c->exchange.method = rq->method;
	c->exchange.path = rq->path;
	c->exchange.form = form;
	c->exchange.request = mask_hide(&c->mask, form ? MASK_FORM : MASK_JSON, false, rq->body != NULL ? rq->body : "");
	if (r == STORE_OK)
		r = wire_add(&s->home, &c->exchange, decide, c);
	if (r == STORE_ABSENT)
		platform_refuse(&c->call, 401, "UnauthorizedError", "no home here knows this token");
	else if (r != STORE_OK)
		platform_refuse(&c->call, 503, "ServiceUnavailableError", "the store cannot be used now");
	response_json(s->rs, c->call.status, c->call.answer);
}

/* --- the key server --- */

void
platform_key(struct app *app, const struct request *rq, struct response *rs)
{
	struct signer key;

	if (!app->config->simulator || !signer_open(rq->arena, app->config, &key) ||
	    strcmp(rq->path + strlen(BASE), key.key_id) != 0) {
		serve_refuse_json(app, rq, rs, 404, "There is no such key.");
		return;
	}
	response_body(rs, 200, "application/x-pem-file", key.certificate, strlen(key.certificate));
}

/* --- CONFIRMATION --- */

static void
decide_confirm(struct calling *c, struct json *record, struct json *app)
{
	const char *kept = json_get_string(app, "confirmation");
	struct json *answer = json_object(c->sim.arena);

	c->call.kind = "confirmRegistration";
	if (kept == NULL || !secret_text_equal(kept, secret_digest(c->sim.arena, c->token)) ||
	    json_get_int(app, "confirmation_until", 0) <= clock_sec()) {
		platform_refuse(&c->call, 401, "UnauthorizedError", "this link was not given, was used, or is too old");
		return;
	}
	json_set(c->sim.arena, app, "confirmation", NULL);
	json_set_int(c->sim.arena, app, "confirmed", clock_ms());
	check_tick(c->sim.arena, record, "app_confirmed");
	json_set_string(c->sim.arena, answer, "targetUrl", arena_printf(c->sim.arena, "%s/smartapp", c->sim.app->config->public_url));
	platform_answer(&c->call, answer);
}

void
platform_confirm(struct app *app, const struct request *rq, struct response *rs)
{
	const char *token = request_query(rq, "token");
	struct calling c;

	if (!begin(&c, app, rq, rs))
		return;
	c.token = token != NULL ? token : "";
	c.decide = decide_confirm;
	answer(&c);
}

/* --- tokens --- */

/* The developer's credentials, as this server has them. */
static bool
is_client(const struct calling *c)
{
	const struct config *config = c->sim.app->config;
	const char *header = request_header(c->sim.rq, "Authorization");
	struct arena *a = c->sim.arena;
	size_t len;
	char *secret = config_read_file(a, config_path(a, config, config->smartapp.client_secret_file), SECRET_MAX, &len);

	if (secret == NULL || header == NULL || strncmp(header, "Basic ", 6) != 0 || *config->smartapp.client_id == '\0')
		return false;
	secret[strcspn(secret, "\r\n")] = '\0';
	const unsigned char *given = secret_from_base64(a, header + 6, strlen(header + 6), &len);
	return given != NULL && secret_text_equal((const char *)given,
	    arena_printf(a, "%s:%s", config->smartapp.client_id, secret));
}

static void
refuse_oauth(struct calling *c, int status, const char *error)
{
	c->call.answer = json_object(c->sim.arena);
	json_set_string(c->sim.arena, c->call.answer, "error", error);
	c->call.status = status;
}

static void
decide_token(struct calling *c, struct json *record, struct json *app)
{
	struct arena *a = c->sim.arena;
	const char *kept = json_get_string(app, "refresh"), *grant = request_form(c->sim.rq, "grant_type");
	struct json *v = json_object(a);

	c->call.kind = "appTokens";
	if (!is_client(c)) {
		refuse_oauth(c, 401, "invalid_client");
		return;
	}
	if (grant == NULL || strcmp(grant, "refresh_token") != 0) {
		refuse_oauth(c, 400, "unsupported_grant_type");
		return;
	}
	if (kept == NULL || !secret_text_equal(kept, secret_digest(a, c->token))) {
		refuse_oauth(c, 400, "invalid_grant");
		return;
	}
	struct tokens_pair pair = install_mint(&c->sim.home, app);
	mask_add(&c->mask, "APP_TOKEN", pair.access);
	mask_add(&c->mask, "APP_REFRESH_TOKEN", pair.refresh);
	json_set_string(a, v, "access_token", pair.access);
	json_set_string(a, v, "token_type", "bearer");
	json_set_string(a, v, "refresh_token", pair.refresh);
	json_set_int(a, v, "expires_in", LIFE);
	json_set_string(a, v, "installed_app_id", install_id(app));
	check_tick(a, record, "app_refresh");
	platform_answer(&c->call, v);
}

void
platform_token(struct app *app, const struct request *rq, struct response *rs)
{
	const char *token = request_form(rq, "refresh_token");
	struct calling c;

	if (!begin(&c, app, rq, rs))
		return;
	c.token = token != NULL ? token : "";
	mask_add(&c.mask, "APP_REFRESH_TOKEN", token);
	c.decide = decide_token;
	answer(&c);
}

/* --- the API --- */

static void
decide_api(struct calling *c, struct json *record, struct json *app)
{
	const char *kind = platform_route(&c->call);

	if (kind != NULL)
		c->call.kind = kind;
	if (!install_token_ok(app, secret_digest(c->sim.arena, c->token)))
		platform_refuse(&c->call, 401, "UnauthorizedError", "this token is unknown, or has expired");
	else
		platform_carry_out(&c->call, record, app);
}

void
platform_api(struct app *app, const struct request *rq, struct response *rs)
{
	const char *header = request_header(rq, "Authorization");
	struct calling c;

	if (!begin(&c, app, rq, rs))
		return;
	c.token = header != NULL && strncmp(header, "Bearer ", 7) == 0 ? header + 7 : "";
	c.call.path = rq->path + strlen(BASE "/v1");
	c.call.body = rq->body_len > 0 ? json_parse(rq->arena, rq->body, rq->body_len, NULL) : NULL;
	c.decide = decide_api;
	answer(&c);
}
