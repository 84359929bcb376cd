/* value.h: is a value what its type says, and what did a person mean by this text. */
#ifndef DEVICE_VALUE_H
#define DEVICE_VALUE_H

struct arena;
struct attribute;
struct definition;
struct json;
struct value_type;

#define VALUE_MAX_BYTES	16384	/* of a list or an object, printed */

/* Read a type from a definition: the members of v that say it (see docs/devices.md). */
void	 value_type_read(struct definition *, const char *path, const struct json *v, struct value_type *);

/* The names of those members, for definition_members. */
#define VALUE_TYPE_MEMBERS "type values min max format items members required"

/* NULL if v may stand where this type is asked for; else what is wrong: "must be 0 to 100". An enum is exact, an
 * integer has no fraction, a number is finite, a text has at most so many characters (schema protocol 4.4). */
const char *value_fault(struct arena *, const struct value_type *, const struct json *v);

/* v as it is kept: without members that its type does not know, so that nobody leaves more than that in an attribute,
 * and with 0 for -0. */
const struct json *value_kept(struct arena *, const struct value_type *, const struct json *v);

/* Read what a person typed for an attribute: a number with its unit behind it ("20.5C"), true or false, JSON for lists
 * and objects, else the text itself. *unit is the one typed, NULL if none was. NULL if it is fine. */
const char *value_parse(struct arena *, const struct attribute *, const char *text, struct json **value,
	    const char **unit);

/* Is this one of the attribute's units? The attribute's own copy of it; NULL if not. */
const char *value_unit(const struct attribute *, const char *unit);

#endif
