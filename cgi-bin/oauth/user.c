/* user.c: records "user/<id>" and "username/<folded name>"; one-time sign-ins "signin/<hash>".
 * long because: all that an account is stands in one place, a short function a verb. */
#include "oauth/user.h"

#include <ctype.h>
#include <string.h>

#include "base/arena.h"
#include "base/clock.h"
#include "base/json.h"
#include "base/secret.h"
#include "base/text.h"
#include "db/record.h"
#include "oauth/breached.h"
#include "oauth/password.h"
#include "base/banned.h"

#define LINK_TTL (30 * 60)

char *
user_fold(struct arena *a, const char *name)
{
	size_t len = strlen(name);

	while (len > 0 && name[len - 1] == ' ')
		len--;
	size_t lead = strspn(name, " ");
	if (len <= lead || !text_is_name(name, USER_NAME_MAX))
		return NULL;
	char *folded = arena_strndup(a, name + lead, len - lead);
	for (char *c = folded; *c != '\0'; c++) {
		if (*c == '/')	/* it becomes part of a key */
			return NULL;
		*c = (char)tolower((unsigned char)*c);
	}
	return folded;
}

const char *
user_name_fault(struct arena *a, const char *name)
{
	return user_fold(a, name) == NULL ? "name_bad" : NULL;
}

/* Is the password the name, as names are compared: trimmed, without case? */
static bool
is_the_name(const char *name, const char *password)
{
	size_t len = strlen(password);

	name += strspn(name, " ");
	return strncasecmp(name, password, len) == 0 && strspn(name + len, " ") == strlen(name + len);
}

const char *
user_password_fault(const struct breached *list, const char *name, const char *password)
{
	size_t len = strnlen(password, PASSWORD_MAX + 1), characters = 0;

	for (size_t i = 0; i < len; i++)
		characters += ((unsigned char)password[i] & 0xc0) != 0x80;
	if (len > PASSWORD_MAX)
		return "password_long";
	if (characters < PASSWORD_MIN)
		return "password_short";
	if (password_is_common(password) || is_the_name(name, password))
		return "password_common";
	switch (breached_has(list, password)) {
	case BREACHED_NO: return NULL;
	case BREACHED_YES: return "password_breached";
	default: return "password_unchecked";
	}
}

/* --- records --- */

void
user_read(const struct json *r, struct user *u)
{
	*u = (struct user){
		.id = json_get_string(r, "id"),
		.name = json_get_string(r, "name"),
		.password = json_get_string(r, "password"),
		.created = json_get_int(r, "created", 0),
		.disabled = json_get_bool(r, "disabled", false),
		.is_operator = json_get_bool(r, "operator", false),
		.second_factor = json_get_bool(r, "second_factor", false),
		.language = json_get_string(r, "language"),
		.generation = json_get_int(r, "generation", 0),
	};
}

char *
user_key(struct arena *a, const char *id)
{
	return record_key(a, "user", id, NULL);
}

enum store_result
user_by_id(struct store *store, struct arena *a, const char *id, struct user *u)
{
	const struct json *r;
	enum store_result result = record_read(store, a, user_key(a, id), &r, NULL);

	if (result == STORE_OK)
		user_read(r, u);
	return result;
}

enum store_result
user_tx_active(struct store_tx *tx, const char *id, bool *active)
{
	struct json *r;
	enum store_result result = record_tx_get(tx, user_key(store_tx_arena(tx), id), &r);

	*active = result == STORE_OK && !json_get_bool(r, "disabled", false);
	return result == STORE_ABSENT ? STORE_OK : result;
}

enum store_result
user_by_name(struct store *store, struct arena *a, const char *name, struct user *u)
{
	struct json *r;
	char *folded = user_fold(a, name);

	if (folded == NULL)
		return STORE_ABSENT;
	enum store_result result = record_get(store, a, record_key(a, "username", folded, NULL), &r);
	const char *id = json_get_string(r, "user");
	if (result != STORE_OK)
		return result;
	return id != NULL ? user_by_id(store, a, id, u) : STORE_FAILED;
}

/* --- adding --- */

struct adding {
	struct user	*user;
	const char	*folded;
	bool		 taken;
};

static enum store_result
add(struct store_tx *tx, void *arg)
{
	struct adding *s = arg;
	struct arena *a = store_tx_arena(tx);
	char *name_key = record_key(a, "username", s->folded, NULL);
	struct json *other, *r;
	enum store_result result = record_tx_get(tx, name_key, &other);

	s->taken = result == STORE_OK;
	if (result != STORE_ABSENT)
		return result;
	r = record_new(a);
	json_set_string(a, r, "user", s->user->id);
	if ((result = record_tx_put(tx, name_key, r, 0)) != STORE_OK)
		return result;
	r = record_new(a);
	json_set_string(a, r, "id", s->user->id);
	json_set_string(a, r, "name", s->user->name);
	json_set_string(a, r, "password", s->user->password);
	json_set_int(a, r, "created", s->user->created);
	return record_tx_put(tx, user_key(a, s->user->id), r, 0);
}

enum store_result
user_add(struct store *store, struct arena *a, const char *name, const char *password, struct user *u, bool *taken)
{
	struct adding s = { u, user_fold(a, name), false };

	*taken = false;
	if (s.folded == NULL)
		return STORE_LIMIT;
	*u = (struct user){ .id = secret_id(a, 16), .name = name, .created = clock_sec() };
	if (password != NULL && (u->password = password_hash(a, password)) == NULL)
		return STORE_FAILED;
	enum store_result r = store_run(store, a, add, &s);
	*taken = s.taken;
	return r;
}

/* --- changing --- */

struct change {
	const char	*id, *password, *language;
	const char	*flag;		/* a member that becomes on; NULL = none */
	bool		 on, set_language, end_sessions;
};

static enum store_result
change(struct store_tx *tx, void *arg)
{
	const struct change *c = arg;
	struct arena *a = store_tx_arena(tx);
	char *key = user_key(a, c->id);
	struct json *r;
	enum store_result result = record_tx_get(tx, key, &r);

	if (result != STORE_OK)
		return result;
	if (c->password != NULL)
		json_set_string(a, r, "password", c->password);
	if (c->end_sessions)
		json_set_int(a, r, "generation", json_get_int(r, "generation", 0) + 1);
	if (c->flag != NULL)
		json_set_bool(a, r, c->flag, c->on);
	if (c->set_language)
		json_set_string(a, r, "language", c->language);
	return record_tx_put(tx, key, r, 0);
}

enum store_result
user_set_password(struct store *store, struct arena *a, const char *id, const char *password)
{
	struct change c = { .id = id, .password = password_hash(a, password), .end_sessions = true };

	return c.password != NULL ? store_run(store, a, change, &c) : STORE_FAILED;
}

enum store_result
user_set_disabled(struct store *store, struct arena *a, const char *id, bool disabled)
{
	struct change c = { .id = id, .flag = "disabled", .on = disabled };

	return store_run(store, a, change, &c);
}

enum store_result
user_set_operator(struct store *store, struct arena *a, const char *id, bool is_operator)
{
	struct change c = { .id = id, .flag = "operator", .on = is_operator };

	return store_run(store, a, change, &c);
}

enum store_result
user_set_language(struct store *store, struct arena *a, const char *id, const char *language)
{
	struct change c = { .id = id, .set_language = true, .language = language };

	return store_run(store, a, change, &c);
}

enum store_result
user_end_sessions(struct store *store, struct arena *a, const char *id)
{
	struct change c = { .id = id, .end_sessions = true };

	return store_run(store, a, change, &c);
}

enum store_result
user_tx_second_factor(struct store_tx *tx, const char *id, const long long *generation)
{
	struct arena *a = store_tx_arena(tx);
	char *key = record_key(a, "user", id, NULL);
	struct json *r;
	enum store_result result = record_tx_get(tx, key, &r);
	struct user u;

	if (result != STORE_OK)
		return result;
	user_read(r, &u);
	if (generation != NULL && (u.second_factor || u.disabled || u.generation != *generation))
		return STORE_ABSENT;
	json_set_bool(a, r, "second_factor", generation != NULL);
	if (generation != NULL)
		json_set_int(a, r, "generation", u.generation + 1);
	return record_tx_put(tx, key, r, 0);
}

static enum store_result
drop(struct store_tx *tx, void *arg)
{
	struct arena *a = store_tx_arena(tx);
	char *key = user_key(a, arg);
	struct json *r;
	enum store_result result = record_tx_get(tx, key, &r);

	if (result != STORE_OK)
		return result;
	char *folded = user_fold(a, json_get_string(r, "name"));
	if ((result = record_tx_delete(tx, record_key(a, "username", folded, NULL))) != STORE_OK ||
	    (result = record_tx_delete(tx, record_key(a, "second-factor", (const char *)arg, NULL))) != STORE_OK)
		return result;
	return record_tx_delete(tx, key);
}

enum store_result
user_delete(struct store *store, struct arena *a, const char *id)
{
	return store_run(store, a, drop, arena_strdup(a, id));
}

/* --- logging in --- */

enum store_result
user_login(struct store *store, struct arena *a, const char *name, const char *password, struct user *u, bool *ok)
{
	*u = (struct user){ 0 };
	*ok = false;
	if (strnlen(password, PASSWORD_MAX + 1) > PASSWORD_MAX)
		return STORE_OK;
	enum store_result r = user_by_name(store, a, name, u);
	if (r != STORE_OK && r != STORE_ABSENT)
		return r;
	*ok = password_ok(u->password, password) && !u->disabled;
	if (!*ok || !password_is_weak_hash(u->password))
		return STORE_OK;
	struct change c = { .id = u->id, .password = password_hash(a, password) };
	return c.password != NULL ? store_run(store, a, change, &c) : STORE_FAILED;
}

struct walk {
	struct arena	*arena;
	void		(*fn)(void *, const struct user *);
	void		*arg;
};

static bool
visit(void *arg, const char *key, const char *value, int64_t expires)
{
	struct walk *w = arg;
	struct user u;

	(void)expires;
	if (strncmp(key, "user/", 5) != 0)
		return true;
	struct json *r = record_parse(w->arena, value);
	if (r != NULL) {
		user_read(r, &u);
		w->fn(w->arg, &u);
	}
	return true;
}

enum store_result
user_each(struct store *store, struct arena *a, void (*fn)(void *, const struct user *), void *arg)
{
	struct walk w = { a, fn, arg };

	return store_each(store, visit, &w);
}

/* --- one-time sign-ins --- */

static char *
link_key(struct arena *a, const char *token)
{
	return record_key(a, "signin", secret_digest(a, token), NULL);
}

struct link {
	const char	*key, *user;
};

static enum store_result
make_link(struct store_tx *tx, void *arg)
{
	const struct link *l = arg;
	struct arena *a = store_tx_arena(tx);
	struct json *r = record_new(a);

	json_set_string(a, r, "user", l->user);
	return record_tx_put(tx, l->key, r, clock_sec() + LINK_TTL);
}

enum store_result
user_link_make(struct store *store, struct arena *a, const char *id, const char **token)
{
	*token = secret_token(a, 24);
	struct link l = { link_key(a, *token), id };
	return store_run(store, a, make_link, &l);
}

enum store_result
user_link_peek(struct store *store, struct arena *a, const char *token, struct user *u)
{
	struct json *r;
	enum store_result result = record_get(store, a, link_key(a, token), &r);
	const char *id = json_get_string(r, "user");

	return result != STORE_OK ? result : id == NULL ? STORE_FAILED : user_by_id(store, a, id, u);
}

static enum store_result
use_link(struct store_tx *tx, void *arg)
{
	struct link *l = arg;
	struct json *r;
	enum store_result result = record_tx_get(tx, l->key, &r);

	if (result != STORE_OK)
		return result;
	l->user = json_get_string(r, "user");
	return record_tx_delete(tx, l->key);
}

enum store_result
user_link_use(struct store *store, struct arena *a, const char *token, struct user *u)
{
	struct link l = { link_key(a, token), NULL };
	enum store_result r = store_run(store, a, use_link, &l);

	return r != STORE_OK ? r : l.user == NULL ? STORE_FAILED : user_by_id(store, a, l.user, u);
}
