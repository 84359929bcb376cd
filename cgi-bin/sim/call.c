/* call.c: HTTP to ourselves, from outside. */
#include "sim/call.h"

#include <string.h>

#include "app.h"
#include "base/arena.h"
#include "base/clock.h"
#include "base/config.h"
#include "base/json.h"
#include "sim/mask.h"
#include "sim/sim.h"
#include "web/fetch.h"
#include "base/banned.h"

#define CALL_MS 4000
#define BUDGET_MS 9000
#define ANSWER_MAX ((size_t)1 << 20)

char *
call_url(const struct sim *s, const char *path)
{
	return arena_printf(s->arena, "%s%s", s->app->config->public_url, path);
}

static bool
is_loopback(const char *url)
{
	static const char *const hosts[] = { "127.0.0.1", "localhost", "[::1]" };
	const char *host = strstr(url, "://");

	for (size_t i = 0; host != NULL && i < sizeof(hosts) / sizeof(hosts[0]); i++) {
		size_t n = strlen(hosts[i]);
		if (strncmp(host + 3, hosts[i], n) == 0 && strchr(":/", host[3 + n]) != NULL)
			return true;
	}
	return false;
}

static void
fetch(struct sim *s, const char *path, bool form, const char *const *headers, const char *body, struct reply *r)
{
	static const char *const form_headers[] = { "Content-Type", "application/x-www-form-urlencoded", NULL };
	static const struct fetch_limits limits = { .at_once = 1, .connect_ms = 2000, .total_ms = CALL_MS,
	    .answer_max = ANSWER_MAX };
	const char *url = call_url(s, path);
	struct fetch_request q = { .method = "POST", .url = url, .headers = form ? form_headers : headers, .body = body,
	    .len = strlen(body), .loopback = s->app->config->insecure_loopback && is_loopback(url) };
	struct fetch_answer answer;
	int64_t left = BUDGET_MS - sim_elapsed(s);

	r->body = "";
	if (left <= 0) {
		r->why = "no time was left for it";
		return;
	}
	q.total_ms = left < CALL_MS ? (long)left : 0;
	if (s->fetcher == NULL && (s->fetcher = fetch_new(&limits)) == NULL) {
		r->why = "out of memory";
		return;
	}
	fetch_once(s->fetcher, s->arena, &q, &answer);
	r->status = answer.status;
	r->body = answer.body;
	r->why = answer.status == 0 ? answer.error : NULL;
	if (answer.status != 0)
		r->json = json_parse(s->arena, answer.body, answer.len, NULL);
}

/* As they stand on the wire, a line each. */
static char *
header_lines(struct arena *a, const char *const *headers)
{
	char *text = arena_strdup(a, "");

	for (size_t i = 0; headers != NULL && headers[i] != NULL; i += 2)
		text = arena_printf(a, "%s%s: %s\n", text, headers[i], headers[i + 1]);
	return text;
}

void
call_make(struct sim *s, const char *kind, const char *path, bool form, const char *const *headers, const char *body,
    struct reply *r)
{
	int64_t at = clock_ms(), begun = sim_elapsed(s);

	*r = (struct reply){ 0 };
	fetch(s, path, form, headers, body, r);
	r->exchange = (struct exchange){ .at = at, .kind = kind, .method = "POST", .path = path, .form = form,
	    .status = r->status, .ms = sim_elapsed(s) - begun, .error = r->why, .headers = header_lines(s->arena, headers) };
}

/* --- keeping --- */

struct keeping {
	struct sim	*sim;
	struct reply	*reply;
	home_fn		 fn;
	void		*arg;
};

/* The slowest answer is noted: SmartThings wants quick ones. */
static void
learn(struct home *h, struct json *record, struct json *devices, void *arg)
{
	const struct keeping *k = arg;
	long long ms = k->reply->exchange.ms;

	if (ms > json_get_int(record, "slowest", -1))
		json_set_int(h->arena, record, "slowest", ms);
	json_set_int(h->arena, record, "asked", json_get_int(record, "asked", 0) + 1);
	if (k->fn != NULL)
		k->fn(h, record, devices, k->arg);
}

bool
call_keep(struct sim *s, struct reply *r, const char *body, const struct mask *more, bool issuing, home_fn fn, void *arg)
{
	struct keeping k = { s, r, fn, arg };
	struct mask m = mask_of(&s->home);

	for (size_t i = 0; more != NULL && i < more->count; i++)
		mask_add(&m, more->entries[i].name, more->entries[i].value);
	r->exchange.request = mask_hide(&m, r->exchange.form ? MASK_FORM : MASK_JSON, false, body);
	r->exchange.answer = mask_hide(&m, MASK_JSON, issuing, r->body);
	return wire_add(&s->home, &r->exchange, learn, &k) == STORE_OK;
}
