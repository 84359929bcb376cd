/* bridge.c: what is on its way to each peer, and when to look again. */
#include "nodeserver/bridge.h"

#include <stdlib.h>
#include <string.h>

#include "base/arena.h"
#include "base/bell.h"
#include "base/clock.h"
#include "base/json.h"
#include "base/log.h"
#include "nodeserver/peer.h"
#include "nodeserver/presence.h"
#include "nodeserver/service.h"
#include "base/banned.h"

#define PATIENCE	10000	/* ms for the broker's acknowledgements; then all of it is sent again */
#define AGAIN		1000	/* ms after the store failed */
#define COUNTS		120	/* seconds that one counts as connected after it was seen to listen */
#define COUNTS_WRITTEN	40000	/* ms between two writes of that */

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

void
bridge_free(struct bridge *b)
{
	while (b != NULL && b->peers != NULL)
		peer_drop(b, b->peers);
	free(b);
}

/* --- beginning --- */

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
		peer_add(b, registry_identity(b->x.arena, &ns), ns.worker);
	return true;
}

void
bridge_begin(struct bridge *b)
{
	b->began = clock_ms();
	for (struct peer *p = b->peers; p != NULL; p = p->next) {
		peer_land(b, p);
		p->look = p->probe = b->began;
	}
	enum store_result r = store_each(b->x.store, see, b);
	if (r != STORE_OK)
		log_event(LOG_LEVEL_ERROR, "mqtt_load", "store=%s", store_result_name(r));
	arena_reset(b->x.arena);
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
		r = peer_mark(&b->x, &ns, false);
	if (r == STORE_OK || r == STORE_ABSENT) {
		log_event(LOG_LEVEL_INFO, "mqtt_gone", "worker=%s", p->worker);
		peer_drop(b, p);
	} else {
		peer_land(b, p);
		p->look = clock_ms() + AGAIN;
	}
}

void
bridge_gone(struct bridge *b, const char *identity)
{
	struct peer *p = peer_find(b, identity);

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
	struct peer *p = number > 0 && number < PEER_NUMBERS ? b->flying[number] : NULL;

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
	const char *topic = arena_printf(b->x.arena, PEER_PREFIX "%s/ns/%s", p->identity, p->worker);
	int number = b->publish(b->arg, topic, json_print(b->x.arena, message));

	if (number <= 0 || number >= PEER_NUMBERS || b->flying[number] != NULL)
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
	bool said = true;
	enum store_result r = service_read(&b->x, ns, -1, &q);

	p->upto = 0;
	p->look = q.wait_ms > 0 && now + q.wait_ms < p->probe ? now + q.wait_ms : p->probe;
	for (const struct json *m = json_first(q.messages); r == STORE_OK && said && m != NULL; m = json_next(m))
		if ((said = say(b, p, json_get(m, "msg"))))
			p->upto = json_get_int(m, "seq", 0);
	if (r == STORE_OK && json_first(q.messages) == NULL && now >= p->probe) {
		struct json *v = json_object(b->x.arena);
		json_set_string(b->x.arena, v, "id", registry_controller(b->x.arena, ns->user));
		said = say(b, p, v);
	}
	if (p->flying > 0)
		p->probe = now + BRIDGE_PROBE;
	if (!said)
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
	peer_drop(b, p);
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
			peer_land(b, p);
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
