/* peer.h: what the bridge knows of each node server that was heard of by MQTT; for bridge.c and bridge_in.c. */
#ifndef NODESERVER_PEER_H
#define NODESERVER_PEER_H

#include <stdbool.h>
#include <stdint.h>

#include "db/store.h"
#include "nodeserver/bridge.h"
#include "nodeserver/registry.h"

#define PEER_PREFIX	"pgc/"	/* of topics; the identity follows */
#define PEER_NAME_MAX	80	/* bytes, with the NUL */
#define PEER_NUMBERS	65536	/* of publications: as MQTT counts them */

struct peer {
	char		 identity[PEER_NAME_MAX];
	char		 worker[PEER_NAME_MAX];
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
	struct peer	*flying[PEER_NUMBERS];	/* whose publication a number is */
	int64_t		 began;		/* ms: when the connection was made */
};

struct peer	*peer_find(const struct bridge *, const char *identity);

/* The one that is there, or a new one. NULL without memory, or if the name is too long. */
struct peer	*peer_add(struct bridge *, const char *identity, const char *worker);

/* What was on its way to it is nobody's any more. peer_drop forgets it altogether. */
void		 peer_land(struct bridge *, struct peer *);
void		 peer_drop(struct bridge *, struct peer *);

/* Note in the node server's record whether it speaks MQTT: the next bridge asks for those that do. */
enum store_result peer_mark(const struct nodeserver_context *, struct nodeserver *, bool mqtt);

#endif
