/* device.h: a user's devices: what they are and where they come from.
 *
 * Two records a device: "device/<user>/<id>" (what it is) and "state/<user>/<id>" (how it is), and one list a user,
 * "devices/<user>". They are written together in one transaction. */
#ifndef DEVICE_DEVICE_H
#define DEVICE_DEVICE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "db/store.h"

struct arena;
struct catalogue;
struct json;

#define DEVICE_ID_MAX 64	/* of [A-Za-z0-9._:#~-]: opaque to everyone, unique within a user, never changed */
#define DEVICE_NAME_MAX 100
#define DEVICE_CAPABILITIES 64	/* of one device, over all components */
#define DEVICE_STATE_MAX 49152	/* bytes of a first state, below STATE_MAX */

/* The two capabilities that each device has on its component main. */
#define DEVICE_HEALTH	"healthCheck"
#define DEVICE_REFRESH	"refresh"

#define SOURCE_LINK "link"	/* devices of other makers' clouds: nobody but those says how they are */

struct device {
	const char	*id, *name;
	const char	*room;		/* NULL if none */
	const char	*type;		/* a c2c name, or a device profile UUID */
	const char	*source;	/* "virtual", SOURCE_LINK, "node" */
	const struct json *remote;	/* what its source knows it by: an object of the source's own; NULL if none */
	const char	*manufacturer, *model;	/* never blank: SmartThings refuses a device without them */
	const char	*hw_version, *sw_version;	/* NULL if none */
	const struct json *components;	/* {"main":["switch","switchLevel"], ...}: capability ids without "st." */
	const struct json *categories;	/* array of strings, as Schema's deviceContext wants them */
	int64_t		 created;	/* seconds; device_add sets it */
};

/* Build a device from a definition as conf's starter_devices, the tool and the console have it:
 * {"id","type","name","room"?,"manufacturer"?,"model"?,"hwVersion"?,"swVersion"?,"components"? | "capabilities"?,
 *  "categories"?, "set"? {"switchLevel.level": 40, "outlet2/switch.switch": "on"}}
 * A type that is a UUID needs capabilities (all on main) or components; a c2c type takes them from the catalogue.
 * healthCheck and refresh are added to main.
 * NULL if it is fine; else a sentence that says what is not. *state is the first state record. */
const char	*device_define(struct arena *, const struct catalogue *, const struct json *definition,
		    struct device *, struct json **state);

/* Add it. *exists: the user has one of that id already (nothing is written). STORE_LIMIT: over max devices. */
enum store_result device_add(struct store *, struct arena *, const char *user, const struct device *,
		    const struct json *state, size_t max, bool *exists);

/* The same inside a transaction. */
enum store_result device_tx_add(struct store_tx *, const char *user, const struct device *, const struct json *state,
		    size_t max, bool *exists);

/* Add all of an array of definitions in as few transactions as fit; those that exist already are left alone.
 * *why (may be set on STORE_LIMIT): what a definition has wrong. */
enum store_result device_add_all(struct store *, struct arena *, const struct catalogue *, const char *user,
		    const struct json *definitions, size_t max, const char **why);

/* The same inside a transaction: they live in its arena. */
enum store_result device_tx_find(struct store_tx *, const char *user, const char *id, struct device *);

enum store_result device_find(struct store *, struct arena *, const char *user, const char *id, struct device *);

/* The key of its record, and the device in that record; false if the record is not one. */
char		*device_key(struct arena *, const char *user, const char *id);
bool		 device_read(const struct json *record, struct device *);

/* Ids of a user's devices in the order in which they were added; an empty array if there are none. */
enum store_result device_ids(struct store *, struct arena *, const char *user, struct json **ids);

enum store_result device_rename(struct store *, struct arena *, const char *user, const char *id, const char *name);

/* Put it into a room; NULL: into none. */
enum store_result device_move(struct store *, struct arena *, const char *user, const char *id, const char *room);
enum store_result device_delete(struct store *, struct arena *, const char *user, const char *id);


/* The same inside a transaction; STORE_ABSENT if there is none of that id. */
enum store_result device_tx_delete(struct store_tx *, const char *user, const char *id);

/* Its source has a new name for it, and perhaps new facts: both are written, and a new name is told. */
enum store_result device_tx_relabel(struct store_tx *, const char *user, const char *id, const char *name,
		    const struct json *remote);

/* All of them: before an account goes. */
enum store_result device_delete_all(struct store *, struct arena *, const char *user);

/* Why this text cannot be a device's id, name or room; NULL if it can. */
const char	*device_id_fault(const char *);
const char	*device_name_fault(const char *);

/* Does it have this capability ("switch", without "st.") in this component? */
bool		 device_has(const struct device *, const char *component, const char *capability);

/* For people and --json: everything but the state. */
struct json	*device_show(struct arena *, const struct device *);

#endif
