/* registry.h: a user's node servers: what each is called, may keep here, and proves itself with.
 *
 * Up to REGISTRY_SLOTS a user, numbered from 1 (their profileNum). Each has a worker, the random name that it is reached by;
 * its token and the password of its PGURL are derived from the server key, the worker and a generation: nothing of them is
 * stored, and a rotation is the next generation. What it leaves here (customData, customParams) and its OAuth settings are
 * encrypted, as people keep tokens there. */
#ifndef NODESERVER_REGISTRY_H
#define NODESERVER_REGISTRY_H

#include <stdbool.h>
#include <stddef.h>

#include "db/store.h"

struct arena;
struct catalogue;
struct config;
struct json;
struct keyring;

#define REGISTRY_SLOTS	25
#define REGISTRY_DATA_MAX 65536	/* bytes of customData, as JSON text */
#define REGISTRY_MEMBER_MAX 16384	/* of customParams, notices, oauth, nodedefs, each */
#define REGISTRY_POLL_MAX 86400	/* seconds */

/* What the functions of this room work with. */
struct nodeserver_context {
	const struct config	*config;
	struct store		*store;
	const struct keyring	*keyring;
	const struct catalogue	*catalogue;
	struct arena		*arena;
};

/* One node server, as its record "nodeserver/<user>/<n>" has it. */
struct nodeserver {
	const char	*user;
	int		 n;		/* its slot */
	const char	*worker, *name;
	bool		 connected;
	bool		 stopped;	/* by its owner: it does not count as connected until it is started */
	struct json	*record;
};

/* The record's key. */
char		*registry_key(struct arena *, const char *user, int n);

/* Make one of {"name", "profileNum"?, "type"?, "oauth"?, "nodedefs"?, "development"?}; profileNum absent: the first free slot.
 * STORE_LIMIT with *why and *status (HTTP: 400 or 409) if that cannot be. */
enum store_result registry_create(const struct nodeserver_context *, const char *user, const struct json *spec,
		    struct nodeserver *, const char **why, int *status);

/* Change {"oauth"?, "nodedefs"?} in a transaction; their nodes are not touched. What is wrong with them; NULL: nothing. */
enum store_result registry_tx_configure(struct store_tx *, const struct keyring *, struct nodeserver *, const struct json *change);
const char	*registry_fault(const struct nodeserver_context *, const struct json *spec);

/* One of a user's; one by its worker. STORE_ABSENT if there is none. */
enum store_result registry_find(const struct nodeserver_context *, const char *user, int n, struct nodeserver *);
enum store_result registry_find_worker(const struct nodeserver_context *, const char *worker, struct nodeserver *);

/* The same inside a transaction. A registry_tx_put writes the record again. */
enum store_result registry_tx_find(struct store_tx *, const char *user, int n, struct nodeserver *);
enum store_result registry_tx_put(struct store_tx *, const struct nodeserver *);

/* Call fn for each of a user's, in the order of their slots. */
enum store_result registry_each(const struct nodeserver_context *, const char *user,
		    void (*fn)(void *arg, const struct nodeserver *), void *arg);

/* The token that the node server sends with every call; the address that a developer starts it with. */
char		*registry_token(const struct nodeserver_context *, const struct nodeserver *);
char		*registry_pgurl(const struct nodeserver_context *, const struct nodeserver *);

/* Is this its token? Whose is this parameter of a PGURL? STORE_ABSENT if it is nobody's, for whatever reason. */
bool		 registry_token_fits(const struct nodeserver_context *, const struct nodeserver *, const char *token);
enum store_result registry_find_params(const struct nodeserver_context *, const char *params, struct nodeserver *);

/* Who it is for the broker: the name of its certificate and, as "pgc/<identity>", the beginning of its topics ("stage"). Another
 * after each rotation, so that former certificates speak for nobody. */
char		*registry_identity(struct arena *, const struct nodeserver *);

/* The one that an identity is of now; STORE_ABSENT if it is nobody's, or was rotated. */
enum store_result registry_find_identity(const struct nodeserver_context *, const char *identity, struct nodeserver *);

/* Token, PGURL and identity are others from now on. */
enum store_result registry_rotate(const struct nodeserver_context *, struct nodeserver *);

/* Was this worker, whose token it is, deleted within the last hour? STORE_OK once; STORE_ABSENT otherwise. */
enum store_result registry_find_gone(const struct nodeserver_context *, const char *worker, const char *token);

/* Take its records away; nodes, devices and messages must be gone already. */
enum store_result registry_tx_delete(struct store_tx *, const struct nodeserver *);

/* A member that is kept encrypted: "customData", "customParams", "oauth". Never NULL. */
struct json	*registry_hidden(const struct keyring *, struct arena *, const struct nodeserver *, const char *member);
void		 registry_hide(const struct keyring *, struct arena *, struct nodeserver *, const char *member,
		    const struct json *);

/* The id of the user's controller, which node servers know as that of an ISY: made of the user's, as a MAC address. */
char		*registry_controller(struct arena *, const char *user);

/* What a node server is told about itself ("config", and nodeServer at its start): the record with all that it may know.
 * nodes is put in as it is. */
struct json	*registry_show(const struct nodeserver_context *, const struct nodeserver *, struct json *nodes);

#endif
