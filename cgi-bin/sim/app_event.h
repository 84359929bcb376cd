/* app_event.h: events that somebody chooses, as SmartThings would write them (lifecycle protocol 3). */
#ifndef SIM_APP_EVENT_H
#define SIM_APP_EVENT_H

struct arena;
struct json;

/* Types besides DEVICE_EVENT; ended by one without a name. */
struct app_event_type {
	const char	*name;
	const char	*chosen;	/* the member that a value is given for; NULL = none */
	const char	*members[5][2];	/* what else it has */
};
extern const struct app_event_type app_event_types[];

/* One of that type with this value (NULL: that of the table), about that device (NULL: the first). NULL if there is no such type. */
struct json	*app_event_make(struct arena *, const struct json *app, const char *type, const char *value, const char *device);

#endif
