/* courier.h: calls SmartThings back: tokens for new links, fresh tokens in time, and every change to every link.
 *
 * What is to be sent follows from records alone: the log of changes (device/change.h) and each link's cursor
 * (schema/callback.h). So nothing is lost by a kill at any moment; a call whose answer was not kept is made again. */
#ifndef SCHEMA_COURIER_H
#define SCHEMA_COURIER_H

#include <signal.h>
#include <stdbool.h>

struct catalogue;
struct config;
struct keyring;
struct store;

struct courier_context {
	const struct config	*config;
	struct store		*store;
	struct keyring		*keyring;
	const struct catalogue	*catalogue;
	const volatile sig_atomic_t *stop;	/* not 0: finish what is in flight and return */
};

/* Work until told to stop. Only one courier of a store sends; others wait here for their turn. False if it cannot work. */
bool	 courier_run(const struct courier_context *);

#endif
