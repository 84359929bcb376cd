/* bridge.h: node servers that speak MQTT: what the daemon polyglot-mqtt does with what its connection brings. It knows topics and
 * acknowledgements, and nothing of the library that makes them.
 *
 * A node server sends to "pgc/<identity>/ns" (and ".../isy"), and is told at "pgc/<identity>/ns/<worker>". The broker sees to it
 * that nobody else does. What waits for it is published, and counts as told when the broker says that somebody listened; so it
 * survives a restart of bridge and broker. A message of no meaning, now and then, tells whether it listens still. */
#ifndef NODESERVER_BRIDGE_H
#define NODESERVER_BRIDGE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct bridge;
struct nodeserver_context;

#define BRIDGE_PROBE	15000	/* ms between two questions whether one listens */
#define BRIDGE_FLOOD	500	/* messages of one node server that are heard in BRIDGE_FLOOD_MS; more are dropped */
#define BRIDGE_FLOOD_MS	10000
#define BRIDGE_BACKLOG_MS 60000	/* ms after bridge_begin in which nothing is dropped for that */

/* Publish so that the broker acknowledges it; the number by which it will. 0 = it cannot be sent now. */
typedef int (*bridge_publish)(void *arg, const char *topic, const char *text);

/* The arena of the context is wiped after each of the calls below. NULL without memory. */
struct bridge	*bridge_new(const struct nodeserver_context *, bridge_publish, void *arg);
void		 bridge_free(struct bridge *);

/* The connection is there (again), and nothing came by it yet: whoever was connected by MQTT is asked for. */
void		 bridge_begin(struct bridge *);

/* A message came. What is no message of a node server that there is counts for nothing. False: the store failed; it must come again,
 * so it must not be acknowledged, nor what came after it. Otherwise what it asks for is on disk. */
bool		 bridge_take(struct bridge *, const char *topic, const char *text, size_t len);

/* The broker acknowledged a publication. heard: somebody listened. */
void		 bridge_heard(struct bridge *, int number, bool heard);

/* A line of the broker's log: it may say that a client is gone. bridge_gone says so itself. */
void		 bridge_log(struct bridge *, const char *line, size_t len);
void		 bridge_gone(struct bridge *, const char *identity);

/* Tell what there is to tell. In how many ms to come again, if no bell rings. */
int		 bridge_work(struct bridge *);

#endif
