/* pick.h: values out of a vendor's answer, by JSON pointers (RFC 6901) and the rules of its connector. */
#ifndef LINK_PICK_H
#define LINK_PICK_H

#include <stdbool.h>
#include <stddef.h>

struct arena;
struct catalogue;
struct connector;
struct json;

/* What stands at pointer ("/devices/0/name"; "" = v itself). NULL if nothing does, or if v or pointer is NULL. */
const struct json *pick(struct arena *, const struct json *v, const char *pointer);

/* The same by a rule's member that is a pointer: pick_by(a, item, list, "name"). */
const struct json *pick_by(struct arena *, const struct json *v, const struct json *rule, const char *member);

/* A text or a number as text; NULL if it is neither, or longer than max bytes. */
const char	*pick_text(struct arena *, const struct json *, size_t max);

/* Does what rule's pointer leads to equal rule's "equals"? Without "equals": is it there, and neither null nor false? */
bool		 pick_equals(struct arena *, const struct json *v, const struct json *rule);

/* Is name ("switch/on", "st.switch/on") a command of the catalogue? */
bool		 pick_is_command(struct arena *, const struct catalogue *, const char *name);

#define PICK_ID_MAX	200	/* bytes of a vendor's id of a device */

/* One device, as the vendor tells it. */
struct pick_device {
	const char	*id;		/* the vendor's */
	const char	*name, *room, *manufacturer, *model;	/* NULL if it says nothing of it; fit to be shown */
	const char	*type;		/* ours; NULL: of no type that the connector knows */
	bool		 online;
	const struct json *values;	/* "outlet2/switch.switch" -> value */
};

/* Read one element of a list. False if it has no id that we could keep. */
bool		 pick_device(struct arena *, const struct catalogue *, const struct connector *, const struct json *item,
		    struct pick_device *);

/* Is it there, by what the vendor says of it? */
bool		 pick_online(struct arena *, const struct connector *, const struct json *item);

/* The values of a device of a type, out of what the vendor says of it. */
const struct json *pick_values(struct arena *, const struct connector *, const char *type, const struct json *item);

#endif
