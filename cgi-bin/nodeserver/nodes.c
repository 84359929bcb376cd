/* nodes.c: records of nodes, in step with their devices.
 *
 * long because: what a node's coming, changing and going means for its device stands here in one place; nodes_all.c goes through
 * all of them. */
#include "nodeserver/nodes.h"

#include <string.h>

#include "base/arena.h"
#include "base/clock.h"
#include "base/config.h"
#include "base/json.h"
#include "base/text.h"
#include "db/record.h"
#include "device/device.h"
#include "device/state.h"
#include "nodeserver/nodemap.h"
#include "nodeserver/registry.h"
#include "base/banned.h"

#define WORD_MAX 64	/* bytes of a driver's name, a value, a nodedefid */

static char *
number(struct arena *a, int n)
{
	return arena_printf(a, "%d", n);
}

static char *
node_key(struct arena *a, const char *user, int n, const char *address)
{
	return record_key(a, "node", user, number(a, n), address, NULL);
}

static char *
list_key(struct arena *a, const struct nodeserver *ns)
{
	return record_key(a, "nodes", ns->user, number(a, ns->n), NULL);
}

char *
nodes_device_id(struct arena *a, int n, const char *address)
{
	return arena_printf(a, "n%03d_%s", n, address);
}

bool
nodes_of_device(const char *device, int *n, const char **address)
{
	long long slot;
	char digits[4] = "";

	if (strlen(device) < 6 || device[0] != 'n' || device[4] != '_')
		return false;
	memcpy(digits, device + 1, 3);
	while (digits[0] == '0' && digits[1] != '\0')
		memmove(digits, digits + 1, strlen(digits));
	if (!text_to_int(digits, 1, REGISTRY_SLOTS, &slot))
		return false;
	*n = (int)slot;
	*address = device + 5;
	return true;
}

/* --- reading --- */

static struct json *
addresses_of(enum store_result r, struct arena *a, struct json *list)
{
	return r == STORE_OK && json_get(list, "addresses") != NULL ? json_copy(a, json_get(list, "addresses")) : json_array(a);
}

enum store_result
nodes_addresses(const struct nodeserver_context *x, const struct nodeserver *ns, struct json **addresses)
{
	struct json *list;
	enum store_result r = record_get(x->store, x->arena, list_key(x->arena, ns), &list);

	*addresses = addresses_of(r, x->arena, list);
	return r == STORE_ABSENT ? STORE_OK : r;
}

enum store_result
nodes_tx_addresses(struct store_tx *tx, const struct nodeserver *ns, struct json **addresses)
{
	struct arena *a = store_tx_arena(tx);
	struct json *list;
	enum store_result r = record_tx_get(tx, list_key(a, ns), &list);

	*addresses = addresses_of(r, a, list);
	return r == STORE_ABSENT ? STORE_OK : r;
}

static enum store_result
tx_put_addresses(struct store_tx *tx, const struct nodeserver *ns, struct json *addresses)
{
	struct arena *a = store_tx_arena(tx);
	struct json *list = record_new(a);

	if (json_first(addresses) == NULL)
		return record_tx_delete(tx, list_key(a, ns));
	json_set(a, list, "addresses", addresses);
	return record_tx_put(tx, list_key(a, ns), list, 0);
}

enum store_result
nodes_find(struct store *s, struct arena *a, const char *user, int n, const char *address, struct json **node)
{
	return record_get(s, a, node_key(a, user, n, address), node);
}

/* A node as its node server knows it: without what is ours. */
static struct json *
shown(struct arena *a, struct json *node)
{
	json_set(a, node, "v", NULL);
	json_set(a, node, "map", NULL);
	json_set(a, node, "device", NULL);
	json_set(a, node, "reports", NULL);
	return node;
}

enum store_result
nodes_show(const struct nodeserver_context *x, const struct nodeserver *ns, struct json **nodes)
{
	struct arena *a = x->arena;
	struct json *addresses, *node;
	enum store_result r = nodes_addresses(x, ns, &addresses);

	*nodes = json_object(a);
	for (const struct json *v = json_first(addresses); r == STORE_OK && v != NULL; v = json_next(v)) {
		if ((r = nodes_find(x->store, a, ns->user, ns->n, json_string(v), &node)) == STORE_OK)
			json_set(a, *nodes, json_string(v), shown(a, node));
		else if (r == STORE_ABSENT)
			r = STORE_OK;
	}
	return r;
}

/* --- what a message says of a node --- */

static const char *
address_fault(const char *address)
{
	if (address == NULL || *address == '\0')
		return "address is missing";
	if (strlen(address) > NODES_ADDRESS_MAX)
		return "address has more than 14 characters";
	return strspn(address, "abcdefghijklmnopqrstuvwxyz0123456789_") == strlen(address) ? NULL :
	    "address may hold small letters, digits and _";
}

/* A value as text: clients send numbers, too, and a zero and nothing are values. NULL if it is neither. */
static const char *
value_text(struct arena *a, const struct json *v)
{
	const char *text = json_type(v) == JSON_NUMBER || json_type(v) == JSON_BOOL ? json_print(a, v) : json_string(v);

	return text != NULL && strlen(text) <= WORD_MAX ? text : NULL;
}

static const char *
word(const char *text)
{
	return text != NULL && text_is_name(text, WORD_MAX) ? text : NULL;
}

/* Drivers as an object by name, from either form that clients send. NULL if they are not right. */
static struct json *
read_drivers(struct arena *a, const struct json *said)
{
	struct json *drivers = json_object(a);

	if ((json_type(said) != JSON_ARRAY && json_type(said) != JSON_OBJECT) || json_count(said) > NODES_DRIVERS)
		return NULL;
	for (const struct json *v = json_first(said); v != NULL; v = json_next(v)) {
		const char *name = word(json_type(said) == JSON_OBJECT ? json_name(v) : json_get_string(v, "driver"));
		const char *value = json_get(v, "value") != NULL ? value_text(a, json_get(v, "value")) : "0";
		const struct json *uom = json_get(v, "uom");
		if (name == NULL || value == NULL || (uom != NULL && value_text(a, uom) == NULL))
			return NULL;
		struct json *d = json_set(a, drivers, name, json_object(a));
		json_set_string(a, d, "value", value);
		json_set(a, d, "uom", uom != NULL ? json_copy(a, uom) : json_new_number(a, 56));
	}
	return drivers;
}

static struct json *
read_node(struct arena *a, const struct json *said, struct node_result *result)
{
	static const char *const names[] = { "address", "name", "nodedefid", "primary" };
	struct json *node = record_new(a), *drivers = read_drivers(a, json_get(said, "drivers"));
	const char *why = NULL;

	for (size_t i = 0; why == NULL && i < sizeof(names) / sizeof(names[0]); i++) {
		const char *text = json_get_string(said, names[i]);
		if (text == NULL || !text_is_name(text, i == 1 ? DEVICE_NAME_MAX : WORD_MAX))
			why = arena_printf(a, "%s is missing, or no short text", names[i]);
		else
			json_set_string(a, node, names[i], text);
	}
	if (why == NULL)
		why = address_fault(json_get_string(node, "address"));
	if (why == NULL && drivers == NULL)
		why = "drivers must be a list of {driver, value, uom}";
	if (why != NULL) {
		*result = (struct node_result){ 400, why };
		return NULL;
	}
	json_set(a, node, "drivers", drivers);
	json_set_bool(a, node, "isPrimary", strcmp(json_get_string(node, "primary"), json_get_string(node, "address")) == 0);
	if (json_get(said, "hint") != NULL && strlen(json_print(a, json_get(said, "hint"))) <= WORD_MAX)
		json_set(a, node, "hint", json_copy(a, json_get(said, "hint")));
	return node;
}

/* --- adding --- */

/* The node's drivers with another value of one. */
static void
set_driver(struct arena *a, struct json *node, const char *driver, const char *value, const struct json *uom)
{
	struct json *drivers = json_copy(a, json_get(node, "drivers")), *d = json_object(a);

	json_set_string(a, d, "value", value);
	json_set(a, d, "uom", json_copy(a, uom));
	json_set(a, drivers, driver, d);
	json_set(a, node, "drivers", drivers);
}

/* The server says how a controller is: it cannot tell by itself that it is gone. */
static void
set_controller(struct arena *a, struct json *node, bool connected)
{
	set_driver(a, node, "ST", connected ? "1" : "0", json_new_number(a, 2));
}

/* Its device, as the map in the node's record makes it; one of another kind goes first. */
static enum store_result
tx_device(struct store_tx *tx, const struct nodeserver_context *x, const struct nodeserver *ns, struct json *node,
    const struct json *before, struct node_result *result)
{
	struct arena *a = store_tx_arena(tx);
	const struct nodeserver_context here = { x->config, x->store, x->keyring, x->catalogue, a };
	const struct json *map = json_get(node, "map");
	const char *id = nodes_device_id(a, ns->n, json_get_string(node, "address")), *name = json_get_string(node, "name"), *why;
	const char *old_name = json_get_string(before, "name");
	struct device d, there;
	struct json *state;
	bool exists, ours;
	enum store_result r = device_tx_find(tx, ns->user, id, &there);

	if (r != STORE_OK && r != STORE_ABSENT)
		return r;
	ours = r == STORE_OK && strcmp(there.source, "node") == 0;
	if (map == NULL)
		return ours ? device_tx_delete(tx, ns->user, id) : STORE_OK;
	if (r == STORE_OK && !ours) {
		*result = (struct node_result){ 409, arena_printf(a, "there is another device %s", id) };
		return STORE_OK;
	}
	/* Its owner may have called it something else: only a name that is new here counts. */
	if (ours && json_equal(map, json_get(before, "map")))
		return strcmp(name, old_name) == 0 ? STORE_OK : device_tx_relabel(tx, ns->user, id, name, NULL);
	if ((why = nodemap_device(&here, map, id, name, ns->name, json_get(node, "drivers"), &d, &state)) != NULL) {
		json_set_bool(a, node, "device", false);
		*result = (struct node_result){ 200, arena_printf(a, "it is kept, but is no device: %s", why) };
		return STORE_OK;
	}
	json_set_bool(a, state, "online", ns->connected);
	if (ours && (r = device_tx_delete(tx, ns->user, id)) != STORE_OK)
		return r;
	r = device_tx_add(tx, ns->user, &d, state, (size_t)x->config->limits.devices_per_user, &exists);
	if (r != STORE_LIMIT)
		return r;
	*result = (struct node_result){ 409, "the user has as many devices as there may be" };
	return STORE_OK;
}

enum store_result
nodes_tx_add(struct store_tx *tx, const struct nodeserver_context *x, const struct nodeserver *ns, const struct json *said,
    struct node_result *result)
{
	struct arena *a = store_tx_arena(tx);
	struct json *node = read_node(a, said, result), *before, *addresses;
	enum store_result r = nodes_tx_addresses(tx, ns, &addresses);

	if (r != STORE_OK || node == NULL)
		return r;
	*result = (struct node_result){ 200, NULL };
	const char *address = json_get_string(node, "address"), *primary = json_get_string(node, "primary");
	if ((r = record_tx_get(tx, node_key(a, ns->user, ns->n, address), &before)) != STORE_OK && r != STORE_ABSENT)
		return r;
	if (strcmp(primary, address) != 0 && !json_array_has(addresses, primary))
		*result = (struct node_result){ 400, arena_printf(a, "there is no node %.20s to be its primary", primary) };
	else if (before == NULL && json_count(addresses) >= NODES_MAX)
		*result = (struct node_result){ 409, "there are 500 nodes already" };
	if (result->status != 200)
		return STORE_OK;
	json_set_int(a, node, "timeAdded", json_get_int(before, "timeAdded", clock_ms()));
	json_set_int(a, node, "timeStarted", clock_ms());
	if (strcmp(address, NODES_CONTROLLER) != 0) {
		const struct json *map = nodemap_find(a, json_get(ns->record, "nodedefs"), json_get_string(node, "nodedefid"),
		    json_get(node, "drivers"));
		json_set(a, node, "map", map != NULL ? json_copy(a, map) : NULL);
		json_set_bool(a, node, "device", map != NULL);
	}
	r = tx_device(tx, x, ns, node, before, result);
	if (r != STORE_OK || result->status != 200)
		return r;
	if (before == NULL) {
		json_append_string(a, addresses, address);
		r = tx_put_addresses(tx, ns, addresses);
	} else	/* what it says of its values then is what it starts with; what was reported since counts more */
		json_set(a, node, "drivers", json_copy(a, json_get(json_equal(json_get(before, "map"), json_get(node, "map")) ?
		    before : node, "drivers")));
	if (strcmp(address, NODES_CONTROLLER) == 0)
		set_controller(a, node, ns->connected);
	return r == STORE_OK ? record_tx_put(tx, node_key(a, ns->user, ns->n, address), node, 0) : r;
}

/* --- values --- */

enum store_result
nodes_tx_status(struct store_tx *tx, const struct nodeserver_context *x, const struct nodeserver *ns, const struct json *said,
    struct node_result *result)
{
	struct arena *a = store_tx_arena(tx);
	const char *address = json_get_string(said, "address"), *driver = json_get_string(said, "driver");
	const char *value = value_text(a, json_get(said, "value")), *key, *why, *fault = NULL;
	struct json *node, *values = json_object(a);

	*result = (struct node_result){ 400, "a status needs address, driver and value" };
	if (address == NULL || driver == NULL || value == NULL || (key = node_key(a, ns->user, ns->n, address)) == NULL)
		return STORE_OK;
	enum store_result r = record_tx_get(tx, key, &node);
	*result = (struct node_result){ 404, arena_printf(a, "there is no node %.20s", address) };
	if (r != STORE_OK)
		return r == STORE_ABSENT ? STORE_OK : r;
	*result = (struct node_result){ 404, arena_printf(a, "the node has no driver %.20s", driver) };
	const struct json *there = json_get(json_get(node, "drivers"), driver);
	if (there == NULL)
		return STORE_OK;
	set_driver(a, node, driver, value, json_get(there, "uom"));
	json_set_int(a, node, "reports", json_get_int(node, "reports", 0) + 1);
	*result = (struct node_result){ 200, NULL };
	if ((r = record_tx_put(tx, key, node, 0)) != STORE_OK || !json_get_bool(node, "device", false))
		return r;
	const struct nodeserver_context here = { x->config, x->store, x->keyring, x->catalogue, a };
	why = nodemap_values(&here, json_get(node, "map"), driver, value, values);
	r = state_tx_report(tx, x->catalogue, ns->user, nodes_device_id(a, ns->n, address),
	    &(struct state_report){ ns->connected, values }, &fault);
	result->why = why != NULL ? why : fault;
	return r == STORE_ABSENT ? STORE_OK : r;	/* its owner has deleted the device */
}

enum store_result
nodes_tx_controller(struct store_tx *tx, const struct nodeserver *ns, bool connected)
{
	struct arena *a = store_tx_arena(tx);
	const char *key = node_key(a, ns->user, ns->n, NODES_CONTROLLER);
	struct json *node;
	enum store_result r = record_tx_get(tx, key, &node);

	if (r != STORE_OK)
		return r == STORE_ABSENT ? STORE_OK : r;
	set_controller(a, node, connected);
	return record_tx_put(tx, key, node, 0);
}

/* --- removing --- */

/* One of them, and its device unless that is kept. */
static enum store_result
tx_drop(struct store_tx *tx, const struct nodeserver *ns, const char *address, bool keep_device)
{
	struct arena *a = store_tx_arena(tx);
	const char *id = nodes_device_id(a, ns->n, address);
	struct device d;
	enum store_result r = keep_device ? STORE_ABSENT : device_tx_find(tx, ns->user, id, &d);

	if (r == STORE_OK && strcmp(d.source, "node") == 0)
		r = device_tx_delete(tx, ns->user, id);
	return r == STORE_OK || r == STORE_ABSENT ? record_tx_delete(tx, node_key(a, ns->user, ns->n, address)) : r;
}

static enum store_result
has_children(struct store_tx *tx, const struct nodeserver *ns, const struct json *addresses, const char *primary, bool *some)
{
	struct arena *a = store_tx_arena(tx);
	enum store_result r = STORE_OK;

	*some = false;
	for (const struct json *v = json_first(addresses); r == STORE_OK && v != NULL && !*some; v = json_next(v)) {
		struct json *node;
		if ((r = record_tx_get(tx, node_key(a, ns->user, ns->n, json_string(v)), &node)) == STORE_OK)
			*some = strcmp(json_string(v), primary) != 0 && json_get_string(node, "primary") != NULL &&
			    strcmp(json_get_string(node, "primary"), primary) == 0;
		else if (r == STORE_ABSENT)
			r = STORE_OK;
	}
	return r;
}

enum store_result
nodes_tx_remove(struct store_tx *tx, const struct nodeserver *ns, const char *address, struct node_result *result)
{
	struct json *addresses;
	bool some;
	enum store_result r = nodes_tx_addresses(tx, ns, &addresses);

	*result = (struct node_result){ 200, NULL };
	if (r != STORE_OK || !json_array_has(addresses, address))
		return r;
	if ((r = has_children(tx, ns, addresses, address, &some)) != STORE_OK)
		return r;
	if (some) {
		*result = (struct node_result){ 409, "other nodes have it as their primary: remove those first" };
		return STORE_OK;
	}
	json_array_remove(addresses, address);
	r = tx_drop(tx, ns, address, false);
	return r == STORE_OK ? tx_put_addresses(tx, ns, addresses) : r;
}

enum store_result
nodes_tx_drop(struct store_tx *tx, const struct nodeserver *ns, int n, bool keep_devices)
{
	struct json *addresses;
	enum store_result r = nodes_tx_addresses(tx, ns, &addresses);

	for (int i = 0; i < n && json_first(addresses) != NULL && r == STORE_OK; i++) {
		r = tx_drop(tx, ns, json_string(json_first(addresses)), keep_devices);
		json_remove_first(addresses);
	}
	return r == STORE_OK ? tx_put_addresses(tx, ns, addresses) : r;
}

enum store_result
nodes_tx_remap(struct store_tx *tx, const struct nodeserver_context *x, const struct nodeserver *ns, const char *address)
{
	struct json *node;
	struct node_result result;
	enum store_result r = record_tx_get(tx, node_key(store_tx_arena(tx), ns->user, ns->n, address), &node);

	return r == STORE_OK ? nodes_tx_add(tx, x, ns, node, &result) : r == STORE_ABSENT ? STORE_OK : r;
}
