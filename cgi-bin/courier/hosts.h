/* hosts.h: how many calls each host has in flight, and who waits for one to end: a dead host must not keep all the room.
 *
 * A host is scheme, name and port of a URL. One that did not answer several times in a row gets less room until it does. */
#ifndef COURIER_HOSTS_H
#define COURIER_HOSTS_H

#include <stdbool.h>

struct host;
struct hosts;

#define HOSTS_CALLS 24		/* in flight to one host */
#define HOSTS_CALLS_DEAD 4	/* ... to one that has not answered HOSTS_FAILURES times in a row */
#define HOSTS_FAILURES 8

/* Part of what waits; belongs to the caller and stays where it is until ready was called or hosts_forget. */
struct host_waiter {
	void		 (*ready)(struct host_waiter *);	/* there may be room now: try again */
	struct host	*host;		/* NULL: it does not wait */
	struct host_waiter *next;
};

struct hosts	*hosts_new(void);	/* NULL without memory */
void		 hosts_free(struct hosts *);	/* NULL is allowed; nobody who waits is called */

/* May one more call to this URL's host begin? */
bool		 hosts_has_room(const struct hosts *, const char *url);

/* Wait for room at this URL's host; who came first is called first. False without memory. */
bool		 hosts_wait(struct hosts *, const char *url, struct host_waiter *);

/* A call begins; it ends, with an answer or without one. NULL without memory. */
struct host	*hosts_begin(struct hosts *, const char *url);
void		 hosts_end(struct hosts *, struct host *, bool answered);

/* Call those who wait where there is room. True if there were some: others may still wait for what they leave. */
bool		 hosts_release(struct hosts *);

#endif
