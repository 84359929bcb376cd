/* operator_walk.c: a function a kind of record. */
#include "account/operator_walk.h"

#include <string.h>

#include "base/arena.h"
#include "base/clock.h"
#include "base/json.h"
#include "db/record.h"
#include "oauth/grant.h"
#include "oauth/user.h"
#include "base/banned.h"

#define LOOK_EVERY 64		/* records between two looks at the clock */
#define SCRATCH ((size_t)16 << 20)

struct walk {
	struct arena		*arena, *scratch;
	struct operator_walk	*out;
	struct tally { const char *client; size_t links; } tallies[WALK_CLIENTS];
	size_t			 tallied;
	int64_t			 end;
	unsigned		 n;
};

static void
see_user(struct walk *w, const char *key, const struct json *r)
{
	struct operator_walk *o = w->out;

	(void)key;
	o->users++;
	if (o->listed_count < WALK_USERS)
		user_read(json_copy(w->arena, r), &o->listed[o->listed_count++]);
}

static void
see_client(struct walk *w, const char *key, const struct json *r)
{
	if (json_count(w->out->clients) >= WALK_CLIENTS)
		return;
	struct json *v = json_append(w->arena, w->out->clients, json_object(w->arena));
	json_set_string(w->arena, v, "id", key + strlen("client/"));
	json_set_string(w->arena, v, "name", json_get_string(r, "name"));
	json_set_bool(w->arena, v, "disabled", json_get_bool(r, "disabled", false));
}

static struct tally *
tally(struct walk *w, const char *client)
{
	size_t i = 0;

	while (i < w->tallied && strcmp(w->tallies[i].client, client) != 0)
		i++;
	if (i == w->tallied && i < WALK_CLIENTS)
		w->tallies[w->tallied++] = (struct tally){ arena_strdup(w->arena, client), 0 };
	return i < WALK_CLIENTS ? &w->tallies[i] : NULL;
}

static void
see_grant(struct walk *w, const char *key, const struct json *r)
{
	struct grant g;

	(void)key;
	grant_read(r, &g);
	if (g.revoked != NULL || g.client == NULL)
		return;
	w->out->links++;
	struct tally *t = tally(w, g.client);
	if (t != NULL)
		t->links++;
}

static void
see_callback(struct walk *w, const char *key, const struct json *r)
{
	long long failures = json_get_int(r, "token_failures", 0) + json_get_int(r, "event_failures", 0);
	int64_t tokens = json_get_int(r, "tokens_fail_since", 0), events = json_get_int(r, "events_fail_since", 0);
	int64_t since = (tokens > 0 && (events == 0 || tokens < events) ? tokens : events) * 1000;
	bool lost = json_get(r, "code") == NULL && json_get(r, "refresh") == NULL;
	const char *link = key + strlen("callback/"), *slash = strchr(link, '/');
	struct operator_walk *o = w->out;

	o->callbacks++;
	if ((failures == 0 && !lost) || slash == NULL)
		return;
	o->failing++;
	if (since > 0 && (o->since == 0 || since < o->since))
		o->since = since;
	if (json_count(o->troubles) >= WALK_FAILING)
		return;
	struct json *v = json_append(w->arena, o->troubles, json_object(w->arena));
	json_set_string(w->arena, v, "user", arena_strndup(w->arena, link, (size_t)(slash - link)));
	json_set_string(w->arena, v, "grant", slash + 1);
	json_set_int(w->arena, v, "failures", failures);
	json_set_int(w->arena, v, "since", since);
	json_set_bool(w->arena, v, "lost", lost);
}

static void
see_lane(struct walk *w, const char *key, const struct json *r)
{
	long long waiting = json_get_int(r, "last", 0) - json_get_int(r, "first", 0) + 1;
	struct operator_walk *o = w->out;

	o->waiting += waiting > 0 ? (size_t)waiting : 0;
	if (json_get_int(r, "failures", 0) == 0 || json_count(o->lanes) >= WALK_FAILING)
		return;
	struct json *v = json_append(w->arena, o->lanes, json_object(w->arena));
	json_set_string(w->arena, v, "lane", key + strlen("outbox/"));
	json_set_int(w->arena, v, "waiting", waiting);
	json_set_int(w->arena, v, "failures", json_get_int(r, "failures", 0));
	json_set_int(w->arena, v, "since", json_get_int(r, "since", 0) * 1000);
	json_set_string(w->arena, v, "why", json_get_string(r, "why"));
}

static const struct { const char *kind; void (*see)(struct walk *, const char *, const struct json *); } kinds[] = {
	{ "user/", see_user }, { "client/", see_client }, { "grant/", see_grant }, { "callback/", see_callback },
	{ "outbox/", see_lane },
};

static bool
visit(void *arg, const char *key, const char *value, int64_t expires)
{
	struct walk *w = arg;

	(void)expires;
	for (size_t i = 0; i < sizeof(kinds) / sizeof(kinds[0]); i++) {
		if (strncmp(key, kinds[i].kind, strlen(kinds[i].kind)) != 0)
			continue;
		const struct json *r = record_parse(w->scratch, value);
		if (r != NULL)
			kinds[i].see(w, key, r);
		arena_reset(w->scratch);
		break;
	}
	if (++w->n % LOOK_EVERY == 0 && clock_ms() >= w->end)
		w->out->cut = true;
	return !w->out->cut;
}

enum store_result
operator_walk(struct store *store, struct arena *a, struct operator_walk *out)
{
	*out = (struct operator_walk){ .listed = arena_alloc(a, WALK_USERS * sizeof(*out->listed)),
	    .clients = json_array(a), .troubles = json_array(a), .lanes = json_array(a) };
	struct walk w = { .arena = a, .scratch = arena_new(SCRATCH), .out = out, .end = clock_ms() + WALK_MS };
	enum store_result r = store_each(store, visit, &w);

	arena_free(w.scratch);
	struct json *all = out->clients;
	out->clients = json_array(a);
	for (const struct json *c = json_first(all); c != NULL; c = json_next(c)) {
		struct json *v = json_append(a, out->clients, json_copy(a, c));
		struct tally *t = tally(&w, json_get_string(c, "id"));
		json_set_int(a, v, "links", t != NULL ? (long long)t->links : 0);
	}
	return r;
}
