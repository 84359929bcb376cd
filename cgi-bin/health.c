/* health.c: GET /health: can this instance answer? Config and store are asked, in that order; with ?nonce=, is it the one that has
 * our key? GET /metrics: its figures. */
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "app.h"
#include "base/arena.h"
#include "base/buf.h"
#include "base/clock.h"
#include "base/config.h"
#include "base/json.h"
#include "base/log.h"
#include "base/metrics.h"
#include "base/secret.h"
#include "db/configured.h"
#include "watch/figures.h"
#include "web/request.h"
#include "web/response.h"
#include "web/serve.h"
#include "base/banned.h"

#define ARENA_LIMIT ((size_t)16 << 20)
#define TOKEN_MAX 512	/* bytes of the file that has the token of /metrics */
#define NONCE_MAX 100	/* characters */
#define PROBE_KEY "health/probe"	/* nobody writes it: that it is absent was read, which is all we want to know */

/* The store is opened afresh for each question and only to look: a folder that has gone, a file that was damaged or
 * rights that were taken away after the start are seen too. */
static enum store_result
ask_store(const struct config *c, struct arena *a)
{
	struct store *store;
	const char *value;
	char why[512] = "";

	enum store_result r = store_open_configured(&store, a, c, true, why, sizeof(why));
	if (r == STORE_OK) {
		r = store_get(store, a, PROBE_KEY, &value);
		store_close(store);
	}
	if (r != STORE_OK && r != STORE_ABSENT)
		log_event(LOG_LEVEL_ERROR, "unhealthy", "store=%s why=\"%s\"", store_result_name(r), why);
	return r == STORE_ABSENT ? STORE_OK : r;
}

/* What only this instance can make of a nonce: an HMAC under a key that is derived from the server key for this alone (as
 * oauth/keyring.h does it, which wants the store). deploy.sh doctor, which can make it too, knows by it that a public address
 * leads here. NULL where there is no key, or no nonce that we take. */
static const char *
proof(const struct config *c, const struct request *rq)
{
	const char *nonce = request_query(rq, "nonce");
	unsigned char derived[SECRET_HASH], out[SECRET_HASH];
	size_t len;

	if (nonce == NULL || strlen(nonce) > NONCE_MAX)
		return NULL;
	char *key = config_read_file(rq->arena, config_path(rq->arena, c, "secret/server.key"), SECRET_HASH, &len);
	if (key == NULL || len != SECRET_HASH)
		return NULL;
	secret_hmac(key, len, "health", strlen("health"), derived);
	secret_hmac(derived, sizeof(derived), nonce, strlen(nonce), out);
	explicit_bzero(derived, sizeof(derived));
	return secret_base64url(rq->arena, out, sizeof(out));
}

static void
health(struct app *app, const struct request *rq, struct response *rs)
{
	struct json *body = json_object(rs->arena);
	const char *reason = "config", *shown = NULL;
	enum store_result r = STORE_FAILED;

	if (app->config != NULL) {
		r = ask_store(app->config, rq->arena);
		reason = store_result_name(r);
		shown = proof(app->config, rq);
	}
	json_set_string(rs->arena, body, "status", r == STORE_OK ? "ok" : "failed");
	if (r != STORE_OK)
		json_set_string(rs->arena, body, "reason", reason);
	if (shown != NULL)
		json_set_string(rs->arena, body, "proof", shown);
	response_json(rs, r == STORE_OK ? 200 : 503, body);
}

/* --- figures --- */

/* Does the request have the token of the file? A file that is not there, or empty, lets nobody in. */
static bool
may_read(const struct config *c, const struct request *rq)
{
	const char *sent = request_header(rq, "Authorization");
	size_t len;
	char *token = config_read_file(rq->arena, config_path(rq->arena, c, c->metrics_token_file), TOKEN_MAX, &len);

	if (token == NULL || sent == NULL || strncasecmp(sent, "Bearer ", 7) != 0)
		return false;
	token[strcspn(token, "\r\n \t")] = '\0';
	return *token != '\0' && secret_text_equal(sent + 7, token);
}

static void
metrics(struct app *app, const struct request *rq, struct response *rs)
{
	const struct config *c = app->config;
	struct buf out = buf_new(rs->arena, FIGURES_MAX);
	struct store *store = NULL;
	char why[512];

	if (c == NULL || *c->metrics_token_file == '\0') {
		serve_refuse_json(app, rq, rs, 404, "There is nothing at this address.");
		return;
	}
	if (!may_read(c, rq)) {
		response_header(rs, "WWW-Authenticate", "Bearer realm=\"metrics\"");
		serve_refuse_json(app, rq, rs, 401, "This address wants the token of metrics_token_file.");
		return;
	}
	if (store_open_configured(&store, rs->arena, c, false, why, sizeof(why)) != STORE_OK)
		store = NULL;
	figures_write(&out, c, store);
	store_close(store);
	response_body(rs, 200, "text/plain; version=0.0.4; charset=utf-8", out.data, out.len);
}

/* Unlike the other programs this one starts with a config that is not right, to be there to say so. */
static void
open_config(struct app *app)
{
	const char *root = getenv("GATEHOUSE_ROOT"), *why = NULL;

	*app = (struct app){ .arena = arena_new(ARENA_LIMIT) };
	log_open("health", LOG_LEVEL_INFO);
	if (root == NULL || *root == '\0')
		why = "GATEHOUSE_ROOT does not name an instance's folder";
	else
		app->config = config_load(app->arena, root, &why);
	if (app->config == NULL)
		log_event(LOG_LEVEL_ERROR, "unhealthy", "config=\"%s\"", why);
	else {
		metrics_open(root, "health");
		log_follow();
	}
	if (app->config != NULL && app->config->simulator)
		clock_follow(config_path(app->arena, app->config, "clock"));
}

int
main(void)
{
	static const struct route routes[] = {
		{ "/health", "GET", health, serve_refuse_json },
		{ "/metrics", "GET", metrics, serve_refuse_json },
		{ NULL, NULL, NULL, serve_refuse_json },
	};
	static const struct program program = { .name = "health", .routes = routes };
	struct app app;

	open_config(&app);
	int status = serve(&program, &app);
	arena_free(app.arena);
	return status;
}
