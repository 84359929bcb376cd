/* capability.h: the catalogue: what capabilities and device types are, read from conf/ once at start.
 *
 * conf/capabilities.json says of each capability which attributes it has (type, range, unit, first value) and which
 * commands (arguments, and what they do to attributes): no capability has code of its own. conf/device-types.json says
 * which capabilities a type has. docs/devices.md describes both files. */
#ifndef DEVICE_CAPABILITY_H
#define DEVICE_CAPABILITY_H

#include <stdbool.h>
#include <stddef.h>

struct arena;
struct capability;
struct catalogue;
struct device_type;
struct json;

/* Read both files from the folder conf, and from the folder custom (may be NULL) custom-capabilities.json, if there is one: the
 * owner's own capabilities, called namespace.name. The result lives in arena. NULL if one is not right; *why says file,
 * line and reason. */
struct catalogue *catalogue_load(struct arena *, const char *conf, const char *custom, const char **why);

/* Look, at most once a second, whether the owner's file was edited, and take it over; if it is not right, say so in the log
 * and go on as before. What was found in the catalogue until then is gone: for between requests. */
void		 catalogue_refresh(struct catalogue *);

/* Give back what catalogue_refresh took. NULL is allowed. */
void		 catalogue_close(struct catalogue *);

/* A capability by its id, with or without "st." in front ("switchLevel"); NULL if there is none. */
const struct capability *catalogue_capability(const struct catalogue *, const char *id);

/* Does the capability of this id have such an attribute? */
bool		 catalogue_has_attribute(const struct catalogue *, const char *capability, const char *attribute);

/* ... such a command? */
bool		 catalogue_has_command(const struct catalogue *, const char *capability, const char *command);

/* A device type by its name ("c2c-dimmer"); NULL if there is none. */
const struct device_type *catalogue_type(const struct catalogue *, const char *name);

/* Names of all types, in the file's order: for people who must choose. NULL past the end. */
const char	*catalogue_type_name(const struct catalogue *, size_t i);

#endif
