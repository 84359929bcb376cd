/* request_event.h: reading the events of an EVENT request; for request.c alone. */
#ifndef SMARTAPP_REQUEST_EVENT_H
#define SMARTAPP_REQUEST_EVENT_H

#include <stddef.h>
#include <stdint.h>

struct arena;
struct json;
struct smartapp_event;

/* NULL if list is a list of events, else what is wrong. An event of a type that nobody knows spoils none of the others. */
const char	*smartapp_events_read(struct arena *, const struct json *list, int64_t now, struct smartapp_event **,
		    size_t *count);

#endif
