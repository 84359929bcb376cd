/* nodemap.h: what a node is for everybody else: from nodedef, drivers and units to a device type, values and commands.
 *
 * A map is JSON, as docs/polyglot.md has it: {"handler": device type, "state": [{"driver", "capability", "attribute", "map"? or
 * "scale"?, "unit"?}], "commands": {"capability/command": {"cmd", "value"?, "uom"?, "scale"?}}}. It comes from the node server's nodedefs, else from
 * the drivers that the node has and the units that they are in. */
#ifndef NODESERVER_NODEMAP_H
#define NODESERVER_NODEMAP_H

struct arena;
struct checked_command;
struct device;
struct json;
struct nodeserver_context;

/* What is wrong with a node server's nodedefs (NULL: it has none); NULL if nothing is. */
const char	*nodemap_fault(const struct nodeserver_context *, const struct json *nodedefs);

/* The map of a node; NULL if it is nothing that others could use. */
const struct json *nodemap_find(struct arena *, const struct json *nodedefs, const char *nodedefid, const struct json *drivers);

/* The device that a map makes of a node; its first state has the values that the drivers have. NULL if it is fine. */
const char	*nodemap_device(const struct nodeserver_context *, const struct json *map, const char *id, const char *name,
		    const char *maker, const struct json *drivers, struct device *, struct json **state);

/* What a driver's value means: "capability.attribute" -> text is added to values. What is no value, or NULL. */
const char	*nodemap_values(const struct nodeserver_context *, const struct json *map, const char *driver, const char *value,
		    struct json *values);

/* The message part {"cmd", "value"?, "uom"?} of a command; NULL if the node has none for it. */
struct json	*nodemap_command(struct arena *, const struct json *map, const struct checked_command *);

#endif
