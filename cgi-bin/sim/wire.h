/* wire.h: the messages that went to and fro, newest first, without their secrets.
 *
 * Records "sim-wire/<home>/<place>": a ring of the last WIRE_KEPT. What is given to wire_add must be masked already
 * (mask.h): nothing here knows a secret. */
#ifndef SIM_WIRE_H
#define SIM_WIRE_H

#include <stdbool.h>
#include <stdint.h>

#include "sim/home.h"

struct json;

#define WIRE_KEPT 200
#define WIRE_BODY 16384		/* bytes that are kept of a body */

struct exchange {
	long long	 seq;		/* from 1; given by wire_add */
	int64_t		 at;		/* ms, when it began */
	bool		 inbound;	/* the server called us */
	const char	*kind;		/* "discoveryRequest", "refresh_token" ... */
	const char	*method, *path;
	bool		 form;		/* the request is a form, not JSON */
	const char	*headers;	/* of the request, a line each: those that sign it; NULL or "" = only the usual */
	const char	*request, *answer;	/* bodies; never NULL */
	bool		 cut;		/* the request is longer than what was kept: it cannot be sent again */
	int		 status;	/* of the answer; 0 = there was none */
	long long	 ms;		/* how long the answer took */
	const char	*error;		/* why there was none; NULL */
	const struct json *faults;	/* what is wrong with it: array of {device, error}; NULL = nothing */
	long long	 replay_of;	/* seq; 0 = none */
};

/* Keep it, and what is learned from it, in one transaction. fn as for home_change; NULL = nothing is learned. */
enum store_result wire_add(struct home *, struct exchange *, home_fn, void *arg);

/* STORE_ABSENT if it is not kept any more. */
enum store_result wire_find(const struct home *, long long seq, struct exchange *);

/* Each that is kept, newest first, until fn returns false. */
enum store_result wire_each(const struct home *, bool (*fn)(void *arg, const struct exchange *), void *arg);

/* What filters ask for: "answered" (2xx), "refused" (4xx), "failed" (5xx, none), "faulty". NULL is all. */
bool		 wire_is(const struct exchange *, const char *status);

enum store_result wire_forget(const struct home *);

#endif
