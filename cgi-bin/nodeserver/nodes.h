/* nodes.h: the nodes of a node server, each with the device that it is for everybody else.
 *
 * Two kinds of records: "node/<user>/<n>/<address>" and the list "nodes/<user>/<n>". A node that a map fits (nodemap.h) is
 * the device "n005_address" (slot 5), which goes and comes with it in the same transaction; its map stands in its record, so
 * that commands need nothing else. The controller is a node without a device. */
#ifndef NODESERVER_NODES_H
#define NODESERVER_NODES_H

#include <stdbool.h>
#include <stdint.h>

#include "db/store.h"

struct arena;
struct json;
struct nodeserver;
struct nodeserver_context;

#define NODES_MAX	500	/* of one node server */
#define NODES_ADDRESS_MAX 14	/* characters, as an ISY has it */
#define NODES_DRIVERS	32	/* of one node */
#define NODES_CONTROLLER "controller"

/* What came of one node's message: status as HTTP has it, and a sentence if it was refused. */
struct node_result {
	int		 status;
	const char	*why;
};

/* Add a node, or change one that is there: {"address", "name", "nodedefid", "primary", "drivers", "hint"?}. A store's fault
 * is the return value; what is wrong with the node is in the result. */
enum store_result nodes_tx_add(struct store_tx *, const struct nodeserver_context *, const struct nodeserver *,
		    const struct json *node, struct node_result *);

/* Take one away, with those whose primary it is. It is no fault if there is none. */
enum store_result nodes_tx_remove(struct store_tx *, const struct nodeserver *, const char *address, struct node_result *);

/* {"address", "driver", "value", "uom"?}: keep the value, and put what it means into the device's state. */
enum store_result nodes_tx_status(struct store_tx *, const struct nodeserver_context *, const struct nodeserver *,
		    const struct json *status, struct node_result *);

/* The controller's ST: "1" while its node server is connected. Nothing happens if there is no controller. */
enum store_result nodes_tx_controller(struct store_tx *, const struct nodeserver *, bool connected);

/* For nodes_all.c: the addresses; forget the first n of them; read one's map anew from the nodedefs. */
enum store_result nodes_tx_addresses(struct store_tx *, const struct nodeserver *, struct json **addresses);
enum store_result nodes_tx_drop(struct store_tx *, const struct nodeserver *, int n, bool keep_devices);
enum store_result nodes_tx_remap(struct store_tx *, const struct nodeserver_context *, const struct nodeserver *, const char *address);

/* Their addresses; all of them as an object by address, for its config. */
enum store_result nodes_addresses(const struct nodeserver_context *, const struct nodeserver *, struct json **addresses);
enum store_result nodes_show(const struct nodeserver_context *, const struct nodeserver *, struct json **nodes);

/* One node's record. */
enum store_result nodes_find(struct store *, struct arena *, const char *user, int n, const char *address, struct json **node);

/* All of its devices turn offline, or online. */
enum store_result nodes_set_online(const struct nodeserver_context *, const struct nodeserver *, bool online);

/* The node server's nodedefs are others: its nodes are other devices, or none, where their maps are others. */
enum store_result nodes_remap(const struct nodeserver_context *, const struct nodeserver *);

/* Forget all nodes; their devices go too, unless they are kept. */
enum store_result nodes_forget(const struct nodeserver_context *, const struct nodeserver *, bool keep_devices);

/* The id of a node's device; and which node a device's id stands for: false if for none. */
char		*nodes_device_id(struct arena *, int n, const char *address);
bool		 nodes_of_device(const char *device, int *n, const char **address);

#endif
