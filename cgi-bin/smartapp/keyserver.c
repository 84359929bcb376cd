/* keyserver.c: memory, then the store, then one GET that one process makes for all. */
#include "smartapp/keyserver.h"

#include <stdlib.h>
#include <string.h>

#include "base/arena.h"
#include "base/clock.h"
#include "base/config.h"
#include "base/json.h"
#include "base/log.h"
#include "base/pause.h"
#include "base/secret.h"
#include "courier/target.h"
#include "db/record.h"
#include "smartapp/signature.h"
#include "web/fetch.h"
#include "base/banned.h"

#define SLOTS		32	/* keys that a process has at hand */
#define KEPT		86400	/* seconds that a key counts without being asked for again */
#define ABSENT		60	/* ... that an id without a key is believed to have none */
#define FAILED		5	/* ... after a key server that did not answer */
#define KNOWN		(40 * 86400)	/* ... that one which was good is known to have been */
#define FETCH_MS	3000
#define ASKING		(FETCH_MS / 1000 + 1)	/* seconds that a process may take to ask */
#define WAIT_STEP_MS	20	/* between two looks whether another process has got it */
#define FRESH_A_MINUTE	30	/* ids never seen before that are asked for */

struct slot {
	char			 hash[44];	/* of the key id */
	struct signature_key	*key;
	int64_t			 until;
};

struct keyserver {
	const struct config	*config;
	struct store		*store;
	struct slot		 slots[SLOTS];
	size_t			 next;		/* the slot that is used next */
};

struct keyserver *
keyserver_open(const struct config *c, struct store *store)
{
	struct keyserver *k = calloc(1, sizeof(*k));

	if (k == NULL)
		abort();
	k->config = c;
	k->store = store;
	return k;
}

void
keyserver_close(struct keyserver *k)
{
	for (size_t i = 0; k != NULL && i < SLOTS; i++)
		signature_key_free(k->slots[i].key);
	free(k);
}

/* --- records --- */

enum finding { FOUND, NO_KEY, IN_FLIGHT, UNKNOWN };

struct claim {
	const char	*key;
	enum finding	 found;
	const char	*pem, *why;
	int64_t		 until;
	bool		 too_many;
};

/* What a record says now: pem with FOUND, why with NO_KEY. */
static enum finding
judge(const struct json *r, struct claim *c)
{
	int64_t now = clock_sec();

	c->pem = json_get_string(r, "pem");
	c->why = json_get_string(r, "why");
	c->until = json_get_int(r, "until", 0);
	if (json_get_int(r, "asking", 0) > now && json_get_int(r, "asking", 0) < now + ASKING + 1)
		return IN_FLIGHT;
	/* Where the clock was set back, what was fetched in the future counts as unknown. */
	bool fresh = now < c->until && now >= json_get_int(r, "at", 0);
	return !fresh ? UNKNOWN : c->pem != NULL ? FOUND : c->why != NULL ? NO_KEY : UNKNOWN;
}

static char *
key_of(struct arena *a, const char *hash)
{
	return record_key(a, "smartapp-key", hash, NULL);
}

/* One id more that was never seen: are there too many in this minute? */
static enum store_result
count_fresh(struct store_tx *tx, struct claim *c)
{
	static const char key[] = "smartapp-keys/fresh";
	struct json *r;
	int64_t minute = clock_sec() / 60;
	enum store_result result = record_tx_get(tx, key, &r);

	if (result != STORE_OK && result != STORE_ABSENT)
		return result;
	long long n = result == STORE_OK && json_get_int(r, "minute", 0) == minute ? json_get_int(r, "count", 0) : 0;
	c->too_many = n >= FRESH_A_MINUTE;
	if (c->too_many)
		return STORE_LIMIT;
	r = record_new(store_tx_arena(tx));
	json_set_int(store_tx_arena(tx), r, "minute", minute);
	json_set_int(store_tx_arena(tx), r, "count", n + 1);
	return record_tx_put(tx, key, r, (minute + 2) * 60);
}

/* Take it on us to ask, unless somebody has or is about to. */
static enum store_result
claim(struct store_tx *tx, void *arg)
{
	struct claim *c = arg;
	struct arena *a = store_tx_arena(tx);
	struct json *r;
	enum store_result result = record_tx_get(tx, c->key, &r);

	c->too_many = false;
	if (result != STORE_OK && result != STORE_ABSENT)
		return result;
	c->found = result == STORE_OK ? judge(r, c) : UNKNOWN;
	if (c->found != UNKNOWN)
		return STORE_OK;
	/* A key that was good once is asked for again whatever strangers make us ask for meanwhile. */
	if (json_get_string(r, "pem") == NULL && (result = count_fresh(tx, c)) != STORE_OK)
		return result;
	r = r != NULL ? r : record_new(a);
	json_set_int(a, r, "asking", clock_sec() + ASKING);
	return record_tx_put(tx, c->key, r, clock_sec() + KNOWN);
}

struct outcome {
	const char	*key, *pem, *why;
	int64_t		 until;
};

static enum store_result
write_outcome(struct store_tx *tx, void *arg)
{
	struct outcome *o = arg;
	struct arena *a = store_tx_arena(tx);
	struct json *r = record_new(a);

	if (o->pem != NULL)
		json_set_string(a, r, "pem", o->pem);
	else
		json_set_string(a, r, "why", o->why);
	json_set_int(a, r, "at", clock_sec());
	json_set_int(a, r, "until", o->until);
	return record_tx_put(tx, o->key, r, o->pem != NULL ? clock_sec() + KNOWN : o->until);
}

/* --- the call --- */

static void
ask(struct keyserver *k, struct arena *a, const char *key_id, struct fetch_answer *answer)
{
	static const struct target_rule rule = { .any_port = true };
	const char *ca = k->config->ca_file;
	const struct fetch_limits limits = { .at_once = 1, .connect_ms = FETCH_MS, .total_ms = FETCH_MS,
		.answer_max = SIGNATURE_PEM_MAX, .ca_file = *ca != '\0' ? config_path(a, k->config, ca) : NULL };
	struct fetch_request rq = { .method = "GET", .url = arena_printf(a, "%s%s", k->config->smartapp.keyserver_url, key_id) };
	struct fetcher *f = fetch_new(&limits);

	*answer = (struct fetch_answer){ .body = "", .head = "", .error = target_fault(k->config, &rule, rq.url, &rq.loopback) };
	if (f != NULL && answer->error == NULL)
		fetch_once(f, a, &rq, answer);
	fetch_free(f);
}

/* Ask, and write down what came of it. *until: how long the key counts. */
static struct signature_key *
fetch_key(struct keyserver *k, struct arena *a, const char *key_id, const char *record, int64_t *until, const char **why)
{
	struct fetch_answer got;
	struct outcome o = { .key = record };
	int64_t now = clock_sec();
	struct signature_key *key = NULL;

	ask(k, a, key_id, &got);
	if (got.status == 0)
		*why = arena_printf(a, "the key server does not answer: %s", got.error);
	else if (got.status != 200)
		*why = arena_printf(a, "the key server has no such key: it answered %d", got.status);
	else if ((key = signature_key_read(got.body, got.len, true, why)) == NULL)
		*why = arena_printf(a, "the key server's answer is of no use: %s", *why);
	o.why = *why;
	o.until = now + (got.status == 0 || got.status >= 500 ? FAILED : ABSENT);
	if (key != NULL) {
		o.pem = arena_strndup(a, got.body, got.len);
		o.until = signature_key_until(key) < now + KEPT ? signature_key_until(key) : now + KEPT;
		if (strcmp(strrchr(key_id, '/') + 1, signature_key_serial(key)) != 0)
			log_event(LOG_LEVEL_WARN, "smartapp_key_serial", "key=%s serial=%s", key_id,
			    signature_key_serial(key));
	}
	*until = o.until;
	if (store_run(k->store, a, write_outcome, &o) != STORE_OK)
		log_event(LOG_LEVEL_ERROR, "smartapp_key", "key=%s result=not_kept", key_id);
	log_event(key != NULL ? LOG_LEVEL_INFO : LOG_LEVEL_WARN, "smartapp_key", "key=%s result=\"%s\"", key_id,
	    key != NULL ? "fetched" : *why);
	return key;
}

/* --- together --- */

static const struct signature_key *
remember(struct keyserver *k, const char *hash, struct signature_key *key, int64_t until)
{
	struct slot *s = NULL;

	if (key == NULL)
		return NULL;
	for (size_t i = 0; i < SLOTS; i++)
		if (strcmp(k->slots[i].hash, hash) == 0)
			s = &k->slots[i];
	if (s == NULL) {
		s = &k->slots[k->next];
		k->next = (k->next + 1) % SLOTS;
	}
	signature_key_free(s->key);
	memcpy(s->hash, hash, sizeof(s->hash));
	s->key = key;
	s->until = until;
	return key;
}

static const struct signature_key *
recall(const struct keyserver *k, const char *hash)
{
	int64_t now = clock_sec();

	for (size_t i = 0; i < SLOTS; i++) {
		const struct slot *s = &k->slots[i];
		if (s->key != NULL && strcmp(s->hash, hash) == 0 && now < s->until && now >= s->until - 2 * KEPT)
			return s->key;
	}
	return NULL;
}

static struct signature_key *
from_pem(const char *pem, const char **why)
{
	return signature_key_read(pem, strlen(pem), true, why);
}

/* The key is not at hand: it is in the store, or is fetched, or another process is about to. */
static struct signature_key *
obtain(struct keyserver *k, struct arena *a, const char *key_id, struct claim *c, const char **why)
{
	struct json *r;

	for (int waited = 0; waited <= FETCH_MS + 1000; waited += WAIT_STEP_MS) {
		c->found = record_get(k->store, a, c->key, &r) == STORE_OK ? judge(r, c) : UNKNOWN;
		if (c->found == UNKNOWN && store_run(k->store, a, claim, c) != STORE_OK) {
			*why = c->too_many ? "too many unknown keys were asked for in this minute" : "the store cannot be used";
			return NULL;
		}
		if (c->found == UNKNOWN)
			return fetch_key(k, a, key_id, c->key, &c->until, why);
		if (c->found == FOUND)
			return from_pem(c->pem, why);
		*why = c->found == NO_KEY ? c->why : "the key server takes too long";
		if (c->found == NO_KEY)
			return NULL;
		pause_ms(WAIT_STEP_MS);
	}
	return NULL;
}

const struct signature_key *
keyserver_find(struct keyserver *k, struct arena *a, const char *key_id, const char **why)
{
	char *hash = secret_digest(a, key_id);
	struct claim c = { .key = key_of(a, hash) };
	const struct signature_key *known = recall(k, hash);
	struct signature_key *key = known == NULL ? obtain(k, a, key_id, &c, why) : NULL;	/* which sets c.until */

	return known != NULL ? known : remember(k, hash, key, c.until);
}

struct signature_key *
keyserver_kept(struct store *store, struct arena *a, const char *key_id)
{
	struct json *r;
	const char *why;
	enum store_result found = record_get(store, a, key_of(a, secret_digest(a, key_id)), &r);
	const char *pem = found == STORE_OK ? json_get_string(r, "pem") : NULL;

	return pem != NULL ? from_pem(pem, &why) : NULL;
}
