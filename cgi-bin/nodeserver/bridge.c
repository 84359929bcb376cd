/* bridge.c: one peer a node server that was heard of by MQTT: what is on its way to it, and when to look again.
 *
 * long because: what comes, what goes and who is there change the same few members of a peer. */
#include "nodeserver/bridge.h"

#include <stdlib.h>
#include <string.h>

#include "base/arena.h"
#include "base/bell.h"
#include "base/clock.h"
#include "base/json.h"
#include "base/log.h"
#include "db/record.h"
#include "nodeserver/messages.h"
#include "nodeserver/presence.h"
#include "nodeserver/registry.h"
#include "nodeserver/service.h"
#include "base/banned.h"

#define PREFIX		"pgc/"
#define NAME_MAX_BYTES	80
#define NUMBERS		65536	/* of publications: as MQTT counts them */
#define PATIENCE	10000	/* ms for the broker's acknowledgements; then all of it is sent again */
#define AGAIN		1000	/* ms after the store failed */
#define COUNTS		120	/* seconds that one counts as connected after it was seen to listen */
#define COUNTS_WRITTEN	40000	/* ms between two writes of that */

struct peer {
	char		 identity[NAME_MAX_BYTES];
	char		 worker[NAME_MAX_BYTES];
	unsigned	 reading;	/* of its bell, when its messages were last read */
	int64_t		 look, probe;	/* ms: when to do either */
	int		 flying;	/* publications that are not acknowledged */
	int64_t		 patience;	/* ms: ... until then */
	bool		 deaf;		/* one of them was heard by nobody */
	long long	 upto;		/* the last message of those */
	int64_t		 counted;	/* ms: when it was last written that it is there */
	int64_t		 window;	/* ms: since when its messages are counted */
	int		 messages;
	struct peer	*next;
};

struct bridge {
	struct nodeserver_context x;
	bridge_publish	 publish;
	void		*arg;
	struct peer	*peers;
	struct peer	*flying[NUMBERS];	/* whose publication a number is */
};

struct bridge *
bridge_new(const struct nodeserver_context *x, bridge_publish publish, void *arg)
{
	struct bridge *b = calloc(1, sizeof(*b));

	if (b != NULL) {
		b->x = *x;
		b->publish = publish;
		b->arg = arg;
	}
	return b;
}

/* What was on its way to it is nobody's. */
static void
land(struct bridge *b, struct peer *p)
{
	for (size_t i = 0; p->flying > 0 && i < NUMBERS; i++)
		if (b->flying[i] == p)
			b->flying[i] = NULL;
	p->flying = 0;
	p->deaf = false;
}

static void
drop(struct bridge *b, struct peer *p)
{
	struct peer **at = &b->peers;

	while (*at != p)
		at = &(*at)->next;
	*at = p->next;
	land(b, p);
	free(p);
}

void
bridge_free(struct bridge *b)
{
	while (b != NULL && b->peers != NULL)
		drop(b, b->peers);
	free(b);
}

static struct peer *
find(const struct bridge *b, const char *identity)
{
	struct peer *p = b->peers;

	while (p != NULL && strcmp(p->identity, identity) != 0)
		p = p->next;
	return p;
}

static struct peer *
add(struct bridge *b, const char *identity, const char *worker)
{
	struct peer *p = find(b, identity);

	if (p != NULL || strlen(identity) >= NAME_MAX_BYTES || (p = calloc(1, sizeof(*p))) == NULL)
		return p;
	memcpy(p->identity, identity, strlen(identity) + 1);
	memcpy(p->worker, worker, strlen(worker) + 1);	/* it is no longer than the identity */
	p->look = clock_ms();
	p->probe = clock_ms();
	p->next = b->peers;
	b->peers = p;
	return p;
}

/* --- by MQTT or not: a mark in the record, for the next bridge --- */

struct marking {
	struct nodeserver	*ns;
	bool			 mqtt;
};

static enum store_result
mark_fn(struct store_tx *tx, void *arg)
{
	const struct marking *m = arg;
	enum store_result r = registry_tx_find(tx, m->ns->user, m->ns->n, m->ns);

	if (r != STORE_OK)
		return r;
	json_set(store_tx_arena(tx), m->ns->record, "mqtt", m->mqtt ? json_new_bool(store_tx_arena(tx), true) : NULL);
	return registry_tx_put(tx, m->ns);
}

static enum store_result
mark(const struct nodeserver_context *x, struct nodeserver *ns, bool mqtt)
{
	if (json_get_bool(ns->record, "mqtt", false) == mqtt)
		return STORE_OK;
	return store_run(x->store, x->arena, mark_fn, &(struct marking){ ns, mqtt });
}

static bool
see(void *arg, const char *key, const char *value, int64_t expires)
{
	struct bridge *b = arg;
	struct json *r;

	(void)expires;
	if (strncmp(key, "nodeserver/", 11) != 0 || (r = json_parse(b->x.arena, value, strlen(value), NULL)) == NULL)
		return true;
	const struct nodeserver ns = { .worker = json_get_string(r, "worker"), .record = r };
	if (ns.worker != NULL && json_get_bool(r, "mqtt", false))
		add(b, registry_identity(b->x.arena, &ns), ns.worker);
	return true;
}

void
bridge_begin(struct bridge *b)
{
	for (struct peer *p = b->peers; p != NULL; p = p->next) {
		land(b, p);
		p->look = p->probe = clock_ms();
	}
	enum store_result r = store_each(b->x.store, see, b);
	if (r != STORE_OK)
		log_event(LOG_LEVEL_ERROR, "mqtt_load", "store=%s", store_result_name(r));
	arena_reset(b->x.arena);
}

/* --- in --- */

/* A node server that sends without end must not keep others waiting. */
static bool
is_flood(struct peer *p)
{
	int64_t now = clock_ms();

	if (now - p->window > BRIDGE_FLOOD_MS || now < p->window) {
		p->window = now;
		p->messages = 0;
	}
	if (++p->messages == BRIDGE_FLOOD + 1)
		log_event(LOG_LEVEL_WARN, "mqtt_flood", "worker=%s", p->worker);
	return p->messages > BRIDGE_FLOOD;
}

static enum store_result
take(const struct bridge *b, struct nodeserver *ns, const struct json *message)
{
	enum store_result r = mark(&b->x, ns, true);

	/* A last will says that it is gone: it must not count as a sign of life first. */
	if (r == STORE_OK && json_get(message, "connected") == NULL)
		r = presence_heard(&b->x, ns, presence_of_message(ns));
	return r == STORE_OK ? messages_take(&b->x, ns, message, json_array(b->x.arena)) : r;
}

void
bridge_take(struct bridge *b, const char *topic, const char *text, size_t len)
{
	struct arena *a = b->x.arena;
	const char *identity = strncmp(topic, PREFIX, sizeof(PREFIX) - 1) == 0 ? topic + sizeof(PREFIX) - 1 : "";
	size_t name = strcspn(identity, "/");
	const char *rest = identity + name;
	const struct json *message = json_parse(a, text, len, NULL);
	struct nodeserver ns;
	struct peer *p;

	identity = arena_strndup(a, identity, name);
	enum store_result r = *identity != '\0' && (strcmp(rest, "/ns") == 0 || strcmp(rest, "/isy") == 0) ?
	    registry_find_identity(&b->x, identity, &ns) : STORE_ABSENT;
	if (r == STORE_OK && json_type(message) == JSON_OBJECT && (p = add(b, identity, ns.worker)) != NULL && !is_flood(p)) {
		r = take(b, &ns, message);
		p->look = clock_ms();
	} else if (r == STORE_OK || r == STORE_ABSENT)
		log_event(LOG_LEVEL_INFO, "mqtt_dropped", "bytes=%zu why=%s", len, r == STORE_ABSENT ? "nobody's" : "no message");
	if (r != STORE_OK && r != STORE_ABSENT)
		log_event(LOG_LEVEL_ERROR, "mqtt_lost", "bytes=%zu store=%s", len, store_result_name(r));
	arena_reset(a);
}

/* --- presence --- */

/* Nobody listens: it is gone, until it says something. */
static void
gone(struct bridge *b, struct peer *p)
{
	struct nodeserver ns;
	enum store_result r = registry_find_identity(&b->x, p->identity, &ns);

	if (r == STORE_OK && ns.connected)
		r = presence_turn(&b->x, &ns, false, false);
	if (r == STORE_OK)
		r = mark(&b->x, &ns, false);
	if (r == STORE_OK || r == STORE_ABSENT) {
		log_event(LOG_LEVEL_INFO, "mqtt_gone", "worker=%s", p->worker);
		drop(b, p);
	} else {
		land(b, p);
		p->look = clock_ms() + AGAIN;
	}
}

void
bridge_gone(struct bridge *b, const char *identity)
{
	struct peer *p = find(b, identity);

	if (p != NULL)
		gone(b, p);
	arena_reset(b->x.arena);
}

/* It was seen to listen. */
static void
count(struct bridge *b, struct peer *p)
{
	struct nodeserver ns;
	int64_t now = clock_ms();

	if (now >= p->counted && now - p->counted < COUNTS_WRITTEN)
		return;
	if (registry_find_identity(&b->x, p->identity, &ns) == STORE_OK && presence_heard(&b->x, &ns, COUNTS) == STORE_OK)
		p->counted = now;
}

void
bridge_heard(struct bridge *b, int number, bool heard)
{
	struct peer *p = number > 0 && number < NUMBERS ? b->flying[number] : NULL;

	if (p == NULL)
		return;
	b->flying[number] = NULL;
	p->deaf = p->deaf || !heard;
	if (--p->flying > 0)
		return;
	if (p->deaf)
		gone(b, p);
	else {
		if (p->upto > 0 && inbox_acknowledge(&b->x, p->worker, p->upto) != STORE_OK)
			log_event(LOG_LEVEL_WARN, "mqtt_again", "worker=%s", p->worker);
		count(b, p);
		p->look = clock_ms();
	}
	arena_reset(b->x.arena);
}

/* --- out --- */

static bool
say(struct bridge *b, struct peer *p, const struct json *message)
{
	const char *topic = arena_printf(b->x.arena, PREFIX "%s/ns/%s", p->identity, p->worker);
	int number = b->publish(b->arg, topic, json_print(b->x.arena, message));

	if (number <= 0 || number >= NUMBERS || b->flying[number] != NULL)
		return false;
	b->flying[number] = p;
	p->flying++;
	p->patience = clock_ms() + PATIENCE;
	return true;
}

/* Messages that wait; none: if it is time, one that every client ignores. */
static enum store_result
tell(struct bridge *b, struct peer *p, const struct nodeserver *ns)
{
	struct inbox_read q = { 0 };
	int64_t now = clock_ms();
	enum store_result r = service_read(&b->x, ns, -1, &q);

	p->upto = 0;
	p->look = q.wait_ms > 0 && now + q.wait_ms < p->probe ? now + q.wait_ms : p->probe;
	for (const struct json *m = json_first(q.messages); r == STORE_OK && m != NULL; m = json_next(m)) {
		if (!say(b, p, json_get(m, "msg")))
			break;
		p->upto = json_get_int(m, "seq", 0);
	}
	if (r == STORE_OK && json_first(q.messages) == NULL && now >= p->probe) {
		struct json *v = json_object(b->x.arena);
		json_set_string(b->x.arena, v, "id", registry_controller(b->x.arena, ns->user));
		say(b, p, v);
	}
	if (p->flying > 0)
		p->probe = now + BRIDGE_PROBE;
	if (p->look <= now)
		p->look = now + AGAIN;
	return r;
}

/* It was deleted, or rotated: it is told, and then nobody. */
static void
say_farewell(struct bridge *b, struct peer *p)
{
	struct json *v = json_object(b->x.arena);

	json_set(b->x.arena, v, "delete", json_object(b->x.arena));
	say(b, p, v);
	drop(b, p);
}

static void
look(struct bridge *b, struct peer *p)
{
	struct nodeserver ns;

	p->reading = bell_reading(p->worker);
	enum store_result r = registry_find_identity(&b->x, p->identity, &ns);
	if (r == STORE_ABSENT)
		say_farewell(b, p);
	else if (r != STORE_OK || tell(b, p, &ns) != STORE_OK)
		p->look = clock_ms() + AGAIN;
	arena_reset(b->x.arena);
}

int
bridge_work(struct bridge *b)
{
	int64_t now = clock_ms(), next = now + BRIDGE_PROBE;

	for (struct peer *p = b->peers, *after; p != NULL; p = after) {
		after = p->next;
		if (p->flying > 0 && now >= p->patience) {
			land(b, p);
			p->look = now;
		}
		if (p->flying == 0 && (p->look <= now || p->reading != bell_reading(p->worker)))
			look(b, p);
	}
	for (const struct peer *p = b->peers; p != NULL; p = p->next) {
		int64_t due = p->flying > 0 ? p->patience : p->look;
		next = due < next ? due : next;
	}
	return next > now ? (int)(next - now) : 0;
}
