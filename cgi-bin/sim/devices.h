/* devices.h: what SmartThings knows of the devices of a home, by what it was told.
 *
 * In the record "sim-devices/<home>": "list", each {id, name, type, room, maker, model, offline, states}, where states is an
 * array of {component, capability, attribute, value, unit, data, timestamp}; and "more", how many did not fit. All of these
 * are called inside a home_fn, with the record that it is given. */
#ifndef SIM_DEVICES_H
#define SIM_DEVICES_H

#include <stdbool.h>
#include <stddef.h>

struct arena;
struct json;

#define DEVICES_SHOWN 200

/* Devices of a discovery. whole: those that are not in it are gone. */
void		 devices_discovered(struct arena *, struct json *record, const struct json *devices, bool whole);

/* A list deviceState: states and device errors. */
void		 devices_told(struct arena *, struct json *record, const struct json *device_state);

void		 devices_clear(struct arena *, struct json *record);

/* One of the list; NULL if it is not there. */
const struct json *devices_find(const struct json *record, const char *id);

/* A value of it; NULL if it was never told. */
const struct json *devices_value(const struct json *device, const char *component, const char *capability,
		    const char *attribute);

/* The errorEnum of the first device error of a deviceState's entry; NULL if it has none. */
const char	*devices_error(const struct json *entry);

#endif
