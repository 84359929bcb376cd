/* throttle.c: records "throttle/<kind>/<hash>". */
#include "oauth/throttle.h"

#include "base/arena.h"
#include "base/clock.h"
#include "base/json.h"
#include "base/secret.h"
#include "db/record.h"
#include "base/banned.h"

#define WAIT_MAX 900		/* seconds */
#define FORGET 3600		/* seconds without a try after which all is forgotten */

static const struct { const char *name; long long allowed; } kinds[] = {
	[THROTTLE_ACCOUNT] = { "account", 5 },
	[THROTTLE_KNOWN] = { "known", 5 },
	[THROTTLE_ADDRESS] = { "address", 20 },
	[THROTTLE_REGISTER] = { "register", 20 },
	[THROTTLE_SECOND] = { "second", 5 },
	[THROTTLE_USER_CODE] = { "user_code", 5 },
};

struct taking {
	const char	*key;
	long long	 allowed;
	int64_t		 wait;
};

/* The wait after n tries: none while they are free, then 1, 2, 4 ... seconds. */
static int64_t
wait_after(long long n, long long allowed)
{
	long long over = n - allowed;

	return over < 0 ? 0 : over > 9 ? WAIT_MAX : (int64_t)1 << over;
}

static enum store_result
take(struct store_tx *tx, void *arg)
{
	struct taking *t = arg;
	struct arena *a = store_tx_arena(tx);
	struct json *r;
	int64_t now = clock_sec();
	enum store_result result = record_tx_get(tx, t->key, &r);

	if (result == STORE_ABSENT)
		r = record_new(a);
	else if (result != STORE_OK)
		return result;
	long long tries = json_get_int(r, "tries", 0);
	int64_t until = json_get_int(r, "until", 0), longest = now + wait_after(tries, t->allowed);
	until = until < longest ? until : longest;	/* a clock that was set back makes no wait longer, nor one of none */
	t->wait = until > now ? until - now : 0;
	if (t->wait > 0)
		return STORE_OK;
	tries++;
	until = now + wait_after(tries, t->allowed);
	json_set_int(a, r, "tries", tries);
	json_set_int(a, r, "until", until);
	return record_tx_put(tx, t->key, r, until + FORGET);
}

/* The id is hashed: it may be any text, and a password typed into the wrong field must not be kept. */
static char *
throttle_key(struct arena *a, enum throttle_kind kind, const char *id)
{
	return record_key(a, "throttle", kinds[kind].name, secret_digest(a, id), NULL);
}

enum store_result
throttle_take(struct store *store, struct arena *a, enum throttle_kind kind, const char *id, int64_t *wait)
{
	struct taking t = { throttle_key(a, kind, id), kinds[kind].allowed, 0 };
	enum store_result r = store_run(store, a, take, &t);

	*wait = t.wait;
	return r;
}

static enum store_result
clear(struct store_tx *tx, void *arg)
{
	return record_tx_delete(tx, arg);
}

enum store_result
throttle_clear(struct store *store, struct arena *a, enum throttle_kind kind, const char *id)
{
	const char *old;
	char *key = throttle_key(a, kind, id);
	enum store_result r = store_get(store, a, key, &old);

	return r == STORE_OK ? store_run(store, a, clear, key) : r == STORE_ABSENT ? STORE_OK : r;
}
