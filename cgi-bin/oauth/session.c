/* session.c: the record behind the cookie, and the list of them. */
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

static char *
id_key(struct arena *a, const char *user, const char *id)
{
	return record_key(a, "session", user, id, NULL);
}

static char *
list_key(struct arena *a, const char *user)
{
	return record_key(a, "sessions", user, NULL);
}

struct writing {
	const struct session *session;
	int64_t		 expires;
	int64_t		 list_expires;
};

static enum store_result
put(struct store_tx *tx, const struct writing *w)
{
	struct arena *a = store_tx_arena(tx);
	const struct session *s = w->session;
	struct json *r = record_new(a);

	json_set_int(a, r, "created", s->created);
	json_set_int(a, r, "seen", s->seen);
	json_set_int(a, r, "generation", s->user.generation);
	json_set_string(a, r, "agent", s->agent);
	json_set_string(a, r, "remote", s->remote);
	return record_tx_put(tx, id_key(a, s->user.id, s->id), r, w->expires);
}

/* A session that was ended meanwhile must not come back. */
static enum store_result
touch(struct store_tx *tx, void *arg)
{
	const struct writing *w = arg;
	struct json *r;

	if (record_tx_get(tx, id_key(store_tx_arena(tx), w->session->user.id, w->session->id), &r) != STORE_OK)
		return STORE_ABSENT;
	return put(tx, w);
}

/* Those of the list that have not ended, the oldest first. */
static enum store_result
living(struct store_tx *tx, const char *user, struct json **ids)
{
	struct arena *a = store_tx_arena(tx);
	struct json *list, *r;
	enum store_result result = record_tx_get(tx, list_key(a, user), &list);

	*ids = json_array(a);
	if (result != STORE_OK)
		return result == STORE_ABSENT ? STORE_OK : result;
	for (const struct json *v = json_first(json_get(list, "ids")); v != NULL; v = json_next(v)) {
		result = record_tx_get(tx, id_key(a, user, json_string(v)), &r);
		if (result == STORE_OK)
			json_append_string(a, *ids, json_string(v));
		else if (result != STORE_ABSENT)
			return result;
	}
	return STORE_OK;
}

static enum store_result
begin(struct store_tx *tx, void *arg)
{
	const struct writing *w = arg;
	const struct session *s = w->session;
	struct arena *a = store_tx_arena(tx);
	struct json *ids, *list = record_new(a);
	enum store_result r = living(tx, s->user.id, &ids);

	for (; r == STORE_OK && json_count(ids) >= SESSION_MAX; json_remove_first(ids))
		r = record_tx_delete(tx, id_key(a, s->user.id, json_string(json_first(ids))));
	if (r != STORE_OK)
		return r;
	json_append_string(a, json_set(a, list, "ids", ids), s->id);
	if ((r = record_tx_put(tx, list_key(a, s->user.id), list, w->list_expires)) != STORE_OK)
		return r;
	return put(tx, w);
}

static int64_t
ends(const struct config *c, int64_t created, int64_t now)
{
	int64_t idle = now + c->oauth.session_idle_ttl, max = created + c->oauth.session_max_ttl;

	return idle < max ? idle : max;
}

/* The session's id and the user's of a cookie's value; NULL if it is none of ours. */
static char *
read_cookie(struct arena *a, const char *cookie, const char **user)
{
	const char *dot = strchr(cookie, '.');

	if (dot == NULL)
		return NULL;
	*user = arena_strndup(a, cookie, (size_t)(dot - cookie));
	return secret_digest(a, dot + 1);
}

static void
from_record(const struct json *r, struct session *s)
{
	s->created = json_get_int(r, "created", 0);
	s->seen = json_get_int(r, "seen", 0);
	s->agent = json_get_string(r, "agent");
	s->remote = json_get_string(r, "remote");
}

enum store_result
session_begin(struct store *store, struct arena *a, const struct config *c, const struct user *u, const char *agent,
    const char *remote, struct session *s)
{
	const char *user;
	int64_t now = clock_sec();

	*s = (struct session){ .cookie = arena_printf(a, "%s.%s", u->id, secret_token(a, 32)), .user = *u, .created = now,
	    .seen = now, .agent = agent, .remote = remote };
	s->id = read_cookie(a, s->cookie, &user);
	struct writing w = { s, ends(c, now, now), now + c->oauth.session_max_ttl };
	return store_run(store, a, begin, &w);
}

enum store_result
session_find(struct store *store, struct arena *a, const struct config *c, const char *cookie, struct session *s)
{
	const char *user = NULL;
	struct json *r;
	char *id = cookie != NULL ? read_cookie(a, cookie, &user) : NULL;
	enum store_result result = id != NULL ? record_get(store, a, id_key(a, user, id), &r) : STORE_ABSENT;

	if (result != STORE_OK)
		return result;
	*s = (struct session){ .cookie = cookie, .id = id };
	from_record(r, s);
	if ((result = user_by_id(store, a, user, &s->user)) != STORE_OK)
		return result;
	if (s->user.disabled || json_get_int(r, "generation", 0) != s->user.generation)
		return STORE_ABSENT;
	int64_t now = clock_sec();
	if (now - s->seen < TOUCH_EVERY)
		return STORE_OK;
	s->seen = now;
	struct writing w = { s, ends(c, s->created, now), 0 };
	/* A full disk must not sign people out; a session that was just ended must. */
	return store_run(store, a, touch, &w) == STORE_ABSENT ? STORE_ABSENT : STORE_OK;
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
	char *id = read_cookie(a, cookie, &user);

	return id != NULL ? session_end_id(store, a, user, id) : STORE_OK;
}

enum store_result
session_end_id(struct store *store, struct arena *a, const char *user, const char *id)
{
	char *key = id_key(a, user, id);

	return key != NULL ? store_run(store, a, drop, key) : STORE_OK;
}

enum store_result
session_each(struct store *store, struct arena *a, const struct user *u, void (*fn)(void *, const struct session *),
    void *arg)
{
	struct json *list, *r, *newest = json_array(a);
	enum store_result result = record_get(store, a, list_key(a, u->id), &list);

	if (result != STORE_OK)
		return result == STORE_ABSENT ? STORE_OK : result;
	for (size_t n = json_count(json_get(list, "ids")); n > 0; n--)
		json_append_string(a, newest, json_string(json_at(json_get(list, "ids"), n - 1)));
	for (const struct json *v = json_first(newest); v != NULL; v = json_next(v)) {
		struct session s = { .id = json_string(v) };
		result = record_get(store, a, id_key(a, u->id, s.id), &r);
		if (result == STORE_ABSENT || (result == STORE_OK && json_get_int(r, "generation", 0) != u->generation))
			continue;
		if (result != STORE_OK)
			return result;
		from_record(r, &s);
		fn(arg, &s);
	}
	return STORE_OK;
}
