/* view.h: a home, its devices and its wire as data: for templates, and as the API's JSON. */
#ifndef SIM_VIEW_H
#define SIM_VIEW_H

#include <stdbool.h>
#include <stddef.h>

struct exchange;
struct json;
struct sim;

/* State of the link, devices with controls, what was done last, the clock, checks. */
struct json	*view_home(struct sim *);

/* The newest max exchanges that the filters let through: of a kind, of a status (wire_is), newer than after. */
struct json	*view_wire(struct sim *, const char *kind, const char *status, long long after, size_t max);

/* One, whole, pretty, with a command that sends it again. */
struct json	*view_exchange(struct sim *, const struct exchange *);

/* The list of checks with their marks, grouped: {asks, tells, ends, app}, "done", "all". */
struct json	*view_checks(struct sim *);

/* May this page move the clock? Where strangers can come, only the command line may. */
bool		 view_clock_free(const struct sim *);

#endif
