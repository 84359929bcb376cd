/* second_factor.c: record "second-factor/<user>", and the mark of it in "user/<user>". */
#include "oauth/second_factor.h"

#include <string.h>

#include "base/arena.h"
#include "base/base32.h"
#include "base/clock.h"
#include "base/config.h"
#include "base/json.h"
#include "base/secret.h"
#include "db/record.h"
#include "oauth/activity.h"
#include "oauth/seal.h"
#include "oauth/totp.h"
#include "oauth/user.h"
#include "base/banned.h"

#define RECOVERY_BYTES 15	/* 120 bits: a plain hash of them cannot be turned back by trying */
#define RECOVERY_LENGTH 24
#define TYPED_MAX 100		/* bytes; whatever is longer is no code */

static char *
key_of(struct arena *a, const char *user)
{
	return record_key(a, "second-factor", user, NULL);
}

bool
second_factor_required(const struct config *c)
{
	return strcmp(c->login.second_factor, "required") == 0;
}

/* Codes in groups of four, for people; and what the store keeps of them. */
static struct json *
make_recovery(struct arena *a, struct json **hashes)
{
	unsigned char bytes[RECOVERY_BYTES];
	struct json *codes = json_array(a);

	*hashes = json_array(a);
	for (int i = 0; i < SECOND_FACTOR_RECOVERY; i++) {
		secret_random(bytes, sizeof(bytes));
		const char *s = base32_text(a, bytes, sizeof(bytes));
		json_append_string(a, *hashes, secret_digest(a, s));
		json_append_string(a, codes, arena_printf(a, "%.4s-%.4s-%.4s-%.4s-%.4s-%.4s", s, s + 4, s + 8, s + 12, s + 16, s + 20));
	}
	return codes;
}

/* --- on and off --- */

struct switching {
	const struct user	*user;
	const char		*hidden;	/* the app's secret, encrypted */
	const struct json	*hashes;
	int64_t			 step;
};

static enum store_result
switch_on(struct store_tx *tx, void *arg)
{
	const struct switching *s = arg;
	struct arena *a = store_tx_arena(tx);
	struct json *r = record_new(a);
	enum store_result result;

	json_set_string(a, r, "secret", s->hidden);
	json_set_int(a, r, "step", s->step);
	json_set_int(a, r, "since", clock_sec());
	json_set(a, r, "recovery", json_copy(a, s->hashes));
	if ((result = user_tx_second_factor(tx, s->user->id, &s->user->generation)) != STORE_OK)
		return result;
	return record_tx_put(tx, key_of(a, s->user->id), r, 0);
}

enum store_result
second_factor_on(struct store *store, struct arena *a, const struct keyring *ring, const struct user *u, const char *secret,
    const char *code, struct json **recovery, bool *ok)
{
	struct json *hashes, *codes = make_recovery(a, &hashes);
	struct switching s = { u, seal_hide(a, ring, key_of(a, u->id), secret), hashes, -1 };

	if (strlen(code) <= TYPED_MAX)
		s.step = totp_match(a, secret, base32_tidy(a, code), clock_sec(), -1);
	*recovery = codes;
	*ok = s.step >= 0;
	return *ok ? store_run(store, a, switch_on, &s) : STORE_OK;
}

struct leaving {
	const char		*user;
	const struct activity	*note;
};

static enum store_result
switch_off(struct store_tx *tx, void *arg)
{
	const struct leaving *l = arg;
	enum store_result r = user_tx_second_factor(tx, l->user, NULL);

	if (r == STORE_OK)
		r = record_tx_delete(tx, key_of(store_tx_arena(tx), l->user));
	return r == STORE_OK && l->note != NULL ? activity_tx_note(tx, l->note) : r;
}

enum store_result
second_factor_off(struct store *store, struct arena *a, const char *user, const struct activity *note)
{
	return store_run(store, a, switch_off, &(struct leaving){ user, note });
}

/* --- use --- */

struct using {
	const struct keyring	*ring;
	const char		*user, *code;	/* tidy; NULL: no code */
	enum second_factor_found found;
};

/* The hashes of a record without one. All are looked at, so that the time does not tell which it was. */
static struct json *
without(struct arena *a, const struct json *hashes, const char *hash, bool *was_there)
{
	struct json *left = json_array(a);

	*was_there = false;
	for (const struct json *h = json_first(hashes); h != NULL; h = json_next(h)) {
		bool same = secret_text_equal(json_string(h), hash);
		*was_there |= same;
		if (!same)
			json_append_string(a, left, json_string(h));
	}
	return left;
}

static enum store_result
use(struct store_tx *tx, void *arg)
{
	struct using *u = arg;
	struct arena *a = store_tx_arena(tx);
	char *key = key_of(a, u->user);
	bool was_there = false;
	struct json *r;
	enum store_result result = record_tx_get(tx, key, &r);

	u->found = SECOND_FACTOR_WRONG;
	if (result != STORE_OK || u->code == NULL)
		return result;
	if (strlen(u->code) == RECOVERY_LENGTH) {
		struct json *left = without(a, json_get(r, "recovery"), secret_digest(a, u->code), &was_there);
		if (!was_there)
			return STORE_OK;
		u->found = SECOND_FACTOR_BY_RECOVERY;
		json_set(a, r, "recovery", left);
		return record_tx_put(tx, key, r, 0);
	}
	const char *secret = seal_reveal(a, u->ring, key, json_get_string(r, "secret"));
	if (secret == NULL)	/* another server key: nothing that it sealed can be had back */
		return STORE_OK;
	int64_t step = totp_match(a, secret, u->code, clock_sec(), json_get_int(r, "step", 0));
	if (step < 0)
		return STORE_OK;
	u->found = SECOND_FACTOR_BY_APP;
	json_set_int(a, r, "step", step);
	return record_tx_put(tx, key, r, 0);
}

enum store_result
second_factor_use(struct store *store, struct arena *a, const struct keyring *ring, const char *user, const char *code,
    enum second_factor_found *found)
{
	struct using u = { ring, user, strlen(code) <= TYPED_MAX ? base32_tidy(a, code) : NULL, SECOND_FACTOR_WRONG };
	enum store_result r = store_run(store, a, use, &u);

	*found = r == STORE_OK ? u.found : SECOND_FACTOR_WRONG;
	return r;
}

struct renewing {
	const char		*user;
	const struct json	*hashes;
};

static enum store_result
renew(struct store_tx *tx, void *arg)
{
	const struct renewing *n = arg;
	struct arena *a = store_tx_arena(tx);
	char *key = key_of(a, n->user);
	struct json *r;
	enum store_result result = record_tx_get(tx, key, &r);

	if (result != STORE_OK)
		return result;
	json_set(a, r, "recovery", json_copy(a, n->hashes));
	return record_tx_put(tx, key, r, 0);
}

enum store_result
second_factor_renew(struct store *store, struct arena *a, const char *user, struct json **recovery)
{
	struct json *hashes;

	*recovery = make_recovery(a, &hashes);
	return store_run(store, a, renew, &(struct renewing){ user, hashes });
}

enum store_result
second_factor_look(struct store *store, struct arena *a, const char *user, struct second_factor *f)
{
	struct json *r;
	enum store_result result = record_get(store, a, key_of(a, user), &r);

	*f = (struct second_factor){ .since = json_get_int(r, "since", 0),
	    .recovery = (long long)json_count(json_get(r, "recovery")) };
	return result;
}
