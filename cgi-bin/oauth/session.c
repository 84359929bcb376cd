/* session.c: the record behind the cookie. */
#include "oauth/session.h"

#include <string.h>

#include "base/arena.h"
#include "base/clock.h"
#include "base/config.h"
#include "base/json.h"
#include "base/secret.h"
#include "db/record.h"
#include "base/banned.h"

#define TOUCH_EVERY 60	/* seconds between two writes for one session */

struct writing {
	const char	*key;
	int64_t		 created, seen, expires;
	long long	 generation;
	bool		 begin;
};

static enum store_result
write_session(struct store_tx *tx, void *arg)
{
	const struct writing *w = arg;
	struct arena *a = store_tx_arena(tx);
	struct json *r = NULL;

	/* A session that was ended meanwhile must not come back. */
	if (!w->begin && record_tx_get(tx, w->key, &r) != STORE_OK)
		return STORE_ABSENT;
	r = record_new(a);
	json_set_int(a, r, "created", w->created);
	json_set_int(a, r, "seen", w->seen);
	json_set_int(a, r, "generation", w->generation);
	return record_tx_put(tx, w->key, r, w->expires);
}

static int64_t
ends(const struct config *c, int64_t created, int64_t now)
{
	int64_t idle = now + c->oauth.session_idle_ttl, max = created + c->oauth.session_max_ttl;

	return idle < max ? idle : max;
}

/* The record's key and the user's id of a cookie's value; NULL if it is none of ours. */
static char *
session_key(struct arena *a, const char *cookie, const char **user)
{
	const char *dot = strchr(cookie, '.');

	if (dot == NULL)
		return NULL;
	*user = arena_strndup(a, cookie, (size_t)(dot - cookie));
	return record_key(a, "session", *user, secret_digest(a, dot + 1), NULL);
}

enum store_result
session_begin(struct store *store, struct arena *a, const struct config *c, const struct user *u, struct session *s)
{
	const char *user;
	int64_t now = clock_sec();

	*s = (struct session){ arena_printf(a, "%s.%s", u->id, secret_token(a, 32)), *u, now };
	struct writing w = { session_key(a, s->cookie, &user), now, now, ends(c, now, now), u->generation, true };
	return store_run(store, a, write_session, &w);
}

enum store_result
session_find(struct store *store, struct arena *a, const struct config *c, const char *cookie, struct session *s)
{
	const char *user = NULL;
	struct json *r;
	char *key = cookie != NULL ? session_key(a, cookie, &user) : NULL;
	enum store_result result = key != NULL ? record_get(store, a, key, &r) : STORE_ABSENT;

	if (result != STORE_OK)
		return result;
	*s = (struct session){ .cookie = cookie, .created = json_get_int(r, "created", 0) };
	if ((result = user_by_id(store, a, user, &s->user)) != STORE_OK)
		return result;
	if (s->user.disabled || json_get_int(r, "generation", 0) != s->user.generation)
		return STORE_ABSENT;
	int64_t now = clock_sec();
	if (now - json_get_int(r, "seen", 0) < TOUCH_EVERY)
		return STORE_OK;
	struct writing w = { key, s->created, now, ends(c, s->created, now), s->user.generation, false };
	/* A full disk must not sign people out; a session that was just ended must. */
	return store_run(store, a, write_session, &w) == STORE_ABSENT ? STORE_ABSENT : STORE_OK;
}

static enum store_result
drop(struct store_tx *tx, void *arg)
{
	return record_tx_delete(tx, arg);
}

enum store_result
session_end(struct store *store, struct arena *a, const char *cookie)
{
	const char *user;
	char *key = session_key(a, cookie, &user);

	return key != NULL ? store_run(store, a, drop, key) : STORE_OK;
}
