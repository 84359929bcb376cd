/* states.h: states as Schema's messages have them. */
#ifndef SCHEMA_STATES_H
#define SCHEMA_STATES_H

#include <stddef.h>

struct arena;
struct device;
struct json;
struct state_value;

/* A device as discovery has it (schema protocol 4.1). */
struct json	*schema_device(struct arena *, const char *user, const struct device *);

/* "st.switch"; a custom capability (namespace.name) as it is. */
const char	*schema_capability(struct arena *, const char *id);

/* Append one value, copied into the arena, to a list of states. Returns about how many bytes of memory that took. */
size_t		 schema_add_state(struct arena *, struct json *states, const struct state_value *);

/* The end of a device, appended to a list deviceState. */
void		 schema_add_end(struct arena *, struct json *list, const char *id);

/* What the states in an answer to commands may come to in memory: some 15,000 of them. Who asks for more must ask for fewer devices at a time. */
#define SCHEMA_STATES_MAX ((size_t)12 << 20)

#endif
