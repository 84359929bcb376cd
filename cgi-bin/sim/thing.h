/* thing.h: the simulator's own devices: those that people can choose for a SmartApp.
 *
 * They exist nowhere but here. How they are stands in the home's record, app.states: {"<device id>": {"<capability>.<attribute>": value}}. */
#ifndef SIM_THING_H
#define SIM_THING_H

#include <stdbool.h>

struct arena;
struct json;

struct thing {
	const char	*id;	/* as SmartThings' are: a UUID */
	const char	*slug;	/* for people who type */
	const char	*name, *room;
};

/* Ended by one without an id. */
extern const struct thing thing_table[];

struct thing_attribute {
	const char	*thing;		/* its slug */
	const char	*capability, *attribute;
	const char	*first;		/* its value at the beginning */
	const char	*values;	/* words, separated by a space; NULL: a number */
	const char	*unit;		/* NULL = none */
};

/* Ended by one without a thing. */
extern const struct thing_attribute thing_attributes[];

/* By id or slug; NULL if there is none. */
const struct thing *thing_find(const char *name);

/* Has it all of these capabilities (array of texts), and none of those? NULL = none named. */
bool		 thing_has(const struct thing *, const struct json *all, const struct json *none);

/* One of a thing; capability NULL = the first that has this attribute; attribute NULL = the first one. NULL if there is none. */
const struct thing_attribute *thing_attribute(const struct thing *, const char *capability, const char *attribute);

/* Its value, out of app.states. */
struct json	*thing_value(struct arena *, const struct json *states, const struct thing *, const struct thing_attribute *);

/* Set it in states, a copy that may be changed. */
void		 thing_set(struct arena *, struct json *states, const struct thing *, const struct thing_attribute *,
		    struct json *value);

/* A value as people and forms write it, checked; NULL if this attribute has no such value. */
struct json	*thing_read(struct arena *, const struct thing_attribute *, const char *text);

/* The value that attribute is brought to by a command; NULL if the thing does not know it. */
struct json	*thing_obey(struct arena *, const struct thing *, const char *capability, const char *command,
		    const struct json *arguments, const struct thing_attribute **attribute);

/* GET /devices/ID/status: {"components": {"main": {capability: {attribute: {"value", "unit"}}}}} */
struct json	*thing_status(struct arena *, const struct json *states, const struct thing *);

#endif
