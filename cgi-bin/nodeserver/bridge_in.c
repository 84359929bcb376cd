/* bridge_in.c: what node servers send by MQTT, and what the broker says of them. */
#include "nodeserver/bridge.h"

#include <string.h>

#include "base/arena.h"
#include "base/clock.h"
#include "base/json.h"
#include "base/log.h"
#include "nodeserver/messages.h"
#include "nodeserver/peer.h"
#include "base/banned.h"

/* A node server that sends without end must not keep others waiting. What the broker kept while no bridge was there comes at once,
 * and is none. */
static bool
is_flood(const struct bridge *b, struct peer *p)
{
	int64_t now = clock_ms();

	if (now >= b->began && now - b->began < BRIDGE_BACKLOG_MS)
		return false;
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
	enum store_result r = peer_mark(&b->x, ns, true);

	return r == STORE_OK ? messages_hear(&b->x, ns, message, json_array(b->x.arena)) : r;
}

bool
bridge_take(struct bridge *b, const char *topic, const char *text, size_t len)
{
	struct arena *a = b->x.arena;
	const char *identity = strncmp(topic, PEER_PREFIX, sizeof(PEER_PREFIX) - 1) == 0 ? topic + sizeof(PEER_PREFIX) - 1 : "", *why = NULL;
	size_t name = strcspn(identity, "/");
	const char *rest = identity + name;
	const struct json *message = json_parse(a, text, len, NULL);
	struct nodeserver ns;
	struct peer *p = NULL;

	identity = arena_strndup(a, identity, name);
	enum store_result r = *identity != '\0' && (strcmp(rest, "/ns") == 0 || strcmp(rest, "/isy") == 0) ?
	    registry_find_identity(&b->x, identity, &ns) : STORE_ABSENT;
	if (r == STORE_ABSENT)
		why = "nobody's";
	else if (r == STORE_OK && json_type(message) != JSON_OBJECT)
		why = "no message";
	else if (r == STORE_OK && ((p = peer_add(b, identity, ns.worker)) == NULL || is_flood(b, p)))
		why = "too many";
	if (why == NULL && r == STORE_OK && (r = take(b, &ns, message)) == STORE_OK)
		p->look = clock_ms();
	if (why != NULL)
		log_event(LOG_LEVEL_INFO, "mqtt_dropped", "bytes=%zu why=\"%s\"", len, why);
	else if (r != STORE_OK)
		log_event(LOG_LEVEL_ERROR, r == STORE_LIMIT ? "mqtt_lost" : "mqtt_again", "bytes=%zu store=%s", len, store_result_name(r));
	arena_reset(a);
	/* Over a limit, it would be so again. */
	return why != NULL || r == STORE_OK || r == STORE_LIMIT;
}

/* "1700000000: Client NAME ...": whatever it says of a client but that a new one took its place, it is gone. Its name is that of
 * its certificate (use_username_as_clientid): nobody can have another's put here. */
void
bridge_log(struct bridge *b, const char *line, size_t len)
{
	const char *text = arena_strndup(b->x.arena, line, len), *at = strstr(text, ": Client ");

	if (at == NULL || strspn(text, "0123456789") != (size_t)(at - text))
		return;
	at += strlen(": Client ");
	size_t name = strcspn(at, " ");
	if (strncmp(at + name, " already connected", strlen(" already connected")) != 0)
		bridge_gone(b, arena_strndup(b->x.arena, at, name));
}
